"""What the threshold authority is told: new keys, a sign of life, and when a class may be signed at all."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar, Final

from custody.errors import EncodingError
from custody.intents.classes import ActionClass
from custody.intents.typed import CustodianIntent, PeopleIntent, SuccessionIntent, parse_class
from custody.units import format_time

WINDOWED: Final = (ActionClass.B, ActionClass.B2)
"""The classes that can be limited to a window: liquidation, rotation and heartbeat stay possible at any time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochRotation(SuccessionIntent):
    """New group keys take over. Coordinates are affine on secp256k1; one key may serve both thresholds."""

    NAME: ClassVar[str] = "EpochRotation"
    TYPE: ClassVar[str] = (
        "EpochRotation(uint64 nextEpoch,uint8 signers,uint8 lowThreshold,uint256 lowX,uint256 lowY,"
        "uint8 highThreshold,uint256 highX,uint256 highY,bytes32 certificateHash,"
        "uint64 epoch,uint8 class,uint8 threshold,uint256 nonce,uint64 deadline)"
    )
    CONTRACT: ClassVar[str] = "ThresholdAuthority"
    CLASSES: ClassVar[tuple[ActionClass, ...]] = (ActionClass.D,)
    CANNOT: ClassVar[str] = (
        "It moves no money. It waits the delay of class D, in which a guardian may veto it, and takes effect only "
        "where the new keys themselves signed it."
    )

    next_epoch: int
    new_signers: int
    low_threshold: int
    low_x: int
    low_y: int
    high_threshold: int
    high_x: int
    high_y: int
    certificate_hash: bytes
    epoch: int
    action_class: ActionClass
    threshold: int
    nonce: int
    deadline: int

    def __post_init__(self) -> None:
        SuccessionIntent.__post_init__(self)
        low, high = (self.low_x, self.low_y), (self.high_x, self.high_y)
        if self.low_threshold > self.high_threshold:
            raise EncodingError("the low threshold is above the high one")
        if (self.low_threshold == self.high_threshold) != (low == high):
            raise EncodingError("one threshold has one key, and two have two")

    def render(self) -> str:
        """One sentence for the person who signs it."""
        keys = f"the key {_point(self.low_x, self.low_y)} of {self.low_threshold} custodians"
        if self.low_threshold != self.high_threshold:
            keys += f" and the key {_point(self.high_x, self.high_y)} of {self.high_threshold}"
        return (
            f"begin epoch {self.next_epoch} with {keys}, of {self.new_signers} in all, whose ceremony has the "
            f"certificate 0x{self.certificate_hash.hex()}; every custodian intent of before is void from then on; "
            f"{self._terms()}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat(CustodianIntent):
    """Custodians show that the key of class D still signs."""

    NAME: ClassVar[str] = "Heartbeat"
    TYPE: ClassVar[str] = "Heartbeat(uint64 epoch,uint8 class,uint8 threshold,uint256 nonce,uint64 deadline)"
    CONTRACT: ClassVar[str] = "ThresholdAuthority"
    CLASSES: ClassVar[tuple[ActionClass, ...]] = (ActionClass.D0,)
    CANNOT: ClassVar[str] = "It moves nothing and changes no key: it only says that the custodians are there."

    epoch: int
    action_class: ActionClass
    threshold: int
    nonce: int
    deadline: int

    def render(self) -> str:
        """One sentence for the person who approves it."""
        return f"say that the custodians still sign; {self._terms()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningWindow(PeopleIntent):
    """The people limit class B or B2 to a span of time, or lift that limit. Both ends in unix seconds, inclusive."""

    NAME: ClassVar[str] = "SigningWindow"
    TYPE: ClassVar[str] = (
        "SigningWindow(uint8 windowedClass,bool limited,uint64 opensAt,uint64 closesAt,"
        "uint64 epoch,uint8 class,uint8 threshold,uint256 nonce,uint64 deadline)"
    )
    CONTRACT: ClassVar[str] = "ThresholdAuthority"
    CLASSES: ClassVar[tuple[ActionClass, ...]] = (ActionClass.C,)
    PARSERS = MappingProxyType({"windowed_class": parse_class, "action_class": parse_class})
    CANNOT: ClassVar[str] = (
        "It pays nobody; liquidation, rotation and heartbeat are never limited, and owners leave by their own delay."
    )

    windowed_class: ActionClass
    limited: bool
    opens_at: int
    closes_at: int
    epoch: int
    action_class: ActionClass
    threshold: int
    nonce: int
    deadline: int

    def __post_init__(self) -> None:
        PeopleIntent.__post_init__(self)
        if self.windowed_class not in WINDOWED or not isinstance(self.windowed_class, ActionClass):
            raise EncodingError("a window is for class B or B2")
        if self.limited and self.opens_at > self.closes_at:
            raise EncodingError("a window closes before it opens")

    def render(self) -> str:
        """One sentence for the person who signs it."""
        name = self.windowed_class.name
        if not self.limited:
            return f"let custodians sign intents of class {name} at any time again; {self._terms()}"
        span = f"from {format_time(self.opens_at)} until {format_time(self.closes_at)}"
        return f"take custodians' intents of class {name} only {span}; {self._terms()}"


def _point(x: int, y: int) -> str:
    """The compressed form, as keys are written everywhere else."""
    return f"{2 + y % 2:02x}{x:064x}"
