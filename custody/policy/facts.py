"""What a node read on its own endpoint, as the policy judges it; knows no endpoint."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from custody.identifiers import Address
from custody.intents.classes import Regime
from custody.units import MicroUsdc, Ppm


class ReleaseState(IntEnum):
    """As in the vault."""

    UNSET = 0
    REQUESTED = 1
    CANCELLED = 2
    PAID = 3


class AcceptanceState(IntEnum):
    """What the vault remembers of a digest."""

    UNSET = 0
    WAITING = 1
    DONE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """An owner's request as it stands on chain; `amount` in µUSDC, `requested_at` in chain time."""

    owner: Address
    requested_at: int
    state: ReleaseState
    to: Address
    amount: MicroUsdc


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpediteFacts:
    """Everything an Expedite is judged by, read at one block.

    `value`: this release with what was expedited in the rolling day, as a share of the vault's least size in it.
    `group_key`: coordinates of the key of the intent's threshold.
    """

    chain_id: int
    release: Release
    acceptance: AcceptanceState
    epoch: int
    group_key: tuple[int, int]
    regime: Regime
    regime_is_stale: bool
    value: Ppm
