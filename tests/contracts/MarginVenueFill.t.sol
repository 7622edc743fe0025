// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IDelegations} from "../../contracts/interfaces/IDelegations.sol";
import {IMarginVenue} from "../../contracts/interfaces/IMarginVenue.sol";
import {IRiskEngine} from "../../contracts/interfaces/IRiskEngine.sol";
import {FillRules} from "../../contracts/libraries/FillRules.sol";
import {Order} from "../../contracts/types/Order.sol";
import {VenueFixture} from "./VenueFixture.sol";
import {vm, within} from "./Vm.sol";
import {Wallet} from "./wallets/Wallet.sol";

contract GivenTwoTradersWithMargin is VenueFixture {
    uint256 internal constant MARGIN = 20_000 * USDC;

    function setUp() public virtual override {
        super.setUp();
        fund(ALICE, MARGIN);
        fund(BOB, MARGIN);
        fund(CAROL, MARGIN);
    }

    function test_WhenFilled_ThenEachHasItsSideAndTheOrdersAreUsedUp() external {
        Order memory maker = anOrder(BOB_KEY, -int64(BITCOIN), PRICE);
        Order memory taker = anOrder(ALICE_KEY, int64(BITCOIN), PRICE + 1);
        (bytes32 made, bytes32 taken) = (venue.digestOf(maker), venue.digestOf(taker));
        bytes memory makerSignature = signed(BOB_KEY, maker);
        bytes memory takerSignature = signed(ALICE_KEY, taker);
        vm.expectEmit(true, true, true, true, address(venue));
        emit IMarginVenue.Filled(made, taken, 0, BOB, ALICE, int256(uint256(BITCOIN)), PRICE);
        vm.expectEmit(true, true, true, true, address(venue));
        emit IMarginVenue.PositionChanged(BOB, 0, -10_000, -60_000e6);
        vm.expectEmit(true, true, true, true, address(venue));
        emit IMarginVenue.PositionChanged(ALICE, 0, 10_000, 60_000e6);
        fill(maker, makerSignature, taker, takerSignature, BITCOIN);

        (int64 lots, int128 cost) = venue.position(ALICE, 0);
        vm.assertEq(lots, int256(uint256(BITCOIN)), "lots");
        vm.assertEq(cost, 60_000e6, "cost");
        vm.assertEq(venue.orderState(made).filled, BITCOIN, "made");
        vm.assertEq(venue.orderState(taken).filled, BITCOIN, "taken");
        vm.assertEq(cashOf(ALICE), int256(MARGIN), "cash");
        vm.assertEq(venue.accountCount(), 2, "listed");
    }

    /// @custom:invariant INV-VENUE-3
    function test_WhenClosedAtAProfit_ThenThePoolPaysAndTheOtherSideOwes() external {
        trade(ALICE_KEY, BOB_KEY, BITCOIN, PRICE);
        setPrice(6_100_000);
        trade(CAROL_KEY, ALICE_KEY, BITCOIN, 6_100_000);
        vm.assertEq(cashOf(ALICE), int256(MARGIN + 1_000 * USDC), "won");
        vm.assertEq(cashOf(address(venue)), -int256(1_000 * USDC), "pool");
        vm.assertEq(lotsOf(ALICE), 0, "closed");
        trade(BOB_KEY, CAROL_KEY, BITCOIN, 6_100_000);
        vm.assertEq(cashOf(BOB), int256(MARGIN - 1_000 * USDC), "lost");
        vm.assertEq(cashOf(address(venue)), 0, "pool is even");
    }

    function test_WhenAPositionTurns_ThenItIsClosedAndOpenedAtThePrice() external {
        trade(ALICE_KEY, BOB_KEY, 100, PRICE);
        trade(CAROL_KEY, ALICE_KEY, 250, PRICE);
        (int64 lots, int128 cost) = venue.position(ALICE, 0);
        vm.assertEq(lots, -150, "lots");
        vm.assertEq(cost, -150 * int256(uint256(PRICE)), "cost");
    }

    function test_WhenReducedByAThird_ThenTheLossRoundsUp() external {
        trade(ALICE_KEY, BOB_KEY, 3, PRICE);
        trade(ALICE_KEY, BOB_KEY, 3, PRICE + 1);
        // Six lots for 36,000,003: one is worth 6,000,000 and a half.
        trade(BOB_KEY, ALICE_KEY, 1, PRICE);
        vm.assertEq(cashOf(ALICE), int256(MARGIN) - 1, "rounded against Alice");
        vm.assertEq(cashOf(BOB), int256(MARGIN), "gained a half: rounded to nothing");
        vm.assertEq(cashOf(address(venue)), 1, "the pool has it");
    }

    /* WHAT DOES NOT FIT */

    function test_WhenOfTwoInstruments_ThenRevertsInstrumentMismatch() external {
        Order memory maker = anOrder(BOB_KEY, -1, PRICE);
        Order memory taker = anOrder(ALICE_KEY, 1, PRICE);
        maker.instrument = 1;
        bytes memory reason = abi.encodeWithSelector(FillRules.InstrumentMismatch.selector, uint16(1), uint16(0));
        refuse(reason, maker, BOB_KEY, taker, ALICE_KEY, 1);
        taker.instrument = 1;
        reason = abi.encodeWithSelector(IRiskEngine.UnknownInstrument.selector, uint16(1));
        refuse(reason, maker, BOB_KEY, taker, ALICE_KEY, 1);
    }

    function test_WhenOfOneAccount_ThenRevertsSelfTrade() external {
        refuse(abi.encodeWithSelector(FillRules.SelfTrade.selector, ALICE), ALICE_KEY, ALICE_KEY, 1, PRICE);
    }

    function test_WhenOfNothing_ThenRevertsZeroLots() external {
        refuse(abi.encodeWithSelector(FillRules.ZeroLots.selector), ALICE_KEY, BOB_KEY, 0, PRICE);
    }

    function test_WhenBothBuy_ThenRevertsSameDirection() external {
        Order memory maker = anOrder(BOB_KEY, 1, PRICE);
        Order memory taker = anOrder(ALICE_KEY, 1, PRICE);
        bytes memory reason = abi.encodeWithSelector(FillRules.SameDirection.selector);
        refuse(reason, maker, BOB_KEY, taker, ALICE_KEY, 1);
    }

    function test_WhenBeyondTheTakersLimit_ThenRevertsPriceBeyondLimit() external {
        Order memory maker = anOrder(BOB_KEY, -1, PRICE);
        Order memory taker = anOrder(ALICE_KEY, 1, PRICE - 1);
        bytes memory reason = abi.encodeWithSelector(FillRules.PriceBeyondLimit.selector, PRICE, PRICE - 1);
        refuse(reason, maker, BOB_KEY, taker, ALICE_KEY, 1);
        maker.lots = 1;
        (taker.lots, taker.limitPrice) = (-1, PRICE + 1);
        reason = abi.encodeWithSelector(FillRules.PriceBeyondLimit.selector, PRICE, PRICE + 1);
        refuse(reason, maker, BOB_KEY, taker, ALICE_KEY, 1);
    }

    /// @custom:invariant INV-VENUE-6
    function test_WhenMoreThanHalfTheRateFromSpot_ThenRevertsPriceOutsideBand() external {
        (uint64 low, uint64 high) = (5_700_000, 6_300_000);
        trade(ALICE_KEY, BOB_KEY, 1, low);
        trade(ALICE_KEY, BOB_KEY, 1, high);
        bytes4 selector = FillRules.PriceOutsideBand.selector;
        refuse(abi.encodeWithSelector(selector, low - 1, low, high), ALICE_KEY, BOB_KEY, 1, low - 1);
        refuse(abi.encodeWithSelector(selector, high + 1, low, high), ALICE_KEY, BOB_KEY, 1, high + 1);
    }

    /* WHAT AN ORDER ALLOWS */

    /// @custom:invariant INV-VENUE-5
    function test_WhenAfterItsExpiryOrTooFarAhead_ThenReverts() external {
        Order memory maker = anOrder(BOB_KEY, -1, PRICE);
        Order memory taker = anOrder(ALICE_KEY, 1, PRICE);
        maker.expiry = uint64(START - 1);
        bytes memory reason = abi.encodeWithSelector(IMarginVenue.OrderExpired.selector, START - 1, START);
        refuse(reason, maker, BOB_KEY, taker, ALICE_KEY, 1);
        maker.expiry = uint64(START);
        taker.expiry = uint64(START + 30 days + 1);
        reason = abi.encodeWithSelector(IMarginVenue.ExpiryTooFar.selector, START + 30 days + 1, START + 30 days);
        refuse(reason, maker, BOB_KEY, taker, ALICE_KEY, 1);
        taker.expiry -= 1;
        fill(maker, signed(BOB_KEY, maker), taker, signed(ALICE_KEY, taker), 1);
    }

    /// @custom:invariant INV-VENUE-5
    function test_WhenFilledInParts_ThenNeverBeyondItsLots() external {
        Order memory maker = anOrder(BOB_KEY, -10, PRICE);
        Order memory taker = anOrder(ALICE_KEY, 20, PRICE);
        fill(maker, signed(BOB_KEY, maker), taker, signed(ALICE_KEY, taker), 7);
        bytes32 digest = venue.digestOf(maker);
        bytes memory reason = abi.encodeWithSelector(IMarginVenue.BeyondOrder.selector, digest, uint64(4), uint64(3));
        refuse(reason, maker, BOB_KEY, taker, ALICE_KEY, 4);
        fill(maker, signed(BOB_KEY, maker), taker, signed(ALICE_KEY, taker), 3);
        vm.assertEq(lotsOf(BOB), -10, "all");
        reason = abi.encodeWithSelector(IMarginVenue.BeyondOrder.selector, digest, uint64(1), uint64(0));
        refuse(reason, maker, BOB_KEY, taker, ALICE_KEY, 1);
    }

    function test_WhenLessThanItsLeastFill_ThenRevertsBelowMinFillUnlessNoMoreIsLeft() external {
        Order memory maker = anOrder(BOB_KEY, -10, PRICE);
        Order memory taker = anOrder(ALICE_KEY, 20, PRICE);
        maker.minFill = 7;
        bytes32 digest = venue.digestOf(maker);
        bytes memory reason = abi.encodeWithSelector(IMarginVenue.BelowMinFill.selector, digest, uint64(6), uint64(7));
        refuse(reason, maker, BOB_KEY, taker, ALICE_KEY, 6);
        fill(maker, signed(BOB_KEY, maker), taker, signed(ALICE_KEY, taker), 7);
        fill(maker, signed(BOB_KEY, maker), taker, signed(ALICE_KEY, taker), 3);
    }

    /// @custom:invariant INV-VENUE-5
    function test_WhenCancelled_ThenRevertsOrderCancelledForEver() external {
        Order memory maker = anOrder(BOB_KEY, -10, PRICE);
        expectRevert(abi.encodeWithSelector(IMarginVenue.NotOrderOwner.selector, ALICE, BOB));
        vm.prank(ALICE);
        venue.cancel(maker);

        bytes32 digest = venue.digestOf(maker);
        vm.expectEmit(true, true, true, true, address(venue));
        emit IMarginVenue.Cancelled(digest, BOB);
        vm.prank(BOB);
        venue.cancel(maker);
        vm.assertTrue(venue.orderState(digest).cancelled, "cancelled");
        bytes memory reason = abi.encodeWithSelector(IMarginVenue.OrderCancelled.selector, digest);
        refuse(reason, maker, BOB_KEY, anOrder(ALICE_KEY, 10, PRICE), ALICE_KEY, 1);
    }

    function test_WhenReduceOnlyWouldOpenOrTurn_ThenRevertsNotReducing() external {
        Order memory maker = anOrder(BOB_KEY, -10, PRICE);
        maker.reduceOnly = true;
        bytes memory reason = abi.encodeWithSelector(IMarginVenue.NotReducing.selector, BOB);
        refuse(reason, maker, BOB_KEY, anOrder(ALICE_KEY, 10, PRICE), ALICE_KEY, 1);
        trade(BOB_KEY, ALICE_KEY, 5, PRICE);
        refuse(reason, maker, BOB_KEY, anOrder(ALICE_KEY, 10, PRICE), ALICE_KEY, 6);
        Order memory taker = anOrder(ALICE_KEY, 10, PRICE);
        fill(maker, signed(BOB_KEY, maker), taker, signed(ALICE_KEY, taker), 5);
        vm.assertEq(lotsOf(BOB), 0, "closed");
    }

    /* WHO SIGNED */

    function test_WhenSomebodyElseSigned_ThenRevertsInvalidSignature() external {
        Order memory maker = anOrder(BOB_KEY, -1, PRICE);
        Order memory taker = anOrder(ALICE_KEY, 1, PRICE);
        bytes memory reason = abi.encodeWithSelector(IDelegations.InvalidSignature.selector, BOB);
        refuse(reason, maker, CAROL_KEY, taker, ALICE_KEY, 1);
        bytes memory takerSignature = signed(ALICE_KEY, taker);
        expectRevert(reason);
        venue.fill(maker, "", taker, takerSignature, 1);
    }

    function test_WhenTheAccountIsAContract_ThenItsOwnAnswerDecides() external {
        Wallet wallet = new Wallet(CAROL);
        fund(address(wallet), MARGIN);
        Order memory maker = anOrder(BOB_KEY, -1, PRICE);
        Order memory taker = anOrder(CAROL_KEY, 1, PRICE);
        taker.account = address(wallet);
        bytes memory reason = abi.encodeWithSelector(IDelegations.InvalidSignature.selector, address(wallet));
        refuse(reason, maker, BOB_KEY, taker, ALICE_KEY, 1);
        fill(maker, signed(BOB_KEY, maker), taker, signed(CAROL_KEY, taker), 1);
        vm.assertEq(lotsOf(address(wallet)), 1, "filled");
    }

    /* MARGIN */

    /// @custom:invariant INV-VENUE-4
    function test_WhenInitialMarginIsMissing_ThenRevertsInsufficientMarginAtEitherPrice() external {
        // Twenty thousand carry 22,222 lots of 90 cents.
        bytes4 selector = FillRules.InsufficientMargin.selector;
        bytes memory reason = abi.encodeWithSelector(selector, BOB, int256(MARGIN), 22_223 * 900_000);
        refuse(reason, ALICE_KEY, BOB_KEY, 22_223, PRICE);
        trade(ALICE_KEY, BOB_KEY, 22_222, PRICE);

        setPrices(PRICE, PRICE + 100_000, false);
        refuse(
            abi.encodeWithSelector(selector, CAROL, int256(MARGIN - 2_000 * USDC), 20_000 * 915_000),
            ALICE_KEY,
            CAROL_KEY,
            20_000,
            PRICE
        );
    }

    function test_WhenASmallPositionIsOpened_ThenFiveHundredDollarsAreAsked() external {
        address poor = vm.addr(77);
        fund(poor, 500 * USDC - 1);
        bytes4 selector = FillRules.InsufficientMargin.selector;
        refuse(abi.encodeWithSelector(selector, poor, int256(500 * USDC - 1), 500 * USDC), 77, BOB_KEY, 1, PRICE);
        fund(poor, 1);
        trade(77, BOB_KEY, 1, PRICE);
    }

    function test_WhenLargerThanABillion_ThenRevertsNotionalTooLarge() external {
        fund(ALICE, 900_000_000 * USDC);
        fund(BOB, 900_000_000 * USDC);
        uint64 lots = 166_666_667;
        uint256 notional = uint256(lots) * PRICE;
        bytes memory reason = abi.encodeWithSelector(FillRules.NotionalTooLarge.selector, BOB, notional, 1e15);
        refuse(reason, ALICE_KEY, BOB_KEY, lots, PRICE);
        trade(ALICE_KEY, BOB_KEY, lots - 1, PRICE);
    }

    function test_WhenRoundsArePending_ThenTheyAreConsumedAndTooManyRevertRoundsPending() external {
        settable.wait(65);
        refuse(abi.encodeWithSelector(IMarginVenue.RoundsPending.selector), ALICE_KEY, BOB_KEY, 1, PRICE);
        settable.wait(64);
        trade(ALICE_KEY, BOB_KEY, 1, PRICE);
        vm.assertEq(settable.pending(), 0, "consumed");
    }

    /// @custom:invariant INV-VENUE-7
    function test_WhenThePriceIsStale_ThenNothingOpensAndReducingWorks() external {
        trade(ALICE_KEY, BOB_KEY, 100, PRICE);
        setPrices(PRICE, PRICE, true);
        refuse(abi.encodeWithSelector(IMarginVenue.StaleOracle.selector), ALICE_KEY, BOB_KEY, 1, PRICE);
        refuse(abi.encodeWithSelector(IMarginVenue.StaleOracle.selector), BOB_KEY, CAROL_KEY, 1, PRICE);
        trade(BOB_KEY, ALICE_KEY, 100, PRICE);
        vm.assertEq(lotsOf(ALICE), 0, "closed");
    }

    /// @custom:invariant INV-VENUE-1
    /// @custom:invariant INV-VENUE-2
    /// @custom:invariant INV-VENUE-3
    function testFuzz_WhenTradedBackAndForth_ThenEquityMovesByTheDistanceFromTheMark(uint256[6] memory seeds) external {
        for (uint256 i = 0; i < seeds.length; ++i) {
            uint64 lots = uint64(within(seeds[i] >> 32, 1, 3_000));
            uint64 price = uint64(within(seeds[i] >> 96, 5_700_000, 6_300_000));
            (uint256 buyer, uint256 seller) = seeds[i] % 2 == 0 ? (ALICE_KEY, BOB_KEY) : (CAROL_KEY, ALICE_KEY);
            int256 buyerBefore = healthOf(vm.addr(buyer)).equitySpot;
            int256 sellerBefore = healthOf(vm.addr(seller)).equitySpot;
            trade(buyer, seller, lots, price);
            int256 gain = int256(uint256(lots)) * (int256(uint256(PRICE)) - int256(uint256(price)));
            vm.assertEq(healthOf(vm.addr(buyer)).equitySpot - buyerBefore, gain, "buyer");
            vm.assertEq(healthOf(vm.addr(seller)).equitySpot - sellerBefore, -gain, "seller");
        }
        (, int128 alice) = venue.position(ALICE, 0);
        (, int128 bob) = venue.position(BOB, 0);
        (, int128 carol) = venue.position(CAROL, 0);
        vm.assertEq(lotsOf(ALICE) + lotsOf(BOB) + lotsOf(CAROL), 0, "lots");
        vm.assertEq(cashOf(address(venue)), -(int256(alice) + bob + carol), "pool");
    }
}

/// @notice Alice is long a bitcoin with little behind it, flagged; her sybil would buy it off her.
contract GivenAFlaggedAccountAndItsSybil is VenueFixture {
    uint64 private constant FALLEN = 5_440_000;

    function setUp() public override {
        super.setUp();
        fund(ALICE, 9_000 * USDC);
        fund(BOB, 50_000 * USDC);
        fund(CAROL, 50_000 * USDC);
        trade(ALICE_KEY, BOB_KEY, BITCOIN, PRICE);
        // E is 3,400, M 5,440.
        setPrice(FALLEN);
        liquidation.flag(ALICE);
    }

    /// @custom:invariant INV-VENUE-6
    function test_WhenItSellsFarFromTheMark_ThenRevertsPriceOutsideBand() external {
        (uint64 low, uint64 high) = (5_168_000, 5_712_000);
        bytes memory reason = abi.encodeWithSelector(FillRules.PriceOutsideBand.selector, low - 1, low, high);
        refuse(reason, CAROL_KEY, ALICE_KEY, BITCOIN, low - 1);
    }

    /// @custom:invariant INV-VENUE-4
    function test_WhenItSellsAtALossItCannotBear_ThenRevertsWorsensHealth() external {
        // Half of it, at the edge of the band: E falls by 1,360, M by 2,720; allowed, as health does not fall.
        trade(CAROL_KEY, ALICE_KEY, BITCOIN / 2, 5_168_000);
        // Below half of M even that worsens it.
        setPrice(5_200_000);
        bytes memory reason = abi.encodeWithSelector(FillRules.WorsensHealth.selector, ALICE);
        refuse(reason, CAROL_KEY, ALICE_KEY, BITCOIN / 4, 4_940_000);
        refuse(reason, CAROL_KEY, ALICE_KEY, BITCOIN / 2, 4_940_000);
        trade(CAROL_KEY, ALICE_KEY, BITCOIN / 4, 5_200_000);
    }

    /// @custom:invariant INV-VENUE-8
    function test_WhenADelegateSignsForIt_ThenRevertsAllTheSame() external {
        delegate(uint40(block.timestamp + 1 days), type(uint64).max, type(uint64).max);
        Order memory maker = anOrder(ALICE_KEY, -int64(BITCOIN), 5_167_999);
        Order memory taker = anOrder(CAROL_KEY, int64(BITCOIN), 5_167_999);
        bytes4 selector = FillRules.PriceOutsideBand.selector;
        bytes memory reason = abi.encodeWithSelector(selector, uint64(5_167_999), uint64(5_168_000), uint64(5_712_000));
        refuse(reason, maker, DELEGATE_KEY, taker, CAROL_KEY, BITCOIN);

        setPrice(5_200_000);
        (maker.limitPrice, taker.limitPrice) = (4_940_000, 4_940_000);
        reason = abi.encodeWithSelector(FillRules.WorsensHealth.selector, ALICE);
        refuse(reason, maker, DELEGATE_KEY, taker, CAROL_KEY, BITCOIN);
    }

    /// @custom:invariant INV-VENUE-7
    function test_WhenItBuysMoreOrTurns_ThenRevertsAccountFlagged() external {
        fund(ALICE, 50_000 * USDC);
        bytes memory reason = abi.encodeWithSelector(IMarginVenue.AccountFlagged.selector, ALICE);
        refuse(reason, ALICE_KEY, CAROL_KEY, 1, FALLEN);
        refuse(reason, CAROL_KEY, ALICE_KEY, BITCOIN + 1, FALLEN);
        trade(CAROL_KEY, ALICE_KEY, BITCOIN, FALLEN);
    }

    /// @custom:invariant INV-VENUE-4
    function test_WhenItHasNothingLeft_ThenItCannotEvenReduce() external {
        setPrice(5_000_000);
        bytes memory reason = abi.encodeWithSelector(FillRules.WorsensHealth.selector, ALICE);
        refuse(reason, CAROL_KEY, ALICE_KEY, 1, 5_000_000);
    }
}
