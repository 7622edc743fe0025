"""Terms that a coordinator, who is trusted with nothing, may propose: every party refuses them unheard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from msgspec.structs import replace

from custody.protocol.run_messages import HostKeysBody
from tests.builders import an_identity, fresh
from tests.protocol.faults.entry import REFUSED, Proposed, RunFault
from tests.protocol.running import Run

Change = Callable[[Run], dict[str, Any]]


def _hosts(run: Run, change: Callable[[tuple[HostKeysBody, ...]], Any]) -> dict[str, Any]:
    return {"hosts": tuple(change(run.setting.terms.hosts))}


def _body(name: object) -> HostKeysBody:
    keys = an_identity(name).keys
    return HostKeysBody(signing=keys.signing, post_quantum=keys.post_quantum)


TERMS: dict[str, tuple[str, Change]] = {
    "terms-of-the-generation-after": (
        "the generation after the next",
        lambda run: {"generation": run.setting.terms.generation + 1},
    ),
    "terms-of-another-previous": ("another certificate before it", lambda run: {"previous": fresh("previous")}),
    "terms-of-another-kind": (
        "another kind of run",
        lambda run: {"kind": "refresh" if run.setting.terms.kind in ("ceremony", "reshare") else "reshare"},
    ),
    "terms-of-no-threshold": ("no threshold", lambda run: {"thresholds": ()}),
    "terms-of-a-third-threshold": (
        "a threshold more",
        lambda run: {"thresholds": (*run.setting.terms.thresholds, 6)},
    ),
    "terms-of-a-threshold-twice": (
        "the same threshold twice",
        lambda run: {"thresholds": (run.setting.terms.thresholds[0],) * 2},
    ),
    "terms-of-half": ("a threshold of which two disjoint quorums could sign", lambda run: {"thresholds": (2, 4)}),
    "terms-of-everybody": (
        "a threshold that one absent seat blocks",
        lambda run: {"thresholds": (run.setting.terms.thresholds[0], len(run.setting.terms.hosts))},
    ),
    "terms-with-a-host-twice": (
        "one host on two seats",
        lambda run: _hosts(run, lambda hosts: (*hosts[:-1], hosts[0])),
    ),
    "terms-with-half-a-host-twice": (
        "two hosts that share a key",
        lambda run: _hosts(
            run,
            lambda hosts: (*hosts[:-1], HostKeysBody(signing=hosts[0].signing, post_quantum=hosts[-1].post_quantum)),
        ),
    ),
    "terms-with-two-hosts": ("a committee of two", lambda run: _hosts(run, lambda hosts: hosts[:2])),
    "terms-of-no-chain": ("no chain", lambda run: {"chain_id": 0}),
    "terms-with-a-lost-seat": (
        "another lost seat than the run repairs, or one where it repairs none",
        lambda run: {"lost": 2},
    ),
    "terms-with-other-dealers": (
        "dealers where every seat deals, or not as many as each key needs",
        lambda run: {"dealers": ((1, 2), (1, 2, 3, 5))},
    ),
}
FOLLOWING: dict[str, tuple[str, Change]] = {
    "terms-on-another-chain": ("another chain than the keys are of", lambda run: {"chain_id": 5}),
    "terms-of-another-authority": ("another authority than the keys are of", lambda run: {"authority": bytes(20)}),
    "terms-with-a-dealer-too-few": ("a dealer too few", lambda run: {"dealers": _dealers(run, lambda d: d[:-1])}),
    "terms-with-a-dealer-too-many": (
        "a dealer too many",
        lambda run: {"dealers": _dealers(run, lambda d: tuple(sorted({*d, 2, 4, 5})))},
    ),
    "terms-with-a-dealer-twice": (
        "a dealer twice",
        lambda run: {"dealers": _dealers(run, lambda d: (*d[:-1], d[-2]))},
    ),
    "terms-with-dealers-unsorted": (
        "the dealers in another order",
        lambda run: {"dealers": _dealers(run, lambda d: d[::-1])},
    ),
    "terms-with-a-dealer-without-a-seat": (
        "a dealer that has no seat",
        lambda run: {"dealers": _dealers(run, lambda d: (*d[:-1], 77))},
    ),
    "terms-without-dealers": ("no dealers", lambda run: {"dealers": ()}),
    "terms-without-the-second-key": (
        "dealers for one key alone",
        lambda run: {"dealers": run.setting.terms.dealers[:1]},
    ),
    "terms-as-if-from-nothing": (
        "a ceremony in the place of keys that exist",
        lambda run: {"kind": "ceremony", "generation": 0, "previous": b"", "dealers": (), "lost": 0},
    ),
}
REPAIRS: dict[str, tuple[str, Change]] = {
    "terms-where-the-lost-seat-helps": (
        "the lost seat among the helpers",
        lambda run: {"dealers": ((1, 3, 4), run.setting.terms.dealers[1])},
    ),
    "terms-that-replace-two": (
        "another host on a second seat",
        lambda run: _hosts(run, lambda hosts: (_body("mallory"), *hosts[1:])),
    ),
    "terms-that-replace-nobody": (
        "the old host on the lost seat",
        lambda run: _hosts(run, lambda hosts: (*hosts[:3], _body(4), hosts[4])),
    ),
}


def _dealers(run: Run, change: Callable[[tuple[int, ...]], tuple[int, ...]]) -> tuple[tuple[int, ...], ...]:
    first, *rest = run.setting.terms.dealers
    return (change(first), *rest)


def proposing(phase: str) -> Iterator[RunFault]:
    tables = [TERMS, *([FOLLOWING] if phase != "ceremony" else []), *([REPAIRS] if phase == "repair" else [])]
    for table in tables:
        for name, (description, change) in table.items():
            yield RunFault(
                name=name,
                phase=phase,
                description=f"the coordinator proposes {description}",
                blamed=REFUSED,
                by="terms",
                attempts=lambda run, cast, change=change: [
                    Proposed(lambda run: replace(run.setting.terms, **change(run)))
                ],
            )
