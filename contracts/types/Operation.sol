// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ActionClass} from "./ActionClass.sol";

/// @notice One call: never a delegatecall.
/// @param target Who is called.
/// @param value How much of the authority's ether goes with it, in wei.
/// @param data Selector and arguments, in full: a person can decode what is signed.
struct Call {
    address target;
    uint256 value;
    bytes data;
}

/// @notice What members sign: calls that are made together or not at all.
/// @param calls In order. Either all to others or all to the authority itself.
/// @param class C for calls to others, D for calls to the authority itself.
/// @param setEpoch The epoch of the member set that signs.
/// @param threshold The least weight that its signers want it to have: at least what the table asks for.
/// @param nonce Any number: lets the same calls be proposed again.
/// @param deadline Last second of its acceptance.
struct Operation {
    Call[] calls;
    ActionClass class;
    uint64 setEpoch;
    uint8 threshold;
    uint256 nonce;
    uint64 deadline;
}

/// @notice Where an operation or a recovery stands. The last three are for ever.
/// Unset    never accepted.
/// Waiting  accepted; its delay, by the regime of now, is not over, or its class is blocked.
/// Ready    anyone may execute it.
/// Done     executed.
/// Vetoed   a guardian named it in a veto.
/// Lapsed   left for too long, or of an older epoch, or its calls were vetoed under another id.
enum OperationState {
    Unset,
    Waiting,
    Ready,
    Done,
    Vetoed,
    Lapsed
}

/// @notice What is kept of an operation. One slot.
/// @param state Unset, Waiting, Done or Vetoed; the others follow from time, epoch and regime.
/// @param class As the operation names it.
/// @param acceptedAt When its approvals passed, in seconds.
/// @param setEpoch In which epoch.
struct OperationRecord {
    OperationState state;
    ActionClass class;
    uint40 acceptedAt;
    uint64 setEpoch;
}

/// @notice What is kept of vetoes of the same content (calls, or keys), whatever the nonce. One slot.
/// @param until Everything with this content that was accepted up to here, in seconds, is void.
/// @param last When the last veto that counts was, in seconds; 0 for none.
/// @param before When the one before it was; 0 for none.
struct VetoRecord {
    uint40 until;
    uint40 last;
    uint40 before;
}

/// @dev EIP-712 type hash of Call.
bytes32 constant CALL_TYPEHASH = keccak256("Call(address target,uint256 value,bytes data)");

/// @dev EIP-712 type hash of Operation.
bytes32 constant OPERATION_TYPEHASH = keccak256(
    "Operation(Call[] calls,uint8 class,uint64 setEpoch,uint8 threshold,uint256 nonce,uint64 deadline)Call(address target,uint256 value,bytes data)"
);

/// @notice EIP-712 encoding of a list of calls: the hash of their struct hashes.
function hashCalls(Call[] calldata calls) pure returns (bytes32) {
    bytes32[] memory hashes = new bytes32[](calls.length);
    for (uint256 i = 0; i < calls.length; ++i) {
        Call calldata call = calls[i];
        hashes[i] = keccak256(abi.encode(CALL_TYPEHASH, call.target, call.value, keccak256(call.data)));
    }
    return keccak256(abi.encodePacked(hashes));
}

/// @notice EIP-712 `hashStruct` of an Operation.
/// @param callsHash `hashCalls` of its calls.
function hashOperation(Operation calldata operation, bytes32 callsHash) pure returns (bytes32) {
    return keccak256(
        abi.encode(
            OPERATION_TYPEHASH,
            callsHash,
            operation.class,
            operation.setEpoch,
            operation.threshold,
            operation.nonce,
            operation.deadline
        )
    );
}
