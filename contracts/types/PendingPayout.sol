// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A change of an owner's payout address that waits. One storage slot; all zero when none waits.
/// @param to The address to come.
/// @param readyAt From when it can be applied, in seconds.
struct PendingPayout {
    address to;
    uint40 readyAt;
}
