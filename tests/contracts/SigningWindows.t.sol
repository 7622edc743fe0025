// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ThresholdAuthority} from "../../contracts/ThresholdAuthority.sol";
import {IAuthority} from "../../contracts/interfaces/IAuthority.sol";
import {IMultisigAuthority} from "../../contracts/interfaces/IMultisigAuthority.sol";
import {IPeople} from "../../contracts/interfaces/IPeople.sol";
import {IThresholdAuthority} from "../../contracts/interfaces/IThresholdAuthority.sol";
import {AcceptanceBook} from "../../contracts/libraries/AcceptanceBook.sol";
import {SigningWindows} from "../../contracts/libraries/SigningWindows.sol";
import {ActionClass} from "../../contracts/types/ActionClass.sol";
import {EpochRotation} from "../../contracts/types/EpochRotation.sol";
import {Ppm} from "../../contracts/types/Ppm.sol";
import {Regime} from "../../contracts/types/Regime.sol";
import {SigningWindow} from "../../contracts/types/SigningWindow.sol";
import {Criterion} from "../../contracts/types/Verdict.sol";
import {AuthorityFixture} from "./AuthorityFixture.sol";
import {vm} from "./Vm.sol";
import {HastyPeople} from "./authorities/HastyPeople.sol";

contract GivenPeopleWhoLimitSigning is AuthorityFixture {
    Ppm private constant SMALL = Ppm.wrap(10_000);
    Ppm private constant LARGE = Ppm.wrap(10_001);

    function test_WhenAWindowIsSigned_ThenItWaitsADayAndHolds() external {
        SigningWindow memory intent = aWindow(ActionClass.B, true, START + 30 days, START + 31 days);
        bytes32 digest = authority.digestOf(intent);
        bytes memory proof = peopleProof(digest, PEOPLE_HIGH);
        vm.expectEmit();
        emit IThresholdAuthority.WindowAccepted(digest, intent, START + 24 hours);
        authority.changeWindow(intent, proof);
        _open(ActionClass.B);
        skip(24 hours - 1);
        refuseChange(
            abi.encodeWithSelector(AcceptanceBook.TooEarly.selector, block.timestamp, START + 24 hours), intent
        );
        skip(1);
        vm.expectEmit();
        emit IThresholdAuthority.WindowChanged(ActionClass.B, true, intent.opensAt, intent.closesAt);
        authority.changeWindow(intent, proof);
        (bool limited, uint64 opensAt, uint64 closesAt) = authority.windowOf(ActionClass.B);
        vm.assertTrue(limited, "limited");
        vm.assertEq(opensAt, START + 30 days, "opensAt");
        vm.assertEq(closesAt, START + 31 days, "closesAt");
        refuseChange(abi.encodeWithSelector(AcceptanceBook.DigestUsed.selector, digest), intent);
    }

    /// @custom:invariant INV-SIGNING-1
    function test_WhenAClassIsLimited_ThenItIsAuthorizedFromTheFirstSecondToTheLastAndNotElse() external {
        _inForce(aWindow(ActionClass.B2, true, START + 30 days, START + 31 days));
        _closed(ActionClass.B2);
        vm.warp(START + 30 days - 1);
        _closed(ActionClass.B2);
        vm.warp(START + 30 days);
        _open(ActionClass.B2);
        vm.warp(START + 31 days);
        _open(ActionClass.B2);
        vm.warp(START + 31 days + 1);
        _closed(ActionClass.B2);
        // The other class is not limited, and what is too large for it is judged, and closed, as B2.
        _open(ActionClass.B);
        IAuthority.Action memory action = IAuthority.Action(ActionClass.B, 1, HIGH);
        vm.assertTrue(authority.explain(action, LARGE).unmet == Criterion.WindowClosed, "large B");
        expectRevert(abi.encodeWithSelector(IThresholdAuthority.WindowClosed.selector, ActionClass.B2));
        authority.authorize(action, LARGE, 0, "");
    }

    function test_WhenAnotherClassIsNamed_ThenRevertsClassNotWindowed() external {
        for (uint8 class = 0; class < 7; ++class) {
            if (class == uint8(ActionClass.B) || class == uint8(ActionClass.B2)) continue;
            bytes memory reason = abi.encodeWithSelector(SigningWindows.ClassNotWindowed.selector, class);
            refuseChange(reason, aWindow(ActionClass(class), true, START, START + 1));
            vm.prank(GUARDIAN);
            expectRevert(reason);
            authority.closeWindow(ActionClass(class));
        }
    }

    function test_WhenBothAreShut_ThenLiquidationRotationAndHeartbeatStayPossible() external {
        _shut(ActionClass.B);
        _shut(ActionClass.B2);
        vm.assertEq(authorize(ActionClass.A, 1, LOW, LARGE, LOW_SECRET), 0, "A");
        vm.assertEq(authorize(ActionClass.D, 1, HIGH, LARGE, HIGH_SECRET), 48 hours, "D");
        beat();
        proposed();
    }

    function test_WhenItClosesBeforeItOpens_ThenRevertsWindowEmpty() external {
        bytes4 empty = SigningWindows.WindowEmpty.selector;
        refuseChange(abi.encodeWithSelector(empty, START + 1, START), aWindow(ActionClass.B, true, START + 1, START));
        change(aWindow(ActionClass.B, true, START, START));
        // Where nothing is limited the span says nothing.
        change(aWindow(ActionClass.B, false, START + 1, START));
    }

    function test_WhenItNamesAnotherClassThanC_ThenRevertsWrongClass() external {
        SigningWindow memory intent = aWindow(ActionClass.B, false, 0, 0);
        intent.class = ActionClass.D;
        refuseChange(abi.encodeWithSelector(IThresholdAuthority.WrongClass.selector, ActionClass.D), intent);
    }

    function test_WhenTooFewSign_ThenRevertsThresholdTooLow() external {
        SigningWindow memory intent = aWindow(ActionClass.B, false, 0, 0);
        intent.threshold = PEOPLE_LOW;
        refuseChange(abi.encodeWithSelector(IAuthority.ThresholdTooLow.selector, PEOPLE_LOW, PEOPLE_HIGH), intent);
    }

    function test_WhenItsDeadlineHasPassed_ThenRevertsDeadlinePassed() external {
        SigningWindow memory intent = aWindow(ActionClass.B, false, 0, 0);
        intent.deadline = uint64(START - 1);
        refuseChange(abi.encodeWithSelector(AcceptanceBook.DeadlinePassed.selector, START - 1, START), intent);
    }

    function test_WhenItIsLeftForTooLong_ThenItHasLapsed() external {
        SigningWindow memory intent = aWindow(ActionClass.B, true, START, START);
        change(intent);
        bytes32 digest = authority.digestOf(intent);
        uint256 lapsedAt = START + 72 hours + 7 days;
        vm.warp(lapsedAt + 1);
        refuseChange(abi.encodeWithSelector(AcceptanceBook.Lapsed.selector, digest, lapsedAt), intent);
    }

    /// @custom:invariant INV-SIGNING-2
    function test_WhenTheRegimeOfTheMomentAsksForLonger_ThenAnOpeningWaitsForThat() external {
        _shut(ActionClass.B);
        skip(1);
        SigningWindow memory intent = aWindow(ActionClass.B, false, 0, 0);
        change(intent);
        uint256 acceptedAt = block.timestamp;
        skip(24 hours);
        setRegime(Regime.STRESSED);
        bytes4 tooEarly = AcceptanceBook.TooEarly.selector;
        refuseChange(abi.encodeWithSelector(tooEarly, block.timestamp, acceptedAt + 72 hours), intent);
        oracle.set(Regime.CALM, true);
        skip(72 hours);
        refuseChange(abi.encodeWithSelector(IMultisigAuthority.ClassBlocked.selector, ActionClass.C), intent);
        setRegime(Regime.ELEVATED);
        change(intent);
        _open(ActionClass.B);
    }

    /// @dev Whatever an authority of people answers.
    function test_WhenThePeoplesAuthorityAsksForNoDelay_ThenADayAllTheSame() external {
        IPeople hasty = new HastyPeople();
        authority = new ThresholdAuthority(groupKeys(), SIGNERS, CERTIFICATE, oracle, hasty);
        authority.closeWindow(ActionClass.B);
        skip(1);
        SigningWindow memory intent = aWindow(ActionClass.B, false, 0, 0);
        authority.changeWindow(intent, "");
        skip(24 hours - 1);
        expectRevert(abi.encodeWithSelector(AcceptanceBook.TooEarly.selector, block.timestamp, block.timestamp + 1));
        authority.changeWindow(intent, "");
        skip(1);
        authority.changeWindow(intent, "");
        _open(ActionClass.B);
    }

    function test_WhenAGuardianShuts_ThenAtOnceAndAnyoneElseMayNot() external {
        vm.expectEmit();
        emit IThresholdAuthority.WindowShut(ActionClass.B, GUARDIAN);
        _shut(ActionClass.B);
        _closed(ActionClass.B);
        vm.prank(ANYONE);
        expectRevert(abi.encodeWithSelector(IThresholdAuthority.NotGuardian.selector, ANYONE));
        authority.closeWindow(ActionClass.B2);
        _open(ActionClass.B2);
    }

    /// @dev Else what was signed before an incident would open again in the middle of it.
    /// @custom:invariant INV-SIGNING-3
    function test_WhenAGuardianShuts_ThenNothingThatWaitsOpensAgain() external {
        SigningWindow memory waiting = aWindow(ActionClass.B, false, 0, 0);
        change(waiting);
        SigningWindow memory ofTheOther = aWindow(ActionClass.B2, true, START, START + 30 days);
        change(ofTheOther);
        skip(24 hours - 1);
        SigningWindow memory sameSecond = aWindow(ActionClass.B, false, 0, 0);
        sameSecond.nonce = 1;
        change(sameSecond);
        _shut(ActionClass.B);
        uint256 shutAt = block.timestamp;
        skip(24 hours);
        bytes4 overtaken = SigningWindows.WindowOvertaken.selector;
        refuseChange(abi.encodeWithSelector(overtaken, START, shutAt), waiting);
        refuseChange(abi.encodeWithSelector(overtaken, shutAt, shutAt), sameSecond);
        change(ofTheOther);
        SigningWindow memory later = aWindow(ActionClass.B, false, 0, 0);
        later.nonce = 2;
        change(later);
        skip(24 hours);
        _closed(ActionClass.B);
        change(later);
        _open(ActionClass.B);
    }

    /// @dev Anyone brings what was accepted, in any order: the newest word stays.
    function test_WhenAnOlderChangeIsBroughtAfterANewerOne_ThenRevertsWindowOvertaken() external {
        SigningWindow memory older = aWindow(ActionClass.B, false, 0, 0);
        change(older);
        skip(1);
        SigningWindow memory newer = aWindow(ActionClass.B, true, START, START);
        change(newer);
        skip(24 hours);
        change(newer);
        refuseChange(abi.encodeWithSelector(SigningWindows.WindowOvertaken.selector, START, START + 1), older);
        _closed(ActionClass.B);
    }

    function test_WhenARotationIsActivated_ThenWindowsStay() external {
        _shut(ActionClass.B2);
        proposed();
        skip(48 hours);
        activate(_again());
        IAuthority.Action memory action = IAuthority.Action(ActionClass.B2, 2, HIGH);
        vm.assertTrue(authority.explain(action, LARGE).unmet == Criterion.WindowClosed, "closed");
    }

    function _again() private returns (EpochRotation memory intent) {
        intent = aRotation();
        intent.deadline = uint64(START + 7 days);
    }

    function _inForce(SigningWindow memory intent) private {
        change(intent);
        skip(24 hours);
        change(intent);
    }

    function _shut(ActionClass class) private {
        vm.prank(GUARDIAN);
        authority.closeWindow(class);
    }

    function _open(ActionClass class) private {
        authorize(class, 1, HIGH, SMALL, HIGH_SECRET);
    }

    function _closed(ActionClass class) private {
        IAuthority.Action memory action = IAuthority.Action(class, 1, HIGH);
        vm.assertTrue(authority.explain(action, SMALL).unmet == Criterion.WindowClosed, "explained");
        expectRevert(abi.encodeWithSelector(IThresholdAuthority.WindowClosed.selector, class));
        authority.authorize(action, SMALL, 0, "");
    }
}
