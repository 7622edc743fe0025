// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICollateralVault} from "../../contracts/interfaces/ICollateralVault.sol";
import {AcceptanceBook} from "../../contracts/libraries/AcceptanceBook.sol";
import {ReleaseId} from "../../contracts/types/Release.sol";
import {VaultFixture} from "./VaultFixture.sol";
import {vm} from "./Vm.sol";

contract GivenAnOwnerWithoutAPayoutAddress is VaultFixture {
    function test_WhenAsked_ThenTheOwnerItself() external view {
        vm.assertEq(vault.payoutOf(ALICE), ALICE, "payout");
        (address to, uint40 readyAt) = vault.pendingPayout(ALICE);
        vm.assertEq(to, address(0), "to");
        vm.assertEq(readyAt, 0, "readyAt");
    }

    function test_WhenNobodyOrTheVaultIsRequested_ThenRevertsInvalidPayout() external {
        expectRevert(abi.encodeWithSelector(ICollateralVault.InvalidPayout.selector, address(0)));
        vault.requestPayout(address(0));
        expectRevert(abi.encodeWithSelector(ICollateralVault.InvalidPayout.selector, address(vault)));
        vault.requestPayout(address(vault));
    }

    function test_WhenNoChangeWaits_ThenNothingToApplyOrCancel() external {
        bytes memory reason = abi.encodeWithSelector(ICollateralVault.NoPendingPayout.selector, ALICE);
        expectRevert(reason);
        vault.applyPayout(ALICE);
        expectRevert(reason);
        vm.prank(ALICE);
        vault.cancelPayout(ALICE);
    }
}

contract GivenAPayoutChangeThatWaits is VaultFixture {
    uint256 private readyAt;

    function setUp() public override {
        super.setUp();
        readyAt = block.timestamp + vault.PAYOUT_DELAY();
        vm.expectEmit(true, true, true, true, address(vault));
        emit ICollateralVault.PayoutRequested(ALICE, SAFE, readyAt);
        vm.prank(ALICE);
        vault.requestPayout(SAFE);
    }

    /// @custom:invariant INV-VAULT-10
    function test_WhenAppliedASecondEarly_ThenRevertsTooEarly() external {
        vm.assertEq(readyAt, block.timestamp + 3 days, "three days");
        vm.warp(readyAt - 1);
        expectRevert(abi.encodeWithSelector(AcceptanceBook.TooEarly.selector, readyAt - 1, readyAt));
        vault.applyPayout(ALICE);
    }

    /// @custom:invariant INV-VAULT-10
    function test_WhenAppliedByAnyoneWhenReady_ThenLaterRequestsPayThere() external {
        ReleaseId before = aRelease(USDC);
        vm.warp(readyAt);
        vm.expectEmit(true, true, true, true, address(vault));
        emit ICollateralVault.PayoutApplied(ALICE, SAFE);
        vm.prank(ANYONE);
        vault.applyPayout(ALICE);
        vm.assertEq(vault.payoutOf(ALICE), SAFE, "payout");

        ReleaseId afterwards = aRelease(2 * USDC);
        skip(14 days);
        vault.execute(before);
        vault.execute(afterwards);
        vm.assertEq(usdc.balanceOf(ALICE), USDC, "queued before: pinned");
        vm.assertEq(usdc.balanceOf(SAFE), 2 * USDC, "queued after");

        expectRevert(abi.encodeWithSelector(ICollateralVault.NoPendingPayout.selector, ALICE));
        vault.applyPayout(ALICE);
    }

    function test_WhenReadyButNotApplied_ThenRequestsStillPayTheOldAddress() external {
        vm.warp(readyAt + 1);
        vm.assertEq(vault.release(aRelease(USDC)).to, ALICE, "to");
    }

    function test_WhenRequestedAgain_ThenTheClockStartsAgain() external {
        skip(2 days);
        vm.prank(ALICE);
        vault.requestPayout(ANYONE);
        (address to, uint40 later) = vault.pendingPayout(ALICE);
        vm.assertEq(to, ANYONE, "to");
        vm.assertEq(later, block.timestamp + 3 days, "readyAt");
    }

    function test_WhenCancelledByAStranger_ThenRevertsNotPayoutGuardian() external {
        expectRevert(abi.encodeWithSelector(ICollateralVault.NotPayoutGuardian.selector, SAFE, ALICE, ALICE));
        vm.prank(SAFE);
        vault.cancelPayout(ALICE);
    }

    function test_WhenCancelledByItsOwner_ThenNothingWaits() external {
        vm.expectEmit(true, true, true, true, address(vault));
        emit ICollateralVault.PayoutCancelled(ALICE, SAFE, ALICE);
        vm.prank(ALICE);
        vault.cancelPayout(ALICE);
        vm.warp(readyAt);
        expectRevert(abi.encodeWithSelector(ICollateralVault.NoPendingPayout.selector, ALICE));
        vault.applyPayout(ALICE);
        vm.assertEq(vault.payoutOf(ALICE), ALICE, "payout");
    }

    /// @custom:invariant INV-VAULT-10
    function test_WhenAThiefOfTheOwnersKeyAsksForAnother_ThenTheOldAddressCancels() external {
        vm.warp(readyAt);
        vault.applyPayout(ALICE);
        vm.prank(ALICE);
        vault.requestPayout(ANYONE);
        vm.prank(SAFE);
        vault.cancelPayout(ALICE);
        skip(30 days);
        expectRevert(abi.encodeWithSelector(ICollateralVault.NoPendingPayout.selector, ALICE));
        vault.applyPayout(ALICE);
        vm.assertEq(vault.payoutOf(ALICE), SAFE, "payout");
    }
}

/// @notice Alice pays to a safe. Whoever has her key could trade away what is in margin, with an account of its own
/// on the other side: so margin opens as slowly as the address changes.
contract GivenAnOwnerWhoPaysToASafe is VaultFixture {
    uint256 private constant AMOUNT = 100 * USDC;

    function setUp() public override {
        super.setUp();
        deposit(ALICE, 2 * AMOUNT);
        _ask(SAFE);
        skip(3 days);
        vault.applyPayout(ALICE);
    }

    /// @custom:invariant INV-VAULT-13
    function test_WhenAThiefOfItsKeyEntersMargin_ThenRefusedUntilTheSafeCouldHaveSaidNo() external {
        bytes memory reason = abi.encodeWithSelector(ICollateralVault.MarginNotAsked.selector, ALICE, SAFE);
        _refuse(reason);
        _ask(VENUE);
        skip(3 days);
        _refuse(reason);
        vm.prank(SAFE);
        vault.cancelPayout(ALICE);
        expectRevert(abi.encodeWithSelector(ICollateralVault.NoPendingPayout.selector, ALICE));
        vault.applyPayout(ALICE);
        _refuse(reason);
    }

    /// @custom:invariant INV-VAULT-13
    function test_WhenNobodySaysNo_ThenMarginOpensAndTheAddressStays() external {
        _ask(VENUE);
        skip(3 days);
        vault.applyPayout(ALICE);
        vm.assertEq(vault.payoutOf(ALICE), SAFE, "payout");
        vm.prank(ALICE);
        vault.toMargin(AMOUNT);
        vm.assertEq(vault.margin(ALICE), int256(AMOUNT), "margin");
    }

    /// @custom:invariant INV-VAULT-13
    function test_WhenTheAddressChanges_ThenMarginClosesButToWhoIsInIt() external {
        _ask(VENUE);
        skip(3 days);
        vault.applyPayout(ALICE);
        _ask(ANYONE);
        skip(3 days);
        vault.applyPayout(ALICE);
        _refuse(abi.encodeWithSelector(ICollateralVault.MarginNotAsked.selector, ALICE, ANYONE));

        _ask(VENUE);
        skip(3 days);
        vault.applyPayout(ALICE);
        vm.prank(ALICE);
        vault.toMargin(AMOUNT);
        _ask(SAFE);
        skip(3 days);
        vault.applyPayout(ALICE);
        vm.prank(ALICE);
        vault.toMargin(AMOUNT);
        vm.assertEq(vault.margin(ALICE), int256(2 * AMOUNT), "topped up");
    }

    function test_WhenThereIsNoVenueYet_ThenNothingEntersMargin() external {
        vm.etch(VENUE, "");
        deposit(WHALE, AMOUNT);
        expectRevert(abi.encodeWithSelector(ICollateralVault.NotAContract.selector, VENUE));
        vm.prank(WHALE);
        vault.toMargin(AMOUNT);
    }

    function _ask(address to) private {
        vm.prank(ALICE);
        vault.requestPayout(to);
    }

    function _refuse(bytes memory reason) private {
        expectRevert(reason);
        vm.prank(ALICE);
        vault.toMargin(1);
    }
}
