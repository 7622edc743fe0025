"""A coordinator that asks for what no honest one asks: no share leaves, and no nonce is spent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from custody.coordinator.waking import wake
from custody.identifiers import SessionId, SignerId
from custody.protocol.encoding import Message
from custody.protocol.messages import Refusal
from custody.protocol.signing_messages import (
    Approval,
    ApprovalRequest,
    BatchRequest,
    Holding,
    NonceBatch,
    OneTripRequest,
    Pick,
    ShareRequest,
    ShareResponse,
)
from custody.signer.node import Unanswered
from tests.builders import an_expedite, an_identity, fresh
from tests.protocol.signing_faults import (
    CHEAT,
    COORDINATOR_NAMED,
    NO_ONE,
    NOBODY,
    PROVES_THE_COORDINATOR,
    THE_COORDINATOR,
    Fault,
    body_of,
    flipped,
    said_by,
    tampered,
)
from tests.signer.scene import COORDINATOR, Scene, codes, the_key

SESSION = SessionId(fresh("session"))


class Asked:
    """Three seats approved in one session, or published batches; nothing is asked of them yet."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.request = scene.request()
        self.digest = self.request.digest
        self.order = self.request.order()

    def approval(self, seat: int, *, session: bytes = SESSION, intent: Any = None, threshold: int = 3) -> bytes:
        request = self.scene.request(intent, threshold=threshold)
        message = ApprovalRequest(order=request.order(), holding=self.scene.tenure.holding(request.key))
        answer = self.scene.custodians[SignerId(seat)].ask(message, session=session)
        assert isinstance(answer.message, Approval), answer.message
        return answer.encoded

    def approvals(self, *seats: int) -> list[bytes]:
        return [self.approval(seat) for seat in seats]

    def batch(self, seat: int, holding: Holding | None = None) -> bytes:
        message = BatchRequest(holding=holding or self.scene.key.holding, count=2)
        return self.scene.custodians[SignerId(seat)].ask(message, session=fresh("batches")).encoded

    def one_trip(self, picks: list[Pick]) -> OneTripRequest:
        return OneTripRequest(order=self.order, holding=self.scene.key.holding, picks=tuple(picks))

    def blamed_for(self, message: Message, *, session: bytes = SESSION) -> frozenset[str]:
        answer = self.scene.custodians[CHEAT].ask(message, session=session)
        assert isinstance(answer.message, Refusal), answer.message
        return COORDINATOR_NAMED if codes(answer) <= PROVES_THE_COORDINATOR else NOBODY

    def still_signs(self, approvals: list[bytes]) -> None:
        """The refused request cost no nonce: the honest list gets its share."""
        message = ShareRequest(digest=self.digest, approvals=tuple(approvals))
        answer = self.scene.custodians[CHEAT].ask(message, session=SESSION)
        assert isinstance(answer.message, ShareResponse), answer.message


def listing(make: Callable[[Asked, list[bytes]], list[bytes]]) -> Callable[[Scene], frozenset[str]]:
    """Round B with a list that is made of the approvals of seats 1, 2 and 3."""

    def play(scene: Scene) -> frozenset[str]:
        asked = Asked(scene)
        honest = asked.approvals(1, 2, 3)
        blamed = asked.blamed_for(ShareRequest(digest=asked.digest, approvals=tuple(make(asked, honest))))
        asked.still_signs(honest)
        return blamed

    return play


def cheats_approval(**fields: Any) -> Callable[[Asked, list[bytes]], list[bytes]]:
    """Seat 3, in league with the coordinator, signs an approval that no honest coordinator would hand on."""
    return lambda asked, honest: [*honest[:2], said_by(3, replace(body_of(honest[2]), **fields), SESSION)]


def other_digest(asked: Asked, honest: list[bytes]) -> list[bytes]:
    return [*honest[:2], asked.approval(3, session=fresh("other"), intent=an_expedite(threshold=3, nonce=9))]


def changes_the_digest(scene: Scene) -> frozenset[str]:
    asked = Asked(scene)
    honest = asked.approvals(1, 2, 3)
    blamed = asked.blamed_for(ShareRequest(digest=fresh("another digest"), approvals=tuple(honest)))
    asked.still_signs(honest)
    return blamed


def asks_two_lists(scene: Scene) -> frozenset[str]:
    asked = Asked(scene)
    honest = asked.approvals(1, 2, 3)
    asked.still_signs(honest)
    asked.still_signs(honest)  # the same again is no fault
    other = [*honest[:2], asked.approval(4)]
    return asked.blamed_for(ShareRequest(digest=asked.digest, approvals=tuple(other)))


def opens_a_session_twice(scene: Scene) -> frozenset[str]:
    asked = Asked(scene)
    asked.approvals(2)
    other = scene.request(an_expedite(threshold=3, nonce=9))
    return asked.blamed_for(ApprovalRequest(order=other.order(), holding=scene.key.holding))


def asks_for_a_void_pair(scene: Scene) -> frozenset[str]:
    """An approval of before the seat's restart, which an honest coordinator cannot know of."""
    asked = Asked(scene)
    honest = asked.approvals(1, 2, 3)
    scene.custodians[CHEAT].restart()
    asyncio.run(wake(scene.asker, CHEAT))
    return asked.blamed_for(ShareRequest(digest=asked.digest, approvals=tuple(honest)))


def asks_another_generation(scene: Scene) -> frozenset[str]:
    asked = Asked(scene)
    return asked.blamed_for(ApprovalRequest(order=asked.order, holding=the_key(generation=1).holding))


def picking(
    make: Callable[[Asked, list[Pick]], list[Pick]], *, first: bool = False
) -> Callable[[Scene], frozenset[str]]:
    """One trip with picks that are made of one commitment each of seats 1, 2 and 3."""

    def play(scene: Scene) -> frozenset[str]:
        asked = Asked(scene)
        honest = [Pick(batch=asked.batch(seat), index=0) for seat in (1, 2, 3)]
        if first:
            answer = scene.custodians[CHEAT].ask(asked.one_trip(honest), session=SESSION)
            assert isinstance(answer.message, ShareResponse)
        blamed = asked.blamed_for(asked.one_trip(make(asked, honest)), session=fresh("next") if first else SESSION)
        if not first:
            answer = scene.custodians[CHEAT].ask(asked.one_trip(honest), session=SESSION)
            assert isinstance(answer.message, ShareResponse)
        return blamed

    return play


def reuses_an_index(asked: Asked, honest: list[Pick]) -> list[Pick]:
    return [honest[0], honest[1], replace(honest[2], index=1)]


def batch_of_another_generation(asked: Asked, honest: list[Pick]) -> list[Pick]:
    body = body_of(honest[2].batch)
    assert isinstance(body, NonceBatch)
    other = said_by(3, replace(body, holding=the_key(generation=1).holding), fresh("batches"))
    return [*honest[:2], Pick(batch=other, index=0)]


def not_for_this_host(scene: Scene) -> frozenset[str]:
    """Nothing is answered at all: who carried it there is not known."""
    message = Asked(scene)
    request = COORDINATOR.sign(
        ApprovalRequest(order=message.order, holding=scene.key.holding),
        execution=SESSION,
        recipient=an_identity(4).keys.id,
    )
    with pytest.raises(Unanswered):
        asyncio.run(scene.custodians[CHEAT].handle(request))
    return NOBODY


def asked_by_a_stranger(scene: Scene) -> frozenset[str]:
    message = Asked(scene)
    request = an_identity("stranger").sign(
        ApprovalRequest(order=message.order, holding=scene.key.holding),
        execution=SESSION,
        recipient=an_identity(CHEAT).keys.id,
    )
    with pytest.raises(Unanswered):
        asyncio.run(scene.custodians[CHEAT].handle(request))
    return NOBODY


def the_other_holding() -> Holding:
    tenure = the_key().tenure
    return tenure.holding(tenure.keys[1])


FAULTS = [
    Fault(
        name="stranger in the list",
        blamed=THE_COORDINATOR,
        description="an approval of no seat",
        play=listing(
            lambda asked, honest: [
                *honest[:2],
                said_by("stranger", body_of(honest[2]), SESSION),  # type: ignore[arg-type]
            ]
        ),
    ),
    Fault(
        name="unsorted list",
        blamed=THE_COORDINATOR,
        description="seats 2, 1, 3",
        play=listing(lambda asked, honest: [honest[1], honest[0], honest[2]]),
    ),
    Fault(
        name="repeated seat",
        blamed=THE_COORDINATOR,
        description="one seat twice",
        play=listing(lambda asked, honest: [*honest, honest[2]]),
    ),
    Fault(
        name="too short a list",
        blamed=THE_COORDINATOR,
        description="two where three sign",
        play=listing(lambda asked, honest: honest[:2]),
    ),
    Fault(
        name="list without the asked seat",
        blamed=THE_COORDINATOR,
        description="its own commitment is not there",
        play=listing(lambda asked, honest: [honest[0], honest[2], asked.approval(4)]),
    ),
    Fault(
        name="own commitment altered",
        blamed=THE_COORDINATOR,
        description="the asked seat's approval changed under its signature",
        play=listing(lambda asked, honest: [honest[0], tampered(honest[1], commitment=bytes(66)), honest[2]]),
    ),
    Fault(
        name="another's commitment altered",
        blamed=THE_COORDINATOR,
        description="halves swapped under the signature",
        play=listing(
            lambda asked, honest: [
                *honest[:2],
                tampered(honest[2], commitment=body_of(honest[2]).commitment[33:] + body_of(honest[2]).commitment[:33]),  # type: ignore[attr-defined]
            ]
        ),
    ),
    Fault(
        name="approval of another session in the list",
        blamed=THE_COORDINATOR,
        description="replayed from elsewhere",
        play=listing(lambda asked, honest: [*honest[:2], asked.approval(3, session=fresh("elsewhere"))]),
    ),
    Fault(
        name="approval of another digest in the list",
        blamed=THE_COORDINATOR,
        description="of another order",
        play=listing(other_digest),
    ),
    Fault(
        name="approval of another key in the list",
        blamed=THE_COORDINATOR,
        description="a colluding seat approves with the higher key",
        play=listing(lambda asked, honest: cheats_approval(holding=the_other_holding())(asked, honest)),
    ),
    Fault(
        name="approval of another generation in the list",
        blamed=THE_COORDINATOR,
        description="a colluding seat approves in generation 1",
        play=listing(cheats_approval(holding=the_key(generation=1).holding)),
    ),
    Fault(
        name="malformed commitment in the list",
        blamed=THE_COORDINATOR,
        description="a colluding seat commits to infinity, and the coordinator hands it on",
        play=listing(cheats_approval(commitment=bytes(66))),
    ),
    Fault(
        name="garbage in the list",
        blamed=THE_COORDINATOR,
        description="no envelope",
        play=listing(lambda asked, honest: [*honest[:2], b"\xc0"]),
    ),
    Fault(
        name="another kind in the list",
        blamed=THE_COORDINATOR,
        description="a batch where an approval must stand",
        play=listing(lambda asked, honest: [*honest[:2], asked.batch(3)]),
    ),
    Fault(name="digest changed", blamed=THE_COORDINATOR, description="between the rounds", play=changes_the_digest),
    Fault(
        name="two lists for one pair", blamed=THE_COORDINATOR, description="the second is refused", play=asks_two_lists
    ),
    Fault(
        name="two orders in one session",
        blamed=THE_COORDINATOR,
        description="the second is refused",
        play=opens_a_session_twice,
    ),
    Fault(
        name="batch index reused",
        blamed=THE_COORDINATOR,
        description="a published commitment is picked for a second list",
        play=picking(reuses_an_index, first=True),
    ),
    Fault(
        name="index beyond the batch",
        blamed=THE_COORDINATOR,
        description="no such commitment",
        play=picking(lambda asked, honest: [*honest[:2], replace(honest[2], index=2)]),
    ),
    Fault(
        name="batch of another generation",
        blamed=THE_COORDINATOR,
        description="a colluding seat's batch",
        play=picking(batch_of_another_generation),
    ),
    Fault(
        name="forged batch",
        blamed=THE_COORDINATOR,
        description="a bit of the post-quantum signature flipped",
        play=picking(lambda asked, honest: [*honest[:2], replace(honest[2], batch=flipped(honest[2].batch))]),
    ),
    Fault(
        name="picks unsorted",
        blamed=THE_COORDINATOR,
        description="seats 3, 2, 1",
        play=picking(lambda asked, honest: honest[::-1]),
    ),
    Fault(
        name="two picks of one seat",
        blamed=THE_COORDINATOR,
        description="two commitments of one batch in one list",
        play=picking(lambda asked, honest: [*honest, replace(honest[2], index=1)]),
    ),
    Fault(
        name="too few picks",
        blamed=THE_COORDINATOR,
        description="two where three sign",
        play=picking(lambda asked, honest: honest[:2]),
    ),
    # asked of a node, and nobody can be shown to have done wrong
    Fault(name="for another host", blamed=NO_ONE, description="a request carried elsewhere", play=not_for_this_host),
    Fault(
        name="asked by a stranger", blamed=NO_ONE, description="no coordinator of the list", play=asked_by_a_stranger
    ),
    Fault(
        name="void pair",
        blamed=NO_ONE,
        description="a list with an approval of before the seat's restart",
        play=asks_for_a_void_pair,
    ),
    Fault(
        name="another generation asked",
        blamed=NO_ONE,
        description="refused as stale",
        play=asks_another_generation,
    ),
]
