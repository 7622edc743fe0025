// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Where an account stands, in µUSDC, at spot and at the five-minute average.
/// @param equitySpot Margin cash and what its positions have gained or lost, at spot.
/// @param maintenanceSpot What its positions require to be kept, at spot.
/// @param hardSpot Below this, at both prices, liquidation waits for nothing.
/// @param equityTwap As equitySpot, at the average.
/// @param maintenanceTwap As maintenanceSpot, at the average.
/// @param hardTwap As hardSpot, at the average.
/// @param notional Size of its positions, at spot.
/// @param flaggedAt Since when its clock runs, in seconds; zero when it is not flagged.
struct Health {
    int256 equitySpot;
    uint256 maintenanceSpot;
    uint256 hardSpot;
    int256 equityTwap;
    uint256 maintenanceTwap;
    uint256 hardTwap;
    uint256 notional;
    uint40 flaggedAt;
}
