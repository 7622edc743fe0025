"""From seeds and a transcript to shares: what a restore and a drill have in common. Writes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from custody.config.backups import LineageRecord, RunRecord, Transcript
from custody.crypto.keys import KeyShare
from custody.errors import EncodingError, ProtocolError, UsageError
from custody.host import HostDirectory
from custody.identifiers import HostId, SignerId
from custody.protocol.encoding import Message, decode_exactly
from custody.protocol.messages import decode_body
from custody.protocol.recovery import dealing_run, recovering
from custody.protocol.run import RunSetting
from custody.protocol.run_messages import (
    Certificate,
    Contribution,
    ContributionSet,
    Dealing,
    DealingSet,
    Preparation,
    PreparationSet,
    RunTerms,
    Splitting,
    SplittingSet,
    Summing,
    SummingSet,
)
from custody.protocol.tenure import Tenure, follow_lineage, run_name
from custody.protocol.transcript import RunTranscript
from custody.signer.progress import authenticate_all, open_all

_HOSTS: Final = HostDirectory()
M = TypeVar("M", bound=Message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeds:
    """What a host's secrets come from. `generations`: hash of a certificate -> the seed of that generation."""

    host: HostId
    identity: bytes = field(repr=False)
    generations: Mapping[bytes, bytes] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One lineage, verified: the hashes and terms of its certificates, the ceremony's first; its newest tenure."""

    certificates: tuple[bytes, ...]
    terms: tuple[RunTerms, ...]
    hashes: tuple[bytes, ...]
    tenure: Tenure

    def seat(self, host: HostId) -> SignerId | None:
        return self.tenure.committee.seat_of(host)

    def dealt_to(self, seat: SignerId) -> int:
        """The generation whose seed recovers what this seat holds now."""
        return dealing_run(self.terms, seat)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """One lineage with this host's shares, each checked against the certificate; none if the host left."""

    line: Line
    record: LineageRecord
    shares: tuple[KeyShare, ...] = field(repr=False)


def line_of(certificates: Sequence[bytes]) -> Line:
    """Raises: UsageError: the certificates do not hold."""
    try:
        tenure = follow_lineage(certificates, _HOSTS.authenticate)
        terms = tuple(decode_exactly(Certificate, encoded).terms for encoded in certificates)
    except (EncodingError, ProtocolError) as error:
        raise UsageError(f"the transcript's certificates do not hold: {error}") from None
    hashes = (*(later.previous for later in terms[1:]), tenure.certificate)
    return Line(certificates=tuple(certificates), terms=terms, hashes=hashes, tenure=tenure)


def recover(seeds: Seeds, transcript: Transcript) -> list[Recovered]:
    """Every lineage of a transcript with this host's newest shares.

    Raises:
        UsageError: a seed or a run is missing, or they do not belong together; says which.
    """
    return [_recover(seeds, record) for record in transcript.lineages]


def _recover(seeds: Seeds, record: LineageRecord) -> Recovered:
    line = line_of(record.certificates)
    seat = line.seat(seeds.host)
    if seat is None:
        return Recovered(line=line, record=record, shares=())
    dealt = line.dealt_to(seat)
    seed = seeds.generations.get(line.hashes[dealt])
    if seed is None:
        raise UsageError(
            f"the shares hold no seed of generation {dealt}, which the transcript needs: the two are of different "
            "backups, so bring the other, or make a new backup"
        )
    run = next((run for run in record.runs if run.name == run_name(line.terms[dealt])), None)
    if run is None:
        raise UsageError(f"the transcript lacks the run of generation {dealt}, which dealt these shares")
    try:
        before = follow_lineage(line.certificates[:dealt], _HOSTS.authenticate) if dealt else None
        setting = RunSetting.of(line.terms[dealt], before)
        opening = recovering(setting, _said(setting, run), seat=seat)
        shares = opening.shares(open_all(_HOSTS.one_time_keys(seed), opening.opens), line.tenure)
    except (EncodingError, ProtocolError) as error:
        raise UsageError(f"the transcript and the seed of generation {dealt} do not give the shares: {error}") from None
    return Recovered(line=line, record=record, shares=shares)


def _said(setting: RunSetting, run: RunRecord) -> RunTranscript:
    """What every party said in a run, as this host was shown it. Raises: EncodingError, ProtocolError."""
    known = {party.id: party for party in setting.parties}

    def round_of(number: int, kind: type[M]) -> M:
        if number > len(run.rounds):
            raise ProtocolError("the record of the run is cut off")
        message = decode_body(kind.__name__, run.rounds[number - 1].input)
        assert isinstance(message, kind), "a body of this kind was decoded"
        return message

    contributions = round_of(2, ContributionSet).contributions
    preparations = round_of(3, PreparationSet).preparations
    repairs = setting.terms.kind == "repair"
    dealings = () if repairs else round_of(4, DealingSet).dealings
    splittings = round_of(4, SplittingSet).splittings if repairs else ()
    summings = round_of(5, SummingSet).summings if repairs else ()
    return RunTranscript(
        contributions=authenticate_all(_HOSTS.authenticate, known, contributions, Contribution),
        preparations=authenticate_all(_HOSTS.authenticate, known, preparations, Preparation),
        dealings=authenticate_all(_HOSTS.authenticate, known, dealings, Dealing),
        splittings=authenticate_all(_HOSTS.authenticate, known, splittings, Splitting),
        summings=authenticate_all(_HOSTS.authenticate, known, summings, Summing),
    )
