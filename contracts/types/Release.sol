// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A release's number in its vault, from 1; never given twice.
type ReleaseId is uint256;

/// @notice Where a release stands. Cancelled and Paid are for ever.
enum ReleaseState {
    Unset,
    Requested,
    Cancelled,
    Paid
}

/// @notice What an owner asked to have paid out. Two storage slots.
/// @param owner Who asked, and whose collateral it is.
/// @param requestedAt When, in seconds; the exit bound counts from here.
/// @param state Where it stands.
/// @param to The owner's payout address at the time of the request: nothing changes it afterwards.
/// @param amount In the token's units.
struct Release {
    address owner;
    uint40 requestedAt;
    ReleaseState state;
    address to;
    uint96 amount;
}
