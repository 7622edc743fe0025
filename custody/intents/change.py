"""What changes the system itself: one parameter, its successor, the price of a settlement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from custody.errors import EncodingError
from custody.identifiers import Address
from custody.intents.classes import ActionClass
from custody.intents.eip712 import to_utf8
from custody.intents.keccak import checksum_address
from custody.intents.typed import CustodianIntent, PeopleIntent, SuccessionIntent
from custody.units import format_text, format_time

LONGEST_NAME: Final = 64
"""Bytes of a parameter's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterChange(PeopleIntent):
    """The people change one parameter of the contract that takes it, from a value that it must have by then."""

    NAME: ClassVar[str] = "ParameterChange"
    TYPE: ClassVar[str] = (
        "ParameterChange(string parameter,uint256 current,uint256 next,"
        "uint64 epoch,uint8 class,uint8 threshold,uint256 nonce,uint64 deadline)"
    )
    CONTRACT: ClassVar[str] = "CollateralVault"
    CLASSES: ClassVar[tuple[ActionClass, ...]] = (ActionClass.C,)
    CANNOT: ClassVar[str] = (
        "It pays nobody, changes nothing but a parameter that the contract names so, only within the contract's own "
        "bounds, and waits the delay of class C."
    )

    parameter: str
    current: int
    next: int
    epoch: int
    action_class: ActionClass
    threshold: int
    nonce: int
    deadline: int

    def __post_init__(self) -> None:
        PeopleIntent.__post_init__(self)
        length = len(to_utf8(self.parameter))
        if not 1 <= length <= LONGEST_NAME:
            raise EncodingError(f"a parameter's name has from 1 to {LONGEST_NAME} bytes, not {length}")

    def render(self) -> str:
        """One sentence for the person who signs it; the name is written so that it cannot be mistaken for another."""
        change = f"from {self.current:,} to {self.next:,}"
        return f"change the parameter {format_text(self.parameter)} {change}; {self._terms()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Successor(SuccessionIntent):
    """The next deployment is named, for ever, and nothing new is opened in this one."""

    NAME: ClassVar[str] = "Successor"
    TYPE: ClassVar[str] = (
        "Successor(address successor,uint64 epoch,uint8 class,uint8 threshold,uint256 nonce,uint64 deadline)"
    )
    CONTRACT: ClassVar[str] = "Succession"
    CLASSES: ClassVar[tuple[ActionClass, ...]] = (ActionClass.D,)
    CANNOT: ClassVar[str] = (
        "It moves no collateral: owners leave by themselves, as ever. It waits the delay of class D, in which a "
        "guardian may veto it."
    )

    successor: Address
    epoch: int
    action_class: ActionClass
    threshold: int
    nonce: int
    deadline: int

    def render(self) -> str:
        """One sentence for the person who signs it."""
        to = checksum_address(self.successor)
        return f"name {to} as the next deployment, for ever, and open no new positions in this one; {self._terms()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementOverride(CustodianIntent):
    """Custodians settle an expiry at another price. `expiry` in unix seconds, `price` in ticks."""

    NAME: ClassVar[str] = "SettlementOverride"
    TYPE: ClassVar[str] = (
        "SettlementOverride(uint16 instrument,uint64 expiry,uint64 price,"
        "uint64 epoch,uint8 class,uint8 threshold,uint256 nonce,uint64 deadline)"
    )
    CONTRACT: ClassVar[str] = "Settlement"
    CLASSES: ClassVar[tuple[ActionClass, ...]] = (ActionClass.D0,)
    CANNOT: ClassVar[str] = "It pays nobody, and sets no price outside of those that the two feeds say."

    instrument: int
    expiry: int
    price: int
    epoch: int
    action_class: ActionClass
    threshold: int
    nonce: int
    deadline: int

    def __post_init__(self) -> None:
        CustodianIntent.__post_init__(self)
        self.require_possible()

    def render(self) -> str:
        """One sentence for the person who approves it."""
        when = format_time(self.expiry)
        return f"settle instrument {self.instrument}, expired at {when}, at {self.price:,} ticks; {self._terms()}"
