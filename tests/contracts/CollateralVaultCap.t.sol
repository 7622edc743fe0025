// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IMultisigAuthority} from "../../contracts/interfaces/IMultisigAuthority.sol";
import {IVaultRules} from "../../contracts/interfaces/IVaultRules.sol";
import {AcceptanceBook} from "../../contracts/libraries/AcceptanceBook.sol";
import {OutflowCap} from "../../contracts/libraries/OutflowCap.sol";
import {ActionClass} from "../../contracts/types/ActionClass.sol";
import {ParameterChange} from "../../contracts/types/ParameterChange.sol";
import {Regime} from "../../contracts/types/Regime.sol";
import {ReleaseId} from "../../contracts/types/Release.sol";
import {VaultFixture} from "./VaultFixture.sol";
import {vm, within} from "./Vm.sol";

contract GivenAnOutflowCap is VaultFixture {
    uint256 private constant QUARTER = VAULT_SIZE / 4;

    /// @custom:invariant INV-CAP-4
    function test_WhenAQuarterHasLeft_ThenTheRestWaitsAndRefillsOverADay() external {
        ReleaseId first = _whales(QUARTER);
        ReleaseId second = _whales(USDC);
        skip(48 hours);
        vm.assertEq(vault.outflowAvailable(), QUARTER, "full");
        vault.execute(first);
        vm.assertEq(vault.outflowAvailable(), 0, "empty");
        expectRevert(_exceeded(USDC, 0));
        vault.execute(second);
        skip(12 hours);
        // Of three quarters of a million, which is what the vault now holds at least.
        vm.assertEq(vault.outflowAvailable(), (VAULT_SIZE - QUARTER) / 8, "half a day later");
        vault.execute(second);
        skip(24 hours);
        vm.assertEq(vault.outflowAvailable(), (VAULT_SIZE - QUARTER - USDC) / 4, "full again, of what is left");
    }

    /// @custom:invariant INV-CAP-4
    function test_WhenExpedited_ThenItCountsToo() external {
        expedite(anExpedite(aRelease(ONE_PERCENT), ActionClass.B, LOW));
        uint256 left = vault.outflowAvailable();
        vm.assertLe(left, QUARTER - ONE_PERCENT, "counted");
        vm.assertGe(left, QUARTER - ONE_PERCENT - 1 * USDC, "and no more than rounding");
    }

    /// @dev The windows count whole dollars, and a vault of less has a capacity of nothing.
    /// @custom:invariant INV-CAP-4
    function test_WhenTheVaultHoldsLessThanADollar_ThenItLeavesAtItsExitBound() external {
        ReleaseId all = _whales(VAULT_SIZE - USDC / 2);
        skip(14 days);
        vault.execute(all);
        vm.prank(WHALE);
        ReleaseId rest = vault.requestRelease(USDC / 2);
        skip(14 days - 1);
        vm.assertEq(vault.outflowAvailable(), 0, "nothing");
        expectRevert(_exceeded(USDC / 2, 0));
        vault.execute(rest);
        skip(1);
        vault.execute(rest);
        vm.assertEq(usdc.balanceOf(WHALE), VAULT_SIZE, "all of it");
    }

    /// @custom:invariant INV-CAP-4
    function test_WhenPastTheExitBound_ThenNeitherAskedNorConsumed() external {
        ReleaseId all = _whales(VAULT_SIZE - USDC);
        skip(14 days - 1);
        expectRevert(_exceeded(VAULT_SIZE - USDC, QUARTER));
        vault.execute(all);
        skip(1);
        uint256 before = vault.outflowAvailable();
        vault.execute(all);
        // The bucket is as full as it was; a quarter of one whole USDC is what it now holds.
        vm.assertEq(before, QUARTER, "before");
        vm.assertEq(vault.outflowAvailable(), USDC / 4, "after");
    }

    /// @dev Somebody with a quarter of the vault uses the cap up, day after day: others wait to the exit bound at most.
    function test_WhenSomebodyUsesItUpEveryDay_ThenOthersAreHeldUpToTheirExitBoundOnly() external {
        ReleaseId victim = aRelease(VAULT_SIZE / 5);
        uint256 exitAt = block.timestamp + 14 days;
        skip(48 hours);
        while (block.timestamp < exitAt) {
            uint256 room = vault.outflowAvailable();
            vm.prank(WHALE);
            ReleaseId id = vault.requestRelease(room / 2 + 1);
            deposit(WHALE, room / 2 + 1);
            vm.warp(vault.ripeAt(id));
            if (block.timestamp >= exitAt) break;
            vault.execute(id);
        }
        vm.warp(exitAt);
        vault.execute(victim);
        vm.assertEq(usdc.balanceOf(ALICE), VAULT_SIZE / 5, "alice");
    }

    function test_WhenTheVaultGrowsBetweenPayments_ThenNothingIsRefilledInHindsight() external {
        ReleaseId first = _whales(QUARTER);
        skip(48 hours);
        vault.execute(first);
        deposit(WHALE, 100 * VAULT_SIZE);
        vm.assertEq(vault.outflowAvailable(), 0, "a deposit makes no room");
        skip(6 hours);
        // A quarter of the capacity, by what the vault held over the day: three quarters of a million.
        vm.assertEq(vault.outflowAvailable(), (VAULT_SIZE - QUARTER) / 16, "nor does it refill faster");
    }

    /// @custom:invariant INV-CAP-1
    function testFuzz_WhenPaymentsComeAtAnyTime_ThenShareAndTimeBoundThem(uint256 seed) external {
        uint48 fullAt = 0;
        uint256 began = block.timestamp;
        uint256 shares = 0;
        for (uint256 i = 0; i < 24; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            skip(seed % 4 hours);
            uint256 capacity = within(seed >> 32, 1e6, 1e15);
            uint256 amount = within(seed >> 96, 1, capacity);
            uint256 room = OutflowCap.available(fullAt, capacity);
            try this.consume(fullAt, capacity, amount) returns (uint48 next) {
                vm.assertLe(amount, room, "beyond what was available");
                fullAt = next;
                shares += amount * 1e12 / capacity;
            } catch {
                vm.assertTrue(amount > room, "available and refused");
            }
            vm.assertLe(shares, 1e12 + 1e12 * (block.timestamp - began) / 24 hours, "shares");
        }
    }

    function consume(uint48 fullAt, uint256 capacity, uint256 amount) external view returns (uint48) {
        return OutflowCap.consume(fullAt, capacity, amount);
    }

    function _whales(uint256 amount) private returns (ReleaseId) {
        vm.prank(WHALE);
        return vault.requestRelease(amount);
    }

    function _exceeded(uint256 amount, uint256 available) private pure returns (bytes memory) {
        return abi.encodeWithSelector(OutflowCap.OutflowCapExceeded.selector, amount, available);
    }
}

contract GivenACapThatThePeopleChange is VaultFixture {
    ParameterChange private intent;

    function setUp() public override {
        super.setUp();
        intent = _change(250_000, 500_000);
    }

    /// @custom:invariant INV-CAP-3
    function test_WhenLoosenedOrTightened_ThenAfterTheDelayOfEachRegime() external {
        _expectDelay(24 hours);
        skip(1);
        intent = _change(500_000, 50_000);
        setRegime(Regime.ELEVATED);
        _expectDelay(48 hours);
        skip(1);
        intent = _change(50_000, 1_000_000);
        setRegime(Regime.STRESSED);
        _expectDelay(72 hours);
    }

    /// @custom:invariant INV-CAP-3
    function test_WhenTheOracleIsStale_ThenBlockedBothWays() external {
        oracle.set(Regime.CALM, true);
        bytes memory reason = abi.encodeWithSelector(IMultisigAuthority.ClassBlocked.selector, ActionClass.C);
        _refuse(reason);
        intent = _change(250_000, 50_000);
        _refuse(reason);
    }

    /// @custom:invariant INV-CAP-3
    function test_WhenItIsNotWhatTheIntentSays_ThenRevertsParameterMoved() external {
        ParameterChange memory other = _change(250_000, 300_000);
        bytes memory proof = peopleProof(vault.digestOf(other), PEOPLE_HIGH);
        _bring();
        vault.changeParameter(other, proof);
        skip(24 hours);
        _bring();
        vm.assertEq(vault.outflowCap(), 500_000, "changed");
        expectRevert(abi.encodeWithSelector(IVaultRules.ParameterMoved.selector, 250_000, 500_000));
        vault.changeParameter(other, proof);
        _refuse(abi.encodeWithSelector(IVaultRules.ParameterMoved.selector, 250_000, 500_000));

        // Even back where it was, what is done is done, and what was left behind stays behind.
        skip(1);
        intent = _change(500_000, 250_000);
        _bring();
        skip(24 hours);
        _bring();
        uint256 changedAt = block.timestamp;
        bytes memory overtaken =
            abi.encodeWithSelector(IVaultRules.ChangeOvertaken.selector, vault.digestOf(other), changedAt);
        expectRevert(overtaken);
        vault.changeParameter(other, proof);
        intent = _change(250_000, 500_000);
        intent.deadline = uint64(START + 2 days + 7 days);
        _refuse(abi.encodeWithSelector(AcceptanceBook.DigestUsed.selector, vault.digestOf(intent)));
    }

    /// @dev In the second of a change nobody can tell what was accepted before it.
    /// @custom:invariant INV-CAP-3
    function test_WhenAcceptedInTheSecondOfAChange_ThenRevertsChangeOvertaken() external {
        _bring();
        skip(24 hours);
        _bring();
        intent = _change(500_000, 250_000);
        bytes4 selector = IVaultRules.ChangeOvertaken.selector;
        _refuse(abi.encodeWithSelector(selector, vault.digestOf(intent), block.timestamp));
    }

    /// @custom:invariant INV-CAP-2
    function test_WhenOutsideTheBounds_ThenRevertsCapOutOfBounds() external {
        uint256[3] memory wrong = [uint256(49_999), 1_000_001, type(uint256).max];
        for (uint256 i = 0; i < wrong.length; ++i) {
            intent = _change(250_000, wrong[i]);
            _refuse(abi.encodeWithSelector(OutflowCap.CapOutOfBounds.selector, wrong[i], 50_000, 1_000_000));
        }
    }

    function test_WhenNameOrClassAreOthers_ThenRefused() external {
        intent.parameter = "outflow cap ";
        _refuse(abi.encodeWithSelector(IVaultRules.UnknownParameter.selector, "outflow cap "));
        intent = _change(250_000, 500_000);
        intent.class = ActionClass.D0;
        _refuse(abi.encodeWithSelector(IVaultRules.WrongClass.selector, ActionClass.D0));
    }

    function _expectDelay(uint256 delay) private {
        uint256 ripeAt = block.timestamp + delay;
        bytes32 digest = vault.digestOf(intent);
        uint256 before = vault.outflowCap();
        bytes memory proof = peopleProof(digest, PEOPLE_HIGH);
        vm.expectEmit(true, true, true, true, address(vault));
        emit IVaultRules.OutflowCapChangeAccepted(digest, intent.next, ripeAt);
        vault.changeParameter(intent, proof);
        vm.warp(ripeAt - 1);
        _refuse(abi.encodeWithSelector(AcceptanceBook.TooEarly.selector, block.timestamp, ripeAt));
        vm.assertEq(vault.outflowCap(), before, "not yet");
        vm.warp(ripeAt);
        vm.expectEmit(true, true, true, true, address(vault));
        emit IVaultRules.OutflowCapChanged(digest, before, intent.next);
        vault.changeParameter(intent, proof);
        vm.assertEq(vault.outflowCap(), intent.next, "changed");
    }

    function _bring() private {
        bytes memory proof = peopleProof(vault.digestOf(intent), PEOPLE_HIGH);
        vault.changeParameter(intent, proof);
    }

    function _refuse(bytes memory reason) private {
        bytes memory proof = peopleProof(vault.digestOf(intent), PEOPLE_HIGH);
        expectRevert(reason);
        vault.changeParameter(intent, proof);
    }

    function _change(uint256 current, uint256 next) private view returns (ParameterChange memory) {
        return ParameterChange({
            parameter: "outflow cap",
            current: current,
            next: next,
            epoch: 1,
            class: ActionClass.C,
            threshold: PEOPLE_HIGH,
            nonce: 0,
            deadline: uint64(block.timestamp + 7 days)
        });
    }
}
