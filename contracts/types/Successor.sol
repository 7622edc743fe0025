// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ActionClass} from "./ActionClass.sol";

/// @notice The intent to name the next deployment, and to open nothing in this one any more. It moves no collateral.
/// @param successor The contract that owners find the next deployment by.
/// @param epoch The epoch of those who sign it: of the custodians, or of the people after the custodians' silence.
/// @param class D.
/// @param threshold The group key, or the weight, it is signed with.
/// @param nonce Any number: tells equal intents apart.
/// @param deadline Last second of its acceptance.
struct Successor {
    address successor;
    uint64 epoch;
    ActionClass class;
    uint8 threshold;
    uint256 nonce;
    uint64 deadline;
}

/// @dev EIP-712 type hash of Successor.
bytes32 constant SUCCESSOR_TYPEHASH =
    keccak256("Successor(address successor,uint64 epoch,uint8 class,uint8 threshold,uint256 nonce,uint64 deadline)");

/// @notice EIP-712 `hashStruct` of a Successor.
/// @dev Every member fills one word, so the ABI encoding of the struct is the EIP-712 encoding of its members.
function hashSuccessor(Successor calldata intent) pure returns (bytes32 structHash) {
    return keccak256(abi.encode(SUCCESSOR_TYPEHASH, intent));
}
