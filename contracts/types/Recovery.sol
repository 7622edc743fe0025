// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {OperationState} from "./Operation.sol";

/// @notice The guardians' proposal of another member set.
/// @param nextSet The set, as MemberSets encodes it.
/// @param round The round it is proposed in: a set that changes, guardians that change and members who call off
/// recoveries begin another.
/// @param nonce Any number: lets the same set be proposed again in its round.
struct Recovery {
    bytes nextSet;
    uint64 round;
    uint256 nonce;
}

/// @notice What is kept of a recovery. One slot.
/// @param state Unset, Waiting or Done; the others follow from time and round.
/// @param supporters How many guardians support it.
/// @param proposedAt When the first did, in seconds.
/// @param startedAt When the last that was needed did, in seconds; 0 until then. The delay counts from here.
/// @param round As the recovery names it.
struct RecoveryRecord {
    OperationState state;
    uint8 supporters;
    uint40 proposedAt;
    uint40 startedAt;
    uint64 round;
}

/// @notice The members' word that no recovery of a round is wanted.
/// @param setEpoch The epoch of the member set that signs.
/// @param round The round.
/// @param deadline Last second in which it counts.
struct CancelRecoveries {
    uint64 setEpoch;
    uint64 round;
    uint64 deadline;
}

/// @dev EIP-712 type hash of CancelRecoveries.
bytes32 constant CANCEL_RECOVERIES_TYPEHASH =
    keccak256("CancelRecoveries(uint64 setEpoch,uint64 round,uint64 deadline)");

/// @notice EIP-712 `hashStruct` of a CancelRecoveries.
/// @dev Every member fills one word, so the ABI encoding of the struct is the EIP-712 encoding of its members.
function hashCancelRecoveries(CancelRecoveries calldata intent) pure returns (bytes32) {
    return keccak256(abi.encode(CANCEL_RECOVERIES_TYPEHASH, intent));
}

/// @notice A recovery's id: its set by hash, its round and its nonce.
function recoveryId(Recovery calldata recovery) pure returns (bytes32) {
    return keccak256(abi.encode(keccak256(recovery.nextSet), recovery.round, recovery.nonce));
}
