// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ActionClass} from "./ActionClass.sol";
import {OperationState} from "./Operation.sol";

/// @notice The intent to put new group keys in force; every older intent of the custodians is void from then on.
/// @param nextEpoch The epoch that the keys begin: one more than that in force.
/// @param signers How many custodians hold shares of each key.
/// @param lowThreshold The threshold of the low key.
/// @param lowX x of the low key.
/// @param lowY y of the low key.
/// @param highThreshold The threshold of the high key; the low one's where one key serves both, as do its coordinates.
/// @param highX x of the high key.
/// @param highY y of the high key.
/// @param certificateHash Hash of the certificate of the ceremony that made the keys.
/// @param epoch The epoch of those who sign it: of the custodians, or of the people after the custodians' silence.
/// @param class D.
/// @param threshold The group key, or the weight, it is signed with.
/// @param nonce Any number: tells equal intents apart.
/// @param deadline Last second of its acceptance.
struct EpochRotation {
    uint64 nextEpoch;
    uint8 signers;
    uint8 lowThreshold;
    uint256 lowX;
    uint256 lowY;
    uint8 highThreshold;
    uint256 highX;
    uint256 highY;
    bytes32 certificateHash;
    uint64 epoch;
    ActionClass class;
    uint8 threshold;
    uint256 nonce;
    uint64 deadline;
}

/// @notice What is kept of a rotation. One slot; the epoch it begins is in its digest.
/// @param state Unset, Waiting, Done or Vetoed; the others follow from time, epoch and heartbeats.
/// @param byPeople Whether the people signed it, and not the custodians.
/// @param acceptedAt When its proof passed, in seconds.
struct RotationRecord {
    OperationState state;
    bool byPeople;
    uint40 acceptedAt;
}

/// @dev EIP-712 type hash of EpochRotation.
bytes32 constant EPOCH_ROTATION_TYPEHASH = keccak256(
    "EpochRotation(uint64 nextEpoch,uint8 signers,uint8 lowThreshold,uint256 lowX,uint256 lowY,uint8 highThreshold,uint256 highX,uint256 highY,bytes32 certificateHash,uint64 epoch,uint8 class,uint8 threshold,uint256 nonce,uint64 deadline)"
);

/// @notice EIP-712 `hashStruct` of an EpochRotation.
/// @dev Every member fills one word, so the ABI encoding of the struct is the EIP-712 encoding of its members.
function hashEpochRotation(EpochRotation calldata intent) pure returns (bytes32 structHash) {
    return keccak256(abi.encode(EPOCH_ROTATION_TYPEHASH, intent));
}

/// @notice What a rotation puts in force, whoever signs it, in whatever epoch and under whatever nonce.
function hashRotationContent(EpochRotation calldata intent) pure returns (bytes32 content) {
    return keccak256(
        abi.encode(
            intent.signers,
            intent.lowThreshold,
            intent.lowX,
            intent.lowY,
            intent.highThreshold,
            intent.highX,
            intent.highY,
            intent.certificateHash
        )
    );
}
