// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ActionClass} from "../types/ActionClass.sol";
import {Regime} from "../types/Regime.sol";
import {ClassTable} from "./ClassTable.sol";

/// @notice How long what the multisig signed has to wait, by class and regime. Its rows ask for the high weight in
/// every column, and for no value: what they bound is time.
///
///     class  CALM  ELEVATED  STRESSED  stale
///     C      24 h  48 h      72 h      blocked
///     D      48 h  72 h      7 d       7 d
///
/// @custom:invariant INV-MULTI-1 A greater regime never shortens a delay, none is zero, `longestDelay` is the greatest
/// of its row, and class D is never blocked.
library MultisigTable {
    /* CONSTANTS */

    uint32 internal constant C_CALM = 24 hours;
    uint32 internal constant C_ELEVATED = 48 hours;
    uint32 internal constant C_STRESSED = 72 hours;

    /* ERRORS */

    /// @notice The class is not the multisig's.
    error ClassNotServed(ActionClass class);

    /* INTERNAL */

    /// @notice What the table asks of an action.
    /// @param regime The regime now.
    /// @param stale Whether it is not to be believed; it then counts as STRESSED.
    /// @return delay From acceptance to execution, in seconds.
    /// @return blocked Whether the class has to wait until the oracle speaks again.
    function rule(ActionClass class, Regime regime, bool stale) internal pure returns (uint32 delay, bool blocked) {
        if (class == ActionClass.D) {
            return (_byRegime(regime, stale, ClassTable.D_CALM, ClassTable.D_ELEVATED, ClassTable.D_STRESSED), false);
        }
        require(class == ActionClass.C, ClassNotServed(class));
        return (_byRegime(regime, stale, C_CALM, C_ELEVATED, C_STRESSED), stale);
    }

    /// @notice The longest delay of the class's row, in seconds.
    function longestDelay(ActionClass class) internal pure returns (uint32 delay) {
        (delay,) = rule(class, Regime.STRESSED, true);
    }

    /* PRIVATE */

    function _byRegime(Regime regime, bool stale, uint32 calm, uint32 elevated, uint32 stressed)
        private
        pure
        returns (uint32)
    {
        if (stale || regime == Regime.STRESSED) return stressed;
        return regime == Regime.CALM ? calm : elevated;
    }
}
