// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Delegations} from "../../contracts/Delegations.sol";
import {IDelegations} from "../../contracts/interfaces/IDelegations.sol";
import {IMarginVenue} from "../../contracts/interfaces/IMarginVenue.sol";
import {DelegateLimits} from "../../contracts/libraries/DelegateLimits.sol";
import {Delegate} from "../../contracts/types/Delegate.sol";
import {Order} from "../../contracts/types/Order.sol";
import {Step} from "../../contracts/types/Step.sol";
import {VenueFixture} from "./VenueFixture.sol";
import {vm, within} from "./Vm.sol";
import {Wallet} from "./wallets/Wallet.sol";

/// @notice Alice lets a key trade up to one bitcoin and lose $100 a day.
abstract contract DelegateFixture is VenueFixture {
    uint64 internal constant LIMIT = 60_000e6;
    uint64 internal constant BUDGET = 100e6;
    uint40 internal constant UNTIL = uint40(START + 2 days);

    function setUp() public virtual override {
        super.setUp();
        fund(ALICE, 100_000 * USDC);
        fund(BOB, 100_000 * USDC);
        delegate(UNTIL, LIMIT, BUDGET);
    }

    function _trade(int64 lots, uint64 price) internal {
        Order memory maker = anOrder(BOB_KEY, -lots, price);
        Order memory taker = anOrder(ALICE_KEY, lots, price);
        uint64 size = uint64(lots > 0 ? lots : -lots);
        fill(maker, signed(BOB_KEY, maker), taker, signed(DELEGATE_KEY, taker), size);
    }

    function _refuse(bytes memory reason, int64 lots, uint64 price) internal {
        _refuse(reason, anOrder(ALICE_KEY, lots, price));
    }

    function _refuse(bytes memory reason, Order memory taker) internal {
        Order memory maker = anOrder(BOB_KEY, -taker.lots, taker.limitPrice);
        refuse(reason, maker, BOB_KEY, taker, DELEGATE_KEY, uint64(taker.lots > 0 ? taker.lots : -taker.lots));
    }

    function _cannotBeSetAgain() internal {
        expectRevert(abi.encodeWithSelector(IDelegations.KeySpent.selector, ALICE, DELEGATE));
        delegate(UNTIL, LIMIT, BUDGET);
    }

    function _void() internal view returns (bytes memory) {
        return abi.encodeWithSelector(IDelegations.NotDelegate.selector, ALICE, DELEGATE);
    }
}

contract GivenADelegate is DelegateFixture {
    function test_WhenItSigns_ThenTheLimitsStayAndNothingIsLost() external {
        _trade(600, PRICE);
        vm.assertEq(lotsOf(ALICE), 600, "filled");
        Delegate memory limits = delegations.delegateOf(ALICE, DELEGATE);
        vm.assertEq(limits.expiry, UNTIL, "expiry");
        vm.assertEq(limits.notionalLimit, LIMIT, "notionalLimit");
        vm.assertEq(limits.dailyLossBudget, BUDGET, "dailyLossBudget");
        vm.assertEq(limits.lossOfDay, 0, "lossOfDay");
    }

    function test_WhenItSignsForAnother_ThenRevertsInvalidSignature() external {
        Order memory maker = anOrder(BOB_KEY, -1, PRICE);
        bytes memory reason = abi.encodeWithSelector(IDelegations.InvalidSignature.selector, BOB);
        refuse(reason, maker, DELEGATE_KEY, anOrder(ALICE_KEY, 1, PRICE), ALICE_KEY, 1);
    }

    /// @custom:invariant INV-DELEGATE-1
    function test_WhenAnotherInstrument_ThenRevertsInstrumentNotAllowed() external {
        delegate(UNTIL, LIMIT, BUDGET, type(uint256).max - 1);
        _refuse(abi.encodeWithSelector(DelegateLimits.InstrumentNotAllowed.selector, DELEGATE, 0), 1, PRICE);
        delegate(UNTIL, LIMIT, BUDGET, 1);
        _trade(1, PRICE);
    }

    /// @custom:invariant INV-DELEGATE-1
    function test_WhenThePositionWouldBeTooLarge_ThenRevertsDelegateNotionalExceeded() external {
        _trade(int64(BITCOIN), PRICE);
        bytes4 selector = DelegateLimits.DelegateNotionalExceeded.selector;
        _refuse(abi.encodeWithSelector(selector, DELEGATE, 60_006e6, LIMIT), 1, PRICE);
        // It grew by itself: smaller is still allowed.
        setPrice(6_200_000);
        _trade(-1, 6_200_000);
    }

    /// @custom:invariant INV-VENUE-8
    function test_WhenItLosesTooMuchAgainstTheMarkInADay_ThenRevertsDelegateLossExceeded() external {
        // Ten cents a lot too dear: $60 on 600 lots.
        _trade(600, PRICE + 100_000);
        bytes4 selector = DelegateLimits.DelegateLossExceeded.selector;
        _refuse(abi.encodeWithSelector(selector, DELEGATE, 60e6, 40e6), 600, PRICE + 100_000);
        // A gain does not make up for it, and costs nothing.
        _trade(600, PRICE - 100_000);
        _refuse(abi.encodeWithSelector(selector, DELEGATE, 60e6, 40e6), -600, PRICE - 100_000);
        _trade(-400, PRICE - 100_000);
        vm.assertEq(delegations.delegateOf(ALICE, DELEGATE).lossOfDay, BUDGET, "all of it");
    }

    /// @custom:invariant INV-DELEGATE-1
    function test_WhenMidnightPasses_ThenOnlyThenAnotherBudget() external {
        // At eight in the morning, and a second before midnight: one day.
        _trade(600, PRICE + 100_000);
        uint256 midnight = (block.timestamp / 1 days + 1) * 1 days;
        vm.warp(midnight - 1);
        setPrice(PRICE);
        _trade(400, PRICE + 100_000);
        bytes4 selector = DelegateLimits.DelegateLossExceeded.selector;
        _refuse(abi.encodeWithSelector(selector, DELEGATE, 1e5, 0), 1, PRICE + 100_000);
        vm.warp(midnight);
        setPrice(PRICE);
        _trade(600, PRICE + 100_000);
        vm.assertEq(delegations.delegateOf(ALICE, DELEGATE).lossOfDay, 60e6, "another day");
        _refuse(abi.encodeWithSelector(selector, DELEGATE, 401e5, 40e6), 401, PRICE + 100_000);
    }

    /// @custom:invariant INV-DELEGATE-1
    function test_WhenSetAgainOnTheSameDay_ThenWhatItLostStillCounts() external {
        _trade(600, PRICE + 100_000);
        delegate(UNTIL, LIMIT, BUDGET);
        bytes4 selector = DelegateLimits.DelegateLossExceeded.selector;
        _refuse(abi.encodeWithSelector(selector, DELEGATE, 401e5, 40e6), 401, PRICE + 100_000);
        delegate(UNTIL, LIMIT, 10e6);
        _refuse(abi.encodeWithSelector(selector, DELEGATE, 1e5, 0), 1, PRICE + 100_000);
        _trade(1, PRICE);
    }

    /// @custom:invariant INV-DELEGATE-1
    function test_WhenItsTimeIsOver_ThenRevertsNotDelegate() external {
        vm.warp(UNTIL);
        _trade(1, PRICE);
        skip(1);
        _refuse(_void(), 1, PRICE);
        trade(ALICE_KEY, BOB_KEY, 1, PRICE);
    }

    /// @custom:invariant INV-DELEGATE-2
    function test_WhenTheEpochIsRaised_ThenItSignsNothing() external {
        Order memory early = anOrder(ALICE_KEY, 1, PRICE);
        vm.prank(ALICE);
        delegations.raiseEpoch();
        _refuse(_void(), early);
        // The account itself goes on.
        trade(ALICE_KEY, BOB_KEY, 1, PRICE);
    }

    /// @custom:invariant INV-DELEGATE-3
    function test_WhenRevokedAndSetAgain_ThenWhatItSignedBeforeStaysVoid() external {
        Order memory early = anOrder(ALICE_KEY, 1, PRICE);
        early.expiry = uint64(START + 3 days);
        vm.prank(ALICE);
        delegations.revokeDelegate(DELEGATE);
        _refuse(_void(), early);
        _cannotBeSetAgain();
        _refuse(_void(), early);
    }

    /// @custom:invariant INV-DELEGATE-3
    function test_WhenItRanOutOrFellWithTheEpoch_ThenItCannotBeSetAgain() external {
        vm.prank(ALICE);
        delegations.raiseEpoch();
        _cannotBeSetAgain();
        // For another account it is as good as any.
        vm.prank(BOB);
        delegations.setDelegate(DELEGATE, UNTIL, LIMIT, BUDGET, 1);
        vm.warp(UNTIL + 1);
        expectRevert(abi.encodeWithSelector(IDelegations.KeySpent.selector, BOB, DELEGATE));
        vm.prank(BOB);
        delegations.setDelegate(DELEGATE, UNTIL + 1 days, LIMIT, BUDGET, 1);
    }

    /// @custom:invariant INV-DELEGATE-4
    function test_WhenItCancels_ThenNothingOfTheAccounts() external {
        Order memory order = anOrder(ALICE_KEY, 1, PRICE);
        expectRevert(abi.encodeWithSelector(IMarginVenue.NotOrderOwner.selector, DELEGATE, ALICE));
        vm.prank(DELEGATE);
        venue.cancel(order);
        // What it signed itself it takes back; the account's word for the same order stays.
        bytes32 digest = venue.digestOf(order);
        vm.prank(DELEGATE);
        delegations.retract(digest);
        _refuse(abi.encodeWithSelector(IDelegations.OrderRetracted.selector, DELEGATE, digest), order);
        Order memory maker = anOrder(BOB_KEY, -1, PRICE);
        fill(maker, signed(BOB_KEY, maker), order, signed(ALICE_KEY, order), 1);
        vm.assertEq(lotsOf(ALICE), 1, "filled");
    }

    /// @custom:invariant INV-DELEGATE-4
    function test_WhenTheAccountCancelsWhatItSigned_ThenItIsCancelled() external {
        Order memory order = anOrder(ALICE_KEY, 1, PRICE);
        vm.prank(ALICE);
        venue.cancel(order);
        _refuse(abi.encodeWithSelector(IMarginVenue.OrderCancelled.selector, venue.digestOf(order)), order);
    }

    /// @custom:invariant INV-DELEGATE-4
    function test_WhenItWithdrawsOrSetsOrRaises_ThenOnlyForItself() external {
        expectRevert(abi.encodeWithSelector(IMarginVenue.InsufficientFreeMargin.selector, 1, 0));
        vm.prank(DELEGATE);
        venue.withdraw(1);
        vm.prank(DELEGATE);
        delegations.setDelegate(CAROL, UNTIL, LIMIT, BUDGET, 1);
        vm.assertTrue(!delegations.isLive(ALICE, CAROL), "not Alice's");
        vm.prank(DELEGATE);
        delegations.raiseEpoch();
        vm.assertTrue(delegations.isLive(ALICE, DELEGATE), "Alice's epoch stays");
        expectRevert(abi.encodeWithSelector(IDelegations.NotDelegate.selector, DELEGATE, DELEGATE));
        vm.prank(DELEGATE);
        delegations.revokeDelegate(DELEGATE);
    }

    /// @custom:invariant INV-DELEGATE-5
    function test_WhenAnyoneElseCharges_ThenRevertsNotVenue() external {
        Step memory step = Step({held: 0, moved: 1, price: PRICE + 1, shrinks: false});
        expectRevert(abi.encodeWithSelector(IDelegations.NotVenue.selector, DELEGATE, address(venue)));
        vm.prank(DELEGATE);
        delegations.charge(ALICE, DELEGATE, 0, step, PRICE);
    }

    /// @custom:invariant INV-DELEGATE-5
    function test_WhenTheVenueChargesOneThatIsNone_ThenRevertsNotDelegate() external {
        Step memory step = Step({held: 0, moved: 1, price: PRICE + 1, shrinks: false});
        vm.prank(ALICE);
        delegations.revokeDelegate(DELEGATE);
        expectRevert(_void());
        vm.prank(address(venue));
        delegations.charge(ALICE, DELEGATE, 0, step, PRICE);
    }
}

/// @notice The account is a contract, and its owner's key is a delegate of it too.
contract GivenADelegateOfAContract is DelegateFixture {
    address private _wallet;

    function setUp() public override {
        super.setUp();
        _wallet = address(new Wallet(DELEGATE));
        fund(_wallet, 100_000 * USDC);
    }

    function test_WhenItIsOrWasADelegate_ThenItsLimitsComeFirstAndTheContractsWordAfter() external {
        vm.prank(_wallet);
        delegations.setDelegate(DELEGATE, UNTIL, 6e6, 0, 1);
        bytes4 selector = DelegateLimits.DelegateNotionalExceeded.selector;
        _buy(2, abi.encodeWithSelector(selector, DELEGATE, 12e6, 6e6));
        vm.prank(_wallet);
        delegations.revokeDelegate(DELEGATE);
        _buy(2, "");
        vm.assertEq(lotsOf(_wallet), 2, "by its own word");
    }

    function _buy(int64 lots, bytes memory reason) private {
        Order memory maker = anOrder(BOB_KEY, -lots, PRICE);
        Order memory taker = anOrder(ALICE_KEY, lots, PRICE);
        taker.account = _wallet;
        (bytes memory makerSignature, bytes memory takerSignature) =
            (signed(BOB_KEY, maker), signed(DELEGATE_KEY, taker));
        if (reason.length != 0) expectRevert(reason);
        venue.fill(maker, makerSignature, taker, takerSignature, uint64(lots));
    }
}

contract GivenDelegations is DelegateFixture {
    function test_WhenDeployedForNobody_ThenRevertsInvalidVenue() external {
        expectRevert(abi.encodeWithSelector(IDelegations.InvalidVenue.selector, address(0)));
        new Delegations(address(0));
        address next = vm.computeCreateAddress(address(this), vm.getNonce(address(this)));
        expectRevert(abi.encodeWithSelector(IDelegations.InvalidVenue.selector, next));
        new Delegations(next);
    }

    function test_WhenSet_ThenItsLimitsCanBeRead() external {
        uint256 instruments = 1 | (1 << 255);
        vm.expectEmit(true, true, true, true, address(delegations));
        emit IDelegations.DelegateSet(ALICE, CAROL, UNTIL, LIMIT, BUDGET, instruments);
        vm.prank(ALICE);
        delegations.setDelegate(CAROL, UNTIL, LIMIT, BUDGET, instruments);
        vm.assertTrue(delegations.isLive(ALICE, CAROL), "live");
        vm.assertEq(delegations.delegateOf(ALICE, CAROL).instruments, instruments, "instruments");
        vm.assertTrue(delegations.allows(ALICE, CAROL, 0), "the first");
        vm.assertTrue(!delegations.allows(ALICE, CAROL, 1), "the second");
        vm.assertTrue(delegations.allows(ALICE, CAROL, 255), "the last");
        vm.assertTrue(!delegations.allows(ALICE, CAROL, 256), "past the last");
    }

    function test_WhenNobodyOrTheAccountOrNothingOrThePastOrTheFarIsSet_ThenReverts() external {
        bytes4 invalid = IDelegations.InvalidDelegate.selector;
        _refuseSet(abi.encodeWithSelector(invalid, address(0)), address(0), UNTIL, 1);
        _refuseSet(abi.encodeWithSelector(invalid, ALICE), ALICE, UNTIL, 1);
        _refuseSet(abi.encodeWithSelector(IDelegations.NoInstruments.selector, CAROL), CAROL, UNTIL, 0);
        uint40 past = uint40(START - 1);
        _refuseSet(abi.encodeWithSelector(IDelegations.DelegateExpired.selector, CAROL, past), CAROL, past, 1);
        uint40 latest = uint40(START + 90 days);
        _refuseSet(abi.encodeWithSelector(IDelegations.TermTooLong.selector, latest + 1, latest), CAROL, latest + 1, 1);
        vm.prank(ALICE);
        delegations.setDelegate(CAROL, latest, 0, 0, 1);
    }

    function test_WhenRevokedOrRaisedOrRetracted_ThenItIsSaid() external {
        vm.expectEmit(true, true, true, true, address(delegations));
        emit IDelegations.DelegateRevoked(ALICE, DELEGATE);
        vm.prank(ALICE);
        delegations.revokeDelegate(DELEGATE);
        vm.expectEmit(true, true, true, true, address(delegations));
        emit IDelegations.EpochRaised(ALICE, 1);
        vm.prank(ALICE);
        delegations.raiseEpoch();
        vm.assertEq(delegations.epochOf(ALICE), 1, "epoch");
        vm.expectEmit(true, true, true, true, address(delegations));
        emit IDelegations.Retracted(DELEGATE, CERTIFICATE);
        vm.prank(DELEGATE);
        delegations.retract(CERTIFICATE);
    }

    /// @custom:invariant INV-DELEGATE-1
    /// @dev Any fill of any size, at any price and time, and the same once more at another: each passes exactly where the
    /// limits say so.
    function testFuzz_WhenCharged_ThenItPassesExactlyWithinTheLimits(
        uint8 instrument,
        int16 held,
        int16 moved,
        uint16 distance,
        uint256 wait
    ) external {
        // Half of the instruments; sizes, losses and times that are allowed about as often as not.
        uint256 instruments = uint256(keccak256(abi.encode(instrument))) | 2;
        delegate(UNTIL, 20_000 * PRICE, BUDGET, instruments);
        bool shrinks = (held > 0) == (moved < 0) && _size(moved) <= _size(held);
        Step memory step = Step({held: held, moved: moved, price: PRICE + distance, shrinks: shrinks});
        bool permitted = (instruments >> instrument) & 1 == 1;
        permitted = permitted && (shrinks || _size(int256(held) + moved) <= 20_000);

        vm.warp(START + within(wait, 0, 3 days));
        (uint256 lost, uint256 day) = _charge(instrument, step, permitted, 0, 0);
        vm.warp(block.timestamp + within(wait >> 128, 0, 1 days));
        _charge(instrument, step, permitted, lost, day);
    }

    /// @param permitted Whether instrument and size are within the limits.
    /// @param lost What was lost before, on `day`.
    function _charge(uint16 instrument, Step memory step, bool permitted, uint256 lost, uint256 day)
        private
        returns (uint256, uint256)
    {
        uint256 today = block.timestamp / 1 days;
        int256 loss = step.moved * int256(uint256(step.price - PRICE));
        uint256 lostToday = (today == day ? lost : 0) + (loss > 0 ? uint256(loss) : 0);
        bool allowed = permitted && block.timestamp <= UNTIL && (loss <= 0 || lostToday <= BUDGET);
        vm.assertEq(_passes(instrument, step), allowed, "as the limits say");
        if (allowed && loss > 0) (lost, day) = (lostToday, today);
        vm.assertEq(delegations.delegateOf(ALICE, DELEGATE).lossOfDay, lost, "lossOfDay");
        return (lost, day);
    }

    /// @dev Against an old mark nobody could tell what it lost. The account itself may close there.
    /// @custom:invariant INV-VENUE-8
    function test_WhenThePriceIsStale_ThenItFillsNothingAndTheAccountCloses() external {
        delegate(UNTIL, LIMIT, BUDGET);
        trade(ALICE_KEY, BOB_KEY, 10, PRICE);
        setPrices(PRICE, PRICE, true);
        Order memory maker = anOrder(BOB_KEY, 10, PRICE);
        Order memory taker = anOrder(ALICE_KEY, -10, PRICE);
        refuse(abi.encodeWithSelector(IMarginVenue.StaleOracle.selector), maker, BOB_KEY, taker, DELEGATE_KEY, 10);
        fill(maker, signed(BOB_KEY, maker), taker, signed(ALICE_KEY, taker), 10);
        vm.assertEq(lotsOf(ALICE), 0, "closed");
    }

    function _passes(uint16 instrument, Step memory step) private returns (bool) {
        vm.prank(address(venue));
        try delegations.charge(ALICE, DELEGATE, instrument, step, PRICE) {
            return true;
        } catch {
            return false;
        }
    }

    function _size(int256 lots) private pure returns (uint256) {
        return uint256(lots > 0 ? lots : -lots);
    }

    function _refuseSet(bytes memory reason, address key, uint40 expiry, uint256 instruments) private {
        expectRevert(reason);
        vm.prank(ALICE);
        delegations.setDelegate(key, expiry, LIMIT, BUDGET, instruments);
    }
}
