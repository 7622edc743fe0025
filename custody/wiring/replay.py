"""Replays a price path on a devnet: chain time follows the path, and the keeper acts once a block.

The feed's rounds of a stretch are published in the block that ends it. What the keeper sends in answer is mined in the
next: that is the soonest any keeper could act.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from custody.chain.client import ChainClient
from custody.chain.exchange import Exchange
from custody.errors import NotEnoughSigners
from custody.identifiers import Address
from custody.keeper import Keeper, Step
from custody.keeper.keeper import Confirmed
from custody.ports.venue import Batch, Market, SliceTaken
from custody.risk.feed import Round
from custody.units import Regime

MOST_ROUNDS_A_POST: Final = 100
_PROGRESS_EVERY: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Liquidation:
    """One slice that the chain confirmed, with who signed for it (nobody in the open lane)."""

    slice: SliceTaken
    block: int
    regime: Regime
    threshold: int
    signers: tuple[int, ...]
    gas: int  # of its transaction, shared equally among its slices


@dataclass(slots=True)
class ReplayLog:
    """What happened, in order. Times in milliseconds of this machine; regimes in chain time."""

    liquidations: list[Liquidation] = field(default_factory=list)
    regimes: list[tuple[int, Regime, int]] = field(default_factory=list)
    sign_ms: list[float] = field(default_factory=list)
    price_to_mined_ms: list[float] = field(default_factory=list)
    batch_gas: list[int] = field(default_factory=list)
    reverted: list[str] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)
    blocks: int = 0
    rounds: int = 0
    last: Market | None = None


class Replay:
    """One path. `before_block` is told the block's number before it is mined: a test kills custodians there."""

    def __init__(
        self,
        *,
        client: ChainClient,
        exchange: Exchange,
        keeper: Keeper,
        feed_owner: Address,
        block_seconds: int,
        say: Callable[[str], None],
        before_block: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._client = client
        self._exchange = exchange
        self._keeper = keeper
        self._feed_owner = feed_owner
        self._block_seconds = block_seconds
        self._say = say
        self._before_block = before_block
        self.log = ReplayLog()

    async def run(self, rounds: Sequence[Round]) -> ReplayLog:
        """Publish every round in its block, and two blocks more, so that what was sent is confirmed.

        Raises:
            ChainError: the chain does not answer.
        """
        _, _, start = self._client.head()
        self._client.set_automine(False)
        said = time.monotonic()
        try:
            for end, due in _blocks(rounds, start=start, seconds=self._block_seconds):
                await self._block(end, due)
                if time.monotonic() - said > _PROGRESS_EVERY:
                    said = time.monotonic()
                    self._progress(rounds)
            await self._drain()
        finally:
            self._client.set_automine(True)
        return self.log

    async def _drain(self) -> None:
        """Mine and book what is still on its way, and look without acting: the books are of one moment."""
        _, _, now = self._client.head()
        self._client.mine_at(now + self._block_seconds)
        for confirmed in await self._keeper.confirm():
            self._book(confirmed)
        self.log.last = await self._keeper.venue.observe()

    async def _block(self, end: int, due: Sequence[Round]) -> None:
        self._before_block(self.log.blocks)
        for start in range(0, len(due), MOST_ROUNDS_A_POST):
            part = due[start : start + MOST_ROUNDS_A_POST]
            self._exchange.post_rounds([(r.answer, r.updated_at) for r in part], sender=self._feed_owner)
        self._client.mine_at(end)
        self.log.blocks += 1
        self.log.rounds += len(due)
        self._learn(await self._keeper.step())

    def _learn(self, step: Step) -> None:
        log = self.log
        log.last = step.market
        if not log.regimes or log.regimes[-1][1] is not step.market.regime:
            sigma = self._exchange.sigma()
            log.regimes.append((step.market.block.timestamp, step.market.regime, sigma))
            self._say(f"regime {step.market.regime.name}, volatility {sigma / 10_000:.1f} %")
        log.sign_ms.extend(sent.sign_ms for sent in step.sent if sent.sign_ms is not None)
        if step.silent is not None:
            self._tell_silence(step.silent)
        for confirmed in step.confirmed:
            self._book(confirmed)

    def _tell_silence(self, error: NotEnoughSigners) -> None:
        text = str(error)
        if text not in self.log.silent:
            self._say(f"custodian lane stands still: {text}; the open lane goes on")
            self.log.silent.append(text)

    def _book(self, confirmed: Confirmed) -> None:
        log, sent, outcome = self.log, confirmed.sent, confirmed.outcome
        if outcome.error is not None:
            log.reverted.append(outcome.error)
        if isinstance(sent.action, Batch) and outcome.slices:
            log.batch_gas.append(outcome.gas)
        if outcome.slices:
            log.price_to_mined_ms.append((confirmed.at - sent.seen_at) * 1_000)
        for taken in outcome.slices:
            log.liquidations.append(
                Liquidation(
                    slice=taken,
                    block=outcome.block,
                    regime=sent.regime,
                    threshold=sent.action.order.threshold if isinstance(sent.action, Batch) else 0,
                    signers=sent.signed.signers if sent.signed is not None else (),
                    gas=outcome.gas // len(outcome.slices),
                )
            )

    def _progress(self, rounds: Sequence[Round]) -> None:
        share = 100 * self.log.rounds // max(1, len(rounds))
        self._say(f"{share} % of the path, {len(self.log.liquidations)} slices taken")


def _blocks(rounds: Sequence[Round], *, start: int, seconds: int) -> Iterator[tuple[int, Sequence[Round]]]:
    """(block time, the rounds since the last block) from `start` until two blocks after the last round."""
    end, taken = start, 0
    last = rounds[-1].updated_at if rounds else start
    while end < last + 2 * seconds:
        end += seconds
        first = taken
        while taken < len(rounds) and rounds[taken].updated_at <= end:
            taken += 1
        yield end, rounds[first:taken]
