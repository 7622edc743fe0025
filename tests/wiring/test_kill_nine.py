"""kill -9 of node processes at random points, and stores put back in time: no nonce pair answers twice.

Seen from outside, by keeping every share that was ever sent. `CUSTODY_KILLS` sets how many kills (50 if unset),
`CUSTODY_RESTORES` how many times an old copy of a custodian's folder takes the place of the true one (10 if unset).
"""

from __future__ import annotations

import asyncio
import os
import random
import secrets
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from custody.coordinator import SigningCoordinator, SigningRequest
from custody.coordinator.asking import Refused, Silent
from custody.crypto.frost import verify
from custody.errors import NotEnoughSigners
from custody.identifiers import SignerId
from custody.policy.reasons import ReasonCode
from custody.protocol.authenticated import Authenticated
from custody.protocol.signing import TenuredKey
from custody.protocol.signing_messages import (
    Approval,
    ApprovalRequest,
    Awake,
    BatchRequest,
    MarkQuery,
    NonceBatch,
    OneTripRequest,
    PeerMark,
    ShareRequest,
    ShareResponse,
    Status,
    StatusRequest,
    WakeRequest,
)
from custody.store import Database, HashChainedJournal
from custody.units import USDC, MicroUsdc
from custody.wiring.devnet import CustodianProcess
from custody.wiring.payouts import draft_expedite
from custody.wiring.stage import Stage
from tests.wiring.conftest import Run, owners, wake_up
from tests.wiring.recording import RecordingTransport, body_of
from tests.wiring.warm_nodes import WarmChildren

KILLS = int(os.environ.get("CUSTODY_KILLS", "50"))
RESTORES = int(os.environ.get("CUSTODY_RESTORES", "10"))
MOST_REPLAYED = 5_000
BREATH = 0.03
"""Between two orders: nodes that start want the processor too, and take so many requests a second and no more."""


@dataclass
class Snapshot:
    """A custodian's folder as it was when its process was dead, and how many orders had been begun by then.

    Only a signature of an order that was begun later is one that the copy does not know of.
    """

    folder: Path
    begun: int


@dataclass
class Restored:
    """What a custodian on an old store said to everything it was asked; `shares`: how many left before and after."""

    seat: SignerId
    wake: Any
    answers: list[Any] = field(default_factory=list)
    shares: tuple[int, int] = (0, 0)
    signs_again: bool = False


class Scene:
    """Signing without pause on one side; killing, restarting and restoring on the other."""

    def __init__(self, stage: Stage, seed: int, folder: Path, children: WarmChildren) -> None:
        self.stage = stage
        self.recorder = RecordingTransport(stage.transport)
        self.random = random.Random(seed)
        self.signed = 0
        self.one_trips = 0
        self.temptations = 0
        self.kills = 0
        self.seconds = 0.0
        self.restored: list[Restored] = []
        self._folder = folder
        self._children = children
        self._begun = 0
        self._part_of: dict[SignerId, int] = {}  # seat -> number of the last order that it gave a share for
        self._snapshots: dict[SignerId, Snapshot] = {}
        release_id = stage.vault.request_release(owners(stage)[0], MicroUsdc(10 * USDC))
        self._intent = draft_expedite(stage.vault, stage.client, release_id)

    def order(self) -> SigningRequest:
        return SigningRequest(
            intent=self._intent,
            chain_id=self.stage.client.chain_id(),
            contract=self.stage.vault.deployment.vault,
            tenure=self.stage.ceremony.tenure,
            key=self.stage.ceremony.tenure.by_threshold[self._intent.threshold],
            newest_block=lambda: self.stage.client.head()[1],
        )

    def approval_request(self) -> ApprovalRequest:
        order = self.order()
        return ApprovalRequest(order=order.order(), holding=order.tenure.holding(order.key))

    # --- signing ---

    async def sign_until(self, stop: asyncio.Event) -> None:
        """An honest coordinator; now and then it has commitments published ahead."""
        coordinator = SigningCoordinator(self.stage.asker(self.recorder))
        order = self.order()
        while not stop.is_set():
            await asyncio.sleep(BREATH)
            if self.random.random() < 0.1:
                await coordinator.stock_up(TenuredKey.of(order.tenure, order.key), count=8)
            self._begun += 1
            number = self._begun
            try:
                signed = await coordinator.sign(order)
            except NotEnoughSigners:
                continue
            verify(signed.signature, signed.digest, order.key.public)
            self.signed += 1
            self._part_of.update(dict.fromkeys(signed.signers, number))

    async def tempt_until(self, stop: asyncio.Event) -> None:
        """A hostile coordinator: opens sessions with every seat, then asks each for three lists of one session."""
        asker = self.stage.asker(self.recorder)
        order = self.order()
        while not stop.is_set():
            await asyncio.sleep(BREATH)
            session = secrets.token_bytes(32)
            answers = await asker.ask_all(
                asker.committee.seats, self.approval_request(), Approval, execution=session, seconds=5
            )
            approvals = [answer for answer in answers.values() if not isinstance(answer, Refused | Silent)]
            if len(approvals) < 4:
                continue
            for chosen in (approvals[:3], [*approvals[:2], approvals[3]], approvals[:4]):
                request = ShareRequest(digest=order.digest, approvals=tuple(a.encoded for a in chosen))
                await asker.ask_all(asker.committee.seats, request, ShareResponse, execution=session, seconds=5)
                self.temptations += 1

    # --- killing ---

    async def kill_and_restart(self) -> None:
        """While one that was killed starts, the next is killed: mostly another, sometimes the same; some are copied."""
        began = time.perf_counter()
        due = [KILLS * number // (RESTORES + 1) for number in range(1, RESTORES + 1)]
        starting: CustodianProcess | None = None
        for number in range(KILLS):
            custodian = self.stage.custodians[self.random.randrange(5)]
            await asyncio.sleep(self.random.uniform(0, 0.1))
            custodian.kill()
            self.kills += 1
            if self.random.random() < 0.3:
                self._copy(custodian)
            custodian.start(self._children)
            if starting is not None:
                await asyncio.to_thread(starting.await_ready)
            starting = custodian
            while due and number >= due[0]:
                due.pop(0)
                await self._restore()
        self.seconds = time.perf_counter() - began

    async def _start(self, custodian: CustodianProcess) -> None:
        custodian.start(self._children)
        await asyncio.to_thread(custodian.await_ready)

    def _copy(self, custodian: CustodianProcess) -> None:
        self._snapshots.setdefault(custodian.seat, Snapshot(self._aside(custodian), self._begun))

    def _aside(self, custodian: CustodianProcess) -> Path:
        to = self._folder / f"{custodian.seat}-{secrets.token_hex(4)}"
        shutil.copytree(custodian.home, to)
        return to

    def _put_back(self, custodian: CustodianProcess, folder: Path) -> None:
        """A folder as an operator restores it: all files of the store, and none that was not there."""
        for file in custodian.home.glob("node.sqlite*"):
            file.unlink()
        for file in folder.glob("node.sqlite*"):
            shutil.copy2(file, custodian.home / file.name)

    # --- restoring ---

    async def _restore(self) -> None:
        """Put back a copy from before a signature that its custodian was part of; then the true store again."""
        custodian = await self._with_a_past()
        custodian.kill()
        truth = self._aside(custodian)
        self._put_back(custodian, self._snapshots.pop(custodian.seat).folder)
        before = await self._shares_of(custodian.seat)
        await self._start(custodian)
        restored = await self._tempt_restored(custodian.seat)
        await asyncio.sleep(0.1)  # the others go on signing, and meet it too
        custodian.kill()
        restored.shares = (before, await self._shares_of(custodian.seat))
        self._put_back(custodian, truth)
        await self._start(custodian)
        await self._all_ready()
        await wake_up(self.stage, custodian.seat)
        answer = await self._ask(custodian.seat, self.approval_request(), Approval)
        restored.signs_again = isinstance(answer, Authenticated)
        self.restored.append(restored)

    async def _with_a_past(self) -> CustodianProcess:
        """A custodian that was part of a signature after a copy of its store was made; made now if there is none."""
        await self._all_ready()
        if not self._snapshots:
            custodian = self.stage.custodians[self.random.randrange(5)]
            custodian.kill()
            self._copy(custodian)
            await self._start(custodian)
        while True:
            for seat, snapshot in self._snapshots.items():
                if self._part_of.get(seat, 0) > snapshot.begun:
                    return self.stage.custodians[seat - 1]
            await asyncio.sleep(0.05)

    async def _all_ready(self) -> None:
        for custodian in self.stage.custodians:
            await asyncio.to_thread(custodian.await_ready)

    async def _shares_of(self, seat: SignerId) -> int:
        """How many a dead custodian gave, once what it sent before it died was read."""
        while self.recorder.under_way[seat]:  # noqa: ASYNC110  # the recorder counts, and wakes nobody
            await asyncio.sleep(0.001)
        return sum(len(answers) for (of, _), answers in self.recorder.shares.items() if of == seat)

    async def _ask(self, seat: SignerId, message: Any, kind: Any) -> Any:
        asker = self.stage.asker(self.recorder)
        return await asker.ask(seat, message, kind, execution=secrets.token_bytes(32), seconds=10)

    async def _tempt_restored(self, seat: SignerId) -> Restored:
        """A hostile coordinator wakes it with any three of its four peers' words, then asks for everything."""
        status = await self._ask(seat, StatusRequest(), Status)
        host = self.stage.committee.host(seat).id
        query = MarkQuery(host=host, challenge=status.message.mark.boot_random)
        peers = self.random.sample([other for other in self.stage.committee.seats if other != seat], 3)
        said = [await self._ask(peer, query, PeerMark) for peer in peers]
        wake = WakeRequest(marks=tuple(answer.encoded for answer in said))
        restored = Restored(seat, await self._ask(seat, wake, Awake))
        request = self.approval_request()
        restored.answers.append(await self._ask(seat, request, Approval))
        restored.answers.append(await self._ask(seat, BatchRequest(holding=request.holding, count=4), NonceBatch))
        old = [message for to, message in self.recorder.requests if to == seat]
        for message in self.random.sample(old, min(20, len(old))):  # what it signed before, and what it never saw
            restored.answers.append(body_of(await self.recorder.ask(seat, message)))
        restored.answers.append(await self._ask(seat, wake, Awake))
        return restored

    async def play(self) -> None:
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(self.sign_until(stop))
            group.create_task(self.tempt_until(stop))
            await self.kill_and_restart()
            stop.set()


@pytest.fixture(scope="module")
def scene(stage: Stage, run: Run[Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    seed = secrets.randbits(32)
    print(f"seed {seed}")
    with WarmChildren() as children:
        scene = Scene(stage, seed, tmp_path_factory.mktemp("copies"), children)
        run(scene.play())
        print(
            f"{scene.kills} kills in {scene.seconds:.0f} s, {len(scene.restored)} restores among them; {scene.signed} "
            f"signatures, {scene.temptations} temptations, {len(scene.recorder.shares)} pairs answered"
        )
        yield scene


class TestGivenNodesKilledAtRandomPointsWhileTheySign:
    def test_when_every_share_ever_sent_is_laid_side_by_side_then_no_nonce_pair_answered_twice(
        self, scene: Scene
    ) -> None:
        assert scene.kills == KILLS
        assert scene.signed > 0
        assert scene.temptations > 0
        assert len(scene.recorder.shares) >= 3 * scene.signed
        assert any(isinstance(body_of(request), OneTripRequest) for _, request in scene.recorder.requests)
        scene.recorder.assert_no_nonce_answered_twice()

    def test_when_an_old_store_was_put_back_then_that_node_signed_nothing_until_its_true_store_came_back(
        self, scene: Scene
    ) -> None:
        assert len(scene.restored) == RESTORES
        for restored in scene.restored:
            for answer in (restored.wake, *restored.answers):
                reasons = answer.why if isinstance(answer, Refused) else "; ".join(answer.reasons)
                assert reasons.startswith(f"{ReasonCode.ROLLED_BACK}: "), reasons
            assert restored.shares[0] == restored.shares[1], f"seat {restored.seat} gave a share on an old store"
            assert restored.signs_again

    def test_when_share_requests_are_replayed_then_only_the_same_shares_come_back(
        self, scene: Scene, run: Run[Any], everybody_alive: Stage
    ) -> None:
        """A relay that kept everything asks again, of processes that have restarted since."""
        before = {key: set(answers) for key, answers in scene.recorder.shares.items()}
        requests = list(scene.recorder.requests)
        for seat, request in scene.random.sample(requests, min(MOST_REPLAYED, len(requests))):
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
        assert all(len(answer.message.holdings) == 2 for answer in answers.values())
        assert not any(answer.message.waiting for answer in answers.values())
        for custodian in everybody_alive.custodians:
            assert custodian.child is not None
            custodian.child.stop()
            with Database(custodian.home) as database:
                assert HashChainedJournal(database).verify() > KILLS // 5
