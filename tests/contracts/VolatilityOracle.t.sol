// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {VolatilityOracle} from "../../contracts/VolatilityOracle.sol";
import {IVolatilityOracle} from "../../contracts/interfaces/IVolatilityOracle.sol";
import {RegimeReading} from "../../contracts/libraries/RegimeReading.sol";
import {PriceFeed} from "../../contracts/mocks/PriceFeed.sol";
import {CHECKPOINTS} from "../../contracts/types/Checkpoint.sol";
import {Regime} from "../../contracts/types/Regime.sol";
import {vm, within} from "./Vm.sol";
import {OddFeed, VolatilityOracleFixture} from "./VolatilityOracleFixture.sol";

contract GivenAnOracleToBe is VolatilityOracleFixture {
    function test_WhenTheFeedHasNoRound_ThenRevertsNoFirstRound() external {
        PriceFeed silent = new PriceFeed();
        vm.expectRevert(abi.encodeWithSelector(IVolatilityOracle.NoFirstRound.selector, 0, 0, 0));
        anOracle(silent);
    }

    function test_WhenTheFirstRoundIsNoPrice_ThenRevertsNoFirstRound() external {
        _expectNoFirstRound(0, START);
        _expectNoFirstRound(-1, START);
        _expectNoFirstRound(PRICE, START + 1);
        _expectNoFirstRound(1e6 - 1, START);
        _expectNoFirstRound(int256(uint256(type(uint64).max) + 1) * 1e6, START);
        _expectNoFirstRound(type(int256).max, START);
    }

    function test_WhenTheGraceIsTooShort_ThenRevertsGraceTooShort() external {
        vm.expectRevert(abi.encodeWithSelector(IVolatilityOracle.GraceTooShort.selector, 299, 300));
        new VolatilityOracle(feed, TICK_DECIMALS, HEARTBEAT, 299);
        new VolatilityOracle(feed, TICK_DECIMALS, HEARTBEAT, 300);
    }

    function test_WhenTicksAreFinerThanAnswers_ThenRevertsUnsupportedDecimals() external {
        vm.expectRevert(abi.encodeWithSelector(IVolatilityOracle.UnsupportedDecimals.selector, 8, 9, 18));
        new VolatilityOracle(feed, 9, HEARTBEAT, GRACE);
        OddFeed odd = new OddFeed();
        odd.setDecimals(19);
        vm.expectRevert(abi.encodeWithSelector(IVolatilityOracle.UnsupportedDecimals.selector, 19, 2, 18));
        anOracle(odd);
    }

    function test_WhenDeployed_ThenItStartsFromTheNewestRoundAtNinetyPercent() external {
        push(PRICE + 999_999, START + 10);
        vm.expectEmit();
        emit IVolatilityOracle.RoundConsumed(FIRST_ID + 1, PRICE + 999_999, START + 10, 1);
        vm.expectEmit();
        emit IVolatilityOracle.RegimeChanged(Regime.ELEVATED, 900_000, START + 10);
        oracle = anOracle(feed);

        vm.assertEq(oracle.behind(), false, "behind");
        IVolatilityOracle.Reading memory now_ = read();
        vm.assertEq(now_.spot, PRICE_TICKS, "spot, rounded down");
        vm.assertEq(now_.twap, PRICE_TICKS, "twap");
        vm.assertEq(now_.u, FIRST_RATE, "u");
        vm.assertEq(now_.uHard, FIRST_RATE * 8 / 10, "uHard");
        vm.assertEq(now_.uInitial, FIRST_RATE, "uInitial");
        vm.assertEq(uint256(now_.regime), uint256(Regime.ELEVATED), "regime");
        vm.assertEq(now_.stale, false, "stale");
        vm.assertEq(now_.updatedAt, START + 10, "updatedAt");
        vm.assertEq(now_.epochId, 1, "epochId");
        (uint128 fast, uint128 mid, uint128 slow) = oracle.estimator();
        vm.assertEq(fast, 0.81e18, "fast");
        vm.assertEq(mid, 0.81e18, "mid");
        vm.assertEq(slow, 0.81e18, "slow");
        (uint32 sFast, uint32 sMid, uint32 sSlow, uint32 sEffective) = oracle.volatility();
        vm.assertEq(sFast, 900_000, "sigma fast");
        vm.assertEq(sMid, 900_000, "sigma mid");
        vm.assertEq(sSlow, 900_000, "sigma slow");
        vm.assertEq(sEffective, 900_000, "sigma effective");
        vm.assertEq(address(oracle.feed()), address(feed), "feed");
        vm.assertEq(oracle.heartbeat(), HEARTBEAT, "heartbeat");
        vm.assertEq(oracle.grace(), GRACE, "grace");
        vm.assertEq(oracle.tickDecimals(), TICK_DECIMALS, "tickDecimals");
    }

    function test_WhenTheFeedHasOtherDecimals_ThenTicksAreTheSame() external {
        OddFeed odd = new OddFeed();
        odd.setDecimals(18);
        odd.set(FIRST_ID, 3000e18 + 1e16 - 1, START);
        vm.assertEq(anOracle(odd).reading().spot, PRICE_TICKS, "18 decimals");
        odd.setDecimals(2);
        odd.set(FIRST_ID, 3000_00, START);
        vm.assertEq(anOracle(odd).reading().spot, PRICE_TICKS, "2 decimals");
    }

    function _expectNoFirstRound(int256 answer, uint256 time) private {
        OddFeed odd = new OddFeed();
        odd.set(FIRST_ID, answer, time);
        vm.expectRevert(abi.encodeWithSelector(IVolatilityOracle.NoFirstRound.selector, FIRST_ID, answer, time));
        anOracle(odd);
    }
}

/// @custom:invariant INV-ORACLE-1
contract GivenPendingRounds is VolatilityOracleFixture {
    function test_WhenPoked_ThenEachIsConsumedOnceAndInOrder() external {
        push(PRICE + 1e8, START + 1 hours);
        push(PRICE + 2e8, START + 2 hours);
        vm.assertEq(oracle.behind(), true, "behind");
        expectEmit();
        emit IVolatilityOracle.RoundConsumed(FIRST_ID + 1, PRICE + 1e8, START + 1 hours, 2);
        expectEmit();
        emit IVolatilityOracle.RoundConsumed(FIRST_ID + 2, PRICE + 2e8, START + 2 hours, 3);
        vm.prank(ANYONE);
        vm.assertEq(oracle.poke(64), 2, "consumed");
        vm.assertEq(oracle.behind(), false, "behind");
        vm.assertEq(oracle.poke(64), 0, "nothing is left");
        vm.assertEq(read().spot, PRICE_TICKS + 200, "spot");
        vm.assertEq(read().updatedAt, START + 2 hours, "updatedAt");
    }

    function test_WhenMoreThan64Wait_ThenACallConsumes64() external {
        for (uint256 i = 1; i <= 130; ++i) {
            push(PRICE, START + i);
        }
        vm.assertEq(oracle.poke(type(uint256).max), 64, "first");
        vm.assertEq(read().updatedAt, START + 64, "updatedAt");
        vm.assertEq(oracle.poke(65), 64, "second");
        vm.assertEq(oracle.behind(), true, "behind");
        vm.assertEq(oracle.poke(64), 2, "third");
        vm.assertEq(oracle.behind(), false, "behind");
    }

    function test_WhenPokedForFewer_ThenThatMany() external {
        push(PRICE, START + 1);
        push(PRICE, START + 2);
        vm.assertEq(oracle.poke(0), 0, "none");
        vm.assertEq(oracle.poke(1), 1, "one");
        vm.assertEq(read().updatedAt, START + 1, "updatedAt");
    }

    function test_WhenThePhaseChanges_ThenTheOldOneIsFinishedFirst() external {
        push(PRICE + 1e8, START + 1 hours);
        feed.newPhase();
        vm.assertEq(oracle.behind(), false, "a feed without a newest round");
        vm.assertEq(oracle.poke(64), 0, "a feed without a newest round");
        push(PRICE + 2e8, START + 2 hours);
        push(PRICE + 3e8, START + 3 hours);
        feed.newPhase();
        push(PRICE + 4e8, START + 4 hours);

        expectEmit();
        emit IVolatilityOracle.RoundConsumed(FIRST_ID + 1, PRICE + 1e8, START + 1 hours, 2);
        expectEmit();
        emit IVolatilityOracle.RoundConsumed((2 << 64) | 1, PRICE + 2e8, START + 2 hours, 3);
        expectEmit();
        emit IVolatilityOracle.RoundConsumed((2 << 64) | 2, PRICE + 3e8, START + 3 hours, 4);
        expectEmit();
        emit IVolatilityOracle.RoundConsumed((3 << 64) | 1, PRICE + 4e8, START + 4 hours, 5);
        vm.assertEq(oracle.poke(64), 4, "consumed");
        vm.assertEq(oracle.behind(), false, "behind");
    }

    function test_WhenAPhaseHasNoRounds_ThenItIsPassed() external {
        feed.newPhase();
        feed.newPhase();
        push(PRICE + 1e8, START + 1 hours);
        expectEmit();
        emit IVolatilityOracle.RoundRefused((2 << 64) | 1);
        expectEmit();
        emit IVolatilityOracle.RoundConsumed((3 << 64) | 1, PRICE + 1e8, START + 1 hours, 2);
        vm.assertEq(oracle.poke(64), 2, "passed");
    }

    /// @custom:invariant INV-ORACLE-2
    function testFuzz_WhenPokedAtAnyTimeInAnyPortion_ThenTheSameIsRead(uint256 seed) external {
        VolatilityOracle other = anOracle(feed);
        int256 price = PRICE;
        for (uint256 i = 0; i < 24; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            // The cast is safe: below 2^32.
            price = price * (9000 + int256(seed % 2100)) / 10_000 + 1e8;
            tell(price, within(seed >> 32, 0, seed % 5 == 0 ? 30 hours : 10 minutes));
            if (seed % 7 == 0) other.poke(within(seed >> 64, 0, 20));
        }
        skip(within(seed, 0, 10 minutes));
        other.poke(64);
        vm.assertEq(keccak256(abi.encode(other.reading())), keccak256(abi.encode(oracle.reading())), "the same reading");
        (uint128 fast, uint128 mid, uint128 slow) = oracle.estimator();
        (uint128 otherFast, uint128 otherMid, uint128 otherSlow) = other.estimator();
        vm.assertEq(otherFast, fast, "fast");
        vm.assertEq(otherMid, mid, "mid");
        vm.assertEq(otherSlow, slow, "slow");
    }
}

/// @custom:invariant INV-ORACLE-7
contract GivenAFeedThatTellsNonsense is VolatilityOracleFixture {
    OddFeed private odd;

    function setUp() public override {
        super.setUp();
        odd = new OddFeed();
        odd.set(FIRST_ID, PRICE, START);
        oracle = anOracle(odd);
        skip(1 hours);
    }

    function test_WhenAnAnswerIsNoPrice_ThenRefused() external {
        _expectRefused(0, START + 60);
        _expectRefused(-PRICE, START + 60);
        _expectRefused(type(int256).min, START + 60);
        _expectRefused(type(int256).max, START + 60);
        _expectRefused(int256(uint256(type(uint96).max)) + 1, START + 60);
        _expectRefused(int256(uint256(type(uint64).max) + 1) * 1e6, START + 60);
        _expectRefused(1e6 - 1, START + 60);
    }

    function test_WhenATimeIsImpossible_ThenRefused() external {
        _expectRefused(PRICE, START - 1);
        _expectRefused(PRICE, block.timestamp + 1);
        _expectRefused(PRICE, type(uint256).max);
    }

    function test_WhenTheTimeIsThatOfTheLast_ThenConsumed() external {
        odd.set(FIRST_ID + 1, PRICE + 1e8, START);
        odd.set(FIRST_ID + 2, PRICE + 2e8, block.timestamp);
        vm.assertEq(oracle.poke(64), 2, "consumed");
        vm.assertEq(read().spot, PRICE_TICKS + 200, "spot");
    }

    function test_WhenAnAnswerIsTheGreatestOrLeastPrice_ThenConsumed() external {
        odd.set(FIRST_ID + 1, int256(uint256(type(uint64).max)) * 1e6, START + 60);
        oracle.poke(1);
        vm.assertEq(read().spot, type(uint64).max, "greatest");
        odd.set(FIRST_ID + 2, 1e6, START + 120);
        oracle.poke(1);
        vm.assertEq(read().spot, 1, "least");
        vm.warp(START + 360);
        // The window begins with the greatest price's one minute; four minutes of the least follow.
        vm.assertEq(read().twap, (uint256(type(uint64).max) * 60 + 240) / 300, "twap");
    }

    function test_WhenANumberIsMissing_ThenItIsPassed() external {
        odd.set(FIRST_ID + 3, PRICE + 1e8, START + 1 hours);
        expectEmit();
        emit IVolatilityOracle.RoundRefused(FIRST_ID + 1);
        expectEmit();
        emit IVolatilityOracle.RoundRefused(FIRST_ID + 2);
        expectEmit();
        emit IVolatilityOracle.RoundConsumed(FIRST_ID + 3, PRICE + 1e8, START + 1 hours, 2);
        vm.assertEq(oracle.poke(64), 3, "passed");
    }

    function test_WhenMissingRoundsAreZeros_ThenThePhaseChangesAllTheSame() external {
        odd.setAnswersZeros();
        odd.set((2 << 64) | 1, PRICE + 1e8, START + 60);
        odd.set((2 << 64) | 2, PRICE + 2e8, START + 120);
        vm.assertEq(oracle.poke(64), 2, "consumed");
        vm.assertEq(read().spot, PRICE_TICKS + 200, "spot");
    }

    function test_WhenTheNewestRoundIsNoAnswer_ThenNothingIsPending() external {
        odd.set(FIRST_ID + 1, PRICE, START + 60);
        bytes[4] memory answers = [
            bytes(hex"01"),
            abi.encode(uint256(1 << 80), PRICE, START, START + 60, 0),
            abi.encode(FIRST_ID + 1, PRICE, START, 0, 0),
            abi.encode(FIRST_ID - 1, PRICE, START, START, 0)
        ];
        for (uint256 i = 0; i < answers.length; ++i) {
            odd.setRaw(answers[i]);
            vm.assertEq(oracle.behind(), false, "behind");
            vm.assertEq(oracle.poke(64), 0, "poke");
        }
        odd.setRaw("");
        vm.assertEq(oracle.poke(64), 1, "when it answers again");
    }

    function test_WhenTheFeedIsDead_ThenPokeIsQuietAndTheOracleTurnsStale() external {
        // PUSH0 PUSH0 REVERT.
        vm.etch(address(odd), hex"5f5ffd");
        vm.assertEq(oracle.poke(64), 0, "poke");
        vm.assertEq(oracle.behind(), false, "behind");
        skip(1 hours);
        vm.assertEq(read().stale, true, "stale");
        vm.assertEq(read().spot, PRICE_TICKS, "spot");
    }

    /// @param likely Which of the three are such that the others decide: a number that follows, a price, a time of
    /// these days. Anything at all would nearly always be refused for all three at once.
    function testFuzz_WhenTheNewestRoundIsAnything_ThenNothingReverts(
        int256 answer,
        uint256 time,
        uint80 id,
        uint8 likely
    ) external {
        if (likely & 1 != 0) id = FIRST_ID + 1 + id % 3;
        if (likely & 2 != 0) answer = int256(within(uint256(answer), 1e6, 2 * uint256(PRICE)));
        if (likely & 4 != 0) time = within(time, START - 1 days, START + 3 days);
        odd.setRaw(abi.encode(id, answer, time, time, id));
        oracle.poke(64);
        oracle.behind();
        oracle.regime();
        oracle.reading();
        oracle.volatility();
    }

    /// @dev The round after it is consumed as if it had not been.
    function _expectRefused(int256 answer, uint256 time) private {
        bytes32 before = keccak256(abi.encode(read()));
        (uint80 id,,,,) = _latest();
        odd.set(id + 1, answer, time);
        expectEmit();
        emit IVolatilityOracle.RoundRefused(id + 1);
        vm.assertEq(oracle.poke(1), 1, "passed");
        vm.assertEq(keccak256(abi.encode(read())), before, "no trace");
        vm.assertEq(oracle.behind(), false, "behind");
    }

    function _latest() private view returns (uint80, int256, uint256, uint256, uint80) {
        return odd.latestRoundData();
    }
}

/// @custom:invariant INV-ORACLE-8
contract GivenAnOracleThatWaits is VolatilityOracleFixture {
    function test_WhenHeartbeatAndGraceHavePassed_ThenStale() external {
        skip(HEARTBEAT + GRACE);
        _expectStale(false);
        skip(1);
        _expectStale(true);
        tell(PRICE, 0);
        _expectStale(false);
    }

    function test_WhenThePriceMovesByMoreThanAFifth_ThenStaleFor300Seconds() external {
        push(PRICE * 6 / 5 + 1, START + 600);
        expectEmit();
        emit IVolatilityOracle.Jumped(FIRST_ID + 1);
        oracle.poke(1);
        _expectStale(true);
        skip(299);
        _expectStale(true);
        skip(1);
        _expectStale(false);
    }

    function test_WhenThePriceMovesByAFifth_ThenItIsNoJump() external {
        tell(PRICE * 6 / 5, 600);
        _expectStale(false);
        tell(PRICE * 6 / 5 * 4 / 5, 600);
        _expectStale(false);
        tell(PRICE * 6 / 5 * 4 / 5 * 4 / 5 - 1, 600);
        _expectStale(true);
    }

    function test_WhenTheNextRoundConfirmsAJump_ThenFreshAtOnce() external {
        tell(PRICE / 2, 600);
        _expectStale(true);
        tell(PRICE / 2 + 1e8, 1);
        _expectStale(false);
    }

    function test_WhenTheNextRoundJumpsBack_ThenStaleStill() external {
        tell(PRICE / 2, 600);
        tell(PRICE, 299);
        _expectStale(true);
        skip(299);
        _expectStale(true);
        skip(1);
        _expectStale(false);
    }

    function test_WhenAVaultAsks_ThenItAnswersWithinTheVaultsLimit() external {
        (Regime regime, bool stale) = RegimeReading.read(address(oracle));
        vm.assertEq(uint256(regime), uint256(Regime.ELEVATED), "regime");
        vm.assertEq(stale, false, "stale");
        skip(2 hours);
        (regime, stale) = RegimeReading.read(address(oracle));
        vm.assertEq(uint256(regime), uint256(Regime.STRESSED), "regime");
        vm.assertEq(stale, true, "stale");
    }

    function _expectStale(bool expected) private view {
        vm.assertEq(read().stale, expected, "reading");
        (, bool stale) = oracle.regime();
        vm.assertEq(stale, expected, "regime");
    }
}

/// @custom:invariant INV-TWAP-1
contract GivenAPriceOverTime is VolatilityOracleFixture {
    uint256[] private times;
    uint256[] private prices;

    function test_WhenARoundFallsInTheRunningMinute_ThenItDoesNotCountYet() external {
        tell(PRICE * 2, 3600 + 59);
        vm.assertEq(read().twap, PRICE_TICKS, "same minute");
        skip(1);
        vm.assertEq(read().twap, PRICE_TICKS + PRICE_TICKS / 300, "one second of it");
        skip(60);
        vm.assertEq(read().twap, PRICE_TICKS + 61 * uint256(PRICE_TICKS) / 300, "a minute later");
    }

    function test_WhenARoundFallsOnTheMinute_ThenItCountsFromThere() external {
        tell(PRICE * 2, 3600);
        vm.assertEq(read().twap, PRICE_TICKS, "at once");
        skip(59);
        vm.assertEq(read().twap, PRICE_TICKS, "the minute runs");
        skip(1);
        vm.assertEq(read().twap, PRICE_TICKS + uint256(PRICE_TICKS) / 5, "the minute is over");
        skip(240);
        vm.assertEq(read().twap, 2 * PRICE_TICKS, "five minutes");
    }

    function test_WhenManyRoundsFallInOneSecond_ThenTheLastHolds() external {
        tell(PRICE * 2, 3600 + 30);
        tell(PRICE * 3, 0);
        tell(PRICE * 4, 0);
        skip(30);
        vm.assertEq(read().twap, PRICE_TICKS + 30 * 3 * uint256(PRICE_TICKS) / 300, "thirty seconds of it");
    }

    function test_WhenTheOracleIsYoung_ThenTheFirstPriceHeldBefore() external {
        vm.warp(START + 90);
        push(PRICE, START + 90);
        oracle = anOracle(feed);
        vm.assertEq(read().twap, PRICE_TICKS, "no time has passed");
        tell(PRICE * 2, 10);
        vm.assertEq(read().twap, PRICE_TICKS, "before its first minute ends");
        skip(20);
        vm.assertEq(read().twap, PRICE_TICKS + 20 * uint256(PRICE_TICKS) / 300, "as if it had stood for ever");
    }

    function test_WhenNoRoundCameForLong_ThenItIsTheSpot() external {
        tell(PRICE * 2, 17);
        skip(3 hours);
        vm.assertEq(read().twap, read().spot, "spot");
    }

    function test_WhenEveryMinuteOfHoursHasARound_ThenTheRingGoesRound() external {
        times.push(0);
        prices.push(PRICE_TICKS);
        for (uint256 i = 1; i <= 3 * CHECKPOINTS + 7; ++i) {
            uint256 price = PRICE_TICKS + i * i;
            tell(int256(price * 1e6), 61);
            times.push(block.timestamp);
            prices.push(price);
            vm.assertEq(read().twap, _mean(), "mean");
        }
    }

    function testFuzz_WhenRoundsComeAtAnyTime_ThenItIsTheMeanSecondBySecond(uint256 seed) external {
        times.push(0);
        prices.push(PRICE_TICKS);
        uint256 rounds = within(seed, 1, 80);
        for (uint256 i = 0; i < rounds; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 price = within(seed >> 8, 1, 1e9);
            // The cast is safe: below 2^50.
            tell(int256(price * 1e6 + seed % 1e6), seed % 16 == 0 ? seed % 700 : seed % 45);
            times.push(block.timestamp);
            prices.push(price);
            if (seed % 9 == 0) vm.assertEq(read().twap, _mean(), "mean");
        }
        skip(seed % 400);
        vm.assertEq(read().twap, _mean(), "mean");
    }

    function _mean() private view returns (uint256) {
        uint256 end = block.timestamp - block.timestamp % 60;
        uint256 start = end - 300;
        uint256 area = 0;
        for (uint256 i = 0; i < times.length; ++i) {
            uint256 from = times[i] > start ? times[i] : start;
            uint256 to = i + 1 < times.length && times[i + 1] < end ? times[i + 1] : end;
            if (from < to) area += (to - from) * prices[i];
        }
        return area / 300;
    }
}
