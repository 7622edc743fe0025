// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CollateralVault} from "../../contracts/CollateralVault.sol";
import {MultisigAuthority} from "../../contracts/MultisigAuthority.sol";
import {IAuthority} from "../../contracts/interfaces/IAuthority.sol";
import {IMultisigAuthority} from "../../contracts/interfaces/IMultisigAuthority.sol";
import {IVaultRules} from "../../contracts/interfaces/IVaultRules.sol";
import {AcceptanceBook} from "../../contracts/libraries/AcceptanceBook.sol";
import {PauseClock} from "../../contracts/libraries/PauseClock.sol";
import {AcceptanceState} from "../../contracts/types/Acceptance.sol";
import {ActionClass} from "../../contracts/types/ActionClass.sol";
import {Expedite} from "../../contracts/types/Expedite.sol";
import {Pause} from "../../contracts/types/Pause.sol";
import {Regime} from "../../contracts/types/Regime.sol";
import {ReleaseId} from "../../contracts/types/Release.sol";
import {Unpause} from "../../contracts/types/Unpause.sol";
import {VaultFixture} from "./VaultFixture.sol";
import {vm} from "./Vm.sol";
import {Wallet} from "./wallets/Wallet.sol";

abstract contract PauseFixture is VaultFixture {
    function pauseAs(address guardian) internal {
        vm.prank(guardian);
        vault.pause();
    }

    function anUnpause() internal view returns (Unpause memory) {
        return Unpause({
            pausedUntil: uint64(vault.pausedUntil()),
            epoch: people.epoch(),
            class: ActionClass.C,
            threshold: PEOPLE_HIGH,
            nonce: 0,
            deadline: uint64(block.timestamp + 7 days)
        });
    }

    function bring(Unpause memory intent) internal {
        bytes memory proof = peopleProof(vault.digestOf(intent), intent.threshold);
        vault.unpause(intent, proof);
    }

    function refuse(Unpause memory intent, bytes memory reason) internal {
        bytes memory proof = peopleProof(vault.digestOf(intent), intent.threshold);
        expectRevert(reason);
        vault.unpause(intent, proof);
    }

    function paused(uint256 until) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(PauseClock.Paused.selector, until);
    }

    function coolingDown(uint256 nextAt) internal view returns (bytes memory) {
        return abi.encodeWithSelector(PauseClock.PauseCoolingDown.selector, block.timestamp, nextAt);
    }
}

contract GivenAGuardianWhoPauses is PauseFixture {
    ReleaseId private id;
    uint256 private until;

    function setUp() public override {
        super.setUp();
        id = aRelease(ONE_PERCENT);
        until = block.timestamp + 24 hours - 1 + 72 hours;
        // The last second before the release is ripe: the worst moment.
        skip(24 hours - 1);
        vm.expectEmit(true, true, true, true, address(vault));
        emit IVaultRules.OutflowsPaused(GUARDIAN, until);
        pauseAs(GUARDIAN);
    }

    /// @custom:invariant INV-PAUSE-4
    function test_WhenPaused_ThenNothingYoungLeavesAndAllElseGoesOn() external {
        Expedite memory intent = anExpedite(id, ActionClass.B, LOW);
        bytes memory proof = signed(intent);
        skip(1);
        expectRevert(paused(until));
        vault.execute(id);
        expectRevert(paused(until));
        vault.expedite(intent, proof);

        deposit(ALICE, USDC);
        vm.prank(ALICE);
        vault.toMargin(USDC);
        vm.prank(VENUE);
        vault.marginToIdle(ALICE, USDC);
        vm.prank(ALICE);
        ReleaseId another = vault.requestRelease(USDC);
        vm.prank(ALICE);
        vault.cancelRelease(another);
    }

    function test_WhenItEnds_ThenOutflowsGoOnByThemselves() external {
        vm.warp(until - 1);
        expectRevert(paused(until));
        vault.execute(id);
        vm.warp(until);
        vault.execute(id);
        vm.assertEq(usdc.balanceOf(ALICE), ONE_PERCENT, "alice");
    }

    /// @custom:invariant INV-PAUSE-1
    function test_WhenGuardiansTakeTurns_ThenNoneCanPauseBeforeTheExitBoundOfAllItHeldUp() external {
        uint256 nextAt = until + 14 days;
        address[3] memory guardians = [GUARDIAN, GUARDIAN_2, GUARDIAN_3];
        uint256[4] memory moments = [block.timestamp, until - 1, until, nextAt - 1];
        for (uint256 i = 0; i < moments.length; ++i) {
            vm.warp(moments[i]);
            for (uint256 j = 0; j < guardians.length; ++j) {
                expectRevert(coolingDown(nextAt));
                vm.prank(guardians[j]);
                vault.pause();
            }
        }
        vm.assertEq(vault.nextPauseAt(), nextAt, "nextPauseAt");
        vm.warp(nextAt);
        pauseAs(GUARDIAN_2);
        // What the first pause held up is past its exit bound.
        vault.execute(id);
    }

    /// @custom:invariant INV-PAUSE-4
    function test_WhenPastTheExitBound_ThenThePauseIsNotAsked() external {
        vm.warp(until + 14 days);
        id = aRelease(USDC);
        skip(14 days - 1);
        pauseAs(GUARDIAN);
        expectRevert(paused(vault.pausedUntil()));
        vault.execute(id);
        skip(1);
        vault.execute(id);
        vm.assertEq(usdc.balanceOf(ALICE), USDC, "alice");
    }

    function test_WhenTheCallerIsNoGuardian_ThenRevertsNotGuardian() external {
        vm.warp(until + 14 days);
        expectRevert(abi.encodeWithSelector(IVaultRules.NotGuardian.selector, WHALE));
        vm.prank(WHALE);
        vault.pause();
    }
}

contract GivenASignedPause is PauseFixture {
    uint256 private constant SECRET = 0x6A;
    uint256 private constant OTHER_SECRET = 0x6B;

    Pause private intent;
    Wallet private wallet;

    function setUp() public override {
        super.setUp();
        wallet = new Wallet(vm.addr(OTHER_SECRET));
        address[] memory guardians = new address[](3);
        (guardians[0], guardians[1], guardians[2]) = (vm.addr(SECRET), GUARDIAN, address(wallet));
        _sort(guardians);
        people = new MultisigAuthority(peopleSet(), guardians, oracle);
        vault = new CollateralVault(usdc, authority, people, oracle, VENUE);
        intent = Pause({
            guardian: vm.addr(SECRET),
            epoch: 1,
            class: ActionClass.A0,
            threshold: 1,
            nonce: 0,
            deadline: uint64(block.timestamp + 7 days)
        });
    }

    /// @custom:invariant INV-PAUSE-2
    function test_WhenAnyoneBringsIt_ThenItPausesOnce() external {
        bytes memory signature = _sign(SECRET);
        vm.prank(ANYONE);
        vault.pause(intent, signature);
        vm.assertEq(vault.pausedUntil(), block.timestamp + 72 hours, "pausedUntil");

        skip(7 days);
        expectRevert(coolingDown(START + 2 days + 72 hours + 14 days));
        vault.pause(intent, signature);
        skip(10 days);
        expectRevert(abi.encodeWithSelector(AcceptanceBook.DeadlinePassed.selector, intent.deadline, block.timestamp));
        vault.pause(intent, signature);
    }

    function test_WhenAContractIsTheGuardian_ThenItsOwnWordCounts() external {
        intent.guardian = address(wallet);
        bytes memory signature = _sign(OTHER_SECRET);
        vault.pause(intent, signature);
        vm.assertEq(vault.pausedUntil(), block.timestamp + 72 hours, "pausedUntil");
    }

    /// @custom:invariant INV-PAUSE-2
    function test_WhenAnyMemberIsNotWhatWasSigned_ThenRefusedByName() external {
        bytes memory signature = _sign(SECRET);
        Pause memory good = intent;

        intent.guardian = GUARDIAN;
        _refuse(abi.encodeWithSelector(IVaultRules.InvalidGuardianSignature.selector, GUARDIAN), signature);
        intent.guardian = vm.addr(OTHER_SECRET);
        _refuse(abi.encodeWithSelector(IVaultRules.NotGuardian.selector, vm.addr(OTHER_SECRET)), signature);
        intent = good;
        intent.nonce = 1;
        _refuse(abi.encodeWithSelector(IVaultRules.InvalidGuardianSignature.selector, good.guardian), signature);
        intent = good;
        intent.epoch = 0;
        _refuse(abi.encodeWithSelector(IVaultRules.WrongPeopleEpoch.selector, 0, 1), _sign(SECRET));
        intent = good;
        intent.class = ActionClass.A;
        _refuse(abi.encodeWithSelector(IVaultRules.WrongClass.selector, ActionClass.A), _sign(SECRET));
        intent = good;
        intent.threshold = 2;
        _refuse(abi.encodeWithSelector(IVaultRules.NotOneGuardians.selector, 2), _sign(SECRET));
        intent = good;
        intent.deadline += 1;
        _refuse(
            abi.encodeWithSelector(AcceptanceBook.DeadlineTooFar.selector, intent.deadline, good.deadline),
            _sign(SECRET)
        );
        intent = good;
        skip(7 days + 1);
        _refuse(
            abi.encodeWithSelector(AcceptanceBook.DeadlinePassed.selector, intent.deadline, block.timestamp), signature
        );
    }

    /// @custom:invariant INV-PAUSE-2
    function test_WhenThePeopleChangedSince_ThenItIsVoid() external {
        bytes memory signature = _sign(SECRET);
        vm.prank(address(people));
        people.changeMembers(peopleSet());
        _refuse(abi.encodeWithSelector(IVaultRules.WrongPeopleEpoch.selector, 1, 2), signature);
    }

    /// @custom:invariant INV-PAUSE-2
    function test_WhenTheGuardianLeftOffice_ThenItIsVoid() external {
        bytes memory signature = _sign(SECRET);
        address[] memory guardians = new address[](3);
        (guardians[0], guardians[1], guardians[2]) = (GUARDIAN, GUARDIAN_2, GUARDIAN_3);
        vm.prank(address(people));
        people.changeGuardians(guardians);
        _refuse(abi.encodeWithSelector(IVaultRules.NotGuardian.selector, vm.addr(SECRET)), signature);
    }

    function test_WhenSignedForAnotherVault_ThenRefused() external {
        bytes memory signature = _sign(SECRET);
        vault = new CollateralVault(usdc, authority, people, oracle, VENUE);
        _refuse(abi.encodeWithSelector(IVaultRules.InvalidGuardianSignature.selector, intent.guardian), signature);
    }

    function _sign(uint256 secret) private view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(secret, vault.digestOf(intent));
        return abi.encodePacked(r, s, v);
    }

    function _refuse(bytes memory reason, bytes memory signature) private {
        expectRevert(reason);
        vault.pause(intent, signature);
    }

    function _sort(address[] memory accounts) private pure {
        for (uint256 i = 0; i < accounts.length; ++i) {
            for (uint256 j = i + 1; j < accounts.length; ++j) {
                if (accounts[j] < accounts[i]) (accounts[i], accounts[j]) = (accounts[j], accounts[i]);
            }
        }
    }
}

contract GivenAPauseThatThePeopleEnd is PauseFixture {
    Unpause private intent;
    ReleaseId private id;

    function setUp() public override {
        super.setUp();
        id = aRelease(USDC);
        pauseAs(GUARDIAN);
        intent = anUnpause();
    }

    /// @custom:invariant INV-PAUSE-3
    function test_WhenFourSign_ThenItEndsADayLaterAndOnce() external {
        bring(intent);
        vm.assertEq(uint256(vault.acceptance(vault.digestOf(intent)).state), uint256(AcceptanceState.Waiting), "state");
        skip(24 hours - 1);
        refuse(intent, abi.encodeWithSelector(AcceptanceBook.TooEarly.selector, block.timestamp, block.timestamp + 1));
        expectRevert(paused(vault.pausedUntil()));
        vault.execute(id);
        skip(1);
        bring(intent);
        vault.execute(id);
        vm.assertEq(vault.nextPauseAt(), block.timestamp + 14 days, "the next counts from now");
        refuse(intent, abi.encodeWithSelector(PauseClock.NoSuchPause.selector, intent.pausedUntil, block.timestamp));
    }

    /// @custom:invariant INV-PAUSE-3
    function test_WhenASecondPauseCame_ThenTheFirstOnesUnpauseIsVoid() external {
        bring(intent);
        skip(72 hours + 14 days);
        pauseAs(GUARDIAN_2);
        refuse(intent, abi.encodeWithSelector(PauseClock.NoSuchPause.selector, intent.pausedUntil, vault.pausedUntil()));
    }

    /// @custom:invariant INV-PAUSE-3
    function test_WhenItsTermsAreNotThePeoples_ThenRefusedByName() external {
        intent.threshold = PEOPLE_LOW;
        refuse(intent, abi.encodeWithSelector(IAuthority.ThresholdTooLow.selector, PEOPLE_LOW, PEOPLE_HIGH));
        intent = anUnpause();
        intent.epoch = 2;
        refuse(intent, abi.encodeWithSelector(IAuthority.WrongEpoch.selector, 2, 1));
        intent = anUnpause();
        intent.class = ActionClass.D;
        refuse(intent, abi.encodeWithSelector(IVaultRules.WrongClass.selector, ActionClass.D));
        intent = anUnpause();
        oracle.set(Regime.CALM, true);
        refuse(intent, abi.encodeWithSelector(IMultisigAuthority.ClassBlocked.selector, ActionClass.C));
    }
}
