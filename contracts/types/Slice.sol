// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A part of every position of an account, to be moved at spot.
/// @param account Whose positions.
/// @param taker Who gets them.
/// @param fractionPpm Which part of each, in parts per million, rounded up to lots.
/// @param penalty What the account pays, in µUSDC.
/// @param insuranceShare How much of it goes to insurance; the rest is the taker's.
struct Slice {
    address account;
    address taker;
    uint256 fractionPpm;
    uint256 penalty;
    uint256 insuranceShare;
}
