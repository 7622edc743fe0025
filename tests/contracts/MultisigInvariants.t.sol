// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MultisigAuthority} from "../../contracts/MultisigAuthority.sol";
import {MemberClass} from "../../contracts/types/Member.sol";
import {MultisigFixture} from "./MultisigFixture.sol";
import {MultisigHandler} from "./MultisigHandler.sol";
import {TestMember, TestMembers} from "./TestMembers.sol";
import {vm} from "./Vm.sol";
import {Register} from "./wallets/Register.sol";

contract GivenAnythingThatMembersAndGuardiansDo is MultisigFixture {
    MultisigHandler private handler;

    function setUp() public override {
        super.setUp();
        TestMember[] memory four = new TestMember[](4);
        for (uint256 i = 0; i < 4; ++i) {
            four[i] = TestMembers.account(i + 1);
            four[i].class = MemberClass.HARDWARE;
        }
        TestMembers.sort(four);
        authority = new MultisigAuthority(TestMembers.encode(four, 3, 3, 0), threeGuardians(), oracle);
        register = new Register(address(authority));
        handler = new MultisigHandler(authority, oracle, register, four, threeGuardians());
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// @dev The handler looks at every one, and finds that what was for ever still is.
    /// @custom:invariant INV-MULTI-4
    function invariant_WhatIsDoneVetoedOrLapsedStaysSo() external {
        handler.look();
        for (uint256 i = 0; i < handler.count(); ++i) {
            vm.assertEq(uint256(handler.stateOf(i)), uint256(handler.expectedOf(i)), "operation");
        }
        for (uint256 i = 0; i < handler.recoveryCount(); ++i) {
            vm.assertEq(uint256(handler.stateOfRecovery(i)), uint256(handler.expectedOfRecovery(i)), "recovery");
        }
    }

    /// @custom:invariant INV-MULTI-5
    function invariant_EveryEffectWasReadyAndCameOnce() external view {
        vm.assertEq(register.writes(), handler.writes(), "writes");
    }

    /// @custom:invariant INV-MULTI-10
    function invariant_TheEpochCountsTheChangesOfTheSet() external view {
        vm.assertEq(authority.epoch(), handler.epoch(), "epoch");
        vm.assertEq(authority.recoveryRound(), handler.round(), "round");
        vm.assertEq(authority.setHash(), handler.setHash(), "set");
    }
}
