"""Order: a trader's offer to buy or sell, filled with another by anyone. No custodian signs one: it is no `Intent`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from custody.identifiers import Address
from custody.intents.keccak import checksum_address
from custody.intents.typed import TypedStruct
from custody.units import Lots, Ticks, format_time


@dataclass(frozen=True, slots=True, kw_only=True)
class Order(TypedStruct):
    """The typed order of MarginVenue.

    `lots` above zero to buy, below to sell. `limit_price`: the worst, in ticks. `expiry`: the last second, in unix
    time. `min_fill`: least lots of a fill. `reduce_only`: only to make the position smaller. `salt`: tells equal
    orders apart.
    """

    NAME: ClassVar[str] = "Order"
    TYPE: ClassVar[str] = (
        "Order(address account,uint16 instrument,int64 lots,uint64 limitPrice,"
        "uint64 expiry,uint64 minFill,bool reduceOnly,uint256 salt)"
    )
    CONTRACT: ClassVar[str] = "MarginVenue"
    CANNOT: ClassVar[str] = (
        "It withdraws nothing, fills no more than its lots, at no worse price than its limit, and not after its expiry."
    )

    account: Address
    instrument: int
    lots: Lots
    limit_price: Ticks
    expiry: int
    min_fill: Lots
    reduce_only: bool
    salt: int

    def render(self) -> str:
        """One sentence for the person who signs it."""
        what, limit = ("buy", "at most") if self.lots > 0 else ("sell", "at least")
        reducing = ", only to reduce its position" if self.reduce_only else ""
        return (
            f"{checksum_address(self.account)} wants to {what} {abs(self.lots):,} lots of instrument {self.instrument} "
            f"for {limit} {self.limit_price:,} ticks a lot, {self.min_fill:,} lots or more at once{reducing}; "
            f"salt {self.salt}, before unix time {format_time(self.expiry)}"
        )
