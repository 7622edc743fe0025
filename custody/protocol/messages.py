"""The signed envelope that every message travels in, and the list of all messages.

Decoding refuses unknown kinds, unknown fields, wrong lengths, and any bytes that are not the one encoding of what they
say (docs/PROTOCOL.md §2 lists the fields).
"""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated, Final

import msgspec

from custody.errors import EncodingError
from custody.protocol import run_messages as run
from custody.protocol import signing_messages as signing
from custody.protocol.encoding import Bytes32, Message, Text, decode_exactly

VERSION: Final = 2
SUITE: Final = "FROST-secp256k1-SHA256-v1/MLKEM768-X25519/Ed25519+ML-DSA-65"
LARGEST_MESSAGE: Final = 64 * 1024 * 1024
"""A round of 100 seats that deal two keys has 25 MB, and a few more where some of them pad theirs."""
LARGEST_WORD: Final = 300_000
"""What one seat says: 100 recipients of two keys take 250 kB. Else one seat could make a round that nobody takes, and
nobody could tell whose doing it was: a round that is too long is never read."""
ED25519_BYTES: Final = 64
ML_DSA_BYTES: Final = 3309


class Refusal(Message, frozen=True):
    """No, and every reason; each begins with its code."""

    reasons: tuple[Text, ...]


KINDS: Final[dict[str, type[Message]]] = {
    kind.__name__: kind
    for kind in (
        run.RunProposal, run.Contribution, run.ContributionSet, run.Preparation, run.PreparationSet, run.Dealing,
        run.DealingSet, run.Splitting, run.SplittingSet, run.Summing, run.SummingSet, run.Complaint, run.Endorsement,
        run.EndorsementSet, run.Certified, run.BackupQuery, run.BackupTested, run.EraseRequest, run.Erased,
        run.KeysQuery, run.KeysHeld, run.DeriveRequest, run.Derived, signing.ApprovalRequest, signing.Approval,
        signing.ShareRequest, signing.ShareResponse, signing.BatchRequest, signing.NonceBatch, signing.OneTripRequest,
        signing.MarkQuery, signing.PeerMark, signing.WakeRequest, signing.Awake, signing.StatusRequest, signing.Status,
        Refusal,
    )
}  # fmt: skip

PAIRED: Final = frozenset(
    kind.__name__
    for kind in (
        run.Contribution, run.Preparation, run.Dealing, run.Splitting, run.Summing, run.Complaint, run.Endorsement,
        run.Certified, run.BackupTested, run.Derived, signing.NonceBatch,
    )
)  # fmt: skip
"""What a seat says that outlives its session: believed only under both of its signatures. Requests of a coordinator,
who is trusted with nothing, and messages of a signing session, which expire, carry Ed25519 alone."""


class Envelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True, array_like=True, kw_only=True):
    """A signed message. `recipient` is empty where everybody may read it.

    `execution` is the run's proposal or the session. `signature` is Ed25519, followed by ML-DSA-65 for `PAIRED` kinds.
    """

    version: int
    suite: str
    kind: str
    author: Bytes32
    recipient: Annotated[bytes, msgspec.Meta(max_length=32)]
    execution: Bytes32
    body: bytes
    signature: Annotated[bytes, msgspec.Meta(min_length=ED25519_BYTES, max_length=ED25519_BYTES + ML_DSA_BYTES)]

    def signed_bytes(self, signing_key: bytes, post_quantum_key: bytes) -> bytes:
        """What both signatures cover: everything but themselves, the author's keys included, lengths unambiguous."""
        fields = (
            b"custody-message-v2", self.kind.encode(), self.version.to_bytes(2, "big"), self.suite.encode(),
            self.execution, self.author, self.recipient, signing_key, post_quantum_key, sha256(self.body).digest(),
        )  # fmt: skip
        return b"".join(len(field).to_bytes(4, "big") + field for field in fields)


def decode_body(kind: str, body: bytes) -> Message:
    """The message that a body of this kind says.

    Raises:
        EncodingError: an unknown kind, or not the one encoding of such a message.
    """
    if kind not in KINDS:
        raise EncodingError(f"no message is called {kind[:40]!r}")
    return decode_exactly(KINDS[kind], body)


def decode_envelope(encoded: bytes) -> Envelope:
    """Raises: EncodingError: too long, malformed, or of another version or suite."""
    if len(encoded) > LARGEST_MESSAGE:
        raise EncodingError(f"a message has at most {LARGEST_MESSAGE} bytes, not {len(encoded)}")
    envelope = decode_exactly(Envelope, encoded)
    if envelope.version != VERSION or envelope.suite != SUITE:
        raise EncodingError(f"version {envelope.version} of suite {envelope.suite[:60]!r} is not spoken here")
    if len(envelope.recipient) not in (0, 32):
        raise EncodingError("a recipient is named by 32 bytes, or is everybody")
    if envelope.kind in PAIRED and len(encoded) > LARGEST_WORD:
        raise EncodingError(f"what one seat says has at most {LARGEST_WORD} bytes, not {len(encoded)}")
    expected = ED25519_BYTES + (ML_DSA_BYTES if envelope.kind in PAIRED else 0)
    if len(envelope.signature) != expected:
        raise EncodingError(f"a {envelope.kind[:40]} carries {expected} bytes of signature")
    return envelope
