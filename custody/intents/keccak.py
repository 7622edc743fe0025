"""Keccak-256 as Ethereum uses it: the one door to its library."""

from __future__ import annotations

from Crypto.Hash import keccak

from custody.identifiers import Address


def keccak256(data: bytes) -> bytes:
    """32 bytes."""
    return keccak.new(digest_bits=256, data=data).digest()


def checksum_address(account: Address) -> str:
    """The address with its EIP-55 checksum, as people compare it."""
    digits = account.hex()
    mask = keccak256(digits.encode()).hex()
    return "0x" + "".join(
        digit.upper() if int(shade, 16) >= 8 else digit for digit, shade in zip(digits, mask, strict=False)
    )
