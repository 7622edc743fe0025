// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAuthority} from "../../contracts/interfaces/IAuthority.sol";
import {IMultisigAuthority} from "../../contracts/interfaces/IMultisigAuthority.sol";
import {GuardianSet} from "../../contracts/libraries/GuardianSet.sol";
import {MemberSets} from "../../contracts/libraries/MemberSets.sol";
import {RecoveryBook} from "../../contracts/libraries/RecoveryBook.sol";
import {Operation, OperationState} from "../../contracts/types/Operation.sol";
import {CancelRecoveries, Recovery, RecoveryRecord} from "../../contracts/types/Recovery.sol";
import {Regime} from "../../contracts/types/Regime.sol";
import {MultisigFixture} from "./MultisigFixture.sol";
import {TestMembers} from "./TestMembers.sol";
import {vm, within} from "./Vm.sol";

contract GivenMembersWhoLostTheirKeys is MultisigFixture {
    Recovery private recovery;
    bytes32 private id;

    function setUp() public override {
        super.setUp();
        recovery = aRecovery(anotherSet());
        id = keccak256(abi.encode(keccak256(recovery.nextSet), recovery.round, recovery.nonce));
    }

    /// @custom:invariant INV-MULTI-7
    function test_WhenTwoGuardiansSupport_ThenAfter14DaysAnyoneFinishesIt() external {
        _expectState(OperationState.Unset);
        vm.expectEmit();
        emit IMultisigAuthority.RecoverySupported(id, GUARDIAN, recovery, 1);
        support(GUARDIAN, recovery);
        _expectNotReady(OperationState.Waiting);
        vm.assertEq(authority.recoveryRecord(id).startedAt, 0, "one alone does not start it");
        skip(7 days);
        support(GUARDIAN_3, recovery);
        RecoveryRecord memory record = authority.recoveryRecord(id);
        vm.assertEq(record.supporters, 2, "supporters");
        vm.assertEq(record.startedAt, block.timestamp, "startedAt");
        vm.assertEq(record.proposedAt, block.timestamp - 7 days, "proposedAt");

        // Neither the oracle nor a third guardian matters.
        setRegime(Regime.STRESSED, true);
        skip(1 days);
        support(GUARDIAN_2, recovery);
        vm.assertEq(authority.recoveryRecord(id).startedAt, record.startedAt, "the delay does not begin again");
        skip(13 days - 1);
        _expectNotReady(OperationState.Waiting);
        skip(1);
        _expectState(OperationState.Ready);
        vm.expectEmit();
        emit IMultisigAuthority.RecoveryFinished(id);
        vm.prank(ANYONE);
        authority.finishRecovery(recovery);
        vm.assertEq(authority.setHash(), keccak256(recovery.nextSet), "set");
        vm.assertEq(authority.epoch(), 2, "epoch");
        _expectNotReady(OperationState.Done);
    }

    function test_WhenOneGuardianSupportsTwice_ThenRevertsAlreadySupported() external {
        support(GUARDIAN, recovery);
        vm.prank(GUARDIAN);
        expectRevert(abi.encodeWithSelector(RecoveryBook.AlreadySupported.selector, id, GUARDIAN));
        authority.supportRecovery(recovery);
    }

    function test_WhenTheOthersComeTooLate_ThenLapsedAndANewNonceServes() external {
        support(GUARDIAN, recovery);
        skip(7 days + 1);
        _expectNotReady(OperationState.Lapsed);
        vm.prank(GUARDIAN_2);
        expectRevert(abi.encodeWithSelector(RecoveryBook.RecoveryClosed.selector, id, OperationState.Lapsed));
        authority.supportRecovery(recovery);
        recovery.nonce = 1;
        _start();
        skip(14 days);
        authority.finishRecovery(recovery);
    }

    function test_WhenNobodyFinishesIt_ThenLapsedForEver() external {
        _start();
        skip(21 days);
        _expectState(OperationState.Ready);
        skip(1);
        _expectNotReady(OperationState.Lapsed);
        skip(3650 days);
        _expectNotReady(OperationState.Lapsed);
    }

    function test_WhenTheSetIsNotSound_ThenRefusedAtOnce() external {
        recovery.nextSet = TestMembers.encode(theMembers(), LOW, 5, 1);
        vm.prank(GUARDIAN);
        expectRevert(abi.encodeWithSelector(MemberSets.QuorumOutOfReach.selector, 5, 4));
        authority.supportRecovery(recovery);
        recovery.nextSet = TestMembers.encode(theMembers(), LOW, HIGH, 2);
        vm.prank(GUARDIAN);
        expectRevert(abi.encodeWithSelector(MemberSets.HardwareOutOfReach.selector, 2, 2));
        authority.supportRecovery(recovery);
    }

    function test_WhenAnyoneElseProposes_ThenRevertsNotGuardian() external {
        vm.prank(ANYONE);
        expectRevert(abi.encodeWithSelector(IMultisigAuthority.NotGuardian.selector, ANYONE));
        authority.supportRecovery(recovery);
    }

    function test_WhenTheRoundIsAnother_ThenRevertsWrongRound() external {
        uint64 round = recovery.round;
        recovery.round = round + 1;
        vm.prank(GUARDIAN);
        expectRevert(abi.encodeWithSelector(IMultisigAuthority.WrongRound.selector, round + 1, round));
        authority.supportRecovery(recovery);
    }

    function test_WhenAHostileGuardianProposesAnythingElse_ThenItIsNotInTheWay() external {
        for (uint256 nonce = 0; nonce < 5; ++nonce) {
            support(GUARDIAN_2, Recovery({nextSet: set, round: recovery.round, nonce: nonce}));
        }
        _start();
        skip(14 days);
        authority.finishRecovery(recovery);
        vm.assertEq(authority.epoch(), 2, "epoch");
    }

    function test_WhenMembersChangeTheSetMeanwhile_ThenItIsVoid() external {
        _start();
        Operation memory operation = ownOperation(abi.encodeCall(IMultisigAuthority.changeMembers, (set)));
        propose(operation);
        skip(48 hours);
        execute(operation);
        skip(12 days);
        _expectNotReady(OperationState.Lapsed);
    }

    function test_WhenAQuorumOfMembersIsThere_ThenItCallsAllOfTheRoundOff() external {
        _start();
        Recovery memory second = recovery;
        second.nonce = 1;
        support(GUARDIAN, second);
        CancelRecoveries memory intent = aCancellation();
        bytes memory approvals = cancellationBy(intent, softwareBits());
        vm.expectEmit();
        emit IMultisigAuthority.RecoveriesCancelled(intent.round);
        vm.prank(ANYONE);
        authority.cancelRecoveries(intent, set, approvals);
        skip(14 days);
        _expectNotReady(OperationState.Lapsed);
        vm.assertEq(uint256(authority.stateOf(second)), uint256(OperationState.Lapsed), "second");

        // It is not void what comes after: guardians may begin again.
        recovery.round = authority.recoveryRound();
        _start();
        skip(14 days);
        authority.finishRecovery(recovery);
    }

    /// @dev One stolen key may not stand in the way, nor two.
    function test_WhenFewerThanTheLowWeightCallItOff_ThenRevertsWeightTooLow() external {
        _start();
        CancelRecoveries memory intent = aCancellation();
        bytes memory approvals = cancellationBy(intent, bits(1));
        expectRevert(abi.encodeWithSelector(MemberSets.WeightTooLow.selector, 1, LOW));
        authority.cancelRecoveries(intent, set, approvals);
        approvals = cancellationBy(intent, bits(2));
        expectRevert(abi.encodeWithSelector(MemberSets.WeightTooLow.selector, 2, LOW));
        authority.cancelRecoveries(intent, set, approvals);
    }

    function test_WhenACancellationIsOldOrForeign_ThenRevertsByName() external {
        CancelRecoveries memory intent = aCancellation();
        bytes memory approvals = cancellationBy(intent, EVERYBODY);
        skip(1 days + 1);
        _expectRefused(
            intent,
            approvals,
            abi.encodeWithSelector(IMultisigAuthority.DeadlinePassed.selector, intent.deadline, block.timestamp)
        );
        intent = aCancellation();
        intent.round += 1;
        _expectRefused(
            intent,
            cancellationBy(intent, EVERYBODY),
            abi.encodeWithSelector(IMultisigAuthority.WrongRound.selector, intent.round, intent.round - 1)
        );
        intent = aCancellation();
        intent.setEpoch = 2;
        _expectRefused(
            intent, cancellationBy(intent, EVERYBODY), abi.encodeWithSelector(IAuthority.WrongEpoch.selector, 2, 1)
        );
        intent = aCancellation();
        _expectRefused(intent, approvals, abi.encodeWithSelector(MemberSets.InvalidApproval.selector, 0));
        approvals = cancellationBy(intent, EVERYBODY);
        authority.cancelRecoveries(intent, set, approvals);
        _expectRefused(
            intent,
            approvals,
            abi.encodeWithSelector(IMultisigAuthority.WrongRound.selector, intent.round, intent.round + 1)
        );
    }

    function _expectRefused(CancelRecoveries memory intent, bytes memory approvals, bytes memory reason) private {
        expectRevert(reason);
        authority.cancelRecoveries(intent, set, approvals);
    }

    function _start() private {
        support(GUARDIAN, recovery);
        support(GUARDIAN_2, recovery);
        id = keccak256(abi.encode(keccak256(recovery.nextSet), recovery.round, recovery.nonce));
    }

    function _expectState(OperationState state) private view {
        vm.assertEq(uint256(authority.stateOf(recovery)), uint256(state), "state");
    }

    function _expectNotReady(OperationState state) private {
        _expectState(state);
        expectRevert(abi.encodeWithSelector(RecoveryBook.RecoveryNotReady.selector, id, state));
        authority.finishRecovery(recovery);
    }
}

contract GivenGuardiansToJudge {
    function judge(address[] memory guardians) external pure {
        GuardianSet.requireSound(guardians);
    }

    /// @custom:invariant INV-MULTI-8
    function testFuzz_WhenAListIsSound_ThenAQuorumIsTwoAtLeastAMajorityAndSparesOne(uint256 count, uint256 twin)
        external
    {
        count = within(count, 0, 20);
        address[] memory guardians = new address[](count);
        for (uint256 i = 0; i < count; ++i) {
            guardians[i] = address(uint160(0x1000 + i));
        }
        bool counts = count >= 3 && count <= 16;
        if (!counts) vm.expectRevert(abi.encodeWithSelector(GuardianSet.WrongGuardianCount.selector, count, 3, 16));
        this.judge(guardians);
        if (!counts) return;

        uint256 quorum = GuardianSet.quorumOf(uint8(count));
        vm.assertTrue(quorum >= 2 && 2 * quorum > count && quorum < count, "quorum");
        twin = within(twin, 1, count - 1);
        guardians[twin] = guardians[twin - 1];
        vm.expectRevert(abi.encodeWithSelector(GuardianSet.GuardiansNotAscending.selector, twin));
        this.judge(guardians);
        guardians[0] = address(0);
        vm.expectRevert(abi.encodeWithSelector(GuardianSet.GuardiansNotAscending.selector, 0));
        this.judge(guardians);
    }
}
