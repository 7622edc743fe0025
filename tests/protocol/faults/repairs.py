"""Faults in the splittings and sums of a repair. Helpers 1, 3, 5 and 1, 2, 3, 5; seat 4 is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from msgspec.structs import replace

from custody.crypto import Point, Scalar
from custody.crypto.curve import sum_points, times_generator
from custody.crypto.polynomial import lagrange_coefficient
from custody.identifiers import SignerId
from custody.protocol import repair
from custody.protocol.run_messages import KeySplitting, Splitting, Summing
from tests.builders import fresh
from tests.protocol.faults.dealings import NO_POINT
from tests.protocol.faults.entry import AUTHOR, CAST, NOBODY, Altered, RunFault, says
from tests.protocol.faults.sealing import SEALED, Place
from tests.protocol.running import Run, Story

LOST = SignerId(4)
CHEAT = CAST["repair"].cheat
HELPERS = (1, 3, 5)
"""With the first key."""
VICTIM = HELPERS.index(CAST["repair"].victim)
"""Its place among them."""
SplitChange = Callable[[Run, tuple[KeySplitting, ...]], tuple[KeySplitting, ...]]


def first(change: Callable[[KeySplitting], dict[str, Any]]) -> SplitChange:
    return lambda run, keys: (replace(keys[0], **change(keys[0])), *keys[1:])


def _swap_points(key: KeySplitting) -> dict[str, Any]:
    """The sum stays what it must be."""
    return {"points": (key.points[-1], *key.points[1:-1], key.points[0])}


def _shift(key: KeySplitting) -> dict[str, Any]:
    """The first point one up, the last one down: the sum stays, and the parts fit no longer."""
    one = times_generator(Scalar(1))
    up = _add(key.points[0], one)
    return {"points": (up, *key.points[1:-1], _add(key.points[-1], one.negated()))}


def _add(encoded: bytes, point: Point) -> bytes:
    return sum_points((Point.from_bytes_compressed(encoded), point)).to_bytes_compressed()


SHAPES: dict[str, tuple[str, SplitChange]] = {
    "splits-nothing": ("helps with no key", lambda run, keys: ()),
    "key-missing": ("helps with one key alone", lambda run, keys: keys[:1]),
    "key-twice": ("helps with one key twice", lambda run, keys: (keys[0], keys[0])),
    "key-more": ("helps with a third key", lambda run, keys: (*keys, keys[0])),
    "keys-swapped": ("helps with the keys in the other order", lambda run, keys: keys[::-1]),
    "threshold-unknown": ("names a threshold that no key has", first(lambda key: {"threshold": 50})),
    "point-missing": ("shows one point too few", first(lambda key: {"points": key.points[:-1]})),
    "point-more": ("shows one point too many", first(lambda key: {"points": (*key.points, key.points[0])})),
    "points-missing": ("shows no points", first(lambda key: {"points": ()})),
    "part-missing": ("seals one part too few", first(lambda key: {"sealed": key.sealed[:-1]})),
    "part-more": ("seals one part too many", first(lambda key: {"sealed": (*key.sealed, key.sealed[0])})),
}
POINTS: dict[str, tuple[str, SplitChange]] = {
    "point-off-the-curve": (
        "shows bytes that are no point",
        first(lambda key: {"points": (*key.points[:-1], NO_POINT)}),
    ),
    "point-at-infinity": (
        "shows infinity, for a part of zero",
        first(lambda key: {"points": (*key.points[:-1], bytes(33))}),
    ),
}
PARTS: dict[str, tuple[str, SplitChange]] = {
    "part-of-another-size": (
        "parts that do not add up: one point is another",
        first(lambda key: {"points": (key.points[1], *key.points[1:])}),
    ),
    "part-negated": (
        "parts that do not add up: one point is negated",
        first(lambda key: {"points": (bytes([key.points[0][0] ^ 1]) + key.points[0][1:], *key.points[1:])}),
    ),
    "parts-of-another-helper": (
        "the points of another helper",
        lambda run, keys: (run.honest.third[CAST["repair"].other - 1].message.keys[0], *keys[1:]),
    ),
    "parts-of-nothing": (
        "points of its own choice",
        first(lambda key: {"points": (_add(key.points[0], times_generator(Scalar(7))), *key.points[1:])}),
    ),
    "parts-of-the-unweighted-share": (
        "parts of its share without the weight",
        lambda run, keys: _unweighted(run, keys),
    ),
    "parts-of-the-group-secret": (
        "parts that would give the lost seat the secret of the group key",
        lambda run, keys: _for_the_secret(run, keys),
    ),
}
MOVED: dict[str, tuple[str, SplitChange]] = {
    "points-swapped": ("points that add up, two of them in each other's place", first(_swap_points)),
    "points-shifted": ("points that add up, one moved against another", first(_shift)),
}


def _completed(run: Run, keys: tuple[KeySplitting, ...], total: Point) -> tuple[KeySplitting, ...]:
    """The last point such that all of them add up to `total`."""
    rest = [Point.from_bytes_compressed(point).negated() for point in keys[0].points[:-1]]
    last = total.to_bytes_compressed()
    for point in rest:
        last = _add(last, point)
    return (replace(keys[0], points=(*keys[0].points[:-1], last)), *keys[1:])


def _unweighted(run: Run, keys: tuple[KeySplitting, ...]) -> tuple[KeySplitting, ...]:
    assert run.setting.before is not None
    return _completed(run, keys, run.setting.before.keys[0].public_shares[SignerId(CHEAT)])


def _for_the_secret(run: Run, keys: tuple[KeySplitting, ...]) -> tuple[KeySplitting, ...]:
    assert run.setting.before is not None
    weight = lagrange_coefficient(SignerId(CHEAT), [SignerId(seat) for seat in HELPERS], at=0)
    return _completed(run, keys, run.setting.before.keys[0].public_shares[SignerId(CHEAT)].times(weight))


def splits(change: SplitChange, *, party: int = CHEAT) -> Altered:
    def said(run: Run, story: Story, message: Splitting) -> Splitting:
        return replace(message, keys=change(run, message.keys))

    return Altered({"third": says(party, said)}, frozenset({party}))


def seals_part(make: Callable[[Place], bytes]) -> Altered:
    """What the cheat seals to the victim; elsewhere: to the next helper."""

    def said(run: Run, story: Story, message: Splitting) -> Splitting:
        cheat = run.party(CHEAT)
        plan = repair.split(cheat.prepared(story), randomness=cheat.randomness, shares=cheat.held)[0]
        seal, other = plan.seals[VICTIM], plan.seals[VICTIM + 1]
        sealed = message.keys[0].sealed
        elsewhere = Place(other.plaintext, other.public, other.info, sealed[VICTIM + 1])
        made = make(Place(seal.plaintext, seal.public, seal.info, sealed[VICTIM], elsewhere))
        changed = (*sealed[:VICTIM], made, *sealed[VICTIM + 1 :])
        return replace(message, keys=(replace(message.keys[0], sealed=changed), *message.keys[1:]))

    return Altered({"third": says(CHEAT, said)}, frozenset({CHEAT}))


def sums(change: Callable[[Run, Summing], Summing], *, party: int = CHEAT) -> Altered:
    return Altered({"summings": says(party, lambda run, story, message: change(run, message))}, frozenset({party}))


def seals_sum(make: Callable[[Place], bytes]) -> Altered:
    """What the cheat seals to the lost seat; elsewhere: its sum for the other key."""

    def said(run: Run, story: Story, message: Summing) -> Summing:
        cheat = run.party(CHEAT)
        state = cheat.split(story)
        seal, other = repair.on_parts_opened(state, cheat.prepared(story), cheat.open(state))
        elsewhere = Place(other.plaintext, other.public, other.info, message.keys[1].sealed)
        made = make(Place(seal.plaintext, seal.public, seal.info, message.keys[0].sealed, elsewhere))
        return replace(message, keys=(replace(message.keys[0], sealed=made), *message.keys[1:]))

    return Altered({"summings": says(CHEAT, said)}, frozenset({CHEAT}))


SUM_SHAPES: dict[str, tuple[str, Callable[[Run, Summing], Summing]]] = {
    "sums-nothing": ("sums for no key", lambda run, said: replace(said, keys=())),
    "sum-missing": ("sums for one key alone", lambda run, said: replace(said, keys=said.keys[:1])),
    "sum-twice": ("sums for one key twice", lambda run, said: replace(said, keys=(said.keys[0], said.keys[0]))),
    "sum-more": ("sums for a third key", lambda run, said: replace(said, keys=(*said.keys, said.keys[0]))),
    "sums-swapped": ("sums for the keys in the other order", lambda run, said: replace(said, keys=said.keys[::-1])),
    "sum-threshold-unknown": (
        "names a threshold that no key has",
        lambda run, said: replace(said, keys=(replace(said.keys[0], threshold=50), *said.keys[1:])),
    ),
}


def repairs(phase: str) -> Iterator[RunFault]:
    if phase != "repair":
        return

    def fault(name: str, description: str, made: Altered, *, by: str) -> RunFault:
        blamed = AUTHOR if by else NOBODY
        return RunFault(
            name=name,
            phase=phase,
            description=description,
            blamed=blamed,
            by=by,
            attempts=lambda run, cast: [made],
            cheats=made.cheats,
        )

    for table, by in ((SHAPES, "shape"), (POINTS, "point"), (PARTS, "parts"), (MOVED, "sealed")):
        for name, (description, change) in table.items():
            yield fault(name, description, splits(change), by=by)
    for name, (what, make) in SEALED.items():
        yield fault(f"part-sealed-{name}", f"seals to one helper: {what}", seals_part(make), by="sealed")
        yield fault(f"sum-sealed-{name}", f"seals to the lost seat: {what}", seals_sum(make), by="sealed")
    for name, (description, change) in SUM_SHAPES.items():
        yield fault(name, description, sums(change), by="shape")

    def copied(run: Run, keys: tuple[KeySplitting, ...]) -> tuple[KeySplitting, ...]:
        return run.honest.third[CHEAT - 1].message.keys

    def summed(run: Run, said: Summing) -> Summing:
        return replace(said, keys=run.honest.summings[CHEAT - 1].message.keys)

    yield fault("lost-seat-splits", "the lost seat helps itself to a part", splits(copied, party=4), by="shape")
    yield fault("lost-seat-sums", "the lost seat helps itself to a sum", sums(summed, party=4), by="shape")
    stray = "a seat that does not help with a key splits for it"
    yield fault("stray-helper-splits", stray, splits(copied, party=2), by="shape")
    stray = "a seat that does not help with a key sums for it"
    yield fault("stray-helper-sums", stray, sums(summed, party=2), by="shape")
    third = {"run": "under the id of another run", "preparations": "for other preparations than were shown"}
    for name, description in third.items():
        other = {name: fresh("other")}
        made = Altered(
            {"third": says(CHEAT, lambda run, story, said, other=other: replace(said, **other))}, frozenset({CHEAT})
        )
        yield fault(f"splitting-other-{name}", f"splits {description}", made, by="")
    fourth = {"run": "under the id of another run", "splittings": "of other splittings than were shown"}
    for name, description in fourth.items():
        other = {name: fresh("other")}
        made = sums(lambda run, said, other=other: replace(said, **other))
        yield fault(f"summing-other-{name}", f"sums {description}", made, by="")
