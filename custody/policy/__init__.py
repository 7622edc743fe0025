"""May this intent be signed? Pure: the caller reads the chain and the clock."""

from custody.policy.engine import Approved, approve
from custody.policy.rules import Policy, Rule

__all__ = ["Approved", "Policy", "Rule", "approve"]
