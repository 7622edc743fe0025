"""The hash functions of FROST(secp256k1, SHA-256); knows domains and lengths, no keys and no protocol.

Source: RFC 9591 §6.5; expand_message_xmd and hash_to_field of RFC 9380 §5.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from custody.crypto.curve import WIDE_BYTES, SecretScalar
from custody.crypto.scalars import Scalar

CONTEXT: Final = b"FROST-secp256k1-SHA256-v1"
_BLOCK_BYTES: Final = 64
_HASH_BYTES: Final = 32
_LONGEST_DST: Final = 255


def expand_message_xmd(message: bytes, *, dst: bytes, length: int) -> bytes:
    """Uniform bytes from a message: RFC 9380 §5.3.1 with SHA-256, an oversize `dst` hashed by §5.3.3.

    Raises:
        ValueError: more than 255 blocks asked.
    """
    blocks = -(-length // _HASH_BYTES)
    if blocks > 255:
        raise ValueError("expand_message_xmd gives at most 255 blocks")
    if len(dst) > _LONGEST_DST:
        dst = sha256(b"H2C-OVERSIZE-DST-" + dst).digest()
    dst_prime = dst + bytes([len(dst)])
    b_0 = sha256(bytes(_BLOCK_BYTES) + message + length.to_bytes(2, "big") + b"\x00" + dst_prime).digest()
    block = sha256(b_0 + b"\x01" + dst_prime).digest()
    output = block
    for index in range(2, blocks + 1):
        mixed = bytes(x ^ y for x, y in zip(b_0, block, strict=True))
        block = sha256(mixed + bytes([index]) + dst_prime).digest()
        output += block
    return output[:length]


def hash_to_scalar(message: bytes, *, tag: bytes) -> Scalar:
    """hash_to_field(message, 1) under the domain CONTEXT ‖ tag: a public scalar."""
    wide = expand_message_xmd(message, dst=CONTEXT + tag, length=WIDE_BYTES)
    return Scalar.reduce_bytes(wide)


def h1(message: bytes) -> Scalar:
    """Binding factors."""
    return hash_to_scalar(message, tag=b"rho")


def h2(message: bytes) -> Scalar:
    """The challenge."""
    return hash_to_scalar(message, tag=b"chal")


def h4(message: bytes) -> bytes:
    """The message, inside the binding factor."""
    return sha256(CONTEXT + b"msg" + message).digest()


def h5(message: bytes) -> bytes:
    """The commitment list, inside the binding factor."""
    return sha256(CONTEXT + b"com" + message).digest()


def secret_from_hash(message: bytes, *, tag: bytes) -> SecretScalar:
    """hash_to_field of a secret message, reduced without becoming an integer.

    Raises:
        ZeroSecret: draw again (chance 2^-256).
    """
    return SecretScalar.reduce_wide(expand_message_xmd(message, dst=CONTEXT + tag, length=WIDE_BYTES))


def h3(message: bytes) -> SecretScalar:
    """Nonces, from fresh randomness and the share."""
    return secret_from_hash(message, tag=b"nonce")
