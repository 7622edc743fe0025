// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What a fill does to one side's position.
/// @param held Its lots before.
/// @param moved What is added to them.
/// @param price In ticks.
/// @param shrinks Whether it only becomes smaller: towards zero, and not past it.
struct Step {
    int256 held;
    int256 moved;
    uint64 price;
    bool shrinks;
}
