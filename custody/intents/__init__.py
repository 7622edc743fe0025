"""What can be asked of the contracts: typed intents, their digests, and the quorum each needs."""

from custody.intents.change import ParameterChange, SettlementOverride, Successor
from custody.intents.classes import ActionClass
from custody.intents.codec import Intent, decode_intent
from custody.intents.expedite import Expedite
from custody.intents.liquidation import LiquidationOrder
from custody.intents.operation import Call, Operation
from custody.intents.order import Order
from custody.intents.outflow import Pause, ReleaseBatch, Unpause
from custody.intents.recovery import CancelRecoveries, Recovery
from custody.intents.rotation import EpochRotation, Heartbeat, SigningWindow

__all__ = [
    "ActionClass",
    "Call",
    "CancelRecoveries",
    "EpochRotation",
    "Expedite",
    "Heartbeat",
    "Intent",
    "LiquidationOrder",
    "Operation",
    "Order",
    "ParameterChange",
    "Pause",
    "Recovery",
    "ReleaseBatch",
    "SettlementOverride",
    "SigningWindow",
    "Successor",
    "Unpause",
    "decode_intent",
]
