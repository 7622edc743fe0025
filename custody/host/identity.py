"""This host's own keys: what it signs with. The seed never leaves but to be sealed."""

from __future__ import annotations

from typing import Final

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from custody.protocol.committee import HostKeys
from custody.protocol.encoding import Message, encode
from custody.protocol.messages import (
    ED25519_BYTES,
    ML_DSA_BYTES,
    PAIRED,
    SUITE,
    VERSION,
    Envelope,
    decode_body,
    decode_envelope,
)

SEED_BYTES: Final = 32


class HostIdentity:
    """Ed25519 and ML-DSA-65 keys derived from one 32-byte seed. Implements `ports.identity.Identity`."""

    __slots__ = ("_post_quantum", "_signing", "keys")

    def __init__(self, seed: bytes, *, sits: bool = True) -> None:
        """`sits` is False for a coordinator, who has no seat and signs nothing that outlives a session."""
        if len(seed) != SEED_BYTES:
            raise ValueError(f"a host's seed has {SEED_BYTES} bytes")
        self._signing = Ed25519PrivateKey.from_private_bytes(_derive(seed, b"signing"))
        self._post_quantum = MLDSA65PrivateKey.from_seed_bytes(_derive(seed, b"ml-dsa-65")) if sits else None
        self.keys = HostKeys(
            signing=self._signing.public_key().public_bytes_raw(),
            post_quantum=b"" if self._post_quantum is None else self._post_quantum.public_key().public_bytes_raw(),
        )

    def sign(self, message: Message, *, execution: bytes, recipient: bytes = b"") -> bytes:
        """The encoded, signed envelope of a message; to everybody where `recipient` is empty.

        Raises:
            EncodingError: a field has a length or value that no peer would read.
        """
        kind = type(message).__name__
        unsigned = Envelope(
            version=VERSION,
            suite=SUITE,
            kind=kind,
            author=self.keys.id,
            recipient=recipient,
            execution=execution,
            body=encode(message),
            signature=bytes(ED25519_BYTES),
        )
        to_sign = unsigned.signed_bytes(self.keys.signing, self.keys.post_quantum)
        signature = self._signing.sign(to_sign)
        if kind in PAIRED:
            if self._post_quantum is None:
                raise ValueError(f"a host without a seat says no {kind}")
            signature += self._post_quantum.sign(to_sign)
            assert len(signature) == ED25519_BYTES + ML_DSA_BYTES, "FIPS 204 signatures have one length"
        encoded = encode(msgspec.structs.replace(unsigned, signature=signature))
        decode_body(unsigned.kind, decode_envelope(encoded).body)  # never sign what nobody can read
        return encoded

    def __repr__(self) -> str:
        return f"HostIdentity({self.keys.id.hex()[:16]})"


def _derive(seed: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"custody-host-v2 " + purpose).derive(seed)
