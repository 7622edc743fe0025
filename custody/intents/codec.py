"""Typed intents on the wire: a name and the words of its struct, nothing that is not decoded and re-encoded here."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from custody.errors import EncodingError
from custody.intents.change import ParameterChange, SettlementOverride, Successor
from custody.intents.expedite import Expedite
from custody.intents.liquidation import LiquidationOrder
from custody.intents.operation import Operation
from custody.intents.order import Order
from custody.intents.outflow import Pause, ReleaseBatch, Unpause
from custody.intents.recovery import CancelRecoveries
from custody.intents.rotation import EpochRotation, Heartbeat, SigningWindow
from custody.intents.typed import TypedStruct

Intent = Expedite | LiquidationOrder | Heartbeat
"""The union of all that custodians' nodes confirm on chain, and so sign. What else the threshold key may sign by the
table of classes is not signed by a node before it can confirm it: it is refused by name."""

_TYPES: Final[dict[str, type[Expedite] | type[LiquidationOrder] | type[Heartbeat]]] = {
    Expedite.NAME: Expedite,
    LiquidationOrder.NAME: LiquidationOrder,
    Heartbeat.NAME: Heartbeat,
}


INTENT_NAMES: Final = frozenset(_TYPES)

STRUCTS: Final = MappingProxyType(
    {
        struct.NAME: struct
        for struct in (
            Expedite,
            ReleaseBatch,
            Pause,
            Unpause,
            ParameterChange,
            SigningWindow,
            EpochRotation,
            Heartbeat,
            Successor,
            SettlementOverride,
            LiquidationOrder,
            Order,
            Operation,
            CancelRecoveries,
        )
    }
)
"""Every struct that a contract takes signed, whoever signs it."""


def decode_intent(name: str, encoded: bytes) -> Intent:
    """Raises: EncodingError: an unknown type, or words that are not of that type."""
    if name in STRUCTS and name not in _TYPES:
        raise EncodingError(f"no custodian's node confirms a struct of type {name}, so none signs it")
    if name not in _TYPES:
        raise EncodingError(f"no typed intent is called {name[:40]!r}")
    return _TYPES[name].decode(encoded)


def decode_struct(name: str, encoded: bytes) -> TypedStruct:
    """What a person looks at: any struct that is signed.

    Raises:
        EncodingError: an unknown type, or words that are not of that type.
    """
    return struct_named(name).decode(encoded)


def struct_named(name: str) -> type[TypedStruct]:
    """Raises: EncodingError: there is no such struct."""
    if name not in STRUCTS:
        raise EncodingError(f"no typed struct is called {name[:40]!a}; there are {', '.join(STRUCTS)}")
    return STRUCTS[name]
