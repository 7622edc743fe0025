"""An account's arithmetic line by line, for a person: every figure with its unit, and what follows from it."""

from __future__ import annotations

from typing import Final

from custody.identifiers import to_hex
from custody.risk.account import (
    Account,
    Eligibility,
    Lane,
    LaneTerms,
    Numbers,
    Position,
    eligibility,
    health,
    numbers,
    table_for,
    withdrawable,
)
from custody.risk.perpetual import At, Tables
from custody.risk.slices import slice_of, target
from custody.units import Ppm, format_seconds, format_usdc

_PPM_OF_A_PERCENT: Final = 10_000
_VERDICTS: Final = {
    Eligibility.HEALTHY: "healthy: nothing may be done to it",
    Eligibility.FLAGGABLE: "below its margin at both prices, above the hard threshold: its clock must run first",
    Eligibility.AWAITS_AVERAGE: "nothing left at spot alone: it goes once the average says so too",
    Eligibility.AFTER_CURE: "below its margin at both prices, and its time is over: a slice may be taken now",
    Eligibility.AT_ONCE: "below the hard threshold at both prices, or C < R/2 at spot: a slice may be taken at once",
    Eligibility.INSOLVENT: "nothing left at either price: everything moves, and insurance fills the hole",
}


def explain(account: Account, tables: Tables, *, now: int, terms: LaneTerms) -> list[str]:
    """Lines that can be checked by hand, from cash and lots to what each lane may do at chain time `now`.

    Raises:
        ValueError: the account holds an instrument that has no table.
    """
    flag = f"flagged {now - account.flagged_at} s ago" if account.flagged_at else "not flagged"
    lines = [f"account {to_hex(account.address)}: margin cash {format_usdc(account.cash)}, {flag}"]
    for at in At:
        lines.append(f"at {_name(at)}:")
        for position in account.positions:
            lines.extend(_lines_of(position, tables, at))
        lines.extend(_totals(account, numbers(account, tables, at)))
    lines.append(f"withdrawable: {format_usdc(withdrawable(account, tables))} (the lesser of cash and C⁻ - R_IM)")
    found = health(account, tables)
    for lane in Lane:
        verdict = eligibility(found, now=now, terms=terms, lane=lane)
        lines.append(f"{lane.value} lane, {format_seconds(terms.wait(lane))} after the flag: {_VERDICTS[verdict]}")
    if any(table_for(tables, held.instrument).stale for held in account.positions):
        lines.append("stale price: until a fresh one nothing of this may be done")
    if (
        found.equity_spot < found.maintenance_spot
        and (found.below_margin or found.below_hard)
        and not found.awaits_average
    ):
        lines.extend(_slice_lines(account, tables, now))
    return lines


def _lines_of(position: Position, tables: Tables, at: At) -> list[str]:
    lot = table_for(tables, position.instrument).lot(at)
    size = abs(position.lots)
    gain = position.lots * lot.price - position.cost
    side = "bought" if position.lots > 0 else "sold"
    worth = f"{position.lots:,} lots x {lot.price:,} ticks - cost {position.cost:,} µUSDC = {gain:+,} µUSDC"
    requirements = (("maintenance", lot.maintenance), ("hard", lot.hard), ("initial", lot.initial))
    return [
        f"  instrument {position.instrument}, {side}: {worth}",
        *(f"    {name}: {size:,} lots x {amount:,} µUSDC = {size * amount:,} µUSDC" for name, amount in requirements),
    ]


def _totals(account: Account, found: Numbers) -> list[str]:
    spare = found.equity - found.maintenance
    requirements = f"hard {format_usdc(found.hard)}, R_IM {format_usdc(found.initial)}"
    return [
        f"  C = cash {account.cash:,} {found.equity - account.cash:+,} µUSDC = {format_usdc(found.equity)}",
        f"  R = {format_usdc(found.maintenance)}, {requirements}, notional {format_usdc(found.notional)}",
        f"  C - R = {spare:+,} µUSDC: {'short of' if spare < 0 else 'at or above'} its margin",
    ]


def _slice_lines(account: Account, tables: Tables, now: int) -> list[str]:
    cut, goal = slice_of(account, tables, now=now), target(numbers(account, tables, At.SPOT).maintenance)
    cost = f"penalty {format_usdc(cut.penalty)}, of it {format_usdc(cut.insurance_share)} to insurance"
    hole = f"; insurance pays {format_usdc(cut.hole)}" if cut.hole else ""
    return [
        f"the slice to T = {format_usdc(goal)} takes {_percent(cut.fraction)} of every position, {cost}",
        f"  and leaves C = {format_usdc(cut.equity_after)}, R = {format_usdc(cut.maintenance_after)}{hole}",
    ]


def _percent(part: Ppm) -> str:
    whole, rest = divmod(part, _PPM_OF_A_PERCENT)
    return f"{whole}.{rest:04d} %"


def _name(at: At) -> str:
    return "spot" if at is At.SPOT else "the five-minute average"
