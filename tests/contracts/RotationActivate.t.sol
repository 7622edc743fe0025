// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAuthority} from "../../contracts/interfaces/IAuthority.sol";
import {IThresholdAuthority} from "../../contracts/interfaces/IThresholdAuthority.sol";
import {Frost} from "../../contracts/libraries/Frost.sol";
import {RotationBook} from "../../contracts/libraries/RotationBook.sol";
import {VetoBook} from "../../contracts/libraries/VetoBook.sol";
import {ActionClass} from "../../contracts/types/ActionClass.sol";
import {EpochRotation} from "../../contracts/types/EpochRotation.sol";
import {OperationState} from "../../contracts/types/Operation.sol";
import {Ppm} from "../../contracts/types/Ppm.sol";
import {Regime} from "../../contracts/types/Regime.sol";
import {AuthorityFixture} from "./AuthorityFixture.sol";
import {GroupSigner} from "./GroupSigner.sol";
import {vm} from "./Vm.sol";
import {RevertingOracle} from "./oracles/HostileOracles.sol";

contract GivenARotationThatWaits is AuthorityFixture {
    Ppm private constant NOTHING = Ppm.wrap(0);

    EpochRotation private intent;

    function setUp() public override {
        super.setUp();
        intent = proposed();
    }

    function test_WhenItsDelayIsOver_ThenAnyonePutsItsKeysInForce() external {
        skip(48 hours);
        expectState(intent, OperationState.Ready);
        bytes memory proof = proofOf(intent);
        vm.expectEmit();
        emit IThresholdAuthority.EpochActivated(2, authority.digestOf(intent), SIGNERS, LOW, HIGH, NEXT_CERTIFICATE);
        vm.prank(ANYONE);
        authority.activateRotation(intent, proof);
        expectState(intent, OperationState.Done);
        vm.assertEq(authority.epoch(), 2, "epoch");
        vm.assertEq(authority.certificateHash(), NEXT_CERTIFICATE, "certificate");
        vm.assertEq(authority.lastHeard(), block.timestamp, "heard");
        (uint256 x, uint256 y) = authority.groupKey(LOW);
        vm.assertEq(x, intent.lowX, "low x");
        vm.assertEq(y, intent.lowY, "low y");
        (x, y) = authority.groupKey(HIGH);
        vm.assertEq(x, intent.highX, "high x");
        vm.assertEq(y, intent.highY, "high y");
    }

    function test_WhenItsSignersAndThresholdsDiffer_ThenThoseAreInForce() external {
        EpochRotation memory other = aRotation();
        (other.signers, other.lowThreshold, other.highThreshold) = (9, 5, 7);
        propose(other, proofOf(other));
        skip(48 hours);
        activate(other);
        vm.assertEq(authority.signers(), 9, "signers");
        vm.assertEq(authorize(ActionClass.D0, 2, 7, NOTHING, NEXT_HIGH_SECRET), 0, "high");
        vm.assertEq(authorize(ActionClass.A, 2, 5, NOTHING, NEXT_LOW_SECRET), 0, "low");
        expectRevert(abi.encodeWithSelector(IThresholdAuthority.UnknownThreshold.selector, HIGH));
        authority.authorize(IAuthority.Action(ActionClass.A, 2, HIGH), NOTHING, 0, "");
    }

    /// @custom:invariant INV-ROTATE-2
    function test_WhenTheRegimeOfTheMomentAsksForLonger_ThenItWaitsForThat() external {
        _refuseUntil(48 hours);
        setRegime(Regime.ELEVATED);
        _refuseUntil(72 hours);
        setRegime(Regime.STRESSED);
        _refuseUntil(7 days);
        setRegime(Regime.CALM);
        expectState(intent, OperationState.Ready);
        oracle.set(Regime.CALM, true);
        vm.warp(START + 7 days - 1);
        expectState(intent, OperationState.Waiting);
        vm.etch(address(oracle), address(new RevertingOracle()).code);
        expectState(intent, OperationState.Waiting);
        _refuse(OperationState.Waiting);
        vm.warp(START + 7 days);
        activate(intent);
        vm.assertEq(authority.epoch(), 2, "epoch");
    }

    function test_WhenItIsLeftForFourteenDays_ThenItHasLapsedForEver() external {
        vm.warp(START + 14 days);
        expectState(intent, OperationState.Ready);
        vm.warp(START + 14 days + 1);
        expectState(intent, OperationState.Lapsed);
        _refuse(OperationState.Lapsed);
        bytes32 digest = authority.digestOf(intent);
        vm.prank(GUARDIAN);
        expectRevert(abi.encodeWithSelector(RotationBook.RotationNotOpen.selector, digest, OperationState.Lapsed));
        authority.vetoRotation(intent);
    }

    function test_WhenItWasNeverProposed_ThenNothingReadies() external {
        skip(48 hours);
        intent.nonce = 1;
        _refuse(OperationState.Unset);
    }

    function test_WhenActivationBringsAnotherProof_ThenItIsJudged() external {
        skip(48 hours);
        bytes32 digest = authority.digestOf(intent);
        bytes memory low = GroupSigner.sign(LOW_SECRET, digest);
        bytes memory next = GroupSigner.sign(NEXT_HIGH_SECRET, digest);
        refuseActivation(abi.encodeWithSelector(Frost.InvalidSignature.selector), intent, low);
        refuseActivation(abi.encodeWithSelector(Frost.InvalidSignature.selector), intent, next);
        refuseActivation(abi.encodeWithSelector(IAuthority.MalformedProof.selector, 0), intent, "");
        bytes memory byPeople = peopleProof(digest, PEOPLE_HIGH);
        bytes4 malformed = IAuthority.MalformedProof.selector;
        refuseActivation(abi.encodeWithSelector(malformed, byPeople.length), intent, byPeople);
        // Another signature of the same key is as good.
        authority.activateRotation(intent, GroupSigner.sign(HIGH_SECRET, digest, 1));
    }

    function test_WhenItWasActivated_ThenNeverAgain() external {
        skip(48 hours);
        bytes memory proof = proofOf(intent);
        activate(intent);
        refuseActivation(abi.encodeWithSelector(IAuthority.WrongEpoch.selector, 1, 2), intent, proof);
    }

    /// @dev For liquidation as for everything.
    /// @custom:invariant INV-AUTH-5
    function test_WhenTheNextEpochHasBegun_ThenWhatNamesTheOldOneIsVoidWhateverItsClass() external {
        bytes32 digest = keccak256("an intent");
        bytes memory proof = GroupSigner.sign(HIGH_SECRET, digest);
        ActionClass[5] memory classes = [ActionClass.A, ActionClass.B, ActionClass.B2, ActionClass.D, ActionClass.D0];
        skip(48 hours);
        for (uint256 i = 0; i < 5; ++i) {
            authority.authorize(IAuthority.Action(classes[i], 1, HIGH), NOTHING, digest, proof);
        }
        activate(intent);
        for (uint256 i = 0; i < 5; ++i) {
            expectRevert(abi.encodeWithSelector(IAuthority.WrongEpoch.selector, 1, 2));
            authority.authorize(IAuthority.Action(classes[i], 1, HIGH), NOTHING, digest, proof);
            // Nor do the old keys sign in the new epoch.
            expectRevert(abi.encodeWithSelector(Frost.InvalidSignature.selector));
            authority.authorize(IAuthority.Action(classes[i], 2, HIGH), NOTHING, digest, proof);
            authorize(classes[i], 2, HIGH, NOTHING, NEXT_HIGH_SECRET);
        }
    }

    function test_WhenAnotherIsActivatedFirst_ThenItIsVoid() external {
        EpochRotation memory other = aRotation(0x30F, 0xC37);
        propose(other, proofOf(other), 0x30F, 0xC37);
        skip(48 hours);
        bytes memory proof = proofOf(intent);
        activate(other);
        expectState(intent, OperationState.Lapsed);
        refuseActivation(abi.encodeWithSelector(IAuthority.WrongEpoch.selector, 1, 2), intent, proof);
    }

    function _refuseUntil(uint256 delay) private {
        vm.warp(START + delay - 1);
        expectState(intent, OperationState.Waiting);
        _refuse(OperationState.Waiting);
        vm.warp(START + delay);
        expectState(intent, OperationState.Ready);
    }

    function _refuse(OperationState state) private {
        bytes4 selector = RotationBook.RotationNotReady.selector;
        refuseActivation(abi.encodeWithSelector(selector, authority.digestOf(intent), state), intent, proofOf(intent));
    }
}

contract GivenFourOfFiveCustodiansWhoTurnedHostile is AuthorityFixture {
    function test_WhenAGuardianVetoes_ThenItIsVoidForEver() external {
        EpochRotation memory intent = proposed();
        skip(48 hours);
        bytes32 digest = authority.digestOf(intent);
        bytes32 content = _contentOf(intent);
        vm.expectEmit();
        emit IThresholdAuthority.RotationVetoed(digest, content, GUARDIAN);
        veto(intent);
        expectState(intent, OperationState.Vetoed);
        vm.assertEq(authority.vetoesOf(content).last, block.timestamp, "counted");
        bytes memory reason =
            abi.encodeWithSelector(RotationBook.RotationNotReady.selector, digest, OperationState.Vetoed);
        refuseActivation(reason, intent, proofOf(intent));
    }

    function test_WhenAnyoneElseVetoes_ThenRevertsNotGuardian() external {
        EpochRotation memory intent = proposed();
        vm.prank(ANYONE);
        expectRevert(abi.encodeWithSelector(IThresholdAuthority.NotGuardian.selector, ANYONE));
        authority.vetoRotation(intent);
        bytes4 notOpen = RotationBook.RotationNotOpen.selector;
        intent.nonce = 9;
        bytes memory reason = abi.encodeWithSelector(notOpen, authority.digestOf(intent), OperationState.Unset);
        vm.prank(GUARDIAN);
        expectRevert(reason);
        authority.vetoRotation(intent);
    }

    /// @custom:invariant INV-ROTATE-3
    function test_WhenTheSameKeysWaitUnderManyDigests_ThenOneVetoVoidsAll() external {
        EpochRotation memory first = proposed();
        EpochRotation memory second = aRotation();
        second.nonce = 1;
        propose(second, proofOf(second));
        EpochRotation memory third = aRotation();
        third.deadline -= 1;
        propose(third, proofOf(third));
        veto(first);
        expectState(first, OperationState.Vetoed);
        expectState(second, OperationState.Lapsed);
        expectState(third, OperationState.Lapsed);
        vm.assertEq(authority.vetoesOf(_contentOf(first)).last, block.timestamp, "counted");
        vm.assertEq(authority.vetoesOf(_contentOf(first)).before, 0, "once");
        EpochRotation memory fourth = aRotation();
        fourth.nonce = 4;
        bytes memory reason = abi.encodeWithSelector(VetoBook.JustVetoed.selector, _contentOf(fourth));
        refuseProposal(reason, fourth, proofOf(fourth));
    }

    /// @dev Each is a rotation of its own, and needs a veto of its own: guardians have 48 hours for each.
    function test_WhenTheyVaryTheCertificateOrAKey_ThenEachIsVetoed() external {
        for (uint256 i = 0; i < 8; ++i) {
            EpochRotation memory intent = aRotation(NEXT_LOW_SECRET + i, NEXT_HIGH_SECRET);
            intent.certificateHash = bytes32(i + 1);
            propose(intent, proofOf(intent), NEXT_LOW_SECRET + i, NEXT_HIGH_SECRET);
            skip(47 hours);
            veto(intent);
            expectState(intent, OperationState.Vetoed);
        }
        vm.assertEq(authority.epoch(), 1, "epoch");
    }

    /// @dev No guardian blocks a rotation for ever either.
    function test_WhenAGuardianVetoesWheneverItCan_ThenTheThirdTimeItIsActivated() external {
        uint256 first = block.timestamp;
        for (uint256 i = 0; i < 2; ++i) {
            EpochRotation memory intent = aRotation();
            propose(intent, proofOf(intent));
            veto(intent);
            skip(1);
        }
        EpochRotation memory third = aRotation();
        third.nonce = 1;
        propose(third, proofOf(third));
        vm.prank(GUARDIAN_2);
        bytes4 exhausted = VetoBook.VetoesExhausted.selector;
        expectRevert(abi.encodeWithSelector(exhausted, _contentOf(third), first + 30 days));
        authority.vetoRotation(third);
        skip(48 hours);
        activate(third);
        vm.assertEq(authority.vetoesOf(_contentOf(third)).before, 0, "what was activated is no longer disputed");
    }

    /// @dev Any 30 days: the second of the month before still counts.
    /// @custom:invariant INV-ROTATE-3
    function test_WhenTheFirstVetoIsThirtyDaysOld_ThenOneMoreAndNotTwo() external {
        uint256 second;
        for (uint256 i = 0; i < 3; ++i) {
            if (i == 1) skip(30 days - 1);
            if (i == 2) skip(1);
            EpochRotation memory intent = aRotation();
            propose(intent, proofOf(intent));
            veto(intent);
            expectState(intent, OperationState.Vetoed);
            if (i == 1) second = block.timestamp;
        }
        skip(1);
        EpochRotation memory fourth = aRotation();
        propose(fourth, proofOf(fourth));
        vm.prank(GUARDIAN);
        bytes4 exhausted = VetoBook.VetoesExhausted.selector;
        expectRevert(abi.encodeWithSelector(exhausted, _contentOf(fourth), second + 30 days));
        authority.vetoRotation(fourth);
        skip(48 hours);
        activate(fourth);
    }

    function _contentOf(EpochRotation memory intent) private pure returns (bytes32) {
        return keccak256(
            abi.encode(
                intent.signers,
                intent.lowThreshold,
                intent.lowX,
                intent.lowY,
                intent.highThreshold,
                intent.highX,
                intent.highY,
                intent.certificateHash
            )
        );
    }
}
