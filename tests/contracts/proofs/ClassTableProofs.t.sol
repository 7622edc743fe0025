// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ClassTable} from "../../../contracts/libraries/ClassTable.sol";
import {MultisigTable} from "../../../contracts/libraries/MultisigTable.sol";
import {OwnDelay} from "../../../contracts/libraries/OwnDelay.sol";
import {ActionClass} from "../../../contracts/types/ActionClass.sol";
import {Ppm, shareUp} from "../../../contracts/types/Ppm.sol";
import {Regime} from "../../../contracts/types/Regime.sol";

/// @notice What the three tables promise, for every argument there is.
contract TableProofs {
    /// @dev From a request to its end, whatever happens.
    uint256 private constant EXIT_BOUND = 14 days;

    /// @custom:proves INV-CLASS-1
    function check_WhenRegimeStalenessOrValueRises_ThenNeitherThresholdNorDelayFalls(
        ActionClass class,
        Regime regime,
        Regime higherRegime,
        bool stale,
        bool moreStale,
        uint256 value,
        uint256 higherValue
    ) external pure {
        if (higherRegime < regime || higherValue < value || (stale && !moreStale)) return;
        (bool high, uint32 delay) = ClassTable.rule(class, regime, stale, Ppm.wrap(value));
        (bool higher, uint32 longer) = ClassTable.rule(class, higherRegime, moreStale, Ppm.wrap(higherValue));
        assert(higher || !high);
        assert(longer >= delay);
    }

    /// @custom:proves INV-CLASS-2
    function check_WhenAnyColumn_ThenNoDelayIsLongerThanTheLongest(
        ActionClass class,
        Regime regime,
        bool stale,
        uint256 value
    ) external pure {
        (, uint32 delay) = ClassTable.rule(class, regime, stale, Ppm.wrap(value));
        // Class B of a great value is judged by the row of B2.
        bool asB2 = class == ActionClass.B && value > Ppm.unwrap(ClassTable.SMALL_RELEASE);
        uint32 longest = ClassTable.longestDelay(asB2 ? ActionClass.B2 : class);
        (, uint32 reached) = ClassTable.rule(asB2 ? ActionClass.B2 : class, Regime.STRESSED, true, Ppm.wrap(value));
        assert(delay <= longest);
        assert(reached == longest);
    }

    /// @custom:proves INV-MULTI-1
    function check_WhenRegimeOrValueRises_ThenNeitherWeightNorDelayOfTheMultisigFallsAndOnlyClassCIsBlocked(
        ActionClass class,
        Regime regime,
        Regime higherRegime,
        bool stale,
        bool moreStale,
        uint256 value,
        uint256 higherValue
    ) external pure {
        if (higherRegime < regime || (stale && !moreStale) || higherValue < value) return;
        (bool high, uint32 delay, bool blocked) = MultisigTable.rule(class, regime, stale, Ppm.wrap(value));
        (bool stillHigh, uint32 longer,) = MultisigTable.rule(class, higherRegime, moreStale, Ppm.wrap(higherValue));
        assert((stillHigh || !high) && longer >= delay);
        assert(class != ActionClass.C || delay != 0);
        assert(blocked == (class == ActionClass.C && stale));
    }

    /// @dev What loosens is of class C: with the book that holds every delay, never at once.
    /// @custom:proves INV-CAP-3, INV-PAUSE-3, INV-SIGNING-2
    function check_WhenThePeopleLoosen_ThenADayLaterAtLeast(Regime regime, bool stale, uint256 value) external pure {
        (bool high, uint32 delay, bool blocked) = MultisigTable.rule(ActionClass.C, regime, stale, Ppm.wrap(value));
        assert(blocked || (high && delay >= 24 hours));
        assert(MultisigTable.longestDelay(ActionClass.C) >= delay);
    }

    /// @custom:proves INV-OWN-1
    function check_WhenRegimeOrShareRises_ThenTheOwnDelayDoesNotFallAndStaysBelowTheExitBound(
        Regime regime,
        Regime higherRegime,
        uint256 share,
        uint256 higherShare
    ) external pure {
        if (higherRegime < regime || higherShare < share) return;
        uint32 delay = OwnDelay.delay(regime, Ppm.wrap(share));
        uint32 longer = OwnDelay.delay(higherRegime, Ppm.wrap(higherShare));
        assert(delay != 0 && longer >= delay && longer < EXIT_BOUND);
    }

    /// @dev What custodians can make of a release is never later than what its owner gets alone.
    /// @custom:proves INV-OWN-1
    function check_WhenARegimeAndAShare_ThenTheOwnDelayIsLongerThanAnyThatCustodiansNeed(
        Regime regime,
        bool large,
        uint256 share
    ) external pure {
        (, uint32 delay) = ClassTable.rule(large ? ActionClass.B2 : ActionClass.B, regime, false, Ppm.wrap(share));
        assert(delay < OwnDelay.delay(regime, Ppm.wrap(share)));
    }

    /// @dev The share by which a release is judged never falls when it asks for more or the vault holds less.
    /// @custom:proves INV-CLASS-1
    function check_WhenTheVaultIsEmpty_ThenEveryShareIsLarge(uint64 part) external pure {
        assert(shareUp(part, 0) > ClassTable.SMALL_RELEASE);
    }
}
