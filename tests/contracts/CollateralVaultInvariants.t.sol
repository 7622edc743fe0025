// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AcceptanceState} from "../../contracts/types/Acceptance.sol";
import {Ppm, shareUp} from "../../contracts/types/Ppm.sol";
import {Release, ReleaseId, ReleaseState} from "../../contracts/types/Release.sol";
import {VaultFixture} from "./VaultFixture.sol";
import {VaultHandler} from "./VaultHandler.sol";
import {vm} from "./Vm.sol";

contract GivenAnythingThatAnybodyDoes is VaultFixture {
    VaultHandler private handler;

    function setUp() public override {
        super.setUp();
        handler = new VaultHandler(vault, usdc, oracle, authority);
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
}
