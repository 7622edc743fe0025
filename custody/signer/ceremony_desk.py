"""A custodian's side of the ceremony.

Carries out the effects of the pure steps, and makes each round durable before it answers.

A round that comes again with the same bytes gets the same bytes back; with other bytes, a refusal: one proposal has
one history. After a restart the state is rebuilt from the recorded rounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Final, TypeVar

from custody.crypto.curve import SecretScalar, ZeroSecret
from custody.errors import CeremonyAborted, EncodingError, PolicyDenied, ProtocolError
from custody.identifiers import RunId, SignerId
from custody.policy.reasons import Reason, ReasonCode
from custody.ports.clock import Randomness
from custody.ports.identity import Hosts, Identity
from custody.ports.ledger import CeremonyLog, CertifiedKey, Journal, Round
from custody.protocol import ceremony
from custody.protocol.authenticated import Authenticated
from custody.protocol.ceremony_states import Collected, Contributed, Dealt, Endorsed
from custody.protocol.committee import Committee
from custody.protocol.messages import (
    CeremonyProposal,
    Certified,
    Contribution,
    ContributionSet,
    Dealing,
    DealingSet,
    Endorsement,
    EndorsementSet,
    Message,
    decode_body,
    decode_envelope,
)

CeremonyRequest = CeremonyProposal | ContributionSet | DealingSet | EndorsementSet
MOST_CEREMONIES: Final = 64
_ROUNDS = {CeremonyProposal: 1, ContributionSet: 2, DealingSet: 3, EndorsementSet: 4}
M = TypeVar("M", bound=Message)


class CeremonyDesk:
    """Answers the four requests of a ceremony for one seat of one configured committee."""

    def __init__(
        self,
        *,
        committee: Committee,
        identity: Identity,
        hosts: Hosts,
        log: CeremonyLog,
        journal: Journal,
        randomness: Randomness,
    ) -> None:
        seat = committee.seat_of(identity.keys.id)
        if seat is None:
            raise CeremonyAborted("this host has no seat in the configured committee")
        self._committee = committee
        self._me = seat
        self._identity = identity
        self._hosts = hosts
        self._log = log
        self._journal = journal
        self._randomness = randomness

    def answer(self, request: Authenticated[CeremonyRequest]) -> tuple[bytes, list[CertifiedKey]]:
        """The signed answer to one round, durable already; in the last round also the keys that may now be used.

        Raises:
            PolicyDenied: out of order, or another input than this round had before.
            CeremonyAborted: a check failed; `suspects` says whose message. EncodingError, ProtocolError: not authentic.
        """
        message = request.message
        number = _ROUNDS[type(message)]
        proposal = request.execution
        rounds = self._log.ceremony_rounds(proposal)
        if number in rounds:
            if rounds[number].input != request.body:
                raise _denied(ReasonCode.CONFLICT, f"round {number} of this ceremony was another one here before")
            return rounds[number].output, []
        if number != len(rounds) + 1:
            raise _denied(ReasonCode.OUT_OF_ORDER, f"round {number} asked, round {len(rounds) + 1} is next here")
        if number == 1:
            self._require_room()
        reply, keys = self._step(message, proposal, rounds)
        round_ = Round(input=request.body, output=self._identity.sign(reply, execution=proposal))
        self._journal.note("ceremony", f"round {number} of {proposal.hex()}")
        if keys:
            self._log.record_certified(proposal, number, round_, keys)
        else:
            self._log.record_round(proposal, number, round_)
        return round_.output, keys

    def _require_room(self) -> None:
        """One certified set of keys a committee, and not endlessly many attempts at it."""
        if self._log.has_keys_of(self._committee.fingerprint()):
            raise _denied(ReasonCode.CONFLICT, "this committee has its keys; another ceremony needs another committee")
        if self._log.ceremony_count() >= MOST_CEREMONIES:
            raise _denied(ReasonCode.CONFLICT, f"{MOST_CEREMONIES} ceremonies were begun here, which is enough")

    def _step(
        self, message: CeremonyRequest, proposal: bytes, rounds: dict[int, Round]
    ) -> tuple[Message, list[CertifiedKey]]:
        match message:
            case CeremonyProposal():
                return self._propose(message, proposal), []
            case ContributionSet():
                return self._deal(message, self._contributed(proposal, rounds)), []
            case DealingSet():
                return self._endorsed(message, proposal, rounds).endorsement(), []
            case EndorsementSet():
                return self._certify(message, proposal, rounds)

    def _propose(self, proposal: CeremonyProposal, execution: bytes) -> Contribution:
        if ceremony.proposal_id(proposal) != execution:
            raise _denied(ReasonCode.MALFORMED, "a proposal is named by its own hash")
        _, contribution = ceremony.propose(
            proposal, committee=self._committee, me=self._me, randomness=self._randomness(32)
        )
        return contribution

    def _contributed(self, proposal: bytes, rounds: dict[int, Round]) -> Contributed:
        own = self._own(rounds[1], Contribution)
        return Contributed(committee=self._committee, me=self._me, proposal=proposal, contribution=own.contribution)

    def _deal(self, message: ContributionSet, state: Contributed) -> Dealing:
        contributions = self._authenticate(message.contributions, Contribution)
        run, plans = ceremony.on_contributions(state, contributions, randomness=self._randomness(32))
        keys = []
        for plan in plans:
            ciphertexts = [
                self._hosts.seal(
                    seal.plaintext.to_secret_bytes(), recipient=self._committee.host(seal.recipient), info=seal.info
                )
                for seal in plan.seals
            ]
            keys.append(plan.sealed(ciphertexts))
        return Dealing(run=run, keys=tuple(keys))

    def _endorsed(self, message: DealingSet, proposal: bytes, rounds: dict[int, Round]) -> Endorsed:
        own_dealing = decode_envelope(rounds[2].output).body
        state = Dealt(
            committee=self._committee,
            me=self._me,
            proposal=proposal,
            run=RunId(self._own(rounds[2], Dealing).run),
            own_dealing=sha256(own_dealing).digest(),
        )
        collected = ceremony.on_dealings(state, self._authenticate(message.dealings, Dealing))
        return ceremony.on_opened(collected, self._open(collected))

    def _open(self, collected: Collected) -> dict[tuple[SignerId, int], SecretScalar]:
        opened = {}
        for effect in collected.opens:
            try:
                plaintext = self._identity.open(effect.ciphertext, info=effect.info)
                opened[effect.dealer, effect.threshold] = SecretScalar.from_secret_bytes(plaintext)
            except (EncodingError, ZeroSecret):
                continue  # missing from `opened`: the step names its dealer
        return opened

    def _certify(
        self, message: EndorsementSet, proposal: bytes, rounds: dict[int, Round]
    ) -> tuple[Certified, list[CertifiedKey]]:
        dealings = decode_body(DealingSet.__name__, rounds[3].input)
        assert isinstance(dealings, DealingSet), "round 3 was recorded as such"
        state = self._endorsed(dealings, proposal, rounds)
        endorsements = self._authenticate(message.endorsements, Endorsement)
        certified = ceremony.on_endorsements(state, endorsements, proposal=proposal)
        keys = [
            CertifiedKey(share=share, certificate=certified.certificate, committee=self._committee.fingerprint())
            for share in certified.shares
        ]
        return Certified(certificate=certified.certificate), keys

    def _own(self, round_: Round, kind: type[M]) -> M:
        envelope = decode_envelope(round_.output)
        message = decode_body(envelope.kind, envelope.body)
        assert isinstance(message, kind), "a round is recorded with its own answer"
        return message

    def _authenticate(self, envelopes: Sequence[bytes], kind: type[M]) -> list[Authenticated[M]]:
        return authenticate_all(self._hosts, self._committee, envelopes, kind)


def authenticate_all(
    hosts: Hosts, committee: Committee, envelopes: Sequence[bytes], kind: type[M]
) -> list[Authenticated[M]]:
    """Prove that each envelope is of a seat and of this kind.

    Raises:
        EncodingError, ProtocolError: one is not.
    """
    known = {host.id: host for host in committee.hosts}
    messages = []
    for encoded in envelopes:
        authenticated = hosts.authenticate(encoded, known)
        if not isinstance(authenticated.message, kind):
            raise ProtocolError(f"a {type(authenticated.message).__name__} stands where a {kind.__name__} must")
        messages.append(authenticated)
    return messages  # type: ignore[return-value]  # each was checked to carry `kind`


def _denied(code: ReasonCode, detail: str) -> PolicyDenied:
    return PolicyDenied([str(Reason(code, detail))])
