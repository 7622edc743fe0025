// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CollateralVault} from "../../contracts/CollateralVault.sol";
import {IAuthority} from "../../contracts/interfaces/IAuthority.sol";
import {ICollateralVault} from "../../contracts/interfaces/ICollateralVault.sol";
import {IVaultRules} from "../../contracts/interfaces/IVaultRules.sol";
import {AcceptanceBook} from "../../contracts/libraries/AcceptanceBook.sol";
import {OutflowCap} from "../../contracts/libraries/OutflowCap.sol";
import {PauseClock} from "../../contracts/libraries/PauseClock.sol";
import {TokenTransfer} from "../../contracts/libraries/TokenTransfer.sol";
import {DevnetUSDC} from "../../contracts/mocks/DevnetUSDC.sol";
import {AcceptanceState} from "../../contracts/types/Acceptance.sol";
import {ActionClass} from "../../contracts/types/ActionClass.sol";
import {Release, ReleaseId, ReleaseState, SkipReason} from "../../contracts/types/Release.sol";
import {RELEASE_BATCH_TYPEHASH, ReleaseBatch} from "../../contracts/types/ReleaseBatch.sol";
import {GroupSigner} from "./GroupSigner.sol";
import {VaultFixture} from "./VaultFixture.sol";
import {vm} from "./Vm.sol";
import {BlocklistToken, BurningToken, CallbackToken} from "./tokens/OddTokens.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @dev Three owners who have asked for a quarter of a percent each.
abstract contract BatchFixture is VaultFixture {
    uint256 internal constant AMOUNT = ONE_PERCENT / 4;
    address internal constant BOB = address(0xB0B);
    address internal constant CAROL = address(0xCA801);

    uint256[] internal ids;

    function setUp() public virtual override {
        super.setUp();
        _askAll();
    }

    function _askAll() internal {
        delete ids;
        address[3] memory owners = [ALICE, BOB, CAROL];
        for (uint256 i = 0; i < 3; ++i) {
            ids.push(_ask(owners[i]));
        }
    }

    function _ask(address owner) internal returns (uint256) {
        deposit(owner, AMOUNT);
        vm.prank(owner);
        return ReleaseId.unwrap(vault.requestRelease(AMOUNT));
    }

    function aBatch(uint256[] memory of_) internal view returns (ReleaseBatch memory batch) {
        address[] memory to = new address[](of_.length);
        uint256[] memory amounts = new uint256[](of_.length);
        for (uint256 i = 0; i < of_.length; ++i) {
            Release memory release = vault.release(ReleaseId.wrap(of_[i]));
            (to[i], amounts[i]) = (release.to, release.amount);
        }
        return ReleaseBatch({
            releaseIds: of_,
            to: to,
            amounts: amounts,
            epoch: 1,
            class: ActionClass.B,
            threshold: LOW,
            nonce: 0,
            deadline: uint64(block.timestamp + 7 days)
        });
    }

    function proofOf(ReleaseBatch memory batch) internal returns (bytes memory) {
        return GroupSigner.sign(batch.threshold == LOW ? LOW_SECRET : HIGH_SECRET, vault.digestOf(batch));
    }

    function bring(ReleaseBatch memory batch) internal {
        bytes memory proof = proofOf(batch);
        vm.prank(ANYONE);
        vault.payBatch(batch, proof);
    }

    function refuse(ReleaseBatch memory batch, bytes memory reason) internal {
        bytes memory proof = proofOf(batch);
        expectRevert(reason);
        vault.payBatch(batch, proof);
    }

    function expectSkipped(ReleaseBatch memory batch, uint256 id, SkipReason reason) internal {
        bytes32 digest = vault.digestOf(batch);
        vm.expectEmit(true, true, true, true, address(vault));
        emit ICollateralVault.BatchSkipped(digest, ReleaseId.wrap(id), reason);
    }

    function stateOf(uint256 id) internal view returns (ReleaseState) {
        return vault.release(ReleaseId.wrap(id)).state;
    }

    function expectPaid(uint256 alice, uint256 bob, uint256 carol) internal view {
        vm.assertEq(vault.token().balanceOf(ALICE), alice, "alice");
        vm.assertEq(vault.token().balanceOf(BOB), bob, "bob");
        vm.assertEq(vault.token().balanceOf(CAROL), carol, "carol");
    }
}

contract GivenABatchOfSmallReleases is BatchFixture {
    /// @custom:invariant INV-BATCH-2
    function test_WhenThreeSignInCalm_ThenAllArePaidAtOnceAndNeverAgain() external {
        ReleaseBatch memory batch = aBatch(ids);
        bring(batch);
        expectPaid(AMOUNT, AMOUNT, AMOUNT);
        vm.assertEq(vault.recorded(), VAULT_SIZE, "recorded");
        vm.assertEq(vault.queuedTotal(), 0, "queued");
        vm.assertEq(uint256(vault.acceptance(vault.digestOf(batch)).state), uint256(AcceptanceState.Done), "done");
        // When the day's sum would let three sign it again.
        skip(28 hours);
        refuse(batch, abi.encodeWithSelector(AcceptanceBook.DigestUsed.selector, vault.digestOf(batch)));
    }

    /// @custom:invariant INV-BATCH-2
    function test_WhenTheSumIsAboveOnePercent_ThenJudgedAsB2ThoughEachIsSmall() external {
        uint256[] memory five = new uint256[](5);
        for (uint256 i = 0; i < 3; ++i) {
            five[i] = ids[i];
        }
        five[3] = _ask(ALICE);
        five[4] = _ask(BOB);
        ReleaseBatch memory batch = aBatch(five);
        refuse(batch, abi.encodeWithSelector(IAuthority.ThresholdTooLow.selector, LOW, HIGH));
        batch.threshold = HIGH;
        bring(batch);
        expectPaid(0, 0, 0);
        skip(6 hours - 1);
        refuse(batch, abi.encodeWithSelector(AcceptanceBook.TooEarly.selector, block.timestamp, block.timestamp + 1));
        skip(1);
        bring(batch);
        expectPaid(2 * AMOUNT, 2 * AMOUNT, AMOUNT);
    }

    /// @custom:invariant INV-BATCH-2
    function test_WhenAnIdStandsTwice_ThenPaidOnceAndTheSumCountsBoth() external {
        uint256[] memory twice = new uint256[](2);
        (twice[0], twice[1]) = (ids[0], ids[0]);
        ReleaseBatch memory batch = aBatch(twice);
        expectSkipped(batch, ids[0], SkipReason.NotRequested);
        bring(batch);
        expectPaid(AMOUNT, 0, 0);

        uint256[] memory many = new uint256[](5);
        for (uint256 i = 0; i < 5; ++i) {
            many[i] = ids[1];
        }
        refuse(aBatch(many), abi.encodeWithSelector(IAuthority.ThresholdTooLow.selector, LOW, HIGH));
    }

    /// @custom:invariant INV-BATCH-2
    function test_WhenOneMemberIsNotTheReleases_ThenRevertsIntentMismatch() external {
        bytes memory reason = abi.encodeWithSelector(ICollateralVault.IntentMismatch.selector, ids[1]);
        ReleaseBatch memory batch = aBatch(ids);
        batch.to[1] = ANYONE;
        refuse(batch, reason);
        batch = aBatch(ids);
        batch.amounts[1] += 1;
        refuse(batch, reason);
        batch = aBatch(ids);
        batch.amounts[1] = type(uint256).max;
        refuse(batch, reason);
        batch = aBatch(ids);
        batch.releaseIds[1] = 77;
        (batch.to[1], batch.amounts[1]) = (address(0), 0);
        refuse(batch, abi.encodeWithSelector(ICollateralVault.IntentMismatch.selector, 77));
    }

    function test_WhenItsShapeIsWrong_ThenRevertsMalformedBatch() external {
        ReleaseBatch memory batch = aBatch(ids);
        batch.to = new address[](2);
        refuse(batch, abi.encodeWithSelector(ICollateralVault.MalformedBatch.selector, 3, 2, 3, 64));
        batch = aBatch(ids);
        batch.amounts = new uint256[](4);
        refuse(batch, abi.encodeWithSelector(ICollateralVault.MalformedBatch.selector, 3, 3, 4, 64));
        refuse(aBatch(new uint256[](0)), abi.encodeWithSelector(ICollateralVault.MalformedBatch.selector, 0, 0, 0, 64));
        refuse(
            aBatch(new uint256[](65)), abi.encodeWithSelector(ICollateralVault.MalformedBatch.selector, 65, 65, 65, 64)
        );
        batch = aBatch(ids);
        batch.class = ActionClass.D0;
        refuse(batch, abi.encodeWithSelector(IVaultRules.WrongClass.selector, ActionClass.D0));
    }

    /// @custom:invariant INV-BATCH-3
    function test_WhenOneIsCancelledAndOneVetoedInTheSameBlock_ThenTheThirdIsPaid() external {
        ReleaseBatch memory batch = aBatch(ids);
        bytes memory proof = proofOf(batch);
        vm.prank(ALICE);
        vault.cancelRelease(ReleaseId.wrap(ids[0]));
        vm.prank(GUARDIAN);
        vault.veto(ReleaseId.wrap(ids[1]));
        expectSkipped(batch, ids[0], SkipReason.NotRequested);
        expectSkipped(batch, ids[1], SkipReason.Vetoed);
        vault.payBatch(batch, proof);
        expectPaid(0, 0, AMOUNT);
        vm.assertEq(vault.idle(ALICE), AMOUNT, "idle again");
        vm.assertEq(uint256(stateOf(ids[1])), uint256(ReleaseState.Requested), "waits");
    }

    function test_WhenPaused_ThenRevertsPausedAndServesLater() external {
        ReleaseBatch memory batch = aBatch(ids);
        vm.prank(GUARDIAN);
        vault.pause();
        refuse(batch, abi.encodeWithSelector(PauseClock.Paused.selector, vault.pausedUntil()));
        skip(72 hours);
        bring(batch);
        expectPaid(AMOUNT, AMOUNT, AMOUNT);
    }

    /// @custom:invariant INV-CAP-4
    function test_WhenTheCapHasNoRoom_ThenRevertsWholeAndServesLater() external {
        uint256 room = vault.outflowAvailable();
        vm.prank(WHALE);
        ReleaseId whales = vault.requestRelease(room - AMOUNT);
        skip(48 hours);
        ReleaseBatch memory batch = aBatch(ids);
        bytes memory proof = proofOf(batch);
        vault.execute(whales);
        try vault.payBatch(batch, proof) {
            vm.assertTrue(false, "paid beyond the cap");
        } catch (bytes memory reason) {
            vm.assertEq(bytes32(bytes4(reason)), bytes32(OutflowCap.OutflowCapExceeded.selector), "why");
        }
        expectPaid(0, 0, 0);
        skip(12 hours);
        bring(batch);
        expectPaid(AMOUNT, AMOUNT, AMOUNT);
    }

    /// @custom:invariant INV-BATCH-1
    function test_WhenAWatcherStarvesTheCallOfGas_ThenNothingIsSkippedAndNothingBurned() external {
        ReleaseBatch memory batch = aBatch(ids);
        bytes memory proof = proofOf(batch);
        for (uint256 limit = 40_000; limit < 500_000; limit += 5_000) {
            try vault.payBatch{gas: limit}(batch, proof) {
                break;
            } catch {
                vm.assertEq(uint256(stateOf(ids[2])), uint256(ReleaseState.Requested), "untouched");
            }
        }
        if (stateOf(ids[2]) != ReleaseState.Paid) vault.payBatch(batch, proof);
        expectPaid(AMOUNT, AMOUNT, AMOUNT);
    }

    function test_WhenHashed_ThenTheDigestIsThatOfEip712() external view {
        ReleaseBatch memory batch = aBatch(ids);
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("CollateralVault"),
                keccak256("1"),
                block.chainid,
                address(vault)
            )
        );
        bytes32 arrays = keccak256(abi.encode(ids[0], ids[1], ids[2]));
        bytes32 structHash = keccak256(
            bytes.concat(
                abi.encode(
                    RELEASE_BATCH_TYPEHASH,
                    arrays,
                    keccak256(abi.encode(ALICE, BOB, CAROL)),
                    keccak256(abi.encode(AMOUNT, AMOUNT, AMOUNT))
                ),
                abi.encode(uint64(1), uint8(2), LOW, uint256(0), batch.deadline)
            )
        );
        vm.assertEq(vault.digestOf(batch), keccak256(abi.encodePacked("\x19\x01", domain, structHash)), "digest");
    }

    function test_When64AreExpedited_ThenOneTransactionHoldsThem() external {
        uint256[] memory many = new uint256[](64);
        for (uint256 i = 0; i < 64; ++i) {
            address owner = address(uint160(0x9000 + i));
            deposit(owner, USDC);
            vm.prank(owner);
            many[i] = ReleaseId.unwrap(vault.requestRelease(USDC));
        }
        ReleaseBatch memory batch = aBatch(many);
        bytes memory proof = proofOf(batch);
        uint256 before = gasleft();
        vault.payBatch(batch, proof);
        // Of 16.7 million that a transaction may use, with room for transfers that spend all they may.
        vm.assertLe(before - gasleft() + 64 * TokenTransfer.TRANSFER_GAS, 15_000_000, "gas");
        vm.assertEq(uint256(stateOf(many[63])), uint256(ReleaseState.Paid), "the last");
    }
}

contract GivenABatchOnAnOddToken is BatchFixture {
    function setUp() public override {
        VaultFixture.setUp();
    }

    /// @custom:invariant INV-BATCH-3
    function test_WhenOneRecipientIsBlocked_ThenTheOthersArePaidAndItWaits() external {
        BlocklistToken token = new BlocklistToken();
        _use(address(token));
        token.setBlocked(BOB, true);
        ReleaseBatch memory batch = aBatch(ids);
        expectSkipped(batch, ids[1], SkipReason.TransferFailed);
        bring(batch);
        expectPaid(AMOUNT, 0, AMOUNT);
        vm.assertEq(uint256(stateOf(ids[1])), uint256(ReleaseState.Requested), "still owed");
        vm.assertEq(vault.queuedTotal(), AMOUNT, "queued");

        token.setBlocked(BOB, false);
        skip(28 hours);
        batch.nonce = 1;
        bring(batch);
        expectPaid(AMOUNT, AMOUNT, AMOUNT);
    }

    /// @custom:invariant INV-BATCH-3
    function test_WhenTheTokenPaysNobody_ThenNobodyBurnsTheBatchByBringingIt() external {
        BlocklistToken token = new BlocklistToken();
        _use(address(token));
        address[3] memory all = [ALICE, BOB, CAROL];
        for (uint256 i = 0; i < 3; ++i) {
            token.setBlocked(all[i], true);
        }
        ReleaseBatch memory batch = aBatch(ids);
        refuse(batch, abi.encodeWithSelector(ICollateralVault.NothingPaid.selector, vault.digestOf(batch)));
        for (uint256 i = 0; i < 3; ++i) {
            token.setBlocked(all[i], false);
        }
        bring(batch);
        expectPaid(AMOUNT, AMOUNT, AMOUNT);
    }

    /// @custom:invariant INV-BATCH-1
    function test_WhenATransferBurnsAllItsGas_ThenTheOthersArePaid() external {
        BurningToken token = new BurningToken();
        _use(address(token));
        token.setBurning(BOB);
        ReleaseBatch memory batch = aBatch(ids);
        uint256 before = gasleft();
        bring(batch);
        vm.assertLe(before - gasleft(), 600_000, "gas");
        expectPaid(AMOUNT, 0, AMOUNT);
    }

    /// @custom:invariant INV-BATCH-2
    function test_WhenTheTokenReenters_ThenEachIsPaidOnce() external {
        CallbackToken token = new CallbackToken();
        _use(address(token));
        ReleaseBatch memory batch = aBatch(ids);
        bytes memory proof = proofOf(batch);
        token.callBack(ANYONE, address(vault), abi.encodeCall(ICollateralVault.payBatch, (batch, proof)));
        vault.payBatch(batch, proof);
        expectPaid(AMOUNT, AMOUNT, AMOUNT);
        vm.assertTrue(!token.succeeded(), "re-entered");
    }

    /// @custom:invariant INV-BATCH-1
    function test_WhenGivenTooLittleGas_ThenRefusedRatherThanCalledFailed() external {
        usdc.mint(address(this), 2);
        vm.assertTrue(this.attempt{gas: 200_000}(BOB), "enough");
        try this.attempt{gas: 150_000}(BOB) {
            vm.assertTrue(false, "too little");
        } catch (bytes memory reason) {
            vm.assertEq(bytes32(bytes4(reason)), bytes32(TokenTransfer.TooLittleGas.selector), "why");
        }
        vm.assertEq(usdc.balanceOf(BOB), 1, "bob");
    }

    function attempt(address to) external returns (bool) {
        return TokenTransfer.attempt(usdc, to, 1);
    }

    /// @dev As VaultFixture.setUp, on another token.
    function _use(address token) private {
        usdc = DevnetUSDC(token);
        vault = new CollateralVault(IERC20(token), authority, people, oracle, VENUE);
        deposit(WHALE, VAULT_SIZE);
        skip(2 days);
        _askAll();
    }
}
