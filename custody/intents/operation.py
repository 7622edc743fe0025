"""Operation: calls that the people sign in full, made together or not at all. Knows no contract that is called."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, Final

from custody.errors import EncodingError
from custody.identifiers import Address
from custody.intents.classes import ActionClass
from custody.intents.keccak import checksum_address
from custody.intents.typed import TypedStruct, WordStruct, parse_class
from custody.units import format_time

MOST_CALLS: Final = 16
"""Of one operation: MAX_CALLS of the contract, which takes no more."""
_SELECTOR_BYTES: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(WordStruct):
    """One call; `value` in wei, `data` in full."""

    NAME: ClassVar[str] = "Call"
    TYPE: ClassVar[str] = "Call(address target,uint256 value,bytes data)"

    target: Address
    value: int
    data: bytes

    def render(self) -> str:
        """Whom, with what: the selector apart, and every byte of the rest."""
        selector, rest = self.data[:_SELECTOR_BYTES], self.data[_SELECTOR_BYTES:]
        ether = f" with {self.value:,} wei" if self.value else ""
        what = f"0x{selector.hex()} {rest.hex()}".rstrip() if self.data else "no data"
        return f"{checksum_address(self.target)}{ether}: {what}"


def _calls(values: Any) -> tuple[Call, ...]:
    return tuple(Call.of(value) for value in values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation(TypedStruct):
    """The typed struct of MultisigAuthority, with an order of its own. `set_epoch`: of the member set that signs."""

    NAME: ClassVar[str] = "Operation"
    TYPE: ClassVar[str] = (
        "Operation(Call[] calls,uint8 class,uint64 setEpoch,uint8 threshold,uint256 nonce,uint64 deadline)" + Call.TYPE
    )
    CONTRACT: ClassVar[str] = "MultisigAuthority"
    CLASSES: ClassVar[tuple[ActionClass, ...]] = (ActionClass.C, ActionClass.D)
    PARSERS = MappingProxyType({"calls": _calls, "action_class": parse_class})
    CANNOT: ClassVar[str] = (
        "It makes no other calls than these, never a delegatecall, and none before its delay, in which a guardian may "
        "veto it. What the called contracts do with them is theirs: decode every call before you sign."
    )

    calls: tuple[Call, ...]
    action_class: ActionClass
    set_epoch: int
    threshold: int
    nonce: int
    deadline: int

    def __post_init__(self) -> None:
        if not any(self.action_class is action for action in self.CLASSES):
            raise EncodingError("an operation is of class C or D")
        if not 1 <= len(self.calls) <= MOST_CALLS:
            raise EncodingError(f"an operation makes from 1 to {MOST_CALLS} calls, not {len(self.calls)}")
        TypedStruct.__post_init__(self)

    def render(self) -> str:
        """One sentence for the person who signs it, with every call."""
        each = "; ".join(f"{index}. {call.render()}" for index, call in enumerate(self.calls, start=1))
        count = "1 call" if len(self.calls) == 1 else f"{len(self.calls)} calls"
        return (
            f"make {count} together: {each}; class {self.action_class.name}, members of weight {self.threshold}, "
            f"epoch {self.set_epoch}, nonce {self.nonce}, before unix time {format_time(self.deadline)}"
        )
