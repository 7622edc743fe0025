// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DevnetUSDC} from "../../contracts/mocks/DevnetUSDC.sol";
import {AcceptanceState} from "../../contracts/types/Acceptance.sol";
import {PPM, Ppm, shareUp} from "../../contracts/types/Ppm.sol";
import {Release, ReleaseId, ReleaseState} from "../../contracts/types/Release.sol";
import {GuardedVaultHandler} from "./GuardedVaultHandler.sol";
import {VaultFixture} from "./VaultFixture.sol";
import {vm} from "./Vm.sol";
import {TollUSDC} from "./tokens/OddTokens.sol";

contract GivenAnythingThatAnybodyDoes is VaultFixture {
    GuardedVaultHandler private handler;
    TollUSDC private toll;

    function setUp() public override {
        super.setUp();
        handler = new GuardedVaultHandler(vault, toll, oracle, authority, [GUARDIAN, GUARDIAN_2, GUARDIAN_3]);
    }

    function deployUsdc() internal override returns (DevnetUSDC) {
        toll = new TollUSDC();
        return toll;
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// @custom:invariant INV-VAULT-1
    function invariant_TheVaultHoldsWhatItRecordsAndWhatWasGivenToNobody() external view {
        vm.assertEq(usdc.balanceOf(address(vault)), vault.recorded() + handler.donated(), "backing");
        uint256 margin = uint256(vault.marginTotal());
        vm.assertEq(vault.recorded(), vault.idleTotal() + vault.queuedTotal() + margin, "recorded");
    }

    /// @custom:invariant INV-VAULT-2
    function invariant_TheTotalsAreTheSumsOfTheirParts() external view {
        uint256 idle = vault.idle(WHALE);
        int256 margin = 0;
        for (uint256 i = 0; i < handler.ownersCount(); ++i) {
            idle += vault.idle(handler.owners(i));
            margin += vault.margin(handler.owners(i));
        }
        uint256 queued = 0;
        for (uint256 id = 1; id <= handler.releaseCount(); ++id) {
            Release memory release = vault.release(ReleaseId.wrap(id));
            if (release.state == ReleaseState.Requested) queued += release.amount;
        }
        vm.assertEq(vault.idleTotal(), idle, "idleTotal");
        vm.assertEq(vault.marginTotal(), margin, "marginTotal");
        vm.assertGe(vault.marginTotal(), 0, "no hole in idle");
        vm.assertEq(vault.queuedTotal(), queued, "queuedTotal");
    }

    /// @custom:invariant INV-VAULT-3
    function invariant_EveryoneWasPaidWhatWasPinnedToThemAndNobodyElseAnything() external view {
        for (uint256 i = 0; i < handler.payeesCount(); ++i) {
            address payee = handler.payees(i);
            vm.assertEq(usdc.balanceOf(payee), handler.paidTo(payee), "paid");
        }
        for (uint256 id = 1; id <= handler.releaseCount(); ++id) {
            vm.assertEq(vault.release(ReleaseId.wrap(id)).to, handler.pinned(id), "pinned");
        }
    }

    /// @custom:invariant INV-VAULT-4
    function invariant_AReleaseStandsWhereItWasLeft() external view {
        for (uint256 id = 1; id <= handler.releaseCount(); ++id) {
            vm.assertEq(uint256(vault.release(ReleaseId.wrap(id)).state), uint256(handler.stateOf(id)), "state");
        }
    }

    /// @custom:invariant INV-VAULT-5
    function invariant_ADigestThatIsDoneStaysDone() external view {
        for (uint256 i = 0; i < handler.doneCount(); ++i) {
            bytes32 digest = handler.doneDigests(i);
            vm.assertEq(uint256(vault.acceptance(digest).state), uint256(AcceptanceState.Done), "done");
        }
    }

    /// @custom:invariant INV-VAULT-7
    function invariant_TheValueOfAReleaseIsNeverBelowTheExactOneOfTheLastDay() external view {
        (uint256 expedited, uint256 least) = handler.lastDay();
        for (uint256 id = 1; id <= handler.releaseCount(); ++id) {
            Release memory release = vault.release(ReleaseId.wrap(id));
            if (release.state != ReleaseState.Requested) continue;
            uint256 value = Ppm.unwrap(vault.expediteValue(ReleaseId.wrap(id)));
            vm.assertGe(value, Ppm.unwrap(shareUp(expedited + release.amount, least)), "value");
        }
    }

    /// @custom:invariant INV-PAUSE-1
    function invariant_NoRequestCanMeetTwoPauses() external view {
        for (uint256 i = 1; i < handler.pausesCount(); ++i) {
            (, uint256 lastEnd) = handler.pauses(i - 1);
            (uint256 begin,) = handler.pauses(i);
            vm.assertGe(begin, lastEnd + vault.EXIT_BOUND(), "pauses");
        }
    }

    /// @custom:invariant INV-VETO-2
    function invariant_AReleaseIsVetoedOnceAndRipeByItsExitBound() external view {
        for (uint256 id = 1; id <= handler.releaseCount(); ++id) {
            vm.assertLe(handler.vetoes(id), 1, "vetoes");
            Release memory release = vault.release(ReleaseId.wrap(id));
            if (release.state != ReleaseState.Requested) continue;
            vm.assertLe(vault.ripeAt(ReleaseId.wrap(id)), release.requestedAt + vault.EXIT_BOUND(), "ripe");
        }
    }

    /// @custom:invariant INV-CAP-1
    function invariant_WhatLeavesInAnyTimeIsWithinTheCap() external view {
        uint256 count = handler.cappedCount();
        if (count == 0) return;
        (uint256 end,) = handler.cappedPayments(count - 1);
        uint256 sum = 0;
        for (uint256 i = count; i > 0; --i) {
            (uint256 time, uint256 share) = handler.cappedPayments(i - 1);
            sum += share;
            vm.assertLe(sum, PPM + PPM * (end - time) / 24 hours + count, "outflow");
        }
    }
}
