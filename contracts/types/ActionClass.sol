// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What an intent does, which decides who must sign it and how long it waits.
/// @dev The order is part of the digest of every intent: append, never reorder.
/// A   reduce risk: liquidate, settle.
/// A0  pause outflows: a guardian's.
/// B   release at most 1 % of the vault in a rolling day.
/// B2  release more than that.
/// C   change a parameter, unpause: the multisig's.
/// D   rotate signers, name a successor.
/// D0  override a settlement, heartbeat.
enum ActionClass {
    A,
    A0,
    B,
    B2,
    C,
    D,
    D0
}
