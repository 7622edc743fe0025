// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Succession} from "../../contracts/Succession.sol";
import {IAuthority} from "../../contracts/interfaces/IAuthority.sol";
import {IPeople} from "../../contracts/interfaces/IPeople.sol";
import {ISuccession} from "../../contracts/interfaces/ISuccession.sol";
import {IThresholdAuthority} from "../../contracts/interfaces/IThresholdAuthority.sol";
import {AcceptanceBook} from "../../contracts/libraries/AcceptanceBook.sol";
import {Frost} from "../../contracts/libraries/Frost.sol";
import {VetoBook} from "../../contracts/libraries/VetoBook.sol";
import {AcceptanceState} from "../../contracts/types/Acceptance.sol";
import {ActionClass} from "../../contracts/types/ActionClass.sol";
import {Regime} from "../../contracts/types/Regime.sol";
import {Successor} from "../../contracts/types/Successor.sol";
import {SuccessionFixture} from "./SuccessionFixture.sol";
import {vm} from "./Vm.sol";

contract GivenAnIntentToNameASuccessor is SuccessionFixture {
    Successor private _intent;
    bytes32 private _digest;

    function setUp() public override {
        super.setUp();
        _intent = aSuccessor(NEXT);
        _digest = succession.digestOf(_intent);
    }

    /// @custom:invariant INV-SUCCESSION-2
    function test_WhenBroughtTwice_ThenItTakesEffectAfterItsDelay() external {
        vm.expectEmit(true, true, true, true, address(succession));
        emit ISuccession.SuccessorAccepted(_digest, NEXT, false, START + CALM_DELAY);
        bring(_intent);
        vm.assertEq(uint8(succession.acceptance(_digest, false).state), uint8(AcceptanceState.Waiting), "waits");
        vm.assertEq(succession.successor(), address(0), "not yet");
        skip(CALM_DELAY - 1);
        bytes4 selector = AcceptanceBook.TooEarly.selector;
        refuseName(abi.encodeWithSelector(selector, START + CALM_DELAY - 1, START + CALM_DELAY), _intent);
        skip(1);
        vm.expectEmit(true, true, true, true, address(succession));
        emit ISuccession.SuccessorTookEffect(_digest, NEXT, false);
        bring(_intent);
        vm.assertEq(succession.successor(), NEXT, "named");
    }

    /// @custom:invariant INV-SUCCESSION-1
    function test_WhenOneIsNamed_ThenThereIsNoSecondForEver() external {
        Successor memory other = aSuccessor(OTHER);
        bring(other);
        bring(_intent);
        skip(CALM_DELAY);
        bring(_intent);
        bytes memory reason = abi.encodeWithSelector(ISuccession.AlreadyNamed.selector, NEXT);
        refuseName(reason, other);
        refuseName(reason, _intent);
        refuseName(reason, aSuccessor(OTHER));
        vm.prank(GUARDIAN);
        expectRevert(reason);
        succession.veto(other);
        vm.assertEq(succession.successor(), NEXT, "for ever");
    }

    /// @custom:invariant INV-SUCCESSION-2
    function test_WhenStressComesMeanwhile_ThenTheDelayIsThatOfTheMoment() external {
        bring(_intent);
        skip(CALM_DELAY);
        setRegime(Regime.STRESSED, false);
        bytes4 selector = AcceptanceBook.TooEarly.selector;
        refuseName(abi.encodeWithSelector(selector, START + CALM_DELAY, START + STRESSED_DELAY), _intent);
        setRegime(Regime.CALM, true);
        refuseName(abi.encodeWithSelector(selector, START + CALM_DELAY, START + STRESSED_DELAY), _intent);
        skip(STRESSED_DELAY - CALM_DELAY);
        bring(_intent);
        vm.assertEq(succession.successor(), NEXT, "named");
    }

    /// @custom:invariant INV-SUCCESSION-2
    /// @dev No real authority answers less; should one ever, guardians still have two days.
    function test_WhenTheAuthorityAsksForNoDelay_ThenItWaitsForTwoDaysAllTheSame() external {
        vm.mockCall(address(authority), abi.encodeWithSelector(IAuthority.authorize.selector), abi.encode(uint32(0)));
        bring(_intent);
        vm.assertEq(succession.successor(), address(0), "not yet");
        skip(CALM_DELAY - 1);
        bytes4 selector = AcceptanceBook.TooEarly.selector;
        refuseName(abi.encodeWithSelector(selector, START + CALM_DELAY - 1, START + CALM_DELAY), _intent);
        skip(1);
        bring(_intent);
        vm.assertEq(succession.successor(), NEXT, "named");
    }

    /// @custom:invariant INV-SUCCESSION-2
    function test_WhenItWasLeftTooLong_ThenItIsVoidForEver() external {
        bring(_intent);
        uint256 lapsedAt = START + STRESSED_DELAY + 7 days;
        vm.warp(lapsedAt + 1);
        refuseName(abi.encodeWithSelector(AcceptanceBook.Lapsed.selector, _digest, lapsedAt), _intent);
        vm.warp(lapsedAt);
        bring(_intent);
    }

    /// @custom:invariant INV-SUCCESSION-2
    function test_WhenAnyFieldIsWrong_ThenItIsRefusedByName() external {
        Successor memory wrong = aSuccessor(NEXT);
        wrong.class = ActionClass.D0;
        refuseName(abi.encodeWithSelector(ISuccession.WrongClass.selector, ActionClass.D0), wrong);
        wrong = aSuccessor(NEXT);
        wrong.threshold = LOW;
        refuseName(abi.encodeWithSelector(IAuthority.ThresholdTooLow.selector, LOW, HIGH), wrong);
        wrong = aSuccessor(NEXT);
        wrong.epoch = 2;
        refuseName(abi.encodeWithSelector(IAuthority.WrongEpoch.selector, 2, 1), wrong);
        wrong = aSuccessor(NEXT);
        wrong.deadline = uint64(START - 1);
        refuseName(abi.encodeWithSelector(AcceptanceBook.DeadlinePassed.selector, START - 1, START), wrong);
        wrong.deadline = uint64(START + 7 days + 1);
        bytes4 far = AcceptanceBook.DeadlineTooFar.selector;
        refuseName(abi.encodeWithSelector(far, START + 7 days + 1, START + 7 days), wrong);
        refuseName(abi.encodeWithSelector(ISuccession.NotAContract.selector, ANYONE), aSuccessor(ANYONE));
        refuseName(abi.encodeWithSelector(ISuccession.NotAContract.selector, address(0)), aSuccessor(address(0)));
        address self = address(succession);
        refuseName(abi.encodeWithSelector(ISuccession.InvalidSuccessor.selector, self), aSuccessor(self));
    }

    /// @custom:invariant INV-SUCCESSION-2
    function test_WhenSignedForAnotherContractOrChangedAfterwards_ThenRevertsInvalidSignature() external {
        Succession twin = new Succession(authority, people);
        bytes memory proof = signed(_intent);
        expectRevert(abi.encodeWithSelector(Frost.InvalidSignature.selector));
        twin.name(_intent, proof);
        _intent.successor = OTHER;
        expectRevert(abi.encodeWithSelector(Frost.InvalidSignature.selector));
        succession.name(_intent, proof);
    }

    /// @custom:invariant INV-SUCCESSION-3
    function test_WhenVetoed_ThenAllThatWaitForItAreVoidForEver() external {
        Successor memory twin = aSuccessor(NEXT);
        Successor memory other = aSuccessor(OTHER);
        bring(_intent);
        bring(twin);
        bring(other);
        skip(1);
        vm.expectEmit(true, true, true, true, address(succession));
        emit ISuccession.SuccessorVetoed(_digest, NEXT, GUARDIAN);
        _veto(GUARDIAN, _intent);
        vm.assertEq(succession.vetoesOf(NEXT).last, block.timestamp, "counted");
        _refuseVoid(_intent);
        // In the second of the veto nothing new begins to wait for it.
        _refuseVoid(aSuccessor(NEXT));
        skip(CALM_DELAY);
        _refuseVoid(_intent);
        _refuseVoid(twin);
        bring(other);
        vm.assertEq(succession.successor(), OTHER, "another was not meant");
    }

    /// @custom:invariant INV-SUCCESSION-3
    function test_WhenGuardiansVetoWheneverTheyCan_ThenTheThirdTimeItIsNamed() external {
        bring(_intent);
        skip(CALM_DELAY);
        _veto(GUARDIAN, _intent);
        skip(1);
        Successor memory second = aSuccessor(NEXT);
        bring(second);
        skip(CALM_DELAY);
        _veto(GUARDIAN_2, second);
        skip(1);
        Successor memory third = aSuccessor(NEXT);
        bring(third);
        bytes32 content = bytes32(uint256(uint160(NEXT)));
        expectRevert(abi.encodeWithSelector(VetoBook.VetoesExhausted.selector, content, START + CALM_DELAY + 30 days));
        _veto(GUARDIAN_3, third);
        skip(CALM_DELAY);
        bring(third);
        vm.assertEq(succession.successor(), NEXT, "named");
    }

    /// @custom:invariant INV-SUCCESSION-3
    function test_WhenTheFirstVetoIsThirtyDaysOld_ThenOneMoreAndNotTwo() external {
        for (uint256 i = 0; i < 2; ++i) {
            Successor memory early = aSuccessor(NEXT);
            bring(early);
            skip(1);
            _veto(GUARDIAN, early);
            skip(1);
        }
        vm.warp(START + 1 + 30 days);
        Successor memory late = aSuccessor(NEXT);
        bring(late);
        _veto(GUARDIAN, late);
        vm.assertEq(succession.vetoesOf(NEXT).before, START + 3, "the second");
        skip(1);
        Successor memory later = aSuccessor(NEXT);
        bring(later);
        bytes32 content = bytes32(uint256(uint160(NEXT)));
        expectRevert(abi.encodeWithSelector(VetoBook.VetoesExhausted.selector, content, START + 3 + 30 days));
        _veto(GUARDIAN, later);
    }

    /// @custom:invariant INV-SUCCESSION-3
    function test_WhenNobodyWaitsOrNoGuardianVetoes_ThenReverts() external {
        bytes memory nothing = abi.encodeWithSelector(ISuccession.NothingWaits.selector, _digest);
        expectRevert(nothing);
        _veto(GUARDIAN, _intent);
        bring(_intent);
        skip(1);
        expectRevert(abi.encodeWithSelector(ISuccession.NotGuardian.selector, ANYONE));
        _veto(ANYONE, _intent);
        _veto(GUARDIAN, _intent);
        // A hostile guardian cannot use up the count on what is void already.
        expectRevert(nothing);
        _veto(GUARDIAN, _intent);
    }

    function test_WhenDeployedWithPartsThatDoNotFit_ThenReverts() external {
        bytes memory none = abi.encodeWithSelector(ISuccession.NotAContract.selector, ANYONE);
        expectRevert(none);
        new Succession(IThresholdAuthority(ANYONE), people);
        expectRevert(none);
        new Succession(authority, IPeople(ANYONE));
        bytes4 selector = ISuccession.WrongPeople.selector;
        expectRevert(abi.encodeWithSelector(selector, address(usdc), address(people)));
        new Succession(authority, IPeople(address(usdc)));
    }

    function _veto(address guardian, Successor memory intent) private {
        vm.prank(guardian);
        succession.veto(intent);
    }

    function _refuseVoid(Successor memory intent) private {
        refuseName(abi.encodeWithSelector(ISuccession.Vetoed.selector, succession.digestOf(intent)), intent);
    }
}
