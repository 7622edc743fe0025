"""What every typed struct can do: be written as words, be read back from them, be hashed. Knows no particular struct.

A struct is a frozen dataclass whose fields stand in the order of its type string. There is one encoding of a struct and
one struct of an encoding (`wire.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from types import MappingProxyType
from typing import Any, ClassVar, Self, cast

from custody.errors import EncodingError
from custody.identifiers import Address, Digest
from custody.intents.classes import ActionClass
from custody.intents.eip712 import Domain, Member, digest
from custody.intents.wire import decode_members, encode_members
from custody.units import format_time


class WordStruct:
    """A struct that a contract reads; valid from construction on: every member fits its Solidity type.

    `TYPE` is its EIP-712 type string. `PARSERS`: what makes a field of a decoded member, where that is more than the
    Solidity type says.
    """

    __slots__ = ()

    NAME: ClassVar[str]
    TYPE: ClassVar[str]
    PARSERS: ClassVar[Mapping[str, Callable[[Any], Any]]] = MappingProxyType({})

    def __post_init__(self) -> None:
        self.encode()

    def encode(self) -> bytes:
        """The wire form.

        Raises:
            EncodingError: a member does not fit its type.
        """
        return encode_members(self.TYPE, self._values())

    @classmethod
    def decode(cls, encoded: bytes) -> Self:
        """Raises: EncodingError: these are not the words of exactly one struct of this type."""
        return cls.of(decode_members(cls.TYPE, encoded))

    @classmethod
    def of(cls, values: Sequence[Member]) -> Self:
        """The struct with these members, in the order of the type string, each of the type that a word decodes to.

        Raises:
            EncodingError: there is no such struct.
        """
        named = dict(zip(_field_names(cls), values, strict=True))
        return cls(**{name: cls.PARSERS.get(name, _as_it_is)(cast(Any, value)) for name, value in named.items()})

    def _values(self) -> tuple[Member, ...]:
        return tuple(_plain(getattr(self, name)) for name in _field_names(type(self)))


class TypedStruct(WordStruct):
    """A struct that a contract takes signed: in the domain of the contract called `CONTRACT`.

    `CANNOT`: what whoever signs it need not fear, in one sentence for the person who does.
    """

    __slots__ = ()

    CONTRACT: ClassVar[str]
    VERSION: ClassVar[str] = "1"
    CANNOT: ClassVar[str]

    @classmethod
    def domain(cls, *, chain_id: int, contract: Address) -> Domain:
        """Of the contract that takes it."""
        return Domain(name=cls.CONTRACT, version=cls.VERSION, chain_id=chain_id, contract=contract)

    def digest(self, *, chain_id: int, contract: Address) -> Digest:
        """The EIP-712 digest, equal to the contract's `digestOf`."""
        return digest(self.domain(chain_id=chain_id, contract=contract), self.TYPE, self._values())

    def render(self) -> str:
        """One sentence for the person who signs it."""
        raise NotImplementedError

    def require_possible(self) -> None:
        """Returns where the consumer could take this struct as it is; the chain judges the rest.

        Raises:
            EncodingError: it never could.
        """


def parse_class(number: int) -> ActionClass:
    """Raises: EncodingError: there is no such class."""
    try:
        return ActionClass(number)
    except ValueError:
        raise EncodingError(f"there is no class {number}") from None


class TermedIntent(TypedStruct):
    """A struct that ends with the terms: who signs it and when; it is used once, and has a last second.

    `CLASSES`: those in which its consumer takes it. `threshold`: the key, or the weight, that it is signed with;
    `deadline` in unix seconds bounds acceptance.
    """

    __slots__ = ()

    CLASSES: ClassVar[tuple[ActionClass, ...]]
    PARSERS = MappingProxyType({"action_class": parse_class})

    epoch: int
    action_class: ActionClass
    threshold: int
    nonce: int
    deadline: int

    def __post_init__(self) -> None:
        if not isinstance(self.action_class, ActionClass):
            raise EncodingError(f"there is no class {self.action_class!r}")
        super().__post_init__()

    def require_possible(self) -> None:
        if self.action_class not in self.CLASSES:
            known = " or ".join(action.name for action in self.CLASSES)
            raise EncodingError(f"{self.NAME} is of class {known}, not {self.action_class.name}")

    def signers(self) -> str:
        """Who signs it, in words."""
        raise NotImplementedError

    def _terms(self) -> str:
        """The end of every sentence: who signs, when, until when."""
        return (
            f"class {self.action_class.name}, {self.signers()}, "
            f"epoch {self.epoch}, nonce {self.nonce}, before unix time {format_time(self.deadline)}"
        )


class CustodianIntent(TermedIntent):
    """A struct that the threshold key signs."""

    __slots__ = ()

    def signers(self) -> str:
        return f"{self.threshold} custodians"


class StrictIntent(TermedIntent):
    """A struct that there is in its own classes alone: one of another class is neither built nor decoded."""

    __slots__ = ()

    def __post_init__(self) -> None:
        TermedIntent.__post_init__(self)
        self.require_possible()


class PeopleIntent(StrictIntent):
    """A struct that members of the people sign."""

    __slots__ = ()

    def signers(self) -> str:
        return f"members of weight {self.threshold}"


class SuccessionIntent(StrictIntent):
    """A struct that custodians sign, or the people once the custodians have fallen silent: `epoch` is the signers'."""

    __slots__ = ()

    def signers(self) -> str:
        return f"{self.threshold} custodians, or after their silence of 14 d members of weight {self.threshold}"


def _as_it_is(value: Any) -> Any:
    return value


def _plain(value: Any) -> Any:
    """A member as the encodings know it: another struct is its members."""
    if isinstance(value, WordStruct):
        return value._values()
    return tuple(map(_plain, value)) if isinstance(value, tuple) else value


def _field_names(kind: type[WordStruct]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(cast(Any, kind)))
