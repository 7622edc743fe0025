"""What every typed struct can do: be written as words, be read back from them, be hashed. Knows no particular struct.

A struct is a frozen dataclass whose fields stand in the order of its type string. Its wire form is its members in that
order: a word each; of an array its length in one word, then its elements. There is one encoding of a struct and one
struct of an encoding.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self, cast

from custody.errors import EncodingError
from custody.identifiers import Address, Digest
from custody.intents.classes import ActionClass
from custody.intents.eip712 import ARRAY, Domain, Member, digest, elements, members
from custody.intents.words import WORD_BYTES, decode_word, decode_words, encode_word


class TypedStruct:
    """A struct that a contract takes signed; valid from construction on: every member fits its Solidity type.

    `TYPE` is its EIP-712 type string, `CONTRACT` the name of the contract in whose domain it is signed.
    """

    __slots__ = ()

    NAME: ClassVar[str]
    TYPE: ClassVar[str]
    CONTRACT: ClassVar[str]
    VERSION: ClassVar[str] = "1"

    def __post_init__(self) -> None:
        self.encode()

    def encode(self) -> bytes:
        """The wire form.

        Raises:
            EncodingError: a member does not fit its type.
        """
        kinds = [kind for kind, _ in members(self.TYPE)]
        return b"".join(_encode_member(kind, member) for kind, member in zip(kinds, self._values(), strict=True))

    @classmethod
    def decode(cls, encoded: bytes) -> Self:
        """Raises: EncodingError: these are not the words of exactly one struct of this type."""
        return cls(**cls._decoded(encoded))

    @classmethod
    def domain(cls, *, chain_id: int, contract: Address) -> Domain:
        """Of the contract that takes it."""
        return Domain(name=cls.CONTRACT, version=cls.VERSION, chain_id=chain_id, contract=contract)

    def digest(self, *, chain_id: int, contract: Address) -> Digest:
        """The EIP-712 digest, equal to the contract's `digestOf`."""
        return digest(self.domain(chain_id=chain_id, contract=contract), self.TYPE, self._values())

    def _values(self) -> tuple[Member, ...]:
        return tuple(getattr(self, name) for name in _field_names(type(self)))

    @classmethod
    def _decoded(cls, encoded: bytes) -> dict[str, Any]:
        """Members by the names of the fields, each of the Python type that its Solidity type has."""
        reader = _Words(encoded)
        values = [reader.member(kind) for kind, _ in members(cls.TYPE)]
        reader.end()
        return dict(zip(_field_names(cls), values, strict=True))


class CustodianIntent(TypedStruct):
    """A struct that the threshold key signs: it names the epoch and key, is used once, and has a last second.

    `threshold` names the key that signs; `deadline` in unix seconds bounds acceptance.
    """

    __slots__ = ()

    epoch: int
    action_class: ActionClass
    threshold: int
    nonce: int
    deadline: int

    def __post_init__(self) -> None:
        if not isinstance(self.action_class, ActionClass):
            raise EncodingError(f"there is no class {self.action_class!r}")
        super().__post_init__()

    @classmethod
    def decode(cls, encoded: bytes) -> Self:
        """Raises: EncodingError: not the words of exactly one struct of this type, or no such class."""
        values = cls._decoded(encoded)
        try:
            values["action_class"] = ActionClass(values["action_class"])
        except ValueError:
            raise EncodingError(f"there is no class {values['action_class']}") from None
        return cls(**values)

    def _terms(self) -> str:
        """The end of every sentence: who signs, when, until when."""
        return (
            f"class {self.action_class.name}, {self.threshold} custodians, "
            f"epoch {self.epoch}, nonce {self.nonce}, before unix time {self.deadline}"
        )


def _field_names(kind: type[TypedStruct]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(cast(Any, kind)))


def _encode_member(kind: str, member: Member) -> bytes:
    if kind.endswith(ARRAY):
        words = elements(kind, member)
        return encode_word("uint256", len(words) // WORD_BYTES) + words
    if isinstance(member, tuple):
        raise EncodingError(f"not a value of {kind}")
    return encode_word(kind, member)


@dataclass(slots=True)
class _Words:
    """Words taken one after another."""

    encoded: bytes
    taken: int = 0  # bytes

    def member(self, kind: str) -> Member:
        if not kind.endswith(ARRAY):
            return decode_word(kind, self._take(1))
        length = int.from_bytes(self._take(1), "big")
        words = self._take(length)  # first, so that a length from outside makes nothing longer than what was sent
        return decode_words([kind.removesuffix(ARRAY)] * length, words)

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
