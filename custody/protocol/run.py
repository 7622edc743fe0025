"""A run as every party sees it: who sits where, who deals to whom, what each message must look like in its place.

Parties are numbered from 1: the seats of the new committee, then the dealers that have no seat in it. What a signed
message shows by itself to be wrong raises `PartyFault`, which is proof against its author; what two honest parties
could have been shown differently raises `RunAborted` without a suspect.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import TypeVar

from custody.errors import EncodingError, ProtocolError, RunAborted
from custody.identifiers import RunId, SignerId
from custody.protocol.authenticated import Authenticated
from custody.protocol.committee import Committee, HostKeys
from custody.protocol.encoding import Message
from custody.protocol.messages import SUITE
from custody.protocol.run_messages import Contribution, Preparation, RunTerms
from custody.protocol.tenure import BrokenLineage, Tenure, committee_of, leaving_dealers, require_sound, run_name


class Fault(StrEnum):
    """What a party can be shown to have done."""

    SHAPE = "shape"  # not one part for each key, or parts of the wrong number
    POINT = "point"  # bytes that are no point or no scalar
    SEALING_KEY = "sealing-key"  # nothing can be sealed to it
    OPENING = "opening"  # not the commitments that were promised
    PROOF = "proof"  # of possession, fails
    CONSTANT = "constant"  # does not deal on the share that it holds
    SEALED = "sealed"  # what was sealed does not open, or does not fit what was committed to
    PARTS = "parts"  # a splitting whose parts do not add up to the weighted share
    EQUIVOCATION = "equivocation"  # two different bodies in one place
    ENDORSEMENT = "endorsement"  # of other keys than the transcript that it names gives, or of other terms


class PartyFault(ProtocolError):
    """Proven by signed messages: this party left the protocol."""

    def __init__(self, accused: int, fault: Fault, detail: str, *, threshold: int = 0) -> None:
        self.accused = accused
        self.fault = fault
        self.threshold = threshold
        super().__init__(f"party {accused}: {detail}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSetting:
    """A run's terms with everything that follows from them. `before` is what the keys come from; None for a
    ceremony."""

    terms: RunTerms
    name: bytes
    committee: Committee
    before: Tenure | None
    parties: tuple[HostKeys, ...]

    @classmethod
    def of(cls, terms: RunTerms, before: Tenure | None) -> RunSetting:
        """Raises: RunAborted: these terms describe no run, or not one that follows from `before`."""
        try:
            committee = committee_of(terms)
            require_sound(terms, committee, before)
            leaving = leaving_dealers(terms, None if before is None else before.committee)
        except (EncodingError, BrokenLineage, ValueError) as error:
            raise RunAborted(f"the terms are of no run: {error}") from None
        return cls(
            terms=terms,
            name=run_name(terms),
            committee=committee,
            before=before,
            parties=(*committee.hosts, *leaving),
        )

    def party_of(self, keys: HostKeys) -> int:
        """Raises: RunAborted: this host has no part in the run."""
        if keys not in self.parties:
            raise RunAborted("this host has no part in the run")
        return self.parties.index(keys) + 1

    def dealers(self, index: int) -> tuple[SignerId, ...]:
        """Who deals in the key of this index: every seat in a ceremony, else seats of the committee before."""
        if self.before is None:
            return self.committee.seats
        return tuple(SignerId(seat) for seat in self.terms.dealers[index])

    def dealer_party(self, dealer: SignerId) -> int:
        """The party's number of a dealer."""
        committee = self.committee if self.before is None else self.before.committee
        return self.parties.index(committee.host(dealer)) + 1

    def dealer_of(self, party: int) -> SignerId | None:
        """As which seat a party deals, or None if it held no share before."""
        if self.before is None:
            return SignerId(party) if party <= len(self.committee.hosts) else None
        return self.before.committee.seat_of(self.parties[party - 1].id)

    def deals_in(self, party: int) -> tuple[int, ...]:
        """Indices of the keys that a party deals in."""
        seat = self.dealer_of(party)
        return tuple(index for index in range(len(self.terms.thresholds)) if seat in self.dealers(index))

    def recipients(self, index: int) -> tuple[SignerId, ...]:
        """Seats that somebody seals to: all, or in a repair the helpers and the lost seat."""
        if self.terms.kind != "repair":
            return self.committee.seats
        return (*self.dealers(index), SignerId(self.terms.lost))

    def receives_in(self, party: int) -> tuple[int, ...]:
        return tuple(index for index in range(len(self.terms.thresholds)) if party in self.recipients(index))


# --- rounds ---

M = TypeVar("M", bound=Message)


def in_order(setting: RunSetting, kind: type[M], messages: Sequence[Authenticated[M]]) -> list[M]:
    """The bodies, if there is exactly one of this kind by every party, in order, to everybody, in this run.

    Raises:
        RunAborted: it is not so; that is the relay's doing or a mistake, and proves nobody's fault.
    """
    if [message.author for message in messages] != [party.id for party in setting.parties]:
        raise RunAborted("a round has exactly one message of every party, in order")
    if any(message.execution != setting.name or message.recipient for message in messages):
        raise RunAborted("a round's messages are addressed to everybody in this run")
    if any(type(message.message) is not kind for message in messages):
        raise RunAborted("a round's messages are of one kind")
    return [message.message for message in messages]


def bodies_hash(tag: bytes, messages: Sequence[Authenticated[Message]]) -> bytes:
    """32 bytes over the bodies of one round; signatures are excluded."""
    return sha256(tag + b"".join(sha256(message.body).digest() for message in messages)).digest()


def seen_hash(setting: RunSetting, run: RunId, rounds: Sequence[Sequence[Authenticated[Message]]]) -> bytes:
    """32 bytes over everything that a party was shown after the contributions, round by round."""
    digests = b"".join(bodies_hash(b"custody-round-v1", messages) for messages in rounds)
    return sha256(b"custody-seen-v1" + setting.name + run + digests).digest()


def name_run(setting: RunSetting, messages: Sequence[Authenticated[Contribution]]) -> RunId:
    """The run's id, from everybody's fresh bytes. Raises: RunAborted."""
    contributions = (message.contribution for message in in_order(setting, Contribution, messages))
    return RunId(sha256(b"custody-run-v2" + setting.name + b"".join(contributions)).digest())


def place_of(run: RunId, threshold: int, dealer: SignerId) -> bytes:
    """Names the one-time key that a recipient keeps for one dealer's sealing in one key of one run."""
    return run + threshold.to_bytes(2, "big") + dealer.to_bytes(2, "big")


def places(setting: RunSetting, run: RunId, party: int) -> tuple[tuple[bytes, ...], ...]:
    """The places of the one-time keys that this party publishes, for each threshold one for each dealer."""
    receives = setting.receives_in(party)
    return tuple(
        tuple(place_of(run, threshold, dealer) for dealer in setting.dealers(index)) if index in receives else ()
        for index, threshold in enumerate(setting.committee.thresholds)
    )


def check_preparation(setting: RunSetting, run: RunId, party: int, preparation: Preparation) -> None:
    """Raises: PartyFault: its shape is wrong. RunAborted: it is of another run."""
    require_run(run, preparation.run)
    expected = [
        len(setting.dealers(index)) if index in setting.receives_in(party) else 0
        for index in range(len(setting.terms.thresholds))
    ]
    promises = bool(setting.deals_in(party)) and setting.terms.kind != "repair"
    if [len(keys) for keys in preparation.sealing_keys] != expected or len(preparation.opening) != 32 * promises:
        raise PartyFault(party, Fault.SHAPE, "not the one-time keys and the promise that its part asks for")


def require_run(run: RunId, said: bytes) -> None:
    """Raises: RunAborted: its author may be honest, and was shown other contributions."""
    if said != run:
        raise RunAborted("a message is of another run; somebody told two stories")


def sealing_key(
    setting: RunSetting, preparations: Sequence[Preparation], *, recipient: int, index: int, dealer: SignerId
) -> bytes:
    """The one-time key to seal to; `preparations` in order of parties, checked."""
    return preparations[recipient - 1].sealing_keys[index][setting.dealers(index).index(dealer)]


def sealing_info(
    setting: RunSetting, run: RunId, *, phase: bytes, index: int, dealer: SignerId, recipient: int, committed: bytes
) -> bytes:
    """Binds a ciphertext to its place: suite, terms (kind, hosts, generation), run, phase, key, dealer, recipient.

    `committed` hashes what the dealer committed to.
    """
    numbers = setting.committee.thresholds[index], setting.terms.generation, dealer, recipient
    encoded = b"".join(number.to_bytes(8, "big") for number in numbers)
    return b"custody-share-v2" + SUITE.encode() + setting.name + run + phase.ljust(8, b"\0") + encoded + committed
