"""View functions by signature, word by word, and blocks as endpoints describe them. Knows no contract."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, TypeVar

from custody.chain.rpc import Call, eth_call, require
from custody.errors import EncodingError, Unreachable
from custody.identifiers import Address, BlockHash, hash32
from custody.intents.keccak import keccak256
from custody.intents.words import WORD_BYTES, Value, decode_words, encode_words
from custody.policy.clock import Block

E = TypeVar("E", bound=IntEnum)


@dataclass(frozen=True, slots=True)
class View:
    """A view function of static values and structs of them: its signature and the types of what it returns, member by
    member.
    """

    signature: str
    returns: tuple[str, ...]

    def call(self, contract: Address, arguments: Sequence[Value] = (), *, at: BlockHash) -> Call:
        # A struct of static members stands in the call as its members do.
        kinds = self.signature[self.signature.index("(") + 1 : -1].replace("(", "").replace(")", "")
        types = kinds.split(",") if kinds else []
        return eth_call(contract, selector(self.signature) + encode_words(types, arguments), at=at)

    def decode(self, result: Any) -> tuple[Any, ...]:
        """Raises: Reverted: the view failed. Unreachable: it answered something else than its types."""
        encoded = answered_bytes(result)
        try:
            return decode_words(self.returns, encoded)
        except EncodingError:
            raise Unreachable("the endpoint", f"{self.signature} did not answer {','.join(self.returns)}") from None


def selector(signature: str) -> bytes:
    """The four bytes that name a function."""
    return keccak256(signature.encode())[:4]


def answered_bytes(result: Any) -> bytes:
    """What a call returned. Raises: Reverted: it failed. Unreachable: it is not hexadecimal."""
    encoded = require(result)
    try:
        return bytes.fromhex(encoded.removeprefix("0x"))
    except (ValueError, AttributeError):
        raise Unreachable("the endpoint", "a call did not answer bytes") from None


def encode_addresses(accounts: Sequence[Address]) -> bytes:
    """The tail of one dynamic argument address[]: offset, length, words."""
    words = b"".join(account.rjust(WORD_BYTES, b"\0") for account in accounts)
    return _number(WORD_BYTES) + _number(len(accounts)) + words


def word_array(encoded: bytes, *, head: int) -> tuple[int, ...]:
    """The uint256[] whose offset stands in word `head` of an answer.

    Raises:
        Unreachable: it is cut off, or points outside.
    """
    try:
        words = decode_words(("uint256",) * (len(encoded) // WORD_BYTES), encoded)
        start, rest = divmod(words[head], WORD_BYTES)
        length = words[start]
        if rest or length > len(words) - start - 1:
            raise EncodingError("an array that is cut off")
    except (EncodingError, IndexError):
        raise Unreachable("the endpoint", "a list of words is malformed") from None
    return words[start + 1 : start + 1 + length]


def block_of(found: Any) -> Block:
    """Raises: Unreachable: not a block."""
    try:
        return Block(
            number=quantity(found["number"]),
            hash=BlockHash(hash32(found["hash"])),
            timestamp=quantity(found["timestamp"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Unreachable("the endpoint", "a block without number, hash or timestamp") from None


def quantity(found: Any) -> int:
    """A number as JSON-RPC writes it. Raises: Unreachable: it is not one, or beyond 64 bits."""
    try:
        number = int(found, 16)
    except (TypeError, ValueError):
        raise Unreachable("the endpoint", "a quantity is not a hexadecimal number") from None
    if not 0 <= number < 1 << 64:
        raise Unreachable("the endpoint", "a quantity does not fit 64 bits")
    return number


def member(kind: type[E], number: int) -> E:
    """The member of an enum. Raises: Unreachable: there is none of this number."""
    try:
        return kind(number)
    except ValueError:
        raise Unreachable("the endpoint", f"there is no {kind.__name__} {number}") from None


def _number(value: int) -> bytes:
    return value.to_bytes(WORD_BYTES, "big")
