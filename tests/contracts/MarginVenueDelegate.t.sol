// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMarginVenue} from "../../contracts/interfaces/IMarginVenue.sol";
import {DelegateLimits} from "../../contracts/libraries/DelegateLimits.sol";
import {Delegate} from "../../contracts/types/Delegate.sol";
import {Order} from "../../contracts/types/Order.sol";
import {VenueFixture} from "./VenueFixture.sol";
import {vm} from "./Vm.sol";

/// @notice Alice lets a key trade up to one bitcoin and lose $100 a day.
contract GivenADelegate is VenueFixture {
    uint64 private constant LIMIT = 60_000e6;
    uint64 private constant BUDGET = 100e6;
    uint40 private constant UNTIL = uint40(START + 2 days);

    function setUp() public override {
        super.setUp();
        fund(ALICE, 100_000 * USDC);
        fund(BOB, 100_000 * USDC);
        vm.expectEmit(true, true, true, true, address(venue));
        emit IMarginVenue.DelegateSet(ALICE, DELEGATE, UNTIL, LIMIT, BUDGET);
        vm.prank(ALICE);
        venue.setDelegate(DELEGATE, UNTIL, LIMIT, BUDGET);
    }

    function test_WhenSet_ThenItsLimitsCanBeRead() external view {
        Delegate memory limits = venue.delegateOf(ALICE, DELEGATE);
        vm.assertEq(limits.expiry, UNTIL, "expiry");
        vm.assertEq(limits.notionalLimit, LIMIT, "notionalLimit");
        vm.assertEq(limits.dailyLossBudget, BUDGET, "dailyLossBudget");
        vm.assertEq(limits.lossOfDay, 0, "lossOfDay");
    }

    function test_WhenNobodyOrTheAccountOrThePastIsSet_ThenReverts() external {
        expectRevert(abi.encodeWithSelector(IMarginVenue.InvalidDelegate.selector, address(0)));
        vm.prank(ALICE);
        venue.setDelegate(address(0), UNTIL, LIMIT, BUDGET);
        expectRevert(abi.encodeWithSelector(IMarginVenue.InvalidDelegate.selector, ALICE));
        vm.prank(ALICE);
        venue.setDelegate(ALICE, UNTIL, LIMIT, BUDGET);
        expectRevert(abi.encodeWithSelector(IMarginVenue.DelegateExpired.selector, DELEGATE, START - 1));
        vm.prank(ALICE);
        venue.setDelegate(DELEGATE, uint40(START - 1), LIMIT, BUDGET);
    }

    /// @custom:invariant INV-VENUE-8
    function test_WhenItSignsForAnother_ThenRevertsInvalidSignature() external {
        Order memory maker = anOrder(BOB_KEY, -1, PRICE);
        bytes memory reason = abi.encodeWithSelector(IMarginVenue.InvalidSignature.selector, BOB);
        refuse(reason, maker, DELEGATE_KEY, anOrder(ALICE_KEY, 1, PRICE), ALICE_KEY, 1);
    }

    /// @custom:invariant INV-VENUE-8
    function test_WhenThePositionWouldBeTooLarge_ThenRevertsDelegateNotionalExceeded() external {
        _trade(int64(BITCOIN), PRICE);
        bytes4 selector = DelegateLimits.DelegateNotionalExceeded.selector;
        _refuse(abi.encodeWithSelector(selector, DELEGATE, 60_006e6, LIMIT), 1, PRICE);
        // It grew by itself: smaller is still allowed.
        setPrice(6_200_000);
        _trade(-1, 6_200_000);
    }

    /// @custom:invariant INV-VENUE-8
    function test_WhenItLosesTooMuchAgainstTheMarkInADay_ThenRevertsDelegateLossExceeded() external {
        // Ten cents a lot too dear: $60 on 600 lots.
        _trade(600, PRICE + 100_000);
        bytes4 selector = DelegateLimits.DelegateLossExceeded.selector;
        _refuse(abi.encodeWithSelector(selector, DELEGATE, 60e6, 40e6), 600, PRICE + 100_000);
        // A gain does not make up for it, and costs nothing.
        _trade(600, PRICE - 100_000);
        _refuse(abi.encodeWithSelector(selector, DELEGATE, 60e6, 40e6), -600, PRICE - 100_000);
        _trade(-400, PRICE - 100_000);
        vm.assertEq(venue.delegateOf(ALICE, DELEGATE).lossOfDay, BUDGET, "all of it");
        vm.warp((block.timestamp / 1 days + 1) * 1 days);
        _trade(600, PRICE + 100_000);
        vm.assertEq(venue.delegateOf(ALICE, DELEGATE).lossOfDay, 60e6, "another day");
    }

    /// @custom:invariant INV-VENUE-8
    function test_WhenItsTimeIsOver_ThenRevertsDelegateExpired() external {
        vm.warp(UNTIL);
        _trade(1, PRICE);
        skip(1);
        _refuse(abi.encodeWithSelector(IMarginVenue.DelegateExpired.selector, DELEGATE, UNTIL), 1, PRICE);
        trade(ALICE_KEY, BOB_KEY, 1, PRICE);
    }

    /// @custom:invariant INV-VENUE-8
    function test_WhenRevoked_ThenItSignsNothing() external {
        vm.expectEmit(true, true, true, true, address(venue));
        emit IMarginVenue.DelegateRevoked(ALICE, DELEGATE);
        vm.prank(ALICE);
        venue.revokeDelegate(DELEGATE);
        _refuse(abi.encodeWithSelector(IMarginVenue.InvalidSignature.selector, ALICE), 1, PRICE);
    }

    function test_WhenItCancels_ThenTheAccountsOrderIsCancelled() external {
        Order memory order = anOrder(ALICE_KEY, 1, PRICE);
        vm.prank(DELEGATE);
        venue.cancel(order);
        vm.assertTrue(venue.orderState(venue.digestOf(order)).cancelled, "cancelled");
    }

    /// @custom:invariant INV-VENUE-8
    function test_WhenItWithdraws_ThenOnlyFromItsOwnEmptyAccount() external {
        expectRevert(abi.encodeWithSelector(IMarginVenue.InsufficientFreeMargin.selector, 1, 0));
        vm.prank(DELEGATE);
        venue.withdraw(1);
    }

    function _trade(int64 lots, uint64 price) private {
        Order memory maker = anOrder(BOB_KEY, -lots, price);
        Order memory taker = anOrder(ALICE_KEY, lots, price);
        uint64 size = uint64(lots > 0 ? lots : -lots);
        fill(maker, signed(BOB_KEY, maker), taker, signed(DELEGATE_KEY, taker), size);
    }

    function _refuse(bytes memory reason, int64 lots, uint64 price) private {
        Order memory maker = anOrder(BOB_KEY, -lots, price);
        Order memory taker = anOrder(ALICE_KEY, lots, price);
        refuse(reason, maker, BOB_KEY, taker, DELEGATE_KEY, uint64(lots > 0 ? lots : -lots));
    }
}
