// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Liquidation} from "../../contracts/Liquidation.sol";
import {IAuthority} from "../../contracts/interfaces/IAuthority.sol";
import {ICollateralVault} from "../../contracts/interfaces/ICollateralVault.sol";
import {ILiquidation} from "../../contracts/interfaces/ILiquidation.sol";
import {IMarginVenue} from "../../contracts/interfaces/IMarginVenue.sol";
import {IRiskEngine} from "../../contracts/interfaces/IRiskEngine.sol";
import {IVolatilityOracle} from "../../contracts/interfaces/IVolatilityOracle.sol";
import {LiquidationFixture} from "./LiquidationFixture.sol";
import {vm} from "./Vm.sol";

contract GivenAnAccountNearItsMargin is LiquidationFixture {
    function test_WhenItHasItsMarginAtEitherPrice_ThenFlagRevertsAboveMargin() external {
        bytes memory reason = abi.encodeWithSelector(ILiquidation.AboveMargin.selector, ALICE);
        setPrice(4_444_500);
        expectRevert(reason);
        liquidation.flag(ALICE);
        setPrices(SOFT, PRICE, false);
        expectRevert(reason);
        liquidation.flag(ALICE);
        setPrices(PRICE, SOFT, false);
        expectRevert(reason);
        liquidation.flag(ALICE);
    }

    function test_WhenBelowAtBothPrices_ThenAnyoneFlagsItOnce() external {
        setPrice(SOFT);
        vm.expectEmit(true, true, true, true, address(liquidation));
        emit ILiquidation.Flagged(ALICE, uint40(START));
        vm.prank(ANYONE);
        liquidation.flag(ALICE);
        vm.assertEq(venue.flaggedAt(ALICE), START, "flaggedAt");
        expectRevert(abi.encodeWithSelector(ILiquidation.AlreadyFlagged.selector, ALICE, uint40(START)));
        liquidation.flag(ALICE);
    }

    function test_WhenBelowHalfItsMarginAtSpotOnly_ThenAnyoneFlagsIt() external {
        setPrices(HALF, PRICE, false);
        liquidation.flag(ALICE);
        vm.assertEq(venue.flaggedAt(ALICE), START, "flaggedAt");
    }

    /// @custom:invariant INV-LIQ-2
    function test_WhenStaleOrBehind_ThenFlagReverts() external {
        setPrices(SOFT, SOFT, true);
        expectRevert(abi.encodeWithSelector(ILiquidation.StaleOracle.selector));
        liquidation.flag(ALICE);
        setPrice(SOFT);
        settable.wait(65);
        expectRevert(abi.encodeWithSelector(ILiquidation.RoundsPending.selector));
        liquidation.flag(ALICE);
        settable.wait(64);
        liquidation.flag(ALICE);
    }

    /// @custom:invariant INV-LIQ-5
    function test_WhenThePoolOrTheDeficitIsBelowZero_ThenNobodyFlagsOrTakesIt() external {
        insure(MARGIN);
        setPrice(6_100_000);
        trade(CAROL_KEY, ALICE_KEY, BITCOIN, 6_100_000);
        vm.assertTrue(cashOf(address(venue)) < 0, "the pool is below zero");
        bytes memory reason = abi.encodeWithSelector(ILiquidation.AboveMargin.selector, address(venue));
        expectRevert(reason);
        liquidation.flag(address(venue));
        expectRevert(reason);
        vm.prank(CAROL);
        liquidation.take(address(venue), 1_000_000);
        liquidate(address(venue));
        vm.assertEq(liquidation.insurance(), MARGIN, "insurance");
    }
}

contract GivenAFlaggedAccount is LiquidationFixture {
    function setUp() public override {
        super.setUp();
        setPrice(SOFT);
        liquidation.flag(ALICE);
        skip(100);
    }

    function test_WhenItStandsAtItsTarget_ThenAnyoneClearsIt() external {
        // T is 5,060 at 44,000, and E 4,000.
        fund(ALICE, 1_060 * USDC - 1);
        expectRevert(abi.encodeWithSelector(ILiquidation.BelowTarget.selector, ALICE));
        liquidation.clear(ALICE);
        fund(ALICE, 1);
        vm.expectEmit(true, true, true, true, address(liquidation));
        emit ILiquidation.Cleared(ALICE);
        liquidation.clear(ALICE);
        vm.assertEq(venue.flaggedAt(ALICE), 0, "flaggedAt");
        expectRevert(abi.encodeWithSelector(ILiquidation.NotFlagged.selector, ALICE));
        liquidation.clear(ALICE);
    }

    function test_WhenTheAverageIsBelowTarget_ThenClearRevertsBelowTarget() external {
        setPrices(PRICE, SOFT, false);
        expectRevert(abi.encodeWithSelector(ILiquidation.BelowTarget.selector, ALICE));
        liquidation.clear(ALICE);
    }

    function test_WhenItStandsAtItsMargin_ThenTheClockStartsAgainAndTheFlagStays() external {
        fund(ALICE, 400 * USDC - 1);
        expectRevert(abi.encodeWithSelector(ILiquidation.BelowMargin.selector, ALICE));
        liquidation.resetClock(ALICE);
        fund(ALICE, 1);
        vm.expectEmit(true, true, true, true, address(liquidation));
        emit ILiquidation.ClockReset(ALICE, uint40(START + 100));
        liquidation.resetClock(ALICE);
        vm.assertEq(venue.flaggedAt(ALICE), START + 100, "flaggedAt");
    }

    function test_WhenNotFlagged_ThenResetClockRevertsNotFlagged() external {
        expectRevert(abi.encodeWithSelector(ILiquidation.NotFlagged.selector, BOB));
        liquidation.resetClock(BOB);
    }
}

contract GivenPartsOfALiquidation is LiquidationFixture {
    function test_WhenTheVenueNamesAnother_ThenRevertsWrongPart() external {
        address next = vm.computeCreateAddress(address(this), vm.getNonce(address(this)));
        expectRevert(abi.encodeWithSelector(ILiquidation.WrongPart.selector, address(liquidation), next));
        new Liquidation(venue, vault, oracle, risk, authority, twoBackstops(), CURE, OPEN_AFTER);
    }

    function test_WhenThePartIsNoContract_ThenRevertsNotAContract() external {
        bytes memory reason = abi.encodeWithSelector(ILiquidation.NotAContract.selector, ANYONE);
        expectRevert(reason);
        new Liquidation(IMarginVenue(ANYONE), vault, oracle, risk, authority, twoBackstops(), CURE, OPEN_AFTER);
        expectRevert(reason);
        new Liquidation(venue, vault, oracle, risk, IAuthority(ANYONE), twoBackstops(), CURE, OPEN_AFTER);
    }

    function test_WhenAPartIsNotTheVenues_ThenRevertsWrongPart() external {
        bytes4 selector = ILiquidation.WrongPart.selector;
        _expect(abi.encodeWithSelector(selector, ANYONE, address(vault)));
        _at(ICollateralVault(ANYONE), oracle, risk, twoBackstops(), CURE, OPEN_AFTER);
        _expect(abi.encodeWithSelector(selector, ANYONE, address(oracle)));
        _at(vault, IVolatilityOracle(ANYONE), risk, twoBackstops(), CURE, OPEN_AFTER);
        _expect(abi.encodeWithSelector(selector, ANYONE, address(risk)));
        _at(vault, oracle, IRiskEngine(ANYONE), twoBackstops(), CURE, OPEN_AFTER);
    }

    function test_WhenTheTimesAreWrong_ThenReverts() external {
        _expect(abi.encodeWithSelector(ILiquidation.CureTooLong.selector, uint32(3_601), uint32(3_600)));
        _at(vault, oracle, risk, twoBackstops(), 3_601, 0);
        _expect(abi.encodeWithSelector(ILiquidation.OpenAfterBeyondCure.selector, uint32(601), uint32(600)));
        _at(vault, oracle, risk, twoBackstops(), 600, 601);
    }

    function test_WhenTheBackstopsAreWrong_ThenReverts() external {
        _expect(abi.encodeWithSelector(ILiquidation.TooManyBackstops.selector, 4, 3));
        _at(vault, oracle, risk, new address[](4), CURE, OPEN_AFTER);
        _expect(abi.encodeWithSelector(ILiquidation.InvalidBackstop.selector, address(0)));
        _at(vault, oracle, risk, new address[](1), CURE, OPEN_AFTER);
        address[] memory parts = new address[](1);
        parts[0] = address(venue);
        _expect(abi.encodeWithSelector(ILiquidation.InvalidBackstop.selector, address(venue)));
        _at(vault, oracle, risk, parts, CURE, OPEN_AFTER);
    }

    function test_WhenBuilt_ThenItSaysOfWhat() external view {
        vm.assertEq(liquidation.cure(), CURE, "cure");
        vm.assertEq(liquidation.openAfter(), OPEN_AFTER, "openAfter");
        vm.assertEq(liquidation.backstops().length, 2, "backstops");
        vm.assertEq(liquidation.backstops()[1], SECOND, "the second");
        vm.assertEq(address(liquidation.authority()), address(authority), "authority");
    }

    function _expect(bytes memory reason) private {
        // The venue is told that the next contract is its liquidation.
        address next = vm.computeCreateAddress(address(this), vm.getNonce(address(this)));
        vm.mockCall(address(venue), abi.encodeCall(IMarginVenue.liquidation, ()), abi.encode(next));
        expectRevert(reason);
    }

    function _at(
        ICollateralVault vault_,
        IVolatilityOracle oracle_,
        IRiskEngine risk_,
        address[] memory backstops,
        uint32 cure,
        uint32 openAfter
    ) private {
        new Liquidation(venue, vault_, oracle_, risk_, authority, backstops, cure, openAfter);
    }
}
