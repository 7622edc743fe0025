"""What the three tables of faults of signing have in common: a fault, a spoilt way, and who is blamed in the end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from custody.crypto.frost import verify
from custody.identifiers import SignerId
from custody.policy.reasons import ReasonCode
from custody.protocol.authenticated import Authenticated
from custody.protocol.encoding import Message, encode
from custody.protocol.messages import decode_body, decode_envelope
from custody.protocol.signing_blame import check_evidence
from tests.builders import an_identity
from tests.signer.scene import HOSTS, Scene, the_key

CHEAT, OTHER = SignerId(2), SignerId(1)
COORDINATOR_NAMED = frozenset({"the coordinator"})
NOBODY: frozenset[str] = frozenset()
PROVES_THE_COORDINATOR = {ReasonCode.MALFORMED, ReasonCode.NONCE_SPENT, ReasonCode.CONFLICT}
OTHER_POINT = the_key().key.public_shares[SignerId(5)].to_bytes_compressed()


SEAT, THE_COORDINATOR, NO_ONE = "seat 2", "the coordinator", "nobody"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """`play` makes the fault in a scene and returns who was blamed for it there."""

    name: str
    description: str
    blamed: str
    play: Callable[[Scene], frozenset[str]]
    phase: str = "signing"


def body_of(encoded: bytes) -> Message:
    envelope = decode_envelope(encoded)
    return decode_body(envelope.kind, envelope.body)


def said_by(seat: int, message: Message, execution: bytes) -> bytes:
    return an_identity(seat).sign(message, execution=execution)


def authenticate(encoded: bytes) -> Authenticated[Any]:
    return HOSTS.authenticate(encoded, {host.id: host for host in the_key().committee.hosts})


def seats_blamed(scene: Scene) -> frozenset[str]:
    """Signs, and returns whom the coordinator blamed; whatever it told as evidence is checked without it."""
    request = scene.request()
    signed = scene.sign(request)
    verify(signed.signature, request.digest, request.key.public)
    assert not set(signed.signers) & set(signed.faulty)
    assert signed.sessions <= 3, "n - t + 1 lists"
    for evidence in scene.evidence:
        culprit = check_evidence(evidence, tenure=scene.tenure, authenticate=authenticate)
        assert culprit.seat in signed.faulty
    return frozenset(f"seat {seat}" for seat in signed.faulty)


def silent_to(kind: type[Message]) -> Any:
    async def silent(request: bytes, honest: Any) -> bytes:
        if isinstance(body_of(request), kind):
            await asyncio.Event().wait()
        answer: bytes = await honest(request)
        return answer

    return silent


def flipped(encoded: bytes) -> bytes:
    return encoded[:-1] + bytes([encoded[-1] ^ 1])


def tampered(encoded: bytes, **fields: Any) -> bytes:
    """A message changed under its signature."""
    envelope = decode_envelope(encoded)
    body = encode(replace(decode_body(envelope.kind, envelope.body), **fields))
    return encode(replace(envelope, body=body))
