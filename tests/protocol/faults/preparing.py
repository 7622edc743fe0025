"""Faults in the second round: one-time keys and promises."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from msgspec.structs import replace

from custody.protocol.run_messages import Preparation
from tests.builders import fresh
from tests.protocol.faults.entry import AUTHOR, CAST, NOBODY, Altered, Cast, RunFault, says
from tests.protocol.running import Run, Story

Change = Callable[[Run, Cast, Preparation], Preparation]
LOW_ORDER = bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800")
"""A point of order 8 on curve25519 (RFC 7748 §6.1 asks for the check that this one fails)."""


def _rows(change: Callable[[list[list[bytes]]], Any]) -> Change:
    """Alter the rows of one-time keys in place."""

    def changed(run: Run, cast: Cast, said: Preparation) -> Preparation:
        rows = [list(row) for row in said.sealing_keys]
        change(rows)
        return replace(said, sealing_keys=tuple(map(tuple, rows)))

    return changed


def _bad_key(alter: Callable[[bytes], bytes]) -> Change:
    """Spoil the key that the first dealer but the cheat itself seals to, in the first key that the cheat receives."""

    def changed(run: Run, cast: Cast, said: Preparation) -> Preparation:
        party = cast.cheat
        index = run.setting.receives_in(party)[0]
        dealers = run.setting.dealers(index)
        place = next(number for number, seat in enumerate(dealers) if run.setting.dealer_party(seat) != party)
        rows = [list(row) for row in said.sealing_keys]
        rows[index][place] = alter(rows[index][place])
        return replace(said, sealing_keys=tuple(map(tuple, rows)))

    return changed


SHAPES: dict[str, tuple[str, Change]] = {
    "no-one-time-keys": ("publishes no one-time keys", _rows(lambda rows: rows.clear())),
    "one-time-keys-for-one-key-only": ("publishes one-time keys for one key alone", _rows(lambda rows: rows.pop())),
    "one-time-keys-for-a-third-key": (
        "publishes one-time keys for a key that is none",
        _rows(lambda rows: rows.append(list(rows[-1]))),
    ),
    "one-time-key-missing": ("publishes no one-time key for the last dealer", _rows(lambda rows: rows[-1].pop())),
    "one-time-key-too-many": (
        "publishes a one-time key more than there are dealers",
        _rows(lambda rows: rows[-1].append(rows[-1][0])),
    ),
    "one-time-keys-of-the-other-key": ("publishes the rows in the other order", _rows(lambda rows: rows.reverse())),
    "promise-too-short": (
        "promises 31 bytes",
        lambda run, cast, said: replace(said, opening=fresh("promise")[:31]),
    ),
}
KEYS: dict[str, tuple[str, Change]] = {
    "ml-kem-key-invalid": (
        "publishes an ML-KEM-768 key with coefficients out of range",
        _bad_key(lambda key: b"\xff" * 1184 + key[1184:]),
    ),
    "x25519-key-zero": ("publishes the X25519 key zero", _bad_key(lambda key: key[:1184] + bytes(32))),
    "x25519-key-one": (
        "publishes the X25519 key one, of small order",
        _bad_key(lambda key: key[:1184] + b"\x01" + bytes(31)),
    ),
    "x25519-key-of-order-eight": (
        "publishes an X25519 key of order 8",
        _bad_key(lambda key: key[:1184] + LOW_ORDER),
    ),
}


def _attempts(party: int, change: Change) -> Callable[[Run, Cast], Iterator[Altered]]:
    def attempts(run: Run, cast: Cast) -> Iterator[Altered]:
        def said(run: Run, story: Story, message: Preparation) -> Preparation:
            return change(run, Cast(cheat=party, victim=cast.victim, other=cast.other), message)

        yield Altered({"preparations": says(party, said)}, frozenset({party}))

    return attempts


def _promise_dropped(run: Run, cast: Cast, said: Preparation) -> Preparation:
    return replace(said, opening=b"")


def _promise_made(run: Run, cast: Cast, said: Preparation) -> Preparation:
    return replace(said, opening=fresh("a promise that nobody asked for"))


def preparing(phase: str) -> Iterator[RunFault]:
    cheat = CAST[phase].cheat

    def fault(name: str, description: str, change: Change, *, by: str, party: int = cheat) -> RunFault:
        return RunFault(
            name=name,
            phase=phase,
            description=description,
            blamed=AUTHOR if by else NOBODY,
            by=by,
            attempts=_attempts(party, change),
            cheats=frozenset({party}),
        )

    for name, (description, change) in SHAPES.items():
        if name == "one-time-keys-of-the-other-key" and phase == "ceremony":
            continue  # every row has as many there: the keys are the party's own, and its own loss
        yield fault(name, description, change, by="shape")
    for name, (description, change) in KEYS.items():
        yield fault(name, description, change, by="sealing-key")
    yield fault(
        "preparation-of-another-run",
        "publishes its one-time keys under the id of another run",
        lambda run, cast, said: replace(said, run=fresh("another run")),
        by="",
    )
    if phase == "repair":
        yield fault("helper-promises", "a helper promises commitments", _promise_made, by="shape")
        lost = "the lost seat, which helps nobody, promises commitments"
        yield fault("lost-seat-promises", lost, _promise_made, by="shape", party=4)
        none = "the lost seat publishes no one-time keys"
        yield fault("lost-seat-without-keys", none, _rows(lambda rows: rows.clear()), by="shape", party=4)
        bad = "the lost seat publishes an ML-KEM-768 key that nothing can be sealed to"
        yield fault("lost-seat-with-invalid-key", bad, KEYS["ml-kem-key-invalid"][1], by="sealing-key", party=4)
        return
    yield fault("promise-missing", "a dealer promises nothing", _promise_dropped, by="shape")
    if phase == "reshare":
        yield fault("newcomer-promises", "a newcomer promises commitments", _promise_made, by="shape", party=1)
        leaving = "a dealer that leaves publishes one-time keys"
        yield fault("leaver-publishes-keys", leaving, _keys_of_party_one, by="shape", party=8)
        yield fault(
            "leaver-promises-nothing", "a dealer that leaves promises nothing", _promise_dropped, by="shape", party=8
        )


def _keys_of_party_one(run: Run, cast: Cast, said: Preparation) -> Preparation:
    return replace(said, sealing_keys=run.honest.preparations[0].message.sealing_keys)
