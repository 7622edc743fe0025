// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ActionClass} from "../../contracts/types/ActionClass.sol";
import {AuthorityFixture} from "./AuthorityFixture.sol";
import {AuthorityHandler} from "./AuthorityHandler.sol";
import {vm} from "./Vm.sol";

contract GivenAnythingThatCustodiansPeopleAndGuardiansDo is AuthorityFixture {
    AuthorityHandler private handler;

    function setUp() public override {
        super.setUp();
        handler = new AuthorityHandler(authority, people, oracle);
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// @dev One campaign for all of it: signatures are slow to make.
    /// @custom:invariant INV-ROTATE-1
    /// @custom:invariant INV-ROTATE-2
    /// @custom:invariant INV-ROTATE-7
    /// @custom:invariant INV-AUTH-5
    /// @custom:invariant INV-SIGNING-1
    function invariant_RotationsEpochSilenceAndWindowsAreTheModels() external {
        handler.requireRotations();
        vm.assertEq(authority.epoch(), 1 + handler.activations(), "activations");
        handler.requireKeysInForce();
        vm.assertEq(authority.lastHeard(), handler.heardAt(), "heard");
        vm.assertEq(authority.silent(), block.timestamp > handler.heardAt() + 14 days, "silent");
        handler.requireWindow(ActionClass.B);
        handler.requireWindow(ActionClass.B2);
        for (uint8 class = 0; class < 7; ++class) {
            if (class == uint8(ActionClass.B) || class == uint8(ActionClass.B2)) continue;
            (bool limited,,) = authority.windowOf(ActionClass(class));
            vm.assertTrue(!limited, "another class is limited");
        }
    }
}
