// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CollateralVault} from "../../contracts/CollateralVault.sol";
import {Delegations} from "../../contracts/Delegations.sol";
import {MarginVenue} from "../../contracts/MarginVenue.sol";
import {RiskEngine} from "../../contracts/RiskEngine.sol";
import {ThresholdAuthority} from "../../contracts/ThresholdAuthority.sol";
import {ICollateralVault} from "../../contracts/interfaces/ICollateralVault.sol";
import {IDelegations} from "../../contracts/interfaces/IDelegations.sol";
import {IMarginVenue} from "../../contracts/interfaces/IMarginVenue.sol";
import {IRiskEngine} from "../../contracts/interfaces/IRiskEngine.sol";
import {ISuccession} from "../../contracts/interfaces/ISuccession.sol";
import {IVolatilityOracle} from "../../contracts/interfaces/IVolatilityOracle.sol";
import {Health} from "../../contracts/types/Health.sol";
import {ReleaseId} from "../../contracts/types/Release.sol";
import {Slice} from "../../contracts/types/Slice.sol";
import {Table} from "../../contracts/types/Table.sol";
import {VenueFixture} from "./VenueFixture.sol";
import {vm} from "./Vm.sol";
import {SettableOracle} from "./oracles/SettableOracle.sol";
import {CallbackToken} from "./tokens/OddTokens.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @notice Alice is long a bitcoin, Bob short, with 20,000 each: initial margin is 9,000.
contract GivenAnOpenPosition is VenueFixture {
    uint256 private constant MARGIN = 20_000 * USDC;

    function setUp() public override {
        super.setUp();
        fund(ALICE, MARGIN);
        fund(BOB, MARGIN);
        fund(CAROL, MARGIN);
        trade(ALICE_KEY, BOB_KEY, BITCOIN, PRICE);
    }

    /// @custom:invariant INV-VENUE-9
    function test_WhenWithdrawn_ThenInitialMarginStays() external {
        vm.assertEq(venue.freeMargin(ALICE), 11_000 * USDC, "free");
        _refuse(11_000 * USDC + 1, 11_000 * USDC);
        vm.expectEmit(true, true, true, true, address(venue));
        emit IMarginVenue.Withdrawn(ALICE, 11_000 * USDC, 11_000 * USDC);
        vm.prank(ALICE);
        venue.withdraw(11_000 * USDC);
        vm.assertEq(vault.idle(ALICE), 11_000 * USDC, "idle");
        vm.assertEq(venue.freeMargin(ALICE), 0, "nothing is left");
    }

    /// @custom:invariant INV-VENUE-9
    function test_WhenThereAreUnrealisedGains_ThenTheyStay() external {
        setPrice(7_000_000);
        // 10,000 won, none of it counts; initial margin rises to 10,500.
        _refuse(9_500 * USDC + 1, 9_500 * USDC);
        vm.assertEq(venue.freeMargin(ALICE), 9_500 * USDC, "free");
    }

    /// @custom:invariant INV-VENUE-9
    function test_WhenThereAreLossesAtTheWorsePrice_ThenTheyCount() external {
        setPrices(PRICE, 5_900_000, false);
        vm.assertEq(venue.freeMargin(ALICE), (20_000 - 1_000 - 8_850) * USDC, "average");
        setPrices(5_900_000, PRICE, false);
        vm.assertEq(venue.freeMargin(ALICE), (20_000 - 1_000 - 8_850) * USDC, "spot");
        setPrice(5_000_000);
        vm.assertEq(venue.freeMargin(ALICE), 2_500 * USDC, "both");
        setPrice(4_000_000);
        vm.assertEq(venue.freeMargin(ALICE), 0, "none");
    }

    function test_WhenNothingIsWithdrawn_ThenRevertsZeroAmount() external {
        expectRevert(abi.encodeWithSelector(IMarginVenue.ZeroAmount.selector));
        vm.prank(ALICE);
        venue.withdraw(0);
    }

    /// @custom:invariant INV-VENUE-7
    function test_WhenStaleOrBehindOrFlagged_ThenReverts() external {
        setPrices(PRICE, PRICE, true);
        vm.assertEq(venue.freeMargin(ALICE), 0, "free");
        expectRevert(abi.encodeWithSelector(IMarginVenue.StaleOracle.selector));
        vm.prank(ALICE);
        venue.withdraw(1);
        setPrice(PRICE);
        settable.wait(65);
        expectRevert(abi.encodeWithSelector(IMarginVenue.RoundsPending.selector));
        vm.prank(ALICE);
        venue.withdraw(1);
        settable.wait(0);
        setPrice(4_400_000);
        liquidation.flag(ALICE);
        fund(ALICE, MARGIN);
        vm.assertEq(venue.freeMargin(ALICE), 0, "free");
        expectRevert(abi.encodeWithSelector(IMarginVenue.AccountFlagged.selector, ALICE));
        vm.prank(ALICE);
        venue.withdraw(1);
    }

    function test_WhenThereIsNoPosition_ThenNeitherOracleNorFlagIsAsked() external {
        setPrices(PRICE, PRICE, true);
        settable.wait(1_000);
        vm.assertEq(venue.freeMargin(CAROL), MARGIN, "free");
        vm.prank(CAROL);
        venue.withdraw(MARGIN);
        vm.assertEq(vault.idle(CAROL), MARGIN, "idle");
    }

    function test_WhenFlaggedAndClosed_ThenTheRestIsItsOwn() external {
        setPrice(4_400_000);
        liquidation.flag(ALICE);
        trade(CAROL_KEY, ALICE_KEY, BITCOIN, 4_400_000);
        vm.prank(ALICE);
        venue.withdraw(4_000 * USDC);
        vm.assertEq(vault.idle(ALICE), 4_000 * USDC, "idle");
    }

    function test_WhenReadInBatches_ThenAccountsArePacked() external {
        setPrice(4_400_000);
        liquidation.flag(ALICE);
        vm.assertEq(venue.accountCount(), 2, "count");
        uint256[] memory words = venue.accounts(0, 10);
        vm.assertEq(words.length, 6, "words");
        // The seller's side is filled first.
        vm.assertEq(words[0], uint256(uint160(BOB)) | (1 << 200), "Bob");
        vm.assertEq(words[3], uint256(uint160(ALICE)) | (START << 160) | (1 << 200), "Alice, flagged");
        vm.assertEq(int256(words[4]), int256(MARGIN), "cash");
        vm.assertEq(words[5], (uint256(BITCOIN) << 16) | (60_000e6 << 80), "position");
        uint256 lots = uint64(-int64(BITCOIN));
        uint256 cost = uint128(-int128(60_000e6));
        vm.assertEq(words[2], (lots << 16) | (cost << 80), "short");
        vm.assertEq(keccak256(abi.encode(venue.accounts(1, 1))), _hash(words, 3), "the second");
        vm.assertEq(venue.accounts(2, 1).length, 0, "past the end");
        vm.assertEq(venue.accounts(7, type(uint256).max).length, 0, "far past it");
    }

    function test_WhenHealthIsRead_ThenItIsOfBothPrices() external {
        setPrices(5_900_000, 5_800_000, false);
        Health memory health = healthOf(ALICE);
        vm.assertEq(health.equitySpot, 19_000e6, "equitySpot");
        vm.assertEq(health.maintenanceSpot, 5_900e6, "maintenanceSpot");
        vm.assertEq(health.hardSpot, 4_720e6, "hardSpot");
        vm.assertEq(health.equityTwap, 18_000e6, "equityTwap");
        vm.assertEq(health.maintenanceTwap, 5_800e6, "maintenanceTwap");
        vm.assertEq(health.hardTwap, 4_640e6, "hardTwap");
        vm.assertEq(health.notional, 59_000e6, "notional");
        vm.assertEq(health.flaggedAt, 0, "flaggedAt");
    }

    function test_WhenAnyoneButTheLiquidationMovesThings_ThenRevertsNotLiquidation() external {
        bytes memory reason = abi.encodeWithSelector(IMarginVenue.NotLiquidation.selector, ANYONE, address(liquidation));
        Table[] memory tables = risk.tables();
        Slice memory slice = Slice(ALICE, BOB, 1, 0, 0);
        expectRevert(reason);
        vm.prank(ANYONE);
        venue.slice(slice, tables);
        expectRevert(reason);
        vm.prank(ANYONE);
        venue.moveMargin(ALICE, ANYONE, 1);
        expectRevert(reason);
        vm.prank(ANYONE);
        venue.setFlag(ALICE, 1);
    }

    function _refuse(uint256 amount, uint256 available) private {
        expectRevert(abi.encodeWithSelector(IMarginVenue.InsufficientFreeMargin.selector, amount, available));
        vm.prank(ALICE);
        venue.withdraw(amount);
    }

    function _hash(uint256[] memory words, uint256 from) private pure returns (bytes32) {
        uint256[] memory part = new uint256[](3);
        (part[0], part[1], part[2]) = (words[from], words[from + 1], words[from + 2]);
        return keccak256(abi.encode(part));
    }
}

contract GivenPartsThatDoNotBelongTogether is VenueFixture {
    function test_WhenThePartIsNoContract_ThenRevertsNotAContract() external {
        bytes memory reason = abi.encodeWithSelector(IMarginVenue.NotAContract.selector, ANYONE);
        expectRevert(reason);
        new MarginVenue(ICollateralVault(ANYONE), oracle, risk, ANYONE, delegations, succession);
        expectRevert(reason);
        new MarginVenue(vault, IVolatilityOracle(ANYONE), risk, ANYONE, delegations, succession);
        expectRevert(reason);
        new MarginVenue(vault, oracle, IRiskEngine(ANYONE), ANYONE, delegations, succession);
        expectRevert(reason);
        new MarginVenue(vault, oracle, risk, ANYONE, IDelegations(ANYONE), succession);
        expectRevert(reason);
        new MarginVenue(vault, oracle, risk, ANYONE, delegations, ISuccession(ANYONE));
    }

    function test_WhenTheVaultNamesAnotherVenue_ThenRevertsWrongPart() external {
        address next = vm.computeCreateAddress(address(this), vm.getNonce(address(this)));
        expectRevert(abi.encodeWithSelector(IMarginVenue.WrongPart.selector, address(venue), next));
        new MarginVenue(vault, oracle, risk, ANYONE, delegations, succession);
    }

    function test_WhenTheDelegationsNameAnotherVenue_ThenRevertsWrongPart() external {
        uint256 nonce = vm.getNonce(address(this));
        address next = vm.computeCreateAddress(address(this), nonce + 1);
        CollateralVault fresh = new CollateralVault(usdc, authority, people, oracle, next);
        expectRevert(abi.encodeWithSelector(IMarginVenue.WrongPart.selector, address(venue), next));
        new MarginVenue(fresh, oracle, risk, ANYONE, delegations, succession);
    }

    function test_WhenTheSuccessionAsksAnotherAuthority_ThenRevertsWrongPart() external {
        uint256 nonce = vm.getNonce(address(this));
        address next = vm.computeCreateAddress(address(this), nonce + 3);
        ThresholdAuthority other = new ThresholdAuthority(groupKeys(), SIGNERS, CERTIFICATE, oracle, people);
        CollateralVault fresh = new CollateralVault(usdc, other, people, oracle, next);
        Delegations keys = new Delegations(next);
        expectRevert(abi.encodeWithSelector(IMarginVenue.WrongPart.selector, address(authority), address(other)));
        new MarginVenue(fresh, oracle, risk, ANYONE, keys, succession);
    }

    function test_WhenThereIsNoLiquidation_ThenRevertsWrongPart() external {
        expectRevert(abi.encodeWithSelector(IMarginVenue.WrongPart.selector, address(0), address(0)));
        new MarginVenue(vault, oracle, risk, address(0), delegations, succession);
    }

    function test_WhenTheEngineReadsAnotherOracle_ThenRevertsWrongPart() external {
        IVolatilityOracle other = IVolatilityOracle(address(new SettableOracle()));
        RiskEngine engine = new RiskEngine(other);
        uint256 nonce = vm.getNonce(address(this));
        address next = vm.computeCreateAddress(address(this), nonce + 2);
        CollateralVault fresh = new CollateralVault(usdc, authority, people, oracle, next);
        Delegations keys = new Delegations(next);
        expectRevert(abi.encodeWithSelector(IMarginVenue.WrongPart.selector, address(other), address(oracle)));
        new MarginVenue(fresh, oracle, engine, ANYONE, keys, succession);
    }
}

contract GivenATokenThatCallsBack is VenueFixture {
    CallbackToken private token;

    function setUp() public override {
        super.setUp();
        token = new CallbackToken();
        uint256 nonce = vm.getNonce(address(this));
        address next = vm.computeCreateAddress(address(this), nonce + 2);
        vault = new CollateralVault(IERC20(address(token)), authority, people, oracle, next);
        venue = new MarginVenue(vault, oracle, risk, ANYONE, new Delegations(next), succession);
        token.mint(address(this), 10 * USDC);
        token.approve(address(vault), 10 * USDC);
        vault.deposit(ALICE, 5 * USDC);
        vm.prank(ALICE);
        vault.toMargin(2 * USDC);
    }

    /// @custom:invariant INV-VENUE-10
    function test_WhenItCallsTheVenueInTheMiddleOfADeposit_ThenRevertsVaultEntered() external {
        _callBack(ALICE, abi.encodeCall(venue.withdraw, (1)));
        _callBack(ANYONE, abi.encodeCall(venue.setFlag, (ALICE, 1)));
        _callBack(ANYONE, abi.encodeCall(venue.moveMargin, (ALICE, ANYONE, 1)));
    }

    /// @custom:invariant INV-VENUE-10
    function test_WhenItCallsTheVenueInTheMiddleOfAPayment_ThenRevertsVaultEntered() external {
        vm.prank(ALICE);
        ReleaseId id = vault.requestRelease(USDC);
        skip(14 days);
        token.callBack(ALICE, address(venue), abi.encodeCall(venue.withdraw, (1)));
        vault.execute(id);
        _isEntered();
    }

    function _callBack(address as_, bytes memory data) private {
        token.callBack(as_, address(venue), data);
        vault.deposit(ALICE, USDC);
        _isEntered();
    }

    function _isEntered() private view {
        vm.assertTrue(!token.succeeded(), "came back");
        vm.assertEq(token.answer(), abi.encodeWithSelector(IMarginVenue.VaultEntered.selector), "answer");
    }
}
