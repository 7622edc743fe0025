// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ActionClass} from "../../contracts/types/ActionClass.sol";
import {Expedite} from "../../contracts/types/Expedite.sol";
import {Regime} from "../../contracts/types/Regime.sol";
import {ReleaseId, ReleaseState} from "../../contracts/types/Release.sol";
import {ReleaseBatch} from "../../contracts/types/ReleaseBatch.sol";
import {GroupSigner} from "./GroupSigner.sol";
import {VaultFixture} from "./VaultFixture.sol";
import {vm} from "./Vm.sol";
import {GasBurningOracle} from "./oracles/HostileOracles.sol";

/// @notice Four of five custodians, or everybody at once, against an owner.
contract GivenEverybodyHostile is VaultFixture {
    address private constant THIEF = address(0x7417EF);

    /// @dev They can sign whatever they like; only what an owner asked for, to where it was pinned, ever pays.
    /// @custom:invariant INV-VAULT-12
    function testFuzz_WhenAQuorumSignsAnything_ThenNobodyIsPaidWhoWasNotPinned(
        uint256 id,
        address owner,
        address to,
        uint256 amount,
        bool inBatch
    ) external {
        ReleaseId asked = aRelease(ONE_PERCENT);
        to = to == ALICE ? THIEF : to;
        id = id % 3;
        if (amount % 2 == 0) amount = ONE_PERCENT;
        if (id % 2 == 1) owner = ALICE;
        if (inBatch) _signBatch(id, to, amount);
        else _signExpedite(id, owner, to, amount);
        skip(24 hours);
        if (inBatch) _signBatch(id, to, amount);
        else _signExpedite(id, owner, to, amount);
        vm.assertEq(usdc.balanceOf(address(vault)), VAULT_SIZE + ONE_PERCENT, "nothing left");
        vm.assertEq(uint256(vault.release(asked).state), uint256(ReleaseState.Requested), "untouched");
    }

    /// @custom:invariant INV-VAULT-12
    function test_WhenNobodyAsked_ThenTheWhalesCollateralCannotBeSigned() external {
        _signExpedite(0, address(0), address(0), 0);
        _signExpedite(1, WHALE, WHALE, VAULT_SIZE);
        _signBatch(1, WHALE, VAULT_SIZE);
        vm.assertEq(usdc.balanceOf(address(vault)), VAULT_SIZE, "nothing left");
        vm.assertEq(vault.idle(WHALE), VAULT_SIZE, "idle");
    }

    /// @dev Guardians pause at the worst moment and veto, the cap is used up, the oracle burns gas, the authority and
    /// the people are gone: the owner needs none of them.
    /// @custom:invariant INV-VAULT-11
    function test_WhenPausedVetoedCappedAndEverythingDead_ThenARequestPastItsExitBoundPays() external {
        uint256 amount = VAULT_SIZE / 2;
        ReleaseId id = aRelease(amount);
        uint256 exitAt = block.timestamp + vault.EXIT_BOUND();
        skip(13 days);
        vm.prank(GUARDIAN);
        vault.veto(id);
        vm.prank(GUARDIAN_2);
        vault.pause();
        vm.etch(address(oracle), address(new GasBurningOracle()).code);
        vm.etch(address(authority), hex"fe");
        vm.etch(address(people), hex"fe");

        vm.warp(exitAt - 1);
        vm.assertLe(amount / 4, vault.outflowAvailable(), "some room");
        vm.assertLe(vault.outflowAvailable(), amount - 1, "and not enough");
        vm.expectRevert();
        vault.execute(id);
        vm.warp(exitAt);
        vm.expectCall(address(oracle), "", 0);
        vm.expectCall(address(authority), "", 0);
        vm.expectCall(address(people), "", 0);
        vm.prank(ANYONE);
        vault.execute(id);
        vm.assertEq(usdc.balanceOf(ALICE), amount, "alice");
    }

    /// @dev Pause and veto together, by guardians who take turns for as long as they can, in every regime.
    /// @custom:invariant INV-VAULT-11
    function testFuzz_WhenGuardiansDoWhatTheyCanAtAnyTimes_ThenARequestPaysByItsExitBound(uint256 seed) external {
        ReleaseId id = aRelease(ONE_PERCENT);
        uint256 exitAt = block.timestamp + 14 days;
        address[3] memory guardians = [GUARDIAN, GUARDIAN_2, GUARDIAN_3];
        while (block.timestamp < exitAt) {
            seed = uint256(keccak256(abi.encode(seed)));
            setRegime(Regime(seed % 3));
            vm.prank(guardians[(seed >> 8) % 3]);
            try vault.pause() {} catch {}
            vm.prank(guardians[(seed >> 16) % 3]);
            try vault.veto(id) {} catch {}
            skip((seed >> 24) % 1 days);
        }
        vm.warp(exitAt);
        vault.execute(id);
        vm.assertEq(usdc.balanceOf(ALICE), ONE_PERCENT, "alice");
    }

    function _signExpedite(uint256 id, address owner, address to, uint256 amount) private {
        Expedite memory intent = Expedite({
            releaseId: ReleaseId.wrap(id),
            owner: owner,
            to: to,
            amount: amount,
            epoch: 1,
            class: ActionClass.B2,
            threshold: HIGH,
            nonce: 0,
            deadline: uint64(START + 4 days)
        });
        bytes memory proof = GroupSigner.sign(HIGH_SECRET, vault.digestOf(intent));
        try vault.expedite(intent, proof) {} catch {}
    }

    function _signBatch(uint256 id, address to, uint256 amount) private {
        uint256[] memory ids = new uint256[](1);
        address[] memory tos = new address[](1);
        uint256[] memory amounts = new uint256[](1);
        (ids[0], tos[0], amounts[0]) = (id, to, amount);
        ReleaseBatch memory batch = ReleaseBatch({
            releaseIds: ids,
            to: tos,
            amounts: amounts,
            epoch: 1,
            class: ActionClass.B2,
            threshold: HIGH,
            nonce: 0,
            deadline: uint64(START + 4 days)
        });
        bytes memory proof = GroupSigner.sign(HIGH_SECRET, vault.digestOf(batch));
        try vault.payBatch(batch, proof) {} catch {}
    }
}
