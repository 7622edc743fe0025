"""The wire form of a struct's members: words one after another, one encoding of a struct, one struct of an encoding.

A static member fills a word. Of an array its length stands in one word, then its elements; of a string and of bytes the
length, then the bytes, filled up with zeros to whole words; of a struct its members, in their order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from custody.errors import EncodingError
from custody.intents.eip712 import ARRAY, BYTES, STRING, Member, Types, parts, struct_types, to_utf8
from custody.intents.words import WORD_BYTES, decode_word, decode_words, encode_word


def encode_members(type_string: str, values: Sequence[Member]) -> bytes:
    """Raises: EncodingError: a member does not fit its type."""
    types = struct_types(type_string)
    return _encode(next(iter(types)), tuple(values), types)


def decode_members(type_string: str, encoded: bytes) -> tuple[Member, ...]:
    """Raises: EncodingError: these are not the words of exactly one struct of this type."""
    types = struct_types(type_string)
    reader = _Words(encoded, types)
    values = reader.struct(next(iter(types)))
    reader.end()
    return values


def _encode(kind: str, member: Member, types: Types) -> bytes:
    if kind.endswith(ARRAY):
        inner, elements = kind.removesuffix(ARRAY), parts(kind, member)
        return _length(len(elements)) + b"".join([_encode(inner, element, types) for element in elements])
    if kind in types:
        values = parts(kind, member)
        if len(values) != len(types[kind]):
            raise EncodingError(f"{kind} has {len(types[kind])} members, not {len(values)}")
        return b"".join(_encode(inner, value, types) for (inner, _), value in zip(types[kind], values, strict=True))
    if kind in (STRING, BYTES):
        raw = to_utf8(member) if kind == STRING else member
        if not isinstance(raw, bytes):
            raise EncodingError(f"not a value of {kind}")
        return _length(len(raw)) + raw + bytes(-len(raw) % WORD_BYTES)
    if isinstance(member, tuple | str):
        raise EncodingError(f"not a value of {kind}")
    return encode_word(kind, member)


def _length(count: int) -> bytes:
    return encode_word("uint256", count)


@dataclass(slots=True)
class _Words:
    """Words taken one after another."""

    encoded: bytes
    types: Types
    taken: int = 0  # bytes

    def struct(self, name: str) -> tuple[Member, ...]:
        return tuple(self.member(kind) for kind, _ in self.types[name])

    def member(self, kind: str) -> Member:
        if kind.endswith(ARRAY):
            return self._array(kind.removesuffix(ARRAY))
        if kind in self.types:
            return self.struct(kind)
        if kind in (STRING, BYTES):
            return self._bytes(kind)
        return decode_word(kind, self._take(1))

    def _array(self, inner: str) -> tuple[Member, ...]:
        length = int.from_bytes(self._take(1), "big")
        if inner in self.types or inner in (STRING, BYTES):
            elements: list[Member] = []
            while len(elements) < length:  # each takes a word at least, so that none is made past what was sent
                elements.append(self.member(inner))
            return tuple(elements)
        words = self._take(length)  # first, so that a length from outside makes nothing longer than what was sent
        return decode_words([inner] * length, words)

    def _bytes(self, kind: str) -> Member:
        length = int.from_bytes(self._take(1), "big")
        padded = self._take(-(-length // WORD_BYTES))
        raw = padded[:length]
        if any(padded[length:]):
            raise EncodingError("bits stand behind the end of a text")
        if kind == BYTES:
            return raw
        try:
            return raw.decode()
        except UnicodeDecodeError:
            raise EncodingError("a string is not UTF-8") from None

    def _take(self, count: int) -> bytes:
        """Raises: EncodingError: there are fewer."""
        start, self.taken = self.taken, self.taken + count * WORD_BYTES
        if self.taken > len(self.encoded):
            raise EncodingError(f"{self.taken} bytes expected, not {len(self.encoded)}")
        return self.encoded[start : self.taken]

    def end(self) -> None:
        """Raises: EncodingError: there are more."""
        if self.taken != len(self.encoded):
            raise EncodingError(f"{self.taken} bytes expected, not {len(self.encoded)}")
