"""False complaints: nobody at fault is accused, and the complainant is named; or it cannot be told.

A complaint here is about an honest party and an honest run, as far as it had come, but where the entry says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from custody.protocol.authenticated import Authenticated
from custody.protocol.run import Fault, PartyFault, place_of
from custody.protocol.run_messages import Complaint
from tests.builders import an_identity, fresh
from tests.protocol.faults.entry import AUTHOR, CAST, NOBODY, Cast, Complains, RunFault, put
from tests.protocol.running import Run, Story

Made = tuple[Story, Authenticated[Complaint]]


def _threshold(run: Run, index: int = 0) -> int:
    return run.setting.committee.thresholds[index]


@dataclass(frozen=True)
class Claim:
    """What a complaint says: of whom (the other party), of what, on the rounds up to and with `until`."""

    fault: str = Fault.SEALED.value
    until: str = "third"
    by: int = 0
    accused: int = 0
    changes: Callable[[Run, Cast], dict[str, Any]] = lambda run, cast: {}

    def make(self, run: Run, cast: Cast) -> Made:
        story = run.prefix(self.until)
        party = run.party(self.by or cast.cheat)
        fault = PartyFault(self.accused or cast.other, Fault.SEALED, "", threshold=_threshold(run))
        changes = {"fault": self.fault} | self.changes(run, cast)
        if self.fault != Fault.SEALED.value:
            changes = {"secret": b""} | changes
        return story, party.complain(story, fault, **changes)


def _secret(run: Run, cast: Cast, *, dealer: int = 0, index: int = 0) -> bytes:
    """One of the cheat's own one-time keys, of another place."""
    seat = run.setting.dealer_of(dealer or cast.cheat)
    assert seat is not None
    cheat = run.party(cast.cheat)
    return cheat.one_time.reveal(place_of(cheat.named(run.honest).run, _threshold(run, index), seat))


def _others_secret(run: Run, cast: Cast) -> bytes:
    """Whatever key the cheat learned of another complaint: the victim's for the same dealer."""
    seat = run.setting.dealer_of(cast.other)
    assert seat is not None
    victim = run.party(cast.victim)
    return victim.one_time.reveal(place_of(victim.named(run.honest).run, _threshold(run), seat))


FALSE: dict[str, tuple[str, Claim]] = {
    "right-share": ("what it was given is right, and it opens it", Claim()),
    "no-key-revealed": ("reveals no key", Claim(changes=lambda run, cast: {"secret": b""})),
    "another-key-revealed": (
        "reveals a key of its own choice",
        Claim(changes=lambda run, cast: {"secret": fresh("s") * 3}),
    ),
    "short-key-revealed": (
        "reveals 95 bytes",
        Claim(changes=lambda run, cast: {"secret": fresh("s")[1:] + fresh("s") * 2}),
    ),
    "key-of-another-dealer-revealed": (
        "reveals its key for another dealer",
        Claim(changes=lambda run, cast: {"secret": _secret(run, cast)}),
    ),
    "key-of-the-other-threshold-revealed": (
        "reveals its key for the same dealer's other dealing",
        Claim(changes=lambda run, cast: {"secret": _secret(run, cast, dealer=cast.other, index=1)}),
    ),
    "key-of-another-party-revealed": (
        "reveals another party's key",
        Claim(changes=lambda run, cast: {"secret": _others_secret(run, cast)}),
    ),
    "threshold-of-no-key": ("complains of a key that is none", Claim(changes=lambda run, cast: {"threshold": 50})),
    "accuses-itself": ("accuses itself, and what it gave itself is right", Claim(accused=-1)),
    "accuses-nobody": ("accuses a party that does not exist", Claim(changes=lambda run, cast: {"accused": 99})),
    "before-anything-was-sealed": ("complains of a share before any was dealt", Claim(until="preparations")),
    "before-anything-was-said": ("complains before the second round", Claim(until="contributions")),
    "unknown-fault": ("accuses of something that is no fault", Claim(fault="treason")),
    "of-a-sealing-key": (
        "says that nothing can be sealed to a right key",
        Claim(fault="sealing-key", until="preparations"),
    ),
    "of-a-shape": ("says that a right message has a wrong shape", Claim(fault="shape")),
    "of-a-preparation": (
        "says that right one-time keys have a wrong shape",
        Claim(fault="shape", until="preparations"),
    ),
    "of-a-point": ("says that a right point is none", Claim(fault="point")),
    "of-an-opening": ("says that a kept promise was broken", Claim(fault="opening")),
    "of-a-proof": ("says that a right proof fails", Claim(fault="proof")),
    "of-a-constant": ("says that a right constant is wrong", Claim(fault="constant")),
    "of-parts": ("says that right parts do not add up", Claim(fault="parts")),
    "of-equivocation": ("says that a party told two stories, and shows one", Claim(fault="equivocation")),
    "of-an-endorsement": ("says that a party endorsed something else, and shows nothing", Claim(fault="endorsement")),
}


def complaining(phase: str) -> Iterator[RunFault]:
    cheat = CAST[phase].cheat

    def fault(
        name: str, description: str, make: Callable[[Run, Cast], Made], *, blamed: str = AUTHOR, party: int = cheat
    ) -> RunFault:
        return RunFault(
            name=f"complaint-{name}",
            phase=phase,
            description=f"complains falsely: {description}",
            blamed=blamed,
            by="false complaint" if blamed == AUTHOR else "",
            attempts=lambda run, cast: [Complains(lambda run: make(run, cast))],
            cheats=frozenset({party}),
        )

    for name, (description, claim) in FALSE.items():
        if name == "accuses-itself":
            claim = Claim(accused=cheat)
        yield fault(name, description, claim.make)
    yield fault("with-the-keys-of-another", "its one-time keys are copies of another party's", _copied_keys)
    for name, (description, change) in ELSEWHERE.items():
        made = lambda run, cast, change=change: _elsewhere(run, cast, change)  # noqa: E731  # one a row
        yield fault(name, description, made, blamed=NOBODY)
    if phase == "reshare":
        newcomer = "a newcomer, who deals nothing, is accused of its dealing"
        yield fault("of-a-newcomer", newcomer, Claim(accused=1, changes=lambda run, cast: {"secret": b""}).make)
        leaver = "a dealer that leaves, to whom nobody seals, complains of what was sealed to it"
        claim = Claim(by=8, changes=lambda run, cast: {"secret": _secret(run, cast)})
        yield fault("by-a-leaver", leaver, claim.make, party=8)
        yield fault("of-a-leaver", "a dealer that leaves dealt the right share", Claim(accused=8).make)
    if phase == "repair":
        yield from _of_repairs(fault)


def _of_repairs(fault: Callable[..., RunFault]) -> Iterator[RunFault]:
    yield fault("of-the-lost-seat", "the lost seat, which helps nobody, is accused of a part", Claim(accused=4).make)
    yield fault("of-a-part-after-summing", "complains of a part after it has summed it", Claim(until="summings").make)
    lost = "the lost seat complains of a part, of which it gets none"
    yield fault("by-the-lost-seat-of-a-part", lost, Claim(by=4).make, party=4)
    lost = "the lost seat complains of a right sum"
    yield fault("by-the-lost-seat-of-a-sum", lost, Claim(by=4, until="summings").make, party=4)
    stray = "a seat that does not help with a key complains of a part of it"
    yield fault("by-a-stray-helper", stray, Claim(by=2).make, party=2)
    stray = "a seat that does not help with a key is accused of a part of it"
    yield fault("of-a-stray-helper", stray, Claim(accused=2).make)


def _copied_keys(run: Run, cast: Cast) -> Made:
    """The cheat published the victim's one-time keys as its own, and complains that nothing opens."""

    def copy(run: Run, story: Story, messages: Any) -> Any:
        rows = messages[cast.victim - 1].message.sealing_keys
        own = messages[cast.cheat - 1].message
        copied = tuple(
            theirs if len(theirs) == len(ours) else ours for theirs, ours in zip(rows, own.sealing_keys, strict=True)
        )
        return put(messages, cast.cheat, run.signed(cast.cheat, replace(own, sealing_keys=copied)))

    story = run.tell({"preparations": copy}, until="third")
    assert story.third
    fault = PartyFault(cast.other, Fault.SEALED, "", threshold=_threshold(run))
    return story, run.party(cast.cheat).complain(story, fault)


def _elsewhere(run: Run, cast: Cast, change: Callable[[Run, Cast, Authenticated[Complaint]], Any]) -> Made:
    story, complaint = Claim().make(run, cast)
    return story, change(run, cast, complaint)


ELSEWHERE: dict[str, tuple[str, Callable[[Run, Cast, Authenticated[Complaint]], Any]]] = {
    "on-other-messages": (
        "it was made on other messages than are shown",
        lambda run, cast, c: run.signed(cast.cheat, replace(c.message, seen=fresh("other messages"))),
    ),
    "on-earlier-messages": (
        "it was made on fewer rounds than are shown",
        lambda run, cast, c: Claim(until="preparations").make(run, cast)[1],
    ),
    "of-another-run": (
        "it names another run",
        lambda run, cast, c: run.signed(cast.cheat, replace(c.message, run=fresh("another run"))),
    ),
    "in-another-run": (
        "it was signed for another run",
        lambda run, cast, c: run.signed(cast.cheat, c.message, execution=fresh("another run")),
    ),
    "by-a-stranger": (
        "a host that is no party complains",
        lambda run, cast, c: run.signed(cast.cheat, c.message, by=an_identity("stranger")),
    ),
}
