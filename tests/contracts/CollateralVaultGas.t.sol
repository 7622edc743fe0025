// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ActionClass} from "../../contracts/types/ActionClass.sol";
import {Expedite} from "../../contracts/types/Expedite.sol";
import {Regime} from "../../contracts/types/Regime.sol";
import {ReleaseId} from "../../contracts/types/Release.sol";
import {VaultFixture} from "./VaultFixture.sol";
import {vm} from "./Vm.sol";

/// @dev Runs each test as transactions of their own, with cold storage. Figures are of the whole
/// transaction, the 21,000 and the calldata included, to a recipient who holds the token already.
/// forge-config: default.isolate = true
contract GivenAReleaseToAHolder is VaultFixture {
    event Measured(string operation, uint256 gasUsed);

    /// @dev A little above what was measured: a change that costs more must say so here.
    uint256 private constant MOST_EXPEDITE_GAS = 125_000;
    uint256 private constant MOST_ACCEPTANCE_GAS = 95_000;
    uint256 private constant MOST_LATER_PAYMENT_GAS = 111_000;
    uint256 private constant MOST_QUEUE_AND_EXECUTE_GAS = 154_000;

    ReleaseId private id;

    function setUp() public override {
        super.setUp();
        usdc.mint(ALICE, USDC);
        // What has happened before in any vault that is in use.
        expedite(anExpedite(aRelease(USDC), ActionClass.B, LOW));
        skip(1 hours);
        id = aRelease(ONE_PERCENT / 2);
    }

    function test_WhenExpeditedAtOnce_ThenCostsAreBounded() external {
        Expedite memory intent = anExpedite(id, ActionClass.B, LOW);
        bytes memory proof = signed(intent);
        vault.expedite(intent, proof);
        vm.assertLe(_report("expedite, paid at once"), MOST_EXPEDITE_GAS, "expedite");
    }

    function test_WhenExpeditedWithADelay_ThenCostsAreBounded() external {
        setRegime(Regime.ELEVATED);
        Expedite memory intent = anExpedite(id, ActionClass.B, LOW);
        bytes memory proof = signed(intent);
        vault.expedite(intent, proof);
        vm.assertLe(_report("expedite, accepted"), MOST_ACCEPTANCE_GAS, "acceptance");
        skip(1 hours);
        vault.expedite(intent, proof);
        vm.assertLe(_report("expedite, paid later"), MOST_LATER_PAYMENT_GAS, "payment");
    }

    function test_WhenRequestedAndExecuted_ThenCostsAreBounded() external {
        deposit(ALICE, 2 * USDC);
        vm.prank(ALICE);
        id = vault.requestRelease(USDC);
        uint256 queue = _report("requestRelease");
        skip(2 days);
        vault.execute(id);
        uint256 execution = _report("execute");
        vm.assertLe(queue + execution, MOST_QUEUE_AND_EXECUTE_GAS, "queue and execute");
    }

    function _report(string memory operation) private returns (uint256 used) {
        used = vm.lastCallGas().gasTotalUsed;
        emit Measured(operation, used);
    }
}
