"""Names of things as types: seats, addresses, hashes; knows their shape and nothing of what they name."""

from __future__ import annotations

from typing import NewType

from custody.errors import EncodingError

SignerId = NewType("SignerId", int)
"""A custodian's seat, from 1; 0 is where the secret lives (RFC 9591 §4.2)."""
Address = NewType("Address", bytes)
"""20 bytes."""
Digest = NewType("Digest", bytes)
"""32 bytes: the EIP-712 digest of one typed intent."""
BlockHash = NewType("BlockHash", bytes)
RunId = NewType("RunId", bytes)
"""32 bytes: the hash of every participant's fresh contribution to one ceremony."""
SessionId = NewType("SessionId", bytes)
"""32 fresh bytes: one attempt to sign one intent."""
HostId = NewType("HostId", bytes)
"""32 bytes: the hash of a host's public keys."""

ZERO_ADDRESS = Address(bytes(20))


def signer_id(number: int) -> SignerId:
    """A seat number, checked to fit what a message carries.

    Raises:
        EncodingError: not in [1, 65535].
    """
    if not 1 <= number <= 0xFFFF:
        raise EncodingError(f"a seat is numbered from 1 to 65535, not {number}")
    return SignerId(number)


def address(text: str | bytes) -> Address:
    """Parse an address: 20 bytes, or 0x and 40 hexadecimal digits.

    Raises:
        EncodingError: anything else.
    """
    if isinstance(text, bytes):
        raw = text
    else:
        try:
            raw = _digits(text)
        except ValueError:
            raise EncodingError(f"{text!r} is not an address: 0x and 40 hexadecimal digits are") from None
    if len(raw) != 20:
        raise EncodingError(f"an address has 20 bytes, not {len(raw)}")
    return Address(raw)


def hash32(text: str | bytes) -> bytes:
    """Parse 32 bytes, given as such or as 0x and 64 hexadecimal digits.

    Raises:
        EncodingError: anything else.
    """
    try:
        raw = text if isinstance(text, bytes) else _digits(text)
    except ValueError:
        raise EncodingError(f"{text!r} is not a hash: 0x and 64 hexadecimal digits are") from None
    if len(raw) != 32:
        raise EncodingError(f"a hash has 32 bytes, not {len(raw)}")
    return raw


def _digits(text: str) -> bytes:
    """The bytes of hexadecimal digits; `bytes.fromhex` alone passes over white space. Raises: ValueError."""
    if any(character.isspace() for character in text):
        raise ValueError("white space among digits")
    return bytes.fromhex(text.removeprefix("0x"))


def to_hex(raw: bytes) -> str:
    """0x and lower-case digits."""
    return "0x" + raw.hex()
