// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {HourlyRing} from "../../../contracts/libraries/HourlyRing.sol";
import {vm, within} from "../Vm.sol";

/// @dev Remembers every value pushed.
/// @custom:invariant INV-HOURS-1
contract GivenARing {
    using HourlyRing for uint256[2];

    uint256[] private values;

    function testFuzz_WhenPushed_ThenTheRangeIsOfTheLast24(uint256 seed) external {
        uint256 value = within(seed, 0, HourlyRing.LANE_MAX);
        uint256[2] memory ring = HourlyRing.filled(value);
        for (uint256 i = 0; i < 24; ++i) {
            values.push(value);
        }
        uint256 hour = within(seed >> 32, 0, 1e6);
        for (uint256 i = 0; i < 30; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            value = within(seed, 0, HourlyRing.LANE_MAX);
            uint256 passed = seed >> 64 & 7 == 0 ? within(seed >> 128, 0, 60) : within(seed >> 128, 0, 4);
            ring.push(hour, hour + passed, value);
            hour += passed;
            for (uint256 j = 0; j < passed; ++j) {
                values.push(value);
            }
            (uint256 least, uint256 greatest) = ring.range();
            (uint256 expectedLeast, uint256 expectedGreatest) = _range();
            vm.assertEq(least, expectedLeast, "least");
            vm.assertEq(greatest, expectedGreatest, "greatest");
        }
    }

    function test_WhenNoHourEnded_ThenNothingChanges() external pure {
        uint256[2] memory ring = HourlyRing.filled(5);
        ring.push(100, 100, 9);
        (uint256 least, uint256 greatest) = ring.range();
        vm.assertEq(least, 5, "least");
        vm.assertEq(greatest, 5, "greatest");
    }

    function test_WhenADayEnded_ThenNothingElseIsLeft() external pure {
        uint256[2] memory ring = HourlyRing.filled(5);
        ring.push(100, 123, 9);
        (uint256 least,) = ring.range();
        vm.assertEq(least, 5, "after 23 hours");
        ring.push(123, 124, 9);
        (least,) = ring.range();
        vm.assertEq(least, 9, "after 24 hours");
        ring.push(124, type(uint64).max, 7);
        (, uint256 greatest) = ring.range();
        vm.assertEq(greatest, 7, "after an age");
    }

    function _range() private view returns (uint256 least, uint256 greatest) {
        least = type(uint256).max;
        for (uint256 i = values.length - 24; i < values.length; ++i) {
            if (values[i] < least) least = values[i];
            if (values[i] > greatest) greatest = values[i];
        }
    }
}
