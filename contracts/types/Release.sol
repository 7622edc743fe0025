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

/// @notice Why a batch passed over one of its releases.
/// NotRequested    it was cancelled or paid meanwhile, or stands in the batch a second time.
/// Vetoed          a guardian vetoed it: it waits for its own delay.
/// TransferFailed  the token did not pay its address; it stays Requested.
enum SkipReason {
    NotRequested,
    Vetoed,
    TransferFailed
}

/// @notice What an owner asked to have paid out. Two storage slots; the second never changes.
/// @param owner Who asked, and whose collateral it is.
/// @param requestedAt When, in seconds; the exit bound counts from here.
/// @param vetoedAt When a guardian vetoed it, in seconds: its own delay counts from here. Zero if none did.
/// @param state Where it stands.
/// @param to The owner's payout address at the time of the request: nothing changes it afterwards.
/// @param amount In the token's units.
struct Release {
    address owner;
    uint40 requestedAt;
    uint40 vetoedAt;
    ReleaseState state;
    address to;
    uint64 amount;
}
