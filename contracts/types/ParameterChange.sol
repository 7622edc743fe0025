// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ActionClass} from "./ActionClass.sol";

/// @notice The people's intent to change one parameter of the contract in whose domain it is signed.
/// @param parameter Its name, as the contract's documentation has it.
/// @param current What it is: the change of something else by then is refused.
/// @param next What it shall be.
/// @param epoch The people's epoch in which it was signed.
/// @param class C.
/// @param threshold The weight of the members who sign it.
/// @param nonce Any number: tells equal intents apart.
/// @param deadline Last second of its acceptance.
struct ParameterChange {
    string parameter;
    uint256 current;
    uint256 next;
    uint64 epoch;
    ActionClass class;
    uint8 threshold;
    uint256 nonce;
    uint64 deadline;
}

/// @dev EIP-712 type hash of ParameterChange.
bytes32 constant PARAMETER_CHANGE_TYPEHASH = keccak256(
    "ParameterChange(string parameter,uint256 current,uint256 next,uint64 epoch,uint8 class,uint8 threshold,uint256 nonce,uint64 deadline)"
);

/// @notice EIP-712 `hashStruct` of a ParameterChange.
/// @dev EIP-712 hashes a string by its bytes.
function hashParameterChange(ParameterChange calldata change) pure returns (bytes32 structHash) {
    return keccak256(
        abi.encode(
            PARAMETER_CHANGE_TYPEHASH,
            keccak256(bytes(change.parameter)),
            change.current,
            change.next,
            change.epoch,
            change.class,
            change.threshold,
            change.nonce,
            change.deadline
        )
    );
}
