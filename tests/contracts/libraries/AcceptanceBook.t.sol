// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AcceptanceBook} from "../../../contracts/libraries/AcceptanceBook.sol";
import {AcceptanceState} from "../../../contracts/types/Acceptance.sol";
import {vm} from "../Vm.sol";

contract GivenABookOfAcceptances {
    using AcceptanceBook for AcceptanceBook.Book;

    uint256 private constant START = 1_800_000_000;
    bytes32 private constant DIGEST = keccak256("an intent");

    AcceptanceBook.Book private _book;

    function setUp() external {
        vm.warp(START);
    }

    function advance(uint256 deadline, uint256 delay, uint256 longest) public returns (bool ripe, uint256 ripeAt) {
        return _book.advance(DIGEST, deadline, delay, longest);
    }

    function test_WhenNoDelayIsDue_ThenItIsDoneAtOnceAndNeverAgain() external {
        (bool ripe, uint256 ripeAt) = advance(START, 0, 0);
        assert(ripe && ripeAt == START);
        assert(_book.acceptances[DIGEST].state == AcceptanceState.Done);
        vm.expectRevert(abi.encodeWithSelector(AcceptanceBook.DigestUsed.selector, DIGEST));
        this.advance(START, 0, 0);
    }

    function test_WhenADelayIsDue_ThenItWaitsUntilTheLastSecondOfIt() external {
        (bool ripe, uint256 ripeAt) = advance(START, 1 hours, 1 hours);
        assert(!ripe && ripeAt == START + 1 hours);
        vm.warp(START + 1 hours - 1);
        vm.expectRevert(abi.encodeWithSelector(AcceptanceBook.TooEarly.selector, block.timestamp, ripeAt));
        this.advance(START, 1 hours, 1 hours);
        vm.warp(START + 1 hours);
        (ripe,) = advance(START, 1 hours, 1 hours);
        assert(ripe);
    }

    function test_WhenItsLapseHasPassed_ThenItIsVoidForEver() external {
        advance(START, 1 hours, 6 hours);
        uint256 lapsedAt = START + 6 hours + AcceptanceBook.LAPSE_GRACE;
        vm.warp(lapsedAt + 1);
        vm.expectRevert(abi.encodeWithSelector(AcceptanceBook.Lapsed.selector, DIGEST, lapsedAt));
        this.advance(START, 1 hours, 6 hours);
        vm.warp(lapsedAt);
        (bool ripe,) = advance(START, 1 hours, 6 hours);
        assert(ripe);
    }

    function test_WhenItsDeadlineHasPassedOrIsTooFar_ThenItIsNotAccepted() external {
        vm.expectRevert(abi.encodeWithSelector(AcceptanceBook.DeadlinePassed.selector, START - 1, START));
        this.advance(START - 1, 0, 0);
        uint256 latest = START + AcceptanceBook.MAX_DEADLINE;
        vm.expectRevert(abi.encodeWithSelector(AcceptanceBook.DeadlineTooFar.selector, latest + 1, latest));
        this.advance(latest + 1, 0, 0);
        (bool ripe,) = advance(latest, 0, 0);
        assert(ripe);
    }

    /// @dev The first try mostly comes by the deadline; of those that follow every other may come after the lapse.
    function testFuzz_WhenItIsTriedAtAnyTimes_ThenDoneOnceInItsTime(uint32[6] memory waits, uint24[6] memory delays)
        external
    {
        uint256 longest = 4 hours;
        uint256 deadline = START + 1 days;
        uint256 time = START + waits[0] % 26 hours;
        uint256 acceptedAt;
        bool done;
        for (uint256 i = 0; i < 6; ++i) {
            vm.warp(time);
            uint256 delay = delays[i] % (longest + 1);
            bool accepted = acceptedAt != 0;
            bool inTime = accepted ? time <= acceptedAt + longest + 7 days : time <= deadline;
            bool allowed = !done && inTime && (!accepted || time >= acceptedAt + delay);
            try this.advance(deadline, delay, longest) returns (bool ripe, uint256) {
                assert(allowed);
                if (!accepted) acceptedAt = time;
                assert(ripe == (time >= acceptedAt + delay));
                done = ripe;
            } catch {
                assert(!allowed);
            }
            if (i < 5) time += waits[i + 1] % (i % 2 == 0 ? 4 hours : 14 days);
        }
    }
}
