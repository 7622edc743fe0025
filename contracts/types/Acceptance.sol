// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Where an intent's digest stands with its consumer. Done is for ever.
enum AcceptanceState {
    Unset,
    Waiting,
    Done
}

/// @notice What a consumer remembers of a digest.
/// @param state Where it stands.
/// @param acceptedAt When its proof first passed, in seconds; delay and lapse count from here.
struct Acceptance {
    AcceptanceState state;
    uint40 acceptedAt;
}
