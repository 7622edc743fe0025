"""Measures the signing and ceremony of this process beside a peer, and beside the floor under them.

Machines are noisy, so figures are ratios of what ran in turns within one minute: ours, the floor, the peer, ours, ...
The floor of a work is the calls of libsecp256k1 that it makes, recorded once and then repeated alone.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import isnan, nan
from statistics import median
from typing import Any, Final

from custody.crypto import curve
from custody.wiring.bench_works import Work, works_of_ceremony, works_of_host, works_of_signing
from custody.wiring.noble import Noble

WORKS: Final = ("round1", "round2", "aggregate", "verify_share", "verify", "full", "ceremony_party")
_BATCH_MS: Final = 20.0  # long enough for the clock, short enough that a machine does not change within
_FEWEST_TURNS: Final = 3
_PEER_WARM_UP: Final = 60
_MOST_TURNS: Final = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    threshold: int
    n: int

    def __str__(self) -> str:
        return f"{self.threshold}/{self.n}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Medians in milliseconds; of peer and floor None where there is none."""

    work: str
    size: str
    ours_ms: float
    peer_ms: float | None
    ratio: float | None  # peer / ours: how many times faster we are
    over_floor: float | None  # ours / floor: 1 would be libsecp256k1 and nothing else


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A row with what only the table shows."""

    row: Row
    spread: float  # (slowest turn - fastest) / median, of ours

    @property
    def library_share(self) -> float | None:
        """The share of our time that is libsecp256k1 itself."""
        return None if self.row.over_floor is None else 1 / self.row.over_floor


def measure(
    sizes: Sequence[Size], *, peer: Noble | None, seconds: float, progress: Callable[[float, str], None]
) -> list[Measured]:
    """Every work at every size, what is shown beside the works after them.

    A machine is slow for a second and fast for the next, so the turns of each row are spread over the whole run.

    Args:
        seconds: for all turns of one row, unless the fewest take longer.
        progress: told the share that is done, and what comes next.
    """
    if peer is not None:
        for name in WORKS:  # its compiler needs some hundred runs before it is at its best
            peer.ask("measure", work=name, threshold=2, n=3, repeats=_PEER_WARM_UP)
    measurements: list[_Measurement] = []
    for name, size, work in _plan(sizes):
        progress(0, f"preparing {name} {size or ''}")
        measurements.append(_Measurement(name, size, work, peer if name in WORKS else None, seconds))
    gc.collect()
    gc.freeze()  # what was prepared is not ours to collect: a work of many objects would pay for all of it
    try:
        _take_turns(measurements, progress)
    finally:
        gc.unfreeze()
    return [measurement.result() for measurement in measurements]


def _take_turns(measurements: Sequence[_Measurement], progress: Callable[[float, str], None]) -> None:
    total, done = sum(measurement.turns for measurement in measurements), 0
    for lap in range(_MOST_TURNS):
        for measurement in measurements:
            if (lap + 1) * measurement.turns // _MOST_TURNS > lap * measurement.turns // _MOST_TURNS:
                progress(done / total, f"{measurement.name} {measurement.size or ''}")
                measurement.take_turn()
                done += 1


def _plan(sizes: Sequence[Size]) -> Iterator[tuple[str, Size | None, Work]]:
    for size in sizes:
        works = works_of_signing(threshold=size.threshold, n=size.n)
        works |= works_of_ceremony(threshold=size.threshold, n=size.n)
        for name in sorted(works, key=lambda name: WORKS.index(name) if name in WORKS else len(WORKS)):
            yield name, size, works[name]
    for name, work in works_of_host().items():
        yield name, None, work


class _Measurement:
    """One row: what takes turns in it, and how long each took."""

    def __init__(self, name: str, size: Size | None, work: Work, peer: Noble | None, seconds: float) -> None:
        self.name, self.size = name, size
        self._times: dict[str, Callable[[int], float]] = {"ours": lambda count: _time_ours(work, count)}
        floor = _floor_of(work)
        if floor:
            self._times["floor"] = lambda count: _time_calls(floor, count)
        if peer is not None and size is not None:
            asked = {"work": name, "threshold": size.threshold, "n": size.n}
            self._times["peer"] = lambda count: float(peer.ask("measure", **asked, repeats=count)["ms"])
        self._repeats: dict[str, int] = {}
        turn_ms = 0.0
        for who, time_ms in self._times.items():
            once = min(time_ms(1), time_ms(1))  # the first also warms up
            self._repeats[who] = max(1, min(500, int(_BATCH_MS / once)))
            turn_ms += once * self._repeats[who]
        self.turns = max(_FEWEST_TURNS, min(_MOST_TURNS, int(seconds * 1_000 / turn_ms)))
        self._taken: dict[str, list[float]] = {who: [] for who in self._times}

    def take_turn(self) -> None:
        """Ours, the floor, the peer, one after the other."""
        for who, time_ms in self._times.items():
            self._taken[who].append(time_ms(self._repeats[who]))

    def result(self) -> Measured:
        ours, floor, peer = (median(self._taken.get(who) or [nan]) for who in ("ours", "floor", "peer"))
        row = Row(
            work=self.name,
            size="" if self.size is None else str(self.size),
            ours_ms=round(ours, 4),
            peer_ms=_known(peer, 4),
            ratio=_known(peer / ours, 2),
            over_floor=_known(ours / floor, 3),
        )
        taken = self._taken["ours"]
        return Measured(row=row, spread=(max(taken) - min(taken)) / ours)


def _known(number: float, digits: int) -> float | None:
    return None if isnan(number) else round(number, digits)


def _time_ours(work: Work, repeats: int) -> float:
    """Milliseconds of one run."""
    inputs = [work.prepare() for _ in range(repeats)]
    began = time.perf_counter()
    for given in inputs:
        work.run(given)
    return (time.perf_counter() - began) * 1_000 / repeats


# --- the floor ---

_ffi: Any = curve.ffi  # type: ignore[attr-defined]  # the one door's own, for copies of what passes through it
Call = tuple[Callable[..., int], tuple[Any, ...]]


class _Recorder:
    """Stands in for the library, and writes down each call with its arguments."""

    def __init__(self, library: Any) -> None:
        self._library = library
        self.calls: list[Call] = []

    def __getattr__(self, name: str) -> Callable[..., int]:
        function: Callable[..., int] = getattr(self._library, name)

        def recorded(*arguments: Any) -> int:
            self.calls.append((function, tuple(_copied(argument) for argument in arguments)))
            return function(*arguments)

        return recorded


def _copied(argument: Any) -> Any:
    """An argument as it is now: later the caller may wipe it, and the library may not be given what was wiped."""
    if not isinstance(argument, _ffi.CData) or argument is curve._CONTEXT:
        return argument
    kind = _ffi.typeof(argument)
    copy = _ffi.new(kind)
    _ffi.memmove(copy, argument, _ffi.sizeof(kind if kind.kind == "array" else kind.item))
    return copy


@contextmanager
def _recording() -> Iterator[list[Call]]:
    """The one place outside of tests that stands before the library: the keys of this process are thrown away."""
    library = curve._secp
    recorder = _Recorder(library)
    curve._secp = recorder
    try:
        yield recorder.calls
    finally:
        curve._secp = library


def _floor_of(work: Work) -> list[Call]:
    """The library's calls in one run. They work in place, so repeating them takes the same time on other values."""
    for _ in range(2):  # what is computed once for good, such as public shares, is no part of a run
        given = work.prepare()
        with _recording() as calls:
            work.run(given)
    return calls


def _time_calls(calls: Sequence[Call], repeats: int) -> float:
    began = time.perf_counter()
    for _ in range(repeats):
        for function, arguments in calls:
            function(*arguments)
    return (time.perf_counter() - began) * 1_000 / repeats
