"""May this intent be signed? A pure function of the intent, the chain as the node read it, and its own rules.

Only this module makes an `Approved`, and signing takes nothing else. Every check is made, and every reason returned.
"""

from __future__ import annotations

from dataclasses import dataclass

from custody.crypto import GroupKey
from custody.errors import PolicyDenied
from custody.identifiers import Address, Digest
from custody.intents.classes import LONGEST_DEADLINE
from custody.intents.codec import Intent
from custody.intents.expedite import Expedite
from custody.intents.liquidation import LiquidationOrder
from custody.intents.rotation import Heartbeat
from custody.policy.facts import (
    AcceptanceState,
    AuthorityFacts,
    ExpediteFacts,
    Facts,
    HeartbeatFacts,
    LiquidationFacts,
)
from custody.policy.heartbeat import objections_to_heartbeat
from custody.policy.liquidation import objections_to_liquidation
from custody.policy.reasons import Reason, ReasonCode
from custody.policy.release import objections_to_expedite
from custody.policy.rules import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """An intent that this node decoded, confirmed on chain and found allowed, and the digest it re-derived."""

    intent: Intent
    digest: Digest
    chain_id: int
    contract: Address
    group_key: bytes
    rule: str


def approve(
    intent: Intent,
    *,
    contract: Address,
    key: GroupKey,
    thresholds: tuple[int, ...],
    facts: Facts,
    chain_time: int,
    policy: Policy,
) -> Approved:
    """Decide on one intent for the key that is asked to sign it.

    Args:
        thresholds: of the authority's epoch, ascending: the lowest and the highest are those of the class table.
        facts: of the kind that the intent is judged by.
        chain_time: unix seconds, by the clock rule.

    Raises:
        PolicyDenied: `.reasons` has every reason against, chain and rules alike.
    """
    authority = facts.authority
    reasons = [
        *_objections(intent, facts, contract=contract, thresholds=thresholds, signers=len(key.signers)),
        *_wrong_authority(intent, key, authority),
        *_wrong_time(intent, authority, chain_time),
    ]
    allowing, against = policy.judge(intent, chain_id=authority.chain_id, contract=contract, chain_time=chain_time)
    reasons.extend(against)
    if reasons or allowing is None:
        raise PolicyDenied([str(reason) for reason in reasons])
    return Approved(
        intent=intent,
        digest=intent.digest(chain_id=authority.chain_id, contract=contract),
        chain_id=authority.chain_id,
        contract=contract,
        group_key=key.id,
        rule=allowing.name,
    )


def _objections(
    intent: Intent, facts: Facts, *, contract: Address, thresholds: tuple[int, ...], signers: int
) -> list[Reason]:
    """What the chain says against this kind of intent."""
    match intent, facts:
        case Expedite(), ExpediteFacts():
            return objections_to_expedite(intent, facts, thresholds=thresholds, signers=signers)
        case LiquidationOrder(), LiquidationFacts():
            return objections_to_liquidation(intent, facts)
        case Heartbeat(), HeartbeatFacts():
            return objections_to_heartbeat(intent, facts, contract=contract, thresholds=thresholds, signers=signers)
        case _:
            raise ValueError("an intent is judged by facts of its own kind")


def _wrong_authority(intent: Intent, key: GroupKey, facts: AuthorityFacts) -> list[Reason]:
    """Where epoch or key are not the chain's."""
    reasons = []
    if intent.epoch != facts.epoch:
        reasons.append(Reason(ReasonCode.WRONG_EPOCH, f"intent names {intent.epoch}, chain is at {facts.epoch}"))
    if key.threshold != intent.threshold or key.public.coordinates() != facts.group_key:
        reasons.append(Reason(ReasonCode.WRONG_KEY, f"not the chain's key of {intent.threshold} custodians"))
    return reasons


def _wrong_time(intent: Intent, facts: AuthorityFacts, chain_time: int) -> list[Reason]:
    """Where the deadline, or an earlier use, makes a signature worthless or too durable."""
    reasons = []
    if intent.deadline < chain_time:
        detail = f"deadline {intent.deadline}, chain time {chain_time}"
        reasons.append(Reason(ReasonCode.DEADLINE_PASSED, detail))
    longest = LONGEST_DEADLINE[intent.action_class]
    if intent.deadline > chain_time + longest:
        detail = f"{intent.deadline - chain_time} s ahead, {longest} allowed"
        reasons.append(Reason(ReasonCode.DEADLINE_TOO_FAR, detail))
    if facts.acceptance is AcceptanceState.DONE:
        reasons.append(Reason(ReasonCode.ALREADY_USED, "this digest has taken effect"))
    return reasons
