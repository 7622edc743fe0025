// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAuthority} from "../../contracts/interfaces/IAuthority.sol";
import {ActionClass} from "../../contracts/types/ActionClass.sol";
import {EpochRotation} from "../../contracts/types/EpochRotation.sol";
import {Ppm} from "../../contracts/types/Ppm.sol";
import {SigningWindow} from "../../contracts/types/SigningWindow.sol";
import {AuthorityFixture} from "./AuthorityFixture.sol";
import {GasFixture} from "./GasFixture.sol";
import {GroupSigner} from "./GroupSigner.sol";
import {vm} from "./Vm.sol";

/// @dev Runs each test as transactions of their own, with cold storage. Figures are of the whole transaction, the
/// 21,000 and the calldata included.
/// forge-config: default.isolate = true
contract GivenCustodiansWhoPayForGas is AuthorityFixture, GasFixture {
    /// @dev A little above what was measured: a change that costs more must say so here.
    uint256 private constant MOST_AUTHORIZE_GAS = 18_500;
    uint256 private constant MOST_ROTATION_GAS = 184_000;
    uint256 private constant MOST_VETO_GAS = 70_000;
    uint256 private constant MOST_HEARTBEAT_GAS = 70_000;
    uint256 private constant MOST_SHUT_GAS = 60_000;

    function test_WhenAuthorized_ThenCostsAreBounded() external {
        bytes32 digest = keccak256("an intent");
        bytes memory proof = GroupSigner.sign(LOW_SECRET, digest);
        authority.authorize(IAuthority.Action(ActionClass.B, 1, LOW), Ppm.wrap(1), digest, proof);
        // Of a view only what runs is counted, the first touch of the contract not.
        vm.assertLe(report("authorize, class B, low key"), MOST_AUTHORIZE_GAS, "authorize");
    }

    function test_WhenRotated_ThenCostsAreBounded() external {
        EpochRotation memory intent = aRotation();
        bytes memory proof = proofOf(intent);
        propose(intent, proof);
        uint256 used = report("proposeRotation");
        skip(48 hours);
        authority.activateRotation(intent, proof);
        used += report("activateRotation");
        keep("rotation, propose and activate", used);
        vm.assertLe(used, MOST_ROTATION_GAS, "rotation");
    }

    function test_WhenVetoed_ThenCostsAreBounded() external {
        veto(proposed());
        vm.assertLe(report("vetoRotation, the first of this content"), MOST_VETO_GAS, "veto");
    }

    function test_WhenTheyBeat_ThenCostsAreBounded() external {
        beat();
        vm.assertLe(report("heartbeat"), MOST_HEARTBEAT_GAS, "heartbeat");
    }

    function test_WhenWindowsChange_ThenCostsAreBounded() external {
        vm.prank(GUARDIAN);
        authority.closeWindow(ActionClass.B);
        vm.assertLe(report("closeWindow"), MOST_SHUT_GAS, "close");
        skip(1);
        SigningWindow memory intent = aWindow(ActionClass.B, false, 0, 0);
        change(intent);
        report("changeWindow, accepted");
        skip(24 hours);
        change(intent);
        report("changeWindow, in force");
    }
}
