// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Three moving averages of the variance, 1e18 a year. One storage slot.
/// @dev 80 bits hold 1.2e24. The greatest there can be is 3.3e22: an observation of at most 0.0625e18, every 60 s.
/// @param fast Half-life of 24 hours.
/// @param mid Half-life of 11.2 days.
/// @param slow Half-life of 69 days.
struct Variances {
    uint80 fast;
    uint80 mid;
    uint80 slow;
}
