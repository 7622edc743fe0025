// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILiquidation} from "../../contracts/interfaces/ILiquidation.sol";
import {LiquidationFixture} from "./LiquidationFixture.sol";
import {vm} from "./Vm.sol";

contract GivenTheOpenLane is LiquidationFixture {
    function test_WhenTheAccountHasItsMargin_ThenRevertsAboveMargin() external {
        _refuse(abi.encodeWithSelector(ILiquidation.AboveMargin.selector, ALICE), CAROL, 1_000_000);
    }

    /// @custom:invariant INV-LIQ-6
    function test_WhenTakenByItself_ThenRevertsSelfTaken() external {
        setPrice(HARD);
        _refuse(abi.encodeWithSelector(ILiquidation.SelfTaken.selector, ALICE), ALICE, 1_000_000);
    }

    /// @custom:invariant INV-LIQ-3
    function test_WhenBetweenHardAndSoft_ThenTheLaneOpensAfterItsTime() external {
        setPrice(SOFT);
        bytes4 selector = ILiquidation.TooEarly.selector;
        _refuse(abi.encodeWithSelector(selector, START, START + OPEN_AFTER), CAROL, 1_000_000);
        liquidation.flag(ALICE);
        skip(OPEN_AFTER - 1);
        _refuse(abi.encodeWithSelector(selector, START + OPEN_AFTER - 1, START + OPEN_AFTER), CAROL, 1_000_000);
        skip(1);
        _take(1_000_000);
        vm.assertTrue(isHealthy(ALICE), "healthy");
    }

    /// @custom:invariant INV-LIQ-3
    function test_WhenBelowTheHardThreshold_ThenAtOnceAndWithoutAFlag() external {
        setPrice(HARD);
        // T 4,945, E 3,000, B 2,150: f is 1,945 of 4,945 - 107.5.
        uint32 f = 402_068;
        uint256 penalty = 43_222_310;
        vm.expectEmit(true, true, true, true, address(liquidation));
        emit ILiquidation.Flagged(ALICE, uint40(START));
        vm.expectEmit(true, true, true, true, address(liquidation));
        emit ILiquidation.SliceTaken(ALICE, CAROL, f, 3_000e6, int256(3_000e6 - penalty), penalty, penalty / 5, false);
        _take(1_000_000);
        vm.assertEq(lotsOf(ALICE), 10_000 - 4_021, "rounded up to lots");
        vm.assertEq(lotsOf(CAROL), 4_021, "taker");
        vm.assertEq(cashOf(CAROL), int256(10 * MARGIN + penalty - penalty / 5), "taker's part");
        vm.assertEq(liquidation.insurance(), penalty / 5, "insurance");
        vm.assertEq(venue.flaggedAt(ALICE), 0, "at its target: the flag is gone");
    }

    /// @custom:invariant INV-LIQ-3
    function test_WhenBelowHalfAtSpotOnly_ThenAtOnce() external {
        setPrices(HALF, PRICE, false);
        _take(1_000_000);
        vm.assertTrue(isHealthy(ALICE), "healthy");
    }

    function test_WhenHardAtSpotOnly_ThenItWaits() external {
        setPrices(HARD, SOFT, false);
        _refuse(abi.encodeWithSelector(ILiquidation.TooEarly.selector, START, START + OPEN_AFTER), CAROL, 1_000_000);
    }

    function test_WhenLessThanNeeded_ThenItMovesThatAndTheClockGoesOn() external {
        setPrice(HARD);
        _take(100_000);
        vm.assertEq(lotsOf(ALICE), 9_000, "a tenth");
        vm.assertEq(venue.flaggedAt(ALICE), START, "still below: the clock goes on");
    }

    function test_WhenBackAtItsMarginOnly_ThenTheClockStartsAgain() external {
        setPrice(SOFT);
        liquidation.flag(ALICE);
        skip(OPEN_AFTER);
        _take(120_000);
        vm.assertTrue(isHealthy(ALICE), "healthy");
        vm.assertEq(venue.flaggedAt(ALICE), START + OPEN_AFTER, "flaggedAt");
    }

    function test_WhenTooLittle_ThenRevertsFractionTooSmall() external {
        setPrice(HARD);
        // $1,000 of $43,000.
        _refuse(abi.encodeWithSelector(ILiquidation.FractionTooSmall.selector, 23_255, 23_256), CAROL, 23_255);
        _take(23_256);
        vm.assertEq(lotsOf(ALICE), 10_000 - 233, "taken");
    }

    function test_WhenItMustGoWhole_ThenRevertsFractionTooSmallUnlessItDoes() external {
        // E is 50: less than the penalty on all of it, so any part of it would leave less health.
        setPrice(4_005_000);
        bytes4 selector = ILiquidation.FractionTooSmall.selector;
        _refuse(abi.encodeWithSelector(selector, 900_000, 1_000_000), CAROL, 900_000);
        _take(1_000_000);
        vm.assertEq(lotsOf(ALICE), 0, "closed");
        vm.assertEq(cashOf(ALICE), 0, "the penalty took what was left");
        vm.assertEq(liquidation.insurance(), 10e6, "a fifth of fifty");
        vm.assertEq(venue.flaggedAt(ALICE), 0, "no flag without a position");
    }

    function test_WhenSmall_ThenItGoesWhole() external {
        address poor = vm.addr(77);
        fund(poor, 500 * USDC);
        // 200 lots: at $38,000 it has 60 and needs 76.
        trade(77, BOB_KEY, 200, PRICE);
        setPrice(3_800_000);
        vm.prank(CAROL);
        expectRevert(abi.encodeWithSelector(ILiquidation.FractionTooSmall.selector, 999_999, 1_000_000));
        liquidation.take(poor, 999_999);
        vm.prank(CAROL);
        liquidation.take(poor, 1_000_000);
        vm.assertEq(lotsOf(poor), 0, "closed");
        vm.assertTrue(cashOf(poor) > 0, "and keeps the rest");
    }

    /// @custom:invariant INV-LIQ-6
    function test_WhenTheTakerLacksInitialMarginOrIsFlagged_ThenRevertsTakerRefused() external {
        setPrice(HARD);
        _refuse(abi.encodeWithSelector(ILiquidation.TakerRefused.selector, ANYONE), ANYONE, 1_000_000);

        setPrice(PRICE);
        fund(SECOND, 1);
        address weak = vm.addr(78);
        fund(weak, MARGIN);
        trade(78, BOB_KEY, BITCOIN, PRICE);
        setPrice(HARD);
        liquidation.flag(weak);
        fund(weak, 100 * MARGIN);
        _refuse(abi.encodeWithSelector(ILiquidation.TakerRefused.selector, weak), weak, 1_000_000);
    }

    /// @custom:invariant INV-LIQ-2
    function test_WhenStaleOrBehind_ThenReverts() external {
        setPrices(HARD, HARD, true);
        _refuse(abi.encodeWithSelector(ILiquidation.StaleOracle.selector), CAROL, 1_000_000);
        setPrice(HARD);
        settable.wait(65);
        _refuse(abi.encodeWithSelector(ILiquidation.RoundsPending.selector), CAROL, 1_000_000);
    }

    function test_WhenTheTakerIsShort_ThenItsPositionBecomesSmaller() external {
        setPrice(HARD);
        vm.prank(BOB);
        liquidation.take(ALICE, 1_000_000);
        vm.assertEq(lotsOf(BOB), -10_000 + 4_021, "smaller");
        vm.assertTrue(cashOf(BOB) > int256(10 * MARGIN + 4_021 * 1_700_000), "and what it won is cash");
    }

    function _take(uint32 fraction) private {
        vm.prank(CAROL);
        liquidation.take(ALICE, fraction);
    }

    function _refuse(bytes memory reason, address taker, uint32 fraction) private {
        expectRevert(reason);
        vm.prank(taker);
        liquidation.take(ALICE, fraction);
    }
}
