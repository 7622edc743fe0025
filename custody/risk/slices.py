"""How much of an account is liquidated and what that costs it: contracts/libraries/SliceMath.sol in Python.

Pure integers: money in µUSDC, rates and fractions in ppm, times in seconds. Knows what a slice is and what it leaves;
refuses to know who may ask for one when (`account.eligibility`) and who signs it.
Source: MARGIN §5.3 and §5.4, docs/decisions/0010; for perpetuals E = C and M = R. Numbers are those at spot.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from custody.risk.account import (
    MOST_NOTIONAL,
    MOST_POSITIONS,
    Account,
    Numbers,
    health,
    meets_initial,
    numbers,
    table_for,
)
from custody.risk.perpetual import At, Tables
from custody.units import ONE_PPM, USDC, Lots, MicroUsdc, Ppm, Seconds

MARGIN_BUFFER_PERCENT: Final = 15
"""How far above its margin a slice brings an account, and where its flag clears."""
FEE_BASE_PERCENT: Final = 5
"""Fees are of the margin, at most of this share of the notional."""
LEAST_PENALTY: Final = Ppm(50_000)
GREATEST_PENALTY: Final = Ppm(500_000)
PENALTY_RISE: Final = Seconds(1_800)
"""From the flag until the penalty is at its greatest."""
INSURANCE_SHARE_PERCENT: Final = 20
SMALL_MAINTENANCE: Final = MicroUsdc(100 * USDC)
SMALL_NOTIONAL: Final = MicroUsdc(1_000 * USDC)
"""Below either, an account is closed whole."""
LEAST_SLICE: Final = MicroUsdc(1_000 * USDC)
"""Least size of a slice in the open lane, unless the whole fraction is less."""

_PERCENT: Final = 100


class FractionTooSmall(ValueError):
    """The open lane takes no slice as small as `given`; at least `required`, in ppm."""

    def __init__(self, *, given: Ppm, required: Ppm) -> None:
        self.given = given
        self.required = required
        super().__init__(f"{given} ppm offered, at least {required} required")


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """A part of every position of an account, moved at spot, and what is left of the account.

    `moved`: lots of each position in the account's order, with the position's sign: the taker gets them.
    `equity_after` is before a hole is filled: below zero where the account was insolvent.
    """

    fraction: Ppm
    moved: tuple[Lots, ...]
    penalty: MicroUsdc
    insurance_share: MicroUsdc
    equity_after: MicroUsdc
    maintenance_after: MicroUsdc
    closes: bool  # no position is left

    @property
    def taker_share(self) -> MicroUsdc:
        return MicroUsdc(self.penalty - self.insurance_share)

    @property
    def hole(self) -> MicroUsdc:
        """What insurance pays into the account, so that it ends at zero."""
        return MicroUsdc(max(0, -self.equity_after)) if self.closes else MicroUsdc(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """Everybody after a slice. `deficit`: what insurance lacked of the hole."""

    account: Account
    taker: Account
    insurance: MicroUsdc
    deficit: MicroUsdc


def target(maintenance: MicroUsdc) -> MicroUsdc:
    """T = M + ceil(15·R/100)."""
    return MicroUsdc(maintenance + _divide_up(MARGIN_BUFFER_PERCENT * maintenance, _PERCENT))


def penalty_rate(elapsed: int) -> Ppm:
    """pen: from 5 % to 50 % over 30 minutes, `elapsed` seconds after the flag; rounded down."""
    rise = (GREATEST_PENALTY - LEAST_PENALTY) * min(elapsed, PENALTY_RISE) // PENALTY_RISE
    return Ppm(LEAST_PENALTY + rise)


def fee_base(found: Numbers) -> MicroUsdc:
    """B = min(M, floor(5·notional/100))."""
    return MicroUsdc(min(found.maintenance, FEE_BASE_PERCENT * found.notional // _PERCENT))


def is_small(found: Numbers) -> bool:
    """Too small to be taken in parts."""
    return found.maintenance < SMALL_MAINTENANCE or found.notional < SMALL_NOTIONAL


def fraction(found: Numbers, rate: Ppm) -> Ppm:
    """f = min(1e6, ceil(1e6·(T - E)/(T - ceil(pen·B/1e6)))); all of a small account, nothing of one at its target.

    The divisor is above zero where M is: B <= M < T, and pen is at most a half.
    """
    if is_small(found):
        return ONE_PPM
    goal = target(found.maintenance)
    per_whole = goal - _divide_up(rate * fee_base(found), ONE_PPM)
    missing = max(0, goal - found.equity)
    return Ppm(min(ONE_PPM, _divide_up(ONE_PPM * missing, per_whole)))


def penalty(found: Numbers, rate: Ppm, part: Ppm) -> MicroUsdc:
    """min(ceil(pen·B·g/1e12), max(0, E)): up, against the account, but at most what it has."""
    due = _divide_up(rate * fee_base(found) * part, ONE_PPM * ONE_PPM)
    return MicroUsdc(min(due, max(0, found.equity)))


def insurance_share(paid: MicroUsdc) -> MicroUsdc:
    """floor(20 %); the rest is the taker's."""
    return MicroUsdc(paid * INSURANCE_SHARE_PERCENT // _PERCENT)


def portion(lots: Lots, part: Ppm) -> Lots:
    """ceil(|q|·g/1e6) with the position's sign."""
    size = _divide_up(abs(lots) * part, ONE_PPM)
    return Lots(size if lots > 0 else -size)


def slice_of(account: Account, tables: Tables, *, now: int, offered: Ppm | None = None) -> Slice:
    """The slice that is taken of an account at chain time `now`, by the custodians' lane or the open one.

    The fraction f of MARGIN §5.3; everything where the account is small, insolvent, or would be less healthy
    afterwards (E'·M < E·M'). An account without a flag counts as flagged now.

    Args:
        offered: in the open lane, how much the taker takes at most; in the custodians' lane None, which is f.

    Raises:
        ValueError: the account is not below its margin at spot, or is below zero there alone; or it holds an
            instrument without a table.
        FractionTooSmall: the offer is below $1,000 of notional and below f, or not all where all must go.
    """
    found = numbers(account, tables, At.SPOT)
    if found.equity >= found.maintenance:
        raise ValueError(f"equity {found.equity} µUSDC is not below maintenance {found.maintenance} µUSDC")
    if found.equity < 0 < numbers(account, tables, At.TWAP).equity:
        raise ValueError("nothing is left at spot alone: the account goes once the average says so too")
    rate = penalty_rate(now - (account.flagged_at or now))
    full = _cut(account, found, tables, rate, fraction(found, rate))
    must_close = is_small(found) or _worsens(found, full)
    if offered is None:
        return _cut(account, found, tables, rate, ONE_PPM) if must_close else full
    if not must_close:
        least = min(full.fraction, _divide_up(LEAST_SLICE * ONE_PPM, found.notional))
        if offered < least:
            raise FractionTooSmall(given=offered, required=Ppm(least))
        part = _cut(account, found, tables, rate, min(offered, full.fraction))
        if not _worsens(found, part):
            return part
    if offered < ONE_PPM:
        raise FractionTooSmall(given=offered, required=ONE_PPM)
    return _cut(account, found, tables, rate, ONE_PPM)


def may_take(taker: Account, tables: Tables) -> bool:
    """Whether an account may stand as it would with a slice: no flag, within the venue's bounds, initial margin."""
    if taker.flagged_at or len(taker.positions) > MOST_POSITIONS or not meets_initial(taker, tables):
        return False
    return all(numbers(taker, tables, at).notional <= MOST_NOTIONAL for at in At)


def carry_out(
    cut: Slice, *, account: Account, taker: Account, insurance: MicroUsdc, tables: Tables, now: int
) -> Settled:
    """Everybody after the slice: lots at spot, the penalty, the hole filled, the account's clock.

    Nothing is made or lost: equity of account and taker, and insurance - deficit, sum to what they did before.
    """
    for held, lots in reversed(tuple(zip(account.positions, cut.moved, strict=True))):
        spot = table_for(tables, held.instrument).spot
        account = account.traded(held.instrument, Lots(-lots), spot)
        taker = taker.traded(held.instrument, lots, spot)
    taker = taker.paid(cut.taker_share)
    fund = insurance + cut.insurance_share
    from_fund = min(cut.hole, fund)
    account = account.paid(cut.hole - cut.penalty)
    return Settled(
        account=replace(account, flagged_at=_clock_after(account, tables, now)),
        taker=taker,
        insurance=MicroUsdc(fund - from_fund),
        deficit=MicroUsdc(cut.hole - from_fund),
    )


def _cut(account: Account, found: Numbers, tables: Tables, rate: Ppm, part: Ppm) -> Slice:
    moved = tuple(portion(held.lots, part) for held in account.positions)
    left = sum(
        abs(held.lots - lots) * table_for(tables, held.instrument).mm_spot
        for held, lots in zip(account.positions, moved, strict=True)
    )
    paid = penalty(found, rate, part)
    return Slice(
        fraction=part,
        moved=moved,
        penalty=paid,
        insurance_share=insurance_share(paid),
        equity_after=MicroUsdc(found.equity - paid),
        maintenance_after=MicroUsdc(left),
        closes=all(held.lots == lots for held, lots in zip(account.positions, moved, strict=True)),
    )


def _worsens(found: Numbers, cut: Slice) -> bool:
    """E'·M < E·M': less health for what is left than there was."""
    return cut.equity_after * found.maintenance < found.equity * cut.maintenance_after


def _clock_after(account: Account, tables: Tables, now: int) -> int:
    """Cleared at the target or without a position, begun anew at the margin, else as it runs; at both prices."""
    left = health(account, tables)
    at_target = left.equity_spot >= target(left.maintenance_spot) and left.equity_twap >= target(left.maintenance_twap)
    if at_target or not account.positions:
        return 0
    at_margin = left.equity_spot >= left.maintenance_spot and left.equity_twap >= left.maintenance_twap
    return now if at_margin else account.flagged_at or now


def _divide_up(dividend: int, divisor: int) -> int:
    return -(-dividend // divisor)
