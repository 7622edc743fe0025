// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Release} from "../types/Release.sol";

/// @notice When a release is ripe, and from when on nobody is asked about it any more.
/// @custom:invariant INV-VETO-1 Whatever is vetoed, a release is ripe at its exit bound at the latest.
library ReleaseClock {
    /* CONSTANTS */

    /// @dev From a request on, nothing and nobody keeps the owner from it for longer than this.
    uint256 internal constant EXIT_BOUND = 14 days;

    /* INTERNAL */

    /// @notice Whether the release is younger than the exit bound: pause, cap, oracle and delay are asked only then.
    function isBound(Release memory requested) internal view returns (bool) {
        return block.timestamp < exitAt(requested);
    }

    /// @notice When the exit bound is reached, in seconds.
    function exitAt(Release memory requested) internal pure returns (uint256) {
        return requested.requestedAt + EXIT_BOUND;
    }

    /// @notice When the release is ripe by its own delay, which a veto has begun anew.
    function ripeAt(Release memory requested, uint256 delay) internal pure returns (uint256) {
        if (requested.vetoedAt == 0) return requested.requestedAt + delay;
        uint256 anew = requested.vetoedAt + delay;
        uint256 latest = exitAt(requested);
        return anew < latest ? anew : latest;
    }
}
