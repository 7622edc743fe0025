// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Health} from "../types/Health.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @notice How much of an account is liquidated, and what that costs it (MARGIN §5, for perpetuals: E = C, M = R).
/// @dev All amounts in µUSDC, all rates in parts per million.
/// @custom:invariant INV-LIQ-1 A slice of the full fraction of a solvent account leaves E >= M and E'·M >= E·M'.
library SliceMath {
    /* CONSTANTS */

    /// @dev One whole, in parts per million.
    uint256 internal constant WHOLE = 1_000_000;

    /// @dev How far above its margin a slice brings an account, and where its flag clears: 15 % of R.
    uint256 internal constant MARGIN_BUFFER_PERCENT = 15;

    /// @dev Fees are of the margin, at most of this share of the notional.
    uint256 internal constant FEE_BASE_PERCENT = 5;

    uint256 internal constant PERCENT = 100;

    /// @dev The penalty rises from the one to the other.
    uint256 internal constant LEAST_PENALTY = 50_000;
    uint256 internal constant GREATEST_PENALTY = 500_000;

    /// @dev Since the flag, in seconds.
    uint256 internal constant PENALTY_RISE = 1_800;

    /// @dev Of the penalty, to insurance; the rest is the taker's.
    uint256 internal constant INSURANCE_SHARE_PERCENT = 20;

    /// @dev Below this margin, or this notional, an account is closed whole: $100 and $1,000.
    uint256 internal constant SMALL_MAINTENANCE = 100e6;
    uint256 internal constant SMALL_NOTIONAL = 1_000e6;

    /* INTERNAL: WHERE AN ACCOUNT STANDS */

    /// @notice E < M at both prices.
    function belowMargin(Health memory health) internal pure returns (bool) {
        return
            health.equitySpot < _signed(health.maintenanceSpot) && health.equityTwap < _signed(health.maintenanceTwap);
    }

    /// @dev Whether nothing is left at spot while something is on average: closing it now would have insurance pay for a
    /// price that may not last. Where it lasts, the average follows within its five minutes.
    function awaitsAverage(Health memory health) internal pure returns (bool) {
        return health.equitySpot < 0 && health.equityTwap > 0;
    }

    /// @notice E < M_hard at both prices, or C < R/2 at spot: liquidation waits for nothing.
    function belowHard(Health memory health) internal pure returns (bool) {
        bool hard = health.equitySpot < _signed(health.hardSpot) && health.equityTwap < _signed(health.hardTwap);
        return hard || 2 * health.equitySpot < _signed(health.maintenanceSpot);
    }

    /// @notice E >= M at both prices.
    function atMargin(Health memory health) internal pure returns (bool) {
        return
            health.equitySpot >= _signed(health.maintenanceSpot) && health.equityTwap >= _signed(health.maintenanceTwap);
    }

    /// @notice E >= T at both prices.
    function atTarget(Health memory health) internal pure returns (bool) {
        return health.equitySpot >= _signed(target(health.maintenanceSpot))
            && health.equityTwap >= _signed(target(health.maintenanceTwap));
    }

    /// @notice Too small to be taken in parts.
    function isSmall(Health memory health) internal pure returns (bool) {
        return health.maintenanceSpot < SMALL_MAINTENANCE || health.notional < SMALL_NOTIONAL;
    }

    /* INTERNAL: THE SLICE */

    /// @notice T = M + 15 % of R, rounded up.
    function target(uint256 maintenance) internal pure returns (uint256) {
        return maintenance + Math.ceilDiv(MARGIN_BUFFER_PERCENT * maintenance, PERCENT);
    }

    /// @notice The penalty's rate, `elapsed` seconds after the flag.
    function penaltyRate(uint256 elapsed) internal pure returns (uint256) {
        return LEAST_PENALTY + (GREATEST_PENALTY - LEAST_PENALTY) * Math.min(elapsed, PENALTY_RISE) / PENALTY_RISE;
    }

    /// @notice f: how much of every position goes so that the account stands at its target, at most the whole.
    /// @dev The divisor is above zero where M is: B <= M < T and the rate is at most a half. Where M is zero there is
    /// nothing to take, and the whole of it may go.
    function fraction(Health memory health, uint256 rate) internal pure returns (uint256) {
        if (isSmall(health)) return WHOLE;
        uint256 m = health.maintenanceSpot;
        int256 missing = _signed(target(m)) - health.equitySpot;
        if (missing <= 0) return 0;
        uint256 perWhole = target(m) - Math.ceilDiv(rate * _feeBase(health), WHOLE);
        // The cast is safe: above zero.
        return Math.min(WHOLE, Math.ceilDiv(WHOLE * uint256(missing), perWhole));
    }

    /// @notice What a slice of `ppm` costs the account: at most what it has.
    function penalty(Health memory health, uint256 rate, uint256 ppm) internal pure returns (uint256) {
        if (health.equitySpot <= 0) return 0;
        uint256 due = Math.ceilDiv(rate * _feeBase(health) * ppm, WHOLE * WHOLE);
        // The cast is safe: above zero.
        return Math.min(due, uint256(health.equitySpot));
    }

    /// @notice Insurance's part of a penalty, rounded down.
    function insuranceShare(uint256 paid) internal pure returns (uint256) {
        return paid * INSURANCE_SHARE_PERCENT / PERCENT;
    }

    /// @notice E'·M < E·M': less health for what is left than there was.
    /// @param maintenanceAfter M'.
    /// @param paid E - E'.
    function worsens(Health memory health, uint256 maintenanceAfter, uint256 paid) internal pure returns (bool) {
        int256 equityAfter = health.equitySpot - _signed(paid);
        return equityAfter * _signed(health.maintenanceSpot) < health.equitySpot * _signed(maintenanceAfter);
    }

    /* PRIVATE */

    /// @dev B, at spot.
    function _feeBase(Health memory health) private pure returns (uint256) {
        return Math.min(health.maintenanceSpot, FEE_BASE_PERCENT * health.notional / PERCENT);
    }

    /// @dev Safe: sums of at most 32 products of 64 bits each.
    function _signed(uint256 amount) private pure returns (int256) {
        return int256(amount);
    }
}
