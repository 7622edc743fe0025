"""What happens on the way, or to a seat: nobody's fault that can be shown, so nobody is named."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from custody.coordinator.waking import wake
from custody.errors import NotEnoughSigners, TransportError
from custody.identifiers import SignerId
from custody.protocol.encoding import Message
from custody.protocol.messages import LARGEST_MESSAGE, Refusal, decode_envelope
from custody.protocol.signing_messages import (
    Approval,
    ApprovalRequest,
    PeerMark,
    ShareRequest,
    ShareResponse,
)
from tests.builders import fresh
from tests.protocol.signing_faults import (
    CHEAT,
    NO_ONE,
    OTHER,
    Fault,
    body_of,
    flipped,
    said_by,
    seats_blamed,
    silent_to,
    tampered,
)
from tests.signer.scene import Scene


def spoilt_on_the_way(kind: type[Message], spoil: Callable[[bytes], bytes]) -> Callable[[Scene], frozenset[str]]:
    """Answers of this kind arrive changed."""

    def play(scene: Scene) -> frozenset[str]:
        async def relay(request: bytes, honest: Any) -> bytes:
            answer: bytes = await honest(request)
            return spoil(answer) if isinstance(body_of(answer), kind) else answer

        scene.put_between(CHEAT, relay)
        return seats_blamed(scene)

    return play


def between(change: Any) -> Callable[[Scene], frozenset[str]]:
    def play(scene: Scene) -> frozenset[str]:
        scene.put_between(CHEAT, change)
        return seats_blamed(scene)

    return play


async def slow(request: bytes, honest: Any) -> bytes:
    if isinstance(body_of(request), ShareRequest):
        await asyncio.sleep(0.6)
    answer: bytes = await honest(request)
    return answer


async def unreachable(request: bytes, honest: Any) -> bytes:
    raise TransportError("custodian 2", "connection refused")


async def broken(request: bytes, honest: Any) -> bytes:
    raise RuntimeError("a transport with a bug")


async def refusing(request: bytes, honest: Any) -> bytes:
    return said_by(CHEAT, Refusal(reasons=("amount-too-large: no",)), decode_envelope(request).execution)


async def stale(request: bytes, honest: Any) -> bytes:
    return said_by(CHEAT, Refusal(reasons=("stale-generation: newer here",)), decode_envelope(request).execution)


def answers_of_two_seats_swapped(scene: Scene) -> frozenset[str]:
    """What one seat says arrives as the answer of the other."""
    handlers = scene.transport.handlers
    handlers[CHEAT], handlers[SignerId(4)] = handlers[SignerId(4)], handlers[CHEAT]
    return seats_blamed(scene)


def approval_of_an_earlier_order(scene: Scene) -> frozenset[str]:
    kept: list[bytes] = []

    async def relay(request: bytes, honest: Any) -> bytes:
        answer: bytes = await honest(request)
        if isinstance(body_of(answer), Approval):
            kept.append(answer)
            return kept[0]
        return answer

    scene.put_between(CHEAT, relay)
    scene.sign()
    return seats_blamed(scene)


def an_earlier_answer_again(scene: Scene) -> frozenset[str]:
    """The second list of a session is answered with what the seat said to the first."""
    kept: list[bytes] = []

    async def relay(request: bytes, honest: Any) -> bytes:
        if kept and isinstance(body_of(request), ShareRequest):
            return kept[0]
        answer: bytes = await honest(request)
        if isinstance(body_of(answer), ShareResponse):
            kept.append(answer)
        return answer

    scene.put_between(CHEAT, relay)
    scene.put_between(OTHER, silent_to(ShareRequest))
    return seats_blamed(scene)


def a_late_answer_in_the_place_of_another(scene: Scene) -> frozenset[str]:
    """The share for the first list is kept by the relay, and delivered as the answer to the next."""
    kept: list[bytes] = []

    async def relay(request: bytes, honest: Any) -> bytes:
        if kept and isinstance(body_of(request), ShareRequest):
            return kept[0]
        answer: bytes = await honest(request)
        if isinstance(body_of(answer), ShareResponse):
            kept.append(answer)
            raise TransportError("custodian 2", "lost on the way")
        return answer

    scene.put_between(CHEAT, relay)
    for seat in (4, 5):
        scene.put_between(seat, unreachable)
    with pytest.raises(NotEnoughSigners) as raised:
        scene.sign()
    assert len(scene.sets) == 2, "it was brought back once"
    return frozenset(f"seat {seat}" for seat in raised.value.refused)


def restarts_between_the_rounds(scene: Scene) -> frozenset[str]:
    done: list[bool] = []

    async def crash(request: bytes, honest: Any) -> bytes:
        if isinstance(body_of(request), ShareRequest) and not done:
            done.append(True)
            scene.custodians[CHEAT].restart()
        return await scene.custodians[CHEAT].handle(request)

    scene.put_between(CHEAT, crash)
    return seats_blamed(scene)


def a_peer_invents_a_mark(scene: Scene) -> frozenset[str]:
    """It says that it saw a restarted seat further than it ever was: without the seat's signature that is nothing."""
    scene.sign()
    liar = SignerId(3)

    async def lie(request: bytes, honest: Any) -> bytes:
        answer: bytes = await honest(request)
        message = body_of(answer)
        if not isinstance(message, PeerMark):
            return answer
        ahead = scene.custodians[CHEAT].ledger.mark()
        invented = Approval(
            digest=fresh("d"), holding=scene.key.holding, commitment=bytes(66), batch=0, index=1,
            mark=replace(ahead, journal_length=10**6),
        )  # fmt: skip
        envelope = said_by(liar, invented, fresh("anything"))
        return said_by(liar, replace(message, seen=(envelope,)), decode_envelope(request).execution)

    scene.put_between(liar, lie)
    scene.custodians[CHEAT].restart()
    assert asyncio.run(wake(scene.asker, CHEAT)).message.boot == 2
    return seats_blamed(scene)


FAULTS = [
    Fault(name="silent in A", blamed=NO_ONE, description="no approval", play=between(silent_to(ApprovalRequest))),
    Fault(name="silent in B", blamed=NO_ONE, description="no share", play=between(silent_to(ShareRequest))),
    Fault(name="slow", blamed=NO_ONE, description="its share comes after the next list was begun", play=between(slow)),
    Fault(name="unreachable", blamed=NO_ONE, description="connection refused", play=between(unreachable)),
    Fault(name="transport breaks", blamed=NO_ONE, description="an exception nobody foresaw", play=between(broken)),
    Fault(name="refusal", blamed=NO_ONE, description="its policy says no", play=between(refusing)),
    Fault(name="newer generation", blamed=NO_ONE, description="stale is never a fault", play=between(stale)),
    Fault(
        name="restart between the rounds",
        blamed=NO_ONE,
        description="its pair is void; it is woken by its peers' marks and signs in another list or is not needed",
        play=restarts_between_the_rounds,
    ),
    Fault(
        name="invented mark",
        blamed=NO_ONE,
        description="a peer claims to have seen a seat further than it was, without the seat's signature",
        play=a_peer_invents_a_mark,
    ),
    Fault(
        name="forged approval",
        blamed=NO_ONE,
        description="a bit of the signature flipped",
        play=spoilt_on_the_way(Approval, flipped),
    ),
    Fault(
        name="forged share",
        blamed=NO_ONE,
        description="a bit of the signature flipped",
        play=spoilt_on_the_way(ShareResponse, flipped),
    ),
    Fault(
        name="changed share",
        blamed=NO_ONE,
        description="another share under the seat's signature",
        play=spoilt_on_the_way(ShareResponse, lambda encoded: tampered(encoded, share=bytes(32))),
    ),
    Fault(
        name="malformed envelope",
        blamed=NO_ONE,
        description="bytes follow",
        play=spoilt_on_the_way(Approval, lambda encoded: encoded + b"\0"),
    ),
    Fault(
        name="over-long message",
        blamed=NO_ONE,
        description="one byte more than any message has",
        play=spoilt_on_the_way(Approval, lambda encoded: bytes(LARGEST_MESSAGE + 1)),
    ),
    Fault(
        name="signed by a stranger",
        blamed=NO_ONE,
        description="the same body under another host's key",
        play=spoilt_on_the_way(
            Approval,
            lambda encoded: said_by("stranger", body_of(encoded), decode_envelope(encoded).execution),  # type: ignore[arg-type]
        ),
    ),
    Fault(
        name="answers swapped",
        blamed=NO_ONE,
        description="two seats' answers arrive in each other's place",
        play=answers_of_two_seats_swapped,
    ),
    Fault(
        name="approval of an earlier session",
        blamed=NO_ONE,
        description="a relay repeats what it kept",
        play=approval_of_an_earlier_order,
    ),
    Fault(
        name="earlier answer of the session",
        blamed=NO_ONE,
        description="a relay answers the second list with the share for the first",
        play=an_earlier_answer_again,
    ),
    Fault(
        name="late answer to an earlier list",
        blamed=NO_ONE,
        description="a relay keeps the first share back and answers the next list with it",
        play=a_late_answer_in_the_place_of_another,
    ),
]
