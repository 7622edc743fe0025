// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ActionClass} from "../types/ActionClass.sol";
import {Ppm} from "../types/Ppm.sol";
import {Regime} from "../types/Regime.sol";
import {ClassTable} from "./ClassTable.sol";

/// @notice What the people's authority asks of an action: the rows of ClassTable, with weights of members where the
/// custodians have group keys, and the row of class C, which is the people's alone.
///
///     class  CALM      ELEVATED  STRESSED  stale
///     C      high, 24 h  high, 48 h  high, 72 h  blocked
///
/// @custom:invariant INV-MULTI-1 A greater regime, staleness or a greater value never lowers the weight asked for or
/// shortens a delay, `longestDelay` is the greatest of its row, and class C alone is ever blocked.
library MultisigTable {
    /* CONSTANTS */

    uint32 internal constant C_CALM = 24 hours;
    uint32 internal constant C_ELEVATED = 48 hours;
    uint32 internal constant C_STRESSED = 72 hours;

    /* INTERNAL */

    /// @notice What the table asks of an action.
    /// @param regime The regime now.
    /// @param stale Whether it is not to be believed; it then counts as STRESSED.
    /// @param value The action's share of the vault.
    /// @return needsHigh Whether the high weight is required; the low one suffices if not.
    /// @return delay From acceptance to execution, in seconds.
    /// @return blocked Whether the class has to wait until the oracle speaks again.
    function rule(ActionClass class, Regime regime, bool stale, Ppm value)
        internal
        pure
        returns (bool needsHigh, uint32 delay, bool blocked)
    {
        if (class == ActionClass.C) return (true, _delayOfC(regime, stale), stale);
        (needsHigh, delay) = ClassTable.rule(class, regime, stale, value);
    }

    /// @notice The longest delay of the class's row, in seconds.
    function longestDelay(ActionClass class) internal pure returns (uint32) {
        return class == ActionClass.C ? C_STRESSED : ClassTable.longestDelay(class);
    }

    /* PRIVATE */

    function _delayOfC(Regime regime, bool stale) private pure returns (uint32) {
        if (stale || regime == Regime.STRESSED) return C_STRESSED;
        return regime == Regime.CALM ? C_CALM : C_ELEVATED;
    }
}
