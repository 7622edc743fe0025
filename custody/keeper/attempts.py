"""What the keeper remembers of accounts that a transaction could not help: rest, another lane, a smaller part.

Without it the worst accounts, which rank first, would be tried again in every block, and those behind them never.
Lost in a restart, and learned again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from custody.identifiers import Address
from custody.ports.venue import Action, Outcome, Take
from custody.units import ONE_PPM, Ppm

BACKSTOPS_FULL: Final = 2
"""The contract's SkipReason of an account that no backstop could take: the open lane may."""
LONGEST_REST: Final = 64
"""Blocks."""
LEAST_PART: Final = Ppm(10_000)


@dataclass(slots=True)
class _Trouble:
    failures: int = 0
    rests_until: int = 0  # block number
    open_lane: bool = False
    part: Ppm = ONE_PPM


@dataclass(slots=True)
class Attempts:
    """Per account, only those in trouble."""

    _troubles: dict[Address, _Trouble] = field(default_factory=dict)

    def resting(self, block: int) -> frozenset[Address]:
        """Accounts to leave alone at this block."""
        return frozenset(account for account, trouble in self._troubles.items() if trouble.rests_until > block)

    def open_lane_part(self, account: Address) -> Ppm | None:
        """How much of an account the open lane should take, or None where the custodians' lane is right."""
        trouble = self._troubles.get(account)
        return trouble.part if trouble is not None and trouble.open_lane else None

    def part(self, account: Address) -> Ppm:
        """How much of an account a taker should offer to take."""
        trouble = self._troubles.get(account)
        return ONE_PPM if trouble is None else trouble.part

    def learn(self, action: Action, accounts: tuple[Address, ...], outcome: Outcome) -> None:
        """From what became of a transaction that acted on `accounts`."""
        for taken in outcome.slices:
            self._troubles.pop(taken.account, None)
        for account, reason in outcome.skipped:
            self._fail(account, outcome.block).open_lane |= reason == BACKSTOPS_FULL
        if outcome.error is None:
            return
        for account in accounts:
            trouble = self._fail(account, outcome.block)
            if isinstance(action, Take):
                trouble.part = Ppm(max(LEAST_PART, trouble.part // 2))

    def _fail(self, account: Address, block: int) -> _Trouble:
        trouble = self._troubles.setdefault(account, _Trouble())
        trouble.failures += 1
        trouble.rests_until = block + min(LONGEST_REST, 1 << min(trouble.failures - 1, 6))
        return trouble
