// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {RollingLeast, RollingSum, RollingWindow} from "../../../contracts/libraries/RollingWindow.sol";
import {vm, within} from "../Vm.sol";

/// @dev Remembers every event, and answers by going through all of them.
contract GivenARandomHistory {
    struct Event {
        uint256 time;
        uint256 amount;
    }

    uint256 private constant START = 1_800_000_000;
    uint256 private constant EVENTS = 24;
    uint256 private constant GREATEST = 1e6;

    Event[] private events;

    /// @custom:invariant INV-WINDOW-1
    function testFuzz_WhenSummed_ThenEqualsTheModelAndCoversADay(uint256 seed, bool ancient) external {
        RollingSum window;
        uint256 time = ancient ? within(seed, 0, 2 days) : START;
        for (uint256 i = 0; i < EVENTS; ++i) {
            seed = _next(seed);
            time += _gap(seed);
            uint256 expected = _sumSince(_windowStart(time));
            vm.assertEq(window.total(time), expected, "the model");
            vm.assertGe(expected, _sumSince(_floor(time, 24 hours)), "less than the last day's");
            vm.assertLe(expected, _sumSince(_floor(time, 28 hours) + 1), "something 28 h old");

            // Sometimes more than a lane has room for, so that it is full and stays so.
            uint256 amount = within(seed >> 64, 0, seed % 11 == 0 ? RollingWindow.LANE_MAX : GREATEST);
            events.push(Event(time, amount));
            window = window.added(time, amount);
        }
    }

    /// @custom:invariant INV-WINDOW-2
    function testFuzz_WhenLeastIsAsked_ThenEqualsTheModelAndCoversADay(uint256 seed, bool ancient) external {
        RollingLeast window;
        uint256 time = ancient ? within(seed, 0, 2 days) : START;
        uint256 held = 0;
        for (uint256 i = 0; i < EVENTS; ++i) {
            seed = _next(seed);
            time += _gap(seed);
            uint256 expected = _leastSince(_windowStart(time), held);
            vm.assertEq(window.least(time, held), expected, "the model");
            vm.assertLe(expected, _leastSince(_floor(time, 24 hours), held), "more than the last day's");
            vm.assertGe(expected, _leastSince(_floor(time, 28 hours) + 1, held), "something 28 h old");

            uint256 next = within(seed >> 64, 0, GREATEST);
            window = window.changed(time, held, next);
            events.push(Event(time, held));
            held = next;
        }
    }

    /// @dev Of each bucket at most what a lane can hold.
    function _sumSince(uint256 since) private view returns (uint256 sum) {
        uint256 bucket = 0;
        uint256 lane = 0;
        for (uint256 i = 0; i < events.length; ++i) {
            if (events[i].time < since) continue;
            if (events[i].time / RollingWindow.BUCKET != bucket) (sum, lane) = (sum + lane, 0);
            bucket = events[i].time / RollingWindow.BUCKET;
            lane += events[i].amount;
            if (lane > RollingWindow.LANE_MAX) lane = RollingWindow.LANE_MAX;
        }
        return sum + lane;
    }

    /// @dev An event of this history carries what was held until it.
    function _leastSince(uint256 since, uint256 held) private view returns (uint256 lowest) {
        lowest = held;
        for (uint256 i = 0; i < events.length; ++i) {
            if (events[i].time >= since && events[i].amount < lowest) lowest = events[i].amount;
        }
        // Until the first event nothing was held, however long ago: a fresh word says so too.
        if (events.length == 0 && since == 0) lowest = 0;
    }

    function _windowStart(uint256 time) private pure returns (uint256) {
        uint256 bucket = time / RollingWindow.BUCKET;
        return bucket < 6 ? 0 : (bucket - 6) * RollingWindow.BUCKET;
    }

    function _floor(uint256 time, uint256 back) private pure returns (uint256) {
        return time < back ? 0 : time - back;
    }

    /// @dev Often none, often within a bucket, sometimes on its edge, sometimes longer than the window.
    function _gap(uint256 seed) private pure returns (uint256) {
        uint256 kind = seed % 8;
        if (kind < 2) return 0;
        if (kind < 4) return within(seed >> 8, 0, RollingWindow.BUCKET);
        if (kind == 4) return RollingWindow.BUCKET;
        if (kind < 7) return within(seed >> 8, 0, 12 hours);
        return within(seed >> 8, 0, 40 hours);
    }

    function _next(uint256 seed) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed)));
    }
}

contract GivenAWindow {
    /// @dev First second of a bucket.
    uint256 private constant EDGE = 125_000 * RollingWindow.BUCKET;
    uint256 private constant LANE_MAX = type(uint32).max;

    function test_WhenNothingEverHappened_ThenSumAndLeastAreWhatWasHeld() external pure {
        RollingSum sum;
        RollingLeast least;
        vm.assertEq(sum.total(EDGE), 0, "sum");
        vm.assertEq(least.least(EDGE, 0), 0, "least");
    }

    function test_WhenDepositedFirst_ThenTheLeastStaysZeroUntilTheBucketLeaves() external pure {
        RollingLeast least;
        least = least.changed(EDGE, 0, 500);
        vm.assertEq(least.least(EDGE, 500), 0, "at once");
        vm.assertEq(least.least(EDGE + 28 hours - 1, 500), 0, "just before");
        vm.assertEq(least.least(EDGE + 28 hours, 500), 500, "after the window");
    }

    function test_WhenDepositedInTheLastSecondOfABucket_ThenItStandsAWholeDay() external pure {
        RollingLeast least;
        least = least.changed(EDGE + 4 hours - 1, 0, 500);
        vm.assertEq(least.least(EDGE + 28 hours - 1, 500), 0, "24 h on");
        vm.assertEq(least.least(EDGE + 28 hours, 500), 500, "24 h and a second on");
    }

    function test_WhenWithdrawn_ThenTheLeastFallsAtOnceAndIsRemembered() external pure {
        RollingLeast least;
        least = least.changed(EDGE, 0, 500);
        least = least.changed(EDGE + 2 days, 500, 100);
        vm.assertEq(least.least(EDGE + 2 days, 100), 100, "at once");
        least = least.changed(EDGE + 2 days, 100, 900);
        vm.assertEq(least.least(EDGE + 2 days, 900), 100, "refilled in the same second");
        vm.assertEq(least.least(EDGE + 3 days, 900), 100, "a day on");
        vm.assertEq(least.least(EDGE + 2 days + 28 hours, 900), 900, "after the window");
    }

    function test_WhenALaneOfASumIsFull_ThenItStaysFullAndItsNeighboursDoNotChange() external pure {
        RollingSum sum;
        sum = sum.added(EDGE, 7);
        sum = sum.added(EDGE + 4 hours, LANE_MAX - 1);
        sum = sum.added(EDGE + 4 hours, type(uint256).max);
        vm.assertEq(sum.total(EDGE + 4 hours), LANE_MAX + 7, "saturated");
        vm.assertEq(sum.total(EDGE + 28 hours), LANE_MAX, "the neighbour left");
        vm.assertEq(sum.total(EDGE + 32 hours), 0, "both left");
    }

    function test_WhenAQuantityPassesALane_ThenItIsUnderstated() external pure {
        RollingLeast least;
        least = least.changed(EDGE, 0, type(uint256).max);
        vm.assertEq(least.least(EDGE + 2 days, type(uint256).max), LANE_MAX, "saturated");
    }
}
