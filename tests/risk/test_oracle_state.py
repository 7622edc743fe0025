"""The oracle's twin as a state machine: rounds in, readings out, against models that remember everything."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.risk import oracle, volatility
from custody.risk.feed import Round
from custody.risk.oracle import OracleState, OracleTerms
from custody.units import DAY, HOUR, Regime, Seconds

TERMS = OracleTerms(heartbeat=Seconds(HOUR), grace=Seconds(900))
START = 1_800_000_000  # the first second of an hour
PRICE = 3_000 * 10**8
TICK = 10**6

waits = st.one_of(
    st.integers(0, 59), st.sampled_from([0, 59, 60, 61, 300, HOUR, DAY]), st.integers(60, HOUR), st.integers(0, 3 * DAY)
)
moves = st.one_of(st.just(10_000), st.integers(9_900, 10_100), st.integers(5_000, 20_000))
paths = st.lists(st.tuples(waits, moves), min_size=1, max_size=60)


def a_state(**changes: object) -> OracleState:
    return replace(oracle.begin(Round(PRICE, START), terms=TERMS), **changes)  # type: ignore[arg-type]


def rounds_along(path: list[tuple[int, int]]) -> list[Round]:
    """A first round and one for each (wait, factor in 1/10,000)."""
    rounds = [Round(PRICE, START)]
    for wait, factor in path:
        answer = min(max(rounds[-1].answer * factor // 10_000, TICK), 2**90)
        rounds.append(Round(answer, rounds[-1].updated_at + wait))
    return rounds


def states_along(path: list[tuple[int, int]]) -> list[OracleState]:
    first, *rest = rounds_along(path)
    states = [oracle.begin(first, terms=TERMS)]
    for round_ in rest:
        states.append(oracle.on_round(states[-1], round_))
    return states


class TestGivenAFirstRound:
    def test_when_begun_then_as_at_ninety_percent(self) -> None:
        reading = oracle.reading(a_state(), START)
        assert reading.spot == reading.twap == 300_000
        assert (reading.u, reading.u_hard, reading.u_initial) == (76_928, 61_542, 76_928)
        assert reading.regime is Regime.ELEVATED
        assert (reading.epoch_id, reading.stale, reading.updated_at) == (1, False, START)

    @pytest.mark.parametrize("answer", [0, -1, TICK - 1, 2**64 * TICK, 2**96])
    def test_when_it_is_no_price_then_refused(self, answer: int) -> None:
        with pytest.raises(ValueError, match="does not start"):
            oracle.begin(Round(answer, START), terms=TERMS)

    def test_when_the_terms_are_not_the_contracts_then_refused(self) -> None:
        with pytest.raises(ValueError, match="grace"):
            OracleTerms(heartbeat=Seconds(HOUR), grace=Seconds(299))
        with pytest.raises(ValueError, match="decimals"):
            OracleTerms(heartbeat=Seconds(HOUR), grace=Seconds(300), decimals=1)


class TestGivenARoundThatIsNoPrice:
    @pytest.mark.parametrize(
        "round_",
        [Round(0, START), Round(-PRICE, START), Round(TICK - 1, START), Round(2**96, START), Round(PRICE, START - 1)],
    )
    def test_when_it_arrives_then_nothing_changes(self, round_: Round) -> None:
        state = a_state()
        assert oracle.is_refused(state, round_)
        assert oracle.on_round(state, round_) is state

    def test_when_it_is_in_the_future_of_its_block_then_nothing_changes(self) -> None:
        state = a_state()
        assert oracle.on_round(state, Round(PRICE, START + 1), now=START) is state
        assert oracle.on_round(state, Round(PRICE, START + 1), now=START + 1) is not state


class TestGivenAnyPath:
    @given(path=paths)
    def test_when_followed_then_the_rate_keeps_its_speed_limit(self, path: list[tuple[int, int]]) -> None:
        states = states_along(path)
        ends = [states[0].u] * 24
        for before, after in pairwise(states):
            ends += [before.u] * (after.updated_at // HOUR - before.updated_at // HOUR)
            assert after.hourly == tuple(ends[-24:])
            assert 2 * after.u <= 3 * min(ends[-24:])
            assert 10 * after.u >= 9 * max(ends[-24:])
            assert volatility.FLOOR <= after.u_hard <= after.u <= after.u_initial <= volatility.CAP

    @given(path=paths)
    def test_when_rates_or_regime_change_then_the_epoch_does_too_and_only_then(
        self, path: list[tuple[int, int]]
    ) -> None:
        for before, after in pairwise(states_along(path)):
            numbers = [(s.u, s.u_hard, s.u_initial, s.regime) for s in (before, after)]
            assert after.epoch_id - before.epoch_id == (numbers[0] != numbers[1])

    @given(path=paths, wait=st.integers(0, 400))
    @settings(max_examples=50)
    def test_when_the_mean_is_asked_then_it_is_that_of_every_second(
        self, path: list[tuple[int, int]], wait: int
    ) -> None:
        rounds = rounds_along(path)
        now = rounds[-1].updated_at + wait
        end = now - now % 60

        def price_at(second: int) -> int:
            held = [round_ for round_ in rounds if round_.updated_at <= second]
            return (held[-1] if held else rounds[0]).answer // TICK

        expected = sum(price_at(second) for second in range(end - 300, end)) // 300
        assert oracle.reading(states_along(path)[-1], now).twap == expected

    @given(path=paths)
    def test_when_rounds_are_closer_than_a_minute_then_they_leave_the_estimator_alone(
        self, path: list[tuple[int, int]]
    ) -> None:
        for before, after in pairwise(states_along(path)):
            if after.updated_at - before.base.updated_at < 60:
                assert (after.base, after.variances) == (before.base, before.variances)
            else:
                assert after.base == Round(after.answer, after.updated_at)


class TestGivenAFlatPrice:
    def test_when_years_pass_then_every_rate_is_the_floor(self) -> None:
        state = states_along([(DAY, 10_000)] * 800)[-1]
        assert (state.u, state.u_hard, state.u_initial) == (50_000, 50_000, 50_000)
        assert state.regime is Regime.CALM

    def test_when_a_day_passes_then_the_rate_falls_by_a_tenth_at_most(self) -> None:
        assert states_along([(365 * DAY, 10_000)])[-1].u == -(-76_928 * 9 // 10)


class TestGivenAJump:
    def test_when_nothing_follows_then_stale_for_300_seconds(self) -> None:
        state = oracle.on_round(a_state(), Round(PRICE * 6 // 5 + 1, START + 60))
        assert oracle.is_stale(state, START + 60 + 299)
        assert not oracle.is_stale(state, START + 60 + 300)

    def test_when_the_next_round_is_near_then_fresh_at_once(self) -> None:
        state = oracle.on_round(a_state(), Round(PRICE // 2, START + 60))
        assert oracle.is_stale(state, START + 61)
        state = oracle.on_round(state, Round(PRICE // 2 + 1, START + 61))
        assert not oracle.is_stale(state, START + 61)

    def test_when_it_is_a_fifth_exactly_then_it_is_none(self) -> None:
        assert not oracle.on_round(a_state(), Round(PRICE * 6 // 5, START)).jumped

    def test_when_no_round_comes_for_heartbeat_and_grace_then_stale(self) -> None:
        assert not oracle.is_stale(a_state(), START + 4_500)
        assert oracle.is_stale(a_state(), START + 4_501)
