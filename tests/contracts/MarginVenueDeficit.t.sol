// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICollateralVault} from "../../contracts/interfaces/ICollateralVault.sol";
import {ILiquidation} from "../../contracts/interfaces/ILiquidation.sol";
import {IMarginVenue} from "../../contracts/interfaces/IMarginVenue.sol";
import {Coverage} from "../../contracts/libraries/DeficitRate.sol";
import {LiquidationFixture} from "./LiquidationFixture.sol";
import {vm, within} from "./Vm.sol";

/// @notice Alice's position was closed with nothing left and no insurance: 1,000 USDC are missing. Carol and Dave have
/// margin and no position.
contract GivenADeficit is LiquidationFixture {
    uint256 private constant HOLE = 1_000 * USDC;
    uint256 private constant DAVE_KEY = 0xDA7E;
    address private immutable DAVE = vm.addr(DAVE_KEY);

    uint256 private _held;
    uint256 private _owed;

    function setUp() public override {
        super.setUp();
        fund(DAVE, MARGIN);
        setPrice(INSOLVENT);
        liquidate(ALICE);
        vm.assertEq(liquidation.deficit(), HOLE, "hole");
        (_held, _owed) = _pool();
    }

    /* RATE */

    /// @custom:invariant INV-VENUE-11
    function test_WhenSomeoneWithdraws_ThenTheRestReducesTheDeficit() external {
        uint256 paid = MARGIN * _held / _owed;
        vm.assertEq(venue.freeMargin(DAVE), MARGIN, "free");
        vm.assertEq(venue.payoutOf(uint64(MARGIN)), paid, "payoutOf");
        vm.expectEmit(true, true, true, true, address(venue));
        emit IMarginVenue.Withdrawn(DAVE, MARGIN, paid);
        _withdraw(DAVE, MARGIN);
        vm.assertTrue(paid < MARGIN, "less than it gave up");
        vm.assertEq(vault.idle(DAVE), paid, "idle");
        vm.assertEq(cashOf(DAVE), 0, "margin");
        vm.assertEq(liquidation.deficit(), HOLE - (MARGIN - paid), "deficit");
        (uint256 held, uint256 owed) = _pool();
        vm.assertEq(owed, _owed - MARGIN, "owed");
        vm.assertEq(held, _held - paid, "held");
    }

    /// @custom:invariant INV-VENUE-11
    function test_WhenThereIsInsuranceAgain_ThenItNeitherRaisesTheRateNorLeaves() external {
        uint256 before = venue.payoutOf(uint64(MARGIN));
        insure(50_000 * USDC);
        vm.assertEq(venue.payoutOf(uint64(MARGIN)), before, "the same rate");
        _everyoneLeaves();
        vm.assertEq(liquidation.insurance(), 50_000 * USDC, "insurance");
        vm.assertGe(vault.marginTotal(), int256(50_000 * USDC), "its cash is there");
    }

    /// @custom:invariant INV-VENUE-11
    function test_WhenSomebodyRepaysIt_ThenMarginIsWholeAndOpenAgain() external {
        deposit(address(liquidation), HOLE + 5 * USDC);
        vm.expectEmit(true, true, true, true, address(liquidation));
        emit ILiquidation.Repaid(ANYONE, HOLE);
        vm.prank(ANYONE);
        liquidation.repay(HOLE + 5 * USDC);
        vm.assertEq(liquidation.deficit(), 0, "deficit");
        vm.assertEq(liquidation.insurance(), 0, "insurance");
        vm.assertEq(vault.idle(address(liquidation)), 5 * USDC, "no more than it was");
        vm.assertEq(venue.payoutOf(uint64(MARGIN)), MARGIN, "the whole of it");
        deposit(CAROL, MARGIN);
        vm.prank(CAROL);
        vault.toMargin(MARGIN);
        expectRevert(abi.encodeWithSelector(ILiquidation.NoDeficit.selector));
        liquidation.repay(1);
    }

    /// @custom:invariant INV-VENUE-11
    function test_WhenEveryoneLeaves_ThenTheDeficitIsGoneAndNothingWasMade() external {
        uint256 recorded = vault.recorded();
        _everyoneLeaves();
        vm.assertEq(liquidation.deficit(), 0, "deficit");
        vm.assertEq(vault.marginTotal(), 0, "all of it left");
        vm.assertEq(vault.idleTotal(), recorded, "to those who had it");
    }

    /// @custom:invariant INV-RATE-1
    /// @dev Four race out with any amounts in any order, in parts: nobody gains by being first or last.
    function testFuzz_WhenManyRaceOut_ThenTheFirstAndTheLastGetTheSameRate(uint256[8] memory seeds) external {
        address[4] memory who = [BOB, CAROL, DAVE, SECOND];
        _closeBob();
        (_held, _owed) = _pool();
        uint256 all;
        uint256 sum;
        for (uint256 i = 0; i < seeds.length; ++i) {
            address account = who[seeds[i] % 4];
            uint256 free = venue.freeMargin(account);
            if (free < 2) continue;
            uint256 amount = within(seeds[i] >> 8, 2, free);
            uint256 idle = vault.idle(account);
            _withdraw(account, amount);
            uint256 paid = vault.idle(account) - idle;
            // Of one share never less; more only by what others before lost in rounding: under a unit each.
            vm.assertGe(paid, amount * _held / _owed, "not less than its share");
            vm.assertLe(paid, amount * _held / _owed + i + 1, "not more");
            (all, sum) = (all + amount, sum + paid);
        }
        vm.assertLe(sum, all * _held / _owed + 1, "all together");
    }

    /// @custom:invariant INV-RATE-1
    function test_WhenDustIsWithdrawnAThousandTimes_ThenItNeverPaysMoreThanAtOnce() external {
        uint256 idle = vault.idle(DAVE);
        for (uint256 i = 0; i < 1_000; ++i) {
            _withdraw(DAVE, 3);
        }
        vm.assertEq(vault.idle(DAVE) - idle, 2_000, "2 of 3 each time");
        vm.assertLe(uint256(2_000), 3_000 * _held / _owed, "less than at once");
        (uint256 held, uint256 owed) = _pool();
        vm.assertTrue(held * _owed >= _held * owed, "the rate of those who stay did not fall");
    }

    /// @custom:invariant INV-VENUE-11
    function test_WhenSoLittleIsWithdrawnThatNothingWouldBePaid_ThenRevertsNothingPaid() external {
        expectRevert(abi.encodeWithSelector(IMarginVenue.NothingPaid.selector, 1));
        _withdraw(DAVE, 1);
    }

    /// @custom:invariant INV-VENUE-11
    /// @dev Bob's side of a hole nobody has booked yet is a claim on nothing: no more leaves than is owed.
    function test_WhenSomeoneOwnsMoreThanIsOwed_ThenOnlyWhatIsOwedLeaves() external {
        setPrice(PRICE);
        fund(BOB, 10 * MARGIN);
        trade(CAROL_KEY, BOB_KEY, 10 * BITCOIN, PRICE);
        // Carol falls 200,000 below nothing. Bob realises most of what he won from her: the first backstop goes short.
        setPrice(PRICE - 4_000_000);
        trade(BOB_KEY, FIRST_KEY, 9 * BITCOIN, PRICE - 4_000_000);
        _withdraw(DAVE, venue.freeMargin(DAVE));
        _withdraw(SECOND, venue.freeMargin(SECOND));
        _withdraw(FIRST, venue.freeMargin(FIRST));
        insure(5 * USDC);
        (uint256 held, uint256 owed) = _pool();
        vm.assertGe(cashOf(BOB), int256(owed) + 1, "he has more than there is");
        vm.assertEq(venue.freeMargin(BOB), owed, "free");
        expectRevert(abi.encodeWithSelector(IMarginVenue.InsufficientFreeMargin.selector, owed + 1, owed));
        _withdraw(BOB, owed + 1);
        uint256 idle = vault.idle(BOB);
        _withdraw(BOB, owed);
        vm.assertEq(vault.idle(BOB) - idle, held, "paid");
        vm.assertEq(liquidation.deficit(), 0, "deficit");
        vm.assertEq(vault.marginTotal(), int256(liquidation.insurance()), "insurance stays");
    }

    /* ENTERING */

    /// @custom:invariant INV-VENUE-12
    function test_WhenSomeoneWithoutAPositionEnters_ThenRevertsMarginClosedUntilTheDeficitIsGone() external {
        deposit(DAVE, MARGIN);
        expectRevert(abi.encodeWithSelector(ICollateralVault.MarginClosed.selector, DAVE));
        vm.prank(DAVE);
        vault.toMargin(1);
        _everyoneLeaves();
        vm.prank(DAVE);
        vault.toMargin(MARGIN);
    }

    /// @custom:invariant INV-VENUE-12
    function test_WhenWhoHasAPositionOrTheInsuranceEnters_ThenItMay() external {
        fund(BOB, MARGIN);
        insure(MARGIN);
        vm.assertEq(liquidation.insurance(), MARGIN, "insurance");
        vm.assertTrue(!venue.mayEnterMargin(DAVE), "Dave");
    }

    /* LIBRARY */

    /// @custom:invariant INV-RATE-1
    function testFuzz_WhenPaid_ThenNeverMoreThanIsHeldAndTheRateNeverFalls(uint64 held, uint64 deficit, uint256 amount)
        external
        pure
    {
        Coverage memory before = Coverage({held: held, deficit: deficit});
        amount = within(amount, 0, before.most());
        uint256 paid = before.payout(amount);
        vm.assertLe(paid, amount, "amount");
        vm.assertLe(paid, held, "held");
        vm.assertLe(amount - paid, deficit, "deficit");
        uint256 left = held - paid;
        // held' / owed' >= held / owed.
        uint256 owed = uint256(held) + deficit;
        vm.assertTrue(left * owed >= uint256(held) * (owed - amount), "the rate fell");
    }

    function test_WhenNothingIsHeld_ThenNothingIsOwedOrPaid() external pure {
        Coverage memory coverage = Coverage({held: 0, deficit: 5});
        vm.assertEq(coverage.most(), 0, "most");
        vm.assertEq(coverage.payout(5), 0, "payout");
    }

    /* PRIVATE */

    /// @dev X and X + deficit, from the accounts themselves.
    function _pool() private view returns (uint256 held, uint256 owed) {
        uint256 deficit = liquidation.deficit();
        held = uint256(vault.marginTotal()) - liquidation.insurance();
        return (held, held + deficit);
    }

    function _closeBob() private {
        setPrice(INSOLVENT);
        trade(BOB_KEY, FIRST_KEY, BITCOIN, INSOLVENT);
    }

    function _everyoneLeaves() private {
        _closeBob();
        address[5] memory who = [BOB, CAROL, DAVE, FIRST, SECOND];
        for (uint256 i = 0; i < who.length; ++i) {
            _withdraw(who[i], venue.freeMargin(who[i]));
        }
    }

    function _withdraw(address account, uint256 amount) private {
        vm.prank(account);
        venue.withdraw(amount);
    }
}
