"""The keeper's loop body: one `step` a block. What it knows is on chain: a restart begins where it stopped.

The custodian lane first: one order for all, signed by a quorum. Where custodians are silent it says so, and takes
slices in the open lane with its own margin. A doubled action is harmless: the chain skips what has healed.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import structlog

from custody.errors import NotEnoughSigners
from custody.identifiers import Address
from custody.intents.classes import ActionClass
from custody.intents.liquidation import LiquidationOrder
from custody.keeper.plan import Plan, plan
from custody.ports.venue import Action, Batch, Custodians, Flag, Market, Outcome, Poke, Signed, Take, Venue
from custody.units import ONE_PPM

DEADLINE_AHEAD: Final = 300
"""Seconds of chain time that a signed order stays acceptable; class A allows 600."""
MOST_BLOCKS_IN_FLIGHT: Final = 10
"""A transaction that is not mined after this many blocks no longer keeps its accounts from being acted on again."""

_log = structlog.get_logger("custody.keeper")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A transaction on its way. `signed` where custodians signed it; `sign_ms` what that took."""

    transaction: bytes
    action: Action
    accounts: tuple[Address, ...]
    at_block: int
    seen_at: float  # monotonic seconds when the market that caused it was seen
    signed: Signed | None = None
    sign_ms: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one step saw, sent and learned."""

    market: Market
    plan: Plan
    sent: tuple[Sent, ...]
    confirmed: tuple[tuple[Sent, Outcome], ...]
    silent: NotEnoughSigners | None


@dataclass(slots=True)
class Keeper:
    """`threshold` of the key that class A needs; `clock` in monotonic seconds."""

    venue: Venue
    custodians: Custodians
    threshold: int
    clock: Callable[[], float] = time.monotonic
    _in_flight: list[Sent] = field(default_factory=list)

    async def step(self) -> Step:
        """Observe the newest block and act on it once.

        Raises:
            ChainError: the chain could not be read; nothing was sent.
        """
        seen_at = self.clock()
        confirmed = await self._confirm()
        market = await self.venue.observe()
        self._forget_lost(market.block.number)
        busy = frozenset(account for sent in self._in_flight for account in sent.accounts)
        todo = plan(market, in_flight=busy)
        sent: list[Sent] = []
        singly: list[Take | Flag] = []
        silent = None
        if todo.poke:
            sent.append(await self._send(Poke(), (), market, seen_at))
        if todo.liquidate:
            try:
                sent.append(await self._through_custodians(todo, market, seen_at))
            except NotEnoughSigners as error:
                silent = error
                _log.warning("custodians-silent", why=str(error), accounts=len(todo.liquidate))
                singly.extend(Take(account, ONE_PPM) for account in todo.liquidate)
        singly.extend(Flag(account) for account in todo.flag)
        sent.extend([await self._send(action, (action.account,), market, seen_at) for action in singly])
        self._in_flight.extend(sent)
        return Step(market=market, plan=todo, sent=tuple(sent), confirmed=confirmed, silent=silent)

    async def _through_custodians(self, todo: Plan, market: Market, seen_at: float) -> Sent:
        order = LiquidationOrder(
            accounts=todo.liquidate,
            epoch=market.epoch,
            action_class=ActionClass.A,
            threshold=self.threshold,
            nonce=secrets.randbits(128),
            deadline=market.block.timestamp + DEADLINE_AHEAD,
        )
        started = self.clock()
        signed = await self.custodians.sign(order)
        sign_ms = (self.clock() - started) * 1_000
        _log.info("signed", accounts=len(order.accounts), signers=signed.signers, ms=round(sign_ms, 1))
        return await self._send(
            Batch(order, signed.signature), order.accounts, market, seen_at, signed=signed, sign_ms=sign_ms
        )

    async def _send(
        self,
        action: Action,
        accounts: tuple[Address, ...],
        market: Market,
        seen_at: float,
        *,
        signed: Signed | None = None,
        sign_ms: float | None = None,
    ) -> Sent:
        return Sent(
            transaction=await self.venue.submit(action),
            action=action,
            accounts=accounts,
            at_block=market.block.number,
            seen_at=seen_at,
            signed=signed,
            sign_ms=sign_ms,
        )

    async def _confirm(self) -> tuple[tuple[Sent, Outcome], ...]:
        """What was mined since, taken off the list."""
        confirmed, waiting = [], []
        for sent in self._in_flight:
            outcome = await self.venue.outcome(sent.transaction)
            if outcome is None:
                waiting.append(sent)
                continue
            confirmed.append((sent, outcome))
            if outcome.error is not None:
                _log.warning("reverted", action=type(sent.action).__name__, error=outcome.error)
        self._in_flight = waiting
        return tuple(confirmed)

    def _forget_lost(self, number: int) -> None:
        lost = [sent for sent in self._in_flight if number - sent.at_block > MOST_BLOCKS_IN_FLIGHT]
        for sent in lost:
            _log.warning("not-mined", action=type(sent.action).__name__, since=sent.at_block)
        self._in_flight = [sent for sent in self._in_flight if sent not in lost]
