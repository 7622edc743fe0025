// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAuthority} from "../../contracts/interfaces/IAuthority.sol";
import {IMultisigAuthority} from "../../contracts/interfaces/IMultisigAuthority.sol";
import {MemberSets} from "../../contracts/libraries/MemberSets.sol";
import {OperationBook} from "../../contracts/libraries/OperationBook.sol";
import {OperationCalls} from "../../contracts/libraries/OperationCalls.sol";
import {VetoBook} from "../../contracts/libraries/VetoBook.sol";
import {Call, Operation, OperationState, VetoRecord} from "../../contracts/types/Operation.sol";
import {Regime} from "../../contracts/types/Regime.sol";
import {MultisigFixture} from "./MultisigFixture.sol";
import {vm} from "./Vm.sol";
import {Register} from "./wallets/Register.sol";

contract GivenAnOperationThatWaits is MultisigFixture {
    Operation private operation;
    bytes32 private id;

    function setUp() public override {
        super.setUp();
        Operation memory made = setting(7);
        _keep(made);
        id = propose(made);
    }

    function test_WhenItsDelayIsNotOver_ThenRevertsNotReady() external {
        skip(24 hours - 1);
        _expectNotReady(OperationState.Waiting);
        skip(1);
        expectState(operation, OperationState.Ready);
        vm.expectEmit();
        emit IMultisigAuthority.OperationExecuted(id);
        execute(operation);
        expectState(operation, OperationState.Done);
        vm.assertEq(register.value(), 7, "value");
        _expectNotReady(OperationState.Done);
    }

    function test_WhenTheRegimeRises_ThenTheDelayIsThatOfTheMoment() external {
        skip(24 hours);
        setRegime(Regime.ELEVATED, false);
        _expectNotReady(OperationState.Waiting);
        skip(24 hours);
        expectState(operation, OperationState.Ready);
        setRegime(Regime.STRESSED, false);
        _expectNotReady(OperationState.Waiting);
        skip(24 hours);
        setRegime(Regime.STRESSED, true);
        _expectNotReady(OperationState.Waiting);
        setRegime(Regime.STRESSED, false);
        execute(operation);
    }

    function test_WhenLeftTooLong_ThenLapsedForEver() external {
        skip(72 hours + 7 days);
        expectState(operation, OperationState.Ready);
        skip(1);
        _expectNotReady(OperationState.Lapsed);
        vm.prank(GUARDIAN);
        expectRevert(abi.encodeWithSelector(OperationBook.OperationNotOpen.selector, id, OperationState.Lapsed));
        authority.veto(operation);
        skip(3650 days);
        _expectNotReady(OperationState.Lapsed);
    }

    function test_WhenAGuardianVetoes_ThenVetoedForEver() external {
        vm.expectEmit();
        emit IMultisigAuthority.OperationVetoed(id, keccak256(abi.encode(_callHash())), GUARDIAN);
        veto(operation);
        _expectNotReady(OperationState.Vetoed);
        skip(3650 days);
        _expectNotReady(OperationState.Vetoed);
        vm.prank(GUARDIAN);
        expectRevert(abi.encodeWithSelector(OperationBook.OperationNotOpen.selector, id, OperationState.Vetoed));
        authority.veto(operation);
    }

    function test_WhenAnybodyElseVetoes_ThenRevertsNotGuardian() external {
        vm.prank(ANYONE);
        expectRevert(abi.encodeWithSelector(IMultisigAuthority.NotGuardian.selector, ANYONE));
        authority.veto(operation);
    }

    function test_WhenItNeverWas_ThenThereIsNothingToVetoOrExecute() external {
        Operation memory unknown = setting(8);
        id = authority.digestOf(unknown);
        vm.prank(GUARDIAN);
        expectRevert(abi.encodeWithSelector(OperationBook.OperationNotOpen.selector, id, OperationState.Unset));
        authority.veto(unknown);
        expectRevert(abi.encodeWithSelector(OperationBook.OperationNotReady.selector, id, OperationState.Unset));
        authority.execute(unknown);
    }

    /// @dev A quorum that turned hostile proposes the same under many nonces: one veto voids them all.
    function test_WhenTheSameCallsWaitUnderOtherNonces_ThenOneVetoVoidsAll() external {
        Operation memory other = setting(7);
        other.nonce = 1;
        propose(other);
        Operation memory different = setting(9);
        propose(different);
        veto(operation);
        expectState(other, OperationState.Lapsed);
        expectState(different, OperationState.Waiting);
        other.nonce = 2;
        bytes memory approvals = approvalsOf(other, EVERYBODY);
        expectRevert(abi.encodeWithSelector(VetoBook.JustVetoed.selector, keccak256(abi.encode(_callHash()))));
        authority.propose(other, set, approvals);
        skip(1);
        authority.propose(other, set, approvals);
        expectState(other, OperationState.Waiting);
    }

    /// @custom:invariant INV-MULTI-6
    function test_WhenAGuardianVetoesWheneverItCan_ThenTheThirdTimeItIsExecuted() external {
        uint256 first = block.timestamp;
        veto(operation);
        Operation memory again = _again(1);
        veto(again);
        again = _again(2);
        bytes32 callsHash = keccak256(abi.encode(_callHash()));
        for (uint160 i = 1; i <= 3; ++i) {
            vm.prank(address(0x600D00 + i));
            expectRevert(abi.encodeWithSelector(VetoBook.VetoesExhausted.selector, callsHash, first + 30 days));
            authority.veto(again);
        }
        skip(24 hours);
        execute(again);
        vm.assertEq(register.value(), 7, "value");
        vm.assertEq(authority.vetoesOf(again.calls).last, 0, "done: it begins anew");
        vm.assertEq(authority.vetoesOf(again.calls).before, 0, "done: it begins anew");
        vm.assertEq(authority.vetoesOf(again.calls).until, first + 1, "what was void stays so");

        again = _again(3);
        veto(again);
        expectState(again, OperationState.Vetoed);
    }

    /// @dev Any 30 days, wherever they begin: the first veto is long past, and three would lie within two seconds.
    /// @custom:invariant INV-MULTI-6
    function test_WhenTheFirstVetoIsThirtyDaysOld_ThenOneMoreAndNotTwo() external {
        uint256 first = block.timestamp;
        veto(operation);
        skip(30 days - 2);
        uint256 second = block.timestamp + 1;
        veto(_again(1));
        veto(_again(2));
        Operation memory again = _again(3);
        VetoRecord memory record = authority.vetoesOf(again.calls);
        vm.assertEq(record.before, second, "the second");
        vm.assertEq(record.last, first + 30 days, "the third");
        bytes32 callsHash = keccak256(abi.encode(_callHash()));
        vm.prank(GUARDIAN);
        expectRevert(abi.encodeWithSelector(VetoBook.VetoesExhausted.selector, callsHash, second + 30 days));
        authority.veto(again);
        expectState(again, OperationState.Waiting);
        skip(24 hours);
        execute(again);
        vm.assertEq(register.value(), 7, "value");
    }

    /// @dev A set that is disputed, in the longest delay, after a veto of long ago: three delays from the first asking.
    function test_WhenAChangeOfMembersIsVetoedAsLateAsCanBe_ThenItIsMadeWithin21Days() external {
        setRegime(Regime.STRESSED, true);
        Operation memory own = ownOperation(abi.encodeCall(IMultisigAuthority.changeMembers, (anotherSet())));
        propose(own);
        veto(own);
        skip(30 days - 7 days);
        uint256 asked = block.timestamp;
        for (uint256 i = 1; i <= 2; ++i) {
            (own.nonce, own.deadline) = (i, uint64(block.timestamp));
            propose(own);
            skip(7 days);
            veto(own);
            skip(1);
        }
        (own.nonce, own.deadline) = (3, uint64(block.timestamp));
        propose(own);
        skip(7 days - 1);
        bytes32 callsHash = keccak256(abi.encode(_hashOf(own.calls[0])));
        vm.prank(GUARDIAN);
        expectRevert(abi.encodeWithSelector(VetoBook.VetoesExhausted.selector, callsHash, asked + 37 days));
        authority.veto(own);
        skip(1);
        execute(own);
        vm.assertEq(block.timestamp - asked, 21 days + 2, "three delays");
        vm.assertEq(authority.epoch(), 2, "epoch");
    }

    function test_WhenACallReverts_ThenItStaysReadyAndNothingHappened() external {
        Operation memory bad = setting(1_000_001);
        Call[] memory calls = new Call[](2);
        (calls[0], calls[1]) = (setting(5).calls[0], bad.calls[0]);
        bad.calls = calls;
        propose(bad);
        skip(24 hours);
        bytes memory reason = abi.encodeWithSelector(Register.TooLarge.selector, 1_000_001, 1_000_000);
        expectRevert(abi.encodeWithSelector(IMultisigAuthority.CallReverted.selector, 1, reason));
        authority.execute(bad);
        expectState(bad, OperationState.Ready);
        vm.assertEq(register.writes(), 0, "together or not at all");
    }

    function test_WhenItSendsEther_ThenFromWhatItHolds() external {
        vm.deal(ANYONE, 3);
        vm.prank(ANYONE);
        (bool sent,) = address(authority).call{value: 3}("");
        vm.assertTrue(sent, "received");
        Operation memory paying = setting(5);
        Call[] memory calls = new Call[](2);
        (calls[0], calls[1]) = (paying.calls[0], Call({target: ANYONE, value: 2, data: ""}));
        calls[0].value = 1;
        paying.calls = calls;
        propose(paying);
        skip(24 hours);
        execute(paying);
        vm.assertEq(address(register).balance, 1, "register");
        vm.assertEq(ANYONE.balance, 2, "anyone");
    }

    function test_WhenTheTargetIsGoneWhenItIsExecuted_ThenRevertsTargetWithoutCode() external {
        skip(24 hours);
        vm.etch(address(register), "");
        expectRevert(abi.encodeWithSelector(OperationCalls.TargetWithoutCode.selector, 0, address(register)));
        authority.execute(operation);
    }

    function _again(uint256 nonce) private returns (Operation memory again) {
        skip(1);
        again = setting(7);
        again.nonce = nonce;
        propose(again);
    }

    function _callHash() private view returns (bytes32) {
        return _hashOf(operation.calls[0]);
    }

    function _hashOf(Call memory call) private pure returns (bytes32) {
        bytes32 typeHash = keccak256("Call(address target,uint256 value,bytes data)");
        return keccak256(abi.encode(typeHash, call.target, call.value, keccak256(call.data)));
    }

    function _expectNotReady(OperationState state) private {
        expectState(operation, state);
        expectRevert(abi.encodeWithSelector(OperationBook.OperationNotReady.selector, id, state));
        authority.execute(operation);
    }

    function _keep(Operation memory made) private {
        operation.calls.push(made.calls[0]);
        operation.class = made.class;
        operation.setEpoch = made.setEpoch;
        operation.threshold = made.threshold;
        operation.nonce = made.nonce;
        operation.deadline = made.deadline;
    }
}

contract GivenAnOperationOnItself is MultisigFixture {
    function test_WhenMembersChange_ThenTheEpochRisesAndAllOfBeforeIsVoid() external {
        Operation memory waiting = setting(7);
        propose(waiting);
        bytes memory nextSet = anotherSet();
        Operation memory operation = ownOperation(abi.encodeCall(IMultisigAuthority.changeMembers, (nextSet)));
        propose(operation);
        Operation memory late = setting(8);
        bytes memory lateApprovals = approvalsOf(late, EVERYBODY);
        skip(48 hours);
        vm.expectEmit();
        emit IMultisigAuthority.MembersChanged(2, nextSet);
        execute(operation);

        vm.assertEq(authority.setHash(), keccak256(nextSet), "set");
        vm.assertEq(authority.epoch(), 2, "epoch");
        expectState(waiting, OperationState.Lapsed);
        expectState(operation, OperationState.Done);
        expectRevert(abi.encodeWithSelector(IAuthority.WrongEpoch.selector, 1, 2));
        authority.propose(late, nextSet, lateApprovals);
        late.setEpoch = 2;
        expectRevert(abi.encodeWithSelector(MemberSets.InvalidApproval.selector, 0));
        authority.propose(late, nextSet, lateApprovals);
    }

    function test_WhenGuardiansChange_ThenOnlyTheNewOnesGuard() external {
        address[] memory next = new address[](4);
        for (uint160 i = 0; i < 4; ++i) {
            next[i] = address(0xABC000 + i);
        }
        Operation memory operation = ownOperation(abi.encodeCall(IMultisigAuthority.changeGuardians, (next)));
        propose(operation);
        skip(48 hours);
        uint64 round = authority.recoveryRound();
        execute(operation);
        vm.assertEq(authority.guardianCount(), 4, "count");
        vm.assertTrue(authority.isGuardian(next[3]) && !authority.isGuardian(GUARDIAN), "guardians");
        vm.assertEq(authority.recoveryRound(), round + 1, "recoveries of before are void");
    }

    function test_WhenBothChangeInOne_ThenBothDo() external {
        Operation memory operation = ownOperation(abi.encodeCall(IMultisigAuthority.changeMembers, (anotherSet())));
        Call[] memory calls = new Call[](2);
        calls[0] = operation.calls[0];
        calls[1] = ownOperation(abi.encodeCall(IMultisigAuthority.changeGuardians, (threeGuardians()))).calls[0];
        operation.calls = calls;
        propose(operation);
        skip(48 hours);
        execute(operation);
        vm.assertEq(authority.epoch(), 2, "epoch");
        vm.assertTrue(authority.isGuardian(GUARDIAN), "guardian");
    }
}
