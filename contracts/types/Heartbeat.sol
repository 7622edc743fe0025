// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ActionClass} from "./ActionClass.sol";

/// @notice The custodians' sign that the key of class D still signs.
/// @param epoch The authority's epoch in which it was signed.
/// @param class D0.
/// @param threshold The group key it is signed with.
/// @param nonce Any number: tells equal intents apart.
/// @param deadline Last second of its acceptance.
struct Heartbeat {
    uint64 epoch;
    ActionClass class;
    uint8 threshold;
    uint256 nonce;
    uint64 deadline;
}

/// @dev EIP-712 type hash of Heartbeat.
bytes32 constant HEARTBEAT_TYPEHASH =
    keccak256("Heartbeat(uint64 epoch,uint8 class,uint8 threshold,uint256 nonce,uint64 deadline)");

/// @notice EIP-712 `hashStruct` of a Heartbeat.
/// @dev Every member fills one word, so the ABI encoding of the struct is the EIP-712 encoding of its members.
function hashHeartbeat(Heartbeat calldata intent) pure returns (bytes32 structHash) {
    return keccak256(abi.encode(HEARTBEAT_TYPEHASH, intent));
}
