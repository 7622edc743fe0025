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


_MONTH_LENGTHS: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_LAST_YEAR: Final = 9_999


def format_utc(unix_time: int) -> str:
    """A moment as a person reads it: '2023-11-14 22:13:20 UTC'; seconds since 1970, from 0 on.

    Knows the Gregorian calendar itself, since no pure module reads a clock's library.
    """
    days, second = divmod(unix_time, DAY)
    cycles, day = divmod(days, 146_097)  # every 400 years the calendar begins anew
    year, month = 1970 + 400 * cycles, 0
    if year > _LAST_YEAR:
        return f"after the year {_LAST_YEAR}"
    while day >= 365 + _is_leap(year):
        day -= 365 + _is_leap(year)
        year += 1
    if year > _LAST_YEAR:
        return f"after the year {_LAST_YEAR}"
    while day >= (length := _MONTH_LENGTHS[month] + (month == 1 and _is_leap(year))):
        day -= length
        month += 1
    hour, rest = divmod(second, HOUR)
    minute, second = divmod(rest, 60)
    return f"{year:04}-{month + 1:02}-{day + 1:02} {hour:02}:{minute:02}:{second:02} UTC"


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def format_time(unix_time: int) -> str:
    """Unix seconds, which are signed, and beside them what a person reads."""
    return f"{unix_time} ({format_utc(unix_time)})"


def format_text(text: str) -> str:
    """Text from outside, in quotes, every character that is not plainly visible ASCII written as its number."""
    shown = (c if " " <= c <= "~" and c not in '"\\' else f"\\u{{{ord(c):x}}}" for c in text)
    return '"' + "".join(shown) + '"'
