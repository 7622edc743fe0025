// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What a key may sign for an account it is not: orders, within limits. One storage slot.
/// @param expiry Last second in which its orders count; zero where there is no delegate.
/// @param notionalLimit Greatest position after a fill that does not make it smaller, in µUSDC at spot.
/// @param dailyLossBudget Most it may lose against the mark in one UTC day, in µUSDC.
/// @param lossOfDay What it lost against the mark on `day`, in µUSDC.
/// @param day Days since 1970; what was lost on another day no longer counts.
struct Delegate {
    uint40 expiry;
    uint64 notionalLimit;
    uint64 dailyLossBudget;
    uint64 lossOfDay;
    uint24 day;
}
