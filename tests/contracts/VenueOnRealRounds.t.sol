// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {RiskEngine} from "../../contracts/RiskEngine.sol";
import {VolatilityOracle} from "../../contracts/VolatilityOracle.sol";
import {IMarginVenue} from "../../contracts/interfaces/IMarginVenue.sol";
import {PriceFeed} from "../../contracts/mocks/PriceFeed.sol";
import {Table} from "../../contracts/types/Table.sol";
import {LiquidationFixture} from "./LiquidationFixture.sol";
import {vm} from "./Vm.sol";

/// @notice The venue on a feed's rounds, as it is deployed: a minute a round.
contract GivenAFeedThatFalls is LiquidationFixture {
    uint256 private constant MAX_ROUNDS = 64;

    PriceFeed private feed;

    function setUp() public override {
        vm.warp(START);
        feed = new PriceFeed();
        _push(60_000e8);
        super.setUp();
    }

    function deployVenue() internal override {
        oracle = new VolatilityOracle(feed, 2, 3600, 900);
        risk = new RiskEngine(oracle);
        super.deployVenue();
    }

    /// @custom:invariant INV-LIQ-3
    function test_WhenItFallsOverTenMinutes_ThenTheBatchConsumesTheRoundsAndBringsTheAccountBack() external {
        // From 60,000 to 42,000, in steps that need no confirmation.
        for (uint256 i = 1; i <= 9; ++i) {
            skip(60);
            _push(int256(60_000e8 - i * 2_000e8));
        }
        skip(360);
        _push(42_000e8);
        vm.assertTrue(oracle.behind(), "rounds wait");
        liquidate(ALICE);
        vm.assertTrue(!oracle.behind(), "consumed");
        Table memory table = risk.table(0);
        vm.assertEq(table.spot, 4_200_000, "spot");
        vm.assertEq(table.twap, 4_200_000, "average");
        vm.assertTrue(lotsOf(ALICE) < 10_000, "liquidated");
        vm.assertTrue(isHealthy(ALICE), "healthy");
    }

    function test_WhenMoreRoundsWaitThanACallConsumes_ThenRevertsRoundsPendingUntilPoked() external {
        for (uint256 i = 0; i <= MAX_ROUNDS; ++i) {
            skip(60);
            _push(60_000e8);
        }
        refuse(abi.encodeWithSelector(IMarginVenue.RoundsPending.selector), ALICE_KEY, CAROL_KEY, 1, PRICE);
        oracle.poke(MAX_ROUNDS);
        trade(ALICE_KEY, CAROL_KEY, 1, PRICE);
    }

    /// @custom:invariant INV-VENUE-7
    function test_WhenItGoesSilent_ThenPositionsCanStillBeClosed() external {
        skip(4_501);
        refuse(abi.encodeWithSelector(IMarginVenue.StaleOracle.selector), ALICE_KEY, CAROL_KEY, 1, PRICE);
        trade(BOB_KEY, ALICE_KEY, BITCOIN, PRICE);
        vm.prank(ALICE);
        venue.withdraw(MARGIN);
        vm.assertEq(vault.idle(ALICE), MARGIN, "out");
    }

    function _push(int256 answer) private {
        PriceFeed.Round[] memory rounds = new PriceFeed.Round[](1);
        rounds[0] = PriceFeed.Round({answer: answer, updatedAt: uint40(block.timestamp)});
        feed.push(rounds);
    }
}
