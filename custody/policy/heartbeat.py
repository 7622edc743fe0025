"""What speaks against a Heartbeat: it is for this committee's own authority alone, and the high key's."""

from __future__ import annotations

from typing import Final

from custody.identifiers import Address
from custody.intents.classes import ActionClass
from custody.intents.keccak import checksum_address
from custody.intents.rotation import Heartbeat
from custody.policy.facts import HeartbeatFacts
from custody.policy.reasons import Reason, ReasonCode
from custody.units import HOUR

HEARTBEAT_AHEAD: Final = HOUR
"""How far ahead a rule lets a heartbeat's deadline lie, if it does not say. The chain takes seven days: whoever had
collected such heartbeats could show a committee alive a week after it died, and void what the people do about it."""


def objections_to_heartbeat(
    intent: Heartbeat, facts: HeartbeatFacts, *, contract: Address, thresholds: tuple[int, ...], signers: int
) -> list[Reason]:
    """Every reason against; `thresholds` of the epoch, ascending."""
    reasons = []
    if contract != facts.address:
        detail = f"{checksum_address(contract)} is not the authority of this key's committee"
        reasons.append(Reason(ReasonCode.WRONG_CONTRACT, detail))
    if intent.action_class is not ActionClass.D0:
        detail = f"a heartbeat is of class D0, not {intent.action_class.name}"
        reasons.append(Reason(ReasonCode.WRONG_CLASS, detail))
    if intent.threshold < thresholds[-1]:  # class D0 is the high key's in every regime
        detail = f"needs {thresholds[-1]} of {signers}, intent names {intent.threshold}"
        reasons.append(Reason(ReasonCode.THRESHOLD_TOO_LOW, detail))
    return reasons
