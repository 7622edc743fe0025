"""A price path as a feed would have told it: from recorded bars to rounds. Knows the feed's own rule (0.5 % or
an hour). Refuses to know who publishes the rounds, and where bars are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from custody.errors import UsageError
from custody.units import HOUR, Seconds

ANSWER_DECIMALS: Final = 8
HEARTBEAT: Final = Seconds(HOUR)

# A new round when the price is at least this share away from the last one's: 5/1000.
_DEVIATION: Final = 5
_DEVIATION_WHOLE: Final = 1_000
_MINUTE: Final = 60


@dataclass(frozen=True, slots=True)
class Round:
    """What a feed publishes: a price with the feed's decimals, 8 here, and its time in seconds."""

    answer: int
    updated_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """Prices of one stretch of time that starts at `time`, with 8 decimals."""

    time: int
    open: int
    high: int
    low: int
    close: int

    def __post_init__(self) -> None:
        if not 0 < self.low <= min(self.open, self.close) <= max(self.open, self.close) <= self.high:
            raise ValueError(f"not low <= open, close <= high, all positive: {self}")

    @property
    def path(self) -> tuple[int, int, int, int]:
        """Open, the extreme nearer to it (the high where both are as near), the other, close."""
        high_first = self.high - self.open <= self.open - self.low
        extremes = (self.high, self.low) if high_first else (self.low, self.high)
        return (self.open, *extremes, self.close)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """Bars of one length in order of time; some may be missing."""

    length: Seconds
    bars: tuple[Bar, ...]

    def __post_init__(self) -> None:
        if not self.bars:
            raise ValueError("no bars")
        if any(after.time - before.time < self.length for before, after in pairwise(self.bars)):
            raise ValueError("bars overlap or are out of order")


def rounds_of(bars: Bars) -> tuple[Round, ...]:
    """The rounds that a feed of 0.5 % and an hour would have published on the way through the bars.

    Within a bar the price moves at one speed along the straight legs of: close of the bar before, open, first extreme,
    second extreme, close; from the bar's first second to its last. A round comes at the first price at least 0.5 % away
    from the last round's, intermediate ones included, and an hour after the last round. While bars are missing, the
    last close holds. The first open is the first round.

    No two rounds share a second: where the path crosses several thresholds within one, the later ones take the next
    seconds; those that do not fit before the bar ends replace the round of its last second.
    """
    first = bars.bars[0]
    feed = _Feed(Round(first.open, first.time))
    price = first.open
    for bar in bars.bars:
        feed.hold(price, until=bar.time)
        feed.follow(_Path((price, *bar.path), start=bar.time, last=bar.time + bars.length - 1))
        price = bar.close
    return tuple(feed.rounds)


class _Path:
    """A price that moves at one speed along `knots`, from the second `start` to the second `last`.

    A position is the length walked so far, an integer as prices are.
    """

    def __init__(self, knots: Sequence[int], *, start: int, last: int) -> None:
        self.last = last
        self._start = start
        self._legs = []
        self._length = 0
        for begin, end in pairwise(knots):
            if begin != end:
                self._legs.append((self._length, begin, end))
                self._length += abs(end - begin)
        self._close = knots[-1]

    def time_at(self, position: int) -> int:
        """The second in which a position is reached; of a path without length, the last."""
        return self._start + position * (self.last - self._start) // self._length if self._length else self.last

    def position_at(self, time: int) -> int:
        seconds = self.last - self._start
        return (time - self._start) * self._length // seconds if seconds else self._length

    def price_at(self, position: int) -> int:
        for start, begin, end in self._legs:
            if position <= start + abs(end - begin):
                walked = position - start
                return begin + walked if end > begin else begin - walked
        return self._close

    def first_deviation(self, position: int, answer: int) -> int | None:
        """The first position from `position` on that is 0.5 % away from `answer`; None if none is."""
        distance = -(-answer * _DEVIATION // _DEVIATION_WHOLE)
        for start, begin, end in self._legs:
            stop = start + abs(end - begin)
            if stop < position:
                continue
            here = self.price_at(max(position, start))
            if abs(here - answer) >= distance:
                return max(position, start)
            threshold = answer + distance if end > begin else answer - distance
            if min(begin, end) <= threshold <= max(begin, end):
                return start + abs(threshold - begin)
        return None


class _Feed:
    """The rounds published so far."""

    def __init__(self, first: Round) -> None:
        self.rounds = [first]

    def hold(self, price: int, *, until: int) -> None:
        """Heartbeats of a price that does not move, before `until`."""
        while self._due < until:
            self.rounds.append(Round(price, self._due))

    def follow(self, path: _Path) -> None:
        """What a bar's path gives rise to."""
        position = 0
        while True:
            deviation = path.first_deviation(position, self.rounds[-1].answer)
            limit = path.last if deviation is None else path.time_at(deviation) - 1
            if self._due <= limit:
                position = path.position_at(self._due)
                self.rounds.append(Round(path.price_at(position), self._due))
            elif deviation is None:
                return
            else:
                position = deviation
                self._publish(Round(path.price_at(position), path.time_at(position)), last=path.last)

    def _publish(self, round_: Round, *, last: int) -> None:
        """In its second, or the next free one; in the bar's last second it replaces what is there."""
        newest = self.rounds[-1].updated_at
        time = max(round_.updated_at, newest + 1)
        if time > last:
            self.rounds.pop()
            time = newest
        self.rounds.append(replace(round_, updated_at=time))

    @property
    def _due(self) -> int:
        return self.rounds[-1].updated_at + HEARTBEAT


def window(bars: Bars, *, minutes: int) -> Bars:
    """The `minutes`, in whole bars, around the deepest fall: the worst close against the highest close until then.

    A quarter of the window follows the bottom's bar, the rest leads to it, so that the fall and what it does to
    accounts are both seen; at an end of the file the window moves inside. Of equal bottoms the first counts; a file
    shorter than the window comes back whole.

    Raises:
        UsageError: `minutes` is not positive.
    """
    if minutes <= 0:
        raise UsageError(f"a window is at least one minute long, not {minutes}")
    count = -(-minutes * _MINUTE // bars.length)
    first, after_last = bars.bars[0].time, bars.bars[-1].time + bars.length
    end = min(_bottom(bars.bars).time + (1 + count // 4) * bars.length, after_last)
    start = max(end - count * bars.length, first)
    end = start + count * bars.length
    return replace(bars, bars=tuple(bar for bar in bars.bars if start <= bar.time < end))


def _bottom(bars: Sequence[Bar]) -> Bar:
    bottom, peak_then = bars[0], bars[0].close
    peak = peak_then
    for bar in bars:
        peak = max(peak, bar.close)
        # close/peak < bottom/peak_then, without a division.
        if bar.close * peak_then < bottom.close * peak:
            bottom, peak_then = bar, peak
    return bottom
