"""The keeper when its endpoint fails in the middle: nothing that was sent or learned is lost."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from custody.errors import NotEnoughSigners, Unreachable
from custody.intents.liquidation import LiquidationOrder
from custody.keeper import Keeper
from custody.ports.venue import Action, Market, Outcome, Signed
from tests.keeper.test_plan import HARD, SOFT, a_market, an_account


@dataclass
class FailingVenue:
    """Implements `ports.venue.Venue`; the second submission, and observing while `blind`, fail."""

    market: Market
    blind: bool = False
    mined: bool = False
    submitted: list[Action] = field(default_factory=list)
    attempts: int = 0

    async def observe(self) -> Market:
        if self.blind:
            raise Unreachable("the endpoint", "gone")
        return self.market

    async def submit(self, action: Action) -> bytes:
        self.attempts += 1
        if self.attempts == 2:
            raise Unreachable("the endpoint", "gone")
        self.submitted.append(action)
        return bytes([self.attempts])

    async def outcome(self, transaction: bytes) -> Outcome | None:
        return Outcome(block=1, gas=1, error=None, slices=(), skipped=()) if self.mined else None


class SilentCustodians:
    """Implements `ports.venue.Custodians`."""

    async def sign(self, order: LiquidationOrder) -> Signed:
        raise NotEnoughSigners(needed=3, of=5, approved=[1], silent=[2, 3, 4, 5], refused={})


def a_keeper(venue: FailingVenue) -> Keeper:
    return Keeper(venue=venue, custodians=SilentCustodians(), threshold=3)


class TestGivenAnEndpointThatFailsOnce:
    def test_when_the_second_of_three_flags_is_not_taken_then_the_others_are_sent_and_known(self) -> None:
        venue = FailingVenue(a_market(*(an_account(number, equity=SOFT) for number in (1, 2, 3))))
        keeper = a_keeper(venue)
        first = asyncio.run(keeper.step())
        assert len(first.sent) == len(venue.submitted) == 2
        second = asyncio.run(keeper.step())
        assert len(second.sent) == 1, "only the one that was not sent is tried again"

    def test_when_the_chain_cannot_be_read_then_what_was_confirmed_is_told_by_the_next_step(self) -> None:
        venue = FailingVenue(a_market(an_account(1, equity=SOFT)))
        keeper = a_keeper(venue)
        asyncio.run(keeper.step())
        venue.mined, venue.blind = True, True
        with pytest.raises(Unreachable):
            asyncio.run(keeper.step())
        venue.blind = False
        assert len(asyncio.run(keeper.step()).confirmed) == 1

    def test_when_custodians_are_silent_then_it_says_so_and_takes_slices_itself(self) -> None:
        venue = FailingVenue(a_market(an_account(1, equity=HARD)))
        step = asyncio.run(a_keeper(venue).step())
        assert step.silent is not None
        assert [type(action).__name__ for action in venue.submitted] == ["Take"]
