"""May this intent be signed? A pure function of the intent, the chain as the node read it, and its own rules.

Only this module makes an `Approved`, and signing takes nothing else. Every check is made, and every reason returned.
"""

from __future__ import annotations

from dataclasses import dataclass

from custody.crypto import GroupKey
from custody.errors import PolicyDenied
from custody.identifiers import Address, Digest
from custody.intents.classes import LONGEST_DEADLINE, ActionClass, rule
from custody.intents.codec import Intent
from custody.intents.expedite import Expedite
from custody.policy.facts import AcceptanceState, ExpediteFacts, ReleaseState
from custody.policy.reasons import Reason, ReasonCode
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
    intent: Expedite,
    *,
    contract: Address,
    key: GroupKey,
    thresholds: tuple[int, ...],
    facts: ExpediteFacts,
    chain_time: int,
    policy: Policy,
) -> Approved:
    """Decide on one Expedite for the key that is asked to sign it.

    Args:
        thresholds: of the authority's epoch, ascending: the lowest and the highest are those of the class table.
        chain_time: unix seconds, by the clock rule.

    Raises:
        PolicyDenied: `.reasons` has every reason against, chain and rules alike.
    """
    reasons = [
        *_disagreements(intent, facts),
        *_wrong_authority(intent, key, thresholds, facts),
        *_wrong_time(intent, facts, chain_time),
    ]
    allowing, against = policy.judge(intent, chain_id=facts.chain_id, contract=contract, chain_time=chain_time)
    reasons.extend(against)
    if reasons or allowing is None:
        raise PolicyDenied([str(reason) for reason in reasons])
    return Approved(
        intent=intent,
        digest=intent.digest(chain_id=facts.chain_id, contract=contract),
        chain_id=facts.chain_id,
        contract=contract,
        group_key=key.id,
        rule=allowing.name,
    )


def _disagreements(intent: Expedite, facts: ExpediteFacts) -> list[Reason]:
    """Where the intent is not what its owner requested."""
    release = facts.release
    if release.state is not ReleaseState.REQUESTED:
        detail = f"release {intent.release_id} is {release.state.name.lower()}"
        return [Reason(ReasonCode.NO_SUCH_REQUEST, detail)]
    return [
        Reason(ReasonCode.REQUEST_DIFFERS, f"{name} is not what the owner requested")
        for name, asked, requested in (
            ("owner", intent.owner, release.owner),
            ("payout address", intent.to, release.to),
            ("amount", intent.amount, release.amount),
        )
        if asked != requested
    ]


def _wrong_authority(
    intent: Expedite, key: GroupKey, thresholds: tuple[int, ...], facts: ExpediteFacts
) -> list[Reason]:
    """Where epoch, class, threshold or key are not what the chain will ask for."""
    reasons = []
    if intent.epoch != facts.epoch:
        reasons.append(Reason(ReasonCode.WRONG_EPOCH, f"intent names {intent.epoch}, chain is at {facts.epoch}"))
    if key.threshold != intent.threshold or key.public.coordinates() != facts.group_key:
        reasons.append(Reason(ReasonCode.WRONG_KEY, f"not the chain's key of {intent.threshold} custodians"))
    if intent.action_class not in (ActionClass.B, ActionClass.B2):
        reasons.append(Reason(ReasonCode.WRONG_CLASS, f"a release is of class B or B2, not {intent.action_class.name}"))
        return reasons
    needed = rule(intent.action_class, regime=facts.regime, stale=facts.regime_is_stale, value=facts.value).threshold(
        low=thresholds[0], high=thresholds[-1]
    )
    if intent.threshold < needed:
        detail = f"needs {needed} of {len(key.signers)}, intent names {intent.threshold}"
        reasons.append(Reason(ReasonCode.THRESHOLD_TOO_LOW, detail))
    return reasons


def _wrong_time(intent: Expedite, facts: ExpediteFacts, chain_time: int) -> list[Reason]:
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
