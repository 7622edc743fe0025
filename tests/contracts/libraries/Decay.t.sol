// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Decay} from "../../../contracts/libraries/Decay.sol";
import {vm, within} from "../Vm.sol";

/// @custom:invariant INV-DECAY-1
contract GivenAHalfLife {
    function test_WhenNoTimePasses_ThenAllIsLeft() external pure {
        vm.assertEq(Decay.factor(0, 86_400), 1 << 64, "one");
    }

    function testFuzz_WhenWholeHalfLivesPass_ThenExactHalves(uint256 halfLife, uint256 count) external pure {
        halfLife = within(halfLife, 1, 1e8);
        count = within(count, 0, 70);
        vm.assertEq(Decay.factor(count * halfLife, halfLife), count > 63 ? 0 : (1 << 64) >> count, "halves");
    }

    /// @dev Values by arithmetic of 120 decimals, not by this library's method: floor(2^64·2^-(time/half-life)) is
    /// some units above.
    function test_WhenTimePasses_ThenWithin64UnitsOfTheTruePower() external pure {
        // 2^64·2^(-n/2^32) for n = 1, 2^32 - 1 and 2^31 + 2^15.
        _expectNear(Decay.factor(1, 1 << 32), 18_446_744_070_732_507_144);
        _expectNear(Decay.factor((1 << 32) - 1, 1 << 32), 9_223_372_038_343_298_044);
        _expectNear(Decay.factor((1 << 31) + (1 << 15), 1 << 32), 13_043_748_845_980_648_086);
    }

    function testFuzz_WhenMoreTimePasses_ThenNotMoreIsLeft(uint256 elapsed, uint256 more, uint256 halfLife)
        external
        pure
    {
        halfLife = within(halfLife, 1, 1e8);
        elapsed = within(elapsed, 0, 1e10);
        more = within(more, 0, 1e10);
        uint256 f = Decay.factor(elapsed, halfLife);
        vm.assertLe(f, Decay.ONE, "at most one");
        vm.assertLe(Decay.factor(elapsed + more, halfLife), f + 64, "not more");
    }

    function _expectNear(uint256 given, uint256 exact) private pure {
        vm.assertLe(given, exact, "above");
        vm.assertLe(exact - given, 64, "below");
    }
}
