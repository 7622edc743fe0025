"""What a cheat can put in the place of one sealed share: for dealings, splittings and sums alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from custody.crypto import Scalar, SecretScalar
from custody.crypto.scalars import ORDER
from tests.builders import fresh
from tests.protocol.running import HOSTS

MINUS_ONE = Scalar(ORDER - 1)


@dataclass(frozen=True)
class Place:
    """One sealed share as its honest author makes it, and what else its author knows of the run.

    `public`, `info`: of this place. `elsewhere`: another recipient's or key's plaintext, public key, info, ciphertext.
    """

    secret: SecretScalar
    public: bytes
    info: bytes
    ciphertext: bytes
    elsewhere: Any = None

    def seal(self, plaintext: bytes | SecretScalar, *, public: bytes | None = None, info: bytes | None = None) -> bytes:
        raw = plaintext.to_secret_bytes() if isinstance(plaintext, SecretScalar) else plaintext
        return HOSTS.seal(raw, public=public or self.public, info=info or self.info)


def _flip(raw: bytes, place: int) -> bytes:
    changed = bytearray(raw)
    changed[place] ^= 1
    return bytes(changed)


def _info(place: Place, old: bytes, new: bytes) -> bytes:
    assert old in place.info
    return place.info.replace(old, new)


SEALED: dict[str, tuple[str, Callable[[Place], bytes]]] = {
    "empty": ("nothing at all", lambda p: b""),
    "garbage": ("bytes that are no ciphertext", lambda p: fresh("garbage") * 37),
    "truncated": ("a ciphertext without its last byte", lambda p: p.ciphertext[:-1]),
    "prolonged": ("a ciphertext with a byte more", lambda p: p.ciphertext + b"\0"),
    "tag-flipped": ("a ciphertext with a bit of its tag flipped", lambda p: _flip(p.ciphertext, -1)),
    "ml-kem-flipped": ("a ciphertext with a bit of its ML-KEM part flipped", lambda p: _flip(p.ciphertext, 7)),
    "x25519-flipped": ("a ciphertext with a bit of its X25519 part flipped", lambda p: _flip(p.ciphertext, 1100)),
    "swapped": (
        "the ciphertext that another recipient, or the other key, should have",
        lambda p: p.elsewhere.ciphertext,
    ),
    "to-another": (
        "the right share, sealed to another one-time key",
        lambda p: p.seal(p.secret, public=p.elsewhere.public),
    ),
    "info-of-another": (
        "the right share, sealed under another place's info",
        lambda p: p.seal(p.secret, info=p.elsewhere.info),
    ),
    "info-empty": ("the right share, sealed under no info", lambda p: p.seal(p.secret, info=b"\0")),
    "info-of-another-run": (
        "the right share, sealed under the info of another run",
        lambda p: p.seal(p.secret, info=fresh("another run") + p.info),
    ),
    "share-of-another": ("another recipient's share, or that of the other key", lambda p: p.seal(p.elsewhere.secret)),
    "share-plus-one": ("the share plus one", lambda p: p.seal(p.secret.plus_public(Scalar(1)))),
    "share-doubled": ("twice the share", lambda p: p.seal(p.secret.times(Scalar(2)))),
    "share-negated": ("the share's negative", lambda p: p.seal(p.secret.times(MINUS_ONE))),
    "share-zero": ("the share zero", lambda p: p.seal(bytes(32))),
    "share-order": ("the group order, which is no scalar", lambda p: p.seal(ORDER.to_bytes(32, "big"))),
    "share-short": ("a share of 31 bytes", lambda p: p.seal(p.secret.to_secret_bytes()[1:])),
    "share-long": ("a share of 33 bytes", lambda p: p.seal(b"\0" + p.secret.to_secret_bytes())),
    "share-none": ("an empty plaintext", lambda p: p.seal(b"")),
}
