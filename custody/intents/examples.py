"""One well-formed struct of every kind, to start from. The addresses are nobody's, and the deadlines long past."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Final

from custody.identifiers import Address
from custody.intents.change import ParameterChange, SettlementOverride, Successor
from custody.intents.classes import ActionClass
from custody.intents.expedite import Expedite
from custody.intents.liquidation import LiquidationOrder
from custody.intents.operation import Call, Operation
from custody.intents.order import Order
from custody.intents.outflow import Pause, ReleaseBatch, Unpause
from custody.intents.recovery import CancelRecoveries
from custody.intents.rotation import EpochRotation, Heartbeat, SigningWindow
from custody.intents.typed import TypedStruct
from custody.units import USDC, Lots, MicroUsdc, Ticks

CHAIN_ID: Final = 31_337
CONTRACT: Final = Address(b"\x11" * 20)
_OWNER: Final = Address(b"\x22" * 20)
_PAYEE: Final = Address(b"\x33" * 20)
_TIME: Final = 1_700_000_000
# G and 2G: public points that everybody knows the secret of.
_G: Final = (
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)
_TWO_G: Final = (
    0xC6047F9441ED7D6D3045406E95C07CD85C778E4B8CEF3CA7ABAC09B95C709EE5,
    0x1AE168FEA63DC339A3C58419466CEAEEF7F632653266D0E1236431A950CFE52A,
)


def _terms(action: ActionClass, threshold: int) -> dict[str, Any]:
    return {"epoch": 1, "action_class": action, "threshold": threshold, "nonce": 1, "deadline": _TIME}


_STRUCTS: Final[tuple[TypedStruct, ...]] = (
    Expedite(release_id=1, owner=_OWNER, to=_PAYEE, amount=MicroUsdc(250 * USDC), **_terms(ActionClass.B, 3)),
    ReleaseBatch(
        release_ids=(1, 2),
        to=(_PAYEE, _OWNER),
        amounts=(MicroUsdc(250 * USDC), MicroUsdc(USDC)),
        **_terms(ActionClass.B2, 4),
    ),
    Pause(guardian=_OWNER, **_terms(ActionClass.A0, 1)),
    Unpause(paused_until=_TIME + 72 * 3_600, **_terms(ActionClass.C, 4)),
    ParameterChange(parameter="outflow cap", current=100_000, next=250_000, **_terms(ActionClass.C, 4)),
    SigningWindow(
        windowed_class=ActionClass.B,
        limited=True,
        opens_at=_TIME,
        closes_at=_TIME + 8 * 3_600,
        **_terms(ActionClass.C, 4),
    ),
    EpochRotation(
        next_epoch=2,
        new_signers=5,
        low_threshold=3,
        low_x=_G[0],
        low_y=_G[1],
        high_threshold=4,
        high_x=_TWO_G[0],
        high_y=_TWO_G[1],
        certificate_hash=b"\x44" * 32,
        **_terms(ActionClass.D, 4),
    ),
    Heartbeat(**_terms(ActionClass.D0, 4)),
    Successor(successor=_PAYEE, **_terms(ActionClass.D, 4)),
    SettlementOverride(instrument=0, expiry=_TIME, price=6_500_000, **_terms(ActionClass.D0, 4)),
    LiquidationOrder(accounts=(_OWNER, _PAYEE), **_terms(ActionClass.A, 3)),
    Order(
        account=_OWNER,
        instrument=0,
        lots=Lots(12_000),
        limit_price=Ticks(6_500_000),
        expiry=_TIME,
        min_fill=Lots(1),
        reduce_only=False,
        salt=7,
    ),
    Operation(
        calls=(Call(target=_PAYEE, value=0, data=bytes.fromhex("a9059cbb") + bytes(64)),),
        action_class=ActionClass.C,
        set_epoch=1,
        threshold=4,
        nonce=1,
        deadline=_TIME,
    ),
    CancelRecoveries(set_epoch=1, round=2, deadline=_TIME),
)

EXAMPLES: Final = MappingProxyType({struct.NAME: struct for struct in _STRUCTS})
