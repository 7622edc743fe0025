// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CollateralVault} from "../../contracts/CollateralVault.sol";
import {ICollateralVault} from "../../contracts/interfaces/ICollateralVault.sol";
import {ActionClass} from "../../contracts/types/ActionClass.sol";
import {ReleaseId, ReleaseState} from "../../contracts/types/Release.sol";
import {ReleaseBatch} from "../../contracts/types/ReleaseBatch.sol";
import {VaultFixture} from "./VaultFixture.sol";
import {vm} from "./Vm.sol";
import {BlocklistToken, CallbackToken, FalseToken, FeeToken, IssuedToken, SilentToken} from "./tokens/OddTokens.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

contract GivenATokenOutOfTheOrdinary is VaultFixture {
    uint256 private constant AMOUNT = 1000 * USDC;

    function test_WhenItTakesAFee_ThenOnlyWhatArrivesIsCredited() external {
        FeeToken fee = new FeeToken();
        _use(address(fee));
        fee.mint(address(this), AMOUNT);
        fee.approve(address(vault), AMOUNT);
        vault.deposit(ALICE, AMOUNT);
        uint256 arrived = AMOUNT - AMOUNT / 100;
        vm.assertEq(vault.idle(ALICE), arrived, "idle");
        vm.assertEq(fee.balanceOf(address(vault)), arrived, "backed");

        _releaseAll();
        vm.assertEq(fee.balanceOf(ALICE), arrived - arrived / 100, "alice bears the fee");
        vm.assertEq(fee.balanceOf(address(vault)), 0, "vault");
        vm.assertEq(vault.recorded(), 0, "recorded");
    }

    function test_WhenItAnswersFalse_ThenNothingIsCreditedAndNothingIsPaid() external {
        FalseToken token = new FalseToken();
        _use(address(token));
        token.mint(address(this), AMOUNT);
        token.approve(address(vault), AMOUNT);
        bytes memory reason = abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(token));
        token.refuse(true);
        expectRevert(reason);
        vault.deposit(ALICE, AMOUNT);

        token.refuse(false);
        vault.deposit(ALICE, AMOUNT);
        ReleaseId id = _request();
        skip(14 days);
        token.refuse(true);
        expectRevert(reason);
        vault.execute(id);
        vm.assertEq(uint256(vault.release(id).state), uint256(ReleaseState.Requested), "still owed");

        token.refuse(false);
        vault.execute(id);
        vm.assertEq(token.balanceOf(ALICE), AMOUNT, "alice");
    }

    function test_WhenItAnswersNothing_ThenDepositedAndPaid() external {
        SilentToken token = new SilentToken();
        _use(address(token));
        token.mint(address(this), AMOUNT);
        vault.deposit(ALICE, AMOUNT);
        _releaseAll();
        vm.assertEq(token.balanceOf(ALICE), AMOUNT, "alice");
    }

    function test_WhenItRefusesARecipient_ThenOnlyThatReleaseWaits() external {
        BlocklistToken token = new BlocklistToken();
        _use(address(token));
        token.mint(address(this), 2 * AMOUNT);
        token.approve(address(vault), 2 * AMOUNT);
        vault.deposit(ALICE, AMOUNT);
        vault.deposit(WHALE, AMOUNT);
        ReleaseId blocked = _request();
        vm.prank(WHALE);
        ReleaseId other = vault.requestRelease(AMOUNT);
        token.setBlocked(ALICE, true);
        skip(14 days);
        expectRevert(abi.encodeWithSelector(BlocklistToken.Blocked.selector, ALICE));
        vault.execute(blocked);
        vault.execute(other);
        vm.assertEq(token.balanceOf(WHALE), AMOUNT, "whale");

        // The way out of a blocked address: cancel, change the payout address, ask again.
        vm.prank(ALICE);
        vault.requestPayout(SAFE);
        skip(3 days);
        vault.applyPayout(ALICE);
        vm.prank(ALICE);
        vault.cancelRelease(blocked);
        _releaseAll();
        vm.assertEq(token.balanceOf(SAFE), AMOUNT, "safe");
    }

    function test_WhenItsIssuerStopsIt_ThenWhatIsDueWaitsAndIsPaidAfterwards() external {
        IssuedToken token = new IssuedToken();
        _use(address(token));
        token.mint(address(this), AMOUNT);
        token.approve(address(vault), AMOUNT);
        vault.deposit(ALICE, AMOUNT);
        ReleaseId id = _request();
        skip(14 days);
        token.stop(true);
        expectRevert(abi.encodeWithSelector(IssuedToken.AllStopped.selector));
        vault.execute(id);
        vm.assertEq(uint256(vault.release(id).state), uint256(ReleaseState.Requested), "still owed");
        token.stop(false);
        vault.execute(id);
        vm.assertEq(token.balanceOf(ALICE), AMOUNT, "alice");
    }

    /// @dev The vault records no shortfall: who comes first is paid whole, who comes last waits for what is missing.
    function test_WhenItsIssuerBurnsTheVaultsBalance_ThenWhatIsNotThereStaysOwed() external {
        IssuedToken token = new IssuedToken();
        _use(address(token));
        token.mint(address(this), 2 * AMOUNT);
        token.approve(address(vault), 2 * AMOUNT);
        vault.deposit(ALICE, AMOUNT);
        vault.deposit(WHALE, AMOUNT);
        token.burn(address(vault), 1);
        _releaseAll();
        vm.assertEq(token.balanceOf(ALICE), AMOUNT, "alice");

        vm.prank(WHALE);
        ReleaseId last = vault.requestRelease(AMOUNT);
        skip(14 days);
        expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, address(vault), AMOUNT - 1, AMOUNT)
        );
        vault.execute(last);
        vm.assertEq(vault.queuedTotal(), AMOUNT, "owed");
        token.mint(address(vault), 1);
        vault.execute(last);
        vm.assertEq(token.balanceOf(WHALE), AMOUNT, "whale");
    }

    function _use(address token) private {
        vault = new CollateralVault(IERC20(token), authority, people, oracle, VENUE);
    }

    function _request() private returns (ReleaseId) {
        uint256 amount = vault.idle(ALICE);
        vm.prank(ALICE);
        return vault.requestRelease(amount);
    }

    function _releaseAll() private {
        ReleaseId id = _request();
        skip(14 days);
        vault.execute(id);
    }
}

contract GivenATokenThatCallsBack is VaultFixture {
    uint256 private constant AMOUNT = 1000 * USDC;

    CallbackToken private token;
    /// @dev What every way in is tried on.
    ReleaseId private ripe;

    function setUp() public override {
        super.setUp();
        token = new CallbackToken();
        vault = new CollateralVault(token, authority, people, oracle, VENUE);
        token.mint(address(this), 28 * AMOUNT);
        token.approve(address(vault), 28 * AMOUNT);
        vault.deposit(ALICE, 10 * AMOUNT);
        ripe = _request();
        skip(14 days);
    }

    function test_WhenItReentersDuringAPayment_ThenEveryWayInIsShut() external {
        bytes[] memory calls = _waysIn();
        ReleaseId[] memory ids = new ReleaseId[](calls.length);
        for (uint256 i = 0; i < calls.length; ++i) {
            ids[i] = _request();
        }
        skip(14 days);
        for (uint256 i = 0; i < calls.length; ++i) {
            token.callBack(ALICE, address(vault), calls[i]);
            vault.execute(ids[i]);
            _expectShut();
            vm.assertEq(token.balanceOf(ALICE), (i + 1) * AMOUNT, "paid once");
        }
    }

    function test_WhenItReentersDuringADeposit_ThenEveryWayInIsShut() external {
        bytes[] memory calls = _waysIn();
        for (uint256 i = 0; i < calls.length; ++i) {
            token.callBack(ALICE, address(vault), calls[i]);
            uint256 before = vault.idle(WHALE);
            vault.deposit(WHALE, AMOUNT);
            _expectShut();
            vm.assertEq(vault.idle(WHALE), before + AMOUNT, "credited once");
        }
    }

    function _request() private returns (ReleaseId) {
        vm.prank(ALICE);
        return vault.requestRelease(AMOUNT);
    }

    function _waysIn() private view returns (bytes[] memory calls) {
        calls = new bytes[](7);
        calls[0] = abi.encodeCall(ICollateralVault.execute, (ripe));
        calls[1] = abi.encodeCall(ICollateralVault.deposit, (ALICE, 1));
        calls[2] = abi.encodeCall(ICollateralVault.requestRelease, (1));
        calls[3] = abi.encodeCall(ICollateralVault.cancelRelease, (ripe));
        calls[4] = abi.encodeCall(ICollateralVault.expedite, (anExpedite(ripe, ActionClass.B, LOW), new bytes(96)));
        calls[5] = abi.encodeCall(ICollateralVault.requestStanding, (ALICE));
        ReleaseBatch memory batch;
        calls[6] = abi.encodeCall(ICollateralVault.payBatch, (batch, new bytes(96)));
    }

    function _expectShut() private view {
        vm.assertTrue(!token.succeeded(), "re-entered");
        vm.assertEq(
            token.answer(),
            abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector),
            "why"
        );
    }
}
