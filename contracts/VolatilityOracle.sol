// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAggregatorV3} from "./interfaces/IAggregatorV3.sol";
import {IRegimeOracle} from "./interfaces/IRegimeOracle.sol";
import {IVolatilityOracle} from "./interfaces/IVolatilityOracle.sol";
import {FeedReading} from "./libraries/FeedReading.sol";
import {HourlyRing} from "./libraries/HourlyRing.sol";
import {MinuteCheckpoints} from "./libraries/MinuteCheckpoints.sol";
import {Volatility} from "./libraries/Volatility.sol";
import {CHECKPOINTS, Checkpoint} from "./types/Checkpoint.sol";
import {FeedRound} from "./types/FeedRound.sol";
import {Regime} from "./types/Regime.sol";
import {Variances} from "./types/Variances.sol";

/// @notice Turns the rounds of one price feed into volatility, margin rates, a regime and a mean price.
/// @dev TRUST: nobody has a role. Anyone pokes; the feed, fixed at construction, says prices and their times, and is
/// believed within the limits of RoundRefused, winsorised and speed-limited.
/// @custom:invariant INV-ORACLE-1 Each round of the feed is consumed or refused once, in the order of their numbers.
/// @custom:invariant INV-ORACLE-2 What is read follows from the rounds alone: not from who poked, when, or how many at
/// a time.
/// @custom:invariant INV-ORACLE-3 `u` is never above 1.5 times the least nor below 0.9 times the greatest of the last
/// 24 hourly values.
/// @custom:invariant INV-ORACLE-4 `uHard` <= `u` <= `uInitial`, all in [5 %, 50 %].
/// @custom:invariant INV-ORACLE-5 Rates and regime change together, and never without another `epochId`.
/// @custom:invariant INV-ORACLE-6 The regime rises with the round that reaches its entry; it falls one step a round,
/// not within 6 h of its entry, and only below 8/10 of it.
/// @custom:invariant INV-ORACLE-7 No answer of the feed makes `poke` or `regime` revert; a round it does not have, or
/// that is no price, leaves no trace but its number.
/// @custom:invariant INV-ORACLE-8 Older than heartbeat and grace, or an unconfirmed jump: stale.
contract VolatilityOracle is IVolatilityOracle {
    using HourlyRing for uint256[2];
    using MinuteCheckpoints for Checkpoint[CHECKPOINTS];

    /* TYPES */

    /// @dev What was consumed last. One slot. `roundId` may be that of a refused round; the rest is of the last good
    /// one. `jumped` says that it is one of those that must be confirmed.
    struct Newest {
        uint80 roundId;
        uint96 answer;
        uint40 updatedAt;
        uint32 epochId;
        bool jumped;
    }

    /// @dev Where the next observation starts, and the rates, in ppm. One slot. `least` and `greatest` are the range of
    /// the hourly ring.
    struct Levels {
        uint96 baseAnswer;
        uint40 baseAt;
        uint24 u;
        uint24 uHard;
        uint24 uInitial;
        uint24 least;
        uint24 greatest;
    }

    /// @dev One slot. `integral` is that of the price, in ticks times seconds, from 1970 to the newest round, as if the
    /// first round's price had held before it; 128 bits last 34,000 years at the greatest price.
    struct Course {
        uint128 integral;
        uint40 regimeSince;
        Regime regime;
        uint8 newestCheckpoint;
    }

    /// @dev Four slots, read once and written once a poke.
    struct State {
        Newest newest;
        Levels levels;
        Course course;
        Variances variances;
    }

    /* CONSTANTS */

    /// @notice The most rounds one call consumes.
    uint256 public constant MAX_ROUNDS = 64;

    /// @notice The least time allowed beyond the heartbeat, in seconds: real feeds of one hour reach 3,696 s.
    uint256 public constant LEAST_GRACE = 300;

    /// @notice How long a jump stays unconfirmed where no round follows, in seconds.
    uint256 public constant JUMP_PAUSE = 300;

    /// @notice Length of the mean price's window, in seconds.
    uint256 public constant TWAP_WINDOW = 300;

    /// @notice The most decimals a feed may have.
    uint8 public constant MOST_DECIMALS = 18;

    /// @dev Rounds less than this after the base of an observation only move the spot, in seconds.
    uint256 private constant LEAST_SPACING = 60;

    /// @dev A move of more than a fifth of the last answer is a jump.
    uint256 private constant JUMP_DIVISOR = 5;

    /// @dev Bits of a round's number within its phase, and the first number there.
    uint256 private constant PHASE_SHIFT = 64;
    uint256 private constant FIRST_OF_PHASE = 1;

    /// @dev Never 0: what was computed for no epoch belongs to none.
    uint32 private constant FIRST_EPOCH = 1;

    /* IMMUTABLES */

    /// @notice Whose rounds are read, for ever.
    IAggregatorV3 public immutable feed;

    /// @notice Decimals of a price in ticks.
    uint8 public immutable tickDecimals;

    /// @notice The longest the feed means to be silent, in seconds.
    uint32 public immutable heartbeat;

    /// @notice What is allowed beyond that, in seconds.
    uint32 public immutable grace;

    /// @dev The feed's units in one tick.
    uint256 private immutable _tick;

    /* STORAGE */

    State private _state;

    /// @dev `u` at the ends of the last 24 hours of feed time.
    uint256[2] private _hourly;

    Checkpoint[CHECKPOINTS] private _checkpoints;

    /* CONSTRUCTOR */

    /// @dev Starts from the feed's newest round: earlier ones are never read.
    /// @param feed_ Whose rounds are read, for ever.
    /// @param tickDecimals_ Decimals of a price in ticks: 2 for cents.
    /// @param heartbeat_ The longest the feed means to be silent, in seconds.
    /// @param grace_ What is allowed beyond that, in seconds.
    constructor(IAggregatorV3 feed_, uint8 tickDecimals_, uint32 heartbeat_, uint32 grace_) {
        require(grace_ >= LEAST_GRACE, GraceTooShort(grace_, LEAST_GRACE));
        uint8 decimals = feed_.decimals();
        require(
            decimals >= tickDecimals_ && decimals <= MOST_DECIMALS,
            UnsupportedDecimals(decimals, tickDecimals_, MOST_DECIMALS)
        );
        feed = feed_;
        tickDecimals = tickDecimals_;
        heartbeat = heartbeat_;
        grace = grace_;
        _tick = 10 ** (decimals - tickDecimals_);

        (bool found, FeedRound memory first) = FeedReading.latest(address(feed_));
        require(found && _isGood(first, 0), NoFirstRound(first.id, first.answer, first.updatedAt));
        _begin(first);
    }

    /* EXTERNAL */

    /// @inheritdoc IVolatilityOracle
    /// @dev The feed is only ever called statically: it cannot come back and change anything.
    function poke(uint256 most) external returns (uint256 consumed) {
        (bool found, FeedRound memory latest) = FeedReading.latest(address(feed));
        if (!found) return 0;
        if (most > MAX_ROUNDS) most = MAX_ROUNDS;
        // Before all of the state is read: most calls find nothing to do.
        State memory state;
        state.newest = _state.newest;
        if (most == 0 || latest.id <= state.newest.roundId) return 0;
        state.levels = _state.levels;
        state.course = _state.course;
        state.variances = _state.variances;
        while (consumed < most && state.newest.roundId < latest.id) {
            _pass(state, _following(state.newest.roundId, latest));
            ++consumed;
        }
        _state = state;
    }

    /* EXTERNAL: VIEWS */

    /// @inheritdoc IVolatilityOracle
    function behind() external view returns (bool) {
        (bool found, FeedRound memory latest) = FeedReading.latest(address(feed));
        return found && latest.id > _state.newest.roundId;
    }

    /// @inheritdoc IVolatilityOracle
    function reading() external view returns (Reading memory) {
        Newest memory newest = _state.newest;
        Levels memory levels = _state.levels;
        Course memory course = _state.course;
        uint64 spot = _ticks(newest.answer);
        return Reading({
            spot: spot,
            twap: _twap(newest, course, spot),
            u: levels.u,
            uHard: levels.uHard,
            uInitial: levels.uInitial,
            regime: course.regime,
            stale: _isStale(newest),
            updatedAt: newest.updatedAt,
            epochId: newest.epochId
        });
    }

    /// @inheritdoc IRegimeOracle
    function regime() external view returns (Regime, bool stale) {
        return (_state.course.regime, _isStale(_state.newest));
    }

    /// @inheritdoc IVolatilityOracle
    function volatility() external view returns (uint32 fast, uint32 mid, uint32 slow, uint32 effective) {
        Variances memory variances = _state.variances;
        // The casts are safe: the root of 80 bits over 1e6 has 31, and no mean passes the greatest.
        fast = uint32(Volatility.sigma(variances.fast));
        mid = uint32(Volatility.sigma(variances.mid));
        slow = uint32(Volatility.sigma(variances.slow));
        effective = uint32(Volatility.effective(mid > slow ? mid : slow));
    }

    /// @inheritdoc IVolatilityOracle
    function estimator() external view returns (uint128 fast, uint128 mid, uint128 slow) {
        Variances memory variances = _state.variances;
        return (variances.fast, variances.mid, variances.slow);
    }

    /* PRIVATE: EFFECTS */

    function _begin(FeedRound memory first) private {
        State memory state;
        // The casts are safe: `_isGood`.
        uint96 answer = uint96(uint256(first.answer));
        uint40 time = uint40(first.updatedAt);
        uint256 minute = time - time % MinuteCheckpoints.MINUTE;
        uint64 price = _ticks(answer);

        uint80 variance = Volatility.FIRST_VARIANCE;
        state.variances = Variances({fast: variance, mid: variance, slow: variance});
        uint256 raw = Volatility.raw(state.variances);
        uint256 u = Volatility.unlimitedRate(raw);
        _hourly = HourlyRing.filled(u);
        _checkpoints.fill(_checkpoint(minute, price, price * minute));

        state.newest = Newest({roundId: first.id, answer: answer, updatedAt: time, epochId: FIRST_EPOCH, jumped: false});
        state.levels.baseAnswer = answer;
        state.levels.baseAt = time;
        // The casts of rates are safe: they are at most 500,000.
        state.levels.least = uint24(u);
        state.levels.greatest = uint24(u);
        _setRates(state, raw);
        state.course.integral = uint128(uint256(price) * time);
        state.course.regime = Volatility.regimeOf(raw);
        state.course.regimeSince = time;
        _state = state;
        emit RoundConsumed(first.id, first.answer, time, FIRST_EPOCH);
        emit RegimeChanged(state.course.regime, uint32(raw), time);
    }

    /// @dev Consumes or refuses one round: `state` is changed, and its number passed for ever.
    function _pass(State memory state, FeedRound memory round) private {
        state.newest.roundId = round.id;
        if (!_isGood(round, state.newest.updatedAt)) {
            emit RoundRefused(round.id);
            return;
        }
        // The casts are safe: `_isGood`.
        uint96 answer = uint96(uint256(round.answer));
        uint40 time = uint40(round.updatedAt);
        _moveTime(state, time);
        _observe(state, answer, time);

        uint256 raw = Volatility.raw(state.variances);
        bool changesRates = _setRates(state, raw);
        bool changesRegime = _setRegime(state, raw, time);
        Newest memory newest = state.newest;
        if (changesRates || changesRegime) ++newest.epochId;
        newest.jumped = _isJump(newest.answer, answer);
        newest.answer = answer;
        newest.updatedAt = time;

        emit RoundConsumed(round.id, round.answer, time, newest.epochId);
        if (newest.jumped) emit Jumped(round.id);
        // The cast is safe: the root of 80 bits over 1e6 has 31.
        if (changesRegime) emit RegimeChanged(state.course.regime, uint32(raw), time);
    }

    /// @dev From the newest round to `time`: checkpoint, integral, and the hours that ended.
    function _moveTime(State memory state, uint256 time) private {
        Newest memory newest = state.newest;
        Course memory course = state.course;
        uint256 price = _ticks(newest.answer);
        uint256 minute = time - time % MinuteCheckpoints.MINUTE;
        if (minute > newest.updatedAt) {
            uint256 integral = course.integral + price * (minute - newest.updatedAt);
            // The cast is safe: an index below 64.
            course.newestCheckpoint =
                uint8(_checkpoints.push(course.newestCheckpoint, _checkpoint(minute, price, integral)));
        }
        // The cast is safe: see Course.
        course.integral += uint128(price * (time - newest.updatedAt));

        uint256 hour = time / HourlyRing.HOUR;
        uint256 lastHour = newest.updatedAt / HourlyRing.HOUR;
        if (hour == lastHour) return;
        Levels memory levels = state.levels;
        // In a calm that has lasted a day every lane is what would be written.
        if (levels.least == levels.u && levels.greatest == levels.u) return;
        uint256[2] memory ring = _hourly;
        ring.push(lastHour, hour, levels.u);
        (uint256 least, uint256 greatest) = ring.range();
        _hourly = ring;
        // The casts are safe: a lane has 20 bits.
        levels.least = uint24(least);
        levels.greatest = uint24(greatest);
    }

    /* PRIVATE: VIEWS */

    /// @dev The round after `id`: the next number, else the first of the next phase. Where the feed has neither, a
    /// round without an answer, to be refused: numbers below the newest are always passed.
    function _following(uint80 id, FeedRound memory latest) private view returns (FeedRound memory round) {
        // The casts are safe: both numbers are at most that of `latest`, which is greater than `id`.
        uint80 next = id + 1;
        if (next == latest.id) return latest;
        bool found;
        (found, round) = FeedReading.numbered(address(feed), next);
        if (found) return round;
        uint256 phase = uint256(id) >> PHASE_SHIFT;
        if (phase == uint256(latest.id) >> PHASE_SHIFT) return _missing(next);

        next = uint80(((phase + 1) << PHASE_SHIFT) | FIRST_OF_PHASE);
        if (next == latest.id) return latest;
        (found, round) = FeedReading.numbered(address(feed), next);
        return found ? round : _missing(next);
    }

    /// @dev Whether it is a price, answered by now and not before the last.
    function _isGood(FeedRound memory round, uint256 lastUpdatedAt) private view returns (bool) {
        if (round.updatedAt < lastUpdatedAt || round.updatedAt > block.timestamp) return false;
        if (round.updatedAt > type(uint40).max) return false;
        if (round.answer <= 0 || uint256(round.answer) > type(uint96).max) return false;
        uint256 ticks = uint256(round.answer) / _tick;
        return ticks != 0 && ticks <= type(uint64).max;
    }

    function _isStale(Newest memory newest) private view returns (bool) {
        // Not negative: no round in the future is consumed.
        uint256 age = block.timestamp - newest.updatedAt;
        return age > uint256(heartbeat) + grace || (newest.jumped && age < JUMP_PAUSE);
    }

    /// @dev Over the window that ends at the last full minute.
    function _twap(Newest memory newest, Course memory course, uint64 spot) private view returns (uint64) {
        uint256 end = block.timestamp - block.timestamp % MinuteCheckpoints.MINUTE;
        uint256 start = end - TWAP_WINDOW;
        uint256 area = _integralAt(newest, course, spot, end) - _integralAt(newest, course, spot, start);
        // The cast is safe: no mean passes the greatest price.
        return uint64(area / TWAP_WINDOW);
    }

    function _integralAt(Newest memory newest, Course memory course, uint64 spot, uint256 minute)
        private
        view
        returns (uint256)
    {
        if (minute >= newest.updatedAt) return course.integral + uint256(spot) * (minute - newest.updatedAt);
        return _checkpoints.integralAt(course.newestCheckpoint, minute);
    }

    function _ticks(uint96 answer) private view returns (uint64) {
        // The cast is safe: `_isGood`.
        return uint64(answer / _tick);
    }

    /* PRIVATE: PURE */

    /// @dev An observation from the base to the round, which becomes the base; nothing where they are too close.
    function _observe(State memory state, uint96 answer, uint40 time) private pure {
        Levels memory levels = state.levels;
        uint256 elapsed = time - levels.baseAt;
        if (elapsed < LEAST_SPACING) return;
        uint256 x = Volatility.observation(levels.baseAnswer, answer);
        state.variances = Volatility.advanced(state.variances, x, elapsed);
        levels.baseAnswer = answer;
        levels.baseAt = time;
    }

    function _setRates(State memory state, uint256 raw) private pure returns (bool changed) {
        Levels memory levels = state.levels;
        uint256 u = Volatility.limitedRate(Volatility.unlimitedRate(raw), levels.least, levels.greatest);
        uint256 uHard = Volatility.hardRate(u, levels.least);
        uint256 uInitial = Volatility.initialRate(u, state.variances.fast);
        changed = u != levels.u || uHard != levels.uHard || uInitial != levels.uInitial;
        // The casts are safe: rates are at most 500,000.
        levels.u = uint24(u);
        levels.uHard = uint24(uHard);
        levels.uInitial = uint24(uInitial);
    }

    function _setRegime(State memory state, uint256 raw, uint40 time) private pure returns (bool changed) {
        Course memory course = state.course;
        Regime next = Volatility.nextRegime(course.regime, raw, time - course.regimeSince);
        changed = next != course.regime;
        if (changed) {
            course.regime = next;
            course.regimeSince = time;
        }
    }

    function _isJump(uint256 from, uint256 to) private pure returns (bool) {
        uint256 move = to > from ? to - from : from - to;
        return move * JUMP_DIVISOR > from;
    }

    function _missing(uint80 id) private pure returns (FeedRound memory) {
        return FeedRound({id: id, answer: 0, updatedAt: 0});
    }

    function _checkpoint(uint256 minute, uint256 price, uint256 integral) private pure returns (Checkpoint memory) {
        // The casts are safe: times that passed `_isGood`, ticks, and an integral as in Course.
        return Checkpoint({time: uint40(minute), price: uint64(price), integral: uint128(integral)});
    }
}
