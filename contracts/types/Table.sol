// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What one lot of an instrument is worth, and what it requires, at spot and at the five-minute average.
/// @param spot Newest price, in ticks: µUSDC a lot.
/// @param twap Average price, in ticks.
/// @param mmSpot Maintenance margin a lot at spot, in µUSDC; the others likewise.
/// @param mmTwap Maintenance margin a lot at the average.
/// @param imSpot Initial margin a lot at spot.
/// @param imTwap Initial margin a lot at the average.
/// @param mmHardSpot Margin a lot below which liquidation waits for nothing, at spot.
/// @param mmHardTwap The same at the average.
/// @param u Maintenance rate, in parts per million of the price; half of it is the band of fills.
/// @param stale Whether the price is too old, or too new a jump, to open or to withdraw by.
/// @param epochId Rises with every change of the rates.
struct Table {
    uint64 spot;
    uint64 twap;
    uint64 mmSpot;
    uint64 mmTwap;
    uint64 imSpot;
    uint64 imTwap;
    uint64 mmHardSpot;
    uint64 mmHardTwap;
    uint32 u;
    bool stale;
    uint32 epochId;
}
