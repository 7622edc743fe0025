// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ActionClass} from "./ActionClass.sol";

/// @notice The custodians' intent to have accounts looked at and, where they are eligible, liquidated.
/// @param accounts Worst first.
/// @param epoch The authority's epoch in which it was signed.
/// @param class A.
/// @param threshold The group key it is signed with.
/// @param nonce Any number: lets custodians sign the same accounts again.
/// @param deadline Last second of its acceptance.
struct LiquidationOrder {
    address[] accounts;
    uint64 epoch;
    ActionClass class;
    uint8 threshold;
    uint256 nonce;
    uint64 deadline;
}

/// @notice Why a batch went past an account. Append, never reorder.
/// Healthy         above its margin, or closed before the batch arrived.
/// CureRunning     below its margin, above the hard threshold, and its time to cure is not over.
/// BackstopsFull   no backstop keeps initial margin with it.
enum SkipReason {
    Healthy,
    CureRunning,
    BackstopsFull,
    SolventOnAverage
}

/// @dev EIP-712 type hash of LiquidationOrder.
bytes32 constant LIQUIDATION_ORDER_TYPEHASH = keccak256(
    "LiquidationOrder(address[] accounts,uint64 epoch,uint8 class,uint8 threshold,uint256 nonce,uint64 deadline)"
);

/// @notice EIP-712 `hashStruct` of a LiquidationOrder.
/// @dev `encodePacked` gives every element of an array its own word, as EIP-712 wants it hashed.
function hashLiquidationOrder(LiquidationOrder calldata order) pure returns (bytes32 structHash) {
    return keccak256(
        abi.encode(
            LIQUIDATION_ORDER_TYPEHASH,
            keccak256(abi.encodePacked(order.accounts)),
            order.epoch,
            order.class,
            order.threshold,
            order.nonce,
            order.deadline
        )
    );
}
