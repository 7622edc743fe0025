"""From a falling price to a liquidation: feed, keeper, custodian processes, chain; nothing replaced."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import astuple
from pathlib import Path
from typing import Any

import pytest

from custody.chain.deployment import VenueTerms
from custody.chain.reverts import RevertDecoder
from custody.chain.rpc import Rpc
from custody.chain.venue_client import VenueAddresses, VenueClient
from custody.cli.develop import find_root
from custody.coordinator import SigningCoordinator
from custody.crypto.keys import KeyShare
from custody.errors import NotEnoughSigners
from custody.host import HostDirectory, PassphraseCipher
from custody.identifiers import Address
from custody.intents.classes import ActionClass
from custody.intents.keccak import checksum_address
from custody.intents.liquidation import LiquidationOrder
from custody.keeper import Keeper
from custody.policy.reasons import ReasonCode
from custody.ports.venue import Batch, Outcome
from custody.risk.account import health
from custody.risk.feed import Round
from custody.signer.run_desk import held_keys
from custody.store import NodeStore
from custody.wiring.devnet import CustodianProcess
from custody.wiring.population import Population, draw_population, open_accounts
from custody.wiring.replay import Replay, ReplayLog
from custody.wiring.signing import CustodianLane
from custody.wiring.stage import VenueStage, set_venue_stage
from tests.chain.dealt_keys import sign_together
from tests.wiring.conftest import Run

PRICE = 3_000 * 10**8
CURE, OPEN_AFTER = 600, 300
BLOCK = 12
SKIPPED_HEALTHY = 0


def devnet_account(stage: VenueStage, number: int) -> Address:
    return stage.client.accounts()[number]


def backstop() -> Address:
    """Anvil's seventh account."""
    return Address(bytes.fromhex("976EA74026E726554dB657fA54763abd0C3a0aa9"))


class Scene:
    """A venue with open accounts, and a keeper that has not acted yet."""

    def __init__(self, stage: VenueStage, population: Population, rpc: Rpc) -> None:
        self.stage = stage
        self.population = population
        addresses = VenueAddresses(
            liquidation=stage.deployment.liquidation,
            oracle=stage.deployment.oracle,
            authority=stage.deployment.authority,
            keeper=population.keeper,
            poker=devnet_account(stage, 8),
        )
        reverts = RevertDecoder([artifact.abi for artifact in stage.processes.artifacts.values()])
        self.venue = VenueClient(rpc, addresses, reverts)
        self.lane = CustodianLane(
            SigningCoordinator(stage.asker()),
            tenure=stage.ceremony.tenure,
            chain_id=stage.client.chain_id(),
            liquidation=stage.deployment.liquidation,
            newest_block=lambda: stage.client.head()[1],
        )

    def replay(self, before_block: Any = lambda _: None) -> Replay:
        return Replay(
            client=self.stage.client,
            exchange=self.stage.exchange,
            keeper=Keeper(venue=self.venue, custodians=self.lane, threshold=3),
            feed_owner=devnet_account(self.stage, 0),
            block_seconds=BLOCK,
            say=print,
            before_block=before_block,
        )

    def path(self, *moves_ppm: int) -> list[Round]:
        """One round a block, each so many ppm above or below the last."""
        answer, at = self.stage.exchange.last_answer(), self.stage.client.head()[2]
        rounds = []
        for move in moves_ppm:
            answer, at = answer + answer * move // 1_000_000, at + BLOCK
            rounds.append(Round(answer, at))
        return rounds

    def an_order(self, *accounts: Address) -> LiquidationOrder:
        return LiquidationOrder(
            accounts=accounts,
            epoch=1,
            action_class=ActionClass.A,
            threshold=3,
            nonce=secrets.randbits(128),
            deadline=self.stage.client.head()[2] + 300,
        )


@pytest.fixture
def scene(run: Run[Any], tmp_path: Path) -> Iterator[Scene]:
    stack = AsyncExitStack()
    terms = VenueTerms(first_answer=PRICE, backstops=(backstop(),), cure=CURE, open_after=OPEN_AFTER)
    root = find_root(Path(__file__).parent)
    stage = run(stack.enter_async_context(set_venue_stage(terms, root=root, folder=tmp_path)))
    try:
        population = draw_population(
            12, 5, table=stage.exchange.table(), backstop=backstop(), keeper=devnet_account(stage, 7)
        )
        open_accounts(population, stage.exchange, payer=devnet_account(stage, 5), say=print)
        yield Scene(stage, population, run(stack.enter_async_context(Rpc(stage.processes.url))))
    finally:
        run(stack.aclose())


async def mined(venue: VenueClient, transaction: bytes) -> Outcome:
    """What became of a transaction; the chain answers before the block is there."""
    while (outcome := await venue.outcome(transaction)) is None:  # noqa: ASYNC110  # a chain tells nobody
        await asyncio.sleep(0.01)
    return outcome


def share_of(custodian: CustodianProcess, *, threshold: int) -> KeyShare:
    """What lies in a custodian's store, taken by its owner."""
    custodian.kill()
    store = NodeStore.open(custodian.home, lambda *, salt: PassphraseCipher(custodian.passphrase, salt=salt))
    try:
        held = held_keys(store.runs, HostDirectory())
        return next(key.share for key in held if key.share.key.threshold == threshold)
    finally:
        store.close()


def assert_books_balance(scene: Scene) -> None:
    """The ledger's total against the tokens, and against every account's own margin, insurance and pool."""
    books, exchange, lie = scene.stage.vault.books(), scene.stage.exchange, scene.stage.deployment
    assert books.recorded == books.idle + books.queued + exchange.margin_total() == books.balance
    population = scene.population
    people = {trader.key.address for trader in population.traders}
    people |= {population.maker.address, population.backstop, population.keeper, lie.liquidation, lie.venue}
    assert sum(exchange.margin(account) for account in people) == exchange.margin_total() + exchange.deficit()


def signers_of(log: ReplayLog) -> set[int]:
    return {seat for entry in log.liquidations for seat in entry.signers}


class TestGivenAFallingPrice:
    CRASH = (-8_000,) * 30

    def test_when_custodians_are_alive_then_they_sign_and_nobody_owes(self, scene: Scene, run: Run[Any]) -> None:
        log = run(scene.replay().run(scene.path(*self.CRASH)))
        assert log.liquidations
        assert all(entry.slice.custodian_lane for entry in log.liquidations)
        assert all(len(set(entry.signers)) == entry.threshold == 3 for entry in log.liquidations)
        assert all(entry.slice.taker == backstop() for entry in log.liquidations)
        assert log.reverted == []
        assert scene.stage.exchange.deficit() == 0
        assert_books_balance(scene)

    def test_when_three_die_in_mid_crash_then_it_says_so_and_the_open_lane_liquidates(
        self, scene: Scene, run: Run[Any]
    ) -> None:
        def kill_three(block: int) -> None:
            if block == 12:
                for seat in (1, 3, 5):
                    scene.stage.custodians[seat - 1].kill()

        log = run(scene.replay(kill_three).run(scene.path(*self.CRASH)))
        lanes = [entry.slice.custodian_lane for entry in log.liquidations]
        assert lanes[0], "custodians signed while they lived"
        assert not all(lanes), "the open lane went on"
        assert lanes == sorted(lanes, reverse=True), "and the custodians' lane never came back"
        assert any(text.startswith("needs 3 of 5 custodians, 2 approved; silent: ") for text in log.silent)
        takers = {entry.slice.taker for entry in log.liquidations if not entry.slice.custodian_lane}
        assert takers == {scene.population.keeper}
        assert scene.stage.exchange.deficit() == 0
        assert_books_balance(scene)

    def test_when_the_keeper_restarts_then_another_goes_on_where_it_stopped(self, scene: Scene, run: Run[Any]) -> None:
        first = run(scene.replay().run(scene.path(*self.CRASH[:15])))
        second = run(scene.replay().run(scene.path(*self.CRASH[15:])))
        assert second.liquidations
        assert first.reverted == second.reverted == []
        assert scene.stage.exchange.deficit() == 0


class TestGivenACalmPrice:
    def test_when_it_moves_a_little_then_nobody_is_liquidated(self, scene: Scene, run: Run[Any]) -> None:
        log = run(scene.replay().run(scene.path(*(5_100, -5_100) * 12)))
        assert log.liquidations == []
        assert log.rounds == 24
        assert_books_balance(scene)


class TestGivenEveryAccountsHealth:
    def test_when_the_chain_is_asked_for_the_same_accounts_then_every_number_is_equal(
        self, scene: Scene, run: Run[Any]
    ) -> None:
        """Packed accounts and a reading, decoded and evaluated here; the contract's own `health` beside them."""
        venue = scene.stage.client.at("MarginVenue", scene.stage.deployment.venue)
        for fall in ((-8_000,) * 6, (-8_000,) * 10, (5_000,) * 4):
            run(scene.replay().run(scene.path(*fall)))
            scene.stage.exchange.poke(sender=devnet_account(scene.stage, 8))
            market = run(scene.venue.observe())
            chain = scene.stage.client.read(venue.functions.health([account.address for account in market.accounts]))
            ours = [health(account, market.tables) for account in market.accounts]
            assert [tuple(found) for found in chain] == [astuple(found) for found in ours]
            assert len(ours) >= 13


class TestGivenAHealthyAccount:
    def a_healthy_account(self, scene: Scene) -> Address:
        return scene.population.maker.address

    def test_when_a_hostile_coordinator_drafts_an_order_against_it_then_no_custodian_gives_a_share(
        self, scene: Scene, run: Run[Any]
    ) -> None:
        victim = self.a_healthy_account(scene)
        with pytest.raises(NotEnoughSigners) as caught:
            run(scene.lane.sign(scene.an_order(victim)))
        assert len(caught.value.refused) == 5
        for why in caught.value.refused.values():
            assert f"{ReasonCode.ACCOUNT_HEALTHY}: {checksum_address(victim)} is healthy" in why

    def test_when_it_stands_among_unhealthy_ones_then_it_alone_is_named(self, scene: Scene, run: Run[Any]) -> None:
        stage = scene.stage
        stage.client.advance(BLOCK)
        answer = stage.exchange.last_answer() * 87 // 100
        stage.exchange.push_rounds([(answer, stage.client.head()[2])], sender=devnet_account(stage, 0))
        stage.client.advance(60)
        market = run(scene.venue.observe())
        deficient = [account.address for account in market.accounts if health(account, market.tables).below_hard]
        victim = self.a_healthy_account(scene)
        assert deficient
        assert victim not in deficient
        with pytest.raises(NotEnoughSigners) as caught:
            run(scene.lane.sign(scene.an_order(*deficient, victim)))
        for why in caught.value.refused.values():
            assert why.count("healthy") == 2, "one account is named, and said to be healthy"
            assert checksum_address(victim) in why

    def test_when_a_hostile_quorum_of_four_signs_against_it_then_the_chain_passes_over_it(
        self, scene: Scene, run: Run[Any]
    ) -> None:
        """Four custodians open their own stores and sign what their nodes never would."""
        victim = self.a_healthy_account(scene)
        before = run(scene.venue.observe())
        order = scene.an_order(victim)
        digest = order.digest(chain_id=scene.stage.client.chain_id(), contract=scene.stage.deployment.liquidation)
        shares = [share_of(scene.stage.custodians[seat - 1], threshold=3) for seat in (1, 2, 3, 4)]
        signature = sign_together(shares, digest)
        transaction = run(scene.venue.submit(Batch(order, signature.to_chain_bytes())))
        outcome = run(mined(scene.venue, transaction))
        assert outcome.error is None
        assert outcome.slices == ()
        assert outcome.skipped == ((victim, SKIPPED_HEALTHY),)
        after = run(scene.venue.observe())
        assert [a for a in before.accounts if a.address == victim] == [a for a in after.accounts if a.address == victim]
