"""Checks evidence files offline, and looks for equivocation in what several custodians were shown.

Knows each kind of evidence by its decoder and its judge; a file proves itself, or is not believed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, assert_never

import msgspec

from custody.config.backups import RunRecord, Transcript
from custody.config.documents import EvidenceDocument
from custody.errors import EncodingError, ProtocolError, UsageError
from custody.host import HostDirectory
from custody.identifiers import HostId
from custody.protocol.authenticated import Authenticated
from custody.protocol.blame import Equivocation, RunEvidence, find_equivocation, judge_equivocation, place_in_run
from custody.protocol.committee import HostKeys
from custody.protocol.encoding import Message, decode_exactly, encode
from custody.protocol.evidence import judge_evidence, setting_of
from custody.protocol.messages import decode_body
from custody.protocol.run import RunSetting
from custody.protocol.run_messages import HostKeysBody, RunProposal
from custody.protocol.signing_blame import SigningEvidence, Unproven, check_evidence
from custody.protocol.tenure import Tenure

_HOSTS: Final = HostDirectory()
_SETS: Final = (
    "RunProposal", "ContributionSet", "PreparationSet", "DealingSet", "SplittingSet", "SummingSet", "EndorsementSet",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Judgement:
    """`culprit` is proven, or None: it cannot be told. `seat` in words, where the evidence itself says it."""

    culprit: HostId | None
    seat: str
    why: str


def judge(document: EvidenceDocument, *, tenure: Tenure | None = None) -> Judgement:
    """Who is at fault, by the file alone; evidence of signing is judged by the tenure under which it was signed.

    Raises:
        UsageError: malformed, not authentic, or the tenure is missing.
    """
    try:
        match document.kind:
            case "run":
                return _judge_run(decode_exactly(RunEvidence, document.encoded()))
            case "equivocation":
                verdict = judge_equivocation(decode_exactly(Equivocation, document.encoded()), _HOSTS.authenticate)
                return Judgement(verdict.culprit, "", verdict.why)
            case "signing":
                return _judge_signing(decode_exactly(SigningEvidence, document.encoded()), tenure)
            case _:
                assert_never(document.kind)
    except (EncodingError, ProtocolError) as error:
        raise UsageError(f"the evidence does not hold together: {error}") from None


def _judge_run(evidence: RunEvidence) -> Judgement:
    verdict = judge_evidence(evidence, _HOSTS)
    seat = (
        "" if verdict.culprit is None else _seat(setting_of(evidence.terms, evidence.lineage, _HOSTS), verdict.culprit)
    )
    return Judgement(verdict.culprit, seat, verdict.why)


def _judge_signing(evidence: SigningEvidence, tenure: Tenure | None) -> Judgement:
    if tenure is None:
        raise UsageError("evidence of signing is judged by the keys that were signed with: give --keys")
    known = {host.id: host for host in tenure.committee.hosts}
    try:
        culprit = check_evidence(
            evidence, tenure=tenure, authenticate=lambda encoded: _HOSTS.authenticate(encoded, known)
        )
    except Unproven as error:
        return Judgement(None, "", f"cannot tell who: {error}")
    return Judgement(culprit.host, "" if culprit.seat is None else f"seat {culprit.seat}", culprit.fault)


def _seat(setting: RunSetting, host: HostId) -> str:
    seat = setting.committee.seat_of(host)
    if seat is not None:
        return f"seat {seat}"
    old = None if setting.before is None else setting.before.committee.seat_of(host)
    return "" if old is None else f"seat {old} of the committee before"


# --- equivocation, in what several were shown ---


def messages_of_transcript(transcript: Transcript) -> list[tuple[Authenticated[Message], HostKeys]]:
    """Everything that was said in its runs, proven, with its author's keys. Raises: UsageError."""
    runs = [run for lineage in transcript.lineages for run in lineage.runs]
    return [each for run in (*runs, *transcript.others) for each in _messages_of_run(run)]


def messages_of_evidence(document: EvidenceDocument) -> list[tuple[Authenticated[Message], HostKeys]]:
    """The same of an evidence file of a run. Raises: UsageError: malformed, or of another kind."""
    if document.kind != "run":
        raise UsageError("equivocation is looked for in evidence of runs and in transcripts")
    try:
        evidence = decode_exactly(RunEvidence, document.encoded())
        setting = setting_of(evidence.terms, evidence.lineage, _HOSTS)
    except (EncodingError, ProtocolError) as error:
        raise UsageError(f"the evidence does not hold together: {error}") from None
    rounds = (evidence.contributions, evidence.preparations, evidence.third, evidence.summings, (evidence.complaint,))
    return _proven(setting, (envelope for each in rounds for envelope in each))


def _messages_of_run(run: RunRecord) -> list[tuple[Authenticated[Message], HostKeys]]:
    try:
        proposal = decode_body(RunProposal.__name__, run.rounds[0].input)
        assert isinstance(proposal, RunProposal), "a body of this kind was decoded"
        setting = setting_of(proposal.terms, proposal.lineage, _HOSTS)
    except (EncodingError, ProtocolError, IndexError):
        raise UsageError("a transcript has a run without a sound proposal") from None
    envelopes = [round_.output for round_ in run.rounds]
    for round_ in run.rounds[1:]:
        envelopes += _relayed(round_.input)
    return _proven(setting, envelopes)


def _relayed(body: bytes) -> tuple[bytes, ...]:
    """The envelopes that a round's request handed on: each kind of set has one member, of envelopes."""
    for kind in _SETS[1:]:
        try:
            [envelopes] = msgspec.structs.astuple(decode_body(kind, body))
        except EncodingError:
            continue
        return tuple(envelopes)
    return ()


def _proven(setting: RunSetting, envelopes: Iterable[bytes]) -> list[tuple[Authenticated[Message], HostKeys]]:
    """Those that are authentic and have a place in a run; what is not proves nothing."""
    known = {party.id: party for party in setting.parties}
    found = []
    for envelope in envelopes:
        try:
            message = _HOSTS.authenticate(envelope, known)
            place_in_run(message.message)
        except (EncodingError, ProtocolError):
            continue
        found.append((message, known[message.author]))
    return found


def equivocation_in(said: Sequence[tuple[Authenticated[Message], HostKeys]]) -> EvidenceDocument | None:
    """The first contradiction in what one host said, as an evidence file that proves itself; None if there is none."""
    found = find_equivocation([message for message, _ in said])
    if found is None:
        return None
    keys = next(keys for message, keys in said if message.author == found[0].author)
    host = HostKeysBody(signing=keys.signing, post_quantum=keys.post_quantum)
    evidence = Equivocation(host=host, first=found[0].encoded, second=found[1].encoded)
    return EvidenceDocument(kind="equivocation", evidence=encode(evidence).hex())
