// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ActionClass} from "./ActionClass.sol";
import {hashAddresses, hashNumbers} from "./StructHash.sol";

/// @notice The custodians' intent to pay several requested releases before their own delays are over.
/// @param releaseIds The releases; the next two repeat them, so that a person can read what is signed.
/// @param to Where each pays.
/// @param amounts How much each pays, in the token's units.
/// @param epoch The authority's epoch in which it was signed.
/// @param class B or B2, by the sum of the amounts.
/// @param threshold The group key it is signed with.
/// @param nonce Any number: tells equal intents apart.
/// @param deadline Last second of its acceptance.
struct ReleaseBatch {
    uint256[] releaseIds;
    address[] to;
    uint256[] amounts;
    uint64 epoch;
    ActionClass class;
    uint8 threshold;
    uint256 nonce;
    uint64 deadline;
}

/// @dev EIP-712 type hash of ReleaseBatch.
bytes32 constant RELEASE_BATCH_TYPEHASH = keccak256(
    "ReleaseBatch(uint256[] releaseIds,address[] to,uint256[] amounts,uint64 epoch,uint8 class,uint8 threshold,uint256 nonce,uint64 deadline)"
);

/// @notice EIP-712 `hashStruct` of a ReleaseBatch.
/// @dev An element of an array fills one word, as EIP-712 wants it hashed.
function hashReleaseBatch(ReleaseBatch calldata intent) pure returns (bytes32 structHash) {
    return keccak256(
        abi.encode(
            RELEASE_BATCH_TYPEHASH,
            hashNumbers(intent.releaseIds),
            hashAddresses(intent.to),
            hashNumbers(intent.amounts),
            intent.epoch,
            intent.class,
            intent.threshold,
            intent.nonce,
            intent.deadline
        )
    );
}
