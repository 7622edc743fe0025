// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ClassTable} from "../../../contracts/libraries/ClassTable.sol";
import {OwnDelay} from "../../../contracts/libraries/OwnDelay.sol";
import {ActionClass} from "../../../contracts/types/ActionClass.sol";
import {Ppm, UNBOUNDED_SHARE, shareUp} from "../../../contracts/types/Ppm.sol";
import {Regime} from "../../../contracts/types/Regime.sol";
import {vm, within} from "../Vm.sol";

/// @dev Calls the library from outside, so that a revert can be expected.
contract ClassTableCaller {
    function rule(ActionClass class, Regime regime, bool stale, Ppm value) external pure returns (bool, uint32) {
        return ClassTable.rule(class, regime, stale, value);
    }

    function longestDelay(ActionClass class) external pure returns (uint32) {
        return ClassTable.longestDelay(class);
    }
}

contract GivenTheTableOfClasses {
    /// @dev Exactly 1 % of the vault.
    uint256 private constant SMALL = 10_000;

    ClassTableCaller private immutable table = new ClassTableCaller();

    function test_WhenClassA_ThenTheLowKeyServesAtOnce() external view {
        _row(ActionClass.A, type(uint256).max, [false, false, false, false], [uint32(0), 0, 0, 0]);
    }

    function test_WhenClassBOfAtMostOnePercent_ThenTheRowOfB() external view {
        _row(ActionClass.B, 0, [false, false, true, true], [uint32(0), 1 hours, 6 hours, 6 hours]);
        _row(ActionClass.B, SMALL, [false, false, true, true], [uint32(0), 1 hours, 6 hours, 6 hours]);
    }

    function test_WhenClassBOfMoreThanOnePercent_ThenTheRowOfB2() external view {
        _row(ActionClass.B, SMALL + 1, [true, true, true, true], [uint32(6 hours), 12 hours, 24 hours, 24 hours]);
        _row(
            ActionClass.B, type(uint256).max, [true, true, true, true], [uint32(6 hours), 12 hours, 24 hours, 24 hours]
        );
    }

    function test_WhenClassB2_ThenItsRowAtAnyValue() external view {
        _row(ActionClass.B2, 0, [true, true, true, true], [uint32(6 hours), 12 hours, 24 hours, 24 hours]);
        _row(ActionClass.B2, SMALL + 1, [true, true, true, true], [uint32(6 hours), 12 hours, 24 hours, 24 hours]);
    }

    function test_WhenClassD_ThenItsRow() external view {
        _row(ActionClass.D, 0, [true, true, true, true], [uint32(48 hours), 72 hours, 7 days, 7 days]);
    }

    function test_WhenClassD0_ThenTheHighKeyServesAtOnce() external view {
        _row(ActionClass.D0, 0, [true, true, true, true], [uint32(0), 0, 0, 0]);
    }

    function test_WhenClassA0OrC_ThenRevertsClassNotServed() external {
        _expectNotServed(ActionClass.A0);
        table.rule(ActionClass.A0, Regime.CALM, false, Ppm.wrap(0));
        _expectNotServed(ActionClass.C);
        table.rule(ActionClass.C, Regime.CALM, false, Ppm.wrap(0));
        _expectNotServed(ActionClass.A0);
        table.longestDelay(ActionClass.A0);
        _expectNotServed(ActionClass.C);
        table.longestDelay(ActionClass.C);
    }

    /// @custom:invariant INV-CLASS-1
    function testFuzz_WhenRegimeOrValueRises_ThenNeitherThresholdNorDelayFalls(
        uint256 classSeed,
        uint256 regimeSeed,
        uint256 higherRegimeSeed,
        bool stale,
        uint256 value,
        uint256 higherValue
    ) external view {
        ActionClass class = _served(classSeed);
        uint256 regime = within(regimeSeed, 0, 2);
        Regime higherRegime = Regime(within(higherRegimeSeed, regime, 2));
        // Half of the values around the limit, where it matters.
        if (value % 2 == 0) value = within(value, 0, 2 * SMALL);
        higherValue = within(higherValue, value, type(uint256).max);

        (bool high, uint32 delay) = table.rule(class, Regime(regime), false, Ppm.wrap(value));
        (bool higher, uint32 longer) = table.rule(class, higherRegime, stale, Ppm.wrap(higherValue));
        vm.assertTrue(higher || !high, "the threshold fell");
        vm.assertGe(longer, delay, "the delay fell");
    }

    /// @custom:invariant INV-CLASS-2
    function testFuzz_WhenAnyColumn_ThenLongestDelayIsReachedAndNotPassed(uint256 classSeed, uint8 regime, bool stale)
        external
        view
    {
        ActionClass class = _served(classSeed);
        uint32 longest = table.longestDelay(class);
        (, uint32 delay) = table.rule(class, Regime(within(regime, 0, 2)), stale, Ppm.wrap(0));
        vm.assertLe(delay, longest, "a longer one");
        (, uint32 stressed) = table.rule(class, Regime.STRESSED, false, Ppm.wrap(0));
        vm.assertEq(stressed, longest, "not reached");
    }

    function _row(ActionClass class, uint256 value, bool[4] memory highs, uint32[4] memory delays) private view {
        for (uint256 column = 0; column < 4; ++column) {
            bool stale = column == 3;
            // A stale CALM must count as STRESSED.
            Regime regime = stale ? Regime.CALM : Regime(column);
            (bool high, uint32 delay) = table.rule(class, regime, stale, Ppm.wrap(value));
            vm.assertEq(high, highs[column], "threshold");
            vm.assertEq(delay, delays[column], "delay");
        }
    }

    function _served(uint256 seed) private pure returns (ActionClass) {
        ActionClass[5] memory served = [ActionClass.A, ActionClass.B, ActionClass.B2, ActionClass.D, ActionClass.D0];
        return served[seed % served.length];
    }

    function _expectNotServed(ActionClass class) private {
        vm.expectRevert(abi.encodeWithSelector(ClassTable.ClassNotServed.selector, class));
    }
}

contract GivenTheTableOfOwnDelays {
    uint256 private constant SMALL = 10_000;

    function test_WhenRead_ThenItsRows() external pure {
        vm.assertEq(OwnDelay.delay(Regime.CALM, Ppm.wrap(SMALL)), 24 hours, "small, calm");
        vm.assertEq(OwnDelay.delay(Regime.ELEVATED, Ppm.wrap(SMALL)), 48 hours, "small, elevated");
        vm.assertEq(OwnDelay.delay(Regime.STRESSED, Ppm.wrap(SMALL)), 72 hours, "small, stressed");
        vm.assertEq(OwnDelay.delay(Regime.CALM, Ppm.wrap(SMALL + 1)), 48 hours, "large, calm");
        vm.assertEq(OwnDelay.delay(Regime.ELEVATED, Ppm.wrap(SMALL + 1)), 72 hours, "large, elevated");
        vm.assertEq(OwnDelay.delay(Regime.STRESSED, Ppm.wrap(SMALL + 1)), 7 days, "large, stressed");
    }

    /// @custom:invariant INV-OWN-1
    function testFuzz_WhenRegimeOrShareRises_ThenTheDelayDoesNotFallAndStaysBelowTheExitBound(
        uint8 regime,
        uint8 higherRegime,
        uint256 share,
        uint256 higherShare
    ) external pure {
        regime = uint8(within(regime, 0, 2));
        higherRegime = uint8(within(higherRegime, regime, 2));
        if (share % 2 == 0) share = within(share, 0, 2 * SMALL);
        higherShare = within(higherShare, share, type(uint256).max);
        uint32 longer = OwnDelay.delay(Regime(higherRegime), Ppm.wrap(higherShare));
        vm.assertGe(longer, OwnDelay.delay(Regime(regime), Ppm.wrap(share)), "the delay fell");
        vm.assertTrue(longer < 14 days, "past the exit bound");
    }
}

contract GivenAShare {
    function testFuzz_WhenOfSomething_ThenRoundedUp(uint32 part, uint32 whole) external pure {
        vm.assume(whole != 0);
        uint256 ppm = Ppm.unwrap(shareUp(part, whole));
        vm.assertGe(ppm * whole, uint256(part) * 1e6, "below the share");
        vm.assertTrue(ppm == 0 || (ppm - 1) * whole < uint256(part) * 1e6, "more than rounded");
    }

    function testFuzz_WhenOfNothing_ThenUnbounded(uint256 part) external pure {
        vm.assertEq(Ppm.unwrap(shareUp(part, 0)), Ppm.unwrap(UNBOUNDED_SHARE), "share");
    }
}
