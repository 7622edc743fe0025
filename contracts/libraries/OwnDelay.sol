// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ppm} from "../types/Ppm.sol";
import {Regime} from "../types/Regime.sol";

/// @notice How long a release waits when no custodian signs for it.
/// @dev Longer than any delay custodians can ask for the same release, shorter than the exit bound.
///
///     share of the vault  CALM   ELEVATED  STRESSED or stale
///     at most 1 %         24 h   48 h      72 h
///     more                48 h   72 h      7 d
///
/// @custom:invariant INV-OWN-1 A greater regime or share never shortens the delay, and none reaches the exit bound.
library OwnDelay {
    /* CONSTANTS */

    /// @dev Up to this share of the vault a release is small: 1 %.
    Ppm internal constant SMALL_RELEASE = Ppm.wrap(10_000);

    uint32 internal constant SMALL_CALM = 24 hours;
    uint32 internal constant SMALL_ELEVATED = 48 hours;
    uint32 internal constant SMALL_STRESSED = 72 hours;

    uint32 internal constant LARGE_CALM = 48 hours;
    uint32 internal constant LARGE_ELEVATED = 72 hours;
    uint32 internal constant LARGE_STRESSED = 7 days;

    /* INTERNAL */

    /// @notice From request to execution, in seconds.
    /// @param regime The regime now; STRESSED when it cannot be known.
    /// @param share The release's share of the vault.
    function delay(Regime regime, Ppm share) internal pure returns (uint32) {
        bool large = share > SMALL_RELEASE;
        if (regime == Regime.CALM) return large ? LARGE_CALM : SMALL_CALM;
        if (regime == Regime.ELEVATED) return large ? LARGE_ELEVATED : SMALL_ELEVATED;
        return large ? LARGE_STRESSED : SMALL_STRESSED;
    }
}
