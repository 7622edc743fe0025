"""What speaks against a LiquidationOrder: any account that this node's own arithmetic does not find eligible."""

from __future__ import annotations

from custody.identifiers import Address
from custody.intents.classes import ActionClass
from custody.intents.keccak import checksum_address
from custody.intents.liquidation import LiquidationOrder
from custody.policy.facts import LiquidationFacts
from custody.policy.reasons import Reason, ReasonCode
from custody.risk.account import Eligibility, eligibility, health
from custody.units import format_usdc


def objections_to_liquidation(intent: LiquidationOrder, facts: LiquidationFacts) -> list[Reason]:
    """Every reason against, with every account that is not eligible named."""
    reasons = []
    if intent.action_class is not ActionClass.A:
        detail = f"a liquidation is of class A, not {intent.action_class.name}"
        reasons.append(Reason(ReasonCode.WRONG_CLASS, detail))
    if facts.behind:
        detail = "the feed has more rounds than one look consumes; the newest price is not known yet"
        reasons.append(Reason(ReasonCode.STALE_READ, detail))
    if any(table.stale for table in facts.tables):
        reasons.append(Reason(ReasonCode.STALE_PRICE, "the oracle's newest price is too old, or unconfirmed"))
    for address in intent.accounts:
        reasons.extend(_objections_to_account(address, facts))
    return reasons


def _objections_to_account(address: Address, facts: LiquidationFacts) -> list[Reason]:
    name = checksum_address(address)
    account = facts.accounts.get(address)
    if account is None:
        return [Reason(ReasonCode.ACCOUNT_UNKNOWN, f"{name} has no margin account")]
    found = health(account, facts.tables)
    match eligibility(found, now=facts.at, terms=facts.terms):
        case Eligibility.AT_ONCE | Eligibility.AFTER_CURE | Eligibility.INSOLVENT:
            return []
        case Eligibility.HEALTHY:
            figures = f"equity {format_usdc(found.equity_spot)}, maintenance {format_usdc(found.maintenance_spot)}"
            return [Reason(ReasonCode.ACCOUNT_HEALTHY, f"{name} is healthy: {figures}")]
        case Eligibility.AWAITS_AVERAGE:
            return [Reason(ReasonCode.ACCOUNT_CURING, f"{name} is below zero at spot alone: the average decides")]
        case Eligibility.FLAGGABLE:
            return [Reason(ReasonCode.ACCOUNT_CURING, f"{name} is below maintenance, and may still cure")]
