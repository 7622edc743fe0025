"""Numbers with units, as types; knows arithmetic on them and nothing of where they come from."""

from __future__ import annotations

from enum import IntEnum
from typing import Final, NewType

Seconds = NewType("Seconds", int)
Ppm = NewType("Ppm", int)
"""Parts per million: one == 1_000_000."""
MicroUsdc = NewType("MicroUsdc", int)
"""Smallest unit of the collateral token: one USDC == 1_000_000."""
# A price times a size is money without a division: 10**-2 USD x 10**-4 of the underlying == 10**-6 USD, so that
# lots x ticks is µUSDC exactly.
Ticks = NewType("Ticks", int)
"""A price in the smallest step of its instrument: 10**-2 USD for BTC and ETH."""
Lots = NewType("Lots", int)
"""A size in the smallest step of its instrument, below zero where sold: 10**-4 of the underlying for BTC and ETH."""

HOUR: Final = Seconds(3_600)
DAY: Final = Seconds(24 * HOUR)
ONE_PPM: Final = Ppm(1_000_000)
USDC: Final = MicroUsdc(1_000_000)


class Regime(IntEnum):
    """How volatile the market is. Ascending: a greater value never lowers a threshold or a delay."""

    CALM = 0
    ELEVATED = 1
    STRESSED = 2


def format_usdc(amount: MicroUsdc) -> str:
    """An amount as a person reads it: exact, thousands apart, no rounding."""
    whole, fraction = divmod(abs(amount), USDC)
    sign = "-" if amount < 0 else ""
    return f"{sign}{whole:,}.{fraction:06d}".rstrip("0").rstrip(".") + " USDC"


def format_seconds(seconds: int) -> str:
    """A duration as a person reads it: '6 h', '2 d', '90 s'."""
    for size, unit in ((DAY, "d"), (HOUR, "h"), (60, "min")):
        if seconds and seconds % size == 0:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
