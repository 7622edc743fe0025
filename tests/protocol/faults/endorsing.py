"""Faults in the last round: what is endorsed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from msgspec.structs import replace

from custody.protocol.run_messages import Endorsement
from tests.builders import fresh
from tests.protocol.faults.entry import AUTHOR, CAST, NOBODY, Altered, RunFault, says

Change = Callable[[Endorsement], dict[str, Any]]

ENDORSED: dict[str, tuple[str, Change]] = {
    "endorses-another-generation": (
        "endorses the generation after",
        lambda said: {"generation": said.generation + 1},
    ),
    "endorses-another-previous": ("names another certificate before it", lambda said: {"previous": fresh("previous")}),
    "endorses-another-origin": ("names another origin of the chain codes", lambda said: {"origin": fresh("origin")}),
    "endorses-another-generation-of-another-transcript": (
        "endorses a transcript that nobody else was shown, in another generation than the terms have",
        lambda said: {"transcript": fresh("another"), "origin": fresh("another"), "generation": said.generation + 1},
    ),
    "endorses-under-another-run": (
        "endorses the transcript under the id of another run",
        lambda said: {"run": fresh("another run")},
    ),
    "endorses-no-keys": ("endorses the transcript without keys", lambda said: {"keys": ()}),
    "endorses-one-key": ("endorses one key of two", lambda said: {"keys": said.keys[:1]}),
    "endorses-a-key-twice": ("endorses one key twice", lambda said: {"keys": (said.keys[0], said.keys[0])}),
    "endorses-keys-swapped": ("endorses the keys in the other order", lambda said: {"keys": said.keys[::-1]}),
    "endorses-another-key": (
        "endorses a group key that the transcript does not give",
        lambda said: {"keys": (replace(said.keys[0], public=said.keys[1].public), said.keys[1])},
    ),
    "endorses-a-key-that-is-no-point": (
        "endorses bytes that are no point as a group key",
        lambda said: {"keys": (replace(said.keys[0], public=b"\x09" * 33), said.keys[1])},
    ),
    "endorses-another-threshold": (
        "endorses another threshold",
        lambda said: {"keys": (replace(said.keys[0], threshold=2), said.keys[1])},
    ),
    "endorses-other-holders": (
        "endorses other holders of a key",
        lambda said: {"keys": (replace(said.keys[0], holders=fresh("holders")), said.keys[1])},
    ),
}


def endorsing(phase: str) -> Iterator[RunFault]:
    cheat = CAST[phase].cheat

    def fault(name: str, description: str, change: Change, *, by: str, party: int = cheat) -> RunFault:
        made = Altered(
            {"endorsements": says(party, lambda run, story, said: replace(said, **change(said)))}, frozenset({party})
        )
        return RunFault(
            name=name,
            phase=phase,
            description=description,
            blamed=AUTHOR if by else NOBODY,
            by=by,
            attempts=lambda run, cast: [made],
            cheats=frozenset({party}),
        )

    for name, (description, change) in ENDORSED.items():
        yield fault(name, description, change, by="endorsement")
    other = "endorses a transcript that nobody else was shown"
    if phase == "ceremony":
        both: Change = lambda said: {"transcript": fresh("another"), "origin": fresh("another")}  # noqa: E731
        yield fault("endorses-another-transcript", other, both, by="")
    else:
        yield fault("endorses-another-transcript", other, lambda said: {"transcript": fresh("another")}, by="")
    if phase == "reshare":
        leaver = "a dealer that leaves endorses other holders of a key"
        change = ENDORSED["endorses-other-holders"][1]
        yield fault("leaver-endorses-other-holders", leaver, change, by="endorsement", party=8)
    if phase == "repair":
        lost = "the repaired seat endorses another generation"
        change = ENDORSED["endorses-another-generation"][1]
        yield fault("repaired-seat-endorses-another-generation", lost, change, by="endorsement", party=4)
