"""The volatility oracle as a frozen state and a pure step: contracts/VolatilityOracle.sol in Python, to the last unit.

Knows rounds in the order in which the contract consumes them. Refuses to know the feed's round numbers and the chain's
clock: which rounds are pending is the contract's business, and what depends on now is asked with it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from custody.risk import volatility
from custody.risk.feed import Round
from custody.risk.twap import PriceCourse
from custody.risk.volatility import FIRST_VARIANCE, Variances
from custody.units import HOUR, Ppm, Regime, Seconds, Ticks

LEAST_GRACE: Final = Seconds(300)
JUMP_PAUSE: Final = Seconds(300)
LEAST_SPACING: Final = Seconds(60)
JUMP_DIVISOR: Final = 5
HOURS: Final = 24
FIRST_EPOCH: Final = 1
MOST_DECIMALS: Final = 18

_MOST_ANSWER: Final = 2**96 - 1
_MOST_TICKS: Final = 2**64 - 1
_MOST_TIME: Final = 2**40 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class OracleTerms:
    """What the contract's constructor fixes."""

    heartbeat: Seconds
    grace: Seconds
    decimals: int = 8  # of the feed's answers
    tick_decimals: int = 2

    def __post_init__(self) -> None:
        if self.grace < LEAST_GRACE:
            raise ValueError(f"grace is at least {LEAST_GRACE} s, not {self.grace}")
        if not self.tick_decimals <= self.decimals <= MOST_DECIMALS:
            raise ValueError(f"decimals must be from {self.tick_decimals} to {MOST_DECIMALS}, not {self.decimals}")

    @property
    def tick(self) -> int:
        """The feed's units in one tick."""
        return int(10 ** (self.decimals - self.tick_decimals))


@dataclass(frozen=True, slots=True, kw_only=True)
class OracleState:
    """What follows from the rounds consumed so far. Built by `begin` and `on_round` alone."""

    terms: OracleTerms
    answer: int
    updated_at: int
    jumped: bool  # the newest round, unconfirmed
    base: Round  # where the next observation starts
    variances: Variances
    course: PriceCourse
    hourly: tuple[Ppm, ...]  # `u` at the ends of the last 24 hours, oldest first
    u: Ppm
    u_hard: Ppm
    u_initial: Ppm
    regime: Regime
    regime_since: int
    epoch_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What margin is computed from: IVolatilityOracle.Reading."""

    spot: Ticks
    twap: Ticks
    u: Ppm
    u_hard: Ppm
    u_initial: Ppm
    regime: Regime
    stale: bool
    updated_at: int
    epoch_id: int


def begin(first: Round, *, terms: OracleTerms) -> OracleState:
    """The state at construction, from the feed's newest round.

    Raises:
        ValueError: the contract would not start from it.
    """
    if not _is_price(first, terms):
        raise ValueError(f"an oracle does not start from {first}")
    variances = Variances(fast=FIRST_VARIANCE, mid=FIRST_VARIANCE, slow=FIRST_VARIANCE)
    u = volatility.unlimited_rate(variances.raw)
    return OracleState(
        terms=terms,
        answer=first.answer,
        updated_at=first.updated_at,
        jumped=False,
        base=first,
        variances=variances,
        course=PriceCourse.begin(Ticks(first.answer // terms.tick), time=first.updated_at),
        hourly=(u,) * HOURS,
        u=u,
        u_hard=volatility.hard_rate(u, least=u),
        u_initial=volatility.initial_rate(u, fast_variance=variances.fast),
        regime=volatility.regime_of(variances.raw),
        regime_since=first.updated_at,
        epoch_id=FIRST_EPOCH,
    )


def is_refused(state: OracleState, round_: Round, *, now: int | None = None) -> bool:
    """Whether the contract passes over a round: earlier than the last, after `now`, or no price that fits."""
    if round_.updated_at < state.updated_at or (now is not None and round_.updated_at > now):
        return True
    return not _is_price(round_, state.terms)


def on_round(state: OracleState, round_: Round, *, now: int | None = None) -> OracleState:
    """The state after the next round; the same where the round is refused.

    Args:
        now: of the block that consumes it; a round of the past is consumed alike at any time.
    """
    if is_refused(state, round_, now=now):
        return state
    time = round_.updated_at
    ended = time // HOUR - state.updated_at // HOUR
    hourly = (*state.hourly, *(state.u,) * min(ended, HOURS))[-HOURS:]

    base, variances = state.base, state.variances
    elapsed = time - base.updated_at
    if elapsed >= LEAST_SPACING:
        x = volatility.observation(base=base.answer, price=round_.answer)
        base, variances = round_, volatility.advanced(variances, x, elapsed=elapsed)

    raw, least = variances.raw, min(hourly)
    u = volatility.limited_rate(volatility.unlimited_rate(raw), least=least, greatest=max(hourly))
    u_hard = volatility.hard_rate(u, least=least)
    u_initial = volatility.initial_rate(u, fast_variance=variances.fast)
    regime = volatility.next_regime(state.regime, raw, stayed=time - state.regime_since)
    changed = (u, u_hard, u_initial, regime) != (state.u, state.u_hard, state.u_initial, state.regime)
    return replace(
        state,
        answer=round_.answer,
        updated_at=time,
        jumped=abs(round_.answer - state.answer) * JUMP_DIVISOR > state.answer,
        base=base,
        variances=variances,
        course=state.course.moved(Ticks(round_.answer // state.terms.tick), time=time),
        hourly=hourly,
        u=u,
        u_hard=u_hard,
        u_initial=u_initial,
        regime=regime,
        regime_since=state.regime_since if regime is state.regime else time,
        epoch_id=state.epoch_id + changed,
    )


def is_stale(state: OracleState, now: int) -> bool:
    """Whether the newest round is too old, or a jump that nothing has confirmed."""
    age = now - state.updated_at
    return age > state.terms.heartbeat + state.terms.grace or (state.jumped and age < JUMP_PAUSE)


def reading(state: OracleState, now: int) -> Reading:
    """What the contract's `reading()` answers in a block of time `now`, which is not before the newest round."""
    return Reading(
        spot=state.course.price,
        twap=state.course.twap(now),
        u=state.u,
        u_hard=state.u_hard,
        u_initial=state.u_initial,
        regime=state.regime,
        stale=is_stale(state, now),
        updated_at=state.updated_at,
        epoch_id=state.epoch_id,
    )


def _is_price(round_: Round, terms: OracleTerms) -> bool:
    if round_.updated_at > _MOST_TIME or not 0 < round_.answer <= _MOST_ANSWER:
        return False
    return 0 < round_.answer // terms.tick <= _MOST_TICKS
