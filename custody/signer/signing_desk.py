"""A custodian's side of signing: decides in round A, answers once in round B.

Between the rounds a session lives in memory only. Round B runs without waiting on anything: the share is computed,
the pair wiped, and decision, spent pair and share written in one durable commit, before the answer leaves. A repeat
gets that row.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from custody.errors import EncodingError, FaultyCoordinator, PolicyDenied, StaleRead
from custody.identifiers import Address, BlockHash, Digest, SessionId, to_hex
from custody.intents.codec import Intent, decode_intent
from custody.policy.clock import ClockReading, ClockRule
from custody.policy.engine import Approved, approve
from custody.policy.reasons import Reason, ReasonCode
from custody.policy.rules import Policy
from custody.ports.chain import ChainReader
from custody.ports.clock import Clock, Randomness
from custody.ports.identity import Hosts, Identity
from custody.ports.ledger import Answer, CertifiedKey, Held, IntentSlot, Journal, NonceLedger
from custody.protocol.authenticated import Authenticated
from custody.protocol.committee import Committee
from custody.protocol.messages import Approval, ApprovalRequest, ShareRequest
from custody.protocol.signing import Offered, answer, offer, package_of
from custody.signer.ceremony_desk import authenticate_all

SESSION_SECONDS: Final = 60.0
"""An approval that nobody takes up is forgotten after this long, and its nonces with it."""
MOST_SESSIONS: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What this custodian decides by: its policy, its clock rule, its authority on chain."""

    policy: Policy
    clock: ClockRule
    authority: Address


@dataclass(frozen=True, slots=True)
class _Live:
    offered: Offered
    replaces: Digest | None
    chain_time: int
    until: float
    request: bytes
    encoded: bytes


class SigningDesk:
    """Answers the two requests of signing for one seat."""

    def __init__(
        self,
        *,
        rules: Rules,
        committee: Committee,
        identity: Identity,
        hosts: Hosts,
        ledger: NonceLedger,
        journal: Journal,
        chain: ChainReader,
        clock: Clock,
        randomness: Randomness,
    ) -> None:
        self._rules = rules
        self._committee = committee
        self._identity = identity
        self._hosts = hosts
        self._ledger = ledger
        self._journal = journal
        self._chain = chain
        self._clock = clock
        self._randomness = randomness
        self._keys: dict[bytes, CertifiedKey] = {}
        self._live: OrderedDict[SessionId, _Live] = OrderedDict()
        self._index = 0

    def use(self, keys: list[CertifiedKey]) -> None:
        """Sign with these from now on; each was certified by its whole committee."""
        self._keys.update({key.share.key.id: key for key in keys})

    @property
    def keys(self) -> tuple[CertifiedKey, ...]:
        return tuple(self._keys.values())

    # --- round A ---

    async def approve(self, request: Authenticated[ApprovalRequest]) -> bytes:
        """Decode, read the chain, ask the policy; the signed answer carries a fresh commitment.

        Raises:
            PolicyDenied: every reason against. ChainError: the chain could not be read.
        """
        session = SessionId(request.execution)
        self._forget_expired()
        repeated = self._repeat(session, request.body)
        if repeated is not None:
            return repeated
        key = self._key(request.message.key)
        approved, replaces, chain_time = await self._decide(request.message, key)
        repeated = self._repeat(session, request.body)  # the same request may have been decided while this one waited
        if repeated is not None:
            return repeated
        offered = offer(
            approved,
            session=session,
            share=key.share,
            hiding_randomness=self._randomness(32),
            binding_randomness=self._randomness(32),
        )
        encoded = self._identity.sign(self._approval(offered), execution=session)
        until = self._clock.monotonic() + SESSION_SECONDS
        self._live[session] = _Live(offered, replaces, chain_time, until, request.body, encoded)
        self._journal.note("approved", f"{approved.digest.hex()} by rule {approved.rule}: {approved.intent.render()}")
        return encoded

    def _repeat(self, session: SessionId, body: bytes) -> bytes | None:
        """The answer this session already has; a session is one request, and ends with its share."""
        live = self._live.get(session)
        if live is not None:
            if live.request != body:
                raise _denied(ReasonCode.CONFLICT, "this session was opened with another request")
            return live.encoded
        if self._ledger.answer_for(session) is not None:
            raise _denied(ReasonCode.NONCE_SPENT, "this session has had its share")
        return None

    async def _decide(self, request: ApprovalRequest, key: CertifiedKey) -> tuple[Approved, Digest | None, int]:
        try:
            intent = decode_intent(request.intent_type, request.intent)
        except EncodingError as error:
            raise _denied(ReasonCode.MALFORMED, str(error)) from None
        contract = Address(request.contract)
        if not self._rules.policy.speaks_of(intent, chain_id=request.chain_id, contract=contract):
            detail = f"no rule speaks of {intent.NAME} on chain {request.chain_id} at {to_hex(contract)}"
            raise _denied(ReasonCode.NO_RULE_ALLOWS, detail)  # before the chain is read for a stranger's contract
        digest = intent.digest(chain_id=request.chain_id, contract=contract)
        reading = await self._chain.read(
            intent,
            contract=contract,
            authority=self._rules.authority,
            digest=digest,
            block_hash=BlockHash(request.block_hash),
        )
        received_at = self._clock.now()
        if reading.facts.authority.chain_id != request.chain_id or request.chain_id != self._committee.chain_id:
            detail = f"asked for {request.chain_id}, endpoint is on {reading.facts.authority.chain_id}"
            raise _denied(ReasonCode.WRONG_CHAIN, detail)
        clock_reading = ClockReading(
            named=reading.named, head=reading.head, received_at=received_at, now=self._clock.now()
        )
        try:
            chain_time = self._rules.clock.chain_time(clock_reading, latest_seen=self._ledger.latest_chain_time())
        except StaleRead as error:
            raise _denied(ReasonCode.STALE_READ, str(error)) from None
        replaces = await self._replaceable(intent, contract, digest)
        approved = approve(
            intent,
            contract=contract,
            key=key.share.key,
            thresholds=self._committee.thresholds,
            facts=reading.facts,
            chain_time=chain_time,
            policy=self._rules.policy,
        )
        return approved, replaces, chain_time

    async def _replaceable(self, intent: Intent, contract: Address, digest: Digest) -> Digest | None:
        """The digest that holds this intent nonce and can never take effect any more.

        Or None if nothing else holds it.
        """
        held = self._ledger.held(_slot(intent, self._committee.chain_id, contract))
        if held is None or held.digest == digest:
            return None
        if not await self._chain.is_void(intent, held.digest, contract=contract, deadline=held.deadline):
            detail = f"intent nonce {intent.nonce} is held by {held.digest.hex()}, which may still take effect"
            raise _denied(ReasonCode.NONCE_TAKEN, detail)
        return held.digest

    def _approval(self, offered: Offered) -> Approval:
        self._index += 1
        boot, boot_random = self._ledger.boot
        return Approval(
            digest=offered.approved.digest,
            key=offered.approved.group_key,
            commitment=offered.commitment_id,
            boot=boot,
            boot_random=boot_random,
            index=self._index,
        )

    # --- round B: nothing here awaits, so that nothing comes between taking the nonces and the commit ---

    def share(self, request: Authenticated[ShareRequest]) -> bytes:
        """The signed share for this list, durable already.

        Raises:
            PolicyDenied: an unknown or finished session. FaultyCoordinator: a list no honest coordinator sends; nothing
            was spent. StoreError, NonceReused: nothing left this process; it must stop signing.
        """
        session = SessionId(request.execution)
        given = self._ledger.answer_for(session)
        if given is not None:
            return self._given(given, request)
        self._forget_expired()
        live = self._live.get(session)
        if live is None:
            raise _denied(ReasonCode.UNKNOWN_SESSION, "no approval of this session lives here, ask for another")
        approvals = authenticate_all(self._hosts, self._committee, request.message.approvals, Approval)
        package = package_of(
            approvals,
            session=session,
            digest=request.message.digest,
            key=live.offered.share.key,
            committee=self._committee,
        )
        approved = live.offered.approved
        slot = _slot(approved.intent, approved.chain_id, approved.contract)
        holder = self._ledger.held(slot)
        if holder is not None and holder.digest not in (approved.digest, live.replaces):
            raise _denied(ReasonCode.NONCE_TAKEN, f"intent nonce {slot.nonce} went to {holder.digest.hex()} meanwhile")
        try:
            answered = answer(live.offered, package)
        except FaultyCoordinator:
            raise  # nothing was spent
        except BaseException:
            del self._live[session]
            raise
        del self._live[session]
        encoded = self._identity.sign(answered.response, execution=session)
        self._ledger.record_answer(
            Answer(
                commitment_id=answered.commitment_id,
                session=session,
                digest=approved.digest,
                list_hash=answered.list_hash,
                encoded=encoded,
            ),
            slot=slot,
            held=Held(digest=approved.digest, deadline=approved.intent.deadline),
            replaces=live.replaces,
            chain_time=live.chain_time,
            decision=f"{approved.digest.hex()} by rule {approved.rule}: {approved.intent.render()}",
        )
        return encoded

    def _given(self, given: Answer, request: Authenticated[ShareRequest]) -> bytes:
        """The same bytes for the same list; the pair answers no other."""
        approvals = authenticate_all(self._hosts, self._committee, request.message.approvals, Approval)
        key = self._keys.get(approvals[0].message.key)
        if key is not None and given.digest == request.message.digest:
            package = package_of(
                approvals, session=given.session, digest=given.digest, key=key.share.key, committee=self._committee
            )
            if package.list_hash == given.list_hash:
                return given.encoded
        raise _denied(ReasonCode.NONCE_SPENT, "this session's nonces answered another list")

    def _key(self, group_key: bytes) -> CertifiedKey:
        key = self._keys.get(group_key)
        if key is None:
            raise _denied(ReasonCode.UNKNOWN_KEY, f"no certified share of {group_key.hex()} is held here")
        return key

    def _forget_expired(self) -> None:
        """Sessions are in order of their end; too many push out the oldest."""
        now = self._clock.monotonic()
        while self._live:
            session, live = next(iter(self._live.items()))
            if live.until > now and len(self._live) < MOST_SESSIONS:
                return
            live.offered.nonces.wipe()
            del self._live[session]


def _slot(intent: Intent, chain_id: int, contract: Address) -> IntentSlot:
    return IntentSlot(chain_id=chain_id, contract=contract, epoch=intent.epoch, nonce=intent.nonce)


def _denied(code: ReasonCode, detail: str) -> PolicyDenied:
    return PolicyDenied([str(Reason(code, detail))])
