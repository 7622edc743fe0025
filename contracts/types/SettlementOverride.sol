// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ActionClass} from "./ActionClass.sol";

/// @notice The custodians' intent to settle an expiry at another price than that of the first feed.
/// @param instrument What expires.
/// @param expiry When, in unix seconds.
/// @param price The price instead, in ticks: between those of the two feeds.
/// @param epoch The authority's epoch in which it was signed.
/// @param class D0.
/// @param threshold The group key it is signed with.
/// @param nonce Any number: tells equal intents apart.
/// @param deadline Last second of its acceptance.
struct SettlementOverride {
    uint16 instrument;
    uint64 expiry;
    uint64 price;
    uint64 epoch;
    ActionClass class;
    uint8 threshold;
    uint256 nonce;
    uint64 deadline;
}

/// @dev EIP-712 type hash of SettlementOverride.
bytes32 constant SETTLEMENT_OVERRIDE_TYPEHASH = keccak256(
    "SettlementOverride(uint16 instrument,uint64 expiry,uint64 price,uint64 epoch,uint8 class,uint8 threshold,uint256 nonce,uint64 deadline)"
);

/// @notice EIP-712 `hashStruct` of a SettlementOverride.
/// @dev Every member fills one word, so the ABI encoding of the struct is the EIP-712 encoding of its members.
function hashSettlementOverride(SettlementOverride calldata intent) pure returns (bytes32 structHash) {
    return keccak256(abi.encode(SETTLEMENT_OVERRIDE_TYPEHASH, intent));
}
