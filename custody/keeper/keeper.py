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

from custody.errors import ChainError, NotEnoughSigners
from custody.identifiers import Address
from custody.intents.classes import ActionClass
from custody.intents.liquidation import LiquidationOrder
from custody.keeper.attempts import Attempts
from custody.keeper.plan import Plan, plan
from custody.ports.venue import Action, Batch, Clear, Custodians, Flag, Market, Outcome, Poke, Signed, Take, Venue
from custody.units import Regime

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
    regime: Regime
    seen_at: float  # monotonic seconds when the market that caused it was seen
    signed: Signed | None = None
    sign_ms: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """What became of it; `at`: monotonic seconds when its receipt was seen."""

    sent: Sent
    outcome: Outcome
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one step saw, sent and learned."""

    market: Market
    plan: Plan
    sent: tuple[Sent, ...]
    confirmed: tuple[Confirmed, ...]
    silent: NotEnoughSigners | None


@dataclass(slots=True)
class Keeper:
    """`threshold` of the key that class A needs; `clock` in monotonic seconds."""

    venue: Venue
    custodians: Custodians
    threshold: int
    clock: Callable[[], float] = time.monotonic
    _in_flight: list[Sent] = field(default_factory=list)
    _confirmed: list[Confirmed] = field(default_factory=list)  # until a step has told them
    _attempts: Attempts = field(default_factory=Attempts)

    async def step(self) -> Step:
        """Observe the newest block and act on it once.

        Raises:
            ChainError: the chain could not be read; nothing was sent, and nothing that was learned is lost.
        """
        seen_at = self.clock()
        await self.confirm()
        market = await self.venue.observe()
        self._forget_lost(market.block.number)
        todo = plan(market, in_flight=self._left_alone(market.block.number))
        sent: list[Sent] = []
        silent = None
        if todo.poke:
            sent += await self._send(Poke(), (), market, seen_at)
        lane, singly = self._by_lane(todo)
        if lane:
            try:
                sent += await self._through_custodians(lane, market, seen_at)
            except NotEnoughSigners as error:
                silent = error
                _log.warning("custodians-silent", why=str(error), accounts=len(lane))
                singly += [Take(account, self._attempts.part(account)) for account in lane]
        alone: list[Take | Flag | Clear] = [*singly, *map(Flag, todo.flag), *map(Clear, todo.clear)]
        for action in alone:
            sent += await self._send(action, (action.account,), market, seen_at)
        confirmed, self._confirmed = tuple(self._confirmed), []
        return Step(market=market, plan=todo, sent=tuple(sent), confirmed=confirmed, silent=silent)

    async def confirm(self) -> tuple[Confirmed, ...]:
        """Look for receipts; everything confirmed since the last step.

        Raises:
            ChainError: the chain could not be read.
        """
        for sent in tuple(self._in_flight):
            outcome = await self.venue.outcome(sent.transaction)
            if outcome is None:
                continue
            self._in_flight.remove(sent)
            self._confirmed.append(Confirmed(sent=sent, outcome=outcome, at=self.clock()))
            self._attempts.learn(sent.action, sent.accounts, outcome)
            if outcome.error is not None:
                _log.warning("reverted", action=type(sent.action).__name__, error=outcome.error)
        return tuple(self._confirmed)

    def _left_alone(self, block: int) -> frozenset[Address]:
        busy = frozenset(account for sent in self._in_flight for account in sent.accounts)
        return busy | self._attempts.resting(block)

    def _by_lane(self, todo: Plan) -> tuple[tuple[Address, ...], list[Take]]:
        """The accounts for one order, and slices of those that no backstop could take."""
        lane, singly = [], []
        for account in todo.liquidate:
            part = self._attempts.open_lane_part(account)
            if part is None:
                lane.append(account)
            else:
                singly.append(Take(account, part))
        return tuple(lane), singly

    async def _through_custodians(self, accounts: tuple[Address, ...], market: Market, seen_at: float) -> list[Sent]:
        order = LiquidationOrder(
            accounts=accounts,
            epoch=market.epoch,
            action_class=ActionClass.A,
            threshold=self.threshold,
            nonce=secrets.randbits(128),
            deadline=market.block.timestamp + DEADLINE_AHEAD,
        )
        started = self.clock()
        signed = await self.custodians.sign(order)
        sign_ms = (self.clock() - started) * 1_000
        _log.info("signed", accounts=len(accounts), signers=signed.signers, ms=round(sign_ms, 1))
        action = Batch(order, signed.signature)
        return await self._send(action, accounts, market, seen_at, signed=signed, sign_ms=sign_ms)

    async def _send(
        self,
        action: Action,
        accounts: tuple[Address, ...],
        market: Market,
        seen_at: float,
        *,
        signed: Signed | None = None,
        sign_ms: float | None = None,
    ) -> list[Sent]:
        """The transaction, known to be in flight at once; nothing where the endpoint did not take it."""
        try:
            transaction = await self.venue.submit(action)
        except ChainError as error:
            _log.warning("not-sent", action=type(action).__name__, why=str(error))
            return []
        sent = Sent(
            transaction=transaction,
            action=action,
            accounts=accounts,
            at_block=market.block.number,
            regime=market.regime,
            seen_at=seen_at,
            signed=signed,
            sign_ms=sign_ms,
        )
        self._in_flight.append(sent)
        return [sent]

    def _forget_lost(self, number: int) -> None:
        lost = [sent for sent in self._in_flight if number - sent.at_block > MOST_BLOCKS_IN_FLIGHT]
        for sent in lost:
            _log.warning("not-mined", action=type(sent.action).__name__, since=sent.at_block)
            self._in_flight.remove(sent)
