"""Typed intents on the wire: a name and the words of its struct, nothing that is not decoded and re-encoded here."""

from __future__ import annotations

from typing import Final

from custody.errors import EncodingError
from custody.intents.expedite import Expedite
from custody.intents.liquidation import LiquidationOrder

Intent = Expedite | LiquidationOrder
"""The union of all that custodians sign."""

_TYPES: Final[dict[str, type[Expedite] | type[LiquidationOrder]]] = {
    Expedite.NAME: Expedite,
    LiquidationOrder.NAME: LiquidationOrder,
}


INTENT_NAMES: Final = frozenset(_TYPES)


def decode_intent(name: str, encoded: bytes) -> Intent:
    """Raises: EncodingError: an unknown type, or words that are not of that type."""
    if name not in _TYPES:
        raise EncodingError(f"no typed intent is called {name[:40]!r}")
    return _TYPES[name].decode(encoded)
