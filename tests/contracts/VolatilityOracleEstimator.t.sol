// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IVolatilityOracle} from "../../contracts/interfaces/IVolatilityOracle.sol";
import {Decay} from "../../contracts/libraries/Decay.sol";
import {Volatility} from "../../contracts/libraries/Volatility.sol";
import {Regime} from "../../contracts/types/Regime.sol";
import {vm, within} from "./Vm.sol";
import {VolatilityOracleFixture} from "./VolatilityOracleFixture.sol";

contract GivenRoundsCloseTogether is VolatilityOracleFixture {
    function test_WhenLessThanAMinuteApart_ThenOnlyTheSpotMoves() external {
        tell(PRICE + 30e8, 30);
        tell(PRICE - 30e8, 29);
        _expectFast(Volatility.FIRST_VARIANCE);
        vm.assertEq(read().spot, PRICE_TICKS - 3000, "spot");
    }

    function test_WhenAMinuteHasPassed_ThenTheMoveCountsFromTheBase() external {
        tell(PRICE + 300e8, 59);
        tell(PRICE + 30e8, 1);
        // 1 %, squared, of a base of 3000 and a price of 3030; nothing of the way over 3300.
        uint256 x = uint256(30e8) * 30e8 * 1e18 / (uint256(PRICE) * uint256(PRICE + 30e8));
        _expectFast(_fastAfter(Volatility.FIRST_VARIANCE, x, 60));
    }

    function test_WhenARoundBecameTheBase_ThenTheNextMinuteStartsThere() external {
        tell(PRICE + 30e8, 61);
        (uint128 fast,,) = oracle.estimator();
        tell(PRICE, 59);
        _expectFast(fast);
        tell(PRICE + 30e8, 1);
        _expectFast(_fastAfter(fast, 0, 60));
    }

    function test_WhenTheMoveIsHuge_ThenItCountsAsAQuarter() external {
        tell(PRICE * 10, 60);
        _expectFast(_fastAfter(Volatility.FIRST_VARIANCE, 0.0625e18, 60));
    }

    function test_WhenTheMoveIsAsHugeDownwards_ThenTheSame() external {
        tell(PRICE / 10, 60);
        _expectFast(_fastAfter(Volatility.FIRST_VARIANCE, 0.0625e18, 60));
    }

    function _expectFast(uint256 expected) private view {
        (uint128 fast,,) = oracle.estimator();
        vm.assertEq(fast, expected, "fast variance");
    }

    function _fastAfter(uint256 v, uint256 x, uint256 elapsed) private pure returns (uint256) {
        return (v * Decay.factor(elapsed, 1 days) >> 64) + x * Volatility.WEIGHT_FAST / 1e18;
    }
}

/// @custom:invariant INV-ORACLE-6
contract GivenACalmMarket is VolatilityOracleFixture {
    function setUp() public override {
        super.setUp();
        tell(PRICE, 365 days);
        _expectRegime(Regime.CALM);
    }

    function test_WhenVolatilityPassesBothEntries_ThenTwoStepsUpAtOnce() external {
        push(PRICE * 2, block.timestamp + 1 hours);
        expectEmit();
        emit IVolatilityOracle.Jumped(FIRST_ID + 2);
        oracle.poke(1);
        _expectRegime(Regime.STRESSED);
    }

    function test_WhenVolatilityPassesOneEntry_ThenOneStepUp() external {
        // 17 %: a mid variance of some 0.6.
        tell(PRICE * 117 / 100, 1 hours);
        _expectRegime(Regime.ELEVATED);
    }

    function test_WhenVolatilityFalls_ThenOneStepARoundAndSixHoursEach() external {
        tell(PRICE * 2, 1 hours);
        tell(PRICE * 2, 4 days);
        _expectRegime(Regime.STRESSED);
        tell(PRICE * 2, 365 days);
        _expectRegime(Regime.ELEVATED);
        uint32 epoch = read().epochId;
        tell(PRICE * 2, 1);
        _expectRegime(Regime.ELEVATED);
        tell(PRICE * 2, 6 hours - 2);
        _expectRegime(Regime.ELEVATED);
        push(PRICE * 2, block.timestamp + 1);
        (,, uint128 slow) = oracle.estimator();
        expectEmit();
        emit IVolatilityOracle.RegimeChanged(Regime.CALM, uint32(Volatility.sigma(slow)), block.timestamp);
        oracle.poke(1);
        _expectRegime(Regime.CALM);
        vm.assertTrue(read().epochId > epoch, "epochId");
    }

    function _expectRegime(Regime expected) private view {
        vm.assertEq(uint256(read().regime), uint256(expected), "regime");
    }
}

contract GivenAFlatPrice is VolatilityOracleFixture {
    function test_WhenADayPasses_ThenTheRateFallsByATenthAtMost() external {
        tell(PRICE, 365 days);
        vm.assertEq(read().u, (uint256(FIRST_RATE) * 9 + 9) / 10, "first day");
        tell(PRICE, 1);
        vm.assertEq(read().u, (uint256(FIRST_RATE) * 9 + 9) / 10, "the same hour");
    }

    function test_WhenYearsPass_ThenEveryRateIsTheFloorAndTheEpochStands() external {
        for (uint256 i = 0; i < 800; ++i) {
            tell(PRICE, 1 days);
        }
        IVolatilityOracle.Reading memory now_ = read();
        vm.assertEq(now_.u, 50_000, "u");
        vm.assertEq(now_.uHard, 50_000, "uHard");
        vm.assertEq(now_.uInitial, 50_000, "uInitial");
        vm.assertEq(uint256(now_.regime), uint256(Regime.CALM), "regime");
        (,,, uint32 effective) = oracle.volatility();
        vm.assertEq(effective, 450_000, "effective");
        tell(PRICE, 1 days);
        vm.assertEq(read().epochId, now_.epochId, "epochId");
    }
}

contract GivenAViolentPrice is VolatilityOracleFixture {
    function test_WhenItNeverRests_ThenTheRateRisesByHalfADayUpToTheCap() external {
        uint256 expected = FIRST_RATE;
        for (uint256 day = 0; day < 6; ++day) {
            expected = expected * 3 / 2 < 500_000 ? expected * 3 / 2 : 500_000;
            for (uint256 hour = 0; hour < 24; ++hour) {
                tell(hour % 2 == 0 ? PRICE * 2 : PRICE, 1 hours);
            }
            if (day < 4) vm.assertEq(read().u, expected, "a day's rise");
        }
        IVolatilityOracle.Reading memory now_ = read();
        vm.assertEq(now_.u, expected, "u");
        vm.assertEq(now_.uInitial, expected, "uInitial");
        vm.assertEq(uint256(now_.regime), uint256(Regime.STRESSED), "regime");
    }

    function test_WhenTheRateHasJustRisen_ThenTheHardRateHasNot() external {
        tell(PRICE, 30 days);
        uint256 before = read().u;
        vm.assertEq(read().uHard, before * 8 / 10, "in calm");
        tell(PRICE, 1 hours);
        for (uint256 i = 0; i < 10; ++i) {
            tell(i % 2 == 0 ? PRICE * 2 : PRICE, 60);
        }
        vm.assertEq(read().u, before * 3 / 2, "u");
        vm.assertEq(read().uHard, before, "the least of the day, below 8/10 of u");
        // ceil(4·200 %·sqrt(4 h / 1 y)).
        vm.assertEq(read().uInitial, 170_950, "uInitial follows the fast one");
    }
}

/// @dev Remembers `u` at the end of every hour, and asks the speed limit of all of them.
contract GivenAnyPath is VolatilityOracleFixture {
    /// @dev Element i is for the hour START / 1 hours - 24 + i.
    uint256[] private ends;

    /// @custom:invariant INV-ORACLE-3
    /// @custom:invariant INV-ORACLE-4
    /// @custom:invariant INV-ORACLE-5
    /// forge-config: default.fuzz.runs = 512
    function testFuzz_WhenRoundsArrive_ThenTheRateKeepsItsSpeedLimit(uint256 seed) external {
        for (uint256 i = 0; i < 24; ++i) {
            ends.push(FIRST_RATE);
        }
        uint256 price = uint256(PRICE);
        uint256 wildness = within(seed, 1, 4000);
        IVolatilityOracle.Reading memory before = read();
        for (uint256 i = 0; i < 60; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            price = price * (10_000 - wildness + within(seed >> 16, 0, 2 * wildness + wildness * wildness / 10_000))
                / 10_000 + 1e6;
            uint256 hour = block.timestamp / 1 hours;
            // The cast is safe: 60 moves by at most 1.56 each from 2^39.
            tell(int256(price), _wait(seed));
            for (; hour < block.timestamp / 1 hours; ++hour) {
                ends.push(before.u);
            }
            IVolatilityOracle.Reading memory now_ = read();
            _checkSpeed(now_.u);
            vm.assertLe(now_.uHard, now_.u, "uHard <= u");
            vm.assertLe(now_.u, now_.uInitial, "u <= uInitial");
            vm.assertGe(now_.uHard, 50_000, "floor");
            vm.assertLe(now_.uInitial, 500_000, "cap");
            bool changed = now_.u != before.u || now_.uHard != before.uHard || now_.uInitial != before.uInitial
                || now_.regime != before.regime;
            vm.assertEq(now_.epochId, changed ? before.epochId + 1 : before.epochId, "epochId");
            before = now_;
        }
    }

    function _checkSpeed(uint256 u) private view {
        uint256 least = type(uint256).max;
        uint256 greatest = 0;
        for (uint256 i = ends.length - 24; i < ends.length; ++i) {
            if (ends[i] < least) least = ends[i];
            if (ends[i] > greatest) greatest = ends[i];
        }
        vm.assertLe(u * 2, least * 3, "above 1.5 times the least");
        vm.assertGe(u * 10, greatest * 9, "below 0.9 times the greatest");
    }

    /// @dev Seconds, minutes, mostly within hours, sometimes days.
    function _wait(uint256 seed) private pure returns (uint256) {
        uint256 kind = seed % 8;
        if (kind == 0) return within(seed >> 128, 0, 59);
        if (kind < 4) return within(seed >> 128, 60, 1 hours);
        if (kind < 7) return within(seed >> 128, 1 hours, 8 hours);
        return within(seed >> 128, 8 hours, 40 days);
    }
}
