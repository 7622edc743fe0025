"""What a run left behind, in bytes, read by somebody who took no part.

Everything here is offline: bytes and a way to check signatures and to open with a revealed key (`ports.identity.Hosts`)
are all that is needed, so that every custodian, and anybody else, comes to the same verdict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

from custody.errors import EncodingError
from custody.identifiers import HostId
from custody.protocol.authenticated import Authenticated
from custody.protocol.blame import Opener, RunEvidence, Verdict, judge_run
from custody.protocol.committee import HostKeys
from custody.protocol.encoding import Message
from custody.protocol.run import RunSetting
from custody.protocol.run_messages import (
    Complaint,
    Contribution,
    Dealing,
    Preparation,
    RunTerms,
    Splitting,
    Summing,
)
from custody.protocol.tenure import follow_lineage
from custody.protocol.transcript import RunTranscript

M = TypeVar("M", bound=Message)


class Door(Protocol):
    """Who proves authors (implemented by `ports.identity.Hosts`)."""

    def authenticate(self, encoded: bytes, known: Mapping[HostId, HostKeys]) -> Authenticated[Message]:
        """Raises: EncodingError: malformed. ProtocolError: a stranger, or a signature fails."""


class Court(Door, Opener, Protocol):
    """Both that judging needs."""


def _all(
    kind: type[M], envelopes: Sequence[bytes], known: Mapping[HostId, HostKeys], door: Door
) -> list[Authenticated[M]]:
    """Raises: EncodingError, ProtocolError: one is not a message of this kind by one of these hosts."""
    return [_one(kind, envelope, known, door) for envelope in envelopes]


def _one(kind: type[M], envelope: bytes, known: Mapping[HostId, HostKeys], door: Door) -> Authenticated[M]:
    message = door.authenticate(envelope, known)
    if not isinstance(message.message, kind):
        raise EncodingError(f"a {type(message.message).__name__} where a {kind.__name__} belongs")
    return message  # type: ignore[return-value]  # its message was looked at


def setting_of(terms: RunTerms, lineage: Sequence[bytes], door: Door) -> RunSetting:
    """The setting of a run on what a lineage comes to.

    Raises:
        EncodingError, ProtocolError: the lineage does not hold, or the terms do not follow from it.
    """
    before = follow_lineage(lineage, door.authenticate) if lineage else None
    return RunSetting.of(terms, before)


def evidence_of(
    setting: RunSetting, lineage: Sequence[bytes], transcript: RunTranscript, complaint: Authenticated[Complaint]
) -> RunEvidence:
    """Everything that a complaint was made on, to be kept and shown."""
    return RunEvidence(
        terms=setting.terms,
        lineage=tuple(lineage),
        contributions=tuple(message.encoded for message in transcript.contributions),
        preparations=tuple(message.encoded for message in transcript.preparations),
        third=tuple(message.encoded for message in transcript.dealings or transcript.splittings),
        summings=tuple(message.encoded for message in transcript.summings),
        complaint=complaint.encoded,
    )


def judge_evidence(evidence: RunEvidence, court: Court) -> Verdict:
    """As `blame.judge_run`, from bytes.

    Raises:
        EncodingError, ProtocolError: these bytes are no evidence of a run; anybody can write them.
    """
    setting = setting_of(evidence.terms, evidence.lineage, court)
    known = {keys.id: keys for keys in setting.parties}
    transcript = _transcript(setting, evidence, known, court)
    return judge_run(setting, transcript, _one(Complaint, evidence.complaint, known, court), court)


def _transcript(
    setting: RunSetting, evidence: RunEvidence, known: Mapping[HostId, HostKeys], door: Door
) -> RunTranscript:
    repairs = setting.terms.kind == "repair"
    return RunTranscript(
        contributions=_all(Contribution, evidence.contributions, known, door),
        preparations=_all(Preparation, evidence.preparations, known, door),
        dealings=() if repairs else _all(Dealing, evidence.third, known, door),
        splittings=_all(Splitting, evidence.third, known, door) if repairs else (),
        summings=_all(Summing, evidence.summings, known, door),
    )
