"""What one lot of a perpetual is worth and requires: contracts/RiskEngine.sol in Python, to the last unit.

Knows prices and rates as given; refuses to know where they come from and who holds the lots.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from custody.units import ONE_PPM, MicroUsdc, Ppm, Ticks

_MOST: Final = 2**64 - 1


class At(Enum):
    """By which price: of the newest round, or the mean of five minutes."""

    SPOT = "spot"
    TWAP = "twap"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """One lot at one price: its worth and what it requires, in µUSDC."""

    price: Ticks  # a tick a lot is a µUSDC
    maintenance: MicroUsdc
    hard: MicroUsdc  # below this, liquidation waits for nothing
    initial: MicroUsdc


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One lot at both prices, as the contract's `Table`: `mm`, `im`, `mm_hard` in µUSDC a lot.

    `u`: the maintenance rate; half of it is the band of fills. `stale`: too old a price, or too new a jump, to open,
    withdraw or liquidate by. `epoch_id` rises with every change of the rates.
    """

    spot: Ticks
    twap: Ticks
    mm_spot: MicroUsdc
    mm_twap: MicroUsdc
    im_spot: MicroUsdc
    im_twap: MicroUsdc
    mm_hard_spot: MicroUsdc
    mm_hard_twap: MicroUsdc
    u: Ppm
    stale: bool
    epoch_id: int

    def __post_init__(self) -> None:
        amounts = (
            self.spot,
            self.twap,
            self.mm_spot,
            self.mm_twap,
            self.im_spot,
            self.im_twap,
            self.mm_hard_spot,
            self.mm_hard_twap,
        )
        if not all(0 <= amount <= _MOST for amount in amounts):
            raise ValueError(f"prices and margins a lot fill 64 bits, unsigned: {self}")

    def lot(self, at: At) -> Lot:
        if at is At.SPOT:
            return Lot(price=self.spot, maintenance=self.mm_spot, hard=self.mm_hard_spot, initial=self.im_spot)
        return Lot(price=self.twap, maintenance=self.mm_twap, hard=self.mm_hard_twap, initial=self.im_twap)


Tables = Sequence[Table]
"""Of all instruments: the table of instrument i at index i."""


def table_of(
    *, spot: Ticks, twap: Ticks, u: Ppm, u_hard: Ppm, u_initial: Ppm, stale: bool = False, epoch_id: int = 0
) -> Table:
    """Margins from prices and rates, rounded up: a requirement. Source: MARGIN §3.

    mm == ceil(P·u/1e6), im == ceil(3·P·u_initial/2e6), hard == ceil(P·u_hard/1e6), at both prices.

    Raises:
        ValueError: one of them does not fit 64 bits.
    """
    return Table(
        spot=spot,
        twap=twap,
        mm_spot=_share_up(spot, u),
        mm_twap=_share_up(twap, u),
        im_spot=_initial_up(spot, u_initial),
        im_twap=_initial_up(twap, u_initial),
        mm_hard_spot=_share_up(spot, u_hard),
        mm_hard_twap=_share_up(twap, u_hard),
        u=u,
        stale=stale,
        epoch_id=epoch_id,
    )


def _share_up(price: Ticks, rate: Ppm) -> MicroUsdc:
    return MicroUsdc(-(-price * rate // ONE_PPM))


def _initial_up(price: Ticks, rate: Ppm) -> MicroUsdc:
    """Initial margin is one and a half times its rate."""
    return MicroUsdc(-(-3 * price * rate // (2 * ONE_PPM)))
