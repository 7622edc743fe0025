"""A transport that keeps everything: an observer outside every process, as a malicious relay would be."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from custody.identifiers import SignerId
from custody.ports.transport import Transport
from custody.protocol.messages import (
    Approval,
    Message,
    ShareRequest,
    ShareResponse,
    decode_body,
    decode_envelope,
)


@dataclass
class RecordingTransport:
    """Implements `ports.transport.Transport` around another one. `shares`: (seat, commitment) -> what answered it."""

    inner: Transport
    requests: list[tuple[SignerId, bytes]] = field(default_factory=list)
    shares: dict[tuple[SignerId, bytes], set[tuple[bytes, bytes, bytes]]] = field(
        default_factory=lambda: defaultdict(set)
    )

    async def ask(self, seat: SignerId, message: bytes) -> bytes:
        self.requests.append((seat, message))
        answer = await self.inner.ask(seat, message)
        reply = body_of(answer)
        if isinstance(reply, ShareResponse):
            request = body_of(message)
            assert isinstance(request, ShareRequest)
            commitment = own_commitment(request, decode_envelope(answer).author)
            self.shares[seat, commitment].add((reply.digest, reply.list_hash, reply.share))
        return answer

    def assert_no_nonce_answered_twice(self) -> None:
        for (seat, commitment), answers in self.shares.items():
            assert len(answers) == 1, f"seat {seat} answered twice with nonces {commitment.hex()}"


def body_of(encoded: bytes) -> Message:
    envelope = decode_envelope(encoded)
    return decode_body(envelope.kind, envelope.body)


def own_commitment(request: ShareRequest, author: bytes) -> bytes:
    """The commitment of `author` in the list that was sent to it."""
    for encoded in request.approvals:
        if decode_envelope(encoded).author == author:
            approval = body_of(encoded)
            assert isinstance(approval, Approval)
            return approval.commitment
    raise AssertionError("the list has no commitment of the seat that answered it")
