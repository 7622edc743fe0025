"""Digests of typed data (EIP-712): domain, struct hash, digest; knows no particular intent.

Members are static values, a word each, and arrays of them, which are hashed: EIP-712 `encodeData`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from custody.errors import EncodingError
from custody.identifiers import Address, Digest
from custody.intents.keccak import keccak256
from custody.intents.words import Value, encode_word, encode_words

Member = Value | tuple[Value, ...]
"""What a struct is made of: a static value, or an array of them."""
ARRAY: Final = "[]"

_DOMAIN_TYPE: Final = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """Where an intent is valid: one version of one contract on one chain."""

    name: str
    version: str
    chain_id: int
    contract: Address

    def separator(self) -> bytes:
        """32 bytes."""
        return keccak256(
            keccak256(_DOMAIN_TYPE.encode())
            + keccak256(self.name.encode())
            + keccak256(self.version.encode())
            + encode_words(("uint256", "address"), (self.chain_id, self.contract))
        )


@cache
def members(type_string: str) -> tuple[tuple[str, str], ...]:
    """('uint256', 'releaseId'), ... of "Expedite(uint256 releaseId,...)"."""
    inside = type_string[type_string.index("(") + 1 : -1]
    return tuple((kind, name) for kind, name in (member.split(" ") for member in inside.split(",")))


def elements(solidity_type: str, member: Member) -> bytes:
    """The words of an array, one after another.

    Raises:
        EncodingError: not a tuple, or an element does not fit the type.
    """
    if not isinstance(member, tuple):
        raise EncodingError(f"not a value of {solidity_type}")
    return encode_words([solidity_type.removesuffix(ARRAY)] * len(member), member)


def struct_hash(type_string: str, values: Sequence[Member]) -> bytes:
    """keccak256(type hash ‖ a word a member); an array's word is the hash of its elements' words.

    Raises:
        EncodingError: the values do not fit the type.
    """
    words = [keccak256(type_string.encode())]
    for (kind, _), member in zip(members(type_string), values, strict=True):
        if kind.endswith(ARRAY):
            words.append(keccak256(elements(kind, member)))
        elif isinstance(member, tuple):
            raise EncodingError(f"not a value of {kind}")
        else:
            words.append(encode_word(kind, member))
    return keccak256(b"".join(words))


def digest(domain: Domain, type_string: str, values: Sequence[Member]) -> Digest:
    """keccak256(0x1901 ‖ domain separator ‖ struct hash).

    Raises:
        EncodingError: the values do not fit the type.
    """
    return Digest(keccak256(b"\x19\x01" + domain.separator() + struct_hash(type_string, values)))
