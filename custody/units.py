"""Numbers with units, as types; knows arithmetic on them and nothing of where they come from."""

from __future__ import annotations

from typing import Final, NewType

Seconds = NewType("Seconds", int)
Ppm = NewType("Ppm", int)
"""Parts per million: one == 1_000_000."""
MicroUsdc = NewType("MicroUsdc", int)
"""Smallest unit of the collateral token: one USDC == 1_000_000."""

HOUR: Final = Seconds(3_600)
DAY: Final = Seconds(24 * HOUR)
ONE_PPM: Final = Ppm(1_000_000)
USDC: Final = MicroUsdc(1_000_000)


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
