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

from custody.coordinator import Order, SigningCoordinator
from custody.coordinator.asking import Refused, Silent
from custody.crypto.frost import verify
from custody.errors import NotEnoughSigners
from custody.identifiers import SignerId
from custody.protocol.messages import ShareRequest, ShareResponse, Status, StatusRequest, decode_envelope
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
        release_id = stage.vault.request_release(owners(stage)[0], MicroUsdc(10 * USDC))
        self._intent = draft_expedite(stage.vault, stage.client, release_id)

    def order(self) -> Order:
        return Order(
            intent=self._intent,
            chain_id=self.stage.client.chain_id(),
            contract=self.stage.vault.deployment.vault,
            key=self.stage.ceremony.keys[self._intent.threshold],
            block_hash=self.stage.client.head()[1],
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

    async def play(self) -> None:
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(self.sign_until(stop))
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

    def test_when_approvals_are_recombined_into_another_list_then_no_seat_answers_it(
        self, scene: Scene, run: Run[Any]
    ) -> None:
        """The lists of two sessions, crossed: other commitments beside each seat's own."""
        asker = scene.stage.asker(scene.recorder)
        requests = [body_of(request) for _, request in scene.recorder.requests]
        lists = [message for message in requests if isinstance(message, ShareRequest)]
        for first, second in zip(lists[:40], lists[3:43], strict=False):
            crossed = ShareRequest(digest=first.digest, approvals=first.approvals[:1] + second.approvals[1:])
            execution = decode_envelope(first.approvals[0]).execution
            if crossed.approvals in (first.approvals, second.approvals):
                continue
            for seat in (1, 2, 3, 4, 5):
                answer = run(asker.ask(SignerId(seat), crossed, ShareResponse, execution=execution, seconds=10))
                assert isinstance(answer, Refused | Silent)
        scene.recorder.assert_no_nonce_answered_twice()

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
