"""Random structs of every kind, with the edges of each type more often than chance gives them."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from custody.identifiers import Address
from custody.intents import (
    ActionClass,
    Call,
    CancelRecoveries,
    EpochRotation,
    Heartbeat,
    Operation,
    ParameterChange,
    Pause,
    Recovery,
    ReleaseBatch,
    SettlementOverride,
    SigningWindow,
    Successor,
    Unpause,
)
from custody.intents.typed import TypedStruct
from tests.intents.test_expedite import random_expedite
from tests.intents.test_order_and_liquidation import a_number, a_random_liquidation, a_random_order

NAMES = ("outflow cap", "a", "ö" * 32, "\u202emargin\x00", "漢字", "\U0001f511 key", " ", "x" * 64)


def an_address(source: Random) -> Address:
    return Address(a_number(source, 160).to_bytes(20, "big"))


def some_bytes(source: Random, most: int) -> bytes:
    return source.randbytes(source.choice((0, 1, 4, 31, 32, 33, 68, source.randrange(most + 1))))


def terms(source: Random, *classes: ActionClass) -> dict[str, Any]:
    return {
        "epoch": a_number(source, 64),
        "action_class": source.choice(classes),
        "threshold": a_number(source, 8),
        "nonce": a_number(source, 256),
        "deadline": a_number(source, 64),
    }


def a_batch(source: Random) -> ReleaseBatch:
    releases = {a_number(source, 256) for _ in range(source.choice((1, 1, 2, 5, 64)))}
    return ReleaseBatch(
        release_ids=tuple(releases),
        to=tuple(an_address(source) for _ in releases),
        amounts=tuple(a_number(source, 256) for _ in releases),  # type: ignore[misc]
        **terms(source, ActionClass.B, ActionClass.B2),
    )


def a_window(source: Random) -> SigningWindow:
    opens, closes = sorted((a_number(source, 64), a_number(source, 64)))
    return SigningWindow(
        windowed_class=source.choice((ActionClass.B, ActionClass.B2)),
        limited=source.random() < 0.7,
        opens_at=opens,
        closes_at=closes,
        **terms(source, ActionClass.C),
    )


def a_rotation(source: Random) -> EpochRotation:
    low, high = sorted((a_number(source, 8), a_number(source, 8)))
    low_key = (a_number(source, 256), a_number(source, 256))
    high_key = low_key if low == high else (low_key[0] ^ 1, a_number(source, 256))
    return EpochRotation(
        next_epoch=a_number(source, 64),
        new_signers=a_number(source, 8),
        low_threshold=low,
        low_x=low_key[0],
        low_y=low_key[1],
        high_threshold=high,
        high_x=high_key[0],
        high_y=high_key[1],
        certificate_hash=source.randbytes(32),
        **terms(source, ActionClass.D),
    )


def an_operation(source: Random) -> Operation:
    calls = tuple(
        Call(target=an_address(source), value=a_number(source, 256), data=some_bytes(source, 300))
        for _ in range(source.choice((1, 1, 2, 5)))
    )
    held = terms(source, ActionClass.C, ActionClass.D)
    return Operation(calls=calls, set_epoch=held.pop("epoch"), **held)


def a_pause(source: Random) -> Pause:
    return Pause(guardian=an_address(source), **(terms(source, ActionClass.A0) | {"threshold": 1}))


MAKERS: dict[str, Callable[[Random], TypedStruct]] = {
    "Expedite": random_expedite,
    "LiquidationOrder": a_random_liquidation,
    "Order": a_random_order,
    "ReleaseBatch": a_batch,
    "Pause": a_pause,
    "Unpause": lambda source: Unpause(paused_until=a_number(source, 64), **terms(source, ActionClass.C)),
    "ParameterChange": lambda source: ParameterChange(
        parameter=source.choice(NAMES),
        current=a_number(source, 256),
        next=a_number(source, 256),
        **terms(source, ActionClass.C),
    ),
    "SigningWindow": a_window,
    "EpochRotation": a_rotation,
    "Heartbeat": lambda source: Heartbeat(**terms(source, ActionClass.D0)),
    "Successor": lambda source: Successor(successor=an_address(source), **terms(source, ActionClass.D)),
    "SettlementOverride": lambda source: SettlementOverride(
        instrument=a_number(source, 16),
        expiry=a_number(source, 64),
        price=a_number(source, 64),
        **terms(source, ActionClass.D0),
    ),
    "Operation": an_operation,
    "CancelRecoveries": lambda source: CancelRecoveries(
        set_epoch=a_number(source, 64), round=a_number(source, 64), deadline=a_number(source, 64)
    ),
}


def a_recovery(source: Random) -> Recovery:
    return Recovery(next_set=some_bytes(source, 300), round=a_number(source, 64), nonce=a_number(source, 256))
