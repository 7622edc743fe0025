"""Digests of typed data (EIP-712): domain, struct hash, digest; knows no particular intent.

Members are static values, a word each; strings, bytes and arrays, which are hashed; and structs, which are hashed as
themselves: EIP-712 `encodeData`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Final, TypeAlias

from custody.errors import EncodingError
from custody.identifiers import Address, Digest
from custody.intents.keccak import keccak256
from custody.intents.words import Value, encode_word, encode_words

Member: TypeAlias = "Value | str | tuple[Member, ...]"
"""What a struct is made of: a static value, text, an array, or the members of another struct in their order."""
Types: TypeAlias = "Mapping[str, tuple[tuple[str, str], ...]]"
"""('uint256', 'releaseId'), ... of every struct, by its name."""
ARRAY: Final = "[]"
STRING: Final = "string"
BYTES: Final = "bytes"

DOMAIN_TYPE: Final = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
_STRUCT: Final = re.compile(r"(\w+)\(([^()]*)\)")


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
            keccak256(DOMAIN_TYPE.encode())
            + keccak256(self.name.encode())
            + keccak256(self.version.encode())
            + encode_words(("uint256", "address"), (self.chain_id, self.contract))
        )


@cache
def struct_types(type_string: str) -> Types:
    """Every struct that a type string describes: the signed one first, then those that it is made of."""
    types = {
        name: tuple((kind, member) for kind, member in (each.split(" ") for each in inside.split(",")))
        for name, inside in _STRUCT.findall(type_string)
    }
    return MappingProxyType(types)


def members(type_string: str) -> tuple[tuple[str, str], ...]:
    """('uint256', 'releaseId'), ... of "Expedite(uint256 releaseId,...)"."""
    return next(iter(struct_types(type_string).values()))


def encode_type(name: str, types: Types) -> str:
    """The type string of one struct: itself, then those that it is made of, by name."""
    needed: set[str] = set()
    waiting = [name]
    while waiting:
        for kind, _ in types[waiting.pop()]:
            inner = kind.removesuffix(ARRAY)
            if inner in types and inner not in needed:
                needed.add(inner)
                waiting.append(inner)
    written = (f"{each}({','.join(map(' '.join, types[each]))})" for each in (name, *sorted(needed - {name})))
    return "".join(written)


def to_utf8(text: Member) -> bytes:
    """The bytes of a string member.

    Raises:
        EncodingError: no text, or half of a surrogate pair, which no bytes stand for.
    """
    if not isinstance(text, str):
        raise EncodingError(f"not a value of {STRING}")
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise EncodingError("a string has characters that UTF-8 cannot write") from None


def parts(kind: str, member: Member) -> tuple[Member, ...]:
    """The elements of an array, or the members of a struct.

    Raises:
        EncodingError: not a tuple.
    """
    if not isinstance(member, tuple):
        raise EncodingError(f"not a value of {kind}")
    return member


def struct_hash(type_string: str, values: Sequence[Member]) -> bytes:
    """keccak256(type hash ‖ a word a member).

    Raises:
        EncodingError: the values do not fit the type.
    """
    return _hash(next(iter(struct_types(type_string))), values, type_string)


def _hash(name: str, values: Sequence[Member], type_string: str) -> bytes:
    described = struct_types(type_string)[name]
    if len(described) != len(values):
        raise EncodingError(f"{name} has {len(described)} members, not {len(values)}")
    words = [_word(kind, member, type_string) for (kind, _), member in zip(described, values, strict=True)]
    return keccak256(_type_hash(name, type_string) + b"".join(words))


@cache
def _type_hash(name: str, type_string: str) -> bytes:
    return keccak256(encode_type(name, struct_types(type_string)).encode())


def _word(kind: str, member: Member, type_string: str) -> bytes:
    if kind.endswith(ARRAY):
        inner = kind.removesuffix(ARRAY)
        return keccak256(b"".join([_word(inner, element, type_string) for element in parts(kind, member)]))
    if kind in struct_types(type_string):
        return _hash(kind, parts(kind, member), type_string)
    if kind == STRING:
        return keccak256(to_utf8(member))
    if kind == BYTES and isinstance(member, bytes):
        return keccak256(member)
    if isinstance(member, tuple | str):
        raise EncodingError(f"not a value of {kind}")
    return encode_word(kind, member)


def digest(domain: Domain, type_string: str, values: Sequence[Member]) -> Digest:
    """keccak256(0x1901 ‖ domain separator ‖ struct hash).

    Raises:
        EncodingError: the values do not fit the type.
    """
    return Digest(keccak256(b"\x19\x01" + domain.separator() + struct_hash(type_string, values)))
