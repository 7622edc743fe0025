"""Every message that hosts exchange, and the one encoding they have.

A message is the body of a signed `Envelope`. Encoding is MessagePack; decoding refuses unknown kinds, unknown fields,
wrong lengths, and any bytes that are not the one encoding of what they say (docs/PROTOCOL.md §2 lists the fields).
"""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated, Final, TypeVar

import msgspec

from custody.errors import EncodingError

VERSION: Final = 1
SUITE: Final = "FROST-secp256k1-SHA256-v1/MLKEM768-X25519/Ed25519"
LARGEST_MESSAGE: Final = 4 * 1024 * 1024

Bytes32 = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
Bytes20 = Annotated[bytes, msgspec.Meta(min_length=20, max_length=20)]
PointBytes = Annotated[bytes, msgspec.Meta(min_length=33, max_length=33)]
SignatureBytes = Annotated[bytes, msgspec.Meta(min_length=64, max_length=64)]
Threshold = Annotated[int, msgspec.Meta(ge=2, le=0xFFFF)]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Text = Annotated[str, msgspec.Meta(max_length=2_000)]
Envelopes = Annotated[tuple[bytes, ...], msgspec.Meta(min_length=1, max_length=32)]


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A body. Subclasses are the whole list of what can be said."""


class HostKeysBody(Message, frozen=True):
    signing: Bytes32
    sealing: Annotated[bytes, msgspec.Meta(min_length=1216, max_length=1216)]


# --- ceremony: coordinator -> seat in odd lines, seat -> everybody in even ones ---


class CeremonyProposal(Message, frozen=True):
    """Round 1 asks: this committee, these keys, here. `execution` of the envelope is this body's hash."""

    hosts: tuple[HostKeysBody, ...]
    thresholds: tuple[Threshold, ...]
    chain_id: Count
    authority: Bytes20
    salt: Bytes32


class Contribution(Message, frozen=True):
    """Round 1 answers: fresh bytes; all of them together name the run."""

    contribution: Bytes32


class ContributionSet(Message, frozen=True):
    """Round 2 asks: every seat's signed contribution, in order of seats."""

    contributions: Envelopes


class KeyDealing(Message, frozen=True):
    """One dealer's part in one threshold's key: t commitments, a proof, one ciphertext a seat in order."""

    threshold: Threshold
    commitment: tuple[PointBytes, ...]
    proof: Annotated[bytes, msgspec.Meta(min_length=65, max_length=65)]
    sealed: tuple[bytes, ...]


class Dealing(Message, frozen=True):
    """Round 2 answers: this dealer's part in every key of the run."""

    run: Bytes32
    keys: tuple[KeyDealing, ...]


class DealingSet(Message, frozen=True):
    """Round 3 asks: every seat's signed dealing, in order of seats."""

    dealings: Envelopes


class GroupKeyBody(Message, frozen=True):
    threshold: Threshold
    public: PointBytes


class Endorsement(Message, frozen=True):
    """Round 3 answers: I saw this transcript, my shares fit it, and these are its keys."""

    run: Bytes32
    transcript: Bytes32
    keys: tuple[GroupKeyBody, ...]


class EndorsementSet(Message, frozen=True):
    """Round 4 asks: every seat's signed endorsement. Whole, it is the certificate."""

    endorsements: Envelopes


class Certified(Message, frozen=True):
    """Round 4 answers: the certificate is durable here and its keys may be used."""

    certificate: Bytes32


# --- signing: `execution` of the envelope is the session, fresh for each attempt ---


class ApprovalRequest(Message, frozen=True):
    """Round A asks: would you sign this intent, judged at this block, with this key?"""

    intent_type: Text
    intent: Annotated[bytes, msgspec.Meta(max_length=4_096)]
    chain_id: Count
    contract: Bytes20
    key: PointBytes
    block_hash: Bytes32


class Approval(Message, frozen=True):
    """Round A answers: yes, with a fresh commitment for this session. It binds nothing until the share's commit."""

    digest: Bytes32
    key: PointBytes
    commitment: Annotated[bytes, msgspec.Meta(min_length=66, max_length=66)]
    boot: Count
    boot_random: Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)]
    index: Count


class ShareRequest(Message, frozen=True):
    """Round B asks: your share for exactly this list of signed approvals, sorted by seat."""

    digest: Bytes32
    approvals: Envelopes


class ShareResponse(Message, frozen=True):
    """Round B answers: z_i, made for the list of this hash."""

    digest: Bytes32
    list_hash: Bytes32
    share: Bytes32


# --- both ---


class StatusRequest(Message, frozen=True):
    """Who are you and what can you sign?"""


class Status(Message, frozen=True):
    boot: Count
    keys: tuple[GroupKeyBody, ...]
    journal_length: Count
    journal_head: Bytes32


class Refusal(Message, frozen=True):
    """No, and every reason; each begins with its code."""

    reasons: tuple[Text, ...]


KINDS: Final[dict[str, type[Message]]] = {
    kind.__name__: kind
    for kind in (
        CeremonyProposal, Contribution, ContributionSet, Dealing, DealingSet, Endorsement, EndorsementSet, Certified,
        ApprovalRequest, Approval, ShareRequest, ShareResponse, StatusRequest, Status, Refusal,
    )
}  # fmt: skip


class Envelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True, array_like=True, kw_only=True):
    """A signed message. `recipient` is empty where everybody may read it.

    `execution` is the ceremony or the session.
    """

    version: int
    suite: str
    kind: str
    author: Bytes32
    recipient: Annotated[bytes, msgspec.Meta(max_length=32)]
    execution: Bytes32
    body: bytes
    signature: SignatureBytes

    def signed_bytes(self, signing_key: bytes) -> bytes:
        """What the signature covers: everything but itself, the author's key included, lengths unambiguous."""
        fields = (
            b"custody-message-v1", self.kind.encode(), self.version.to_bytes(2, "big"), self.suite.encode(),
            self.execution, self.author, self.recipient, signing_key, sha256(self.body).digest(),
        )  # fmt: skip
        return b"".join(len(field).to_bytes(4, "big") + field for field in fields)


M = TypeVar("M", bound=msgspec.Struct)


def encode(message: msgspec.Struct) -> bytes:
    """The one encoding of a message or envelope."""
    return msgspec.msgpack.encode(message)


def decode_body(kind: str, body: bytes) -> Message:
    """The message that a body of this kind says.

    Raises:
        EncodingError: an unknown kind, or not the one encoding of such a message.
    """
    if kind not in KINDS:
        raise EncodingError(f"no message is called {kind[:40]!r}")
    return _decode_exactly(KINDS[kind], body)


def decode_envelope(encoded: bytes) -> Envelope:
    """Raises: EncodingError: too long, malformed, or of another version or suite."""
    if len(encoded) > LARGEST_MESSAGE:
        raise EncodingError(f"a message has at most {LARGEST_MESSAGE} bytes, not {len(encoded)}")
    envelope = _decode_exactly(Envelope, encoded)
    if envelope.version != VERSION or envelope.suite != SUITE:
        raise EncodingError(f"version {envelope.version} of suite {envelope.suite[:60]!r} is not spoken here")
    if len(envelope.recipient) not in (0, 32):
        raise EncodingError("a recipient is named by 32 bytes, or is everybody")
    return envelope


def _decode_exactly(kind: type[M], encoded: bytes) -> M:
    try:
        message = msgspec.msgpack.decode(encoded, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise EncodingError(f"not a {kind.__name__}: {type(error).__name__}") from None
    if msgspec.msgpack.encode(message) != encoded:
        raise EncodingError(f"not the one encoding of a {kind.__name__}")
    return message
