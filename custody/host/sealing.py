"""HPKE (RFC 9180) with MLKEM768-X25519, HKDF-SHA256 and AES-256-GCM.

A recorded share stays sealed against quantum computers.
"""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
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
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from custody.errors import EncodingError

_SUITE: Final = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_MLKEM_PUBLIC_BYTES: Final = 1184
SEALING_KEY_BYTES: Final = _MLKEM_PUBLIC_BYTES + 32
"""ML-KEM-768 ‖ X25519."""
SEALING_SEED_BYTES: Final = 64 + 32


class SealingKey:
    """The private half; made from 96 secret bytes."""

    __slots__ = ("_private", "public")

    def __init__(self, seed: bytes) -> None:
        if len(seed) != SEALING_SEED_BYTES:
            raise EncodingError(f"a sealing key is made from {SEALING_SEED_BYTES} bytes")
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


class SeedOneTimeKeys:
    """One-time keys derived from a generation seed by their place. Implements `ports.identity.OneTimeKeys`.

    The seed and the transcript of a run recover a share; one key that a complaint reveals opens one ciphertext.
    """

    __slots__ = ("_keys", "_seed")

    def __init__(self, seed: bytes) -> None:
        if len(seed) != 32:
            raise ValueError("a generation seed has 32 bytes")
        self._seed = seed
        self._keys: dict[
            bytes, SealingKey
        ] = {}  # as long as this object: a run shows each key, and later opens with it

    def public(self, place: bytes) -> bytes:
        return self._key(place).public

    def open(self, ciphertext: bytes, *, place: bytes, info: bytes) -> bytes:
        """Raises: EncodingError."""
        return self._key(place).open(ciphertext, info=info)

    def _key(self, place: bytes) -> SealingKey:
        if place not in self._keys:
            self._keys[place] = SealingKey(self.reveal(place))
        return self._keys[place]

    def reveal(self, place: bytes) -> bytes:
        info = b"custody-one-time-v1 " + place
        return HKDF(algorithm=hashes.SHA256(), length=SEALING_SEED_BYTES, salt=None, info=info).derive(self._seed)

    def __repr__(self) -> str:
        return "SeedOneTimeKeys(...)"

    def __reduce__(self) -> str:
        raise TypeError("seeds are not pickled")
