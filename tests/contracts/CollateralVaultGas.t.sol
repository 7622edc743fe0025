// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ActionClass} from "../../contracts/types/ActionClass.sol";
import {Expedite} from "../../contracts/types/Expedite.sol";
import {Regime} from "../../contracts/types/Regime.sol";
import {ReleaseId} from "../../contracts/types/Release.sol";
import {ReleaseBatch} from "../../contracts/types/ReleaseBatch.sol";
import {GasFixture} from "./GasFixture.sol";
import {GroupSigner} from "./GroupSigner.sol";
import {VaultFixture} from "./VaultFixture.sol";
import {vm} from "./Vm.sol";

/// @dev Runs each test as transactions of their own, with cold storage. Figures are of the whole
/// transaction, the 21,000 and the calldata included, to a recipient who holds the token already.
/// forge-config: default.isolate = true
contract GivenAReleaseToAHolder is VaultFixture, GasFixture {
    /// @dev A little above what was measured: a change that costs more must say so here.
    uint256 private constant MOST_EXPEDITE_GAS = 102_500;
    uint256 private constant MOST_ACCEPTANCE_GAS = 94_500;
    uint256 private constant MOST_LATER_PAYMENT_GAS = 112_000;
    uint256 private constant MOST_QUEUE_AND_EXECUTE_GAS = 157_500;
    uint256 private constant MOST_PAUSE_GAS = 36_500;
    uint256 private constant MOST_FIRST_VETO_GAS = 62_500;
    uint256 private constant MOST_LATER_VETO_GAS = 45_500;
    uint256 private constant MOST_BATCH_OF_TEN_GAS = 362_000;

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
        vm.assertLe(report("expedite, paid at once"), MOST_EXPEDITE_GAS, "expedite");
    }

    function test_WhenExpeditedWithADelay_ThenCostsAreBounded() external {
        setRegime(Regime.ELEVATED);
        Expedite memory intent = anExpedite(id, ActionClass.B, LOW);
        bytes memory proof = signed(intent);
        vault.expedite(intent, proof);
        vm.assertLe(report("expedite, accepted"), MOST_ACCEPTANCE_GAS, "acceptance");
        skip(1 hours);
        vault.expedite(intent, proof);
        vm.assertLe(report("expedite, paid later"), MOST_LATER_PAYMENT_GAS, "payment");
    }

    function test_WhenRequestedAndExecuted_ThenCostsAreBounded() external {
        deposit(ALICE, 2 * USDC);
        vm.prank(ALICE);
        id = vault.requestRelease(USDC);
        uint256 queue = report("requestRelease");
        skip(2 days);
        vault.execute(id);
        uint256 execution = report("execute");
        vm.assertLe(queue + execution, MOST_QUEUE_AND_EXECUTE_GAS, "queue and execute");
    }

    function test_WhenPausedByAGuardian_ThenCostsAreBounded() external {
        vm.prank(GUARDIAN);
        vault.pause();
        vm.assertLe(report("pause"), MOST_PAUSE_GAS, "pause");
    }

    function test_WhenVetoedByAGuardian_ThenCostsAreBounded() external {
        vm.prank(GUARDIAN);
        vault.veto(id);
        vm.assertLe(report("veto of a release, an account's first"), MOST_FIRST_VETO_GAS, "first");
        skip(30 days);
        id = aRelease(USDC);
        vm.prank(GUARDIAN);
        vault.veto(id);
        vm.assertLe(report("veto of a release, a later one"), MOST_LATER_VETO_GAS, "later");
    }

    function test_WhenTenArePaidInABatch_ThenCostsAreBounded() external {
        skip(1 days + 4 hours);
        uint256[] memory ids = new uint256[](10);
        address[] memory to = new address[](10);
        uint256[] memory amounts = new uint256[](10);
        for (uint256 i = 0; i < 10; ++i) {
            ids[i] = ReleaseId.unwrap(aRelease(USDC));
            (to[i], amounts[i]) = (ALICE, USDC);
        }
        ReleaseBatch memory batch = ReleaseBatch({
            releaseIds: ids,
            to: to,
            amounts: amounts,
            epoch: 1,
            class: ActionClass.B,
            threshold: LOW,
            nonce: 0,
            deadline: uint64(block.timestamp + 7 days)
        });
        bytes memory proof = GroupSigner.sign(LOW_SECRET, vault.digestOf(batch));
        vault.payBatch(batch, proof);
        vm.assertLe(report("payBatch of ten"), MOST_BATCH_OF_TEN_GAS, "batch");
    }
}
