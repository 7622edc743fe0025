"""What can be asked of the contracts: typed intents, their digests, and the quorum each needs."""

from custody.intents.classes import ActionClass, Regime
from custody.intents.codec import Intent, decode_intent
from custody.intents.expedite import Expedite

__all__ = ["ActionClass", "Expedite", "Intent", "Regime", "decode_intent"]
