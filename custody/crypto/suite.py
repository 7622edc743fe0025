"""The hash functions of FROST(secp256k1, SHA-256); knows domains and lengths, no keys and no protocol.

Source: RFC 9591 §6.5; expand_message_xmd and hash_to_field of RFC 9380 §5.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from operator import xor
from typing import TYPE_CHECKING, Final

from custody.crypto.curve import WIDE_BYTES, SecretScalar
from custody.crypto.scalars import Scalar, xor_public

if TYPE_CHECKING:
    from hashlib import _Hash  # has no public name

CONTEXT: Final = b"FROST-secp256k1-SHA256-v1"
_BLOCK_BYTES: Final = 64
_HASH_BYTES: Final = 32
_LONGEST_DST: Final = 255
_RHO: Final = CONTEXT + b"rho"


def expand_message_xmd(message: bytes, *, dst: bytes, length: int) -> bytes:
    """Uniform bytes from a message: RFC 9380 §5.3.1 with SHA-256, an oversize `dst` hashed by §5.3.3.

    Raises:
        ValueError: more than 255 blocks asked.
    """
    return _expand(sha256(bytes(_BLOCK_BYTES) + message), dst=dst, length=length, mix=_mix_bytewise)


def _expand(begun: _Hash, *, dst: bytes, length: int, mix: Callable[[bytes, bytes], bytes]) -> bytes:
    """The expansion of a message that `begun` has taken in already; spends `begun`. `mix` is a xor of 32 bytes."""
    ending, first, *others = _endings(dst, length)
    begun.update(ending)
    b_0 = begun.digest()
    output = block = sha256(b_0 + first).digest()
    for ending in others:
        block = sha256(mix(b_0, block) + ending).digest()
        output += block
    return output[:length]


def _mix_bytewise(x: bytes, y: bytes) -> bytes:
    """x ^ y of what may be secret; `xor_public` takes a third of its time, but as integers."""
    return bytes(map(xor, x, y))


@lru_cache(maxsize=64)
def _endings(dst: bytes, length: int) -> tuple[bytes, ...]:
    """What ends the hashed bytes of b_0, b_1, ... under this domain."""
    blocks = -(-length // _HASH_BYTES)
    if blocks > 255:
        raise ValueError("expand_message_xmd gives at most 255 blocks")
    if len(dst) > _LONGEST_DST:
        dst = sha256(b"H2C-OVERSIZE-DST-" + dst).digest()
    dst_prime = dst + bytes([len(dst)])
    counted = (bytes([index]) + dst_prime for index in range(1, blocks + 1))
    return length.to_bytes(2, "big") + b"\x00" + dst_prime, *counted


def hash_to_scalar(message: bytes, *, tag: bytes) -> Scalar:
    """hash_to_field(message, 1) under the domain CONTEXT ‖ tag: a public scalar."""
    return _finish_public(sha256(bytes(_BLOCK_BYTES) + message), CONTEXT + tag)


def _finish_public(begun: _Hash, dst: bytes) -> Scalar:
    wide = _expand(begun, dst=dst, length=WIDE_BYTES, mix=xor_public)
    return Scalar.reduce_bytes(wide)


class BindingHash:
    """H1, the binding factors: of many messages that begin alike, so the common part is hashed once."""

    __slots__ = ("_begun",)

    def __init__(self, prefix: bytes) -> None:
        self._begun = sha256(bytes(_BLOCK_BYTES) + prefix)

    def h1(self, rest: bytes) -> Scalar:
        """H1(prefix ‖ rest)."""
        begun = self._begun.copy()
        begun.update(rest)
        return _finish_public(begun, _RHO)


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
