"""What an account is worth and requires, in exact integers: contracts/libraries/AccountBook.sol in Python.

Knows cash, positions and tables, and what follows from them: its numbers, what it may withdraw, when it may be
liquidated. Refuses to know where they were read, and how much of it is liquidated (`slices.py`). Money in µUSDC.
Source: MARGIN §4 and §5; for perpetuals A = 0, so that C = E and R = M.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from custody.errors import EncodingError
from custody.identifiers import Address
from custody.risk.perpetual import At, Table, Tables
from custody.units import USDC, Lots, MicroUsdc, Seconds, Ticks

LEAST_INITIAL: Final = MicroUsdc(500 * USDC)
"""Least initial requirement while any position is open."""
MOST_POSITIONS: Final = 32
MOST_NOTIONAL: Final = MicroUsdc(10**15)
"""Gross size of an account after an action that raises risk: $1bn."""

_WORD_BITS: Final = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """`lots` above zero bought, below sold, never zero; worth lots·price - cost, so `cost` has the sign of lots."""

    instrument: int
    lots: Lots
    cost: MicroUsdc


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Margin cash, signed, and positions in the order of the contract's storage.

    `flagged_at`: since when its clock runs, in unix seconds; 0 when it is not flagged.
    """

    address: Address
    cash: MicroUsdc
    flagged_at: int
    positions: tuple[Position, ...]

    def traded(self, instrument: int, lots: Lots, price: Ticks) -> Account:
        """The account after it bought `lots`, or sold where they are below zero; equity moves by lots·(mark - price).

        What closes is realised into cash, and its cost leaves pro rata, rounded up: the gain down, the loss up. A
        position that is gone gives its place to the last one. Source: `AccountBook.trade`.
        """
        positions = list(self.positions)
        index = next((i for i, held in enumerate(positions) if held.instrument == instrument), len(positions))
        if index == len(positions):
            positions.append(Position(instrument=instrument, lots=Lots(0), cost=MicroUsdc(0)))
        held, cost = positions[index].lots, positions[index].cost
        realised = 0
        if held * lots < 0:
            closing = min(abs(held), abs(lots))
            closed = closing if held > 0 else -closing
            realised = closed * price + (-cost * closing // abs(held))  # minus the cost rounded up
        left = Lots(held + lots)
        positions[index] = Position(instrument=instrument, lots=left, cost=MicroUsdc(cost + lots * price + realised))
        if left == 0:
            positions[index] = positions[-1]
            positions.pop()
        return replace(self, cash=MicroUsdc(self.cash + realised), positions=tuple(positions))

    def paid(self, amount: int) -> Account:
        """The account with so much more margin cash."""
        return replace(self, cash=MicroUsdc(self.cash + amount))


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """An account at one price, in µUSDC."""

    equity: MicroUsdc  # C: cash + Σ(q·P - cost)
    cautious: MicroUsdc  # C⁻: without unrealised gains
    maintenance: MicroUsdc  # R: Σ|q|·mm
    hard: MicroUsdc  # Σ|q|·mm at the hard rate
    initial: MicroUsdc  # R_IM: Σ|q|·im, at least LEAST_INITIAL while a position is open
    notional: MicroUsdc  # Σ|q|·P


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Where an account stands at both prices: the contract's `Health`. `notional` at spot."""

    equity_spot: MicroUsdc
    maintenance_spot: MicroUsdc
    hard_spot: MicroUsdc
    equity_twap: MicroUsdc
    maintenance_twap: MicroUsdc
    hard_twap: MicroUsdc
    notional: MicroUsdc
    flagged_at: int

    @property
    def below_margin(self) -> bool:
        """E < M at both prices."""
        return self.equity_spot < self.maintenance_spot and self.equity_twap < self.maintenance_twap

    @property
    def below_hard(self) -> bool:
        """E < M_hard at both prices, or C < R/2 at spot."""
        hard = self.equity_spot < self.hard_spot and self.equity_twap < self.hard_twap
        return hard or 2 * self.equity_spot < self.maintenance_spot

    @property
    def awaits_average(self) -> bool:
        """Nothing left at spot, something on average: closing it would have insurance pay for a price that may pass."""
        return self.equity_spot < 0 < self.equity_twap

    @property
    def insolvent(self) -> bool:
        """E <= 0 at both prices."""
        return self.equity_spot <= 0 and self.equity_twap <= 0


class Lane(Enum):
    """Who takes: backstops by the custodians' signature, or anyone with margin."""

    CUSTODIAN = "custodian"
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneTerms:
    """How long an account between the hard threshold and its margin has since its flag, lane by lane."""

    cure: Seconds  # custodian lane
    open_after: Seconds  # open lane; at most `cure`

    def wait(self, lane: Lane) -> Seconds:
        return self.cure if lane is Lane.CUSTODIAN else self.open_after


class Eligibility(Enum):
    """What may be done about an account; the last three may be liquidated now."""

    HEALTHY = "healthy"
    FLAGGABLE = "flaggable"  # below its margin at both prices, its time to cure not over or not begun
    AWAITS_AVERAGE = "awaits average"  # below zero at spot alone; once the average is too, it is insolvent
    AFTER_CURE = "after cure"  # the same, and its time is over
    AT_ONCE = "at once"  # below the hard threshold, or C < R/2
    INSOLVENT = "insolvent"  # nothing left at either price


def numbers(account: Account, tables: Tables, at: At) -> Numbers:
    """The account at one price.

    Raises:
        ValueError: it holds an instrument that has no table.
    """
    equity = cautious = account.cash
    maintenance = hard = initial = notional = 0
    for position in account.positions:
        lot = table_for(tables, position.instrument).lot(at)
        size = abs(position.lots)
        gain = position.lots * lot.price - position.cost
        equity = MicroUsdc(equity + gain)
        cautious = MicroUsdc(cautious + min(gain, 0))
        maintenance += size * lot.maintenance
        hard += size * lot.hard
        initial += size * lot.initial
        notional += size * lot.price
    if account.positions:
        initial = max(initial, LEAST_INITIAL)
    return Numbers(
        equity=equity,
        cautious=cautious,
        maintenance=MicroUsdc(maintenance),
        hard=MicroUsdc(hard),
        initial=MicroUsdc(initial),
        notional=MicroUsdc(notional),
    )


def table_for(tables: Tables, instrument: int) -> Table:
    """Raises: ValueError: there is none of this number."""
    if not 0 <= instrument < len(tables):
        raise ValueError(f"instrument {instrument} has no table: there are {len(tables)}")
    return tables[instrument]


def health(account: Account, tables: Tables) -> Health:
    """Where the account stands. Raises: ValueError: it holds an instrument that has no table."""
    spot, twap = numbers(account, tables, At.SPOT), numbers(account, tables, At.TWAP)
    return Health(
        equity_spot=spot.equity,
        maintenance_spot=spot.maintenance,
        hard_spot=spot.hard,
        equity_twap=twap.equity,
        maintenance_twap=twap.maintenance,
        hard_twap=twap.hard,
        notional=spot.notional,
        flagged_at=account.flagged_at,
    )


def eligibility(found: Health, *, now: int, terms: LaneTerms, lane: Lane = Lane.CUSTODIAN) -> Eligibility:
    """What a lane may do about an account at chain time `now`; where a price is stale it may do nothing.

    An account without a flag counts as flagged now, as the contract flags it in the same call. Source: MARGIN §5.
    """
    if not (found.below_margin or found.below_hard):
        return Eligibility.HEALTHY
    if found.insolvent:
        return Eligibility.INSOLVENT
    if found.awaits_average:
        return Eligibility.AWAITS_AVERAGE
    if found.below_hard:
        return Eligibility.AT_ONCE
    since = found.flagged_at or now
    return Eligibility.AFTER_CURE if now >= since + terms.wait(lane) else Eligibility.FLAGGABLE


def meets_initial(account: Account, tables: Tables) -> bool:
    """C >= R_IM at both prices."""
    return all(found.equity >= found.initial for found in (numbers(account, tables, at) for at in At))


def withdrawable(account: Account, tables: Tables) -> MicroUsdc:
    """max(0, min(cash, C⁻ - R_IM)) at the worse price; nothing from open positions while flagged or stale.

    Source: MARGIN §4, `MarginVenue.freeMargin` before its own limit, which is what the vault has in margin.
    """
    stale = any(table_for(tables, held.instrument).stale for held in account.positions)
    if account.positions and (stale or account.flagged_at):
        return MicroUsdc(0)
    spare = (found.cautious - found.initial for found in (numbers(account, tables, at) for at in At))
    return MicroUsdc(max(0, min(account.cash, *spare)))


def decode_accounts(words: Sequence[int]) -> tuple[Account, ...]:
    """The accounts of `MarginVenue.accounts`, in its order: packed words, each below 2**256.

    An account is one word `account | flagged_at << 160 | positions << 200` (160, 40, 8 bits), one of margin cash
    (signed), and one a position: `instrument | lots << 16 | cost << 80` (16, 64, 128 bits, the last two signed).

    Raises:
        EncodingError: words are missing, or one says what the venue never does: bits beyond its fields, a position of
        nothing, an instrument twice.
    """
    accounts = []
    words_left = iter(words)
    for head in words_left:
        address, flagged_at, count, rest = _fields(head, 160, 40, 8)
        if rest:
            raise EncodingError("an account's word has bits beyond its fields")
        cash = _signed(_next(words_left), _WORD_BITS)
        positions = tuple(_position(_next(words_left)) for _ in range(count))
        if len({position.instrument for position in positions}) != count:
            raise EncodingError("an account holds an instrument twice")
        accounts.append(
            Account(
                address=Address(address.to_bytes(20, "big")),
                cash=MicroUsdc(cash),
                flagged_at=flagged_at,
                positions=positions,
            )
        )
    return tuple(accounts)


def _position(word: int) -> Position:
    instrument, lots, cost, rest = _fields(word, 16, 64, 128)
    if rest or lots == 0:
        raise EncodingError("a position of nothing, or with bits beyond its fields")
    return Position(instrument=instrument, lots=Lots(_signed(lots, 64)), cost=MicroUsdc(_signed(cost, 128)))


def _fields(word: int, *widths: int) -> tuple[int, ...]:
    """Fields of these many bits from the low end, and what is left above them."""
    found = []
    for bits in widths:
        found.append(word & ((1 << bits) - 1))
        word >>= bits
    return (*found, word)


def _signed(field: int, bits: int) -> int:
    """Two's complement."""
    return field - (1 << bits) if field >> (bits - 1) else field


def _next(words: Iterator[int]) -> int:
    try:
        return next(words)
    except StopIteration:
        raise EncodingError("an account is cut off") from None
