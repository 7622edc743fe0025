// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CollateralVault} from "../../contracts/CollateralVault.sol";
import {IAuthority} from "../../contracts/interfaces/IAuthority.sol";
import {ICollateralVault} from "../../contracts/interfaces/ICollateralVault.sol";
import {IRegimeOracle} from "../../contracts/interfaces/IRegimeOracle.sol";
import {AcceptanceBook} from "../../contracts/libraries/AcceptanceBook.sol";
import {RegimeReading} from "../../contracts/libraries/RegimeReading.sol";
import {Ppm} from "../../contracts/types/Ppm.sol";
import {Regime} from "../../contracts/types/Regime.sol";
import {Release, ReleaseId, ReleaseState} from "../../contracts/types/Release.sol";
import {VaultFixture} from "./VaultFixture.sol";
import {vm, within} from "./Vm.sol";
import {GasBurningOracle, RevertingOracle, WordOracle} from "./oracles/HostileOracles.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

contract GivenAVaultToBe is VaultFixture {
    function test_WhenSomethingItDependsOnHasNoCode_ThenRevertsNotAContract() external {
        bytes memory reason = abi.encodeWithSelector(ICollateralVault.NotAContract.selector, ANYONE);
        expectRevert(reason);
        new CollateralVault(IERC20(ANYONE), authority, people, oracle, VENUE);
        expectRevert(reason);
        new CollateralVault(usdc, IAuthority(ANYONE), people, oracle, VENUE);
        expectRevert(reason);
        new CollateralVault(usdc, authority, people, IRegimeOracle(ANYONE), VENUE);
    }

    function test_WhenDeployed_ThenItNamesWhatItDependsOn() external {
        CollateralVault made = new CollateralVault(usdc, authority, people, oracle, VENUE);
        vm.assertEq(address(made.token()), address(usdc), "token");
        vm.assertEq(address(made.authority()), address(authority), "authority");
        vm.assertEq(address(made.oracle()), address(oracle), "oracle");
        vm.assertEq(made.recorded(), 0, "recorded");
        vm.assertEq(made.EXIT_BOUND(), 14 days, "exit bound");
    }
}

contract GivenADepositor is VaultFixture {
    function test_WhenDepositedForAnother_ThenTheOtherOwnsIt() external {
        usdc.mint(ANYONE, USDC);
        vm.prank(ANYONE);
        usdc.approve(address(vault), USDC);
        vm.expectEmit(true, true, true, true, address(vault));
        emit ICollateralVault.Deposited(ALICE, ANYONE, USDC);
        vm.prank(ANYONE);
        vault.deposit(ALICE, USDC);
        vm.assertEq(vault.idle(ALICE), USDC, "alice");
        vm.assertEq(vault.idle(ANYONE), 0, "payer");
        vm.assertEq(vault.recorded(), VAULT_SIZE + USDC, "recorded");
    }

    function test_WhenTheOwnerIsNobodyOrTheVault_ThenRevertsInvalidOwner() external {
        expectRevert(abi.encodeWithSelector(ICollateralVault.InvalidOwner.selector, address(0)));
        vault.deposit(address(0), USDC);
        expectRevert(abi.encodeWithSelector(ICollateralVault.InvalidOwner.selector, address(vault)));
        vault.deposit(address(vault), USDC);
    }

    function test_WhenNothingIsDeposited_ThenRevertsNothingReceived() external {
        expectRevert(abi.encodeWithSelector(ICollateralVault.NothingReceived.selector, VAULT_SIZE, VAULT_SIZE));
        vault.deposit(ALICE, 0);
    }

    function test_WhenTheVaultIsFull_ThenNotAUnitMore() external {
        uint256 room = vault.MAX_RECORDED() - VAULT_SIZE;
        deposit(ALICE, room - 1);
        usdc.mint(address(this), 2);
        usdc.approve(address(vault), 2);
        expectRevert(abi.encodeWithSelector(ICollateralVault.DepositPastLimit.selector, 2, 1));
        vault.deposit(ALICE, 2);
        vault.deposit(ALICE, 1);
        vm.assertEq(vault.recorded(), (2 ** 32 - 1) * USDC, "full");
    }

    function test_WhenTokensArriveUninvited_ThenTheyAreNobodys() external {
        usdc.mint(address(vault), 5 * USDC);
        vm.assertEq(vault.recorded(), VAULT_SIZE, "recorded");
        deposit(ALICE, USDC);
        vm.assertEq(vault.idle(ALICE), USDC, "the next depositor gets none of it");
    }
}

contract GivenAnOwnerWithCollateral is VaultFixture {
    uint256 private constant AMOUNT = 100 * USDC;

    function setUp() public override {
        super.setUp();
        deposit(ALICE, AMOUNT);
    }

    function test_WhenRequested_ThenIdleBecomesQueued() external {
        vm.expectEmit(true, true, true, true, address(vault));
        emit ICollateralVault.ReleaseRequested(ReleaseId.wrap(1), ALICE, ALICE, 40 * USDC);
        vm.prank(ALICE);
        ReleaseId id = vault.requestRelease(40 * USDC);
        Release memory release = vault.release(id);
        vm.assertEq(release.owner, ALICE, "owner");
        vm.assertEq(release.to, ALICE, "to");
        vm.assertEq(release.amount, 40 * USDC, "amount");
        vm.assertEq(release.requestedAt, block.timestamp, "requestedAt");
        vm.assertEq(uint256(release.state), uint256(ReleaseState.Requested), "state");
        vm.assertEq(vault.idle(ALICE), 60 * USDC, "idle");
        vm.assertEq(vault.idleTotal(), VAULT_SIZE + 60 * USDC, "idleTotal");
        vm.assertEq(vault.queuedTotal(), 40 * USDC, "queuedTotal");
        vm.assertEq(vault.recorded(), VAULT_SIZE + AMOUNT, "recorded");
    }

    function test_WhenRequestedTwice_ThenTheIdsDiffer() external {
        vm.prank(ALICE);
        ReleaseId first = vault.requestRelease(1);
        vm.prank(ALICE);
        ReleaseId second = vault.requestRelease(1);
        vm.assertEq(ReleaseId.unwrap(second), ReleaseId.unwrap(first) + 1, "id");
    }

    function test_WhenNothingIsRequested_ThenRevertsZeroAmount() external {
        expectRevert(abi.encodeWithSelector(ICollateralVault.ZeroAmount.selector));
        vm.prank(ALICE);
        vault.requestRelease(0);
    }

    function testFuzz_WhenMoreThanIdleIsRequested_ThenRevertsInsufficientIdle(uint256 amount) external {
        amount = within(amount, AMOUNT + 1, type(uint256).max);
        expectRevert(abi.encodeWithSelector(ICollateralVault.InsufficientIdle.selector, amount, AMOUNT));
        vm.prank(ALICE);
        vault.requestRelease(amount);
    }
}

contract GivenARequestedRelease is VaultFixture {
    ReleaseId private id;
    uint256 private requestedAt;

    function setUp() public override {
        super.setUp();
        id = aRelease(ONE_PERCENT);
        requestedAt = block.timestamp;
    }

    function test_WhenCancelledByItsOwner_ThenItIsIdleAgainForEver() external {
        vm.expectEmit(true, true, true, true, address(vault));
        emit ICollateralVault.ReleaseCancelled(id);
        vm.prank(ALICE);
        vault.cancelRelease(id);
        vm.assertEq(vault.idle(ALICE), ONE_PERCENT, "idle");
        vm.assertEq(vault.queuedTotal(), 0, "queued");
        vm.assertEq(vault.recorded(), VAULT_SIZE + ONE_PERCENT, "recorded");

        skip(15 days);
        bytes memory reason =
            abi.encodeWithSelector(ICollateralVault.ReleaseNotRequested.selector, id, ReleaseState.Cancelled);
        expectRevert(reason);
        vault.execute(id);
        expectRevert(reason);
        vm.prank(ALICE);
        vault.cancelRelease(id);
        expectRevert(reason);
        vault.ripeAt(id);
        expectRevert(reason);
        vault.expediteValue(id);
    }

    function test_WhenCancelledByAnother_ThenRevertsNotReleaseOwner() external {
        expectRevert(abi.encodeWithSelector(ICollateralVault.NotReleaseOwner.selector, ANYONE, ALICE));
        vm.prank(ANYONE);
        vault.cancelRelease(id);
    }

    function test_WhenTheIdIsUnknown_ThenRevertsReleaseNotRequested() external {
        ReleaseId unknown = ReleaseId.wrap(77);
        expectRevert(abi.encodeWithSelector(ICollateralVault.ReleaseNotRequested.selector, unknown, ReleaseState.Unset));
        vault.execute(unknown);
    }

    function test_WhenExecutedByAnyoneWhenRipe_ThenThePinnedAddressIsPaidOnce() external {
        vm.warp(vault.ripeAt(id));
        vm.expectEmit(true, true, true, true, address(vault));
        emit ICollateralVault.ReleasePaid(id, ALICE, ONE_PERCENT, false);
        vm.prank(ANYONE);
        vault.execute(id);
        vm.assertEq(usdc.balanceOf(ALICE), ONE_PERCENT, "alice");
        vm.assertEq(vault.recorded(), VAULT_SIZE, "recorded");
        vm.assertEq(vault.queuedTotal(), 0, "queued");

        expectRevert(abi.encodeWithSelector(ICollateralVault.ReleaseNotRequested.selector, id, ReleaseState.Paid));
        vault.execute(id);
    }

    function test_WhenOnePercentInAnyRegime_ThenRipeByTheRowOfSmallReleases() external {
        _expectRipeAfter(Regime.CALM, 24 hours);
        _expectRipeAfter(Regime.ELEVATED, 48 hours);
        _expectRipeAfter(Regime.STRESSED, 72 hours);
    }

    function test_WhenMoreThanOnePercentInAnyRegime_ThenRipeByTheRowOfLargeReleases() external {
        id = aRelease(3 * ONE_PERCENT);
        _expectRipeAfter(Regime.CALM, 48 hours);
        _expectRipeAfter(Regime.ELEVATED, 72 hours);
        _expectRipeAfter(Regime.STRESSED, 7 days);
    }

    function test_WhenTheOracleIsStale_ThenRipeAsUnderStress() external {
        oracle.set(Regime.CALM, true);
        vm.assertEq(vault.ripeAt(id), requestedAt + 72 hours, "ripeAt");
    }

    function test_WhenTheVaultShrinks_ThenTheSameAmountIsLarge() external {
        vm.prank(WHALE);
        ReleaseId whales = vault.requestRelease(VAULT_SIZE / 5);
        vm.warp(vault.ripeAt(whales));
        vault.execute(whales);
        vm.assertEq(vault.ripeAt(id), requestedAt + 48 hours, "ripeAt");
    }

    function test_WhenTheVaultShrinksAndSwellsWithinOneBucket_ThenTheLeastOfItDecides() external {
        vm.prank(WHALE);
        ReleaseId whales = vault.requestRelease(VAULT_SIZE);
        // More than the outflow cap lets out sooner.
        skip(14 days);
        // Touches the bucket while the vault is still large.
        deposit(ANYONE, USDC);
        vault.execute(whales);
        // What is left: the release's 10,000 USDC and one more.
        vm.assertEq(Ppm.unwrap(vault.expediteValue(id)), 999_901, "after the payment");
        deposit(ANYONE, VAULT_SIZE);
        vm.assertEq(Ppm.unwrap(vault.expediteValue(id)), 999_901, "after the refill");
        vm.assertEq(vault.ripeAt(id), requestedAt + 48 hours, "ripeAt");
    }

    function test_WhenAFlashDepositSwellsTheVault_ThenTheDelayDoesNotFall() external {
        id = aRelease(2 * ONE_PERCENT);
        deposit(ANYONE, 1000 * VAULT_SIZE);
        vm.assertEq(vault.ripeAt(id), requestedAt + 48 hours, "ripeAt");
    }

    function test_WhenTheOracleIsHostile_ThenExecutableAsUnderStress() external {
        address[5] memory hostile = [
            address(new RevertingOracle()),
            address(new GasBurningOracle()),
            address(new WordOracle(3, 0)),
            address(new WordOracle(0, 2)),
            address(0)
        ];
        for (uint256 i = 0; i < hostile.length; ++i) {
            vm.etch(address(oracle), hostile[i].code);
            vm.warp(requestedAt + 72 hours - 1);
            expectRevert(
                abi.encodeWithSelector(
                    AcceptanceBook.TooEarly.selector, requestedAt + 72 hours - 1, requestedAt + 72 hours
                )
            );
            vault.execute(id);
        }
        vm.warp(requestedAt + 72 hours);
        vm.etch(address(oracle), address(new GasBurningOracle()).code);
        uint256 before = gasleft();
        vault.execute(id);
        vm.assertLe(before - gasleft(), RegimeReading.ORACLE_GAS + 150_000, "gas");
        vm.assertEq(usdc.balanceOf(ALICE), ONE_PERCENT, "alice");
    }

    /// @custom:invariant INV-VAULT-6
    function test_WhenPastTheExitBound_ThenPaidWithoutAskingOracleOrAuthority() external {
        setRegime(Regime.STRESSED);
        vm.warp(requestedAt + vault.EXIT_BOUND());
        vm.expectCall(address(oracle), "", 0);
        vm.expectCall(address(authority), "", 0);
        vm.prank(ANYONE);
        vault.execute(id);
        vm.assertEq(usdc.balanceOf(ALICE), ONE_PERCENT, "alice");
    }

    /// @custom:invariant INV-VAULT-6
    function test_WhenOracleAndAuthorityAreDead_ThenPaidAtTheExitBound() external {
        vm.etch(address(oracle), address(new GasBurningOracle()).code);
        vm.etch(address(authority), hex"fe");
        vm.warp(requestedAt + vault.EXIT_BOUND());
        vault.execute(id);
        vm.assertEq(usdc.balanceOf(ALICE), ONE_PERCENT, "alice");
    }

    function _expectRipeAfter(Regime regime, uint256 delay) private {
        setRegime(regime);
        uint256 ripe = requestedAt + delay;
        vm.assertEq(vault.ripeAt(id), ripe, "ripeAt");
        vm.warp(ripe - 1);
        expectRevert(abi.encodeWithSelector(AcceptanceBook.TooEarly.selector, ripe - 1, ripe));
        vault.execute(id);
    }
}
