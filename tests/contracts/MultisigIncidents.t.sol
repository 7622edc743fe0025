// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAuthority} from "../../contracts/interfaces/IAuthority.sol";
import {IMultisigAuthority} from "../../contracts/interfaces/IMultisigAuthority.sol";
import {MemberSets} from "../../contracts/libraries/MemberSets.sol";
import {OperationBook} from "../../contracts/libraries/OperationBook.sol";
import {ActionClass} from "../../contracts/types/ActionClass.sol";
import {Call, Operation, OperationState} from "../../contracts/types/Operation.sol";
import {Regime} from "../../contracts/types/Regime.sol";
import {MultisigFixture} from "./MultisigFixture.sol";
import {OpcodeWalk} from "./OpcodeWalk.sol";
import {TestMembers} from "./TestMembers.sol";
import {vm} from "./Vm.sol";
import {Intruder, Overwriter} from "./wallets/Intruder.sol";
import {Register} from "./wallets/Register.sol";

/// @notice Attacks that happened elsewhere, made here, and where they end.
contract GivenAnAttackThatWorkedElsewhere is MultisigFixture {
    /* READINESS GAINED DURING EXECUTION: OpenZeppelin, CVE-2021-39167 */

    /// @dev There a batch scheduled itself in one of its own calls and was judged afterwards.
    /// @custom:invariant INV-MULTI-11
    function test_WhenACallTriesToGainReadinessDuringExecution_ThenNothingDoes() external {
        Intruder intruder = new Intruder();
        Operation memory operation = operationOn(address(intruder), abi.encodeCall(Intruder.run, ()), ActionClass.C);
        Operation memory ripe = setting(3);
        Operation memory fresh = setting(4);
        propose(operation);
        propose(ripe);
        skip(24 hours);
        fresh.deadline = uint64(block.timestamp + 1);
        bytes memory approvals = approvalsOf(fresh, EVERYBODY);
        intruder.prepare(abi.encodeCall(IMultisigAuthority.execute, (operation)));
        intruder.prepare(abi.encodeCall(IMultisigAuthority.propose, (fresh, set, approvals)));
        intruder.prepare(abi.encodeCall(IMultisigAuthority.execute, (fresh)));
        intruder.prepare(abi.encodeCall(IMultisigAuthority.execute, (ripe)));

        execute(operation);
        vm.assertEq(intruder.count(), 4, "tried");
        for (uint256 i = 0; i < 4; ++i) {
            vm.assertTrue(!intruder.succeeded(i), "succeeded");
        }
        expectState(operation, OperationState.Done);
        expectState(fresh, OperationState.Unset);
        expectState(ripe, OperationState.Ready);
        vm.assertEq(register.writes(), 0, "writes");
    }

    function test_WhenOneNeverProposedIsExecuted_ThenRevertsAndItsCallsAreNotMade() external {
        Operation memory operation = setting(3);
        bytes32 id = authority.digestOf(operation);
        expectRevert(abi.encodeWithSelector(OperationBook.OperationNotReady.selector, id, OperationState.Unset));
        authority.execute(operation);
        vm.assertEq(register.writes(), 0, "writes");
    }

    /* OWNERS REPLACED, THRESHOLD 1: UXLINK */

    function test_WhenAQuorumPutsOneOwnerInWithThresholdOne_ThenRefusedAtOnce() external {
        bytes memory alone = TestMembers.encode(theMembers(), 1, 1, 0);
        Operation memory operation = ownOperation(abi.encodeCall(IMultisigAuthority.changeMembers, (alone)));
        bytes memory approvals = approvalsOf(operation, EVERYBODY);
        expectRevert(abi.encodeWithSelector(MemberSets.OneMemberSuffices.selector, 1, 1));
        authority.propose(operation, set, approvals);
    }

    function test_WhenAQuorumReplacesAllOwners_ThenItWaitsTwoDaysAndOneGuardianStopsIt() external {
        Operation memory operation = ownOperation(abi.encodeCall(IMultisigAuthority.changeMembers, (anotherSet())));
        propose(operation);
        skip(48 hours - 1);
        expectState(operation, OperationState.Waiting);
        veto(operation);
        skip(1);
        bytes32 id = authority.digestOf(operation);
        expectRevert(abi.encodeWithSelector(OperationBook.OperationNotReady.selector, id, OperationState.Vetoed));
        authority.execute(operation);
        vm.assertEq(authority.setHash(), keccak256(set), "set");
    }

    /* PRE-SIGNED APPROVALS THAT NEVER EXPIRE, NO DELAY: Drift */

    function test_WhenApprovalsAreKeptForLater_ThenTheyExpireWithTheirDeadline() external {
        Operation memory operation = setting(3);
        bytes memory approvals = approvalsOf(operation, EVERYBODY);
        skip(7 days + 1);
        expectRevert(
            abi.encodeWithSelector(IMultisigAuthority.DeadlinePassed.selector, operation.deadline, block.timestamp)
        );
        authority.propose(operation, set, approvals);
    }

    function test_WhenTheDeadlineIsNever_ThenRefused() external {
        Operation memory operation = setting(3);
        operation.deadline = type(uint64).max;
        bytes memory approvals = approvalsOf(operation, EVERYBODY);
        expectRevert(
            abi.encodeWithSelector(
                IMultisigAuthority.DeadlineTooFar.selector, type(uint64).max, block.timestamp + 7 days
            )
        );
        authority.propose(operation, set, approvals);
    }

    function test_WhenProposedAndExecutedInOneBlock_ThenThereIsADelayInEveryRegime() external {
        for (uint256 i = 0; i < 3; ++i) {
            setRegime(Regime(i), false);
            Operation memory operation = setting(i);
            bytes32 id = propose(operation);
            expectRevert(abi.encodeWithSelector(OperationBook.OperationNotReady.selector, id, OperationState.Waiting));
            authority.execute(operation);
        }
    }

    function test_WhenTheSetHasChangedSince_ThenApprovalsAreVoidThoughTheSetIsBack() external {
        Operation memory kept = setting(3);
        bytes memory approvals = approvalsOf(kept, EVERYBODY);
        Operation memory operation = ownOperation(abi.encodeCall(IMultisigAuthority.changeMembers, (set)));
        propose(operation);
        skip(48 hours);
        execute(operation);
        expectRevert(abi.encodeWithSelector(IAuthority.WrongEpoch.selector, 1, 2));
        authority.propose(kept, set, approvals);
        kept.setEpoch = 2;
        expectRevert(abi.encodeWithSelector(MemberSets.InvalidApproval.selector, 0));
        authority.propose(kept, set, approvals);
    }

    /* A SIGNED DELEGATECALL: WazirX, Bybit */

    /// @dev The selector they saw was `transfer`; the code ran in the wallet's own storage.
    function test_WhenTheSignedCallOverwritesStorage_ThenItsOwn() external {
        Overwriter overwriter = new Overwriter();
        bytes memory data = abi.encodeCall(Overwriter.transfer, (ANYONE, 0));
        Operation memory operation = operationOn(address(overwriter), data, ActionClass.C);
        propose(operation);
        skip(24 hours);
        execute(operation);
        vm.assertEq(authority.setHash(), keccak256(set), "set");
        vm.assertEq(authority.epoch(), 1, "epoch");
        vm.assertTrue(authority.isGuardian(GUARDIAN), "guardians");
    }

    /// @custom:invariant INV-MULTI-12
    function test_WhenItsCodeIsRead_ThenNoOpcodeRunsOtherCodeInItsPlace() external view {
        OpcodeWalk.requireRunsOnlyItself(address(authority).code);
    }

    /* A SWAPPED PAYLOAD: Radiant */

    /// @dev Each screen showed one thing, each device signed another: what is handed in must be what was signed.
    function test_WhenDevicesSignedAnotherPayloadThanIsHandedIn_ThenRevertsInvalidApproval() external {
        Operation memory shown = setting(3);
        Operation memory swapped = ownOperation(abi.encodeCall(IMultisigAuthority.changeMembers, (anotherSet())));
        bytes memory approvals = approvalsOf(shown, EVERYBODY);
        expectRevert(abi.encodeWithSelector(MemberSets.InvalidApproval.selector, 0));
        authority.propose(swapped, set, approvals);
        // And what was signed without being shown still stands in public for two days, decoded.
        approvals = approvalsOf(swapped, bits(HIGH));
        vm.expectEmit(true, false, false, false, address(authority));
        emit IMultisigAuthority.OperationProposed(authority.digestOf(swapped), 0, swapped, 0);
        authority.propose(swapped, set, approvals);
        veto(swapped);
    }

    function test_WhenOnlySomeWereDeceived_ThenTheRestIsMissing() external {
        Operation memory swapped = setting(3);
        bytes memory approvals = approvalsOf(swapped, bits(3));
        expectRevert(abi.encodeWithSelector(MemberSets.WeightTooLow.selector, 3, HIGH));
        authority.propose(swapped, set, approvals);
    }

    /* INITIALISED AGAIN: Parity */

    function test_WhenAnyoneInitialisesItAgain_ThenThereIsNothingToCall() external {
        bytes[4] memory tries = [
            abi.encodeWithSignature("initialize(bytes,address[])", set, threeGuardians()),
            abi.encodeWithSignature("initWallet(address[],uint256,uint256)", threeGuardians(), 1, 0),
            abi.encodeWithSignature("setup(bytes)", set),
            abi.encodeWithSignature("kill(address)", ANYONE)
        ];
        for (uint256 i = 0; i < tries.length; ++i) {
            (bool success,) = address(authority).call(tries[i]);
            vm.assertTrue(!success, "initialised again");
        }
        address[3] memory callers = [ANYONE, GUARDIAN, vm.addr(1)];
        bytes memory other = anotherSet();
        for (uint256 i = 0; i < callers.length; ++i) {
            bytes memory reason = abi.encodeWithSelector(IMultisigAuthority.NotThroughOperation.selector, callers[i]);
            vm.prank(callers[i]);
            expectRevert(reason);
            authority.changeMembers(other);
            vm.prank(callers[i]);
            expectRevert(reason);
            authority.changeGuardians(threeGuardians());
        }
        vm.assertEq(authority.setHash(), keccak256(set), "set");
    }

    /* COUPLED PARAMETERS MOVED APART: Aave, March 2026 */

    function test_WhenTwoParametersBelongTogether_ThenBothMoveOrNeither() external {
        Register other = new Register(address(authority));
        Operation memory operation = setting(3);
        Call[] memory calls = new Call[](2);
        calls[0] = operation.calls[0];
        calls[1] = Call({target: address(other), value: 0, data: abi.encodeCall(Register.set, (1_000_001))});
        operation.calls = calls;
        propose(operation);
        skip(24 hours);
        vm.expectRevert();
        authority.execute(operation);
        vm.assertEq(register.value(), 0, "neither");
        operation.calls[1].data = abi.encodeCall(Register.set, (4));
        operation.deadline = uint64(block.timestamp);
        propose(operation);
        skip(24 hours);
        execute(operation);
        vm.assertEq(register.value() + other.value(), 7, "both");
    }
}
