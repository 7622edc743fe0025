"""Who is to blame, from signed messages alone: the same answer for everybody who holds them, online or off.

`judge_run` goes through a run's messages as an honest party does. What they show by themselves names its author. A
complaint about something sealed opens exactly that share with the complainant's one-time key: then either the dealer is
at fault or the complainant. Messages that contradict each other without two bodies by one author in one place prove
nothing: `Verdict.culprit` is None, "cannot tell which", and that is an answer of its own.

Refuses to know: where messages come from; they arrive `Authenticated`. Opening is a port.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from custody.crypto.curve import Point, SecretScalar, ZeroSecret
from custody.crypto.keys import GroupKey
from custody.crypto.polynomial import evaluate_commitment
from custody.errors import EncodingError, ProtocolError, RunAborted
from custody.identifiers import HostId, RunId, SignerId
from custody.protocol import dealing, repair
from custody.protocol.authenticated import Authenticated
from custody.protocol.committee import HostKeys
from custody.protocol.encoding import Message
from custody.protocol.run import Fault, PartyFault, RunSetting, in_order, name_run, sealing_key, seen_hash
from custody.protocol.run_messages import (
    Complaint,
    Contribution,
    Dealing,
    Endorsement,
    HostKeysBody,
    Preparation,
    RunTerms,
    Splitting,
    Summing,
)
from custody.protocol.run_states import Collected, Open, Prepared, Summed
from custody.protocol.tenure import Authenticate, contradicts, key_bodies
from custody.protocol.transcript import (
    RunTranscript,
    prepared_of,
    replay,
    require_rounds_of,
    split_of,
    summed_of,
)


class RunEvidence(Message, frozen=True):
    """Everything that a complaint was made on, as signed envelopes; checked offline by anybody.

    `lineage`: encoded certificates up to the one the terms call previous. Each round: every party's envelope, in order;
    a round that the complainant had not reached is empty. `third`: dealings or splittings. `complaint`: one envelope.
    """

    terms: RunTerms
    lineage: tuple[bytes, ...]
    contributions: tuple[bytes, ...]
    preparations: tuple[bytes, ...]
    third: tuple[bytes, ...]
    summings: tuple[bytes, ...]
    complaint: bytes


@dataclass(frozen=True, slots=True)
class Verdict:
    """`culprit` is a proven party, or None: it cannot be told which of several, or nobody, is at fault."""

    culprit: HostId | None
    why: str


class Opener(Protocol):
    """What a revealed one-time key can do (implemented by `ports.identity.Hosts`)."""

    def can_seal_to(self, public: bytes) -> bool: ...

    def public_of(self, secret: bytes) -> bytes:
        """Raises: EncodingError."""

    def open_with(self, secret: bytes, ciphertext: bytes, *, info: bytes) -> bytes:
        """Raises: EncodingError."""


def judge_run(
    setting: RunSetting, transcript: RunTranscript, complaint: Authenticated[Complaint], opener: Opener
) -> Verdict:
    """Name whoever the messages prove at fault: the accused, the complainant, or anyone else they show."""
    said = complaint.message
    author = next((n for n, p in enumerate(setting.parties, start=1) if p.id == complaint.author), None)
    if author is None or complaint.execution != setting.name or type(said) is not Complaint:
        return Verdict(None, "the complaint is not of a party of this run")
    try:
        run = name_run(setting, transcript.contributions)
        if said.run != run or said.seen != seen_hash(setting, run, transcript.rounds):
            return Verdict(None, "the complaint was made on other messages than these; look for equivocation")
        opens = _walk(setting, run, transcript, said, author)
    except PartyFault as fault:
        return Verdict(setting.parties[fault.accused - 1].id, f"{fault.fault.value}: {fault}")
    except RunAborted as error:
        return Verdict(None, f"cannot tell who: {error}")
    complainant = setting.parties[author - 1].id
    if not 1 <= said.accused <= len(setting.parties):
        return Verdict(complainant, f"false complaint: party {author} accused nobody")
    accused = setting.parties[said.accused - 1].id
    if said.fault == Fault.SEALING_KEY.value and transcript.preparations:
        keys = (key for row in transcript.preparations[said.accused - 1].message.sealing_keys for key in row)
        if not all(opener.can_seal_to(key) for key in keys):
            return Verdict(accused, f"sealing-key: nothing can be sealed to a key of party {said.accused}")
    if said.fault == Fault.SEALED.value and opens is not None:
        return _judge_sealed(setting, said, author, opens, opener)
    return Verdict(complainant, f"false complaint: party {author} accused party {said.accused} without a fault")


@dataclass(frozen=True, slots=True)
class _Sealed:
    """What the complaint is about: the ciphertext, the one-time key it was sealed to, and the point it must fit."""

    effect: Open
    published: bytes
    expected: Point


def _judge_sealed(setting: RunSetting, said: Complaint, author: int, sealed: _Sealed, opener: Opener) -> Verdict:
    complainant = setting.parties[author - 1].id
    accused = setting.parties[said.accused - 1].id
    try:
        matches = opener.public_of(said.secret) == sealed.published
    except EncodingError:
        matches = False
    if not matches:
        return Verdict(complainant, f"false complaint: party {author} revealed another key than it published")
    try:
        plaintext = opener.open_with(said.secret, sealed.effect.ciphertext, info=sealed.effect.info)
        share = SecretScalar.from_secret_bytes(plaintext)
    except (EncodingError, ZeroSecret):
        return Verdict(accused, f"sealed: what party {said.accused} sealed to party {author} is no share")
    if share.times_generator() != sealed.expected:
        return Verdict(accused, f"sealed: what party {said.accused} sealed to party {author} does not fit its points")
    return Verdict(complainant, f"false complaint: what party {said.accused} sealed to party {author} fits its points")


def _walk(setting: RunSetting, run: RunId, transcript: RunTranscript, said: Complaint, author: int) -> _Sealed | None:
    """Check everything public, as every party does; return what the complaint is about, if that was sealed.

    Raises:
        PartyFault: the messages show a fault by themselves. RunAborted: they contradict each other.
    """
    require_rounds_of(setting, transcript)
    if not transcript.preparations:
        return None  # nothing was said yet that could be at fault
    prepared = prepared_of(setting, run, transcript, party=author)
    if transcript.dealings:
        return _walk_dealings(prepared, transcript, said)
    if transcript.splittings:
        return _walk_splittings(prepared, transcript, said)
    return None


def _walk_dealings(prepared: Prepared, transcript: RunTranscript, said: Complaint) -> _Sealed | None:
    named, setting = prepared.named, prepared.named.setting
    dealings = in_order(setting, Dealing, transcript.dealings)
    committed = {party: dealing.check_dealing(prepared, party, each) for party, each in enumerate(dealings, start=1)}
    index = _index(setting, said)
    dealer = setting.dealer_of(said.accused) if said.accused in committed else None
    if index is None or dealer is None or index not in committed[said.accused]:
        return None
    if named.me not in setting.recipients(index):
        return None
    commitment = committed[said.accused][index]
    effect = dealing.open_of(
        named, dealings[said.accused - 1], index=index, dealer=dealer, commitment=commitment, recipient=named.me
    )
    published = sealing_key(setting, prepared.preparations, recipient=named.me, index=index, dealer=dealer)
    return _Sealed(effect, published, evaluate_commitment(commitment, SignerId(named.me)))


def _walk_splittings(prepared: Prepared, transcript: RunTranscript, said: Complaint) -> _Sealed | None:
    named, setting = prepared.named, prepared.named.setting
    split = split_of(prepared, transcript)
    index = _index(setting, said)
    if transcript.summings:
        summed_of(split, transcript)
    if index is None or said.accused not in setting.dealers(index) or named.me not in setting.recipients(index):
        return None
    helper = SignerId(said.accused)
    published = sealing_key(setting, prepared.preparations, recipient=named.me, index=index, dealer=helper)
    if transcript.summings:
        if named.me != setting.terms.lost:
            return None
        summing = transcript.summings[helper - 1].message
        effect = repair.sum_open(split, summing, index=index, helper=helper)
        return _Sealed(effect, published, repair.sums_of(split, index)[helper])
    if named.me == setting.terms.lost:
        return None
    splitting = transcript.splittings[helper - 1].message
    points = split.points[index][helper]
    effect = repair.part_open(named, splitting, index=index, dealer=helper, points=points, recipient=named.me)
    return _Sealed(effect, published, repair.expected_part(split, index=index, dealer=helper, recipient=named.me))


def _index(setting: RunSetting, said: Complaint) -> int | None:
    thresholds = setting.committee.thresholds
    return thresholds.index(said.threshold) if said.threshold in thresholds else None


# --- endorsements ---


def judge_endorsement(
    setting: RunSetting, transcript: RunTranscript, endorsement: Authenticated[Endorsement]
) -> Verdict:
    """Whether its author endorsed what the transcript does not give.

    A transcript and the terms leave no choice of keys, holders, origin or generation. Who names this transcript and
    says other than it gives, or contradicts the terms it signed under, is at fault. An endorsement of another
    transcript proves nothing: its author may have been shown another.
    """
    said = endorsement.message
    author = next((n for n, p in enumerate(setting.parties, start=1) if p.id == endorsement.author), None)
    if author is None or endorsement.execution != setting.name or type(said) is not Endorsement:
        return Verdict(None, "the endorsement is not of a party of this run")
    culprit = setting.parties[author - 1].id
    if contradicts(setting.terms, said, setting.before):
        return Verdict(
            culprit, f"endorsement: party {author} endorsed another generation or origin than the terms have"
        )
    try:
        state = replay(setting, transcript, party=author)
        keys = _keys_of(setting, state)
    except (PartyFault, RunAborted) as error:
        return Verdict(None, f"the run had no end to endorse: {error}")
    if said.transcript != state.transcript:
        return Verdict(None, f"party {author} endorsed another transcript than this; look for equivocation")
    if said.run != state.named.run or said.keys != key_bodies(setting.committee, keys):
        return Verdict(culprit, f"endorsement: party {author} endorsed other keys than the transcript gives")
    return Verdict(None, f"party {author} endorsed what the transcript gives")


def _keys_of(setting: RunSetting, state: Collected | Summed) -> tuple[GroupKey, ...]:
    if isinstance(state, Summed):
        assert setting.before is not None, "a repair comes from a certificate"
        return setting.before.keys
    return tuple(dealing.group_key(setting, index, committed) for index, committed in enumerate(state.commitments))


# --- equivocation ---


class Equivocation(Message, frozen=True):
    """Two signed envelopes of one author with different bodies in one place of one run; `host` is the author."""

    host: HostKeysBody
    first: bytes
    second: bytes


def judge_equivocation(evidence: Equivocation, authenticate: Authenticate) -> Verdict:
    """Whether its host said two things in one place; whoever brings the evidence proves nothing against another.

    Raises:
        EncodingError, ProtocolError: an envelope is malformed, or not of this host.
    """
    host = HostKeys(signing=evidence.host.signing, post_quantum=evidence.host.post_quantum)
    messages = [authenticate(encoded, {host.id: host}) for encoded in (evidence.first, evidence.second)]
    if find_equivocation(messages) is None:
        return Verdict(None, "these are not two bodies in one place of one run")
    return Verdict(host.id, f"equivocation: said two different things as one {type(messages[0].message).__name__}")


def find_equivocation(
    messages: Sequence[Authenticated[Message]],
) -> tuple[Authenticated[Message], Authenticated[Message]] | None:
    """The first two messages that contradict each other, among what several parties were shown.

    Resends are byte-identical, so two bodies in one place are proof; two signatures on one body prove nothing.
    """
    seen: dict[tuple[bytes, bytes, str], Authenticated[Message]] = {}
    for message in messages:
        place = (message.author, message.execution, place_in_run(message.message))
        other = seen.setdefault(place, message)
        if other.body != message.body:
            return other, message
    return None


def place_in_run(message: Message) -> str:
    """The round that a party says this in, once. A party endorses or complains, never both.

    Raises:
        ProtocolError: this is not said in a run.
    """
    kinds = (Contribution, Preparation, Dealing, Splitting, Summing)
    if isinstance(message, kinds):
        return type(message).__name__
    if isinstance(message, Endorsement | Complaint):
        return "end"
    raise ProtocolError(f"a {type(message).__name__} has no place in a run")
