"""32-byte words, as contracts encode static values; knows no contract.

One definition for typed-data digests, for the wire form of an intent and for reading a contract's answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from custody.errors import EncodingError
from custody.identifiers import Address

WORD_BYTES: Final = 32
Value = int | bool | bytes
_NUMBER: Final = re.compile(r"(u?)int(\d+)")
_NUMBER_BITS: Final = range(8, 257, 8)


def encode_word(solidity_type: str, value: Value) -> bytes:
    """One static value as 32 bytes; a number below zero in two's complement.

    Raises:
        EncodingError: the value does not fit the type, or the type is none of uintN, intN, address, bool, bytes32.
    """
    if solidity_type == "address" and isinstance(value, bytes) and len(value) == 20:
        return value.rjust(WORD_BYTES, b"\0")
    if solidity_type == "bytes32" and isinstance(value, bytes) and len(value) == WORD_BYTES:
        return value
    if solidity_type == "bool" and isinstance(value, bool):
        return value.to_bytes(WORD_BYTES, "big")
    if isinstance(value, int) and not isinstance(value, bool) and value in _numbers_of(solidity_type):
        return value.to_bytes(WORD_BYTES, "big", signed=value < 0)
    raise EncodingError(f"not a value of {solidity_type}")


def decode_word(solidity_type: str, word: bytes) -> Value:
    """The value of one word; the inverse of `encode_word`.

    Raises:
        EncodingError: bits stand where the type has none.
    """
    if len(word) != WORD_BYTES:
        raise EncodingError(f"a word has {WORD_BYTES} bytes, not {len(word)}")
    value: Value
    if solidity_type == "address":
        value = Address(word[12:])
    elif solidity_type == "bytes32":
        value = word
    elif solidity_type == "bool":
        value = word[-1] == 1
    else:
        value = int.from_bytes(word, "big", signed=solidity_type.startswith("int"))
    if encode_word(solidity_type, value) != word:
        raise EncodingError(f"not a word of {solidity_type}")
    return value


def encode_words(types: Sequence[str], values: Sequence[Value]) -> bytes:
    """Raises: EncodingError."""
    if len(types) != len(values):
        raise EncodingError(f"{len(types)} values expected, not {len(values)}")
    return b"".join(encode_word(kind, value) for kind, value in zip(types, values, strict=True))


def decode_words(types: Sequence[str], encoded: bytes) -> tuple[Any, ...]:
    """The values of words one after another, each of the Python type that its Solidity type has.

    Raises: EncodingError: another length, or a word outside its type.
    """
    if len(encoded) != WORD_BYTES * len(types):
        raise EncodingError(f"{len(types)} words expected, not {len(encoded)} bytes")
    return tuple(
        decode_word(kind, encoded[WORD_BYTES * index : WORD_BYTES * (index + 1)]) for index, kind in enumerate(types)
    )


@cache
def _numbers_of(solidity_type: str) -> range:
    """What fits a uintN or intN; nothing where it is neither."""
    found = _NUMBER.fullmatch(solidity_type)
    if found is None or int(found[2]) not in _NUMBER_BITS:
        return range(0)
    bits = int(found[2])
    return range(1 << bits) if found[1] else range(-(1 << (bits - 1)), 1 << (bits - 1))
