"""kill -9 of node processes at random points: no nonce pair answers twice.

Seen from outside, by keeping every share that was ever sent. `CUSTODY_KILLS` sets how many kills, 50 if unset.
"""

from __future__ import annotations

import asyncio
import os
import random
import secrets
from typing import Any

import pytest

from custody.coordinator import SigningCoordinator, SigningRequest
from custody.coordinator.asking import Refused, Silent
from custody.crypto.frost import verify
from custody.errors import NotEnoughSigners
from custody.protocol.messages import Approval, ShareRequest, ShareResponse, Status, StatusRequest
from custody.store import Database, HashChainedJournal
from custody.units import USDC, MicroUsdc
from custody.wiring.payouts import draft_expedite
from custody.wiring.stage import Stage
from tests.wiring.conftest import Run, owners
from tests.wiring.recording import RecordingTransport, body_of

KILLS = int(os.environ.get("CUSTODY_KILLS", "50"))


class Scene:
    """Signing without pause on one side, killing and restarting on the other."""

    def __init__(self, stage: Stage, seed: int) -> None:
        self.stage = stage
        self.recorder = RecordingTransport(stage.transport)
        self.random = random.Random(seed)
        self.signed = 0
        self.temptations = 0
        release_id = stage.vault.request_release(owners(stage)[0], MicroUsdc(10 * USDC))
        self._intent = draft_expedite(stage.vault, stage.client, release_id)

    def order(self) -> SigningRequest:
        return SigningRequest(
            intent=self._intent,
            chain_id=self.stage.client.chain_id(),
            contract=self.stage.vault.deployment.vault,
            key=self.stage.ceremony.keys[self._intent.threshold],
            newest_block=lambda: self.stage.client.head()[1],
        )

    async def sign_until(self, stop: asyncio.Event) -> None:
        coordinator = SigningCoordinator(self.stage.asker(self.recorder))
        order = self.order()
        while not stop.is_set():
            try:
                signed = await coordinator.sign(order)
            except NotEnoughSigners:
                continue
            verify(signed.signature, signed.digest, order.key.public)
            self.signed += 1

    async def kill_and_restart(self) -> None:
        for _ in range(KILLS):
            custodian = self.stage.custodians[self.random.randrange(5)]
            await asyncio.sleep(self.random.uniform(0, 0.1))
            custodian.kill()
            custodian.start(self.stage.children)
            await asyncio.to_thread(custodian.await_ready)

    async def tempt_until(self, stop: asyncio.Event) -> None:
        """A hostile coordinator: opens sessions with every seat, then asks each for two valid lists of one session."""
        asker = self.stage.asker(self.recorder)
        order = self.order()
        while not stop.is_set():
            session = secrets.token_bytes(32)
            answers = await asker.ask_all(
                asker.committee.seats, order.request(), Approval, execution=session, seconds=5
            )
            approvals = [answer for answer in answers.values() if not isinstance(answer, Refused | Silent)]
            if len(approvals) < 4:
                continue
            for chosen in (approvals[:3], [*approvals[:2], approvals[3]], approvals[:4]):
                request = ShareRequest(digest=order.digest, approvals=tuple(a.encoded for a in chosen))
                await asker.ask_all(asker.committee.seats, request, ShareResponse, execution=session, seconds=5)
                self.temptations += 1

    async def play(self) -> None:
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(self.sign_until(stop))
            group.create_task(self.tempt_until(stop))
            await self.kill_and_restart()
            stop.set()


@pytest.fixture(scope="module")
def scene(stage: Stage, run: Run[Any]) -> Scene:
    seed = secrets.randbits(32)
    print(f"seed {seed}")
    scene = Scene(stage, seed)
    run(scene.play())
    return scene


class TestGivenNodesKilledAtRandomPointsWhileTheySign:
    def test_when_every_share_ever_sent_is_laid_side_by_side_then_no_nonce_pair_answered_twice(
        self, scene: Scene
    ) -> None:
        assert scene.signed > 0
        assert scene.temptations > 0
        assert len(scene.recorder.shares) >= 3 * scene.signed
        scene.recorder.assert_no_nonce_answered_twice()

    def test_when_every_share_request_is_replayed_then_only_the_same_shares_come_back(
        self, scene: Scene, run: Run[Any]
    ) -> None:
        """A relay that kept everything asks again, of processes that have restarted since."""
        before = {key: set(answers) for key, answers in scene.recorder.shares.items()}
        for seat, request in list(scene.recorder.requests):
            if isinstance(body_of(request), ShareRequest):
                run(scene.recorder.ask(seat, request))
        scene.recorder.assert_no_nonce_answered_twice()
        assert {key: scene.recorder.shares[key] for key in before} == before

    def test_when_it_is_over_then_every_node_answers_and_its_journal_is_unbroken(
        self, scene: Scene, run: Run[Any], everybody_alive: Stage
    ) -> None:
        answers = run(
            everybody_alive.asker().ask_all(
                everybody_alive.committee.seats, StatusRequest(), Status, execution=bytes(32), seconds=10
            )
        )
        assert all(len(answer.message.keys) == 2 for answer in answers.values())
        assert sum(answer.message.boot for answer in answers.values()) >= 5 + KILLS
        for custodian in everybody_alive.custodians:
            assert custodian.child is not None
            custodian.child.stop()
            with Database(custodian.home) as database:
                assert HashChainedJournal(database).verify() > KILLS // 5
