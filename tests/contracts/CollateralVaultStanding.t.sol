// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICollateralVault} from "../../contracts/interfaces/ICollateralVault.sol";
import {StandingInstructions} from "../../contracts/libraries/StandingInstructions.sol";
import {ActionClass} from "../../contracts/types/ActionClass.sol";
import {Release, ReleaseId, ReleaseState} from "../../contracts/types/Release.sol";
import {VaultFixture} from "./VaultFixture.sol";
import {vm, within} from "./Vm.sol";

contract GivenAStandingInstruction is VaultFixture {
    uint64 private constant AMOUNT = 100e6;
    uint32 private constant PERIOD = 7 days;

    uint40 private until;

    function setUp() public override {
        super.setUp();
        deposit(ALICE, 3 * AMOUNT);
        until = uint40(block.timestamp + 30 days);
        vm.expectEmit(true, true, true, true, address(vault));
        emit ICollateralVault.StandingSet(ALICE, AMOUNT, PERIOD, until);
        _set(AMOUNT, PERIOD, until);
    }

    /// @custom:invariant INV-STANDING-2
    function test_WhenAnyoneUsesIt_ThenAnOrdinaryReleaseOfItsOwner() external {
        vm.prank(ANYONE);
        ReleaseId id = vault.requestStanding(ALICE);
        Release memory release = vault.release(id);
        vm.assertEq(release.owner, ALICE, "owner");
        vm.assertEq(release.to, ALICE, "to");
        vm.assertEq(release.amount, AMOUNT, "amount");
        vm.assertEq(vault.idle(ALICE), 2 * AMOUNT, "idle");
        expedite(anExpedite(id, ActionClass.B, LOW));
        vm.assertEq(usdc.balanceOf(ALICE), AMOUNT, "expedited");

        skip(PERIOD);
        id = vault.requestStanding(ALICE);
        vm.prank(ALICE);
        vault.cancelRelease(id);
        vm.assertEq(uint256(vault.release(id).state), uint256(ReleaseState.Cancelled), "cancelled");

        skip(PERIOD);
        id = vault.requestStanding(ALICE);
        vm.prank(GUARDIAN);
        vault.veto(id);
        skip(14 days);
        vault.execute(id);
        vm.assertEq(usdc.balanceOf(ALICE), 2 * AMOUNT, "executed");
    }

    /// @custom:invariant INV-STANDING-1
    function test_WhenUsedTwiceInAPeriod_ThenRevertsPeriodNotOver() external {
        vault.requestStanding(ALICE);
        uint256 nextAt = block.timestamp + PERIOD;
        _refuse(_notOver(nextAt));
        vm.warp(nextAt - 1);
        _refuse(_notOver(nextAt));
        // Late in the second period: the third still lies a whole period away.
        vm.warp(nextAt + PERIOD - 1);
        vault.requestStanding(ALICE);
        skip(1);
        _refuse(_notOver(block.timestamp - 1 + PERIOD));
    }

    /// @custom:invariant INV-STANDING-1
    function testFuzz_WhenTriedAtAnyTimes_ThenNeverTwiceWithinAPeriodNorAfterItsEnd(uint256 seed) external {
        deposit(ALICE, 100 * AMOUNT);
        uint256 last = 0;
        for (uint256 i = 0; i < 20; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            skip(within(seed, 1, 4 days));
            bool allowed = block.timestamp <= until && (last == 0 || block.timestamp >= last + PERIOD);
            try vault.requestStanding(ALICE) {
                vm.assertTrue(allowed, "used against the instruction");
                last = block.timestamp;
            } catch {
                vm.assertTrue(!allowed, "refused");
            }
        }
    }

    function test_WhenItHasEnded_ThenRevertsStandingEnded() external {
        vm.warp(until);
        vault.requestStanding(ALICE);
        skip(PERIOD);
        _refuse(abi.encodeWithSelector(StandingInstructions.StandingEnded.selector, block.timestamp, until));
    }

    /// @custom:invariant INV-STANDING-2
    function test_WhenIdleIsTooLittle_ThenRevertsAndThePeriodIsNotUsed() external {
        vm.prank(ALICE);
        vault.toMargin(3 * AMOUNT - 1);
        _refuse(abi.encodeWithSelector(ICollateralVault.InsufficientIdle.selector, AMOUNT, 1));
        deposit(ALICE, AMOUNT);
        vault.requestStanding(ALICE);
    }

    function test_WhenRevoked_ThenRevertsNoStanding() external {
        vm.expectEmit(true, true, true, true, address(vault));
        emit ICollateralVault.StandingRevoked(ALICE);
        vm.prank(ALICE);
        vault.revokeStanding();
        _refuse(abi.encodeWithSelector(StandingInstructions.NoStanding.selector, ALICE));
    }

    function test_WhenItCannotBeMeant_ThenRefusedByName() external {
        expectRevert(abi.encodeWithSelector(ICollateralVault.ZeroAmount.selector));
        _set(0, PERIOD, until);
        expectRevert(
            abi.encodeWithSelector(StandingInstructions.PeriodOutOfBounds.selector, 1 hours - 1, 1 hours, 366 days)
        );
        _set(AMOUNT, 1 hours - 1, until);
        expectRevert(
            abi.encodeWithSelector(StandingInstructions.PeriodOutOfBounds.selector, 366 days + 1, 1 hours, 366 days)
        );
        _set(AMOUNT, 366 days + 1, until);
        uint40 past = uint40(block.timestamp - 1);
        expectRevert(abi.encodeWithSelector(StandingInstructions.StandingEnded.selector, block.timestamp, past));
        _set(AMOUNT, PERIOD, past);
    }

    /// @dev A thief of the owner's key asks for a payout address of its own, a standing instruction and a release.
    /// @custom:invariant INV-STANDING-2
    function test_WhenAThiefHasTheOwnersKey_ThenEverythingPaysTheAddressThatWasAndItCancels() external {
        vm.prank(ALICE);
        vault.requestPayout(SAFE);
        skip(3 days);
        vault.applyPayout(ALICE);

        vm.prank(ALICE);
        vault.requestPayout(ANYONE);
        _set(AMOUNT, 1 hours, until);
        vm.prank(ALICE);
        ReleaseId asked = vault.requestRelease(AMOUNT);
        ReleaseId standing = vault.requestStanding(ALICE);
        vm.assertEq(vault.release(asked).to, SAFE, "asked");
        vm.assertEq(vault.release(standing).to, SAFE, "standing");
        vm.prank(SAFE);
        vault.cancelPayout(ALICE);
        skip(14 days);
        vault.execute(asked);
        vault.execute(standing);
        vault.execute(_later());
        vm.assertEq(usdc.balanceOf(ANYONE), 0, "thief");
        vm.assertEq(usdc.balanceOf(SAFE), 3 * AMOUNT, "safe");
    }

    function _later() private returns (ReleaseId id) {
        id = vault.requestStanding(ALICE);
        skip(14 days);
    }

    function _set(uint64 amount, uint32 period, uint40 end) private {
        vm.prank(ALICE);
        vault.setStanding(amount, period, end);
    }

    function _refuse(bytes memory reason) private {
        expectRevert(reason);
        vault.requestStanding(ALICE);
    }

    function _notOver(uint256 nextAt) private view returns (bytes memory) {
        return abi.encodeWithSelector(StandingInstructions.PeriodNotOver.selector, block.timestamp, nextAt);
    }
}
