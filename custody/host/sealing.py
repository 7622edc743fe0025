"""HPKE (RFC 9180) with MLKEM768-X25519, HKDF-SHA256 and AES-256-GCM.

A recorded share stays sealed against quantum computers.
"""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

from custody.errors import EncodingError
from custody.protocol.committee import SEALING_KEY_BYTES

_SUITE: Final = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_MLKEM_PUBLIC_BYTES: Final = 1184
SEALING_SEED_BYTES: Final = 64 + 32


class SealingKey:
    """The private half; made from 96 secret bytes."""

    __slots__ = ("_private", "public")

    def __init__(self, seed: bytes) -> None:
        if len(seed) != SEALING_SEED_BYTES:
            raise ValueError(f"a sealing key is made from {SEALING_SEED_BYTES} bytes")
        mlkem = MLKEM768PrivateKey.from_seed_bytes(seed[:64])
        x25519 = X25519PrivateKey.from_private_bytes(seed[64:])
        self._private = MLKEM768X25519PrivateKey(mlkem, x25519)
        self.public = mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()

    def open(self, ciphertext: bytes, *, info: bytes) -> bytes:
        """Raises: EncodingError: it was not sealed to this key under this info."""
        try:
            return _SUITE.decrypt(ciphertext, self._private, info=info)
        except (InvalidTag, ValueError):
            raise EncodingError("a sealed message does not open") from None

    def __repr__(self) -> str:
        return "SealingKey(...)"


def seal(plaintext: bytes, *, recipient: bytes, info: bytes) -> bytes:
    """Seal to 1216 bytes of public key.

    Raises:
        EncodingError: no such key.
    """
    if len(recipient) != SEALING_KEY_BYTES:
        raise EncodingError(f"a sealing key has {SEALING_KEY_BYTES} bytes, not {len(recipient)}")
    try:
        mlkem = MLKEM768PublicKey.from_public_bytes(recipient[:_MLKEM_PUBLIC_BYTES])
        x25519 = X25519PublicKey.from_public_bytes(recipient[_MLKEM_PUBLIC_BYTES:])
        return _SUITE.encrypt(plaintext, MLKEM768X25519PublicKey(mlkem, x25519), info=info)
    except ValueError:
        raise EncodingError("the recipient's sealing key is malformed") from None
