// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice How volatile the market is. Ascending: a greater value never lowers a threshold or a delay.
enum Regime {
    CALM,
    ELEVATED,
    STRESSED
}
