// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MultisigTable} from "../../../contracts/libraries/MultisigTable.sol";
import {ActionClass} from "../../../contracts/types/ActionClass.sol";
import {Regime} from "../../../contracts/types/Regime.sol";
import {vm} from "../Vm.sol";

contract GivenTheTableOfTheMultisig {
    function rule(ActionClass class, Regime regime, bool stale) public pure returns (uint32 delay, bool blocked) {
        return MultisigTable.rule(class, regime, stale);
    }

    function test_WhenRead_ThenEveryCellIsThatOfTheSpecification() external pure {
        _expect(ActionClass.C, Regime.CALM, false, 24 hours, false);
        _expect(ActionClass.C, Regime.ELEVATED, false, 48 hours, false);
        _expect(ActionClass.C, Regime.STRESSED, false, 72 hours, false);
        _expect(ActionClass.C, Regime.CALM, true, 72 hours, true);
        _expect(ActionClass.D, Regime.CALM, false, 48 hours, false);
        _expect(ActionClass.D, Regime.ELEVATED, false, 72 hours, false);
        _expect(ActionClass.D, Regime.STRESSED, false, 7 days, false);
        _expect(ActionClass.D, Regime.CALM, true, 7 days, false);
    }

    /// @custom:invariant INV-MULTI-1
    function testFuzz_WhenTheRegimeRises_ThenNoDelayOfTheMultisigFalls(bool d, uint8 lower, uint8 higher, bool stale)
        external
        pure
    {
        (lower, higher) = (lower % 3, higher % 3);
        if (lower > higher) (lower, higher) = (higher, lower);
        ActionClass class = d ? ActionClass.D : ActionClass.C;
        (uint32 mild, bool mildBlocked) = rule(class, Regime(lower), false);
        (uint32 severe, bool severeBlocked) = rule(class, Regime(higher), stale);
        vm.assertTrue(mild > 0 && mild <= severe, "delay");
        vm.assertTrue(!mildBlocked && severeBlocked == (stale && !d), "blocked");
        vm.assertLe(severe, MultisigTable.longestDelay(class), "longest");
        (uint32 greatest,) = rule(class, Regime.STRESSED, false);
        vm.assertEq(MultisigTable.longestDelay(class), greatest, "reached");
    }

    function test_WhenTheClassIsTheThresholdKeys_ThenRevertsClassNotServed() external {
        ActionClass[5] memory others = [ActionClass.A, ActionClass.A0, ActionClass.B, ActionClass.B2, ActionClass.D0];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(MultisigTable.ClassNotServed.selector, others[i]));
            this.rule(others[i], Regime.CALM, false);
        }
    }

    function _expect(ActionClass class, Regime regime, bool stale, uint32 delay, bool blocked) private pure {
        (uint32 found, bool foundBlocked) = rule(class, regime, stale);
        vm.assertEq(found, delay, "delay");
        vm.assertEq(foundBlocked, blocked, "blocked");
    }
}
