"""The price path of a run: a recorded file, or one made from a seed, with a crash in its middle."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from custody.config.bars import read_bars
from custody.risk.feed import ANSWER_DECIMALS, Bar, Bars, Round, rounds_of, window
from custody.units import Seconds

_MADE_START: Final = 1_750_000_000
_MADE_FIRST: Final = 3_000.0
_MINUTE: Final = Seconds(60)
_CALM_MOVE: Final = 0.0008  # standard deviation of a minute
_CRASH_MOVE: Final = 0.004
_CRASH_DRIFT: Final = -0.0055
_CRASH_SHARE: Final = (0.45, 0.70)  # of the path
_ONE: Final = 10**ANSWER_DECIMALS


@dataclass(frozen=True, slots=True, kw_only=True)
class PricePath:
    """What is replayed. `source`: the file's name, or how it was made."""

    source: str
    bars: Bars
    rounds: tuple[Round, ...]

    @property
    def first(self) -> Bar:
        return self.bars.bars[0]

    def summary(self) -> dict[str, int | str]:
        """For the report; prices with the feed's 8 decimals."""
        bars = self.bars.bars
        return {
            "source": self.source,
            "bars": len(bars),
            "first": bars[0].open,
            "low": min(bar.low for bar in bars),
            "last": bars[-1].close,
        }


def recorded_path(file: Path, *, minutes: int) -> PricePath:
    """`minutes` of a file around its deepest fall. Raises: UsageError: the file is not what it should be."""
    bars = window(read_bars(file), minutes=minutes)
    return PricePath(source=file.name, bars=bars, rounds=rounds_of(bars))


def made_path(seed: int, *, minutes: int) -> PricePath:
    """A random walk of one-minute bars that falls by about a third in a quarter of its time."""
    draw = random.Random(seed)
    price, bars = _MADE_FIRST, []
    for minute in range(minutes):
        crashing = _CRASH_SHARE[0] <= minute / minutes < _CRASH_SHARE[1]
        deviation = _CRASH_MOVE if crashing else _CALM_MOVE
        drift = _CRASH_DRIFT * 240 / minutes if crashing else 0.0
        closes = price * math.exp(draw.gauss(drift, deviation))
        high = max(price, closes) * math.exp(abs(draw.gauss(0, deviation / 2)))
        low = min(price, closes) * math.exp(-abs(draw.gauss(0, deviation / 2)))
        bars.append(
            Bar(
                time=_MADE_START + minute * _MINUTE,
                open=round(price * _ONE),
                high=round(high * _ONE),
                low=round(low * _ONE),
                close=round(closes * _ONE),
            )
        )
        price = closes
    path = Bars(length=_MINUTE, bars=tuple(bars))
    return PricePath(source=f"made from seed {seed}", bars=path, rounds=rounds_of(path))
