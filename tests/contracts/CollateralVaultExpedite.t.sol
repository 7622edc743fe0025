// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CollateralVault} from "../../contracts/CollateralVault.sol";
import {IAuthority} from "../../contracts/interfaces/IAuthority.sol";
import {ICollateralVault} from "../../contracts/interfaces/ICollateralVault.sol";
import {IThresholdAuthority} from "../../contracts/interfaces/IThresholdAuthority.sol";
import {IVaultRules} from "../../contracts/interfaces/IVaultRules.sol";
import {AcceptanceBook} from "../../contracts/libraries/AcceptanceBook.sol";
import {Frost} from "../../contracts/libraries/Frost.sol";
import {Acceptance, AcceptanceState} from "../../contracts/types/Acceptance.sol";
import {ActionClass} from "../../contracts/types/ActionClass.sol";
import {Expedite} from "../../contracts/types/Expedite.sol";
import {Ppm} from "../../contracts/types/Ppm.sol";
import {Regime} from "../../contracts/types/Regime.sol";
import {Release, ReleaseId, ReleaseState} from "../../contracts/types/Release.sol";
import {GroupSigner} from "./GroupSigner.sol";
import {VaultFixture} from "./VaultFixture.sol";
import {vm} from "./Vm.sol";
import {GasBurningOracle} from "./oracles/HostileOracles.sol";

/// @dev What the tests of expedites say again and again.
abstract contract ExpediteFixture is VaultFixture {
    function expectState(Expedite memory intent, AcceptanceState state, uint256 acceptedAt) internal view {
        Acceptance memory acceptance = vault.acceptance(vault.digestOf(intent));
        vm.assertEq(uint256(acceptance.state), uint256(state), "acceptance state");
        vm.assertEq(acceptance.acceptedAt, acceptedAt, "acceptedAt");
    }

    function expectPaid(uint256 amount) internal view {
        vm.assertEq(usdc.balanceOf(ALICE), amount, "alice");
    }

    function expectRejected(Expedite memory intent, bytes memory reason) internal {
        bytes memory proof = signed(intent);
        expectRevert(reason);
        vault.expedite(intent, proof);
    }

    function tooEarly(uint256 ripeAt) internal view returns (bytes memory) {
        return abi.encodeWithSelector(AcceptanceBook.TooEarly.selector, block.timestamp, ripeAt);
    }

    function tooFew() internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IAuthority.ThresholdTooLow.selector, LOW, HIGH);
    }
}

contract GivenASmallReleaseInCalm is ExpediteFixture {
    ReleaseId private id;
    Expedite private intent;

    function setUp() public override {
        super.setUp();
        id = aRelease(ONE_PERCENT);
        intent = anExpedite(id, ActionClass.B, LOW);
    }

    function test_WhenThreeSign_ThenPaidAtOnce() external {
        bytes32 digest = vault.digestOf(intent);
        bytes memory proof = signed(intent);
        vm.expectEmit(true, true, true, true, address(vault));
        emit ICollateralVault.ExpediteExecuted(digest, id);
        vm.expectEmit(true, true, true, true, address(vault));
        emit ICollateralVault.ReleasePaid(id, ALICE, ONE_PERCENT, true);
        vault.expedite(intent, proof);
        expectPaid(ONE_PERCENT);
        // Its release left Requested: no other mark is needed, and none is paid for.
        expectState(intent, AcceptanceState.Unset, 0);
        vm.assertEq(uint256(vault.release(id).state), uint256(ReleaseState.Paid), "state");
        vm.assertEq(vault.recorded(), VAULT_SIZE, "recorded");
    }

    /// @custom:invariant INV-VAULT-5
    function test_WhenBroughtTwice_ThenRevertsReleaseNotRequested() external {
        expedite(intent);
        expectRejected(intent, notRequested());
    }

    /// @custom:invariant INV-VAULT-5
    function test_WhenAnotherSignatureOfTheSameDigestFollows_ThenRevertsReleaseNotRequested() external {
        expedite(intent);
        bytes memory other = GroupSigner.sign(LOW_SECRET, vault.digestOf(intent), 1);
        expectRevert(notRequested());
        vault.expedite(intent, other);
    }

    /// @custom:invariant INV-VAULT-4
    function test_WhenSignedAgainWithAnotherNonce_ThenRevertsReleaseNotRequested() external {
        expedite(intent);
        intent.nonce = 1;
        expectRejected(intent, notRequested());
    }

    function notRequested() private view returns (bytes memory) {
        return abi.encodeWithSelector(ICollateralVault.ReleaseNotRequested.selector, id, ReleaseState.Paid);
    }

    function test_WhenTheOwnerHasCancelled_ThenRevertsReleaseNotRequested() external {
        vm.prank(ALICE);
        vault.cancelRelease(id);
        expectRejected(
            intent, abi.encodeWithSelector(ICollateralVault.ReleaseNotRequested.selector, id, ReleaseState.Cancelled)
        );
    }

    function test_WhenTheClassIsNotBOrB2_ThenRevertsWrongClass() external {
        ActionClass[5] memory others = [ActionClass.A, ActionClass.A0, ActionClass.C, ActionClass.D, ActionClass.D0];
        for (uint256 i = 0; i < others.length; ++i) {
            intent.class = others[i];
            expectRejected(intent, abi.encodeWithSelector(IVaultRules.WrongClass.selector, others[i]));
        }
    }

    /// @custom:invariant INV-VAULT-3
    function test_WhenAFieldIsNotTheReleases_ThenRevertsIntentMismatch() external {
        bytes memory reason = abi.encodeWithSelector(ICollateralVault.IntentMismatch.selector, id);
        intent.to = ANYONE;
        expectRejected(intent, reason);
        intent = anExpedite(id, ActionClass.B, LOW);
        intent.owner = WHALE;
        expectRejected(intent, reason);
        intent = anExpedite(id, ActionClass.B, LOW);
        intent.amount += 1;
        expectRejected(intent, reason);
        intent = anExpedite(id, ActionClass.B, LOW);
        intent.amount += 1 << 96;
        expectRejected(intent, reason);
    }

    function test_WhenTheDeadlineHasPassed_ThenRevertsDeadlinePassed() external {
        skip(7 days + 1);
        expectRejected(
            intent, abi.encodeWithSelector(AcceptanceBook.DeadlinePassed.selector, intent.deadline, block.timestamp)
        );
    }

    function test_WhenAtTheDeadline_ThenPaid() external {
        skip(7 days);
        expedite(intent);
        expectPaid(ONE_PERCENT);
    }

    function test_WhenTheDeadlineIsMoreThanAWeekAway_ThenRevertsDeadlineTooFar() external {
        intent.deadline += 1;
        expectRejected(
            intent,
            abi.encodeWithSelector(AcceptanceBook.DeadlineTooFar.selector, intent.deadline, block.timestamp + 7 days)
        );
    }

    function test_WhenTheEpochIsAnother_ThenRevertsWrongEpoch() external {
        intent.epoch = 2;
        expectRejected(intent, abi.encodeWithSelector(IAuthority.WrongEpoch.selector, 2, 1));
    }

    function test_WhenNoKeyHasTheThreshold_ThenRevertsUnknownThreshold() external {
        intent.threshold = 5;
        expectRejected(intent, abi.encodeWithSelector(IThresholdAuthority.UnknownThreshold.selector, 5));
    }

    function test_WhenTheProofIsShort_ThenRevertsMalformedProof() external {
        expectRevert(abi.encodeWithSelector(IAuthority.MalformedProof.selector, 95));
        vault.expedite(intent, new bytes(95));
    }

    function test_WhenForged_ThenRevertsInvalidSignature() external {
        bytes memory proof = GroupSigner.sign(0xBAD, vault.digestOf(intent));
        expectRevert(abi.encodeWithSelector(Frost.InvalidSignature.selector));
        vault.expedite(intent, proof);
    }

    function test_WhenSignedForAnotherChain_ThenRevertsInvalidSignature() external {
        bytes memory proof = signed(intent);
        vm.chainId(1);
        expectRevert(abi.encodeWithSelector(Frost.InvalidSignature.selector));
        vault.expedite(intent, proof);
    }

    function test_WhenSignedForAnotherVault_ThenRevertsInvalidSignature() external {
        CollateralVault other = new CollateralVault(usdc, authority, people, oracle, VENUE);
        bytes memory proof = GroupSigner.sign(LOW_SECRET, other.digestOf(intent));
        expectRevert(abi.encodeWithSelector(Frost.InvalidSignature.selector));
        vault.expedite(intent, proof);
    }

    function test_WhenHashed_ThenTheDigestIsThatOfEip712() external view {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("CollateralVault"),
                keccak256("1"),
                block.chainid,
                address(vault)
            )
        );
        bytes32 typeHash = keccak256(
            "Expedite(uint256 releaseId,address owner,address to,uint256 amount,uint64 epoch,uint8 class,uint8 threshold,uint256 nonce,uint64 deadline)"
        );
        bytes32 structHash = keccak256(
            bytes.concat(
                abi.encode(typeHash, ReleaseId.unwrap(id), ALICE, ALICE, ONE_PERCENT),
                abi.encode(uint64(1), uint8(2), LOW, uint256(0), intent.deadline)
            )
        );
        bytes32 digest = keccak256(abi.encodePacked("\x19\x01", domain, structHash));
        vm.assertEq(vault.digestOf(intent), digest, "digest");
    }

    /// @custom:invariant INV-VAULT-9
    function test_WhenAWatcherStarvesTheCallOfGas_ThenNothingIsBurned() external {
        bytes memory proof = signed(intent);
        for (uint256 limit = 30_000; limit < 200_000; limit += 5_000) {
            try vault.expedite{gas: limit}(intent, proof) {
                break;
            } catch {}
        }
        if (vault.release(id).state != ReleaseState.Paid) vault.expedite(intent, proof);
        expectPaid(ONE_PERCENT);
    }

    function test_WhenTheAuthorityIsDead_ThenTheOwnersOwnWayRemains() external {
        bytes memory proof = signed(intent);
        vm.etch(address(authority), hex"fe");
        vm.expectRevert();
        vault.expedite(intent, proof);
        skip(24 hours);
        vault.execute(id);
        expectPaid(ONE_PERCENT);
    }
}

contract GivenExpeditesOfEveryRegimeAndValue is ExpediteFixture {
    function test_WhenSmallUnderElevated_ThenThreeAndAnHour() external {
        setRegime(Regime.ELEVATED);
        _expectDelay(ONE_PERCENT, ActionClass.B, LOW, 1 hours);
    }

    function test_WhenSmallUnderStress_ThenFourAndSixHours() external {
        setRegime(Regime.STRESSED);
        ReleaseId id = aRelease(ONE_PERCENT);
        expectRejected(anExpedite(id, ActionClass.B, LOW), tooFew());
        _expectDelayOf(id, ActionClass.B, HIGH, 6 hours);
    }

    function test_WhenSmallAndTheOracleIsStale_ThenFourAndSixHours() external {
        oracle.set(Regime.CALM, true);
        _expectDelay(ONE_PERCENT, ActionClass.B, HIGH, 6 hours);
    }

    function test_WhenSmallAndTheOracleIsHostile_ThenFourAndSixHours() external {
        vm.etch(address(oracle), address(new GasBurningOracle()).code);
        _expectDelay(ONE_PERCENT, ActionClass.B, HIGH, 6 hours);
    }

    function test_WhenLargeInCalm_ThenFourAndSixHoursWhateverTheClassSays() external {
        ReleaseId id = aRelease(ONE_PERCENT + 1);
        expectRejected(anExpedite(id, ActionClass.B, LOW), tooFew());
        expectRejected(anExpedite(id, ActionClass.B2, LOW), tooFew());
        _expectDelayOf(id, ActionClass.B, HIGH, 6 hours);
    }

    function test_WhenLargeUnderElevated_ThenFourAndTwelveHours() external {
        setRegime(Regime.ELEVATED);
        _expectDelay(ONE_PERCENT + 1, ActionClass.B2, HIGH, 12 hours);
    }

    function test_WhenLargeUnderStress_ThenFourAndADay() external {
        setRegime(Regime.STRESSED);
        _expectDelay(ONE_PERCENT + 1, ActionClass.B2, HIGH, 24 hours);
    }

    function test_WhenSmallButOfClassB2_ThenItsRow() external {
        ReleaseId id = aRelease(USDC);
        expectRejected(anExpedite(id, ActionClass.B2, LOW), tooFew());
        _expectDelayOf(id, ActionClass.B2, HIGH, 6 hours);
    }

    function test_WhenManySmallOnesAddUpToMoreThanOnePercent_ThenTheNextIsLarge() external {
        for (uint256 i = 0; i < 4; ++i) {
            expedite(anExpedite(aRelease(ONE_PERCENT / 4), ActionClass.B, LOW));
        }
        ReleaseId id = aRelease(1);
        vm.assertEq(Ppm.unwrap(vault.expediteValue(id)), 10_001, "value");
        expectRejected(anExpedite(id, ActionClass.B, LOW), tooFew());
        skip(28 hours);
        vm.assertEq(Ppm.unwrap(vault.expediteValue(id)), 1, "a day later");
        expedite(anExpedite(id, ActionClass.B, LOW));
        expectPaid(ONE_PERCENT + 1);
    }

    function test_WhenAFlashDepositSwellsTheVault_ThenTheValueDoesNotFall() external {
        ReleaseId id = aRelease(2 * ONE_PERCENT);
        deposit(ANYONE, 1000 * VAULT_SIZE);
        vm.assertEq(Ppm.unwrap(vault.expediteValue(id)), 20_000, "at once");
        skip(20 hours);
        vm.assertEq(Ppm.unwrap(vault.expediteValue(id)), 20_000, "within the day");
        expectRejected(anExpedite(id, ActionClass.B, LOW), tooFew());
    }

    function test_WhenTheVaultIsYoungerThanADay_ThenAnythingIsLarge() external {
        vault = new CollateralVault(usdc, authority, people, oracle, VENUE);
        deposit(WHALE, VAULT_SIZE);
        ReleaseId id = aRelease(1);
        vm.assertEq(Ppm.unwrap(vault.expediteValue(id)), type(uint256).max, "value");
        expectRejected(anExpedite(id, ActionClass.B, LOW), tooFew());
    }

    function _expectDelay(uint256 amount, ActionClass class, uint8 threshold, uint256 delay) private {
        _expectDelayOf(aRelease(amount), class, threshold, delay);
    }

    function _expectDelayOf(ReleaseId id, ActionClass class, uint8 threshold, uint256 delay) private {
        Expedite memory intent = anExpedite(id, class, threshold);
        uint256 ripe = block.timestamp + delay;
        bytes32 digest = vault.digestOf(intent);
        bytes memory proof = signed(intent);
        vm.expectEmit(true, true, true, true, address(vault));
        emit ICollateralVault.ExpediteAccepted(digest, id, ripe);
        vault.expedite(intent, proof);
        expectState(intent, AcceptanceState.Waiting, block.timestamp);
        expectPaid(0);

        vm.warp(ripe - 1);
        expectRejected(intent, tooEarly(ripe));
        vm.warp(ripe);
        expedite(intent);
        expectPaid(vault.release(id).amount);
        expectState(intent, AcceptanceState.Done, ripe - delay);
    }
}

contract GivenAnAcceptedExpedite is ExpediteFixture {
    ReleaseId private id;
    Expedite private intent;
    uint256 private acceptedAt;

    /// @dev Small, under ELEVATED: three sign, an hour to wait.
    function setUp() public override {
        super.setUp();
        setRegime(Regime.ELEVATED);
        id = aRelease(ONE_PERCENT);
        intent = anExpedite(id, ActionClass.B, LOW);
        acceptedAt = block.timestamp;
        expedite(intent);
    }

    /// @custom:invariant INV-VAULT-7
    function test_WhenStressComes_ThenThreeNoLongerSuffice() external {
        setRegime(Regime.STRESSED);
        skip(1 hours);
        expectRejected(intent, tooFew());
    }

    /// @custom:invariant INV-VAULT-7
    function test_WhenFourSignedAndStressComes_ThenTheLongerDelayCountsFromAcceptance() external {
        intent.threshold = HIGH;
        expedite(intent);
        setRegime(Regime.STRESSED);
        skip(1 hours);
        expectRejected(intent, tooEarly(acceptedAt + 6 hours));
        vm.warp(acceptedAt + 6 hours);
        expedite(intent);
        expectPaid(ONE_PERCENT);
    }

    /// @custom:invariant INV-VAULT-7
    function test_WhenCalmReturns_ThenPaidAtOnce() external {
        setRegime(Regime.CALM);
        expedite(intent);
        expectPaid(ONE_PERCENT);
    }

    /// @custom:invariant INV-VAULT-7
    function test_WhenOthersAreExpeditedMeanwhile_ThenTheValueOfNowDecides() external {
        Expedite memory other = anExpedite(aRelease(USDC), ActionClass.B, HIGH);
        expedite(other);
        setRegime(Regime.CALM);
        other.nonce = 1;
        expedite(other);
        expectRejected(intent, tooFew());
    }

    function test_WhenTheDeadlineIsOver_ThenItStillServes() external {
        skip(8 days);
        expedite(intent);
        expectPaid(ONE_PERCENT);
    }

    function test_WhenBroughtAgainTooEarly_ThenTheClockDoesNotMove() external {
        skip(30 minutes);
        expectRejected(intent, tooEarly(acceptedAt + 1 hours));
        expectState(intent, AcceptanceState.Waiting, acceptedAt);
    }

    /// @custom:invariant INV-VAULT-9
    function test_WhenAWatcherAcceptedIt_ThenAnyoneStillFinishesIt() external {
        skip(1 hours);
        bytes memory proof = signed(intent);
        vm.prank(WHALE);
        vault.expedite(intent, proof);
        expectPaid(ONE_PERCENT);
    }

    function test_WhenTheProofIsForgedAtExecution_ThenRevertsInvalidSignature() external {
        skip(1 hours);
        bytes memory proof = GroupSigner.sign(0xBAD, vault.digestOf(intent));
        expectRevert(abi.encodeWithSelector(Frost.InvalidSignature.selector));
        vault.expedite(intent, proof);
    }

    /// @custom:invariant INV-VAULT-8
    function test_WhenItsLapseHasPassed_ThenVoidForEverAndANewNonceServes() external {
        uint256 lapsedAt = acceptedAt + 24 hours + 7 days;
        vm.warp(lapsedAt + 1);
        bytes memory reason = abi.encodeWithSelector(AcceptanceBook.Lapsed.selector, vault.digestOf(intent), lapsedAt);
        expectRejected(intent, reason);
        setRegime(Regime.CALM);
        expectRejected(intent, reason);

        Expedite memory again = anExpedite(id, ActionClass.B, LOW);
        again.nonce = 1;
        expedite(again);
        expectPaid(ONE_PERCENT);
    }

    /// @custom:invariant INV-VAULT-8
    function test_WhenInTheLastSecondBeforeItLapses_ThenPaid() external {
        vm.warp(acceptedAt + 24 hours + 7 days);
        expedite(intent);
        expectPaid(ONE_PERCENT);
    }

    function test_WhenExecutedMeanwhile_ThenTheExpediteFindsNothing() external {
        skip(48 hours);
        vault.execute(id);
        expectRejected(
            intent, abi.encodeWithSelector(ICollateralVault.ReleaseNotRequested.selector, id, ReleaseState.Paid)
        );
    }

    function test_WhenTheOwnerCancelsAndAsksAgain_ThenItDoesNotServeTheNewRelease() external {
        vm.prank(ALICE);
        vault.cancelRelease(id);
        vm.prank(ALICE);
        ReleaseId again = vault.requestRelease(ONE_PERCENT);
        Release memory release = vault.release(again);
        vm.assertEq(release.amount, intent.amount, "the same but for its id");
        skip(1 hours);
        expectRejected(
            intent, abi.encodeWithSelector(ICollateralVault.ReleaseNotRequested.selector, id, ReleaseState.Cancelled)
        );
    }
}
