"""Which quorum and which delay an action needs: the table of classes, as the chain has it in `ClassTable.sol`.

A pure function of (class, regime, staleness, value). More volatility or more value never lowers a quorum or a delay.
Classes A0 and C are not signed by the threshold key and have no row here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from custody.units import DAY, HOUR, Ppm, Regime, Seconds


class ActionClass(IntEnum):
    """What kind of thing is asked; the order is that of the contract's enum."""

    A = 0  # reduce risk
    A0 = 1  # pause outflows: one guardian
    B = 2  # release, small
    B2 = 3  # release, larger
    C = 4  # change a parameter: people
    D = 5  # rotate signers, name a successor
    D0 = 6  # override a settlement, heartbeat


class NotAThresholdClass(ValueError):
    """This class is decided by people or guardians, not by the threshold key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """`high`: whether the epoch's higher threshold is needed; `delay`: from acceptance to execution."""

    high: bool
    delay: Seconds

    def threshold(self, *, low: int, high: int) -> int:
        return high if self.high else low


CLASS_B_LIMIT: Final = Ppm(10_000)
"""Largest share of the vault, in a rolling day and with this release, that class B may pay out: 1 %."""
LONGEST_DEADLINE: Final = {ActionClass.A: Seconds(600)} | {
    kind: Seconds(7 * DAY) for kind in ActionClass if kind is not ActionClass.A
}
LAPSE_AFTER: Final = Seconds(7 * DAY)
"""An accepted intent lapses this long after the longest delay of its class."""

_DELAYS: Final[dict[ActionClass, tuple[int, int, int, int]]] = {  # CALM, ELEVATED, STRESSED, stale
    ActionClass.A: (0, 0, 0, 0),
    ActionClass.B: (0, HOUR, 6 * HOUR, 6 * HOUR),
    ActionClass.B2: (6 * HOUR, 12 * HOUR, 24 * HOUR, 24 * HOUR),
    ActionClass.D: (48 * HOUR, 72 * HOUR, 7 * DAY, 7 * DAY),
    ActionClass.D0: (0, 0, 0, 0),
}
_ALWAYS_HIGH: Final = frozenset({ActionClass.B2, ActionClass.D, ActionClass.D0})


def effective_class(action: ActionClass, value: Ppm) -> ActionClass:
    """The row that judges: a class B release above the limit is judged as B2."""
    return ActionClass.B2 if action is ActionClass.B and value > CLASS_B_LIMIT else action


def rule(action: ActionClass, *, regime: Regime, stale: bool, value: Ppm) -> Rule:
    """The row and column that decide.

    Raises:
        NotAThresholdClass: classes A0 and C.
    """
    judged = effective_class(action, value)
    if judged not in _DELAYS:
        raise NotAThresholdClass(f"class {judged.name} is not signed by the threshold key")
    column = 3 if stale else int(regime)
    stressed = stale or regime is Regime.STRESSED
    high = judged in _ALWAYS_HIGH or (judged is ActionClass.B and stressed)
    return Rule(high=high, delay=Seconds(_DELAYS[judged][column]))


def longest_delay(action: ActionClass) -> Seconds:
    """The greatest delay of the row over all columns.

    Raises:
        NotAThresholdClass: classes A0 and C.
    """
    if action not in _DELAYS:
        raise NotAThresholdClass(f"class {action.name} is not signed by the threshold key")
    return Seconds(max(_DELAYS[action]))
