// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ThresholdAuthority} from "../../contracts/ThresholdAuthority.sol";
import {IAuthority} from "../../contracts/interfaces/IAuthority.sol";
import {IThresholdAuthority} from "../../contracts/interfaces/IThresholdAuthority.sol";
import {AcceptanceBook} from "../../contracts/libraries/AcceptanceBook.sol";
import {Frost} from "../../contracts/libraries/Frost.sol";
import {GroupKeys} from "../../contracts/libraries/GroupKeys.sol";
import {RotationBook} from "../../contracts/libraries/RotationBook.sol";
import {Secp256k1} from "../../contracts/libraries/Secp256k1.sol";
import {ActionClass} from "../../contracts/types/ActionClass.sol";
import {EpochRotation, RotationRecord} from "../../contracts/types/EpochRotation.sol";
import {GroupKey} from "../../contracts/types/GroupKey.sol";
import {OperationState} from "../../contracts/types/Operation.sol";
import {AuthorityFixture} from "./AuthorityFixture.sol";
import {GroupSigner} from "./GroupSigner.sol";
import {vm} from "./Vm.sol";

contract GivenARotationToPropose is AuthorityFixture {
    function test_WhenTheHighKeySignsAndTheNextKeysAreHeld_ThenItWaits() external {
        EpochRotation memory intent = aRotation();
        bytes memory proof = proofOf(intent);
        bytes32 digest = authority.digestOf(intent);
        bytes32 content = keccak256(
            abi.encode(SIGNERS, LOW, intent.lowX, intent.lowY, HIGH, intent.highX, intent.highY, NEXT_CERTIFICATE)
        );
        expectState(intent, OperationState.Unset);
        bytes memory low = GroupSigner.sign(NEXT_LOW_SECRET, digest);
        bytes memory high = GroupSigner.sign(NEXT_HIGH_SECRET, digest);
        vm.expectEmit();
        emit IThresholdAuthority.RotationProposed(digest, content, false, intent, block.timestamp + 48 hours);
        vm.assertEq(authority.proposeRotation(intent, proof, low, high), digest, "digest");
        expectState(intent, OperationState.Waiting);
        RotationRecord memory record = authority.rotationRecord(digest);
        vm.assertEq(record.acceptedAt, block.timestamp, "acceptedAt");
        vm.assertTrue(!record.byPeople, "by the custodians");
        vm.assertEq(authority.epoch(), 1, "nothing happened yet");
    }

    function test_WhenItsDigestIsBuiltByHand_ThenItIsTheSame() external {
        EpochRotation memory intent = aRotation();
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("ThresholdAuthority"),
                keccak256("1"),
                block.chainid,
                address(authority)
            )
        );
        bytes memory type_ = "EpochRotation(uint64 nextEpoch,uint8 signers,uint8 lowThreshold,uint256 lowX,uint256 lowY,"
            "uint8 highThreshold,uint256 highX,uint256 highY,bytes32 certificateHash,"
            "uint64 epoch,uint8 class,uint8 threshold,uint256 nonce,uint64 deadline)";
        bytes memory keys = abi.encode(LOW, intent.lowX, intent.lowY, HIGH, intent.highX, intent.highY);
        bytes memory terms = abi.encode(NEXT_CERTIFICATE, 1, 5, HIGH, 0, intent.deadline);
        bytes32 structHash = keccak256(bytes.concat(abi.encode(keccak256(type_), 2, SIGNERS), keys, terms));
        bytes32 expected = keccak256(abi.encodePacked("\x19\x01", domain, structHash));
        vm.assertEq(authority.digestOf(intent), expected, "digest");
    }

    /// @custom:invariant INV-ROTATE-5
    function test_WhenTheLowKeySigns_ThenRevertsThresholdTooLow() external {
        EpochRotation memory intent = aRotation();
        intent.threshold = LOW;
        bytes memory proof = GroupSigner.sign(LOW_SECRET, authority.digestOf(intent));
        refuseProposal(abi.encodeWithSelector(IAuthority.ThresholdTooLow.selector, LOW, HIGH), intent, proof);
        intent.threshold = HIGH;
        proof = GroupSigner.sign(LOW_SECRET, authority.digestOf(intent));
        refuseProposal(abi.encodeWithSelector(Frost.InvalidSignature.selector), intent, proof);
    }

    /// @dev Of class A the low key would do, of D0 no delay would be due.
    function test_WhenItNamesAnotherClass_ThenRevertsWrongClass() external {
        EpochRotation memory intent = aRotation();
        for (uint8 class = 0; class < 7; ++class) {
            if (class == uint8(ActionClass.D)) continue;
            intent.class = ActionClass(class);
            intent.threshold = class == 0 ? LOW : HIGH;
            bytes memory proof = GroupSigner.sign(class == 0 ? LOW_SECRET : HIGH_SECRET, authority.digestOf(intent));
            refuseProposal(abi.encodeWithSelector(IThresholdAuthority.WrongClass.selector, class), intent, proof);
        }
    }

    function test_WhenItBeginsAnotherEpochThanTheNext_ThenRevertsWrongNextEpoch() external {
        EpochRotation memory intent = aRotation();
        for (uint64 next = 0; next < 5; ++next) {
            if (next == 2) continue;
            intent.nextEpoch = next;
            bytes memory reason = abi.encodeWithSelector(IThresholdAuthority.WrongNextEpoch.selector, next, 2);
            refuseProposal(reason, intent, proofOf(intent));
        }
    }

    function test_WhenItIsSignedInAnotherEpoch_ThenRevertsWrongEpoch() external {
        EpochRotation memory intent = aRotation();
        intent.epoch = 2;
        refuseProposal(abi.encodeWithSelector(IAuthority.WrongEpoch.selector, 2, 1), intent, proofOf(intent));
    }

    function test_WhenItsDeadlineHasPassedOrIsTooFar_ThenRevertsByName() external {
        EpochRotation memory intent = aRotation();
        intent.deadline = uint64(block.timestamp - 1);
        bytes4 passed = AcceptanceBook.DeadlinePassed.selector;
        refuseProposal(abi.encodeWithSelector(passed, intent.deadline, block.timestamp), intent, proofOf(intent));
        uint256 latest = block.timestamp + 7 days;
        intent.deadline = uint64(latest + 1);
        bytes4 tooFar = AcceptanceBook.DeadlineTooFar.selector;
        refuseProposal(abi.encodeWithSelector(tooFar, latest + 1, latest), intent, proofOf(intent));
    }

    function test_WhenItIsKnown_ThenRevertsRotationKnown() external {
        EpochRotation memory intent = proposed();
        bytes32 digest = authority.digestOf(intent);
        bytes4 known = RotationBook.RotationKnown.selector;
        refuseProposal(abi.encodeWithSelector(known, digest, OperationState.Waiting), intent, proofOf(intent));
        skip(1);
        veto(intent);
        skip(1);
        refuseProposal(abi.encodeWithSelector(known, digest, OperationState.Vetoed), intent, proofOf(intent));
    }

    function testFuzz_WhenAnyFieldIsSwapped_ThenRevertsByName(uint256 field) external {
        EpochRotation memory intent = aRotation();
        bytes memory proof = proofOf(intent);
        bytes32 digest = authority.digestOf(intent);
        bytes memory low = GroupSigner.sign(NEXT_LOW_SECRET, digest);
        bytes memory high = GroupSigner.sign(NEXT_HIGH_SECRET, digest);
        field %= 7;
        if (field == 0) intent.signers = 6;
        if (field == 1) (intent.lowX, intent.lowY) = _point(77);
        if (field == 2) (intent.highX, intent.highY) = _point(77);
        if (field == 3) intent.certificateHash = CERTIFICATE;
        if (field == 4) intent.nonce = 1;
        if (field == 5) intent.deadline -= 1;
        if (field == 6) intent.highY = Secp256k1.FIELD - intent.highY;
        // Four of six is the floor, so that a low key of three is refused before any signature.
        if (field == 0) expectRevert(abi.encodeWithSelector(GroupKeys.ThresholdBelowFloor.selector, LOW, 4));
        else expectRevert(abi.encodeWithSelector(Frost.InvalidSignature.selector));
        authority.proposeRotation(intent, proof, low, high);
    }

    function test_WhenTheCertificateIsMissing_ThenRevertsByName() external {
        EpochRotation memory intent = aRotation();
        intent.certificateHash = 0;
        refuseProposal(abi.encodeWithSelector(IThresholdAuthority.CertificateMissing.selector), intent, proofOf(intent));
    }

    function test_WhenAThresholdIsBelowTheFloorOrNeedsEveryone_ThenRevertsByName() external {
        EpochRotation memory intent = aRotation();
        intent.lowThreshold = 2;
        refuseProposal(abi.encodeWithSelector(GroupKeys.ThresholdBelowFloor.selector, 2, 3), intent, proofOf(intent));
        intent.lowThreshold = LOW;
        intent.highThreshold = 5;
        bytes4 notBelow = GroupKeys.ThresholdNotBelowSigners.selector;
        refuseProposal(abi.encodeWithSelector(notBelow, 5, 5), intent, proofOf(intent));
        intent.highThreshold = LOW;
        bytes4 ascending = GroupKeys.ThresholdsNotAscending.selector;
        refuseProposal(abi.encodeWithSelector(ascending, LOW, LOW), intent, proofOf(intent));
    }

    function test_WhenAKeyIsNoneOrOutOfRange_ThenRevertsByName() external {
        EpochRotation memory intent = aRotation();
        uint256 y = intent.highY;
        intent.highY = y + 1;
        bytes4 off = GroupKeys.KeyOffCurve.selector;
        refuseProposal(abi.encodeWithSelector(off, intent.highX, y + 1), intent, proofOf(intent));
        intent.highX = 0;
        refuseProposal(abi.encodeWithSelector(GroupKeys.KeyOutOfRange.selector, 0), intent, proofOf(intent));
    }

    function test_WhenTheTwoKeysAreEqualOrNegatives_ThenRevertsKeyRepeated() external {
        EpochRotation memory intent = aRotation();
        (intent.highX, intent.highY) = (intent.lowX, intent.lowY);
        bytes memory reason = abi.encodeWithSelector(GroupKeys.KeyRepeated.selector, intent.lowX);
        refuseProposal(reason, intent, proofOf(intent));
        intent.highY = Secp256k1.FIELD - intent.lowY;
        refuseProposal(reason, intent, proofOf(intent));
    }

    /// @dev Three could then sign for four from the first second.
    /// @custom:invariant INV-AUTH-4
    function test_WhenTheLowKeyOrItsNegativeBecomesTheHigh_ThenRevertsKeyRepeated() external {
        EpochRotation memory intent = aRotation(NEXT_LOW_SECRET, LOW_SECRET);
        bytes memory reason = abi.encodeWithSelector(GroupKeys.KeyRepeated.selector, intent.highX);
        refuseProposal(reason, intent, proofOf(intent));
        intent.highY = Secp256k1.FIELD - intent.highY;
        refuseProposal(reason, intent, proofOf(intent));
    }

    /// @dev Shares of the same keys dealt to others, as resharing does.
    function test_WhenTheSameKeysServeOn_ThenTheOldProofsAreVoidAllTheSame() external {
        EpochRotation memory intent = aRotation(LOW_SECRET, HIGH_SECRET);
        bytes memory proof = proofOf(intent);
        propose(intent, proof, LOW_SECRET, HIGH_SECRET);
        skip(48 hours);
        activate(intent);
        bytes4 wrong = IThresholdAuthority.WrongNextEpoch.selector;
        expectRevert(abi.encodeWithSelector(wrong, 2, 3));
        authority.proposeRotation(intent, proof, proof, proof);
    }

    function test_WhenOneKeyServesBoth_ThenItShowsItTwice() external {
        EpochRotation memory intent = aRotation(NEXT_HIGH_SECRET, NEXT_HIGH_SECRET);
        intent.lowThreshold = HIGH;
        propose(intent, proofOf(intent), NEXT_HIGH_SECRET, NEXT_HIGH_SECRET);
        skip(48 hours);
        activate(intent);
        (uint256 x, uint256 y) = authority.groupKey(HIGH);
        vm.assertEq(x, intent.lowX, "x");
        vm.assertEq(y, intent.lowY, "y");
        expectRevert(abi.encodeWithSelector(IThresholdAuthority.UnknownThreshold.selector, LOW));
        authority.groupKey(LOW);

        // And it may serve on: nobody gains by it.
        EpochRotation memory again = aRotation(NEXT_LOW_SECRET, NEXT_HIGH_SECRET);
        bytes memory proof = GroupSigner.sign(NEXT_HIGH_SECRET, authority.digestOf(again));
        propose(again, proof);
        expectState(again, OperationState.Waiting);
    }

    /// @dev What three made would count as four, from the first second. Down, or in its place, it may serve on.
    /// @custom:invariant INV-AUTH-4
    function test_WhenAKeyThatServedBothIsRaised_ThenRevertsKeyRepeated() external {
        GroupKey[] memory keys = new GroupKey[](1);
        keys[0] = GroupSigner.keyOf(HIGH_SECRET, LOW);
        authority = new ThresholdAuthority(keys, SIGNERS, CERTIFICATE, oracle, people);
        EpochRotation memory intent = aRotation(NEXT_LOW_SECRET, HIGH_SECRET);
        intent.threshold = LOW;
        bytes memory reason = abi.encodeWithSelector(GroupKeys.KeyRepeated.selector, intent.highX);
        refuseProposal(reason, intent, proofOf(intent));
        intent.highY = Secp256k1.FIELD - intent.highY;
        refuseProposal(reason, intent, proofOf(intent));

        // The same key for both again, as before and among fewer.
        (intent.lowThreshold, intent.lowX, intent.lowY) = (LOW, keys[0].x, keys[0].y);
        (intent.highThreshold, intent.highY) = (LOW, keys[0].y);
        propose(intent, proofOf(intent), HIGH_SECRET, HIGH_SECRET);
        expectState(intent, OperationState.Waiting);
    }

    function _point(uint256 secret) private returns (uint256 x, uint256 y) {
        return (GroupSigner.keyOf(secret, LOW).x, GroupSigner.keyOf(secret, LOW).y);
    }
}

contract GivenSomebodyWithoutTheNextKeys is AuthorityFixture {
    /// @custom:invariant INV-ROTATE-6
    function test_WhenAKeyIsNotHeld_ThenRevertsInvalidSignature() external {
        EpochRotation memory intent = aRotation();
        bytes memory proof = proofOf(intent);
        bytes32 digest = authority.digestOf(intent);
        bytes memory low = GroupSigner.sign(NEXT_LOW_SECRET, digest);
        bytes memory high = GroupSigner.sign(NEXT_HIGH_SECRET, digest);
        expectRevert(abi.encodeWithSelector(Frost.InvalidSignature.selector));
        authority.proposeRotation(intent, proof, low, low);
        expectRevert(abi.encodeWithSelector(Frost.InvalidSignature.selector));
        authority.proposeRotation(intent, proof, high, high);
        expectRevert(abi.encodeWithSelector(Frost.InvalidSignature.selector));
        authority.proposeRotation(intent, proof, proof, high);
        expectRevert(abi.encodeWithSelector(IAuthority.MalformedProof.selector, 0));
        authority.proposeRotation(intent, proof, "", high);
        expectRevert(abi.encodeWithSelector(IAuthority.MalformedProof.selector, 0));
        authority.proposeRotation(intent, proof, low, "");
    }

    function test_WhenPossessionWasShownForAnotherRotation_ThenRevertsInvalidSignature() external {
        EpochRotation memory intent = aRotation();
        intent.nonce = 1;
        bytes32 other = authority.digestOf(intent);
        intent.nonce = 0;
        _refuse(intent, other);
    }

    function test_WhenPossessionWasShownToAnotherAuthority_ThenRevertsInvalidSignature() external {
        EpochRotation memory intent = aRotation();
        _refuse(intent, new ThresholdAuthority(groupKeys(), SIGNERS, CERTIFICATE, oracle, people).digestOf(intent));
    }

    function test_WhenPossessionWasShownOnAnotherChain_ThenRevertsInvalidSignature() external {
        EpochRotation memory intent = aRotation();
        vm.chainId(5);
        bytes32 elsewhere = authority.digestOf(intent);
        vm.chainId(31_337);
        _refuse(intent, elsewhere);
    }

    /// @dev The next high key signed the rotation's digest: once it is in force, that is a valid signature of class D.
    function test_WhenAPossessionIsBroughtAsAProof_ThenItServesForNothing() external {
        EpochRotation memory intent = proposed();
        bytes memory possession = GroupSigner.sign(NEXT_HIGH_SECRET, authority.digestOf(intent));
        skip(48 hours);
        activate(intent);
        expectRevert(abi.encodeWithSelector(IThresholdAuthority.WrongNextEpoch.selector, 2, 3));
        authority.proposeRotation(intent, possession, possession, possession);
        refuseActivation(abi.encodeWithSelector(IAuthority.WrongEpoch.selector, 1, 2), intent, possession);
    }

    /// @dev Signed by the custodians as it should be; the next keys signed another digest.
    function _refuse(EpochRotation memory intent, bytes32 shown) private {
        bytes memory proof = proofOf(intent);
        bytes memory low = GroupSigner.sign(NEXT_LOW_SECRET, shown);
        bytes memory high = GroupSigner.sign(NEXT_HIGH_SECRET, shown);
        bytes32 digest = authority.digestOf(intent);
        bytes memory good = GroupSigner.sign(NEXT_LOW_SECRET, digest);
        bytes memory goodHigh = GroupSigner.sign(NEXT_HIGH_SECRET, digest);
        expectRevert(abi.encodeWithSelector(Frost.InvalidSignature.selector));
        authority.proposeRotation(intent, proof, low, goodHigh);
        expectRevert(abi.encodeWithSelector(Frost.InvalidSignature.selector));
        authority.proposeRotation(intent, proof, good, high);
    }
}
