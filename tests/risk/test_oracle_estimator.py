"""The estimator's integers against arithmetic of 120 decimals."""

from __future__ import annotations

from decimal import Decimal, getcontext
from itertools import pairwise
from math import isqrt

from hypothesis import given
from hypothesis import strategies as st

from custody.risk import volatility
from custody.risk.volatility import ROOTED_HALVES, Variances
from custody.units import HOUR, Ppm, Regime, Seconds

getcontext().prec = 120
Q64 = 2**64
HALF_LIVES = (volatility.HALF_LIFE_FAST, volatility.HALF_LIFE_MID, volatility.HALF_LIFE_SLOW)
half_lives = st.sampled_from(HALF_LIVES)
prices = st.integers(min_value=1, max_value=2**96 - 1)
rates = st.integers(min_value=volatility.FLOOR, max_value=volatility.CAP).map(Ppm)
# From none to 20,000 % a year.
sigmas = st.integers(min_value=0, max_value=200_000_000).map(Ppm)


class TestGivenTheConstants:
    def test_when_computed_with_120_decimals_then_they_are_the_same(self) -> None:
        assert [int(Q64 * Decimal(2) ** -(Decimal(2) ** -(i + 1))) for i in range(32)] == list(ROOTED_HALVES)
        weights = (volatility.WEIGHT_FAST, volatility.WEIGHT_MID, volatility.WEIGHT_SLOW)
        for half_life, weight in zip(HALF_LIVES, weights, strict=True):
            assert weight == int(Decimal(2).ln() * 10**18 * volatility.YEAR / half_life)
        assert isqrt(4 * HOUR * 10**36 // volatility.YEAR) == volatility.ROOT_OF_HORIZON
        assert volatility.sigma(volatility.FIRST_VARIANCE) == 900_000


class TestGivenTimePassing:
    @given(elapsed=st.integers(min_value=0, max_value=2**33), half_life=half_lives)
    def test_when_decayed_then_within_64_units_below_the_true_power(self, elapsed: int, half_life: Seconds) -> None:
        n = (elapsed << 32) // half_life
        exact = Q64 * Decimal(2) ** (-Decimal(n) / 2**32)
        given_ = volatility.decay(elapsed, half_life=half_life)
        assert given_ <= exact
        assert exact - given_ < 65

    @given(elapsed=st.integers(min_value=60, max_value=10**8))
    def test_when_the_price_stands_still_then_no_variance_rises(self, elapsed: int) -> None:
        v = Variances(fast=10**18, mid=10**18, slow=10**18)
        after = volatility.advanced(v, 0, elapsed=elapsed)
        assert after.fast <= after.mid <= after.slow < 10**18

    @given(half_life=half_lives, steps=st.lists(st.integers(min_value=60, max_value=10**6), min_size=2, max_size=20))
    def test_when_a_stretch_is_cut_into_steps_then_it_decays_alike(self, half_life: Seconds, steps: list[int]) -> None:
        left = Decimal(1)
        for step in steps:
            left *= Decimal(volatility.decay(step, half_life=half_life)) / Q64
        whole = Decimal(volatility.decay(sum(steps), half_life=half_life)) / Q64
        assert abs(left - whole) < len(steps) * Decimal(2) ** -31


class TestGivenTwoPrices:
    @given(base=prices, price=prices)
    def test_when_observed_then_symmetric_and_at_most_a_quarter_squared(self, base: int, price: int) -> None:
        x = volatility.observation(base=base, price=price)
        assert x == volatility.observation(base=price, price=base) <= volatility.MOST_OBSERVATION

    def test_when_volatility_is_steady_then_the_estimate_finds_it(self) -> None:
        # A move of 0.5 % every 30 minutes is sqrt(17,520)·0.5 % = 66.2 % a year.
        v = Variances(fast=0, mid=0, slow=0)
        a, b = 200_000_000_000, 201_002_503_130
        x = volatility.observation(base=a, price=b)
        for _ in range(48 * 60):
            v = volatility.advanced(v, x, elapsed=1_800)
        expected = isqrt(x * 17_520 // 1_000_000)
        assert abs(volatility.sigma(v.fast) - expected) < expected // 100
        assert volatility.sigma(v.mid) < volatility.sigma(v.fast)


class TestGivenAVolatility:
    def test_when_turned_into_a_rate_then_as_the_table_says(self) -> None:
        table = {450_000: 5.0, 700_000: 6.0, 1_000_000: 8.5, 1_500_000: 12.8, 2_000_000: 17.1}
        for effective, percent in table.items():
            raw = Ppm((4 * effective - volatility.LONG_RUN) // 3)
            assert abs(volatility.effective(raw) - effective) <= 1
            assert round(volatility.unlimited_rate(raw) / 10_000, 1) == percent

    @given(low=sigmas, high=sigmas)
    def test_when_it_is_greater_then_no_rate_is_less(self, low: Ppm, high: Ppm) -> None:
        low, high = min(low, high), max(low, high)
        assert volatility.unlimited_rate(low) <= volatility.unlimited_rate(high)
        assert volatility.regime_of(low) <= volatility.regime_of(high)

    @given(wanted=rates, data=st.data())
    def test_when_limited_then_within_the_limits_of_the_day(self, wanted: Ppm, data: st.DataObject) -> None:
        least = data.draw(rates)
        # What the limit itself keeps up.
        greatest = data.draw(st.integers(min_value=least, max_value=min(3 * least // 2, volatility.CAP)).map(Ppm))
        u = volatility.limited_rate(wanted, least=least, greatest=greatest)
        assert 10 * u >= 9 * greatest
        assert 2 * u <= 3 * least
        hard = volatility.hard_rate(u, least=least)
        initial = volatility.initial_rate(u, fast_variance=data.draw(st.integers(min_value=0, max_value=10**22)))
        assert volatility.FLOOR <= hard <= u <= initial <= volatility.CAP


class TestGivenARegime:
    def test_when_judged_at_the_edges_then_up_at_once_and_down_one_step_after_six_hours(self) -> None:
        stay = volatility.LEAST_STAY
        cases = [
            (Regime.CALM, 699_999, stay, Regime.CALM),
            (Regime.CALM, 700_000, 0, Regime.ELEVATED),
            (Regime.CALM, 1_000_000, 0, Regime.STRESSED),
            (Regime.ELEVATED, 560_000, stay, Regime.ELEVATED),
            (Regime.ELEVATED, 559_999, stay - 1, Regime.ELEVATED),
            (Regime.ELEVATED, 559_999, stay, Regime.CALM),
            (Regime.STRESSED, 800_000, stay, Regime.STRESSED),
            (Regime.STRESSED, 0, stay - 1, Regime.STRESSED),
            (Regime.STRESSED, 0, stay, Regime.ELEVATED),
        ]
        for present, raw, stayed, expected in cases:
            assert volatility.next_regime(present, Ppm(raw), stayed=stayed) is expected

    @given(start=st.sampled_from(Regime), path=st.lists(sigmas, max_size=30), stayed=st.integers(0, 10**5))
    def test_when_it_changes_then_by_one_step_down_or_to_what_is_due(
        self, start: Regime, path: list[Ppm], stayed: int
    ) -> None:
        regimes = [start]
        for raw in path:
            regimes.append(volatility.next_regime(regimes[-1], raw, stayed=stayed))
            assert regimes[-1] >= volatility.regime_of(raw)
        assert all(after >= before - 1 for before, after in pairwise(regimes))
