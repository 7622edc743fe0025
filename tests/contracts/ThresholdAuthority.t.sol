// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ThresholdAuthority} from "../../contracts/ThresholdAuthority.sol";
import {IAuthority} from "../../contracts/interfaces/IAuthority.sol";
import {IPeople} from "../../contracts/interfaces/IPeople.sol";
import {IRegimeOracle} from "../../contracts/interfaces/IRegimeOracle.sol";
import {IThresholdAuthority} from "../../contracts/interfaces/IThresholdAuthority.sol";
import {ClassTable} from "../../contracts/libraries/ClassTable.sol";
import {Frost} from "../../contracts/libraries/Frost.sol";
import {GroupKeys} from "../../contracts/libraries/GroupKeys.sol";
import {Secp256k1} from "../../contracts/libraries/Secp256k1.sol";
import {ActionClass} from "../../contracts/types/ActionClass.sol";
import {GroupKey} from "../../contracts/types/GroupKey.sol";
import {Ppm} from "../../contracts/types/Ppm.sol";
import {Regime} from "../../contracts/types/Regime.sol";
import {Criterion, Verdict} from "../../contracts/types/Verdict.sol";
import {AuthorityFixture} from "./AuthorityFixture.sol";
import {GroupSigner} from "./GroupSigner.sol";
import {vm, within} from "./Vm.sol";
import {GasBurningOracle, RevertingOracle} from "./oracles/HostileOracles.sol";

contract GivenACommitteeToBe is AuthorityFixture {
    /// @dev The least x on the curve that is not below the group order, with its y.
    uint256 private constant LARGE_X = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
    uint256 private constant LARGE_Y = 0x98f66641cb0ae1776b463ebdee3d77fe2658f021db48e2c8ac7ab4c92f83621e;

    GroupKey[] private keys;

    function setUp() public override {
        super.setUp();
        keys.push(GroupSigner.keyOf(LOW_SECRET, LOW));
        keys.push(GroupSigner.keyOf(HIGH_SECRET, HIGH));
    }

    function test_WhenDeployed_ThenTheFirstEpochIsInForce() external {
        vm.expectEmit();
        emit IThresholdAuthority.EpochActivated(1, 0, SIGNERS, LOW, HIGH, CERTIFICATE);
        ThresholdAuthority made = _deploy(SIGNERS);
        vm.assertEq(made.epoch(), 1, "epoch");
        vm.assertEq(made.signers(), SIGNERS, "signers");
        vm.assertEq(made.certificateHash(), CERTIFICATE, "certificate");
        vm.assertEq(address(made.oracle()), address(oracle), "oracle");
        (uint256 x, uint256 y) = made.groupKey(HIGH);
        vm.assertEq(x, keys[1].x, "x");
        vm.assertEq(y, keys[1].y, "y");
        vm.assertEq(address(made.people()), address(people), "people");
        vm.assertEq(made.lastHeard(), START, "heard");
        vm.assertTrue(!made.silent(), "silent");
    }

    /// @dev Of y only the parity is kept.
    function testFuzz_WhenAnyKeyIsRead_ThenItIsTheOneGiven(uint256 secret) external {
        secret = within(secret, 1, Secp256k1.ORDER - 1);
        keys[1] = GroupSigner.keyOf(secret, HIGH);
        vm.assume(keys[1].x < Secp256k1.ORDER && keys[1].x != keys[0].x);
        (uint256 x, uint256 y) = _deploy(SIGNERS).groupKey(HIGH);
        vm.assertEq(x, keys[1].x, "x");
        vm.assertEq(y, keys[1].y, "y");
    }

    function test_WhenOneKeyServesBoth_ThenItIsTheLowAndTheHigh() external {
        keys.pop();
        ThresholdAuthority made = _deploy(4);
        IAuthority.Action memory action = IAuthority.Action(ActionClass.A, 1, LOW);
        vm.assertEq(made.explain(action, Ppm.wrap(0)).threshold, LOW, "low");
        action.class = ActionClass.D;
        vm.assertEq(made.explain(action, Ppm.wrap(0)).threshold, LOW, "high");
    }

    function test_WhenThereIsNoKeyOrAThird_ThenRevertsWrongKeyCount() external {
        keys.push(GroupSigner.keyOf(99, 5));
        expectRevert(abi.encodeWithSelector(IThresholdAuthority.WrongKeyCount.selector, 3));
        _deploy(7);
        delete keys;
        expectRevert(abi.encodeWithSelector(IThresholdAuthority.WrongKeyCount.selector, 0));
        _deploy(SIGNERS);
    }

    function test_WhenThresholdsDoNotAscend_ThenRevertsByName() external {
        keys[1].threshold = LOW;
        expectRevert(abi.encodeWithSelector(GroupKeys.ThresholdsNotAscending.selector, LOW, LOW));
        _deploy(SIGNERS);
        keys[0].threshold = HIGH;
        expectRevert(abi.encodeWithSelector(GroupKeys.ThresholdsNotAscending.selector, HIGH, LOW));
        _deploy(SIGNERS);
    }

    function test_WhenAThresholdIsNoMajority_ThenRevertsBelowFloor() external {
        expectRevert(abi.encodeWithSelector(GroupKeys.ThresholdBelowFloor.selector, LOW, 4));
        _deploy(6);
        expectRevert(abi.encodeWithSelector(GroupKeys.ThresholdBelowFloor.selector, LOW, 128));
        _deploy(255);
    }

    function test_WhenOneSignsAlone_ThenRevertsBelowFloor() external {
        keys.pop();
        keys[0].threshold = 1;
        expectRevert(abi.encodeWithSelector(GroupKeys.ThresholdBelowFloor.selector, 1, 2));
        _deploy(1);
        expectRevert(abi.encodeWithSelector(GroupKeys.ThresholdBelowFloor.selector, 1, 2));
        _deploy(0);
    }

    function test_WhenAThresholdNeedsEveryone_ThenRevertsNotBelowSigners() external {
        expectRevert(abi.encodeWithSelector(GroupKeys.ThresholdNotBelowSigners.selector, HIGH, 4));
        _deploy(4);
    }

    /// @custom:invariant INV-AUTH-3
    function testFuzz_WhenDeployed_ThenOnlyWithinTheFloors(uint8 low, uint8 high, uint8 count) external {
        // Mostly small committees, where the bounds are close together.
        if (count % 4 != 0) (low, high, count) = (low % 12, high % 12, count % 12);
        keys[0].threshold = low;
        keys[1].threshold = high;
        bool sound = low < high && low >= 2 && uint256(low) * 2 > count && high < count;
        try this.deploy(count) {
            vm.assertTrue(sound, "deployed out of bounds");
        } catch {
            vm.assertTrue(!sound, "refused within bounds");
        }
    }

    function test_WhenAKeyIsZeroOrNotBelowTheOrder_ThenRevertsKeyOutOfRange() external {
        keys[1].x = 0;
        expectRevert(abi.encodeWithSelector(GroupKeys.KeyOutOfRange.selector, 0));
        _deploy(SIGNERS);
        keys[1] = GroupKey(HIGH, LARGE_X, LARGE_Y);
        vm.assertTrue(Secp256k1.isOnCurve(LARGE_X, LARGE_Y), "on the curve");
        expectRevert(abi.encodeWithSelector(GroupKeys.KeyOutOfRange.selector, LARGE_X));
        _deploy(SIGNERS);
    }

    function test_WhenAKeyIsOffTheCurve_ThenRevertsKeyOffCurve() external {
        keys[0].y += 1;
        expectRevert(abi.encodeWithSelector(GroupKeys.KeyOffCurve.selector, keys[0].x, keys[0].y));
        _deploy(SIGNERS);
        keys[0].y = Secp256k1.FIELD;
        expectRevert(abi.encodeWithSelector(GroupKeys.KeyOffCurve.selector, keys[0].x, keys[0].y));
        _deploy(SIGNERS);
    }

    /// @custom:invariant INV-AUTH-4
    function test_WhenTwoThresholdsShareAKeyOrItsNegative_ThenRevertsKeyRepeated() external {
        keys[1].x = keys[0].x;
        keys[1].y = keys[0].y;
        expectRevert(abi.encodeWithSelector(GroupKeys.KeyRepeated.selector, keys[0].x));
        _deploy(SIGNERS);
        keys[1].y = Secp256k1.FIELD - keys[0].y;
        expectRevert(abi.encodeWithSelector(GroupKeys.KeyRepeated.selector, keys[0].x));
        _deploy(SIGNERS);
    }

    function test_WhenTheCertificateIsMissing_ThenRevertsByName() external {
        expectRevert(abi.encodeWithSelector(IThresholdAuthority.CertificateMissing.selector));
        new ThresholdAuthority(keys, SIGNERS, 0, oracle, people);
    }

    function test_WhenThePeopleHaveNoCode_ThenRevertsByName() external {
        expectRevert(abi.encodeWithSelector(IThresholdAuthority.PeopleWithoutCode.selector, ANYONE));
        new ThresholdAuthority(keys, SIGNERS, CERTIFICATE, oracle, IPeople(ANYONE));
    }

    function test_WhenTheOracleHasNoCode_ThenRevertsByName() external {
        expectRevert(abi.encodeWithSelector(IThresholdAuthority.OracleWithoutCode.selector, ANYONE));
        new ThresholdAuthority(keys, SIGNERS, CERTIFICATE, IRegimeOracle(ANYONE), people);
    }

    function deploy(uint8 count) external {
        _deploy(count);
    }

    function _deploy(uint8 count) private returns (ThresholdAuthority) {
        return new ThresholdAuthority(keys, count, CERTIFICATE, oracle, people);
    }
}

contract GivenAnAuthorityOfThreeAndFourOfFive is AuthorityFixture {
    bytes32 private constant DIGEST = keccak256("an intent");
    Ppm private constant SMALL = Ppm.wrap(10_000);
    Ppm private constant LARGE = Ppm.wrap(10_001);

    function test_WhenThreeSignASmallReleaseInCalm_ThenNoDelay() external {
        vm.assertEq(_authorize(ActionClass.B, LOW, SMALL), 0, "delay");
    }

    function test_WhenFourSignWhereThreeSuffice_ThenPasses() external {
        vm.assertEq(_authorize(ActionClass.B, HIGH, SMALL), 0, "delay");
    }

    function test_WhenThreeSignALargeRelease_ThenRevertsThresholdTooLow() external {
        bytes memory proof = GroupSigner.sign(LOW_SECRET, DIGEST);
        expectRevert(abi.encodeWithSelector(IAuthority.ThresholdTooLow.selector, LOW, HIGH));
        authority.authorize(IAuthority.Action(ActionClass.B, 1, LOW), LARGE, DIGEST, proof);
    }

    function test_WhenCalmTurnsToStress_ThenTheSameSignatureNoLongerServes() external {
        bytes memory proof = GroupSigner.sign(LOW_SECRET, DIGEST);
        IAuthority.Action memory action = IAuthority.Action(ActionClass.B, 1, LOW);
        authority.authorize(action, SMALL, DIGEST, proof);
        setRegime(Regime.STRESSED);
        expectRevert(abi.encodeWithSelector(IAuthority.ThresholdTooLow.selector, LOW, HIGH));
        authority.authorize(action, SMALL, DIGEST, proof);
    }

    function test_WhenFourSignALargeReleaseInCalm_ThenSixHours() external {
        vm.assertEq(_authorize(ActionClass.B, HIGH, LARGE), 6 hours, "delay");
    }

    function test_WhenTheOracleIsStaleDeadOrHostile_ThenAsUnderStress() external {
        oracle.set(Regime.CALM, true);
        vm.assertEq(_authorize(ActionClass.B, HIGH, SMALL), 6 hours, "stale");
        vm.etch(address(oracle), address(new RevertingOracle()).code);
        vm.assertEq(_authorize(ActionClass.B2, HIGH, SMALL), 24 hours, "reverting");
        vm.etch(address(oracle), address(new GasBurningOracle()).code);
        vm.assertEq(_authorize(ActionClass.D, HIGH, SMALL), 7 days, "burning gas");
        vm.etch(address(oracle), "");
        vm.assertEq(_authorize(ActionClass.A, LOW, SMALL), 0, "gone");
    }

    function test_WhenTheEpochIsAnother_ThenRevertsWrongEpoch() external {
        bytes memory proof = GroupSigner.sign(HIGH_SECRET, DIGEST);
        expectRevert(abi.encodeWithSelector(IAuthority.WrongEpoch.selector, 0, 1));
        authority.authorize(IAuthority.Action(ActionClass.D0, 0, HIGH), SMALL, DIGEST, proof);
        expectRevert(abi.encodeWithSelector(IAuthority.WrongEpoch.selector, 2, 1));
        authority.authorize(IAuthority.Action(ActionClass.D0, 2, HIGH), SMALL, DIGEST, proof);
    }

    function testFuzz_WhenNoKeyHasTheThreshold_ThenRevertsUnknownThreshold(uint8 threshold) external {
        vm.assume(threshold != LOW && threshold != HIGH);
        bytes memory proof = GroupSigner.sign(HIGH_SECRET, DIGEST);
        expectRevert(abi.encodeWithSelector(IThresholdAuthority.UnknownThreshold.selector, threshold));
        authority.authorize(IAuthority.Action(ActionClass.A, 1, threshold), SMALL, DIGEST, proof);
        expectRevert(abi.encodeWithSelector(IThresholdAuthority.UnknownThreshold.selector, threshold));
        authority.groupKey(threshold);
    }

    function test_WhenTheClassIsNotTheKeys_ThenRevertsClassNotServed() external {
        bytes memory proof = GroupSigner.sign(HIGH_SECRET, DIGEST);
        expectRevert(abi.encodeWithSelector(ClassTable.ClassNotServed.selector, ActionClass.C));
        authority.authorize(IAuthority.Action(ActionClass.C, 1, HIGH), SMALL, DIGEST, proof);
        expectRevert(abi.encodeWithSelector(ClassTable.ClassNotServed.selector, ActionClass.A0));
        authority.authorize(IAuthority.Action(ActionClass.A0, 1, HIGH), SMALL, DIGEST, proof);
    }

    function testFuzz_WhenTheProofIsNot96Bytes_ThenRevertsMalformedProof(uint256 length) external {
        length = within(length, 0, 200);
        vm.assume(length != 96);
        expectRevert(abi.encodeWithSelector(IAuthority.MalformedProof.selector, length));
        authority.authorize(IAuthority.Action(ActionClass.A, 1, LOW), SMALL, DIGEST, new bytes(length));
    }

    /// @custom:invariant INV-AUTH-1
    function test_WhenThreeSignAndFourAreNamed_ThenRevertsInvalidSignature() external {
        bytes memory proof = GroupSigner.sign(LOW_SECRET, DIGEST);
        expectRevert(abi.encodeWithSelector(Frost.InvalidSignature.selector));
        authority.authorize(IAuthority.Action(ActionClass.A, 1, HIGH), SMALL, DIGEST, proof);
    }

    function test_WhenZIsZeroOrNotReduced_ThenRevertsByName() external {
        (uint256 rx, uint256 ry,) = abi.decode(GroupSigner.sign(LOW_SECRET, DIGEST), (uint256, uint256, uint256));
        expectRevert(abi.encodeWithSelector(Frost.ScalarZero.selector));
        authority.authorize(IAuthority.Action(ActionClass.A, 1, LOW), SMALL, DIGEST, abi.encode(rx, ry, 0));
        expectRevert(abi.encodeWithSelector(Frost.ScalarOutOfRange.selector, Secp256k1.ORDER));
        authority.authorize(
            IAuthority.Action(ActionClass.A, 1, LOW), SMALL, DIGEST, abi.encode(rx, ry, Secp256k1.ORDER)
        );
    }

    /// @custom:invariant INV-AUTH-2
    function testFuzz_WhenAuthorized_ThenThresholdAndDelayAreTheTables(
        uint8 classSeed,
        uint8 regime,
        bool stale,
        uint256 value,
        bool low
    ) external {
        ActionClass class = _served(classSeed);
        if (value % 2 == 0) value = within(value, 0, 20_000);
        oracle.set(Regime(regime % 3), stale);
        (bool needsHigh, uint32 delay) = ClassTable.rule(class, Regime(regime % 3), stale, Ppm.wrap(value));

        uint8 given = low ? LOW : HIGH;
        bytes memory proof = GroupSigner.sign(low ? LOW_SECRET : HIGH_SECRET, DIGEST);
        bool refused = low && needsHigh;
        if (refused) expectRevert(abi.encodeWithSelector(IAuthority.ThresholdTooLow.selector, LOW, HIGH));
        uint32 answered = authority.authorize(IAuthority.Action(class, 1, given), Ppm.wrap(value), DIGEST, proof);
        if (!refused) vm.assertEq(answered, delay, "delay");
    }

    /// @dev Whatever is asked: explained without a revert, and then authorized exactly if nothing was unmet.
    /// @custom:invariant INV-AUTH-6
    function testFuzz_WhenAnythingIsAuthorized_ThenExplainSaidSo(
        uint8 class,
        uint64 epoch,
        uint8 threshold,
        uint256 value,
        uint8 regime,
        bool shut
    ) external {
        IAuthority.Action memory action = IAuthority.Action(ActionClass(class % 7), 1, HIGH);
        if (epoch % 4 == 0) action.epoch = epoch;
        if (threshold % 2 == 0) action.threshold = threshold % 4 == 0 ? threshold : LOW;
        if (value % 2 == 0) value = within(value, 0, 20_000);
        oracle.set(Regime(regime % 3), regime % 2 == 0);
        if (shut) {
            vm.prank(GUARDIAN);
            authority.closeWindow(class % 2 == 0 ? ActionClass.B : ActionClass.B2);
        }
        Verdict memory verdict = authority.explain(action, Ppm.wrap(value));
        vm.assertEq(uint256(verdict.regime), regime % 2 == 0 ? 2 : regime % 3, "regime");
        vm.assertEq(verdict.stale, regime % 2 == 0, "stale");
        bool largeB = action.class == ActionClass.B && value > 10_000;
        vm.assertEq(uint256(verdict.class), uint256(largeB ? ActionClass.B2 : action.class), "class");

        bytes memory proof = GroupSigner.sign(action.threshold == LOW ? LOW_SECRET : HIGH_SECRET, DIGEST);
        bytes memory reason = _reasonOf(verdict, action);
        if (reason.length != 0) expectRevert(reason);
        uint32 delay = authority.authorize(action, Ppm.wrap(value), DIGEST, proof);
        if (reason.length == 0) vm.assertEq(delay, verdict.delay, "delay");
    }

    function _reasonOf(Verdict memory verdict, IAuthority.Action memory action) private pure returns (bytes memory) {
        if (verdict.unmet == Criterion.None) return "";
        if (verdict.unmet == Criterion.WrongEpoch) {
            return abi.encodeWithSelector(IAuthority.WrongEpoch.selector, action.epoch, 1);
        }
        if (verdict.unmet == Criterion.UnknownThreshold) {
            return abi.encodeWithSelector(IThresholdAuthority.UnknownThreshold.selector, action.threshold);
        }
        if (verdict.unmet == Criterion.ClassNotServed) {
            return abi.encodeWithSelector(ClassTable.ClassNotServed.selector, action.class);
        }
        if (verdict.unmet == Criterion.WindowClosed) {
            return abi.encodeWithSelector(IThresholdAuthority.WindowClosed.selector, verdict.class);
        }
        return abi.encodeWithSelector(IAuthority.ThresholdTooLow.selector, action.threshold, verdict.threshold);
    }

    function _served(uint8 seed) private pure returns (ActionClass) {
        return [ActionClass.A, ActionClass.B, ActionClass.B2, ActionClass.D, ActionClass.D0][seed % 5];
    }

    function _authorize(ActionClass class, uint8 threshold, Ppm value) private returns (uint32) {
        bytes memory proof = GroupSigner.sign(threshold == LOW ? LOW_SECRET : HIGH_SECRET, DIGEST);
        return authority.authorize(IAuthority.Action(class, 1, threshold), value, DIGEST, proof);
    }
}
