"""What can be asked of the contracts: typed intents, their digests, and the quorum each needs."""

from custody.intents.classes import ActionClass
from custody.intents.codec import Intent, decode_intent
from custody.intents.expedite import Expedite
from custody.intents.liquidation import LiquidationOrder
from custody.intents.order import Order

__all__ = ["ActionClass", "Expedite", "Intent", "LiquidationOrder", "Order", "decode_intent"]
