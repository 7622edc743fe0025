// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {LiquidationOrder} from "../../contracts/types/LiquidationOrder.sol";
import {GasFixture} from "./GasFixture.sol";
import {VenueFixture} from "./VenueFixture.sol";
import {vm} from "./Vm.sol";

/// @dev Runs each test as transactions of their own, with cold storage. Figures are of the whole transaction.
/// forge-config: default.isolate = true
contract GivenAHundredAccountsBelowTheHardThreshold is VenueFixture, GasFixture {
    uint256 private constant ACCOUNTS = 100;
    uint256 private constant FIRST_ACCOUNT = 0xACC0;

    /// @dev A little above what was measured: a change that costs more must say so here.
    uint256 private constant MOST_BATCH_GAS = 10_300_000;
    uint256 private constant MOST_BATCH_GAS_WHEN_FULL = 12_900_000;
    uint256 private constant MOST_FILL_GAS = 204_000;

    address[] private _list;

    function setUp() public override {
        super.setUp();
        fund(FIRST, 2_000_000 * USDC);
        fund(SECOND, 2_000_000 * USDC);
        fund(BOB, 2_000_000 * USDC);
        insure(USDC);
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            address account = vm.addr(FIRST_ACCOUNT + i);
            fund(account, 2_000 * USDC);
            trade(FIRST_ACCOUNT + i, BOB_KEY, BITCOIN / 10, PRICE);
            _list.push(account);
        }
    }

    function test_WhenAllAreLiquidated_ThenTheBatchFitsATransaction() external {
        setPrice(4_300_000);
        LiquidationOrder memory order = aBatch(_list);
        bytes memory proof = signed(order);
        liquidation.liquidateBatch(order, proof);
        uint256 used = report("batch of 100");
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            vm.assertTrue(lotsOf(_list[i]) < int256(uint256(BITCOIN / 10)), "liquidated");
        }
        vm.assertLe(used, MOST_BATCH_GAS, "batch");
    }

    function test_WhenTheFirstBackstopIsFull_ThenTheBatchFitsATransaction() external {
        vm.prank(FIRST);
        venue.withdraw(2_000_000 * USDC);
        setPrice(4_300_000);
        LiquidationOrder memory order = aBatch(_list);
        bytes memory proof = signed(order);
        liquidation.liquidateBatch(order, proof);
        vm.assertLe(report("batch of 100, first backstop full"), MOST_BATCH_GAS_WHEN_FULL, "batch");
    }

    function test_WhenFilled_ThenCostsAreBounded() external {
        trade(FIRST_ACCOUNT, BOB_KEY, 1, PRICE);
        vm.assertLe(report("fill between two that have positions"), MOST_FILL_GAS, "fill");
    }
}
