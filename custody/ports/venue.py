"""The venue as a keeper sees it and acts on it, and custodians as it asks them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from custody.identifiers import Address
from custody.intents.liquidation import LiquidationOrder
from custody.policy.clock import Block
from custody.risk.account import Account, LaneTerms
from custody.risk.perpetual import Table
from custody.units import MicroUsdc, Ppm, Regime


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """The whole venue at one block, with every pending round consumed: what a transaction of the next block meets.

    `tables`: marks and margins a lot, by this process's own arithmetic. `behind`: more rounds wait than one call takes.
    """

    block: Block
    tables: tuple[Table, ...]
    regime: Regime
    behind: bool
    accounts: tuple[Account, ...]
    terms: LaneTerms
    epoch: int


@dataclass(frozen=True, slots=True)
class Poke:
    """Consume the feed's pending rounds."""


@dataclass(frozen=True, slots=True)
class Flag:
    """Start the clocks of an account below maintenance."""

    account: Address


@dataclass(frozen=True, slots=True)
class Clear:
    """Lift the flag of an account that is well above maintenance again."""

    account: Address


@dataclass(frozen=True, slots=True)
class Batch:
    """The custodian lane: one signature, many accounts, slices to the backstops. `signature` is 96 bytes."""

    order: LiquidationOrder
    signature: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Take:
    """The open lane: the keeper's own account takes a slice of at most `fraction`."""

    account: Address
    fraction: Ppm


Action = Poke | Flag | Clear | Batch | Take


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceTaken:
    """One account's slice as the chain reports it; money in µUSDC."""

    account: Address
    taker: Address
    fraction: Ppm
    equity_before: MicroUsdc
    equity_after: MicroUsdc
    custodian_lane: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a transaction. `error` names the custom error of one that reverted."""

    block: int
    gas: int
    error: str | None
    slices: tuple[SliceTaken, ...]
    skipped: tuple[tuple[Address, int], ...]  # (account, reason of the contract's SkipReason)


class Venue(Protocol):
    async def observe(self) -> Market:
        """The newest block. Raises: ChainError."""

    async def submit(self, action: Action) -> bytes:
        """Send a transaction and return its hash without waiting for it. Raises: ChainError: it was not taken."""

    async def outcome(self, transaction: bytes) -> Outcome | None:
        """What became of it, or None while it is not mined. Raises: ChainError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A threshold signature, 96 bytes for the chain, and the seats that made it."""

    signature: bytes = field(repr=False)
    signers: tuple[int, ...]
    sessions: int


class Custodians(Protocol):
    async def sign(self, order: LiquidationOrder) -> Signed:
        """Raises: NotEnoughSigners: nothing was signed."""
