// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ActionClass} from "./ActionClass.sol";
import {hashWords} from "./StructHash.sol";

/// @notice The people's intent to end a pause before its time.
/// @param pausedUntil When the pause would end by itself: names the one that is meant.
/// @param epoch The people's epoch in which it was signed.
/// @param class C.
/// @param threshold The weight of the members who sign it.
/// @param nonce Any number: tells equal intents apart.
/// @param deadline Last second of its acceptance.
struct Unpause {
    uint64 pausedUntil;
    uint64 epoch;
    ActionClass class;
    uint8 threshold;
    uint256 nonce;
    uint64 deadline;
}

/// @dev EIP-712 type hash of Unpause.
bytes32 constant UNPAUSE_TYPEHASH =
    keccak256("Unpause(uint64 pausedUntil,uint64 epoch,uint8 class,uint8 threshold,uint256 nonce,uint64 deadline)");

/// @dev How many members it has.
uint256 constant UNPAUSE_WORDS = 6;

/// @notice EIP-712 `hashStruct` of an Unpause.
/// @dev Every member fills one word, so the intent's own words are the EIP-712 encoding of its members.
function hashUnpause(Unpause calldata intent) pure returns (bytes32 structHash) {
    uint256 start;
    assembly ("memory-safe") {
        start := intent
    }
    return hashWords(UNPAUSE_TYPEHASH, start, UNPAUSE_WORDS);
}
