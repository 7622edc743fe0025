// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Regime} from "../types/Regime.sol";
import {IRegimeOracle} from "./IRegimeOracle.sol";

/// @notice Reads the rounds of one price feed, each once and in order, and says how volatile the market is and what
/// margin that asks for.
/// @dev Every number but `stale` and the TWAP's end follows from the rounds and their own times alone: whoever pokes,
/// and whenever, the result is the same.
/// @dev Rates are in parts per million, variances and volatilities a year of 31,536,000 s.
interface IVolatilityOracle is IRegimeOracle {
    /* TYPES */

    /// @notice What margin is computed from.
    /// @param spot The newest consumed round's price, in ticks.
    /// @param twap The mean price over the 300 s that end at the last full minute, in ticks, rounded down.
    /// @param u Maintenance rate: the share of notional that positions must keep, in ppm; moves at a limited speed.
    /// @param uHard Rate below which an account is liquidated at once, in ppm; never above `u`.
    /// @param uInitial Rate that opening asks for, in ppm; never below `u`.
    /// @param regime The regime of the newest observations.
    /// @param stale Whether the newest round is too old, or a jump that nothing has confirmed.
    /// @param updatedAt When the newest consumed round was answered, in seconds.
    /// @param epochId From 1; rises by one with each round that changes `u`, `uHard`, `uInitial` or `regime`.
    struct Reading {
        uint64 spot;
        uint64 twap;
        uint32 u;
        uint32 uHard;
        uint32 uInitial;
        Regime regime;
        bool stale;
        uint40 updatedAt;
        uint32 epochId;
    }

    /* ERRORS */

    /// @notice The feed has no round to start from, or one that is no price: see the conditions of RoundRefused.
    error NoFirstRound(uint80 roundId, int256 answer, uint256 updatedAt);

    /// @notice The feed's answers cannot be cut to ticks: decimals must be at least those of a tick, at most MAX.
    error UnsupportedDecimals(uint8 decimals, uint8 tickDecimals, uint8 mostDecimals);

    /// @notice The time allowed beyond the heartbeat is too short for a real feed.
    error GraceTooShort(uint256 grace, uint256 leastGrace);

    /* EVENTS */

    /// @notice A round was consumed.
    /// @param roundId Its number at the feed.
    /// @param answer The price, with the feed's decimals.
    /// @param updatedAt When it was answered, in seconds.
    /// @param epochId The epoch it left behind.
    event RoundConsumed(uint80 indexed roundId, int256 answer, uint256 updatedAt, uint32 epochId);

    /// @notice A round was passed over for ever: it is missing, earlier than the one before it, in the future, or its
    /// answer is no price from one tick to what fits.
    event RoundRefused(uint80 indexed roundId);

    /// @notice Another regime began.
    /// @param regime The new one.
    /// @param sigma The volatility that decided, in ppm a year: the greater of mid and slow.
    /// @param time The deciding round's time, in seconds.
    event RegimeChanged(Regime indexed regime, uint32 sigma, uint256 time);

    /// @notice A consumed round's price is more than 20 % away from the one before: stale until confirmed.
    event Jumped(uint80 indexed roundId);

    /* EXTERNAL */

    /// @notice Consumes the feed's pending rounds in order; anyone may.
    /// @dev A feed that is silent, or answers nonsense, has no pending rounds: this never reverts for its sake.
    /// @param most How many rounds at most; never more than 64.
    /// @return consumed How many rounds were passed, refused ones included.
    function poke(uint256 most) external returns (uint256 consumed);

    /* EXTERNAL: VIEWS */

    /// @notice Whether the feed has rounds that are not consumed yet.
    function behind() external view returns (bool);

    /// @notice What margin is computed from, as of the consumed rounds and now.
    function reading() external view returns (Reading memory);

    /// @notice The volatilities, in ppm a year.
    /// @return fast By a half-life of 24 hours: initial margin only.
    /// @return mid By a half-life of 11.2 days.
    /// @return slow By a half-life of 69 days.
    /// @return effective What maintenance margin follows: mixed from the greater of mid and slow and a long-run mean.
    function volatility() external view returns (uint32 fast, uint32 mid, uint32 slow, uint32 effective);

    /// @notice The variances that the volatilities are roots of, 1e18 a year.
    function estimator() external view returns (uint128 fast, uint128 mid, uint128 slow);
}
