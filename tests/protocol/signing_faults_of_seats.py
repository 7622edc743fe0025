"""A seat that cheats: its own signature stands under what it says, so that it is named."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from custody.crypto.scalars import ORDER
from custody.protocol.encoding import Message
from custody.protocol.messages import decode_envelope
from custody.protocol.signing import listed_approvals, package_of
from custody.protocol.signing_blame import find_equivocation
from custody.protocol.signing_messages import (
    Approval,
    ApprovalRequest,
    BatchRequest,
    ShareRequest,
    ShareResponse,
)
from tests.builders import an_identity, fresh
from tests.protocol.signing_faults import (
    CHEAT,
    OTHER,
    OTHER_POINT,
    SEAT,
    Fault,
    authenticate,
    body_of,
    said_by,
    seats_blamed,
    silent_to,
)
from tests.signer.scene import Scene, the_key


def cheating(
    kind: type[Message], change: Callable[[Any, bytes], Message], *cheats: int
) -> Callable[[Scene], frozenset[str]]:
    """The first message of this kind of each cheat is changed, and signed anew by it: (message, request) -> message."""

    def play(scene: Scene) -> frozenset[str]:
        for seat in cheats or (CHEAT,):
            done: list[bool] = []

            async def cheat(request: bytes, honest: Any, seat: int = seat, done: list[bool] = done) -> bytes:
                answer: bytes = await honest(request)
                message = body_of(answer)
                if not isinstance(message, kind) or done:
                    return answer
                done.append(True)
                return said_by(seat, change(message, request), decode_envelope(answer).execution)

            scene.put_between(seat, cheat)
        return seats_blamed(scene)

    return play


def changed(**fields: Any) -> Callable[[Any, bytes], Message]:
    return lambda message, _: replace(message, **fields)


def plus_one(message: ShareResponse, _: bytes) -> Message:
    return replace(message, share=((int.from_bytes(message.share, "big") + 1) % ORDER).to_bytes(32, "big"))


def with_holding(**fields: Any) -> Callable[[Any, bytes], Message]:
    return lambda message, _: replace(message, holding=replace(message.holding, **fields))


def of_the_other_key(message: Approval, _: bytes) -> Message:
    tenure = the_key().tenure
    return replace(message, holding=tenure.holding(tenure.keys[1]))


def following_with(change: Callable[[Approval, bytes], bytes]) -> Callable[[Any, bytes], Message]:
    """The next approval is `change`d before it is sent along."""

    def spoil(message: ShareResponse, request: bytes) -> Message:
        execution = decode_envelope(request).execution
        following = body_of(message.following)
        assert isinstance(following, Approval)
        return replace(message, following=change(following, execution))

    return spoil


def own_approval_in(request: bytes, seat: int = CHEAT) -> bytes:
    message = body_of(request)
    assert isinstance(message, ShareRequest)
    return next(e for e in message.approvals if decode_envelope(e).author == an_identity(seat).keys.id)


def offers_the_pair_again(message: ShareResponse, request: bytes) -> Message:
    return replace(message, following=own_approval_in(request))


def offers_another_pair_in_the_same_place(message: ShareResponse, request: bytes) -> Message:
    before = body_of(own_approval_in(request))
    following = body_of(message.following)
    assert isinstance(before, Approval)
    assert isinstance(following, Approval)
    moved = replace(following, index=before.index)
    return replace(message, following=said_by(CHEAT, moved, decode_envelope(request).execution))


def copies_a_commitment(scene: Scene) -> frozenset[str]:
    """Offers the commitment of another seat as its own, and answers with any number."""
    theirs: list[Approval] = []
    seen = asyncio.Event()

    async def watch(request: bytes, honest: Any) -> bytes:
        answer: bytes = await honest(request)
        message = body_of(answer)
        if isinstance(message, Approval):
            theirs.append(message)
            seen.set()
        return answer

    async def cheat(request: bytes, honest: Any) -> bytes:
        execution, message = decode_envelope(request).execution, body_of(request)
        if isinstance(message, ApprovalRequest):
            answer = body_of(await honest(request))
            await seen.wait()
            return said_by(CHEAT, replace(answer, commitment=theirs[0].commitment), execution)
        assert isinstance(message, ShareRequest)
        key = the_key()
        approvals = [authenticate(each) for each in message.approvals]
        pledges = listed_approvals(approvals, session=execution, digest=message.digest, key=key)
        package = package_of(pledges, digest=message.digest, key=key)
        response = ShareResponse(
            digest=message.digest,
            list_hash=package.list_hash,
            share=(5).to_bytes(32, "big"),
            group_commitment=package.R.to_bytes_compressed(),
            following=b"",
        )
        return said_by(CHEAT, response, execution)

    scene.put_between(OTHER, watch)
    scene.put_between(CHEAT, cheat)
    return seats_blamed(scene)


def bad_share_while_another_stalls(scene: Scene) -> frozenset[str]:
    """The list never ends, for another seat is silent; the bad share must not hold up a second list unseen."""
    scene.put_between(OTHER, silent_to(ShareRequest))
    return cheating(ShareResponse, plus_one)(scene)


def two_batches_of_one_number(scene: Scene) -> frozenset[str]:
    message = BatchRequest(holding=scene.key.holding, count=2)
    batches = [scene.custodians[seat].ask(message, session=fresh("batches")) for seat in (CHEAT, OTHER)]
    body = batches[0].message
    other = said_by(CHEAT, replace(body, commitments=body.commitments[::-1]), fresh("elsewhere"))
    found = find_equivocation([*batches, authenticate(other)])
    assert found is not None
    return frozenset(f"seat {scene.tenure.committee.seat_of(message.author)}" for message in found)


FAULTS = [
    Fault(name="bad share", blamed=SEAT, description="z_i + 1 in place of z_i", play=cheating(ShareResponse, plus_one)),
    Fault(
        name="share no scalar",
        blamed=SEAT,
        description="z_i = n",
        play=cheating(ShareResponse, changed(share=ORDER.to_bytes(32, "big"))),
    ),
    Fault(
        name="bad share in an unfinished list",
        blamed=SEAT,
        description="another seat of the list stalls, so that the sum is never made",
        play=bad_share_while_another_stalls,
    ),
    Fault(
        name="share for another list",
        blamed=SEAT,
        description="the answer names a list that was never asked",
        play=cheating(ShareResponse, changed(list_hash=fresh("another list"))),
    ),
    Fault(
        name="wrong R",
        blamed=SEAT,
        description="the stated group commitment is another point",
        play=cheating(ShareResponse, changed(group_commitment=OTHER_POINT)),
    ),
    Fault(
        name="R no point",
        blamed=SEAT,
        description="33 zero bytes as group commitment",
        play=cheating(ShareResponse, changed(group_commitment=bytes(33))),
    ),
    Fault(
        name="wrong R, agreed by several",
        blamed="seat 1, seat 2",
        description="two signers state the same wrong R",
        play=cheating(ShareResponse, changed(group_commitment=OTHER_POINT), 1, 2),
    ),
    Fault(
        name="bad shares of several",
        blamed="seat 1, seat 2",
        description="two of three shares are wrong; both are named at once",
        play=cheating(ShareResponse, plus_one, 1, 2),
    ),
    Fault(
        name="answers another digest",
        blamed=SEAT,
        description="the share's message names a digest the seat did not approve",
        play=cheating(ShareResponse, changed(digest=fresh("another digest"))),
    ),
    Fault(
        name="approves another digest",
        blamed=SEAT,
        description="round A",
        play=cheating(Approval, changed(digest=fresh("another digest"))),
    ),
    Fault(
        name="approves with another key",
        blamed=SEAT,
        description="the holding is that of the higher threshold",
        play=cheating(Approval, of_the_other_key),
    ),
    Fault(
        name="approves in another generation",
        blamed=SEAT,
        description="generation + 1 in place of a refusal",
        play=cheating(Approval, with_holding(generation=1)),
    ),
    Fault(
        name="approves for other holders",
        blamed=SEAT,
        description="the hash of host keys and public shares is another",
        play=cheating(Approval, with_holding(holders=fresh("others"))),
    ),
    Fault(
        name="commitment at infinity",
        blamed=SEAT,
        description="66 zero bytes",
        play=cheating(Approval, changed(commitment=bytes(66))),
    ),
    Fault(
        name="commitment off the curve",
        blamed=SEAT,
        description="x = 5 has no y",
        play=cheating(Approval, changed(commitment=(b"\x02" + (5).to_bytes(32, "big")) * 2)),
    ),
    Fault(
        name="commitment of another seat",
        blamed=SEAT,
        description="copies another's commitment and answers with any number",
        play=copies_a_commitment,
    ),
    Fault(
        name="approval posing as a batch's",
        blamed=SEAT,
        description="a single approval that names a batch",
        play=cheating(Approval, changed(batch=1)),
    ),
    Fault(
        name="next approval garbage",
        blamed=SEAT,
        description="`following` is no envelope",
        play=cheating(ShareResponse, changed(following=b"\xc0")),
    ),
    Fault(
        name="next approval of another seat",
        blamed=SEAT,
        description="`following` is signed by another host",
        play=cheating(ShareResponse, following_with(lambda message, execution: said_by(1, message, execution))),
    ),
    Fault(
        name="next approval of another session",
        blamed=SEAT,
        description="`following` is signed for another session",
        play=cheating(ShareResponse, following_with(lambda message, _: said_by(CHEAT, message, fresh("elsewhere")))),
    ),
    Fault(
        name="next approval repeats the pair",
        blamed=SEAT,
        description="`following` is the approval that was just answered for",
        play=cheating(ShareResponse, offers_the_pair_again),
    ),
    Fault(
        name="equivocating approvals",
        blamed=SEAT,
        description="two commitments for one (key, generation, boot, batch, index)",
        play=cheating(ShareResponse, offers_another_pair_in_the_same_place),
    ),
    Fault(
        name="equivocating batches",
        blamed=SEAT,
        description="two bodies of one batch number",
        play=two_batches_of_one_number,
    ),
]
