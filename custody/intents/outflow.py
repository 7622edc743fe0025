"""What the vault's outflows are told besides an Expedite: many releases at once, a pause, and its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from custody.errors import EncodingError
from custody.identifiers import Address
from custody.intents.classes import ActionClass
from custody.intents.keccak import checksum_address
from custody.intents.typed import CustodianIntent, PeopleIntent, StrictIntent
from custody.units import MicroUsdc, format_time, format_usdc

MOST_RELEASES: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseBatch(CustodianIntent):
    """Custodians shorten the wait of several releases. `amounts` in µUSDC; the three stand side by side."""

    NAME: ClassVar[str] = "ReleaseBatch"
    TYPE: ClassVar[str] = (
        "ReleaseBatch(uint256[] releaseIds,address[] to,uint256[] amounts,uint64 epoch,"
        "uint8 class,uint8 threshold,uint256 nonce,uint64 deadline)"
    )
    CONTRACT: ClassVar[str] = "CollateralVault"
    CLASSES: ClassVar[tuple[ActionClass, ...]] = (ActionClass.B, ActionClass.B2)
    CANNOT: ClassVar[str] = (
        "It pays nobody but each release's own payout address, no other amounts, and nothing that no owner requested."
    )

    release_ids: tuple[int, ...]
    to: tuple[Address, ...]
    amounts: tuple[MicroUsdc, ...]
    epoch: int
    action_class: ActionClass
    threshold: int
    nonce: int
    deadline: int

    def __post_init__(self) -> None:
        CustodianIntent.__post_init__(self)  # super() does not work in a dataclass with slots before Python 3.14
        self.require_possible()
        if not 1 <= len(self.release_ids) <= MOST_RELEASES:
            raise EncodingError(f"a batch names from 1 to {MOST_RELEASES} releases, not {len(self.release_ids)}")
        if not len(self.release_ids) == len(self.to) == len(self.amounts):
            raise EncodingError("a batch has one payout address and one amount for each release")
        if len(set(self.release_ids)) != len(self.release_ids):
            raise EncodingError("a batch names a release twice")

    def render(self) -> str:
        """One sentence for the person who approves it, with every release."""
        each = ", ".join(
            f"{format_usdc(amount)} of release {release} to {checksum_address(to)}"
            for release, to, amount in zip(self.release_ids, self.to, self.amounts, strict=True)
        )
        total = format_usdc(MicroUsdc(sum(self.amounts)))
        return f"pay {len(self.release_ids)} releases early, {total} in all: {each}; {self._terms()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause(StrictIntent):
    """One guardian stops outflows for 72 h. `threshold` is 1: nobody else's word is asked."""

    NAME: ClassVar[str] = "Pause"
    TYPE: ClassVar[str] = (
        "Pause(address guardian,uint64 epoch,uint8 class,uint8 threshold,uint256 nonce,uint64 deadline)"
    )
    CONTRACT: ClassVar[str] = "CollateralVault"
    CLASSES: ClassVar[tuple[ActionClass, ...]] = (ActionClass.A0,)
    CANNOT: ClassVar[str] = (
        "It moves no money, and no request waits past its 14 days for it: the pause ends by itself after 72 h, and the "
        "next begins 14 days later at the earliest."
    )

    guardian: Address
    epoch: int
    action_class: ActionClass
    threshold: int
    nonce: int
    deadline: int

    def __post_init__(self) -> None:
        StrictIntent.__post_init__(self)
        if self.threshold != 1:
            raise EncodingError(f"a pause is one guardian's, not that of {self.threshold}")

    def signers(self) -> str:
        return "one guardian"

    def render(self) -> str:
        """One sentence for the guardian who signs it."""
        return f"stop outflows for 72 h, in the name of guardian {checksum_address(self.guardian)}; {self._terms()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpause(PeopleIntent):
    """The people end a pause before its time. `paused_until` names the one that is meant, by its end."""

    NAME: ClassVar[str] = "Unpause"
    TYPE: ClassVar[str] = (
        "Unpause(uint64 pausedUntil,uint64 epoch,uint8 class,uint8 threshold,uint256 nonce,uint64 deadline)"
    )
    CONTRACT: ClassVar[str] = "CollateralVault"
    CLASSES: ClassVar[tuple[ActionClass, ...]] = (ActionClass.C,)
    CANNOT: ClassVar[str] = "It pays nobody, ends no other pause than this one, and waits the delay of class C."

    paused_until: int
    epoch: int
    action_class: ActionClass
    threshold: int
    nonce: int
    deadline: int

    def render(self) -> str:
        """One sentence for the person who signs it."""
        return f"end the pause that would last until {format_time(self.paused_until)}; {self._terms()}"
