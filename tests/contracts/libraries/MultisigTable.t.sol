// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ClassTable} from "../../../contracts/libraries/ClassTable.sol";
import {MultisigTable} from "../../../contracts/libraries/MultisigTable.sol";
import {ActionClass} from "../../../contracts/types/ActionClass.sol";
import {Ppm} from "../../../contracts/types/Ppm.sol";
import {Regime} from "../../../contracts/types/Regime.sol";
import {vm} from "../Vm.sol";

contract GivenTheTableOfTheMultisig {
    Ppm private constant SMALL = Ppm.wrap(10_000);

    function rule(ActionClass class, Regime regime, bool stale, Ppm value)
        public
        pure
        returns (bool needsHigh, uint32 delay, bool blocked)
    {
        return MultisigTable.rule(class, regime, stale, value);
    }

    function test_WhenClassCIsRead_ThenEveryCellIsThatOfTheSpecification() external pure {
        _expectC(Regime.CALM, false, 24 hours, false);
        _expectC(Regime.ELEVATED, false, 48 hours, false);
        _expectC(Regime.STRESSED, false, 72 hours, false);
        _expectC(Regime.CALM, true, 72 hours, true);
    }

    function test_WhenAnotherClassIsRead_ThenEveryCellIsThatOfTheCustodians() external pure {
        ActionClass[5] memory classes = [ActionClass.A, ActionClass.B, ActionClass.B2, ActionClass.D, ActionClass.D0];
        for (uint256 i = 0; i < 5; ++i) {
            for (uint256 column = 0; column < 4; ++column) {
                Regime regime = Regime(column % 3);
                (bool needsHigh, uint32 delay) = ClassTable.rule(classes[i], regime, column == 3, SMALL);
                (bool found, uint32 foundDelay, bool blocked) = rule(classes[i], regime, column == 3, SMALL);
                vm.assertTrue(found == needsHigh && foundDelay == delay && !blocked, "the same");
            }
            vm.assertEq(MultisigTable.longestDelay(classes[i]), ClassTable.longestDelay(classes[i]), "longest");
        }
    }

    /// @custom:invariant INV-MULTI-1
    function testFuzz_WhenRegimeOrValueRises_ThenNeitherWeightNorDelayOfTheMultisigFalls(
        uint8 class_,
        uint8 lower,
        uint8 higher,
        bool stale,
        uint32 less,
        uint32 more
    ) external pure {
        ActionClass class = _servedClass(class_);
        (lower, higher) = (lower % 3, higher % 3);
        // What is not to be believed is above every regime, whatever it says.
        if (!stale && lower > higher) (lower, higher) = (higher, lower);
        if (less > more) (less, more) = (more, less);
        (bool mildHigh, uint32 mild, bool mildBlocked) = rule(class, Regime(lower), false, Ppm.wrap(less));
        (bool severeHigh, uint32 severe, bool blocked) = rule(class, Regime(higher), stale, Ppm.wrap(more));
        vm.assertTrue(severeHigh || !mildHigh, "weight");
        vm.assertLe(mild, severe, "delay");
        vm.assertTrue(!mildBlocked && blocked == (stale && class == ActionClass.C), "blocked");
    }

    function testFuzz_WhenTheRegimeIsAny_ThenLongestDelayIsReachedAndNotPassed(uint8 class_, uint8 regime, bool stale)
        external
        pure
    {
        ActionClass class = _servedClass(class_);
        (, uint32 delay,) = rule(class, Regime(regime % 3), stale, Ppm.wrap(0));
        vm.assertLe(delay, MultisigTable.longestDelay(class), "passed");
        // What is not to be believed counts as STRESSED, whatever it says.
        if (stale) vm.assertEq(delay, MultisigTable.longestDelay(class), "stale");
        (, uint32 greatest,) = rule(class, Regime.STRESSED, false, Ppm.wrap(0));
        vm.assertEq(MultisigTable.longestDelay(class), greatest, "reached");
    }

    function test_WhenTheClassIsAGuardians_ThenRevertsClassNotServed() external {
        vm.expectRevert(abi.encodeWithSelector(ClassTable.ClassNotServed.selector, ActionClass.A0));
        this.rule(ActionClass.A0, Regime.CALM, false, SMALL);
    }

    /// @dev Any but A0.
    function _servedClass(uint8 seed) private pure returns (ActionClass) {
        uint8 index = seed % 6;
        return ActionClass(index == 0 ? 0 : index + 1);
    }

    function _expectC(Regime regime, bool stale, uint32 delay, bool blocked) private pure {
        (bool needsHigh, uint32 found, bool foundBlocked) = rule(ActionClass.C, regime, stale, Ppm.wrap(0));
        vm.assertTrue(needsHigh, "high");
        vm.assertEq(found, delay, "delay");
        vm.assertEq(foundBlocked, blocked, "blocked");
    }
}
