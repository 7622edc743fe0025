"""From prices to variances, volatilities, margin rates and regimes: contracts/libraries/Volatility.sol and Decay.sol in
Python, operation by operation. Knows no rounds, no time of day and no state but what it is given.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt
from typing import Final

from custody.units import HOUR, Ppm, Regime, Seconds

YEAR: Final = Seconds(31_536_000)
ONE: Final = 10**18
"""One, of variances a year and of observations."""

FIRST_VARIANCE: Final = 81 * 10**16
"""What every variance starts at: 90 % a year, squared."""
MOST_OBSERVATION: Final = 625 * 10**14
"""The most one observation counts: 25 %, squared."""

HALF_LIFE_FAST: Final = Seconds(86_400)
HALF_LIFE_MID: Final = Seconds(967_680)
HALF_LIFE_SLOW: Final = Seconds(5_961_600)

# floor(ln 2·1e18·YEAR / half-life): what an observation adds to a variance a year.
WEIGHT_FAST: Final = 252_998_720_904_380_037_937
WEIGHT_MID: Final = 22_589_171_509_319_646_244
WEIGHT_SLOW: Final = 3_666_648_129_048_986_057

LEAST_EFFECTIVE: Final = Ppm(450_000)
LONG_RUN: Final = Ppm(900_000)
"""The long-run mean that effective volatility leans on, by a quarter."""

DEVIATIONS: Final = 4
ROOT_OF_HORIZON: Final = 21_368_692_158_534_411
"""floor(sqrt(14,400/31,536,000)·1e18): volatility times this is that of four hours."""

FLOOR: Final = Ppm(50_000)
CAP: Final = Ppm(500_000)
MOST_FAST: Final = Ppm(2_000_000)
"""The most fast volatility that initial margin follows."""

ELEVATED_ENTRY: Final = Ppm(700_000)
STRESSED_ENTRY: Final = Ppm(1_000_000)
LEAST_STAY: Final = Seconds(6 * HOUR)
"""A regime is not left sooner than this after it was entered."""

_DECAY_ONE_BITS: Final = 64
_FRACTION_BITS: Final = 32
_MOST_HALVINGS: Final = 63


def _rooted_halves() -> tuple[int, ...]:
    """floor(2^64·2^(-2^-(i+1))) for i from 0 to 31, by repeated square roots with 256 bits to spare."""
    spare = 256
    bits = _DECAY_ONE_BITS + spare
    root = 1 << (bits - 1)
    halves = []
    for _ in range(_FRACTION_BITS):
        root = isqrt(root << bits)
        halves.append(root >> spare)
    return tuple(halves)


ROOTED_HALVES: Final = _rooted_halves()
"""What one bit of the exponent's fraction leaves, in Q64, the greatest bit first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variances:
    """Three moving averages of the variance, 1e18 a year, by half-life."""

    fast: int
    mid: int
    slow: int

    @property
    def raw(self) -> Ppm:
        """What regimes follow: the greater of mid and slow volatility."""
        return sigma(max(self.mid, self.slow))


def decay(elapsed: int, *, half_life: Seconds) -> int:
    """floor(2^64·2^(-elapsed/half_life)) as a product of rooted halves: see Decay.sol for its order."""
    n = (elapsed << _FRACTION_BITS) // half_life
    halvings = n >> _FRACTION_BITS
    if halvings > _MOST_HALVINGS:
        return 0
    f = 1 << _DECAY_ONE_BITS
    for i, half in enumerate(ROOTED_HALVES):
        if n >> (_FRACTION_BITS - 1 - i) & 1:
            f = f * half >> _DECAY_ONE_BITS
    return f >> halvings


def observation(*, base: int, price: int) -> int:
    """The squared relative move from one positive price to the next, 1e18, winsorised; rounded down."""
    return min((price - base) ** 2 * ONE // (base * price), MOST_OBSERVATION)


def advanced(v: Variances, x: int, *, elapsed: int) -> Variances:
    """The variances after the observation `x` over `elapsed` seconds."""

    def one(variance: int, half_life: Seconds, weight: int) -> int:
        return (variance * decay(elapsed, half_life=half_life) >> _DECAY_ONE_BITS) + x * weight // ONE

    return Variances(
        fast=one(v.fast, HALF_LIFE_FAST, WEIGHT_FAST),
        mid=one(v.mid, HALF_LIFE_MID, WEIGHT_MID),
        slow=one(v.slow, HALF_LIFE_SLOW, WEIGHT_SLOW),
    )


def sigma(variance: int) -> Ppm:
    """The root of a variance, rounded down."""
    return Ppm(isqrt(variance // 1_000_000))


def effective(raw: Ppm) -> Ppm:
    """What maintenance margin follows: three quarters of `raw` and one of the long run, at least 45 %."""
    return max(LEAST_EFFECTIVE, Ppm((3 * raw + LONG_RUN) // 4))


def unlimited_rate(raw: Ppm) -> Ppm:
    """The rate that raw volatility asks for, before the speed limit."""
    return _clamped(_over_horizon_up(effective(raw)))


def limited_rate(wanted: Ppm, *, least: Ppm, greatest: Ppm) -> Ppm:
    """The rate by the speed limit; `least` and `greatest` are of the last 24 hourly rates."""
    lowest = Ppm(-(-9 * greatest // 10))
    highest = Ppm(3 * least // 2)
    return min(max(wanted, lowest), highest)


def hard_rate(rate: Ppm, *, least: Ppm) -> Ppm:
    """The rate below which an account is liquidated at once."""
    return max(FLOOR, min(Ppm(8 * rate // 10), least))


def initial_rate(rate: Ppm, *, fast_variance: int) -> Ppm:
    """The rate that opening asks for."""
    return _clamped(max(rate, _over_horizon_up(min(sigma(fast_variance), MOST_FAST))))


def regime_of(raw: Ppm) -> Regime:
    """The regime whose entry raw volatility has reached, whatever was before."""
    if raw >= STRESSED_ENTRY:
        return Regime.STRESSED
    return Regime.ELEVATED if raw >= ELEVATED_ENTRY else Regime.CALM


def next_regime(present: Regime, raw: Ppm, *, stayed: int) -> Regime:
    """The regime after a round: up at once, down one step; `stayed` is feed time since the present one's entry."""
    due = regime_of(raw)
    if due > present:
        return due
    if present is Regime.CALM or stayed < LEAST_STAY:
        return present
    entry = STRESSED_ENTRY if present is Regime.STRESSED else ELEVATED_ENTRY
    return present if raw * 10 >= entry * 8 else Regime(present - 1)


def _over_horizon_up(volatility: Ppm) -> Ppm:
    return Ppm(-(-DEVIATIONS * volatility * ROOT_OF_HORIZON // ONE))


def _clamped(rate: Ppm) -> Ppm:
    return max(FLOOR, min(rate, CAP))
