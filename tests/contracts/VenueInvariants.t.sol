// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {VenueFixture} from "./VenueFixture.sol";
import {VenueHandler} from "./VenueHandler.sol";
import {vm} from "./Vm.sol";

abstract contract AnythingAtAVenue is VenueFixture {
    VenueHandler internal handler;

    function setUp() public virtual override {
        super.setUp();
        uint256[] memory keys = new uint256[](6);
        (keys[0], keys[1], keys[2], keys[3]) = (ALICE_KEY, BOB_KEY, CAROL_KEY, DELEGATE_KEY);
        (keys[4], keys[5]) = (FIRST_KEY, SECOND_KEY);
        handler = new VenueHandler(vault, venue, liquidation, settable, usdc, keys);
        // A market under way, so that the price has somebody to hurt.
        fund(ALICE, 10_000 * USDC);
        fund(BOB, 11_000 * USDC);
        fund(CAROL, 6_000 * USDC);
        fund(FIRST, 5_000 * USDC);
        fund(SECOND, 100_000 * USDC);
        trade(ALICE_KEY, BOB_KEY, BITCOIN, PRICE);
        trade(BOB_KEY, CAROL_KEY, BITCOIN / 2, PRICE);
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// @custom:invariant INV-VAULT-1
    /// @custom:invariant INV-VAULT-2
    function invariant_NotOneUnitAppearsOrVanishes() external view {
        uint256 idle = vault.idle(address(liquidation));
        int256 margin = cashOf(address(venue)) + cashOf(address(liquidation));
        margin += cashOf(liquidation.DEFICIT_ACCOUNT());
        for (uint256 i = 0; i < handler.keysCount(); ++i) {
            address account = vm.addr(handler.keys(i));
            idle += vault.idle(account);
            margin += cashOf(account);
        }
        vm.assertEq(vault.idleTotal(), idle, "idle");
        vm.assertEq(vault.marginTotal(), margin, "margin");
        vm.assertGe(margin, 0, "no hole in idle");
        vm.assertEq(vault.recorded(), idle + vault.queuedTotal() + uint256(margin), "recorded");
        vm.assertEq(usdc.balanceOf(address(vault)), vault.recorded() + handler.donated(), "backing");
    }

    /// @custom:invariant INV-VENUE-2
    /// @custom:invariant INV-VENUE-3
    function invariant_EveryLotHasItsOtherSideAndThePoolIsWhatPositionsCost() external view {
        int256 lots = 0;
        int256 costs = 0;
        for (uint256 i = 0; i < handler.keysCount(); ++i) {
            (int64 held, int128 cost) = venue.position(vm.addr(handler.keys(i)), 0);
            lots += held;
            costs += cost;
        }
        vm.assertEq(lots, 0, "lots");
        vm.assertEq(cashOf(address(venue)), -costs, "pool");
    }

    /// @custom:invariant INV-LIQ-5
    /// @custom:invariant INV-VENUE-11
    function invariant_OnlyWhoHasAPositionIsBelowZeroAndInsuranceNever() external view {
        vm.assertGe(cashOf(address(liquidation)), 0, "insurance");
        vm.assertLe(cashOf(liquidation.DEFICIT_ACCOUNT()), 0, "deficit");
        for (uint256 i = 0; i < handler.keysCount(); ++i) {
            address account = vm.addr(handler.keys(i));
            if (lotsOf(account) == 0) vm.assertGe(cashOf(account), 0, "without a position");
        }
    }
}

contract GivenAnythingThatAnybodyDoesAtAVenue is AnythingAtAVenue {}

/// @notice The same where the market fell by half before anybody could liquidate: Alice's hole is the deficit, and those
/// who leave share it.
contract GivenAnythingThatAnybodyDoesWhileADeficitStands is AnythingAtAVenue {
    function setUp() public override {
        super.setUp();
        setPrice(3_000_000);
        liquidate(ALICE);
        vm.assertEq(liquidation.deficit(), 20_000 * USDC, "deficit");
    }
}
