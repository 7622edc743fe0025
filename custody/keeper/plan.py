"""From a market to what should be done about it: a pure function, worst deficit first.

Decides nothing about who signs and when to try again: the same market gives the same plan, byte for byte.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Final

from custody.identifiers import Address
from custody.ports.venue import Market
from custody.risk.account import Account, Eligibility, Health, eligibility, health
from custody.risk.kernel import Snapshot, rank
from custody.risk.slices import target

MOST_IN_A_BATCH: Final = 60
"""Accounts of one order: at 102,000 gas each (LiquidationGas.t.sol) well below a transaction's 16,777,216."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the market asks for. `liquidate`: worst first, at most a batch. `flag`, `clear`: what only needs a word."""

    poke: bool
    liquidate: tuple[Address, ...] = ()
    flag: tuple[Address, ...] = ()
    clear: tuple[Address, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.poke or self.liquidate or self.flag or self.clear)


def plan(market: Market, *, in_flight: Set[Address]) -> Plan:
    """Rank every account by deficit, and sort the deficient into what can be done now.

    While rounds wait that one look does not consume, the newest price is not known: then only a poke helps. On a
    stale price the contract moves nothing.

    Args:
        in_flight: accounts to leave alone: a transaction acts on them already, or the last one could not help.
    """
    if market.behind or any(table.stale for table in market.tables):
        return Plan(poke=market.behind)
    by_address = {account.address: account for account in market.accounts}
    liquidate, flag = [], []
    for address in _ranked(market):
        if address in in_flight:
            continue
        account = by_address[address]
        found = eligibility(health(account, market.tables), now=market.block.timestamp, terms=market.terms)
        if found in (Eligibility.AT_ONCE, Eligibility.AFTER_CURE, Eligibility.INSOLVENT):
            liquidate.append(address)
        elif found in (Eligibility.FLAGGABLE, Eligibility.AWAITS_AVERAGE) and not account.flagged_at:
            flag.append(address)
    flagged = (account for account in market.accounts if account.flagged_at and account.address not in in_flight)
    clear = tuple(account.address for account in flagged if _at_target(account, market))
    return Plan(poke=False, liquidate=tuple(liquidate[:MOST_IN_A_BATCH]), flag=tuple(flag), clear=clear)


def _ranked(market: Market) -> Sequence[Address]:
    """Those below maintenance, worst first; one by one where an account is too large for the kernel's 64 bits."""
    try:
        return rank(Snapshot.of(market.accounts), market.tables)
    except OverflowError:
        found = [(account.address, health(account, market.tables)) for account in market.accounts]
        below = [(each.equity_spot - each.maintenance_spot, address) for address, each in found if _is_below(each)]
        return [address for _, address in sorted(below)]


def _is_below(found: Health) -> bool:
    return found.below_margin or found.below_hard


def _at_target(account: Account, market: Market) -> bool:
    """E >= T at both prices: the contract lifts the flag."""
    found = health(account, market.tables)
    return found.equity_spot >= target(found.maintenance_spot) and found.equity_twap >= target(found.maintenance_twap)
