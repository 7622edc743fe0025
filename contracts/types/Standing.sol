// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice An owner's standing instruction to have releases requested in its name. One storage slot; all zero if none.
/// @param amount What each asks for, in the token's units.
/// @param period The least time between two, in seconds.
/// @param until Last second in which one can be requested.
/// @param nextAt From when the next can be requested, in seconds.
struct Standing {
    uint64 amount;
    uint32 period;
    uint40 until;
    uint40 nextAt;
}
