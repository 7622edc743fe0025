"""What a node read on its own endpoint, as the policy judges it; knows no endpoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from custody.identifiers import Address
from custody.risk.account import Account, LaneTerms
from custody.risk.perpetual import Table
from custody.units import MicroUsdc, Ppm, Regime


class ReleaseState(IntEnum):
    """As in the vault."""

    UNSET = 0
    REQUESTED = 1
    CANCELLED = 2
    PAID = 3


class AcceptanceState(IntEnum):
    """What a consumer remembers of a digest."""

    UNSET = 0
    WAITING = 1
    DONE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """An owner's request as it stands on chain; `amount` in µUSDC, times in chain time, `vetoed_at` 0 if never."""

    owner: Address
    requested_at: int
    vetoed_at: int
    state: ReleaseState
    to: Address
    amount: MicroUsdc


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityFacts:
    """What every intent is judged by. `group_key`: coordinates of the key of the intent's threshold."""

    chain_id: int
    acceptance: AcceptanceState
    epoch: int
    group_key: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpediteFacts:
    """Everything an Expedite is judged by, read at one block.

    `value`: this release with what was expedited in the rolling day, as a share of the vault's least size in it.
    """

    authority: AuthorityFacts
    release: Release
    regime: Regime
    regime_is_stale: bool
    value: Ppm


@dataclass(frozen=True, slots=True, kw_only=True)
class LiquidationFacts:
    """Everything a LiquidationOrder is judged by, read at one block with every pending round consumed.

    `accounts`: the raw positions of the accounts that the order names; one the venue does not know is missing. Their
    health is this node's own arithmetic. `at`: chain time of the named block.
    """

    authority: AuthorityFacts
    tables: tuple[Table, ...]
    behind: bool  # rounds still wait, past those that the look consumed
    accounts: Mapping[Address, Account]
    terms: LaneTerms
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HeartbeatFacts:
    """Everything a Heartbeat is judged by. `address`: the authority of the key's committee, which was read."""

    authority: AuthorityFacts
    address: Address


Facts = ExpediteFacts | LiquidationFacts | HeartbeatFacts
