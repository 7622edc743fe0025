// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What a key may sign for an account it is not: orders, within limits. Limits, instruments and losses have a
/// storage slot each.
/// @param expiry Last second in which its orders count; zero where the key never was a delegate.
/// @param epoch The account's epoch in which it was set; in another it is void.
/// @param notionalLimit Greatest position in any one instrument after a fill that does not make it smaller, in µUSDC at
/// spot.
/// @param dailyLossBudget Most it may lose against the mark in one UTC day, in µUSDC.
/// @param revoked Whether the account took it back, for ever.
/// @param instruments Bit i stands for instrument i; no bit stands for those from 256 on.
/// @param lossOfDay What it lost against the mark on `day`, in µUSDC.
/// @param day Days since 1970; what was lost on another day no longer counts.
struct Delegate {
    uint40 expiry;
    uint64 epoch;
    uint64 notionalLimit;
    uint64 dailyLossBudget;
    bool revoked;
    uint256 instruments;
    uint64 lossOfDay;
    uint24 day;
}
