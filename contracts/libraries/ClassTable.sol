// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ActionClass} from "../types/ActionClass.sol";
import {Ppm} from "../types/Ppm.sol";
import {Regime} from "../types/Regime.sol";

/// @notice Which of the two group keys an action needs and how long it waits, by class, regime and value.
/// @dev Knows the table and nothing of keys: "low" and "high" are the caller's thresholds.
///
///     class  CALM        ELEVATED    STRESSED    stale
///     A      low, 0      low, 0      low, 0      low, 0
///     B      low, 0      low, 1 h    high, 6 h   high, 6 h
///     B2     high, 6 h   high, 12 h  high, 24 h  high, 24 h
///     D      high, 48 h  high, 72 h  high, 7 d   high, 7 d
///     D0     high, 0     high, 0     high, 0     high, 0
///
/// @custom:invariant INV-CLASS-1 A greater regime, a stale oracle or a greater value never lowers threshold or delay.
/// @custom:invariant INV-CLASS-2 `longestDelay` is the greatest delay in the class's row.
library ClassTable {
    /* CONSTANTS */

    /// @dev Above this share of the vault a release of class B is judged by the row of B2: 1 %.
    Ppm internal constant SMALL_RELEASE = Ppm.wrap(10_000);

    uint32 internal constant NO_DELAY = 0;

    uint32 internal constant B_ELEVATED = 1 hours;
    uint32 internal constant B_STRESSED = 6 hours;

    uint32 internal constant B2_CALM = 6 hours;
    uint32 internal constant B2_ELEVATED = 12 hours;
    uint32 internal constant B2_STRESSED = 24 hours;

    uint32 internal constant D_CALM = 48 hours;
    uint32 internal constant D_ELEVATED = 72 hours;
    uint32 internal constant D_STRESSED = 7 days;

    /* ERRORS */

    /// @notice No quorum of this authority serves the class: A0 is a guardian's, C the people's alone.
    error ClassNotServed(ActionClass class);

    /* INTERNAL */

    /// @notice What the table asks of an action.
    /// @param class The class the intent names; B with a value above SMALL_RELEASE is judged as B2.
    /// @param regime The regime now.
    /// @param stale Whether the regime is not to be believed; it then counts as STRESSED.
    /// @param value The action's share of the vault.
    /// @return needsHigh Whether the high threshold is required; the low one suffices if not.
    /// @return delay From acceptance to execution, in seconds.
    function rule(ActionClass class, Regime regime, bool stale, Ppm value)
        internal
        pure
        returns (bool needsHigh, uint32 delay)
    {
        if (stale) regime = Regime.STRESSED;
        class = judgedAs(class, value);

        if (class == ActionClass.A) return (false, NO_DELAY);
        if (class == ActionClass.D0) return (true, NO_DELAY);
        if (class == ActionClass.B) {
            return (regime == Regime.STRESSED, _byRegime(regime, NO_DELAY, B_ELEVATED, B_STRESSED));
        }
        if (class == ActionClass.B2) return (true, _byRegime(regime, B2_CALM, B2_ELEVATED, B2_STRESSED));
        if (class == ActionClass.D) return (true, _byRegime(regime, D_CALM, D_ELEVATED, D_STRESSED));
        revert ClassNotServed(class);
    }

    /// @notice The class whose row judges an action: a release of class B that is too large is one of B2.
    function judgedAs(ActionClass class, Ppm value) internal pure returns (ActionClass) {
        if (class == ActionClass.B && value > SMALL_RELEASE) class = ActionClass.B2;
        return class;
    }

    /// @notice Whether the class has a row.
    function isServed(ActionClass class) internal pure returns (bool) {
        return class != ActionClass.A0 && class != ActionClass.C;
    }

    /// @notice The longest delay of the class's own row, in seconds.
    /// @dev Delays ascend with the regime (INV-CLASS-1), so it is the one under stress.
    function longestDelay(ActionClass class) internal pure returns (uint32 delay) {
        (, delay) = rule(class, Regime.STRESSED, true, Ppm.wrap(0));
    }

    /* PRIVATE */

    function _byRegime(Regime regime, uint32 calm, uint32 elevated, uint32 stressed) private pure returns (uint32) {
        if (regime == Regime.CALM) return calm;
        return regime == Regime.ELEVATED ? elevated : stressed;
    }
}
