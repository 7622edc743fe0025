"""A fingerprint as words that people read to each other: 13 of SLIP-39's list, 130 bits. No share of anything."""

from __future__ import annotations

from typing import Final

from custody.host.backup import WORDS

FINGERPRINT_WORDS: Final = 13
_BITS: Final = 10  # of a list of 1024


def fingerprint_words(digest: bytes) -> list[str]:
    """The first 130 bits of a digest of 32 bytes."""
    if len(digest) != 32:
        raise ValueError("a digest has 32 bytes")
    bits = int.from_bytes(digest, "big") >> (256 - FINGERPRINT_WORDS * _BITS)
    places = range(_BITS * (FINGERPRINT_WORDS - 1), -1, -_BITS)
    return [WORDS[bits >> place & ((1 << _BITS) - 1)] for place in places]
