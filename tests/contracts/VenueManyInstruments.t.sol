// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMarginVenue} from "../../contracts/interfaces/IMarginVenue.sol";
import {IRiskEngine} from "../../contracts/interfaces/IRiskEngine.sol";
import {Order} from "../../contracts/types/Order.sol";
import {Table} from "../../contracts/types/Table.sol";
import {LiquidationFixture} from "./LiquidationFixture.sol";
import {vm} from "./Vm.sol";

/// @notice An engine that knows 33 instruments, all at one price: what the venue must bear once there are as many.
contract GivenManyInstruments is LiquidationFixture {
    uint16 private constant INSTRUMENTS = 33;
    uint64 private constant LOTS = 300;

    /// @dev MARGIN §8: a liquidation of 32 positions.
    uint256 private constant MOST_GAS = 4_000_000;

    address private immutable TRADER = vm.addr(77);

    function setUp() public override {
        super.setUp();
        fund(TRADER, MARGIN);
        _mark(PRICE);
    }

    function test_WhenAnAccountHas32_ThenAnotherRevertsTooManyPositionsAndMoreOfOneDoesNot() external {
        _openAll();
        // The seller has as many, and its side comes first.
        bytes memory reason = abi.encodeWithSelector(IMarginVenue.TooManyPositions.selector, BOB, 33, 32);
        (Order memory maker, Order memory taker) = _orders(32, 1, PRICE);
        refuse(reason, maker, BOB_KEY, taker, 77, 1);
        _trade(31, 1, PRICE);
        _trade(5, -int64(LOTS), PRICE);
        _trade(32, 1, PRICE);
    }

    /// @custom:invariant INV-VENUE-2
    /// @custom:invariant INV-VENUE-3
    function test_WhenAPartOf32IsLiquidated_ThenAsMuchOfEveryOneMoves() external {
        _openAll();
        _mark(4_150_000);
        uint256 before = gasleft();
        liquidate(TRADER);
        vm.assertLe(before - gasleft(), MOST_GAS, "gas");
        (int64 first,) = venue.position(TRADER, 0);
        vm.assertTrue(first > 0 && first < int64(LOTS), "a part");
        for (uint16 i = 0; i < 32; ++i) {
            (int64 lots,) = venue.position(TRADER, i);
            (int64 taken,) = venue.position(FIRST, i);
            vm.assertEq(lots, first, "as much of each");
            vm.assertEq(lots + taken, int64(LOTS), "nothing is lost");
        }
        _isConserved();
    }

    /// @custom:invariant INV-VENUE-2
    /// @custom:invariant INV-VENUE-3
    function test_WhenAllOf32AreClosed_ThenNothingIsLeftAndNothingIsLost() external {
        insure(MARGIN);
        _openAll();
        _mark(3_800_000);
        liquidate(TRADER);
        for (uint16 i = 0; i < 32; ++i) {
            (int64 lots,) = venue.position(TRADER, i);
            (int64 taken,) = venue.position(FIRST, i);
            vm.assertEq(lots, 0, "closed");
            vm.assertEq(taken, int64(LOTS), "taken");
        }
        vm.assertEq(cashOf(TRADER), 0, "at zero");
        _isConserved();
    }

    function _openAll() private {
        for (uint16 i = 0; i < 32; ++i) {
            _trade(i, int64(LOTS), PRICE);
        }
    }

    /// @dev Bob sells, or buys where `lots` are below zero.
    function _trade(uint16 instrument, int64 lots, uint64 price) private {
        (Order memory maker, Order memory taker) = _orders(instrument, lots, price);
        fill(maker, signed(BOB_KEY, maker), taker, signed(77, taker), uint64(lots > 0 ? lots : -lots));
    }

    function _orders(uint16 instrument, int64 lots, uint64 price)
        private
        returns (Order memory maker, Order memory taker)
    {
        (maker, taker) = (anOrder(BOB_KEY, -lots, price), anOrder(77, lots, price));
        (maker.instrument, taker.instrument) = (instrument, instrument);
    }

    function _mark(uint64 price) private {
        setPrice(price);
        Table[] memory tables = new Table[](INSTRUMENTS);
        for (uint16 i = 0; i < INSTRUMENTS; ++i) {
            tables[i] = risk.table(0);
        }
        vm.mockCall(address(risk), abi.encodeCall(IRiskEngine.tables, ()), abi.encode(tables));
    }

    function _isConserved() private view {
        int256 costs = 0;
        int256 cash = cashOf(address(venue)) + cashOf(address(liquidation)) + cashOf(SECOND) + cashOf(CAROL);
        address[4] memory holders = [ALICE, BOB, FIRST, TRADER];
        for (uint256 i = 0; i < holders.length; ++i) {
            cash += cashOf(holders[i]);
            for (uint16 j = 0; j < INSTRUMENTS; ++j) {
                (, int128 cost) = venue.position(holders[i], j);
                costs += cost;
            }
        }
        vm.assertEq(cashOf(address(venue)), -costs, "pool");
        vm.assertEq(cash, vault.marginTotal(), "margin");
    }
}
