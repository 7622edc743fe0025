"""A custodian's side of a run: ceremony, refresh, reshare, repair.

Carries out the effects of the pure steps, and makes each round durable before it answers. A round that comes again with
the same bytes gets the same bytes back, also after a restart; with other bytes, a refusal: one run has one history. A
fault that can be proven is answered by a signed `Complaint`, with which the run ends here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from custody.crypto.keys import KeyShare
from custody.errors import EncodingError, PolicyDenied, ProtocolError, RunAborted, StoreDamaged
from custody.policy.reasons import Reason, ReasonCode
from custody.ports.clock import Randomness
from custody.ports.identity import Hosts, Identity
from custody.ports.ledger import HeldKey, KeyStore, Round, RunLog, RunSecrets
from custody.protocol import dealing, repair
from custody.protocol.authenticated import Authenticated
from custody.protocol.committee import Committee
from custody.protocol.encoding import Message, encode
from custody.protocol.run import Fault, PartyFault, RunSetting, place_of, places
from custody.protocol.run_messages import (
    Certified,
    Complaint,
    Contribution,
    ContributionSet,
    Dealing,
    DealingSet,
    Endorsement,
    EndorsementSet,
    KeySumming,
    PreparationSet,
    RunProposal,
    RunTerms,
    Splitting,
    SplittingSet,
    Summing,
    SummingSet,
)
from custody.protocol.run_states import Certified as CertifiedState
from custody.protocol.run_states import SealTo
from custody.protocol.tenure import Tenure, committee_of, follow_lineage, run_name
from custody.signer.progress import Progress, proposal_of, said_in

RunRequest = RunProposal | ContributionSet | PreparationSet | DealingSet | SplittingSet | SummingSet | EndorsementSet
RUN_REQUESTS: Final = (
    RunProposal, ContributionSet, PreparationSet, DealingSet, SplittingSet, SummingSet, EndorsementSet,
)  # fmt: skip
MOST_OPEN_RUNS: Final = 256
MOST_RUNS: Final = 4096  # ever; each keeps its rows, and ends by a certificate, a proven fault or an operator's hand
_DEALING_ROUNDS: Final = (RunProposal, ContributionSet, PreparationSet, DealingSet, EndorsementSet)
_REPAIR_ROUNDS: Final = (RunProposal, ContributionSet, PreparationSet, SplittingSet, SummingSet, EndorsementSet)


@dataclass(frozen=True, slots=True)
class Finished:
    """A run that ended with a certificate: the keys held from now on (none if this host leaves)."""

    tenure: Tenure
    keys: tuple[HeldKey, ...]


class RunDesk:
    """Answers the rounds of the runs toward one agreed committee."""

    def __init__(
        self,
        *,
        committee: Committee,
        identity: Identity,
        hosts: Hosts,
        log: RunLog,
        keys: KeyStore,
        randomness: Randomness,
    ) -> None:
        self._committee = committee
        self._identity = identity
        self._hosts = hosts
        self._log = log
        self._keys = keys
        self._randomness = randomness
        self._running: dict[bytes, Progress] = {}

    def answer(self, request: Authenticated[RunRequest], *, root: bytes | None = None) -> tuple[bytes, Finished | None]:
        """The signed answer to one round, durable already; in the last round also what may now be used.

        Args:
            root: hash of the certificate that the chain names for the agreed authority, where it was asked; a host
                that has held no share yet believes no other lineage.
        Raises:
            PolicyDenied: out of order, not agreed, or another input than this round had before.
            RunAborted: a check failed that proves nobody's fault. EncodingError, ProtocolError: not authentic.
        """
        message, name = request.message, request.execution
        rounds = self._log.run_rounds(name)
        if isinstance(message, RunProposal):
            if 1 not in rounds:
                return self._begin(message, request.body, name, root), None
            number, order = 1, _order_of(message)
        else:
            order = self._order(rounds)
            number = order.index(type(message)) + 1 if type(message) in order else 0
        if number in rounds:
            if rounds[number].input != request.body:
                raise _denied(ReasonCode.CONFLICT, f"round {number} of this run was another one here before")
            return rounds[number].output, None
        if number != len(rounds) + 1:
            raise _denied(ReasonCode.OUT_OF_ORDER, f"round {number} asked, round {len(rounds) + 1} is next here")
        return self._step(message, request.body, name, number, rounds)

    def _order(self, rounds: Mapping[int, Round]) -> tuple[type[Message], ...]:
        if not rounds:
            raise _denied(ReasonCode.OUT_OF_ORDER, "this run was not proposed here")
        return _order_of(proposal_of(rounds))

    # --- round 1 ---

    def _begin(self, proposal: RunProposal, body: bytes, name: bytes, root: bytes | None) -> bytes:
        if run_name(proposal.terms) != name:
            raise _denied(ReasonCode.MALFORMED, "a run is named by the hash of its terms")
        self._require_agreed(proposal.terms)
        setting, _ = self._setting(proposal, root=root)
        setting.party_of(self._identity.keys)
        if len(self._log.open_runs()) >= MOST_OPEN_RUNS:
            detail = f"{MOST_OPEN_RUNS} runs are open here: a custodian forgets them with `custody node abandon`"
            raise _denied(ReasonCode.CONFLICT, detail)
        if self._log.run_count() >= MOST_RUNS:
            raise _denied(ReasonCode.CONFLICT, f"{MOST_RUNS} runs were begun here, which is enough")
        output = self._identity.sign(Contribution(contribution=self._randomness(32)), execution=name)
        secrets = RunSecrets(generation_seed=self._randomness(32), randomness=self._randomness(32))
        self._log.begin_run(name, Round(input=body, output=output), secrets)
        return output

    def _require_agreed(self, terms: RunTerms) -> None:
        """Also of a dealer that leaves: nobody deals toward a committee that it did not agree to."""
        try:
            agreed = committee_of(terms) == self._committee
        except EncodingError as error:
            raise RunAborted(f"the terms are of no run: {error}") from None
        if not agreed:
            detail = "the run is not toward the committee that this custodian configured in committee.json"
            raise _denied(ReasonCode.CONFLICT, detail)

    def _setting(self, proposal: RunProposal, *, root: bytes | None) -> tuple[RunSetting, Mapping[int, KeyShare]]:
        """The run and this host's shares of the keys it is about, once the lineage is proven to be the newest.

        Raises:
            PolicyDenied: keys of this committee exist already, or the lineage is not what is held or named on chain.
        """
        held = [follow_lineage(lineage, self._hosts.authenticate) for lineage in self._keys.lineages()]
        if proposal.terms.kind == "ceremony":
            if proposal.lineage:
                raise RunAborted("a ceremony has no certificate before it")
            if any(tenure.committee.fingerprint() == self._committee.fingerprint() for tenure in held):
                detail = "this committee has its keys; another ceremony needs another committee"
                raise _denied(ReasonCode.CONFLICT, detail)
            return RunSetting.of(proposal.terms, None), {}
        before = follow_lineage(proposal.lineage, self._hosts.authenticate)
        known = next((tenure for tenure in held if tenure.root == before.root), None)
        if known is None and before.root != root:
            detail = "this lineage does not begin with the certificate that the chain names"
            raise _denied(ReasonCode.CONFLICT, detail)
        if known is not None and known.certificate != before.certificate:
            detail = f"generation {known.generation} is the newest here, the run comes from {before.generation}"
            raise _denied(ReasonCode.STALE_GENERATION, detail)
        setting = RunSetting.of(proposal.terms, before)
        shares = self._keys.shares(before) if known is not None else []
        index_of = {key.id: index for index, key in enumerate(before.keys)}
        return setting, {index_of[share.key.id]: share for share in shares}

    # --- later rounds ---

    def _step(
        self, message: RunRequest, body: bytes, name: bytes, number: int, rounds: dict[int, Round]
    ) -> tuple[bytes, Finished | None]:
        progress = self._progress(name, rounds)
        progress.rounds[number] = Round(input=body, output=b"")
        try:
            return self._take(message, body, name, number, progress)
        except BaseException:
            self._running.pop(name, None)  # what this round half computed is computed anew when it comes again
            raise

    def _take(
        self, message: RunRequest, body: bytes, name: bytes, number: int, progress: Progress
    ) -> tuple[bytes, Finished | None]:
        if isinstance(message, EndorsementSet):
            return self._certify(message, body, name, number, progress)
        try:
            reply = self._reply(message, progress)
        except PartyFault as fault:
            reply = self._complaint(fault, progress)
        ends = isinstance(reply, Complaint)
        follows = self._place(progress.setting, name) if isinstance(reply, Endorsement) else None
        round_ = Round(input=body, output=self._identity.sign(reply, execution=name))
        self._log.record_round(name, number, round_, ends=ends, follows=follows)
        progress.rounds[number] = round_
        if ends:
            del self._running[name]
        return round_.output, None

    def _progress(self, name: bytes, rounds: dict[int, Round]) -> Progress:
        if name not in self._running:
            proposal = proposal_of(rounds)
            said = {type(said_in(round_)) for round_ in rounds.values()}
            if Complaint in said:
                raise _denied(ReasonCode.OUT_OF_ORDER, "this run ended here with a complaint")
            if Endorsement not in said:  # committee.json may be another since; what was endorsed cannot be taken back
                self._require_agreed(proposal.terms)
            root = follow_lineage(proposal.lineage, self._hosts.authenticate).root if proposal.lineage else None
            setting, shares = self._setting(proposal, root=root)  # the root was asked for in round 1
            self._running[name] = Progress(
                setting=setting,
                me=setting.party_of(self._identity.keys),
                hosts=self._hosts,
                secrets=self._log.run_secrets(name),
                shares=shares,
                rounds=dict(rounds),
            )
        return self._running[name]

    def _reply(self, message: RunRequest, progress: Progress) -> Message:
        setting, secrets = progress.setting, progress.secrets
        match message:
            case ContributionSet():
                named = progress.named
                keys = [
                    [progress.one_time.public(place) for place in row]
                    for row in places(setting, named.run, progress.me)
                ]
                dealt = {} if setting.terms.kind == "repair" else progress.shares
                return dealing.prepare(named, keys, randomness=secrets.randomness, shares=dealt)
            case PreparationSet() if setting.terms.kind == "repair":
                return self._split(progress)
            case PreparationSet():
                return self._deal(progress)
            case SplittingSet():
                return self._sum(progress)
            case DealingSet() | SummingSet():
                return progress.endorsed.endorsement()
            case _:
                raise _denied(ReasonCode.MALFORMED, "this is no round of the run")

    def _deal(self, progress: Progress) -> Dealing:
        state = progress.prepared
        plans = dealing.deal(state, randomness=progress.secrets.randomness, shares=progress.shares)
        keys = tuple(plan.sealed(self._seal_all(plan.seals, plan.threshold)) for plan in plans)
        return Dealing(run=state.named.run, preparations=state.digest, keys=keys)

    def _split(self, progress: Progress) -> Splitting:
        state = progress.prepared
        plans = repair.split(state, randomness=progress.secrets.randomness, shares=progress.shares)
        keys = tuple(plan.sealed(self._seal_all(plan.seals, plan.threshold)) for plan in plans)
        return Splitting(run=state.named.run, preparations=state.digest, keys=keys)

    def _sum(self, progress: Progress) -> Summing:
        state = progress.split
        seals = repair.on_parts_opened(state, progress.prepared, progress.open(state.opens))
        thresholds = [progress.setting.committee.thresholds[index] for index in progress.setting.deals_in(progress.me)]
        keys = tuple(
            KeySumming(threshold=threshold, sealed=self._seal_all((seal,), threshold)[0])
            for threshold, seal in zip(thresholds, seals, strict=True)
        )
        return Summing(run=state.named.run, splittings=state.digest, keys=keys)

    def _place(self, setting: RunSetting, name: bytes) -> bytes:
        """Where an endorsed run stands: one run at a time moves a lineage on, and one ceremony makes a committee's
        keys. Two that all have endorsed could end differently at different seats.

        Raises:
            PolicyDenied: another run was endorsed for this place.
        """
        before = setting.before
        place = setting.committee.fingerprint() if before is None else before.certificate
        other = self._log.successor(place)
        if other is not None and other != name:
            detail = (
                f"run {other.hex()} to generation {setting.terms.generation} was endorsed here: finish it, or, once "
                "every custodian agrees that it is dead, forget it with `custody node abandon`"
            )
            raise _denied(ReasonCode.CONFLICT, detail)
        return place

    def _seal_all(self, seals: tuple[SealTo, ...], threshold: int) -> list[bytes]:
        sealed = []
        for effect in seals:
            try:
                plaintext = effect.plaintext.to_secret_bytes()
                sealed.append(self._hosts.seal(plaintext, public=effect.public, info=effect.info))
            except EncodingError:
                detail = "published a one-time key that nothing can be sealed to"
                raise PartyFault(effect.recipient, Fault.SEALING_KEY, detail, threshold=threshold) from None
        return sealed

    def _complaint(self, fault: PartyFault, progress: Progress) -> Complaint:
        secret = b""
        if fault.fault is Fault.SEALED:
            dealer = progress.setting.dealer_of(fault.accused)
            assert dealer is not None, "who sealed something deals"
            secret = progress.one_time.reveal(place_of(progress.named.run, fault.threshold, dealer))
        return Complaint(
            run=progress.named.run,
            seen=progress.seen(),
            accused=fault.accused,
            threshold=fault.threshold,
            fault=fault.fault.value,
            secret=secret,
        )

    def _certify(
        self, message: EndorsementSet, body: bytes, name: bytes, number: int, progress: Progress
    ) -> tuple[bytes, Finished]:
        endorsements = progress.authenticate(message.endorsements, Endorsement, own=number - 1)
        state: CertifiedState = dealing.on_endorsements(progress.endorsed, endorsements)
        reply = Certified(certificate=state.tenure.certificate)
        round_ = Round(input=body, output=self._identity.sign(reply, execution=name))
        lineage = (*proposal_of(progress.rounds).lineage, encode(state.certificate))
        self._log.record_certified(name, number, round_, lineage=lineage, tenure=state.tenure, shares=state.shares)
        # Another run in memory may come from the keys that were, and holds shares that are to be erased: what may go
        # on is read anew.
        self._running.clear()
        keys = tuple(HeldKey(share=share, tenure=state.tenure) for share in state.shares)
        return round_.output, Finished(state.tenure, keys)


def held_keys(keys: KeyStore, hosts: Hosts) -> list[HeldKey]:
    """Every share of the newest generation of every lineage in the store, its certificates verified again.

    Raises:
        StoreDamaged: a certificate does not hold.
    """
    found = []
    for lineage in keys.lineages():
        try:
            tenure = follow_lineage(lineage, hosts.authenticate)
        except (EncodingError, ProtocolError) as error:
            raise StoreDamaged(f"a certificate in the store does not hold: {error}") from None
        found += [HeldKey(share=share, tenure=tenure) for share in keys.shares(tenure)]
    return found


def _order_of(proposal: RunProposal) -> tuple[type[Message], ...]:
    return _REPAIR_ROUNDS if proposal.terms.kind == "repair" else _DEALING_ROUNDS


def _denied(code: ReasonCode, detail: str) -> PolicyDenied:
    return PolicyDenied([str(Reason(code, detail))])
