"""Random tables and accounts for the tests of margin arithmetic, with the edges more often than chance gives them."""

from __future__ import annotations

from random import Random

from custody.identifiers import Address
from custody.risk.account import MOST_NOTIONAL, MOST_POSITIONS, Account, Position, numbers
from custody.risk.perpetual import At, Table, table_of
from custody.units import Lots, MicroUsdc, Ppm, Ticks

NOW = 1_700_000_000
ADDRESS = Address(b"\x33" * 20)
TAKER = Address(b"\x44" * 20)


def a_table(*, spot: int = 6_500_000, twap: int | None = None, u: int = 60_000, **changes: object) -> Table:
    """Rates keep their order: hard <= maintenance <= initial."""
    rates = {"u_hard": Ppm(max(50_000, u * 8 // 10)), "u_initial": Ppm(u + 10_000)}
    return table_of(
        spot=Ticks(spot),
        twap=Ticks(spot if twap is None else twap),
        u=Ppm(u),
        **(rates | changes),  # type: ignore[arg-type]
    )


def an_account(
    *positions: tuple[int, int, int], cash: int = 0, flagged_at: int = 0, address: bytes = ADDRESS
) -> Account:
    """Positions as (instrument, lots, cost)."""
    return Account(
        address=Address(address),
        cash=MicroUsdc(cash),
        flagged_at=flagged_at,
        positions=tuple(
            Position(instrument=instrument, lots=Lots(lots), cost=MicroUsdc(cost))
            for instrument, lots, cost in positions
        ),
    )


def random_tables(source: Random, count: int) -> list[Table]:
    return [_random_table(source) for _ in range(count)]


def _random_table(source: Random) -> Table:
    spot = source.choice((1, 100, 10**4, 10**7, 10**9)) * source.randint(1, 999)
    twap = max(1, spot * source.randint(800, 1_250) // 1_000)
    return a_table(spot=spot, twap=twap, u=source.randint(50_000, 500_000))


def random_account(source: Random, tables: list[Table], index: int) -> Account:
    """Long, short and both, none to the most positions, from one lot to a share of the largest gross."""
    count = min(len(tables), source.choice((0, 1, 1, 2, 3, 6, MOST_POSITIONS)))
    positions = []
    for instrument in source.sample(range(len(tables)), count):
        spot = tables[instrument].spot
        most = MOST_NOTIONAL // (spot * count)
        size = source.choice((1, min(most, 10**6), most, source.randint(1, most)))
        lots = size * source.choice((-1, 1))
        cost = lots * spot * source.randint(700, 1_300) // 1_000 + source.randint(-9, 9)
        positions.append((instrument, lots, cost))
    bound = source.choice((0, 1, 10**9, 10**15))
    return an_account(
        *positions,
        cash=source.randint(-bound, bound),
        flagged_at=source.choice((0, NOW - 3_600, NOW - 600, NOW - 1, NOW)),
        address=index.to_bytes(20, "big"),
    )


def short_of_margin(source: Random, tables: list[Table], *, worth: float) -> Account:
    """An account with positions whose equity at spot is `worth` of its maintenance."""
    while not (drawn := random_account(source, tables, 0)).positions:
        pass
    found = numbers(drawn, tables, At.SPOT)
    return drawn.paid(int(found.maintenance * worth) - found.equity)
