"""Records sealed at rest.

AES-256-GCM under a key that Argon2id makes from a passphrase (RFC 9106 §4, second choice).
"""

from __future__ import annotations

import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from custody.errors import StoreDamaged

SALT_BYTES: Final = 16
_NONCE_BYTES: Final = 12
_MEMORY_KIB: Final = 64 * 1024
_PASSES: Final = 3
_LANES: Final = 4


class PassphraseCipher:
    """Implements `ports.identity.RecordCipher`."""

    __slots__ = ("_aead",)

    def __init__(self, passphrase: bytes, *, salt: bytes) -> None:
        """Takes about a tenth of a second: it is meant to."""
        kdf = Argon2id(salt=salt, length=32, iterations=_PASSES, lanes=_LANES, memory_cost=_MEMORY_KIB)
        self._aead = AESGCM(kdf.derive(passphrase))

    def seal(self, plaintext: bytes, *, associated: bytes) -> bytes:
        """nonce(12) ‖ ciphertext ‖ tag(16)."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, plaintext, associated)

    def open(self, sealed: bytes, *, associated: bytes) -> bytes:
        """Raises: StoreDamaged: altered, of another record, or under another passphrase."""
        try:
            return self._aead.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], associated)
        except (InvalidTag, ValueError):
            raise StoreDamaged("a sealed record does not open: wrong passphrase, or the store was altered") from None

    def __repr__(self) -> str:
        return "PassphraseCipher(...)"
