"""Recorded price paths: the one file format, read strictly. Refuses to repair what a file says."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from pathlib import Path
from typing import Final

from custody.errors import UsageError
from custody.risk.feed import ANSWER_DECIMALS, Bar, Bars
from custody.units import DAY, Seconds

COLUMNS: Final = ("timestamp_unix", "open", "high", "low", "close", "volume")
LONGEST_GAP: Final = DAY
MOST_PRICE: Final = 10**12
"""Dollars; what passes it is no price but a damaged file."""
_GZIP_MAGIC: Final = b"\x1f\x8b"


def read_bars(path: Path) -> Bars:
    """The bars of a CSV file, plain or gzip, with exactly the columns of COLUMNS; their length is the least step.

    Prices are cut to 8 decimals. Times are seconds since 1970 at a bar's start.

    Raises:
        UsageError: in one sentence, for whatever is not as it must be; nothing is skipped or repaired.
    """
    bars: list[Bar] = []
    for line, row in _rows(path):
        bar = _bar(row, where=f"{path}, line {line}")
        if bars and bar.time <= bars[-1].time:
            what = "repeats" if bar.time == bars[-1].time else "comes before"
            raise UsageError(f"{path}, line {line}: the timestamp {bar.time} {what} the one above it")
        if bars and bar.time - bars[-1].time > LONGEST_GAP:
            raise UsageError(f"{path}, line {line}: more than a day is missing before the timestamp {bar.time}")
        bars.append(bar)
    if len(bars) < 2:
        raise UsageError(f"{path} holds {'one bar' if bars else 'no bars'}; a price path has at least two")
    length = min(after.time - before.time for before, after in pairwise(bars))
    for before, after in pairwise(bars):
        if (after.time - before.time) % length:
            raise UsageError(f"{path}: the timestamp {after.time} is not on the grid of {length} s of the others")
    return Bars(length=Seconds(length), bars=tuple(bars))


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """(line, fields) of every row below the header, which is checked."""
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if raw.startswith(_GZIP_MAGIC) else raw).decode("utf-8")
    except FileNotFoundError:
        raise UsageError(f"the price file {path} does not exist") from None
    except OSError as error:
        raise UsageError(f"the price file {path} cannot be read: {error.strerror or error}") from None
    except (EOFError, zlib.error, UnicodeDecodeError):
        raise UsageError(f"the price file {path} is neither CSV text nor that in gzip") from None
    reader = csv.reader(text.splitlines(), strict=True)
    yield from _checked_rows(path, reader)


def _checked_rows(path: Path, reader: Iterable[list[str]]) -> Iterator[tuple[int, list[str]]]:
    try:
        for line, row in enumerate(reader, start=1):
            if line == 1:
                if tuple(row) != COLUMNS:
                    raise UsageError(f"{path} must have the columns {','.join(COLUMNS)}, and no others")
            elif len(row) != len(COLUMNS):
                raise UsageError(f"{path}, line {line}: {len(row)} fields where there must be {len(COLUMNS)}")
            else:
                yield line, row
    except csv.Error as error:
        raise UsageError(f"{path} is not CSV: {error}") from None


def _bar(row: Sequence[str], *, where: str) -> Bar:
    time = row[0]
    if not (time.isascii() and time.isdigit()):
        raise UsageError(f"{where}: the timestamp {time!r} is not a whole number of seconds")
    prices = [_answer(field, name, where=where) for field, name in zip(row[1:5], COLUMNS[1:5], strict=True)]
    volume = _number(row[5])
    if volume is None or volume < 0:
        raise UsageError(f"{where}: the volume {row[5]!r} is not a number from 0 on")
    open_, high, low, close = prices
    if not low <= min(open_, close) <= max(open_, close) <= high:
        raise UsageError(f"{where}: open and close must lie between low and high")
    return Bar(time=int(time), open=open_, high=high, low=low, close=close)


def _answer(field: str, name: str, *, where: str) -> int:
    price = _number(field)
    answer = 0 if price is None or not 0 < price <= MOST_PRICE else int(price * 10**ANSWER_DECIMALS)
    if answer == 0:
        raise UsageError(f"{where}: the {name} {field!r} is not a positive price")
    return answer


def _number(field: str) -> Decimal | None:
    """A finite number, or None."""
    try:
        number = Decimal(field)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
