"""One order, judged: decoded, its digest rebuilt, the chain read at the named block, the policy asked."""

from __future__ import annotations

from dataclasses import dataclass

from custody.errors import EncodingError, PolicyDenied, StaleRead
from custody.identifiers import Address, BlockHash, Digest, to_hex
from custody.intents.codec import Intent, decode_intent
from custody.policy.clock import ClockReading, ClockRule
from custody.policy.engine import Approved, approve
from custody.policy.reasons import Reason, ReasonCode
from custody.policy.rules import Policy
from custody.ports.chain import ChainReader
from custody.ports.clock import Clock
from custody.ports.ledger import Held, IntentSlot, NonceLedger
from custody.protocol.signing import TenuredKey
from custody.protocol.signing_messages import Order


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What this custodian decides by. The authority on chain is that of the committee whose key is asked."""

    policy: Policy
    clock: ClockRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A yes. `replaces`: digests that held the intent's slot and can never take effect any more."""

    approved: Approved
    replaces: frozenset[Digest]
    chain_time: int

    @property
    def slot(self) -> IntentSlot:
        return slot_of(self.approved.intent, self.approved.chain_id, self.approved.contract)

    @property
    def held(self) -> Held:
        return Held(digest=self.approved.digest, deadline=self.approved.intent.deadline)

    def __str__(self) -> str:
        return f"{self.approved.digest.hex()} by rule {self.approved.rule}: {self.approved.intent.render()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An order as it was decoded here."""

    intent: Intent
    chain_id: int
    contract: Address
    block_hash: BlockHash
    digest: Digest


class Judge:
    def __init__(self, *, rules: Rules, chain: ChainReader, clock: Clock, ledger: NonceLedger) -> None:
        self._rules = rules
        self._chain = chain
        self._clock = clock
        self._ledger = ledger

    def read(self, order: Order) -> Asked:
        """Raises: PolicyDenied: no intent, or one that no rule speaks of; before the chain is read for it."""
        try:
            intent = decode_intent(order.intent_type, order.intent)
        except EncodingError as error:
            raise denied(ReasonCode.MALFORMED, str(error)) from None
        contract = Address(order.contract)
        if not self._rules.policy.speaks_of(intent, chain_id=order.chain_id, contract=contract):
            detail = f"no rule speaks of {intent.NAME} on chain {order.chain_id} at {to_hex(contract)}"
            raise denied(ReasonCode.NO_RULE_ALLOWS, detail)
        return Asked(
            intent=intent,
            chain_id=order.chain_id,
            contract=contract,
            block_hash=BlockHash(order.block_hash),
            digest=intent.digest(chain_id=order.chain_id, contract=contract),
        )

    async def decide(self, asked: Asked, key: TenuredKey) -> Decision:
        """Raises: PolicyDenied: every reason against. ChainError: the chain could not be read."""
        committee = key.committee
        reading = await self._chain.read(
            asked.intent,
            contract=asked.contract,
            authority=committee.authority,
            digest=asked.digest,
            block_hash=asked.block_hash,
        )
        received_at = self._clock.now()
        if reading.facts.authority.chain_id != asked.chain_id or asked.chain_id != committee.chain_id:
            detail = f"asked for {asked.chain_id}, endpoint is on {reading.facts.authority.chain_id}"
            raise denied(ReasonCode.WRONG_CHAIN, detail)
        clock_reading = ClockReading(
            named=reading.named, head=reading.head, received_at=received_at, now=self._clock.now()
        )
        try:
            chain_time = self._rules.clock.chain_time(clock_reading, latest_seen=self._ledger.latest_chain_time())
        except StaleRead as error:
            raise denied(ReasonCode.STALE_READ, str(error)) from None
        replaces = await self._replaceable(asked)
        approved = approve(
            asked.intent,
            contract=asked.contract,
            key=key.key,
            thresholds=committee.thresholds,
            facts=reading.facts,
            chain_time=chain_time,
            policy=self._rules.policy,
        )
        return Decision(approved=approved, replaces=replaces, chain_time=chain_time)

    async def _replaceable(self, asked: Asked) -> frozenset[Digest]:
        """Other digests that hold this intent nonce, each of which can never take effect any more."""
        slot = slot_of(asked.intent, asked.chain_id, asked.contract)
        others = [claim for claim in self._ledger.claims(slot, asked=asked.digest) if claim.digest != asked.digest]
        for claim in others:
            if not await self._chain.is_void(
                asked.intent, claim.digest, contract=asked.contract, deadline=claim.deadline
            ):
                detail = (
                    f"intent nonce {asked.intent.nonce} is held by {claim.digest.hex()}, which may still take effect"
                )
                raise denied(ReasonCode.NONCE_TAKEN, detail)
        return frozenset(claim.digest for claim in others)

    def require_still_free(self, decision: Decision) -> None:
        """Raises: PolicyDenied: another digest took the slot since the decision."""
        for claim in self._ledger.claims(decision.slot, asked=decision.approved.digest):
            if claim.digest != decision.approved.digest and claim.digest not in decision.replaces:
                detail = f"intent nonce {decision.slot.nonce} went to {claim.digest.hex()} meanwhile"
                raise denied(ReasonCode.NONCE_TAKEN, detail)


def slot_of(intent: Intent, chain_id: int, contract: Address) -> IntentSlot:
    return IntentSlot(chain_id=chain_id, contract=contract, epoch=intent.epoch, nonce=intent.nonce)


def denied(code: ReasonCode, detail: str) -> PolicyDenied:
    """A refusal for one reason."""
    return PolicyDenied([str(Reason(code, detail))])
