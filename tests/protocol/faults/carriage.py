"""What a relay can do to any round, what one party can say twice, and what never gets past the door."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from custody.protocol.authenticated import Authenticated
from custody.protocol.committee import HostKeys
from custody.protocol.encoding import Message, encode
from custody.protocol.messages import ED25519_BYTES, LARGEST_WORD, Envelope, decode_envelope
from custody.protocol.run import Fault, PartyFault
from custody.protocol.run_messages import Contribution, Endorsement
from tests.builders import an_identity, fresh
from tests.protocol.faults.entry import (
    AUTHOR,
    NOBODY,
    REFUSED,
    Altered,
    AtTheDoor,
    Cast,
    RunFault,
    TwoStories,
    TwoWords,
    put,
)
from tests.protocol.running import HOSTS, Party, Round, Run, Story

RELAY: frozenset[int] = frozenset()
Carry = Callable[[Run, Cast, str, Round], Any]


def _earlier(run: Run, cast: Cast, name: str, messages: Round) -> Round:
    """The cheat's message of another round, or of the next where there is none before."""
    index = run.rounds.index(name)
    other = run.rounds[index - 1 if index else 1]
    return put(messages, cast.cheat, getattr(run.honest, other)[cast.cheat - 1])


def _elsewhere(run: Run, cast: Cast, name: str, messages: Round) -> Round:
    message = messages[cast.cheat - 1].message
    return put(messages, cast.cheat, run.signed(cast.cheat, message, execution=fresh("another run")))


def _for_one(run: Run, cast: Cast, name: str, messages: Round) -> Round:
    message, only = messages[cast.cheat - 1].message, run.setting.parties[cast.victim - 1].id
    return put(messages, cast.cheat, run.signed(cast.cheat, message, recipient=only))


def _swapped(run: Run, cast: Cast, name: str, messages: Round) -> Round:
    changed = list(messages)
    changed[0], changed[1] = changed[1], changed[0]
    return tuple(changed)


def _by_stranger(run: Run, cast: Cast, name: str, messages: Round) -> Round:
    stranger = run.signed(cast.cheat, messages[cast.cheat - 1].message, by=an_identity("stranger"))
    return put(messages, cast.cheat, stranger)


CARRIAGE: dict[str, tuple[str, Carry]] = {
    "round-missing": ("a whole round is empty", lambda run, cast, name, all_: ()),
    "message-missing": (
        "one party's message is missing from a round",
        lambda run, cast, name, all_: (*all_[: cast.cheat - 1], *all_[cast.cheat :]),
    ),
    "message-twice": ("a message stands twice", lambda run, cast, name, all_: (*all_, all_[cast.cheat - 1])),
    "message-for-another": (
        "another party's message stands in the place of one",
        lambda run, cast, name, all_: put(all_, cast.cheat, all_[cast.other - 1]),
    ),
    "round-reordered": ("two messages have changed places", _swapped),
    "round-reversed": ("a round stands in the opposite order", lambda run, cast, name, all_: all_[::-1]),
    "message-of-another-run": ("a message that was signed for another run", _elsewhere),
    "message-for-one": ("a message that is addressed to one party alone", _for_one),
    "message-of-another-round": ("the author's message of another round", _earlier),
    "signed-by-a-stranger": ("a stranger's message stands in a party's place", _by_stranger),
}


def carriage(phase: str) -> Iterator[RunFault]:
    """Each in every round of the run."""
    for name, (description, carry) in CARRIAGE.items():

        def attempts(run: Run, cast: Cast, carry: Carry = carry) -> Iterator[Altered]:
            for round_ in run.rounds:

                def alter(run: Run, story: Story, messages: Round, round_: str = round_) -> Round:
                    return tuple(carry(run, cast, round_, messages))

                yield Altered({round_: alter}, RELAY)

        yield RunFault(
            name=name, phase=phase, description=f"in any round: {description}", blamed=NOBODY, by="", attempts=attempts
        )


# --- two bodies in one place ---


def _again(round_: str, change: Callable[[Run, Story, Any], Any]) -> Callable[[Run, Cast], Iterator[TwoStories]]:
    def attempts(run: Run, cast: Cast) -> Iterator[TwoStories]:
        def other(run: Run, before: Story) -> Authenticated[Any]:
            return run.signed(cast.cheat, change(run, before, run.party(cast.cheat)))

        yield TwoStories(round_, other, cast.cheat)

    return attempts


def with_other_seed(party: Party) -> Party:
    """The same party with one-time keys of another seed."""
    other = Party(party.run, party.number, tuple(party.held.values()))
    other.one_time = HOSTS.one_time_keys(fresh("another generation seed"))
    return other


def other_keys(run: Run, before: Story, party: Party) -> Message:
    """The same promise, and other one-time keys."""
    return with_other_seed(party)._preparations(before)


def _other_transcript(run: Run, before: Story, party: Party) -> Endorsement:
    said: Endorsement = run.honest.endorsements[party.number - 1].message
    another = fresh("another transcript")
    return msgspec.structs.replace(said, transcript=another, origin=said.origin if run.setting.before else another)


def equivocations(phase: str) -> Iterator[RunFault]:
    changes: dict[str, Callable[[Run, Story, Any], Any]] = {
        "contributions": lambda run, before, party: Contribution(contribution=fresh("another contribution")),
        "preparations": other_keys,
        "third": lambda run, before, party: party._third(before),  # sealed anew
        "summings": lambda run, before, party: party._summings(before),
        "endorsements": _other_transcript,
    }
    words = {
        "contributions": "contribution",
        "preparations": "set of one-time keys",
        "third": "splitting" if phase == "repair" else "dealing",
        "summings": "sum",
        "endorsements": "endorsement",
    }
    for round_, change in changes.items():
        if round_ == "summings" and phase != "repair":
            continue
        yield RunFault(
            name=f"two-{round_}" if round_ != "third" else f"two-{words['third']}s",
            phase=phase,
            description=f"shows half of the parties another {words[round_]} than the others",
            blamed=AUTHOR,
            by="equivocation",
            attempts=_again(round_, change),
        )

    def both(run: Run, cast: Cast) -> Iterator[TwoWords]:
        fault = PartyFault(cast.victim, Fault.SHAPE, "")
        party = run.party(cast.cheat)
        yield TwoWords(lambda run: [party.complain(run.prefix(run.rounds[-2]), fault)])

    yield RunFault(
        name="endorses-and-complains",
        phase=phase,
        description="endorses the run before some parties and complains of it before others",
        blamed=AUTHOR,
        by="equivocation",
        attempts=both,
    )


# --- the door ---


def _envelope(run: Run, cast: Cast) -> Envelope:
    return decode_envelope(run.honest.third[cast.cheat - 1].encoded)


def _door(change: Callable[[Run, Cast, Envelope], bytes]) -> Callable[[Run, Cast], Iterator[AtTheDoor]]:
    def attempts(run: Run, cast: Cast) -> Iterator[AtTheDoor]:
        yield AtTheDoor(lambda run: change(run, cast, _envelope(run, cast)))

    return attempts


def _with(envelope: Envelope, **changes: Any) -> bytes:
    return encode(msgspec.structs.replace(envelope, **changes))


def _flip(signature: bytes, place: int) -> bytes:
    return signature[:place] + bytes([signature[place] ^ 1]) + signature[place + 1 :]


def _resigned(run: Run, party: int, body: bytes, kind: str, halves: tuple[int, int] = (0, 0)) -> bytes:
    """An envelope of any body by this party; each half of the signature by the party itself, or by another one."""
    own: HostKeys = run.setting.parties[party - 1]
    unsigned = msgspec.structs.replace(_envelope(run, Cast(cheat=party, victim=1, other=1)), body=body, kind=kind)
    to_sign = unsigned.signed_bytes(own.signing, own.post_quantum)
    signers = [run.party(half or party).identity for half in halves]
    signature = signers[0]._signing.sign(to_sign)
    post_quantum = signers[1]._post_quantum
    assert post_quantum is not None
    return encode(msgspec.structs.replace(unsigned, signature=signature + post_quantum.sign(to_sign)))


def _loose_body(run: Run, cast: Cast, envelope: Envelope) -> bytes:
    """The same message in another encoding: one byte string with a longer length."""
    body = envelope.body.replace(b"\xc4\x20", b"\xc5\x00\x20", 1)
    assert body != envelope.body
    return _resigned(run, cast.cheat, body, envelope.kind)


def _extra_field(run: Run, cast: Cast, envelope: Envelope) -> bytes:
    fields = msgspec.msgpack.decode(envelope.body)
    return _resigned(run, cast.cheat, msgspec.msgpack.encode(fields | {"extra": 1}), envelope.kind)


def _short_point(run: Run, cast: Cast, envelope: Envelope) -> bytes:
    fields = msgspec.msgpack.decode(envelope.body)
    name = "points" if run.setting.terms.kind == "repair" else "commitment"
    fields["keys"][0][name][0] = fields["keys"][0][name][0][:-1]
    return _resigned(run, cast.cheat, msgspec.msgpack.encode(fields), envelope.kind)


def _too_long(run: Run, cast: Cast, envelope: Envelope) -> bytes:
    fields = msgspec.msgpack.decode(envelope.body)
    fields["keys"][0]["sealed"][0] = bytes(LARGEST_WORD)
    return _resigned(run, cast.cheat, msgspec.msgpack.encode(fields), envelope.kind)


def _short_key(run: Run, cast: Cast, envelope: Envelope) -> bytes:
    fields = msgspec.msgpack.decode(run.honest.preparations[cast.cheat - 1].body)
    fields["sealing_keys"][0][0] = fields["sealing_keys"][0][0][:-1]
    return _resigned(run, cast.cheat, msgspec.msgpack.encode(fields), "Preparation")


DOOR: dict[str, tuple[str, str, Callable[[Run, Cast, Envelope], bytes]]] = {
    "ed25519-forged": (
        "the Ed25519 signature is forged, the ML-DSA-65 one is right",
        "signature",
        lambda run, cast, e: _resigned(run, cast.cheat, e.body, e.kind, (cast.other, cast.cheat)),
    ),
    "ml-dsa-forged": (
        "the ML-DSA-65 signature is forged, the Ed25519 one is right",
        "signature",
        lambda run, cast, e: _resigned(run, cast.cheat, e.body, e.kind, (cast.cheat, cast.other)),
    ),
    "both-forged": (
        "both signatures are another party's, in this party's name",
        "signature",
        lambda run, cast, e: _resigned(run, cast.cheat, e.body, e.kind, (cast.other, cast.other)),
    ),
    "signature-flipped": (
        "a bit of the Ed25519 signature is flipped",
        "signature",
        lambda run, cast, e: _with(e, signature=_flip(e.signature, 5)),
    ),
    "ed25519-alone": (
        "the ML-DSA-65 signature is left out",
        "encoding",
        lambda run, cast, e: _with(e, signature=e.signature[:ED25519_BYTES]),
    ),
    "stranger": (
        "a host signs that is no party",
        "signature",
        lambda run, cast, e: an_identity("stranger").sign(run.honest.third[0].message, execution=run.setting.name),
    ),
    "named-another": (
        "another party is named as the author",
        "signature",
        lambda run, cast, e: _with(e, author=run.setting.parties[cast.other - 1].id),
    ),
    "moved-to-another-run": (
        "the relay moves a message to another run",
        "signature",
        lambda run, cast, e: _with(e, execution=fresh("another run")),
    ),
    "addressed-anew": (
        "the relay addresses a message to somebody else",
        "signature",
        lambda run, cast, e: _with(e, recipient=run.setting.parties[0].id),
    ),
    "body-altered": (
        "the relay puts another party's words under a signature",
        "signature",
        lambda run, cast, e: _with(e, body=run.honest.third[cast.other - 1].body),
    ),
    "kind-altered": (
        "the relay calls a message by another name",
        "signature",
        lambda run, cast, e: _with(e, kind="Certified"),
    ),
    "kind-unknown": (
        "a kind of message that does not exist",
        "encoding",
        lambda run, cast, e: _resigned(run, cast.cheat, e.body, "Confession"),
    ),
    "version": ("another version of the protocol", "encoding", lambda run, cast, e: _with(e, version=e.version + 1)),
    "suite": ("another suite", "encoding", lambda run, cast, e: _with(e, suite=e.suite.replace("65", "44"))),
    "loose-encoding": ("an encoding of the same message that is not the one", "encoding", _loose_body),
    "extra-field": ("a field that the message does not have", "encoding", _extra_field),
    "short-point": ("a point of 32 bytes", "encoding", _short_point),
    "short-sealing-key": ("a one-time key that is a byte too short", "encoding", _short_key),
    "too-long": ("a message so long that its round could not be carried", "encoding", _too_long),
    "truncated": ("an envelope without its end", "encoding", lambda run, cast, e: encode(e)[:-1]),
}


def doors(phase: str) -> Iterator[RunFault]:
    for name, (description, by, change) in DOOR.items():
        yield RunFault(name=name, phase=phase, description=description, blamed=REFUSED, by=by, attempts=_door(change))
