"""Reading BIP-32 extended keys, as only a test does: base58check and the 78 bytes inside."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


@dataclass(frozen=True)
class ExtendedKey:
    version: bytes
    depth: int
    fingerprint: bytes
    index: int
    chain_code: bytes
    data: bytes  # 33 bytes: a compressed point, or 00 and a private key


def read_extended_key(text: str) -> ExtendedKey:
    """Raises ValueError where the checksum does not fit; what the fields say is not looked at."""
    number = 0
    for letter in text:
        number = number * 58 + _ALPHABET.index(letter)
    raw = number.to_bytes(82, "big")
    payload, checksum = raw[:-4], raw[-4:]
    if sha256(sha256(payload).digest()).digest()[:4] != checksum:
        raise ValueError("the checksum does not fit")
    return ExtendedKey(
        version=payload[:4],
        depth=payload[4],
        fingerprint=payload[5:9],
        index=int.from_bytes(payload[9:13], "big"),
        chain_code=payload[13:45],
        data=payload[45:],
    )
