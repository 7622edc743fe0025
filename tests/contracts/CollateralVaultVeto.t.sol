// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICollateralVault} from "../../contracts/interfaces/ICollateralVault.sol";
import {IVaultRules} from "../../contracts/interfaces/IVaultRules.sol";
import {AcceptanceBook} from "../../contracts/libraries/AcceptanceBook.sol";
import {ActionClass} from "../../contracts/types/ActionClass.sol";
import {Expedite} from "../../contracts/types/Expedite.sol";
import {Regime} from "../../contracts/types/Regime.sol";
import {Release, ReleaseId, ReleaseState} from "../../contracts/types/Release.sol";
import {VaultFixture} from "./VaultFixture.sol";
import {vm} from "./Vm.sol";

contract GivenAGuardianWhoVetoes is VaultFixture {
    ReleaseId private id;
    uint256 private requestedAt;

    function setUp() public override {
        super.setUp();
        id = aRelease(ONE_PERCENT);
        requestedAt = block.timestamp;
    }

    function test_WhenVetoedJustBeforeItIsRipe_ThenItsOwnDelayBeginsAnewOnce() external {
        skip(24 hours - 1);
        vm.expectEmit(true, true, true, true, address(vault));
        emit ICollateralVault.Vetoed(id, GUARDIAN);
        _veto(id, GUARDIAN);
        uint256 vetoedAt = block.timestamp;
        vm.assertEq(vault.vetoedAt(ALICE), vetoedAt, "vetoedAt");
        vm.assertEq(vault.ripeAt(id), vetoedAt + 24 hours, "ripeAt");
        skip(24 hours - 1);
        expectRevert(abi.encodeWithSelector(AcceptanceBook.TooEarly.selector, block.timestamp, block.timestamp + 1));
        vault.execute(id);
        skip(1);
        vault.execute(id);
        vm.assertEq(usdc.balanceOf(ALICE), ONE_PERCENT, "alice");
    }

    /// @custom:invariant INV-VETO-1
    function testFuzz_WhenVetoedAtAnyTimeInAnyRegime_ThenRipeByTheExitBound(uint256 time, uint8 regime) external {
        id = aRelease(2 * ONE_PERCENT);
        setRegime(Regime(regime % 3));
        vm.warp(requestedAt + time % 14 days);
        _veto(id, GUARDIAN);
        uint256 ripe = vault.ripeAt(id);
        vm.assertLe(ripe, requestedAt + 14 days, "exit bound");
        uint256[3] memory delays = [uint256(48 hours), 72 hours, 7 days];
        uint256 anew = block.timestamp + delays[regime % 3];
        vm.assertEq(ripe, anew < requestedAt + 14 days ? anew : requestedAt + 14 days, "its own delay anew");
    }

    /// @custom:invariant INV-VETO-2
    function test_WhenGuardiansVetoInTurns_ThenOneAnAccountIn30Days() external {
        _veto(id, GUARDIAN);
        ReleaseId second = aRelease(USDC);
        uint256 nextAt = block.timestamp + 30 days;
        _refuse(id, GUARDIAN_2, _coolingDown(nextAt));
        _refuse(second, GUARDIAN_3, _coolingDown(nextAt));
        // Another account's is another matter.
        vm.prank(WHALE);
        ReleaseId whales = vault.requestRelease(USDC);
        _veto(whales, GUARDIAN);

        vm.warp(nextAt - 1);
        second = aRelease(USDC);
        _refuse(second, GUARDIAN, _coolingDown(nextAt));
        skip(1);
        _veto(second, GUARDIAN);
        vm.assertEq(vault.release(second).vetoedAt, nextAt, "vetoed");
    }

    /// @custom:invariant INV-VETO-2
    function test_WhenPastTheExitBound_ThenRevertsPastExitBound() external {
        skip(14 days);
        _refuse(
            id, GUARDIAN, abi.encodeWithSelector(ICollateralVault.PastExitBound.selector, id, requestedAt + 14 days)
        );
        vault.execute(id);
    }

    function test_WhenTheCallerIsNoGuardianOrTheReleaseIsGone_ThenRefused() external {
        _refuse(id, ANYONE, abi.encodeWithSelector(IVaultRules.NotGuardian.selector, ANYONE));
        vm.prank(ALICE);
        vault.cancelRelease(id);
        _refuse(
            id,
            GUARDIAN,
            abi.encodeWithSelector(ICollateralVault.ReleaseNotRequested.selector, id, ReleaseState.Cancelled)
        );
    }

    /// @custom:invariant INV-VETO-3
    function test_WhenAnAcceptedExpediteIsVetoed_ThenItNeverServes() external {
        setRegime(Regime.ELEVATED);
        Expedite memory intent = anExpedite(id, ActionClass.B, LOW);
        bytes memory proof = signed(intent);
        vault.expedite(intent, proof);
        skip(1 hours - 1);
        _veto(id, GUARDIAN);
        skip(1);
        expectRevert(abi.encodeWithSelector(ICollateralVault.ReleaseVetoed.selector, id));
        vault.expedite(intent, proof);
        skip(13 days);
        vault.execute(id);
    }

    /// @custom:invariant INV-VETO-3
    function test_WhenAThiefCancelsAndAsksAgain_ThenTheVetoIsInherited() external {
        _veto(id, GUARDIAN);
        vm.prank(ALICE);
        vault.cancelRelease(id);
        skip(14 days - 1);
        vm.prank(ALICE);
        ReleaseId again = vault.requestRelease(ONE_PERCENT);
        Release memory release = vault.release(again);
        vm.assertEq(release.vetoedAt, release.requestedAt, "inherited");
        vm.assertEq(vault.ripeAt(again), block.timestamp + 24 hours, "its own delay is no longer than another's");
        Expedite memory intent = anExpedite(again, ActionClass.B, LOW);
        bytes memory proof = signed(intent);
        expectRevert(abi.encodeWithSelector(ICollateralVault.ReleaseVetoed.selector, again));
        vault.expedite(intent, proof);

        skip(1);
        ReleaseId later = aRelease(USDC);
        expedite(anExpedite(later, ActionClass.B, LOW));
        vm.assertEq(usdc.balanceOf(ALICE), USDC, "an exit bound later all is as before");
    }

    function _veto(ReleaseId given, address guardian) private {
        vm.prank(guardian);
        vault.veto(given);
    }

    function _refuse(ReleaseId given, address guardian, bytes memory reason) private {
        expectRevert(reason);
        vm.prank(guardian);
        vault.veto(given);
    }

    function _coolingDown(uint256 nextAt) private view returns (bytes memory) {
        return abi.encodeWithSelector(ICollateralVault.VetoCoolingDown.selector, ALICE, block.timestamp, nextAt);
    }
}
