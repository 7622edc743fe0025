// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CollateralVault} from "../../contracts/CollateralVault.sol";
import {ICollateralVault} from "../../contracts/interfaces/ICollateralVault.sol";
import {VaultFixture} from "./VaultFixture.sol";
import {vm} from "./Vm.sol";

contract GivenAnOwnerWithIdleCollateral is VaultFixture {
    uint256 private constant AMOUNT = 1000 * USDC;

    function setUp() public override {
        super.setUp();
        deposit(ALICE, AMOUNT);
    }

    function test_WhenBuiltWithNobodyAsVenue_ThenRevertsInvalidVenue() external {
        expectRevert(abi.encodeWithSelector(ICollateralVault.InvalidVenue.selector, address(0)));
        new CollateralVault(usdc, authority, people, oracle, address(0));
    }

    /// @custom:invariant INV-VAULT-1
    function test_WhenMovedToMargin_ThenItIsStillRecordedAndNoLongerIdle() external {
        vm.expectEmit(true, true, true, true, address(vault));
        emit ICollateralVault.MovedToMargin(ALICE, AMOUNT - 1);
        vm.prank(ALICE);
        vault.toMargin(AMOUNT - 1);
        vm.assertEq(vault.idle(ALICE), 1, "idle");
        vm.assertEq(vault.margin(ALICE), int256(AMOUNT - 1), "margin");
        vm.assertEq(vault.marginTotal(), int256(AMOUNT - 1), "marginTotal");
        vm.assertEq(vault.idleTotal(), VAULT_SIZE + 1, "idleTotal");
        vm.assertEq(vault.recorded(), VAULT_SIZE + AMOUNT, "recorded");
    }

    function test_WhenNothingOrMoreThanIdleIsMoved_ThenReverts() external {
        expectRevert(abi.encodeWithSelector(ICollateralVault.ZeroAmount.selector));
        vm.prank(ALICE);
        vault.toMargin(0);
        expectRevert(abi.encodeWithSelector(ICollateralVault.InsufficientIdle.selector, AMOUNT + 1, AMOUNT));
        vm.prank(ALICE);
        vault.toMargin(AMOUNT + 1);
    }

    function test_WhenAskedBetweenCalls_ThenTheVaultIsNotEntered() external view {
        vm.assertTrue(!vault.entered(), "entered");
    }
}

contract GivenAnOwnerWithMargin is VaultFixture {
    uint256 private constant AMOUNT = 1000 * USDC;
    address private constant BOB = address(0xB0B);

    function setUp() public override {
        super.setUp();
        deposit(ALICE, AMOUNT);
        vm.prank(ALICE);
        vault.toMargin(AMOUNT);
    }

    function test_WhenAnyoneButTheVenueMovesIt_ThenRevertsNotVenue() external {
        bytes memory reason = abi.encodeWithSelector(ICollateralVault.NotVenue.selector, ALICE, VENUE);
        expectRevert(reason);
        vm.prank(ALICE);
        vault.transferMargin(ALICE, BOB, 1);
        expectRevert(reason);
        vm.prank(ALICE);
        vault.marginToIdle(ALICE, 1);
    }

    /// @custom:invariant INV-VAULT-2
    function test_WhenTheVenueMovesMoreThanThereIs_ThenOneSideIsBelowZeroAndTheSumStays() external {
        vm.expectEmit(true, true, true, true, address(vault));
        emit ICollateralVault.MarginTransferred(ALICE, BOB, AMOUNT + 5);
        vm.prank(VENUE);
        vault.transferMargin(ALICE, BOB, AMOUNT + 5);
        vm.assertEq(vault.margin(ALICE), -5, "from");
        vm.assertEq(vault.margin(BOB), int256(AMOUNT + 5), "to");
        vm.assertEq(vault.marginTotal(), int256(AMOUNT), "marginTotal");
    }

    function test_WhenMovedToItself_ThenNothingChanges() external {
        vm.prank(VENUE);
        vault.transferMargin(ALICE, ALICE, 7);
        vm.assertEq(vault.margin(ALICE), int256(AMOUNT), "margin");
    }

    function test_WhenMadeIdle_ThenItsOwnerMayRequestIt() external {
        vm.expectEmit(true, true, true, true, address(vault));
        emit ICollateralVault.MovedToIdle(ALICE, AMOUNT);
        vm.prank(VENUE);
        vault.marginToIdle(ALICE, AMOUNT);
        vm.assertEq(vault.idle(ALICE), AMOUNT, "idle");
        vm.assertEq(vault.margin(ALICE), 0, "margin");
        vm.assertEq(vault.marginTotal(), 0, "marginTotal");
        vm.assertEq(vault.recorded(), VAULT_SIZE + AMOUNT, "recorded");
        vm.prank(ALICE);
        vault.requestRelease(AMOUNT);
    }

    function test_WhenMoreThanItsCashIsMadeIdle_ThenRevertsInsufficientMarginCash() external {
        bytes4 selector = ICollateralVault.InsufficientMarginCash.selector;
        expectRevert(abi.encodeWithSelector(selector, AMOUNT + 1, int256(AMOUNT)));
        vm.prank(VENUE);
        vault.marginToIdle(ALICE, AMOUNT + 1);
    }

    /// @custom:invariant INV-VAULT-2
    function test_WhenAHoleElsewhereWouldBeFilledFromIdle_ThenRevertsMarginExhausted() external {
        vm.prank(VENUE);
        vault.transferMargin(BOB, ALICE, AMOUNT);
        vm.prank(VENUE);
        vault.marginToIdle(ALICE, AMOUNT);
        expectRevert(abi.encodeWithSelector(ICollateralVault.MarginExhausted.selector, 1, 0));
        vm.prank(VENUE);
        vault.marginToIdle(ALICE, 1);
    }

    function test_WhenTokensAreDonated_ThenNothingChanges() external {
        usdc.mint(address(vault), 5 * AMOUNT);
        vm.assertEq(vault.marginTotal(), int256(AMOUNT), "marginTotal");
        vm.assertEq(vault.recorded(), VAULT_SIZE + AMOUNT, "recorded");
    }
}
