// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ThresholdAuthority} from "../../contracts/ThresholdAuthority.sol";
import {IAuthority} from "../../contracts/interfaces/IAuthority.sol";
import {IMultisigAuthority} from "../../contracts/interfaces/IMultisigAuthority.sol";
import {IThresholdAuthority} from "../../contracts/interfaces/IThresholdAuthority.sol";
import {AcceptanceBook} from "../../contracts/libraries/AcceptanceBook.sol";
import {Frost} from "../../contracts/libraries/Frost.sol";
import {RotationBook} from "../../contracts/libraries/RotationBook.sol";
import {DevnetRegimeOracle} from "../../contracts/mocks/DevnetRegimeOracle.sol";
import {ActionClass} from "../../contracts/types/ActionClass.sol";
import {EpochRotation} from "../../contracts/types/EpochRotation.sol";
import {Heartbeat} from "../../contracts/types/Heartbeat.sol";
import {Call, Operation, OperationState} from "../../contracts/types/Operation.sol";
import {Regime} from "../../contracts/types/Regime.sol";
import {AuthorityFixture} from "./AuthorityFixture.sol";
import {GroupSigner} from "./GroupSigner.sol";
import {vm} from "./Vm.sol";
import {HastyPeople} from "./authorities/HastyPeople.sol";

contract GivenCustodiansWhoBeat is AuthorityFixture {
    function test_WhenAHeartbeatIsBrought_ThenTheyWereHeard() external {
        skip(13 days);
        Heartbeat memory intent = aHeartbeat();
        bytes32 digest = authority.digestOf(intent);
        bytes memory proof = GroupSigner.sign(HIGH_SECRET, digest);
        vm.expectEmit();
        emit IThresholdAuthority.HeartbeatAccepted(digest, 1);
        vm.prank(ANYONE);
        authority.heartbeat(intent, proof);
        vm.assertEq(authority.lastHeard(), block.timestamp, "heard");
        vm.assertEq(authority.acceptance(digest).acceptedAt, block.timestamp, "accepted");
        skip(14 days);
        vm.assertTrue(!authority.silent(), "silent after 14 days");
        skip(1);
        vm.assertTrue(authority.silent(), "not silent");
        vm.assertEq(authority.HEARTBEAT_DUE() * 2, authority.SILENCE(), "one may be missed");
    }

    /// @custom:invariant INV-ROTATE-7
    function test_WhenAHeartbeatIsBroughtAgain_ThenRevertsDigestUsed() external {
        Heartbeat memory intent = aHeartbeat();
        bytes32 digest = authority.digestOf(intent);
        bytes memory proof = GroupSigner.sign(HIGH_SECRET, digest);
        authority.heartbeat(intent, proof);
        skip(6 days);
        expectRevert(abi.encodeWithSelector(AcceptanceBook.DigestUsed.selector, digest));
        authority.heartbeat(intent, proof);
        vm.assertEq(authority.lastHeard(), START, "heard");
    }

    function test_WhenItIsNotTheHighKeysOrOfAnotherClass_ThenRevertsByName() external {
        Heartbeat memory intent = aHeartbeat();
        intent.threshold = LOW;
        _refuse(abi.encodeWithSelector(IAuthority.ThresholdTooLow.selector, LOW, HIGH), intent, LOW_SECRET);
        intent.threshold = HIGH;
        _refuse(abi.encodeWithSelector(Frost.InvalidSignature.selector), intent, LOW_SECRET);
        intent.epoch = 2;
        _refuse(abi.encodeWithSelector(IAuthority.WrongEpoch.selector, 2, 1), intent, HIGH_SECRET);
        intent.epoch = 1;
        intent.class = ActionClass.A;
        intent.threshold = LOW;
        _refuse(abi.encodeWithSelector(IThresholdAuthority.WrongClass.selector, ActionClass.A), intent, LOW_SECRET);
        intent.class = ActionClass.D;
        _refuse(abi.encodeWithSelector(IThresholdAuthority.WrongClass.selector, ActionClass.D), intent, HIGH_SECRET);
    }

    function test_WhenItsDeadlineHasPassedOrIsTooFar_ThenRevertsByName() external {
        Heartbeat memory intent = aHeartbeat();
        uint256 latest = block.timestamp + 7 days;
        intent.deadline = uint64(latest + 1);
        bytes4 tooFar = AcceptanceBook.DeadlineTooFar.selector;
        _refuse(abi.encodeWithSelector(tooFar, latest + 1, latest), intent, HIGH_SECRET);
        intent.deadline = uint64(block.timestamp - 1);
        bytes4 passed = AcceptanceBook.DeadlinePassed.selector;
        _refuse(abi.encodeWithSelector(passed, intent.deadline, block.timestamp), intent, HIGH_SECRET);
    }

    /// @custom:invariant INV-ROTATE-5
    function test_WhenThePeopleProposeWhileTheyAreAlive_ThenRevertsCustodiansNotSilent() external {
        bytes4 notSilent = IThresholdAuthority.CustodiansNotSilent.selector;
        EpochRotation memory intent = aPeoplesRotation();
        bytes memory reason = abi.encodeWithSelector(notSilent, START + 14 days);
        refuseProposal(reason, intent, peoplesProofOf(intent));
        skip(14 days);
        intent = aPeoplesRotation();
        refuseProposal(reason, intent, peoplesProofOf(intent));
        beat();
        skip(1);
        intent = aPeoplesRotation();
        reason = abi.encodeWithSelector(notSilent, START + 28 days);
        refuseProposal(reason, intent, peoplesProofOf(intent));
    }

    function _refuse(bytes memory reason, Heartbeat memory intent, uint256 secret) private {
        bytes memory proof = GroupSigner.sign(secret, authority.digestOf(intent));
        expectRevert(reason);
        authority.heartbeat(intent, proof);
    }
}

contract GivenCustodiansWhoFellSilent is AuthorityFixture {
    function setUp() public override {
        super.setUp();
        skip(14 days + 1);
    }

    function test_WhenThePeopleRotate_ThenTheNextKeysAreInForceAfterTheDelay() external {
        EpochRotation memory intent = _proposedByPeople();
        vm.assertTrue(authority.rotationRecord(authority.digestOf(intent)).byPeople, "by the people");
        bytes memory proof = peoplesProofOf(intent);
        bytes4 notReady = RotationBook.RotationNotReady.selector;
        skip(48 hours - 1);
        bytes memory reason = abi.encodeWithSelector(notReady, authority.digestOf(intent), OperationState.Waiting);
        refuseActivation(reason, intent, proof);
        skip(1);
        authority.activateRotation(intent, proof);
        vm.assertEq(authority.epoch(), 2, "epoch");
        vm.assertTrue(!authority.silent(), "an activation counts as a heartbeat");
    }

    function test_WhenTooFewOfThemSign_ThenRevertsThresholdTooLow() external {
        EpochRotation memory intent = aPeoplesRotation();
        intent.threshold = PEOPLE_LOW;
        bytes memory proof = peopleProof(authority.digestOf(intent), PEOPLE_LOW);
        bytes4 tooLow = IAuthority.ThresholdTooLow.selector;
        refuseProposal(abi.encodeWithSelector(tooLow, PEOPLE_LOW, PEOPLE_HIGH), intent, proof);
    }

    function test_WhenTheyNameClassC_ThenRevertsWrongClass() external {
        EpochRotation memory intent = aPeoplesRotation();
        intent.class = ActionClass.C;
        bytes memory reason = abi.encodeWithSelector(IThresholdAuthority.WrongClass.selector, ActionClass.C);
        refuseProposal(reason, intent, peoplesProofOf(intent));
    }

    function test_WhenTheNextKeysAreNotHeld_ThenRevertsInvalidSignature() external {
        EpochRotation memory intent = aPeoplesRotation();
        bytes memory proof = peoplesProofOf(intent);
        bytes memory low = GroupSigner.sign(NEXT_LOW_SECRET, authority.digestOf(intent));
        expectRevert(abi.encodeWithSelector(Frost.InvalidSignature.selector));
        authority.proposeRotation(intent, proof, low, low);
    }

    /// @dev Also the very second in which they proposed.
    /// @custom:invariant INV-ROTATE-4
    function test_WhenAHeartbeatComesInTime_ThenWhatThePeopleProposedIsVoid() external {
        EpochRotation memory intent = _proposedByPeople();
        EpochRotation memory another = aPeoplesRotation();
        another.nonce = 1;
        propose(another, peoplesProofOf(another));
        skip(48 hours);
        expectState(intent, OperationState.Ready);
        beat();
        expectState(intent, OperationState.Lapsed);
        expectState(another, OperationState.Lapsed);
        bytes4 notReady = RotationBook.RotationNotReady.selector;
        bytes memory reason = abi.encodeWithSelector(notReady, authority.digestOf(intent), OperationState.Lapsed);
        refuseActivation(reason, intent, peoplesProofOf(intent));

        skip(14 days + 1);
        intent = _proposedByPeople();
        beat();
        expectState(intent, OperationState.Lapsed);
    }

    /// @dev Whoever sees a heartbeat on its way can only bring it earlier.
    function test_WhenAHeartbeatIsFrontRun_ThenItCountsOnceAndAsWell() external {
        Heartbeat memory heartbeat = aHeartbeat();
        bytes32 digest = authority.digestOf(heartbeat);
        bytes memory proof = GroupSigner.sign(HIGH_SECRET, digest);
        vm.prank(ANYONE);
        authority.heartbeat(heartbeat, proof);
        expectRevert(abi.encodeWithSelector(AcceptanceBook.DigestUsed.selector, digest));
        authority.heartbeat(heartbeat, proof);
        vm.assertTrue(!authority.silent(), "silent");
        EpochRotation memory intent = aPeoplesRotation();
        bytes4 notSilent = IThresholdAuthority.CustodiansNotSilent.selector;
        bytes memory reason = abi.encodeWithSelector(notSilent, block.timestamp + 14 days);
        refuseProposal(reason, intent, peoplesProofOf(intent));
    }

    /// @dev Custodians who come back may rotate too; their own rotation is not voided by a heartbeat.
    function test_WhenTheCustodiansProposeAsWell_ThenTheFirstActivatedEndsTheOther() external {
        EpochRotation memory byPeople = _proposedByPeople();
        EpochRotation memory own = aRotation(0x30F, 0xC37);
        propose(own, proofOf(own), 0x30F, 0xC37);
        skip(48 hours);
        bytes memory proof = peoplesProofOf(byPeople);
        activate(own);
        expectState(byPeople, OperationState.Lapsed);
        bytes4 notReady = RotationBook.RotationNotReady.selector;
        bytes memory reason = abi.encodeWithSelector(notReady, authority.digestOf(byPeople), OperationState.Lapsed);
        refuseActivation(reason, byPeople, proof);
    }

    function test_WhenTheCustodiansBeatAfterTheirOwnProposal_ThenItStillWaits() external {
        EpochRotation memory own = proposed();
        skip(48 hours);
        beat();
        activate(own);
        vm.assertEq(authority.epoch(), 2, "epoch");
    }

    function test_WhenAGuardianVetoesThePeoplesRotation_ThenItIsVoid() external {
        EpochRotation memory intent = _proposedByPeople();
        veto(intent);
        expectState(intent, OperationState.Vetoed);
    }

    function test_WhenTheMemberSetChangesMeanwhile_ThenItsProofNoLongerPasses() external {
        EpochRotation memory intent = _proposedByPeople();
        bytes memory proof = peoplesProofOf(intent);
        _changePeople(abi.encodeCall(IMultisigAuthority.changeMembers, (peopleSet())));
        skip(48 hours);
        refuseActivation(abi.encodeWithSelector(IAuthority.WrongEpoch.selector, 1, 2), intent, proof);
    }

    /// @dev Those who left office veto nothing; a veto from before stands.
    function test_WhenGuardiansChangeMeanwhile_ThenOnlyTheNewOnesVeto() external {
        EpochRotation memory vetoed = _proposedByPeople();
        veto(vetoed);
        EpochRotation memory intent = aRotation(0x30F, 0xC37);
        intent.epoch = people.epoch();
        propose(intent, peoplesProofOf(intent), 0x30F, 0xC37);
        address[] memory next = new address[](3);
        (next[0], next[1], next[2]) = (address(0x700D01), address(0x700D02), address(0x700D03));
        _changePeople(abi.encodeCall(IMultisigAuthority.changeGuardians, (next)));
        vm.prank(GUARDIAN);
        expectRevert(abi.encodeWithSelector(IThresholdAuthority.NotGuardian.selector, GUARDIAN));
        authority.vetoRotation(intent);
        vm.prank(next[1]);
        authority.vetoRotation(intent);
        expectState(intent, OperationState.Vetoed);
        expectState(vetoed, OperationState.Vetoed);
    }

    function test_WhenTheOracleTurnsStale_ThenSevenDays() external {
        EpochRotation memory intent = _proposedByPeople();
        oracle.set(Regime.CALM, true);
        skip(7 days - 1);
        expectState(intent, OperationState.Waiting);
        skip(1);
        authority.activateRotation(intent, peoplesProofOf(intent));
        vm.assertEq(authority.epoch(), 2, "epoch");
    }

    /// @dev Whatever an authority of people answers.
    function test_WhenThePeoplesAuthorityAsksForNoDelay_ThenFortyEightHoursAllTheSame() external {
        authority = new ThresholdAuthority(groupKeys(), SIGNERS, CERTIFICATE, oracle, new HastyPeople());
        skip(14 days + 1);
        EpochRotation memory intent = aPeoplesRotation();
        propose(intent, "");
        skip(48 hours - 1);
        bytes32 digest = authority.digestOf(intent);
        bytes4 notReady = RotationBook.RotationNotReady.selector;
        refuseActivation(abi.encodeWithSelector(notReady, digest, OperationState.Waiting), intent, "");
        skip(1);
        authority.activateRotation(intent, "");
        vm.assertEq(authority.epoch(), 2, "epoch");
    }

    function test_WhenThePeopleReadAnotherOracle_ThenTheStricterOfBothDecides() external {
        DevnetRegimeOracle own = new DevnetRegimeOracle();
        authority = new ThresholdAuthority(groupKeys(), SIGNERS, CERTIFICATE, own, people);
        skip(14 days + 1);
        EpochRotation memory intent = _proposedByPeople();
        setRegime(Regime.STRESSED);
        skip(7 days - 1);
        // Its own oracle is calm.
        expectState(intent, OperationState.Ready);
        bytes32 digest = authority.digestOf(intent);
        bytes4 notReady = RotationBook.RotationNotReady.selector;
        bytes memory proof = peoplesProofOf(intent);
        refuseActivation(abi.encodeWithSelector(notReady, digest, OperationState.Waiting), intent, proof);
        // Now theirs is calm, and its own is not.
        setRegime(Regime.CALM);
        own.set(Regime.STRESSED, false);
        refuseActivation(abi.encodeWithSelector(notReady, digest, OperationState.Waiting), intent, proof);
        skip(1);
        authority.activateRotation(intent, proof);
        vm.assertEq(authority.epoch(), 2, "epoch");
    }

    function _proposedByPeople() private returns (EpochRotation memory intent) {
        intent = aPeoplesRotation();
        propose(intent, peoplesProofOf(intent));
    }

    /// @dev An operation of class D of the people, which takes 48 hours.
    function _changePeople(bytes memory data) private {
        Operation memory operation;
        operation.calls = new Call[](1);
        operation.calls[0] = Call({target: address(people), value: 0, data: data});
        operation.class = ActionClass.D;
        operation.setEpoch = people.epoch();
        operation.threshold = PEOPLE_HIGH;
        operation.deadline = uint64(block.timestamp);
        bytes memory approvals = peopleApprovals(people.digestOf(operation), PEOPLE_HIGH);
        people.propose(operation, peopleSet(), approvals);
        skip(48 hours);
        people.execute(operation);
    }
}
