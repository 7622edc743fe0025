// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @dev How many checkpoints are kept.
uint256 constant CHECKPOINTS = 64;

/// @notice The integral of the price at a full minute. One storage slot.
/// @param time The minute, in seconds.
/// @param price What was in force up to the minute, in ticks.
/// @param integral Price times time from 1970 to the minute, in ticks times seconds.
struct Checkpoint {
    uint40 time;
    uint64 price;
    uint128 integral;
}
