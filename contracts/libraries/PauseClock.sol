// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ReleaseClock} from "./ReleaseClock.sol";

/// @notice How long outflows can be stopped, and how soon again. Everything follows from when the last pause ends.
/// @dev A request that met a pause was made before that pause ended, so it is past its exit bound when the next can
/// begin: however many guardians take turns, they cost a request one pause.
/// @custom:invariant INV-PAUSE-1 A pause ends by itself after 72 h; the next begins no sooner than EXIT_BOUND after its
/// end, so that a request meets at most one.
library PauseClock {
    /* CONSTANTS */

    /// @dev How long a pause lasts.
    uint256 internal constant PAUSE = 72 hours;

    /* ERRORS */

    /// @notice Outflows are stopped.
    error Paused(uint256 until);

    /// @notice The last pause is not over, or not long enough ago.
    error PauseCoolingDown(uint256 time, uint256 nextPauseAt);

    /// @notice No pause that ends then is under way.
    error NoSuchPause(uint256 given, uint256 pausedUntil);

    /* INTERNAL */

    /// @notice When a pause that begins now ends; reverts by name if none can begin.
    function begin(uint40 pausedUntil) internal view returns (uint40) {
        uint256 nextAt = nextPauseAt(pausedUntil);
        require(block.timestamp >= nextAt, PauseCoolingDown(block.timestamp, nextAt));
        // The cast is safe: 40 bits of seconds last 34,000 years.
        return uint40(block.timestamp + PAUSE);
    }

    /// @notice From when the next pause can begin, in seconds.
    function nextPauseAt(uint40 pausedUntil) internal pure returns (uint256) {
        return pausedUntil + ReleaseClock.EXIT_BOUND;
    }

    /// @notice Returns if no pause is under way, reverts by name if one is.
    function requireRunning(uint40 pausedUntil) internal view {
        require(block.timestamp >= pausedUntil, Paused(pausedUntil));
    }

    /// @notice Returns if the pause under way ends at `given`, reverts by name if not.
    function requireUnderWay(uint40 pausedUntil, uint256 given) internal view {
        require(given == pausedUntil && block.timestamp < pausedUntil, NoSuchPause(given, pausedUntil));
    }
}
