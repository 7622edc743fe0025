// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Volatility} from "../../../contracts/libraries/Volatility.sol";
import {Regime} from "../../../contracts/types/Regime.sol";
import {Variances} from "../../../contracts/types/Variances.sol";
import {vm, within} from "../Vm.sol";

contract GivenVolatility {
    function test_WhenTurnedIntoARate_ThenAsTheTableSays() external pure {
        // Raw, effective, rate: 5.0 % at 45 % and below, 6.0 % at an effective 70 %, the cap far above.
        _expectRate(0, 450_000, 50_000);
        _expectRate(300_000, 450_000, 50_000);
        _expectRate(633_333, 699_999, 59_833);
        _expectRate(900_000, 900_000, 76_928);
        _expectRate(1_033_334, 1_000_000, 85_475);
        _expectRate(10_000_000, 7_725_000, 500_000);
    }

    /// @custom:invariant INV-VOL-2
    function testFuzz_WhenLimited_ThenWithinTheLimitsOfTheDay(uint256 wanted, uint256 least, uint256 greatest)
        external
        pure
    {
        wanted = within(wanted, Volatility.FLOOR, Volatility.CAP);
        least = within(least, Volatility.FLOOR, Volatility.CAP);
        // What the limit itself keeps up: see GivenAnyPath.
        greatest = within(greatest, least, least * 3 / 2 < Volatility.CAP ? least * 3 / 2 : Volatility.CAP);
        uint256 u = Volatility.limitedRate(wanted, least, greatest);
        vm.assertLe(2 * u, 3 * least, "rise");
        vm.assertGe(10 * u, 9 * greatest, "fall");
        if (wanted * 10 >= greatest * 9 && wanted * 2 <= least * 3) vm.assertEq(u, wanted, "wanted");
        vm.assertLe(Volatility.hardRate(u, least), u, "hard");
        vm.assertGe(u, Volatility.FLOOR, "floor");
    }

    /// @custom:invariant INV-VOL-1
    function testFuzz_WhenObserved_ThenSymmetricAndWinsorised(uint96 base, uint96 price) external pure {
        vm.assume(base != 0 && price != 0);
        uint256 x = Volatility.observation(base, price);
        vm.assertEq(x, Volatility.observation(price, base), "symmetric");
        vm.assertLe(x, 0.0625e18, "winsorised");
        vm.assertEq(Volatility.observation(base, base), 0, "no move");
    }

    /// @dev The greatest observation every minute for ever: below what 80 bits hold.
    function test_WhenEveryObservationIsTheGreatest_ThenVariancesFitTheirSlot() external pure {
        Variances memory v = Variances({fast: 3.5e22, mid: 3.5e22, slow: 3.5e22});
        Variances memory after_ = Volatility.advanced(v, Volatility.MOST_OBSERVATION, 60);
        vm.assertLe(after_.fast, v.fast, "fast");
        vm.assertLe(after_.mid, v.mid, "mid");
        vm.assertLe(after_.slow, v.slow, "slow");
        vm.assertLe(Volatility.sigma(type(uint80).max), type(uint32).max, "sigma");
    }

    function test_WhenTheFastOneIsWild_ThenTheInitialRateStopsAtItsLimit() external pure {
        vm.assertEq(Volatility.initialRate(60_000, 0), 60_000, "the rate at least");
        vm.assertEq(Volatility.initialRate(60_000, 4e18), 170_950, "200 %");
        vm.assertEq(Volatility.initialRate(60_000, 9e18), 170_950, "300 %");
        vm.assertEq(Volatility.initialRate(500_000, 9e18), 500_000, "the cap");
    }

    /// @custom:invariant INV-ORACLE-6
    function test_WhenRegimesAreJudged_ThenAtTheirEdges() external pure {
        Regime calm = Regime.CALM;
        Regime elevated = Regime.ELEVATED;
        Regime stressed = Regime.STRESSED;
        uint256 stay = 6 hours;
        _expectNext(calm, 699_999, 0, calm);
        _expectNext(calm, 700_000, 0, elevated);
        _expectNext(calm, 1_000_000, 0, stressed);
        _expectNext(elevated, 999_999, 0, elevated);
        _expectNext(elevated, 1_000_000, 0, stressed);
        _expectNext(elevated, 560_000, stay, elevated);
        _expectNext(elevated, 559_999, stay - 1, elevated);
        _expectNext(elevated, 559_999, stay, calm);
        _expectNext(stressed, 800_000, stay, stressed);
        _expectNext(stressed, 799_999, stay - 1, stressed);
        _expectNext(stressed, 799_999, stay, elevated);
        _expectNext(stressed, 0, stay, elevated);
        _expectNext(calm, 0, stay, calm);
    }

    function _expectRate(uint256 raw, uint256 effective, uint256 rate) private pure {
        vm.assertEq(Volatility.effective(raw), effective, "effective");
        vm.assertEq(Volatility.unlimitedRate(raw), rate, "rate");
    }

    function _expectNext(Regime present, uint256 raw, uint256 stayed, Regime next) private pure {
        vm.assertEq(uint256(Volatility.nextRegime(present, raw, stayed)), uint256(next), "regime");
    }
}
