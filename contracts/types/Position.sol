// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What an account holds of an instrument. One storage slot.
/// @param instrument Its number.
/// @param lots Above zero bought, below sold; never zero in storage.
/// @param cost What the lots cost, in µUSDC, with the sign of the lots: the position is worth lots * price - cost.
struct Position {
    uint16 instrument;
    int64 lots;
    int128 cost;
}
