// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Regime} from "../types/Regime.sol";
import {Variances} from "../types/Variances.sol";
import {Decay} from "./Decay.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @notice From prices to variances, volatilities, margin rates and regimes, in integers: no state and no clock.
/// @dev Sources: EWMA by RiskMetrics; anti-procyclicality by EMIR RTS 153/2013 Art. 28(1)(b): a quarter of the weight
/// to the long run.
/// @custom:invariant INV-VOL-1 One observation moves a variance by at most that of a price a quarter away.
/// @custom:invariant INV-VOL-2 The rate lies in [FLOOR, CAP], at most 1.5 times the least and at least 0.9 times the
/// greatest of the last 24 hours.
library Volatility {
    /* CONSTANTS: ESTIMATOR */

    /// @dev One, of variances and of observations.
    uint256 internal constant ONE = 1e18;

    /// @dev What every variance starts at: 90 % a year, squared.
    uint80 internal constant FIRST_VARIANCE = 0.81e18;

    /// @dev The most one observation counts: 25 %, squared.
    uint256 internal constant MOST_OBSERVATION = 0.0625e18;

    /// @dev Half-lives, in seconds: 1 day, 11.2 days and 69 days.
    uint256 internal constant HALF_LIFE_FAST = 86_400;
    uint256 internal constant HALF_LIFE_MID = 967_680;
    uint256 internal constant HALF_LIFE_SLOW = 5_961_600;

    /// @dev floor(ln 2·1e18·31,536,000 / half-life): what an observation adds to a variance a year.
    uint256 internal constant WEIGHT_FAST = 252_998_720_904_380_037_937;
    uint256 internal constant WEIGHT_MID = 22_589_171_509_319_646_244;
    uint256 internal constant WEIGHT_SLOW = 3_666_648_129_048_986_057;

    /// @dev Variances are 1e18, volatilities 1e6: the root of 1e18/1e6 is 1e6.
    uint256 private constant VARIANCE_TO_PPM = 1e6;

    /* CONSTANTS: RATES */

    /// @dev Least effective volatility, in ppm a year: 45 %.
    uint256 internal constant LEAST_EFFECTIVE = 450_000;

    /// @dev The long-run mean that effective volatility leans on, in ppm a year: 90 %, and its weight, 1 of 4.
    uint256 internal constant LONG_RUN = 900_000;
    uint256 private constant PRESENT_PARTS = 3;
    uint256 private constant ALL_PARTS = 4;

    /// @dev Standard deviations a rate covers over the horizon.
    uint256 private constant DEVIATIONS = 4;

    /// @dev floor(sqrt(14,400/31,536,000)·1e18): four hours of a year. Volatility times this is that of the horizon.
    uint256 internal constant ROOT_OF_HORIZON = 21_368_692_158_534_411;

    /// @dev Least and greatest rate, in ppm: 5 % and 50 %.
    uint256 internal constant FLOOR = 50_000;
    uint256 internal constant CAP = 500_000;

    /// @dev The most fast volatility that initial margin follows, in ppm a year: 200 %.
    uint256 internal constant MOST_FAST = 2_000_000;

    /// @dev Speed limit over 24 hours: at least 9/10 of the greatest, at most 3/2 of the least.
    uint256 private constant FALL_PARTS = 9;
    uint256 private constant FALL_WHOLE = 10;
    uint256 private constant RISE_PARTS = 3;
    uint256 private constant RISE_WHOLE = 2;

    /// @dev The hard rate: 8/10 of the rate.
    uint256 private constant HARD_PARTS = 8;
    uint256 private constant HARD_WHOLE = 10;

    /* CONSTANTS: REGIMES */

    /// @dev Entries, in ppm a year: 70 % and 100 %.
    uint256 internal constant ELEVATED_ENTRY = 700_000;
    uint256 internal constant STRESSED_ENTRY = 1_000_000;

    /// @dev A regime is left below 8/10 of its entry, and not sooner than 6 hours after it was entered.
    uint256 private constant EXIT_PARTS = 8;
    uint256 private constant EXIT_WHOLE = 10;
    uint256 internal constant LEAST_STAY = 6 hours;

    /* INTERNAL: ESTIMATOR */

    /// @notice The squared relative move from one price to the next, 1e18, winsorised.
    /// @param base Not 0, below 2^96.
    /// @param price Not 0, below 2^96.
    function observation(uint256 base, uint256 price) internal pure returns (uint256 x) {
        // Cannot overflow: 2^96·2^96·1e18 is below 2^252. Cannot divide by zero: neither price is 0.
        unchecked {
            uint256 move = price > base ? price - base : base - price;
            x = move * move * ONE / (base * price);
        }
        if (x > MOST_OBSERVATION) x = MOST_OBSERVATION;
    }

    /// @notice The variances after an observation over `elapsed` seconds.
    function advanced(Variances memory v, uint256 x, uint256 elapsed) internal pure returns (Variances memory) {
        return Variances({
            fast: _advanced(v.fast, x, elapsed, HALF_LIFE_FAST, WEIGHT_FAST),
            mid: _advanced(v.mid, x, elapsed, HALF_LIFE_MID, WEIGHT_MID),
            slow: _advanced(v.slow, x, elapsed, HALF_LIFE_SLOW, WEIGHT_SLOW)
        });
    }

    /// @notice The root of a variance: volatility in ppm a year, rounded down.
    function sigma(uint256 variance) internal pure returns (uint256) {
        return Math.sqrt(variance / VARIANCE_TO_PPM);
    }

    /// @notice What regimes follow: the greater of mid and slow, in ppm a year.
    /// @dev The root is monotone: that of the greater variance is the greater root.
    function raw(Variances memory v) internal pure returns (uint256) {
        return sigma(v.mid > v.slow ? v.mid : v.slow);
    }

    /// @notice What maintenance margin follows, in ppm a year.
    function effective(uint256 rawSigma) internal pure returns (uint256) {
        // Cannot overflow: volatilities have 32 bits.
        uint256 mixed;
        unchecked {
            mixed = (PRESENT_PARTS * rawSigma + LONG_RUN) / ALL_PARTS;
        }
        return mixed > LEAST_EFFECTIVE ? mixed : LEAST_EFFECTIVE;
    }

    /* INTERNAL: RATES */

    /// @notice The rate that raw volatility asks for, before the speed limit, in ppm.
    function unlimitedRate(uint256 rawSigma) internal pure returns (uint256) {
        return _clamped(_overHorizonUp(effective(rawSigma)));
    }

    /// @notice The rate by the speed limit, in ppm.
    /// @param wanted What volatility asks for.
    /// @param least Of the last 24 hourly rates.
    /// @param greatest Of the last 24 hourly rates.
    function limitedRate(uint256 wanted, uint256 least, uint256 greatest) internal pure returns (uint256) {
        uint256 lowest;
        uint256 highest;
        // Cannot overflow: rates have 20 bits.
        unchecked {
            lowest = (FALL_PARTS * greatest + FALL_WHOLE - 1) / FALL_WHOLE;
            highest = RISE_PARTS * least / RISE_WHOLE;
        }
        return Math.min(Math.max(wanted, lowest), highest);
    }

    /// @notice The rate below which an account is liquidated at once, in ppm: a rate that only just rose does not.
    function hardRate(uint256 rate, uint256 least) internal pure returns (uint256) {
        return Math.max(FLOOR, Math.min(HARD_PARTS * rate / HARD_WHOLE, least));
    }

    /// @notice The rate that opening asks for, in ppm.
    function initialRate(uint256 rate, uint256 fastVariance) internal pure returns (uint256) {
        uint256 fast = Math.min(sigma(fastVariance), MOST_FAST);
        return _clamped(Math.max(rate, _overHorizonUp(fast)));
    }

    /* INTERNAL: REGIMES */

    /// @notice The regime after a round: up at once, down one step after a stay.
    /// @param stayed Since the present regime was entered, in seconds of feed time.
    function nextRegime(Regime present, uint256 rawSigma, uint256 stayed) internal pure returns (Regime) {
        Regime due = regimeOf(rawSigma);
        if (due > present) return due;
        if (present == Regime.CALM || stayed < LEAST_STAY) return present;
        uint256 entry = present == Regime.STRESSED ? STRESSED_ENTRY : ELEVATED_ENTRY;
        if (rawSigma * EXIT_WHOLE >= entry * EXIT_PARTS) return present;
        return present == Regime.STRESSED ? Regime.ELEVATED : Regime.CALM;
    }

    /// @notice The regime whose entry raw volatility has reached, whatever was before.
    function regimeOf(uint256 rawSigma) internal pure returns (Regime) {
        if (rawSigma >= STRESSED_ENTRY) return Regime.STRESSED;
        return rawSigma >= ELEVATED_ENTRY ? Regime.ELEVATED : Regime.CALM;
    }

    /* PRIVATE */

    function _advanced(uint256 v, uint256 x, uint256 elapsed, uint256 halfLife, uint256 weight)
        private
        pure
        returns (uint80)
    {
        // The products are far below 2^256: v has 80 bits, the factor 65, x 56, the weight 68. The cast is safe as
        // long as observations are at least 60 s apart: see Variances.
        unchecked {
            return uint80((v * Decay.factor(elapsed, halfLife) >> 64) + x * weight / ONE);
        }
    }

    /// @dev ceil(4·sigma·ROOT_OF_HORIZON / 1e18): what the price may move over the horizon, in ppm.
    function _overHorizonUp(uint256 sigma_) private pure returns (uint256) {
        // Cannot overflow: volatilities have 32 bits, the root 55.
        unchecked {
            return (DEVIATIONS * sigma_ * ROOT_OF_HORIZON + ONE - 1) / ONE;
        }
    }

    function _clamped(uint256 rate) private pure returns (uint256) {
        return Math.max(FLOOR, Math.min(rate, CAP));
    }
}
