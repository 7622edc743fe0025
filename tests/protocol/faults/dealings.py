"""Faults in the dealings of a ceremony, a refresh or a reshare."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from msgspec.structs import replace

from custody.crypto import Point, Scalar, SecretScalar
from custody.crypto.curve import sum_points, times_generator
from custody.crypto.polynomial import SecretPolynomial, evaluate_commitment
from custody.crypto.possession import DealerStatement, prove_possession
from custody.crypto.repairing import add_all
from custody.crypto.scalars import ORDER
from custody.identifiers import RunId, SignerId
from custody.protocol import dealing
from custody.protocol.run import sealing_key
from custody.protocol.run_messages import Dealing, KeyDealing
from custody.protocol.run_states import DealingPlan
from tests.builders import a_polynomial, fresh
from tests.protocol.faults.entry import AUTHOR, CAST, NOBODY, Altered, Cast, RunFault, says
from tests.protocol.faults.sealing import SEALED, Place
from tests.protocol.running import HOSTS, Round, Run, Story

Keys = tuple[KeyDealing, ...]
Change = Callable[[Run, Cast, Keys], Keys]
NO_POINT = b"\x02" + (5).to_bytes(32, "big")
"""x = 5 is no x coordinate of secp256k1."""


def first(change: Callable[[KeyDealing], dict[str, Any]]) -> Change:
    """Alter the part of the first key."""
    return lambda run, cast, keys: (replace(keys[0], **change(keys[0])), *keys[1:])


SHAPES: dict[str, tuple[str, Change]] = {
    "deals-nothing": ("deals in no key", lambda run, cast, keys: ()),
    "key-missing": ("deals in one key alone", lambda run, cast, keys: keys[:1]),
    "key-twice": ("deals in one key twice", lambda run, cast, keys: (keys[0], keys[0])),
    "key-more": ("deals in a third key", lambda run, cast, keys: (*keys, keys[0])),
    "keys-swapped": ("deals in the keys in the other order", lambda run, cast, keys: keys[::-1]),
    "threshold-unknown": ("names a threshold that no key has", first(lambda key: {"threshold": 50})),
    "commitment-missing": ("commits to one point too few", first(lambda key: {"commitment": key.commitment[:-1]})),
    "commitment-more": (
        "commits to one point too many, so that the key would need one more",
        first(lambda key: {"commitment": (*key.commitment, key.commitment[0])}),
    ),
    "commitments-missing": ("commits to nothing", first(lambda key: {"commitment": ()})),
    "sealed-missing": ("seals to one seat too few", first(lambda key: {"sealed": key.sealed[:-1]})),
    "sealed-more": ("seals to one seat too many", first(lambda key: {"sealed": (*key.sealed, key.sealed[0])})),
    "sealed-to-nobody": ("seals to no seat", first(lambda key: {"sealed": ()})),
}
POINTS: dict[str, tuple[str, Change]] = {
    "point-off-the-curve": (
        "commits to bytes that are no point",
        first(lambda key: {"commitment": (*key.commitment[:-1], NO_POINT)}),
    ),
    "point-at-infinity": (
        "commits to infinity, so that a quorum would be smaller",
        first(lambda key: {"commitment": (*key.commitment[:-1], bytes(33))}),
    ),
    "point-hybrid": (
        "writes a point in a form that is none",
        first(lambda key: {"commitment": (b"\x06" + key.commitment[0][1:], *key.commitment[1:])}),
    ),
}
OPENINGS: dict[str, tuple[str, Change]] = {
    "constant-not-promised": (
        "commits to another constant than it promised",
        first(lambda key: {"commitment": (key.commitment[1], *key.commitment[1:])}),
    ),
    "coefficient-not-promised": (
        "commits to another highest coefficient than it promised",
        first(lambda key: {"commitment": (*key.commitment[:-1], key.commitment[0])}),
    ),
    "commitments-reordered": (
        "commits to the promised points in another order",
        first(lambda key: {"commitment": key.commitment[::-1]}),
    ),
    "commitment-negated": (
        "commits to the negative of a promised point",
        first(
            lambda key: {"commitment": (bytes([key.commitment[0][0] ^ 1]) + key.commitment[0][1:], *key.commitment[1:])}
        ),
    ),
    "commitments-of-another": (
        "commits to another dealer's points",
        lambda run, cast, keys: tuple(
            replace(key, commitment=other.commitment)
            for key, other in zip(keys, run.honest.third[cast.other - 1].message.keys, strict=True)
        ),
    ),
}


def deals(party: int, change: Change) -> Altered:
    """The party deals otherwise than it promised."""

    def said(run: Run, story: Story, message: Dealing) -> Dealing:
        cast = CAST[run.setting.terms.kind]
        return replace(message, keys=change(run, Cast(cheat=party, victim=cast.victim, other=cast.other), message.keys))

    return Altered({"third": says(party, said)}, frozenset({party}))


# --- cheats that keep their promise ---


def plans(run: Run, story: Story, party: int) -> tuple[DealingPlan, ...]:
    cheat = run.party(party)
    return dealing.deal(cheat.prepared(story), randomness=cheat.randomness, shares=cheat.held)


def promised(party: int, change: Change) -> Altered:
    """The party promises what it then commits to, in `change`; ciphertexts stay as they are."""
    cast = Cast(cheat=party, victim=0, other=0)

    def commitments(run: Run) -> Keys:
        cast = CAST[run.setting.terms.kind]
        honest = run.honest.third[party - 1].message.keys
        return change(run, Cast(cheat=party, victim=cast.victim, other=cast.other), honest)

    def prepare(run: Run, story: Story, message: Any) -> Any:
        points = [[Point.from_bytes_compressed(point) for point in key.commitment] for key in commitments(run)]
        return replace(message, opening=dealing.opening_hash(run.party(party).named(story).run, party, points))

    def deal(run: Run, story: Story, message: Dealing) -> Dealing:
        return replace(message, keys=commitments(run))

    return Altered({"preparations": says(party, prepare), "third": says(party, deal)}, frozenset({cast.cheat}))


def constant(point: Callable[[Run, Cast], Point]) -> Change:
    """Another constant in the first key."""

    def change(run: Run, cast: Cast, keys: Keys) -> Keys:
        made = point(run, cast).to_bytes_compressed()
        return (replace(keys[0], commitment=(made, *keys[0].commitment[1:])), *keys[1:])

    return change


def constant_moved(by: Point) -> Change:
    """The first key's constant and `by` more."""

    def change(run: Run, cast: Cast, keys: Keys) -> Keys:
        moved = sum_points((Point.from_bytes_compressed(keys[0].commitment[0]), by)).to_bytes_compressed()
        return (replace(keys[0], commitment=(moved, *keys[0].commitment[1:])), *keys[1:])

    return change


def proof(make: Callable[[Run, Cast, KeyDealing], bytes]) -> Change:
    return lambda run, cast, keys: (replace(keys[0], proof=make(run, cast, keys[0])), *keys[1:])


def proven(**changes: Any) -> Change:
    """The cheat knows its secret and proves it, but the proof says something else."""

    def change(run: Run, cast: Cast, keys: Keys) -> Keys:
        stated: dict[str, Any] = {
            "run": run.party(cast.cheat).named(run.honest).run,
            "dealer": SignerId(cast.cheat),
            "threshold": keys[0].threshold,
            "committee": run.setting.committee.fingerprint(),
        }
        secret = a_polynomial(threshold=3, label="cheat").coefficients[0]
        made = prove_possession(secret, DealerStatement(**(stated | changes)), randomness=fresh("proof"))
        commitment = (secret.times_generator().to_bytes_compressed(), *keys[0].commitment[1:])
        return (replace(keys[0], commitment=commitment, proof=made.to_bytes()), *keys[1:])

    return change


def _rogue(run: Run, cast: Cast) -> Point:
    """X less the constants of all others, so that the group key would be X, known to the cheat alone."""
    others = [
        Point.from_bytes_compressed(each.message.keys[0].commitment[0]).negated()
        for party, each in enumerate(run.honest.third, start=1)
        if party != cast.cheat
    ]
    return sum_points((times_generator(Scalar(123_456)), *others))


PROOFS: dict[str, tuple[str, Change]] = {
    "proof-missing": ("proves nothing", proof(lambda run, cast, key: b"")),
    "proof-short": ("gives a proof of 64 bytes", proof(lambda run, cast, key: key.proof[:-1])),
    "proof-garbage": ("gives 65 bytes that are no proof", proof(lambda run, cast, key: b"\x02" * 65)),
    "proof-commitment-off-the-curve": (
        "gives a proof whose point is none",
        proof(lambda run, cast, key: NO_POINT + key.proof[33:]),
    ),
    "proof-response-too-large": (
        "gives a response that is not below the group order",
        proof(lambda run, cast, key: key.proof[:33] + ORDER.to_bytes(32, "big")),
    ),
    "proof-response-zero": ("gives the response zero", proof(lambda run, cast, key: key.proof[:33] + bytes(32))),
    "proof-flipped": (
        "gives a proof with a bit flipped",
        proof(lambda run, cast, key: key.proof[:-1] + bytes([key.proof[-1] ^ 1])),
    ),
    "proof-of-another-dealer": (
        "copies another dealer's constant and proof",
        lambda run, cast, keys: (
            replace(
                keys[0],
                commitment=(run.honest.third[cast.other - 1].message.keys[0].commitment[0], *keys[0].commitment[1:]),
                proof=run.honest.third[cast.other - 1].message.keys[0].proof,
            ),
            *keys[1:],
        ),
    ),
    "proof-of-the-other-key": (
        "gives its proof for the other key",
        lambda run, cast, keys: (replace(keys[0], proof=keys[1].proof), *keys[1:]),
    ),
    "proof-for-another-run": ("proves its secret for another run", proven(run=RunId(fresh("another")))),
    "proof-for-another-seat": ("proves its secret as another seat", proven(dealer=SignerId(2))),
    "proof-for-another-threshold": ("proves its secret for another threshold", proven(threshold=4)),
    "proof-for-another-committee": ("proves its secret to another committee", proven(committee=fresh("committee"))),
    "rogue-key": ("commits to a constant that would make the group key its own", constant(_rogue)),
    "constant-unknown": (
        "commits to a constant whose secret it does not know",
        constant(lambda run, cast: times_generator(Scalar(7))),
    ),
}


def _public_share(run: Run, cast: Cast, index: int = 0) -> Point:
    assert run.setting.before is not None
    seat = run.setting.dealer_of(cast.cheat)
    assert seat is not None
    return run.setting.before.keys[index].public_shares[seat]


CONSTANTS: dict[str, tuple[str, Change]] = {
    "constant-fresh": (
        "deals a secret of its own choice, so that the group key would move",
        constant(lambda run, cast: times_generator(Scalar(7))),
    ),
    "constant-unweighted": ("deals its share without the weight of the dealer set", constant(_public_share)),
    "constant-of-another-dealer": (
        "deals on another dealer's share",
        lambda run, cast, keys: (
            replace(
                keys[0],
                commitment=(run.honest.third[cast.other - 1].message.keys[0].commitment[0], *keys[0].commitment[1:]),
            ),
            *keys[1:],
        ),
    ),
    "constant-of-the-other-key": (
        "deals its share of the other key",
        lambda run, cast, keys: (
            replace(keys[0], commitment=(keys[1].commitment[0], *keys[0].commitment[1:])),
            *keys[1:],
        ),
    ),
    "constant-negated": (
        "deals the negative of its share",
        lambda run, cast, keys: (
            replace(
                keys[0],
                commitment=(
                    Point.from_bytes_compressed(keys[0].commitment[0]).negated().to_bytes_compressed(),
                    *keys[0].commitment[1:],
                ),
            ),
            *keys[1:],
        ),
    ),
    "constant-doubled": (
        "deals twice its weighted share",
        lambda run, cast, keys: (
            replace(
                keys[0],
                commitment=(
                    Point.from_bytes_compressed(keys[0].commitment[0]).times(Scalar(2)).to_bytes_compressed(),
                    *keys[0].commitment[1:],
                ),
            ),
            *keys[1:],
        ),
    ),
    "constant-of-the-group-key": (
        "commits to the group key itself",
        constant(lambda run, cast: run.setting.before.keys[0].public if run.setting.before else Point(None)),
    ),
}


# --- what is sealed to one recipient ---


def place_of_victim(run: Run, story: Story, cheat: int, victim: int, message: Dealing) -> Place:
    """The victim's share in the first key; elsewhere: the next recipient's."""
    plan = plans(run, story, cheat)[0]
    seal, other = plan.seals[victim - 1], plan.seals[victim % len(plan.seals)]
    sealed = message.keys[0].sealed
    elsewhere = Place(other.plaintext, other.public, other.info, sealed[other.recipient - 1])
    return Place(seal.plaintext, seal.public, seal.info, sealed[victim - 1], elsewhere)


def seals(make: Callable[[Place], bytes], *, cheat: int, victim: int) -> Altered:
    def said(run: Run, story: Story, message: Dealing) -> Dealing:
        made = make(place_of_victim(run, story, cheat, victim, message))
        sealed = (*message.keys[0].sealed[: victim - 1], made, *message.keys[0].sealed[victim:])
        return replace(message, keys=(replace(message.keys[0], sealed=sealed), *message.keys[1:]))

    return Altered({"third": says(cheat, said)}, frozenset({cheat}))


Value = Callable[[Run, Story], SecretScalar | None]


def rooted(cheat: int, victim: int) -> Altered:
    """A polynomial that is zero at the victim's seat, promised, committed to and sealed as it is."""
    return prescribed(cheat, victim, lambda run, story: None)


def prescribed(cheat: int, victim: int, value: Value) -> Altered:
    """A polynomial for the first key with this value (None: zero) at one seat, promised and sealed as it is."""

    def prepare(run: Run, story: Story, message: Any) -> Any:
        honest = polynomials(run, story, cheat)
        points = [_through(honest[0], victim, value(run, story)).commit(), *(each.commit() for each in honest[1:])]
        return replace(message, opening=dealing.opening_hash(run.party(cheat).named(story).run, cheat, points))

    def deal(run: Run, story: Story, message: Dealing) -> Dealing:
        state, dealer = run.party(cheat).prepared(story), run.setting.dealer_of(cheat)
        assert dealer is not None
        made = _through(polynomials(run, story, cheat)[0], victim, value(run, story))
        commitment = made.commit()
        part = replace(message.keys[0], commitment=tuple(point.to_bytes_compressed() for point in commitment))
        asked = replace(message, keys=(part,))
        sealed = []
        for seat in run.setting.committee.seats:
            zero = evaluate_commitment(commitment, seat).is_infinity
            effect = dealing.open_of(state.named, asked, index=0, dealer=dealer, commitment=commitment, recipient=seat)
            public = sealing_key(run.setting, state.preparations, recipient=seat, index=0, dealer=dealer)
            raw = bytes(32) if zero else made.evaluate(seat).to_secret_bytes()
            sealed.append(HOSTS.seal(raw, public=public, info=effect.info))
        return replace(message, keys=(replace(part, sealed=tuple(sealed)), *message.keys[1:]))

    return Altered({"preparations": says(cheat, prepare), "third": says(cheat, deal)}, frozenset({cheat}))


def polynomials(run: Run, story: Story, party: int) -> list[SecretPolynomial]:
    """A party's honest polynomials, for each key that it deals in."""
    of = run.party(party)
    indices = run.setting.deals_in(party)
    return [dealing._polynomial(of.named(story), index, of.randomness, of.held) for index in indices]


def _through(honest: SecretPolynomial, seat: int, value: SecretScalar | None) -> SecretPolynomial:
    """The polynomial with another linear coefficient: a_1 = (value - c - a_2·v^2 - ...)/v."""
    rest = [
        coefficient.times(Scalar.reduce(-(seat**power)))
        for power, coefficient in enumerate(honest.coefficients)
        if power != 1
    ]
    linear = add_all(rest if value is None else [value, *rest]).times(Scalar(seat).inverse())
    return SecretPolynomial((honest.coefficients[0], linear, *honest.coefficients[2:]))


# --- the table ---


def dealings(phase: str) -> Iterator[RunFault]:
    if phase == "repair":
        return
    cheat, victim = CAST[phase].cheat, CAST[phase].victim

    def fault(name: str, description: str, made: Altered, *, by: str) -> RunFault:
        def attempts(run: Run, cast: Cast) -> Sequence[Altered]:
            return [made]

        return RunFault(
            name=name,
            phase=phase,
            description=description,
            blamed=AUTHOR if by else NOBODY,
            by=by,
            attempts=attempts,
            cheats=made.cheats,
        )

    for table, by in ((SHAPES, "shape"), (POINTS, "point"), (OPENINGS, "opening")):
        for name, (description, change) in table.items():
            yield fault(name, description, deals(cheat, change), by=by)
    kept, by = (PROOFS, "proof") if phase == "ceremony" else (CONSTANTS, "constant")
    for name, (description, change) in kept.items():
        yield fault(name, description, promised(cheat, change), by=by)
    for name, (what, make) in SEALED.items():
        yield fault(
            f"sealed-{name}", f"seals to one seat: {what}", seals(make, cheat=cheat, victim=victim), by="sealed"
        )
    zero = "deals by a polynomial that is zero at one seat"
    yield fault("share-of-a-root", zero, rooted(cheat, victim), by="sealed")
    other = "deals to other preparations than were shown"
    yield fault("other-preparations", other, _field(cheat, preparations=fresh("other")), by="")
    yield fault("dealing-of-another-run", "deals under the id of another run", _field(cheat, run=fresh("other")), by="")
    old = "gives the ciphertexts of an earlier run of the same dealer"
    yield fault("sealed-of-an-earlier-run", old, _replayed(cheat), by="sealed")
    if phase != "ceremony":
        given = "adds a proof where the constant is known"
        yield fault("proof-uncalled-for", given, deals(cheat, first(lambda key: {"proof": b"\x02" * 65})), by="shape")
    if phase == "reshare":
        newcomer = "a newcomer, who holds no share, deals"
        copied: Change = lambda run, cast, keys: run.honest.third[cheat - 1].message.keys  # noqa: E731
        yield fault("newcomer-deals", newcomer, deals(1, copied), by="shape")
        leaves = "a dealer that leaves"
        leaver = seals(SEALED["share-plus-one"][1], cheat=8, victim=victim)
        yield fault("leaver-seals-another-share", f"{leaves} seals a share plus one", leaver, by="sealed")
        moved = promised(8, CONSTANTS["constant-fresh"][1])
        yield fault("leaver-deals-another-secret", f"{leaves} deals a secret of its own choice", moved, by="constant")
        nothing = deals(8, SHAPES["deals-nothing"][1])
        yield fault("leaver-deals-nothing", f"{leaves} deals nothing", nothing, by="shape")


def _field(cheat: int, **changes: Any) -> Altered:
    return Altered({"third": says(cheat, lambda run, story, message: replace(message, **changes))}, frozenset({cheat}))


def _replayed(cheat: int) -> Altered:
    """Another run of the same terms but for the salt: everything that the cheat sealed there, here."""

    def said(run: Run, story: Story, message: Dealing) -> Dealing:
        terms = replace(run.setting.terms, salt=fresh("an earlier attempt"))
        held = {party.identity.keys.id: tuple(party.held.values()) for party in run.parties}
        earlier: Round = Run(terms, run.setting.before, held=held, label="earlier").honest.third
        replayed = earlier[cheat - 1].message.keys
        keys = tuple(replace(key, sealed=old.sealed) for key, old in zip(message.keys, replayed, strict=True))
        return replace(message, keys=keys)

    return Altered({"third": says(cheat, said)}, frozenset({cheat}))
