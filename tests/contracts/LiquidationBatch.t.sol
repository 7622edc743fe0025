// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Liquidation} from "../../contracts/Liquidation.sol";
import {IAuthority} from "../../contracts/interfaces/IAuthority.sol";
import {ILiquidation} from "../../contracts/interfaces/ILiquidation.sol";
import {IThresholdAuthority} from "../../contracts/interfaces/IThresholdAuthority.sol";
import {Frost} from "../../contracts/libraries/Frost.sol";
import {ActionClass} from "../../contracts/types/ActionClass.sol";
import {LiquidationOrder, SkipReason} from "../../contracts/types/LiquidationOrder.sol";
import {GroupSigner} from "./GroupSigner.sol";
import {LiquidationFixture} from "./LiquidationFixture.sol";
import {vm} from "./Vm.sol";
import {SlowAuthority} from "./authorities/SlowAuthority.sol";

contract GivenASignedBatch is LiquidationFixture {
    /* WHAT IS SIGNED */

    /// @custom:invariant INV-LIQ-4
    function test_WhenOfAnotherClass_ThenRevertsWrongClass() external {
        LiquidationOrder memory order = aBatch(ALICE);
        order.class = ActionClass.B;
        _refuse(abi.encodeWithSelector(ILiquidation.WrongClass.selector, ActionClass.B), order);
    }

    /// @custom:invariant INV-LIQ-4
    function test_WhenOutOfTime_ThenReverts() external {
        LiquidationOrder memory order = aBatch(ALICE);
        order.deadline = uint64(START + 601);
        _refuse(abi.encodeWithSelector(ILiquidation.DeadlineTooFar.selector, START + 601, START + 600), order);
        order.deadline = uint64(START - 1);
        _refuse(abi.encodeWithSelector(ILiquidation.DeadlinePassed.selector, START - 1, START), order);
        order.deadline = uint64(START);
        liquidate(order);
    }

    /// @custom:invariant INV-LIQ-4
    function test_WhenBroughtAgain_ThenRevertsDigestUsed() external {
        LiquidationOrder memory order = aBatch(ALICE);
        bytes32 digest = liquidation.digestOf(order);
        bytes memory proof = signed(order);
        vm.expectEmit(true, true, true, true, address(liquidation));
        emit ILiquidation.BatchExecuted(digest, 1);
        liquidation.liquidateBatch(order, proof);
        vm.assertTrue(liquidation.used(digest), "used");
        _refuse(abi.encodeWithSelector(ILiquidation.DigestUsed.selector, digest), order);
    }

    /// @custom:invariant INV-LIQ-4
    function test_WhenOfAnotherEpoch_ThenRevertsWrongEpoch() external {
        LiquidationOrder memory order = aBatch(ALICE);
        order.epoch = 2;
        _refuse(abi.encodeWithSelector(IAuthority.WrongEpoch.selector, uint64(2), uint64(1)), order);
    }

    /// @custom:invariant INV-LIQ-4
    function test_WhenOfAnotherThreshold_ThenRevertsUnknownThresholdOrInvalidSignature() external {
        LiquidationOrder memory order = aBatch(ALICE);
        order.threshold = 2;
        _refuse(abi.encodeWithSelector(IThresholdAuthority.UnknownThreshold.selector, uint8(2)), order);
        order.threshold = HIGH;
        bytes memory proof = GroupSigner.sign(LOW_SECRET, liquidation.digestOf(order));
        expectRevert(abi.encodeWithSelector(Frost.InvalidSignature.selector));
        liquidation.liquidateBatch(order, proof);
        liquidate(order);
    }

    /// @custom:invariant INV-LIQ-4
    function test_WhenSignedForAnotherContract_ThenRevertsInvalidSignature() external {
        LiquidationOrder memory order = aBatch(ALICE);
        bytes32 digest = liquidation.digestOf(order);
        deployVenue();
        vm.assertTrue(digest != liquidation.digestOf(order), "another digest");
        bytes memory proof = GroupSigner.sign(LOW_SECRET, digest);
        expectRevert(abi.encodeWithSelector(Frost.InvalidSignature.selector));
        liquidation.liquidateBatch(order, proof);
    }

    function test_WhenAnythingOfItChanges_ThenSoDoesItsDigest() external {
        LiquidationOrder memory order = aBatch(ALICE);
        bytes32 digest = liquidation.digestOf(order);
        order.accounts[0] = BOB;
        vm.assertTrue(digest != liquidation.digestOf(order), "accounts");
        order.accounts[0] = ALICE;
        order.nonce += 1;
        vm.assertTrue(digest != liquidation.digestOf(order), "nonce");
    }

    function test_WhenTheAuthorityAsksForADelay_ThenRevertsDelayAsked() external {
        IAuthority slow = new SlowAuthority();
        deployVenue();
        vm.etch(address(authority), address(slow).code);
        LiquidationOrder memory order = aBatch(ALICE);
        expectRevert(abi.encodeWithSelector(ILiquidation.DelayAsked.selector, uint32(3600)));
        liquidation.liquidateBatch(order, "");
    }

    function test_WhenItNamesTooMany_ThenRevertsBatchTooLarge() external {
        LiquidationOrder memory order = aBatch(new address[](101));
        _refuse(abi.encodeWithSelector(ILiquidation.BatchTooLarge.selector, 101, 100), order);
    }

    /// @custom:invariant INV-LIQ-2
    function test_WhenStaleOrBehind_ThenItRevertsAndServesLater() external {
        LiquidationOrder memory order = aBatch(ALICE);
        setPrices(HARD, HARD, true);
        _refuse(abi.encodeWithSelector(ILiquidation.StaleOracle.selector), order);
        setPrice(HARD);
        settable.wait(65);
        _refuse(abi.encodeWithSelector(ILiquidation.RoundsPending.selector), order);
        settable.wait(0);
        liquidate(order);
        vm.assertTrue(isHealthy(ALICE), "liquidated");
    }

    /* WHO IS ELIGIBLE */

    /// @custom:invariant INV-LIQ-2
    function test_WhenAHostileQuorumSignsForTheHealthy_ThenTheyAreSkippedAndNothingMoves() external {
        address[] memory list = new address[](5);
        (list[0], list[1], list[2], list[3], list[4]) = (ALICE, BOB, CAROL, FIRST, ANYONE);
        bytes32[5] memory before;
        for (uint256 i = 0; i < 5; ++i) {
            before[i] = fingerprint(list[i]);
        }
        LiquidationOrder memory order = aBatch(list);
        order.threshold = HIGH;
        bytes memory proof = signed(order);
        for (uint256 i = 0; i < 5; ++i) {
            _skips(list[i], SkipReason.Healthy);
        }
        liquidation.liquidateBatch(order, proof);
        for (uint256 i = 0; i < 5; ++i) {
            vm.assertEq(fingerprint(list[i]), before[i], "nothing moved");
        }
    }

    /// @custom:invariant INV-LIQ-3
    function test_WhenBetweenHardAndSoft_ThenItIsFlaggedAndSkippedUntilCured() external {
        setPrice(SOFT);
        LiquidationOrder memory order = aBatch(ALICE);
        bytes memory proof = signed(order);
        vm.expectEmit(true, true, true, true, address(liquidation));
        emit ILiquidation.Flagged(ALICE, uint40(START));
        _skips(ALICE, SkipReason.CureRunning);
        liquidation.liquidateBatch(order, proof);

        skip(CURE - 1);
        order = aBatch(ALICE);
        proof = signed(order);
        _skips(ALICE, SkipReason.CureRunning);
        liquidation.liquidateBatch(order, proof);
        vm.assertEq(lotsOf(ALICE), 10_000, "nothing moved");

        skip(1);
        // T 5,060, E 4,000, B 2,200, a fifth of it after 600 s: f is 1,060 of 4,620.
        (uint32 f, uint256 penalty) = (229_438, 100_952_720);
        order = aBatch(ALICE);
        proof = signed(order);
        vm.expectEmit(true, true, true, true, address(liquidation));
        emit ILiquidation.SliceTaken(ALICE, FIRST, f, 4_000e6, int256(4_000e6 - penalty), penalty, penalty / 5, true);
        liquidation.liquidateBatch(order, proof);
        vm.assertEq(lotsOf(ALICE), 10_000 - 2_295, "taken");
        vm.assertEq(lotsOf(FIRST), 2_295, "by the first backstop");
        vm.assertTrue(isHealthy(ALICE), "healthy");
    }

    /// @custom:invariant INV-LIQ-3
    function test_WhenBelowTheHardThreshold_ThenAtOnce() external {
        setPrice(HARD);
        liquidate(ALICE);
        vm.assertEq(lotsOf(ALICE), 10_000 - 4_021, "taken");
        vm.assertTrue(isHealthy(ALICE), "healthy");
    }

    function test_WhenNamedTwice_ThenTheSecondTimeItHasHealed() external {
        setPrice(HARD);
        address[] memory list = new address[](2);
        (list[0], list[1]) = (ALICE, ALICE);
        LiquidationOrder memory order = aBatch(list);
        bytes memory proof = signed(order);
        _skips(ALICE, SkipReason.Healthy);
        liquidation.liquidateBatch(order, proof);
        vm.assertEq(lotsOf(ALICE), 10_000 - 4_021, "once");
    }

    /* WHO TAKES */

    /// @custom:invariant INV-LIQ-6
    function test_WhenTheFirstBackstopIsFull_ThenItIsNamedAndTheSecondTakes() external {
        setPrice(HARD);
        vm.prank(FIRST);
        venue.withdraw(BACKSTOP - 499 * USDC);
        LiquidationOrder memory order = aBatch(ALICE);
        bytes memory proof = signed(order);
        vm.expectEmit(true, true, true, true, address(liquidation));
        emit ILiquidation.BackstopFull(FIRST);
        liquidation.liquidateBatch(order, proof);
        vm.assertEq(lotsOf(FIRST), 0, "first");
        vm.assertEq(lotsOf(SECOND), 4_021, "second");
    }

    /// @custom:invariant INV-LIQ-4
    function test_WhenAllBackstopsAreFull_ThenTheAccountIsSkipped() external {
        setPrice(HARD);
        vm.prank(FIRST);
        venue.withdraw(BACKSTOP);
        vm.prank(SECOND);
        venue.withdraw(BACKSTOP);
        LiquidationOrder memory order = aBatch(ALICE);
        bytes memory proof = signed(order);
        vm.expectEmit(true, true, true, true, address(liquidation));
        emit ILiquidation.BackstopFull(FIRST);
        vm.expectEmit(true, true, true, true, address(liquidation));
        emit ILiquidation.BackstopFull(SECOND);
        _skips(ALICE, SkipReason.BackstopsFull);
        liquidation.liquidateBatch(order, proof);
        vm.assertEq(lotsOf(ALICE), 10_000, "nothing moved");
        vm.assertEq(venue.flaggedAt(ALICE), START, "but its clock runs: the open lane is open");
        vm.prank(CAROL);
        liquidation.take(ALICE, 1_000_000);
    }

    function test_WhenTheAccountIsABackstop_ThenTheOtherTakes() external {
        vm.prank(FIRST);
        venue.withdraw(BACKSTOP - MARGIN);
        trade(FIRST_KEY, BOB_KEY, BITCOIN, PRICE);
        setPrice(HARD);
        liquidate(FIRST);
        vm.assertEq(lotsOf(SECOND), 4_021, "second");
        vm.assertTrue(isHealthy(FIRST), "healthy");
    }

    /* WHAT IS LEFT */

    /// @custom:invariant INV-LIQ-5
    function test_WhenNothingIsLeft_ThenInsurancePaysTheHole() external {
        insure(5_000 * USDC);
        setPrice(INSOLVENT);
        LiquidationOrder memory order = aBatch(ALICE);
        bytes memory proof = signed(order);
        vm.expectEmit(true, true, true, true, address(liquidation));
        emit ILiquidation.SliceTaken(ALICE, FIRST, 1_000_000, -1_000e6, -1_000e6, 0, 0, true);
        vm.expectEmit(true, true, true, true, address(liquidation));
        emit ILiquidation.InsurancePaid(ALICE, 1_000e6);
        liquidation.liquidateBatch(order, proof);
        vm.assertEq(cashOf(ALICE), 0, "at zero");
        vm.assertEq(lotsOf(ALICE), 0, "and closed");
        vm.assertEq(lotsOf(FIRST), 10_000, "taken whole");
        vm.assertEq(liquidation.insurance(), 4_000 * USDC, "insurance");
        vm.assertEq(liquidation.deficit(), 0, "no deficit");
        vm.assertEq(venue.flaggedAt(ALICE), 0, "no flag");
    }

    /// @custom:invariant INV-LIQ-5
    function test_WhenInsuranceLacksSome_ThenTheRestIsDeficit() external {
        insure(300 * USDC);
        setPrice(INSOLVENT);
        LiquidationOrder memory order = aBatch(ALICE);
        bytes memory proof = signed(order);
        vm.expectEmit(true, true, true, true, address(liquidation));
        emit ILiquidation.InsurancePaid(ALICE, 300e6);
        vm.expectEmit(true, true, true, true, address(liquidation));
        emit ILiquidation.DeficitBooked(ALICE, 700e6);
        liquidation.liquidateBatch(order, proof);
        vm.assertEq(cashOf(ALICE), 0, "at zero");
        vm.assertEq(liquidation.insurance(), 0, "insurance");
        vm.assertEq(liquidation.deficit(), 700 * USDC, "deficit");
        // What is below zero by nature is nobody's hole: insurance does not go there.
        insure(1_000 * USDC);
        liquidate(liquidation.DEFICIT_ACCOUNT());
        vm.assertEq(liquidation.insurance(), 1_000 * USDC, "insurance stays");
    }

    /// @custom:invariant INV-LIQ-5
    /// @dev A wick of one round must not move insurance: the account's own side may have caught the other end of it.
    function test_WhenNothingIsLeftAtSpotOnly_ThenItWaitsForTheAverageAndInsuranceStays() external {
        insure(5_000 * USDC);
        setPrices(INSOLVENT, HARD, false);
        LiquidationOrder memory order = aBatch(ALICE);
        bytes memory proof = signed(order);
        _skips(ALICE, SkipReason.SolventOnAverage);
        liquidation.liquidateBatch(order, proof);
        vm.assertEq(liquidation.insurance(), 5_000 * USDC, "insurance");

        expectRevert(abi.encodeWithSelector(ILiquidation.SolventOnAverage.selector, ALICE));
        vm.prank(CAROL);
        liquidation.take(ALICE, 1e6);

        setPrices(INSOLVENT, INSOLVENT, false);
        liquidate(ALICE);
        vm.assertEq(cashOf(ALICE), 0, "at zero");
        vm.assertEq(liquidation.insurance(), 4_000 * USDC, "insurance after");
    }

    function test_WhenInsuranceIsFunded_ThenByAnyoneFromWhatWasDepositedForIt() external {
        deposit(address(liquidation), 100 * USDC);
        vm.expectEmit(true, true, true, true, address(liquidation));
        emit ILiquidation.Funded(ANYONE, 60 * USDC);
        vm.prank(ANYONE);
        liquidation.fund(60 * USDC);
        vm.assertEq(liquidation.insurance(), 60 * USDC, "insurance");
        vm.assertEq(vault.idle(address(liquidation)), 40 * USDC, "the rest");
    }

    function _skips(address account, SkipReason reason) private {
        vm.expectEmit(true, true, true, true, address(liquidation));
        emit ILiquidation.Skipped(account, reason);
    }

    function _refuse(bytes memory reason, LiquidationOrder memory order) private {
        bytes memory proof = signed(order);
        expectRevert(reason);
        liquidation.liquidateBatch(order, proof);
    }
}
