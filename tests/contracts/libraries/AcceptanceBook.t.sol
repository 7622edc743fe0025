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

    function testFuzz_WhenItIsTriedAtAnyTimes_ThenDoneOnceInItsTime(uint32[8] memory waits, uint24[8] memory delays)
        external
    {
        uint256 deadline = START + 1 days;
        uint256 longest = type(uint24).max;
        uint256 acceptedAt;
        bool done;
        for (uint256 i = 0; i < 8; ++i) {
            vm.warp(block.timestamp + waits[i] % 3 days);
            try this.advance(deadline, delays[i], longest) returns (bool ripe, uint256) {
                assert(!done);
                if (acceptedAt == 0) {
                    assert(block.timestamp <= deadline);
                    acceptedAt = block.timestamp;
                } else {
                    assert(ripe);
                }
                assert(ripe == (block.timestamp >= acceptedAt + delays[i]));
                assert(block.timestamp <= acceptedAt + longest + AcceptanceBook.LAPSE_GRACE);
                done = ripe;
            } catch {}
        }
    }
}
