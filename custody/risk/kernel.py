"""Numbers of all accounts at once, exact in int64: the one door to numpy.

The same figures as `account.numbers`, which is their definition; no loop over accounts once a snapshot is built.

**Exact, or refused.** An account's sums are Σ of at most k products |lots|·x, x an amount a lot of its tables, and one
constant, cash - Σcost. With k the most positions of an account, every partial sum is at most

    k · max over instruments (most lots · greatest amount a lot) + max |cash - Σcost|  <  2**62

and that is checked in Python integers before anything is multiplied; so no sum, no difference of two and no double of
one wraps. MARGIN §1 keeps an account's gross at 1e15 µUSDC: with 32 positions, each of that size, prices may still
rise a hundredfold. Beyond the bound `OverflowError` is raised, and `account.numbers` has the answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from custody.identifiers import Address
from custody.risk.account import Account, Eligibility, Health, Lane, LaneTerms
from custody.risk.perpetual import At, Tables
from custody.units import MicroUsdc

Column = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

ELIGIBILITIES: Final = tuple(Eligibility)
"""What the numbers of `Evaluation.eligibility` stand for."""

_LIMIT: Final = 2**62


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Snapshot:
    """Accounts as columns, ascending by address; positions of account i from `offsets[i]` to `offsets[i + 1]`.

    `settled`: cash - Σcost, an account's worth but for its lots. Arrays are never written to.
    """

    addresses: tuple[Address, ...]
    settled: Column
    flagged_at: Column
    offsets: Column
    instruments: Column
    lots: Column
    sizes: Column  # |lots|
    most_lots: tuple[int, ...]  # by instrument, the largest |lots| of one position
    most_positions: int
    most_settled: int

    @classmethod
    def of(cls, accounts: Sequence[Account]) -> Self:
        """Raises: OverflowError: cash, cost or lots beyond 2**62. ValueError: an address twice."""
        ordered = sorted(accounts, key=lambda account: account.address)
        addresses = tuple(account.address for account in ordered)
        if len(set(addresses)) != len(addresses):
            raise ValueError("an account stands twice in a snapshot")
        held = [position for account in ordered for position in account.positions]
        counts = [len(account.positions) for account in ordered]
        settled = [account.cash - sum(position.cost for position in account.positions) for account in ordered]
        most_settled = max(map(abs, settled), default=0)
        most_lots = [0] * (1 + max((position.instrument for position in held), default=-1))
        for position in held:
            most_lots[position.instrument] = max(most_lots[position.instrument], abs(position.lots))
        _require_exact(max(most_settled, *most_lots, 0))
        lots = _column([position.lots for position in held])
        return cls(
            addresses=addresses,
            settled=_column(settled),
            flagged_at=_column([account.flagged_at for account in ordered]),
            offsets=np.concatenate([np.zeros(1, np.int64), np.cumsum(_column(counts))]),
            instruments=_column([position.instrument for position in held]),
            lots=lots,
            sizes=np.abs(lots),
            most_lots=tuple(most_lots),
            most_positions=max(counts, default=0),
            most_settled=most_settled,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evaluation:
    """Every account's numbers in µUSDC, in the order of the snapshot; `notional` at spot."""

    equity_spot: Column
    maintenance_spot: Column
    hard_spot: Column
    equity_twap: Column
    maintenance_twap: Column
    hard_twap: Column
    notional: Column
    flagged_at: Column

    @property
    def deficit(self) -> Column:
        """M - E at spot."""
        return self.maintenance_spot - self.equity_spot

    def below_margin(self) -> Mask:
        """E < M at both prices."""
        return (self.equity_spot < self.maintenance_spot) & (self.equity_twap < self.maintenance_twap)

    def below_hard(self) -> Mask:
        """E < M_hard at both prices, or C < R/2 at spot."""
        hard = (self.equity_spot < self.hard_spot) & (self.equity_twap < self.hard_twap)
        return hard | (2 * self.equity_spot < self.maintenance_spot)

    def eligibility(self, *, now: int, terms: LaneTerms, lane: Lane = Lane.CUSTODIAN) -> npt.NDArray[np.int8]:
        """`account.eligibility` of every account, as an index into ELIGIBILITIES."""
        hard = self.below_hard()
        below = self.below_margin() | hard
        since = np.where(self.flagged_at == 0, now, self.flagged_at)
        cured = now >= since + terms.wait(lane)
        insolvent = (self.equity_spot <= 0) & (self.equity_twap <= 0)
        awaits = (self.equity_spot < 0) & (self.equity_twap > 0)
        conditions = [~below, insolvent, awaits, hard, cured]
        answers = (
            Eligibility.HEALTHY,
            Eligibility.INSOLVENT,
            Eligibility.AWAITS_AVERAGE,
            Eligibility.AT_ONCE,
            Eligibility.AFTER_CURE,
        )
        codes = [np.int8(ELIGIBILITIES.index(answer)) for answer in answers]
        return np.select(conditions, codes, default=np.int8(ELIGIBILITIES.index(Eligibility.FLAGGABLE)))

    def health(self, index: int) -> Health:
        """One account's, as plain integers."""
        return Health(
            equity_spot=MicroUsdc(int(self.equity_spot[index])),
            maintenance_spot=MicroUsdc(int(self.maintenance_spot[index])),
            hard_spot=MicroUsdc(int(self.hard_spot[index])),
            equity_twap=MicroUsdc(int(self.equity_twap[index])),
            maintenance_twap=MicroUsdc(int(self.maintenance_twap[index])),
            hard_twap=MicroUsdc(int(self.hard_twap[index])),
            notional=MicroUsdc(int(self.notional[index])),
            flagged_at=int(self.flagged_at[index]),
        )


def evaluate(snapshot: Snapshot, tables: Tables) -> Evaluation:
    """Every account's numbers at both prices.

    Raises:
        ValueError: an account holds an instrument that has no table.
        OverflowError: the numbers might not fit; nothing was computed.
    """
    spot, twap = [table.lot(At.SPOT) for table in tables], [table.lot(At.TWAP) for table in tables]
    if len(snapshot.most_lots) > len(tables):
        raise ValueError(f"instrument {len(snapshot.most_lots) - 1} has no table: there are {len(tables)}")
    amounts = [
        max(amount for lot in lots for amount in (lot.price, lot.maintenance, lot.hard))
        for lots in zip(spot, twap, strict=True)
    ]
    largest = max((most * amount for most, amount in zip(snapshot.most_lots, amounts, strict=False)), default=0)
    _require_exact(max(snapshot.most_positions * largest + snapshot.most_settled, *amounts, 0))
    total = _Totals(snapshot)
    return Evaluation(
        equity_spot=snapshot.settled + total(snapshot.lots, [lot.price for lot in spot]),
        maintenance_spot=total(snapshot.sizes, [lot.maintenance for lot in spot]),
        hard_spot=total(snapshot.sizes, [lot.hard for lot in spot]),
        equity_twap=snapshot.settled + total(snapshot.lots, [lot.price for lot in twap]),
        maintenance_twap=total(snapshot.sizes, [lot.maintenance for lot in twap]),
        hard_twap=total(snapshot.sizes, [lot.hard for lot in twap]),
        notional=total(snapshot.sizes, [lot.price for lot in spot]),
        flagged_at=snapshot.flagged_at,
    )


def rank(snapshot: Snapshot, tables: Tables) -> tuple[Address, ...]:
    """Accounts that the contract would flag or liquidate, the largest deficit at spot first, then by address.

    Those are E < M at both prices, or C < R/2 at spot. Raises: as `evaluate`.
    """
    found = evaluate(snapshot, tables)
    below = np.flatnonzero(found.below_margin() | found.below_hard())
    worst_first = below[np.argsort(-found.deficit[below], kind="stable")]
    return tuple(snapshot.addresses[index] for index in worst_first.tolist())


class _Totals:
    """Sums of amount·(amount a lot) over each account's positions."""

    __slots__ = ("_instruments", "_occupied", "_starts", "_zeros")

    def __init__(self, snapshot: Snapshot) -> None:
        self._instruments = snapshot.instruments
        # reduceat gives an empty segment the element that follows it: only accounts with positions are segments.
        self._occupied = np.flatnonzero(np.diff(snapshot.offsets))
        self._starts = snapshot.offsets[self._occupied]
        self._zeros = np.zeros_like(snapshot.settled)

    def __call__(self, lots: Column, per_lot: Sequence[int]) -> Column:
        sums = self._zeros.copy()
        if len(self._starts):
            products = lots * np.take(_column(per_lot), self._instruments)
            sums[self._occupied] = np.add.reduceat(products, self._starts)
        return sums


def _column(numbers: Sequence[int]) -> Column:
    return np.array(numbers, dtype=np.int64)


def _require_exact(bound: int) -> None:
    if bound >= _LIMIT:
        raise OverflowError(f"sums up to {bound} do not fit 64 bits exactly")
