"""A transport that keeps everything: an observer outside every process, as a malicious relay would be."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from custody.identifiers import SignerId
from custody.ports.transport import Transport
from custody.protocol.encoding import Message
from custody.protocol.messages import decode_body, decode_envelope
from custody.protocol.signing_messages import Approval, NonceBatch, OneTripRequest, ShareRequest, ShareResponse


@dataclass
class RecordingTransport:
    """Implements `ports.transport.Transport` around another one.

    `shares`: (seat, commitment) -> what answered it. `requests`: those for shares, whatever became of them.
    """

    inner: Transport
    requests: list[tuple[SignerId, bytes]] = field(default_factory=list)
    shares: dict[tuple[SignerId, bytes], set[tuple[bytes, bytes, bytes]]] = field(
        default_factory=lambda: defaultdict(set)
    )

    under_way: Counter[SignerId] = field(default_factory=Counter)

    async def ask(self, seat: SignerId, message: bytes) -> bytes:
        request = body_of(message)
        if isinstance(request, ShareRequest | OneTripRequest):
            self.requests.append((seat, message))
        self.under_way[seat] += 1
        try:
            answer = await self.inner.ask(seat, message)
        finally:
            self.under_way[seat] -= 1
        reply = body_of(answer)
        if isinstance(reply, ShareResponse):
            commitment = own_commitment(request, decode_envelope(answer).author)
            self.shares[seat, commitment].add((reply.digest, reply.list_hash, reply.share))
        return answer

    def assert_no_nonce_answered_twice(self) -> None:
        for (seat, commitment), answers in self.shares.items():
            assert len(answers) == 1, f"seat {seat} answered twice with nonces {commitment.hex()}"


def body_of(encoded: bytes) -> Message:
    envelope = decode_envelope(encoded)
    return decode_body(envelope.kind, envelope.body)


def own_commitment(request: Message, author: bytes) -> bytes:
    """The commitment of `author` in the list that was sent to it."""
    match request:
        case ShareRequest():
            for encoded in request.approvals:
                if decode_envelope(encoded).author == author:
                    approval = body_of(encoded)
                    assert isinstance(approval, Approval)
                    return approval.commitment
        case OneTripRequest():
            for pick in request.picks:
                if decode_envelope(pick.batch).author == author:
                    batch = body_of(pick.batch)
                    assert isinstance(batch, NonceBatch)
                    return batch.commitments[pick.index]
    raise AssertionError("the list has no commitment of the seat that answered it")
