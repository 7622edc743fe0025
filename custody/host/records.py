"""Records sealed at rest with AES-256-GCM, and the key that Argon2id makes from a passphrase.

Another way to the key: a token's, in `hardware`. Knows not what the records are: the associated data names them.
"""

from __future__ import annotations

import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from custody.errors import StoreDamaged

KEY_BYTES: Final = 32
SALT_BYTES: Final = 16
_NONCE_BYTES: Final = 12
# RFC 9106 §4, second choice.
_MEMORY_KIB: Final = 64 * 1024
_PASSES: Final = 3
_LANES: Final = 4


class KeyedCipher:
    """The format of a sealed record, under a key of 32 bytes. Implements `ports.identity.RecordCipher`."""

    __slots__ = ("_aead", "_wrong_key")

    def __init__(self, key: bytes, *, wrong_key: str) -> None:
        """`wrong_key` says in a refusal what else than damage may be the cause."""
        if len(key) != KEY_BYTES:
            raise ValueError(f"a record key has {KEY_BYTES} bytes")
        self._aead = AESGCM(key)
        self._wrong_key = wrong_key

    def seal(self, plaintext: bytes, *, associated: bytes) -> bytes:
        """nonce(12) ‖ ciphertext ‖ tag(16)."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, plaintext, associated)

    def open(self, sealed: bytes, *, associated: bytes) -> bytes:
        """Raises: StoreDamaged: altered, of another record, or under another key."""
        try:
            return self._aead.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], associated)
        except (InvalidTag, ValueError):
            raise StoreDamaged(f"a sealed record does not open: {self._wrong_key}, or the store was altered") from None

    def __repr__(self) -> str:
        return f"{type(self).__name__}(...)"


class PassphraseCipher(KeyedCipher):
    """Under a key made from a passphrase."""

    __slots__ = ()

    def __init__(self, passphrase: bytes, *, salt: bytes) -> None:
        """Takes about a tenth of a second: it is meant to."""
        kdf = Argon2id(salt=salt, length=KEY_BYTES, iterations=_PASSES, lanes=_LANES, memory_cost=_MEMORY_KIB)
        super().__init__(kdf.derive(passphrase), wrong_key="wrong passphrase")
