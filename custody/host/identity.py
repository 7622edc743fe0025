"""This host's own keys: what it signs and opens with. The seed never leaves but to be sealed."""

from __future__ import annotations

from typing import Final

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from custody.host.sealing import SEALING_SEED_BYTES, SealingKey
from custody.protocol.committee import HostKeys
from custody.protocol.messages import SUITE, VERSION, Envelope, Message, decode_body, decode_envelope, encode

SEED_BYTES: Final = 32


class HostIdentity:
    """Ed25519 and MLKEM768-X25519 keys derived from one 32-byte seed. Implements `ports.identity.Identity`."""

    __slots__ = ("_sealing", "_signing", "keys")

    def __init__(self, seed: bytes, *, seals: bool = True) -> None:
        """`seals` is False for a coordinator, to whom nothing is ever sealed."""
        if len(seed) != SEED_BYTES:
            raise ValueError(f"a host's seed has {SEED_BYTES} bytes")
        self._signing = Ed25519PrivateKey.from_private_bytes(_derive(seed, b"signing", 32))
        self._sealing = SealingKey(_derive(seed, b"sealing", SEALING_SEED_BYTES)) if seals else None
        self.keys = HostKeys(
            signing=self._signing.public_key().public_bytes_raw(),
            sealing=b"" if self._sealing is None else self._sealing.public,
        )

    def sign(self, message: Message, *, execution: bytes, recipient: bytes = b"") -> bytes:
        """The encoded, signed envelope of a message; to everybody where `recipient` is empty.

        Raises:
            EncodingError: a field has a length or value that no peer would read.
        """
        unsigned = Envelope(
            version=VERSION,
            suite=SUITE,
            kind=type(message).__name__,
            author=self.keys.id,
            recipient=recipient,
            execution=execution,
            body=encode(message),
            signature=bytes(64),
        )
        signature = self._signing.sign(unsigned.signed_bytes(self.keys.signing))
        encoded = encode(msgspec.structs.replace(unsigned, signature=signature))
        decode_body(unsigned.kind, decode_envelope(encoded).body)  # never sign what nobody can read
        return encoded

    def open(self, ciphertext: bytes, *, info: bytes) -> bytes:
        """What was sealed to this host. Raises: EncodingError."""
        if self._sealing is None:
            raise ValueError("nothing is sealed to a host without a sealing key")
        return self._sealing.open(ciphertext, info=info)

    def __repr__(self) -> str:
        return f"HostIdentity({self.keys.id.hex()[:16]})"


def _derive(seed: bytes, purpose: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=None, info=b"custody-host-v1 " + purpose).derive(seed)
