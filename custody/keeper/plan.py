"""From a market to what should be done about it: a pure function, worst deficit first.

Decides nothing about who signs and when to try again: the same market gives the same plan, byte for byte.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from typing import Final

from custody.identifiers import Address
from custody.ports.venue import Market
from custody.risk.account import Eligibility, eligibility, health
from custody.risk.kernel import Snapshot, rank

MOST_IN_A_BATCH: Final = 60
"""Accounts of one order: 60 slices stay below half of a transaction's 16,777,216 gas (docs/GAS.md)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the market asks for. `liquidate`: worst first, at most a batch. `flag`: below maintenance, not flagged."""

    poke: bool
    liquidate: tuple[Address, ...]
    flag: tuple[Address, ...]

    @property
    def is_empty(self) -> bool:
        return not (self.poke or self.liquidate or self.flag)


def plan(market: Market, *, in_flight: Set[Address]) -> Plan:
    """Rank every account by deficit, and sort the deficient into what can be done now.

    Args:
        in_flight: accounts that a transaction on its way already acts on; they are left alone until it is mined.
    """
    if any(table.stale for table in market.tables):
        return Plan(poke=market.behind, liquidate=(), flag=())  # the contract moves nothing on a stale price
    by_address = {account.address: account for account in market.accounts}
    liquidate, flag = [], []
    for address in rank(Snapshot.of(market.accounts), market.tables):
        if address in in_flight:
            continue
        account = by_address[address]
        found = eligibility(health(account, market.tables), now=market.block.timestamp, terms=market.terms)
        if found in (Eligibility.AT_ONCE, Eligibility.AFTER_CURE, Eligibility.INSOLVENT):
            liquidate.append(address)
        elif found is Eligibility.FLAGGABLE and not account.flagged_at:
            flag.append(address)
    return Plan(poke=market.behind, liquidate=tuple(liquidate[:MOST_IN_A_BATCH]), flag=tuple(flag))
