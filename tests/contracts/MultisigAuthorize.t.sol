// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAuthority} from "../../contracts/interfaces/IAuthority.sol";
import {IMultisigAuthority} from "../../contracts/interfaces/IMultisigAuthority.sol";
import {ClassTable} from "../../contracts/libraries/ClassTable.sol";
import {MemberSets} from "../../contracts/libraries/MemberSets.sol";
import {ActionClass} from "../../contracts/types/ActionClass.sol";
import {Ppm} from "../../contracts/types/Ppm.sol";
import {Regime} from "../../contracts/types/Regime.sol";
import {MultisigFixture} from "./MultisigFixture.sol";
import {TestMembers} from "./TestMembers.sol";
import {vm} from "./Vm.sol";

contract GivenAnotherContractThatAsks is MultisigFixture {
    bytes32 private constant DIGEST = keccak256("the intent of a consumer");

    function test_WhenMembersSignedItsIntent_ThenTheDelayOfTheMoment() external {
        bytes memory proof = _proof(bits(HIGH));
        vm.assertEq(_authorize(ActionClass.C, proof), 24 hours, "calm");
        vm.assertEq(_authorize(ActionClass.D, proof), 48 hours, "calm, D");
        setRegime(Regime.STRESSED, false);
        vm.assertEq(_authorize(ActionClass.C, proof), authority.longestDelay(ActionClass.C), "stressed");
        vm.assertEq(_authorize(ActionClass.D, proof), authority.longestDelay(ActionClass.D), "stressed, D");
        setRegime(Regime.CALM, true);
        vm.assertEq(_authorize(ActionClass.D, proof), 7 days, "stale, D");
        expectRevert(abi.encodeWithSelector(IMultisigAuthority.ClassBlocked.selector, ActionClass.C));
        _authorize(ActionClass.C, proof);
    }

    function test_WhenItIsASmallRelease_ThenTheWeightFollowsRegimeAndValue() external {
        bytes memory proof = _proof(bits(LOW));
        vm.assertEq(_authorizeAs(ActionClass.B, LOW, 10_000, proof), 0, "small, calm");
        expectRevert(abi.encodeWithSelector(IAuthority.ThresholdTooLow.selector, LOW, HIGH));
        _authorizeAs(ActionClass.B, LOW, 10_001, proof);
        setRegime(Regime.STRESSED, false);
        expectRevert(abi.encodeWithSelector(IAuthority.ThresholdTooLow.selector, LOW, HIGH));
        _authorizeAs(ActionClass.B, LOW, 10_000, proof);
        vm.assertEq(_authorizeAs(ActionClass.B, HIGH, 10_000, _proof(bits(HIGH))), 6 hours, "small, stressed");
    }

    function test_WhenTheClassIsAGuardians_ThenRevertsClassNotServed() external {
        bytes memory proof = _proof(EVERYBODY);
        expectRevert(abi.encodeWithSelector(ClassTable.ClassNotServed.selector, ActionClass.A0));
        _authorize(ActionClass.A0, proof);
    }

    function test_WhenTheProofIsCutShort_ThenRevertsMalformedProof() external {
        bytes[3] memory bad = [bytes(hex""), hex"01", hex"0002ff"];
        for (uint256 i = 0; i < bad.length; ++i) {
            expectRevert(abi.encodeWithSelector(IAuthority.MalformedProof.selector, bad[i].length));
            _authorize(ActionClass.C, bad[i]);
        }
    }

    function test_WhenEpochThresholdOrWeightIsWrong_ThenRevertsByName() external {
        bytes memory proof = _proof(bits(3));
        expectRevert(abi.encodeWithSelector(IAuthority.WrongEpoch.selector, 2, 1));
        authority.authorize(IAuthority.Action(ActionClass.C, 2, HIGH), Ppm.wrap(0), DIGEST, proof);
        expectRevert(abi.encodeWithSelector(IAuthority.ThresholdTooLow.selector, 3, HIGH));
        authority.authorize(IAuthority.Action(ActionClass.C, 1, 3), Ppm.wrap(0), DIGEST, proof);
        expectRevert(abi.encodeWithSelector(MemberSets.WeightTooLow.selector, 3, HIGH));
        authority.authorize(IAuthority.Action(ActionClass.C, 1, HIGH), Ppm.wrap(0), DIGEST, proof);
    }

    function test_WhenExplained_ThenItSaysWhatItWouldAsk() external {
        setRegime(Regime.ELEVATED, false);
        (uint8 threshold, uint8 hardware, uint32 delay, bool blocked, Regime regime, bool stale) =
            authority.explain(ActionClass.C, Ppm.wrap(0), set);
        vm.assertEq(threshold, HIGH, "threshold");
        vm.assertEq(hardware, LEAST_HARDWARE, "hardware");
        vm.assertEq(delay, 48 hours, "delay");
        vm.assertTrue(!blocked && regime == Regime.ELEVATED && !stale, "regime");
        (threshold,,,,,) = authority.explain(ActionClass.B, Ppm.wrap(0), set);
        vm.assertEq(threshold, LOW, "a small release");
        setRegime(Regime.CALM, true);
        (,, delay, blocked, regime, stale) = authority.explain(ActionClass.C, Ppm.wrap(0), set);
        vm.assertTrue(blocked && regime == Regime.STRESSED && stale && delay == 72 hours, "stale");
        expectRevert(abi.encodeWithSelector(IMultisigAuthority.WrongSet.selector, keccak256(""), keccak256(set)));
        authority.explain(ActionClass.C, Ppm.wrap(0), "");
    }

    function _authorize(ActionClass class, bytes memory proof) private view returns (uint32) {
        return authority.authorize(IAuthority.Action(class, 1, HIGH), Ppm.wrap(0), DIGEST, proof);
    }

    function _authorizeAs(ActionClass class, uint8 threshold, uint256 value, bytes memory proof)
        private
        view
        returns (uint32)
    {
        return authority.authorize(IAuthority.Action(class, 1, threshold), Ppm.wrap(value), DIGEST, proof);
    }

    function _proof(uint256 who) private returns (bytes memory) {
        bytes memory approvals = TestMembers.approve(theMembers(), who, DIGEST);
        return abi.encodePacked(uint16(set.length), set, approvals);
    }
}
