// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ActionClass} from "./ActionClass.sol";
import {ReleaseId} from "./Release.sol";
import {hashWords} from "./StructHash.sol";

/// @notice The custodians' intent to pay a requested release before its own delay is over.
/// @param releaseId The release; the next three fields repeat it, so that a person can read what is signed.
/// @param owner Whose release it is.
/// @param to Where it pays.
/// @param amount How much, in the token's units.
/// @param epoch The authority's epoch in which it was signed.
/// @param class B or B2.
/// @param threshold The group key it is signed with.
/// @param nonce Any number: lets custodians sign the same release again after an intent has lapsed.
/// @param deadline Last second of its acceptance.
struct Expedite {
    ReleaseId releaseId;
    address owner;
    address to;
    uint256 amount;
    uint64 epoch;
    ActionClass class;
    uint8 threshold;
    uint256 nonce;
    uint64 deadline;
}

/// @dev EIP-712 type hash of Expedite.
bytes32 constant EXPEDITE_TYPEHASH = keccak256(
    "Expedite(uint256 releaseId,address owner,address to,uint256 amount,uint64 epoch,uint8 class,uint8 threshold,uint256 nonce,uint64 deadline)"
);

/// @dev How many members it has.
uint256 constant EXPEDITE_WORDS = 9;

/// @notice EIP-712 `hashStruct` of an Expedite.
/// @dev Every member fills one word, so the intent's own words are the EIP-712 encoding of its members.
function hashExpedite(Expedite calldata intent) pure returns (bytes32 structHash) {
    uint256 start;
    assembly ("memory-safe") {
        start := intent
    }
    return hashWords(EXPEDITE_TYPEHASH, start, EXPEDITE_WORDS);
}
