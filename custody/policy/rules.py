"""A custodian's own rules: what it is willing to sign at all. Default deny; deny beats allow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from custody.identifiers import Address
from custody.intents.codec import Intent
from custody.intents.expedite import Expedite
from custody.intents.liquidation import LiquidationOrder
from custody.policy.reasons import Reason, ReasonCode
from custody.units import MicroUsdc, Seconds, format_seconds, format_usdc


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One line of policy.toml: an intent type of one contract, up to an amount and a distance of the deadline.

    A `deny` rule speaks on the type and contract alone: its limits are not looked at.
    """

    name: str
    effect: Literal["allow", "deny"]
    intent: str
    chain_id: int
    contract: Address
    max_deadline_ahead: Seconds
    max_amount: MicroUsdc  # of an Expedite
    max_accounts: int  # of a LiquidationOrder

    def speaks_of(self, intent: Intent, *, chain_id: int, contract: Address) -> bool:
        return (self.intent, self.chain_id, self.contract) == (intent.NAME, chain_id, contract)

    def objections(self, intent: Intent, *, chain_time: int) -> list[Reason]:
        """Why this allow rule does not cover the intent; empty if it does."""
        reasons = self._too_large(intent)
        ahead = intent.deadline - chain_time
        if ahead > self.max_deadline_ahead:
            limit = format_seconds(self.max_deadline_ahead)
            detail = f"{ahead} s ahead, rule {self.name} allows {limit}"
            reasons.append(Reason(ReasonCode.DEADLINE_TOO_FAR, detail))
        return reasons

    def _too_large(self, intent: Intent) -> list[Reason]:
        match intent:
            case Expedite() if intent.amount > self.max_amount:
                detail = f"{format_usdc(intent.amount)} asked, rule {self.name} allows {format_usdc(self.max_amount)}"
                return [Reason(ReasonCode.AMOUNT_TOO_LARGE, detail)]
            case LiquidationOrder() if len(intent.accounts) > self.max_accounts:
                detail = f"{len(intent.accounts)} accounts, rule {self.name} allows {self.max_accounts}"
                return [Reason(ReasonCode.TOO_MANY_ACCOUNTS, detail)]
            case _:
                return []


@dataclass(frozen=True, slots=True)
class Policy:
    """All rules of one custodian."""

    rules: tuple[Rule, ...]

    def speaks_of(self, intent: Intent, *, chain_id: int, contract: Address) -> bool:
        """Whether any rule is about this type of intent there."""
        return any(rule.speaks_of(intent, chain_id=chain_id, contract=contract) for rule in self.rules)

    def judge(
        self, intent: Intent, *, chain_id: int, contract: Address, chain_time: int
    ) -> tuple[Rule | None, tuple[Reason, ...]]:
        """(the rule that allows, no reasons) or (None, every reason against)."""
        spoken = [rule for rule in self.rules if rule.speaks_of(intent, chain_id=chain_id, contract=contract)]
        denials = [rule for rule in spoken if rule.effect != "allow"]
        if denials:
            return None, tuple(Reason(ReasonCode.NO_RULE_ALLOWS, f"rule {rule.name} denies it") for rule in denials)
        against: list[Reason] = []
        for rule in spoken:
            objections = rule.objections(intent, chain_time=chain_time)
            if not objections:
                return rule, ()
            against.extend(objections)
        if not spoken:
            detail = f"no rule speaks of {intent.NAME} on chain {chain_id} at 0x{contract.hex()}"
            against.append(Reason(ReasonCode.NO_RULE_ALLOWS, detail))
        return None, tuple(against)
