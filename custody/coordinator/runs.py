"""Relays a run's rounds between its parties: collects, hands on, trusts nobody and is trusted with nothing.

The parties check everything again. What the coordinator checks is for whoever reads its answer: that the certificate is
whole, and, where a party complained, who is at fault by the messages alone.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from custody.coordinator.asking import Asker, Refused, Silent
from custody.errors import RunAborted
from custody.identifiers import SignerId
from custody.ports.identity import Hosts, Identity
from custody.ports.transport import Transport
from custody.protocol.authenticated import Authenticated
from custody.protocol.blame import RunEvidence, Verdict
from custody.protocol.committee import Committee, HostKeys
from custody.protocol.dealing import certificate_of, group_key, on_dealings, on_preparations
from custody.protocol.encoding import Message, encode
from custody.protocol.evidence import judge_evidence
from custody.protocol.run import RunSetting, name_run
from custody.protocol.run_messages import (
    Certificate,
    Certified,
    Complaint,
    Contribution,
    ContributionSet,
    Dealing,
    DealingSet,
    Endorsement,
    EndorsementSet,
    Preparation,
    PreparationSet,
    RunKind,
    RunProposal,
    RunTerms,
    Splitting,
    SplittingSet,
    Summing,
    SummingSet,
)
from custody.protocol.run_states import Named
from custody.protocol.tenure import Tenure, follow_lineage, host_bodies

ROUND_SECONDS: Final = 120.0
M = TypeVar("M", bound=Message)
Progress = Callable[[str], None]


class PartyAtFault(RunAborted):
    """A party complained, and the messages say who is at fault. `evidence` convinces anybody, offline."""

    def __init__(self, verdict: Verdict, *, suspects: frozenset[int], evidence: RunEvidence) -> None:
        self.verdict = verdict
        self.evidence = evidence
        super().__init__(verdict.why, suspects=suspects)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """The public outcome: who holds which keys, and the line of certificates that proves it, the newest last."""

    tenure: Tenure
    lineage: tuple[bytes, ...]


def terms_of(
    kind: RunKind,
    committee: Committee,
    *,
    before: Tenure | None = None,
    dealers: Sequence[Sequence[SignerId]] = (),
    lost: int = 0,
) -> RunTerms:
    """The terms of a fresh run toward a committee; dealers are the first seats that can, unless named."""
    if before is not None and not dealers:
        able = [seat for seat in before.committee.seats if seat != lost]
        dealers = [able[: key.threshold] for key in before.keys]
    return RunTerms(
        kind=kind,
        hosts=host_bodies(committee),
        thresholds=committee.thresholds,
        chain_id=committee.chain_id,
        authority=committee.authority,
        generation=0 if before is None else before.generation + 1,
        previous=b"" if before is None else before.certificate,
        dealers=tuple(map(tuple, dealers)),
        lost=lost,
        salt=secrets.token_bytes(32),
    )


@dataclass(frozen=True, slots=True)
class _Table:
    """The parties of a run as an `Asker` knows a committee."""

    parties: tuple[HostKeys, ...]

    def host(self, seat: SignerId) -> HostKeys:
        return self.parties[seat - 1]

    @property
    def seats(self) -> tuple[SignerId, ...]:
        return tuple(SignerId(number) for number in range(1, len(self.parties) + 1))


@dataclass(slots=True)
class _Rounds:
    """Every round so far, as signed envelopes in order of parties."""

    envelopes: dict[type[Message], tuple[bytes, ...]] = field(default_factory=dict)

    def __getitem__(self, kind: type[Message]) -> tuple[bytes, ...]:
        return self.envelopes.get(kind, ())


class RunCoordinator:
    """Runs a run over a way to its parties; `transport` carries to a party's number."""

    def __init__(self, *, identity: Identity, hosts: Hosts, transport: Transport, progress: Progress = lambda _: None):
        self._identity = identity
        self._hosts = hosts
        self._transport = transport
        self._progress = progress

    async def run(self, terms: RunTerms, *, lineage: tuple[bytes, ...] = ()) -> RunResult:
        """All rounds with every party.

        Raises:
            RunAborted: a party is silent or refuses, with its reason. PartyAtFault: one complained, with the evidence.
                No key is in use, or has moved, then.
        """
        before = follow_lineage(lineage, self._hosts.authenticate) if lineage else None
        setting = RunSetting.of(terms, before)
        asker = Asker(
            committee=_Table(setting.parties),
            identity=self._identity,
            hosts=self._hosts,
            transport=self._transport,
        )
        one = _OneRun(asker, setting, lineage, self._hosts, self._progress)
        return await one.run()


class _OneRun:
    def __init__(
        self, asker: Asker, setting: RunSetting, lineage: tuple[bytes, ...], hosts: Hosts, progress: Progress
    ) -> None:
        self._asker = asker
        self._setting = setting
        self._lineage = lineage
        self._hosts = hosts
        self._progress = progress
        self._rounds = _Rounds()
        self._messages: dict[type[Message], Sequence[Authenticated[Message]]] = {}
        self._number = 0

    async def run(self) -> RunResult:
        rounds = self._rounds
        repairs = self._setting.terms.kind == "repair"
        await self._round("contributions", RunProposal(terms=self._setting.terms, lineage=self._lineage), Contribution)
        await self._round(
            "one-time keys and promises", ContributionSet(contributions=rounds[Contribution]), Preparation
        )
        preparations = PreparationSet(preparations=rounds[Preparation])
        if repairs:
            await self._round("weighted shares in parts", preparations, Splitting)
            await self._round("sums to the lost seat", SplittingSet(splittings=rounds[Splitting]), Summing)
            last: Message = SummingSet(summings=rounds[Summing])
        else:
            await self._round("dealings", preparations, Dealing)
            last = DealingSet(dealings=rounds[Dealing])
        await self._round("shares checked, transcript endorsed", last, Endorsement)
        endorsements = rounds[Endorsement]
        certified = await self._round("certificate", EndorsementSet(endorsements=endorsements), Certified)
        return self._result(certified)

    def _result(self, certified: Sequence[Authenticated[Certified]]) -> RunResult:
        certificate = self._certificate()
        lineage = (*self._lineage, encode(certificate))
        tenure = follow_lineage(lineage, self._hosts.authenticate)
        if any(answer.message.certificate != tenure.certificate for answer in certified):
            raise RunAborted("the parties did not store the same certificate")
        return RunResult(tenure=tenure, lineage=lineage)

    def _certificate(self) -> Certificate:
        """Computed from the public messages as every party does."""
        setting, messages = self._setting, self._messages
        endorsements = messages[Endorsement]
        if setting.terms.kind == "repair":
            assert setting.before is not None, "a repair comes from a certificate"
            return certificate_of(setting, setting.before.keys, endorsements)  # type: ignore[arg-type]
        run = name_run(setting, messages[Contribution])  # type: ignore[arg-type]
        named = Named(setting=setting, me=1, run=run)
        own = [messages[kind][0].body for kind in (Preparation, Dealing)]
        prepared = on_preparations(named, messages[Preparation], own=own[0])  # type: ignore[arg-type]
        collected = on_dealings(prepared, messages[Dealing], own=own[1])  # type: ignore[arg-type]
        keys = [group_key(setting, index, dealt) for index, dealt in enumerate(collected.commitments)]
        return certificate_of(setting, keys, endorsements)  # type: ignore[arg-type]

    async def _round(self, what: str, message: Message, kind: type[M]) -> list[Authenticated[M]]:
        """Every party's answer in order, or the end of the run."""
        self._number += 1
        rounds = 6 if self._setting.terms.kind == "repair" else 5
        self._progress(f"round {self._number} of {rounds}: {what}")
        answers = await self._asker.ask_all(
            self._asker.committee.seats, message, (kind, Complaint), execution=self._setting.name, seconds=ROUND_SECONDS
        )
        faults = _faults(answers)
        complaints = [answer for answer in answers.values() if not isinstance(answer, Refused | Silent)]
        complaints = [answer for answer in complaints if isinstance(answer.message, Complaint)]
        if complaints:
            ended = [self._at_fault(complaint) for complaint in complaints]  # type: ignore[arg-type]
            # A complaint on other messages than were relayed proves nothing, and must not hide one that does.
            raise next((error for error in ended if error.verdict.culprit is not None), ended[0])
        if faults:
            raise RunAborted(f"a run needs every party: {'; '.join(faults)}")
        good = [answer for answer in answers.values() if not isinstance(answer, Refused | Silent)]
        self._messages[kind] = good
        self._rounds.envelopes[kind] = tuple(answer.encoded for answer in good)
        return good  # type: ignore[return-value]  # each is a `kind`: complaints were raised

    def _at_fault(self, complaint: Authenticated[Complaint]) -> PartyAtFault:
        evidence = RunEvidence(
            terms=self._setting.terms,
            lineage=self._lineage,
            contributions=self._rounds[Contribution],
            preparations=self._rounds[Preparation],
            third=self._rounds[Dealing] or self._rounds[Splitting],
            summings=self._rounds[Summing],
            complaint=complaint.encoded,
        )
        verdict = judge_evidence(evidence, self._hosts)
        suspects = frozenset(
            number for number, party in enumerate(self._setting.parties, start=1) if party.id == verdict.culprit
        )
        return PartyAtFault(verdict, suspects=suspects, evidence=evidence)


def _faults(answers: Mapping[SignerId, object]) -> list[str]:
    found = []
    for party, answer in answers.items():
        if isinstance(answer, Refused):
            found.append(f"custodian {party}: {answer.why}")
        elif isinstance(answer, Silent):
            found.append(answer.why)
    return found
