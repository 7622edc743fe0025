// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ActionClass} from "./ActionClass.sol";
import {hashWords} from "./StructHash.sol";

/// @notice One guardian's intent to stop outflows for a while.
/// @param guardian Who signs it.
/// @param epoch The people's epoch in which it was signed.
/// @param class A0.
/// @param threshold 1: it is one guardian's.
/// @param nonce Any number: tells equal intents apart.
/// @param deadline Last second of its acceptance.
struct Pause {
    address guardian;
    uint64 epoch;
    ActionClass class;
    uint8 threshold;
    uint256 nonce;
    uint64 deadline;
}

/// @dev EIP-712 type hash of Pause.
bytes32 constant PAUSE_TYPEHASH =
    keccak256("Pause(address guardian,uint64 epoch,uint8 class,uint8 threshold,uint256 nonce,uint64 deadline)");

/// @dev How many members it has.
uint256 constant PAUSE_WORDS = 6;

/// @notice EIP-712 `hashStruct` of a Pause.
/// @dev Every member fills one word, so the intent's own words are the EIP-712 encoding of its members.
function hashPause(Pause calldata intent) pure returns (bytes32 structHash) {
    uint256 start;
    assembly ("memory-safe") {
        start := intent
    }
    return hashWords(PAUSE_TYPEHASH, start, PAUSE_WORDS);
}
