"""A real custody on a real chain, set up once for the module that asks: anvil, five node processes, keys, contracts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, TypeVar

import pytest

from custody.cli.develop import find_root
from custody.coordinator.waking import wake
from custody.identifiers import Address, SignerId
from custody.protocol.authenticated import Authenticated
from custody.protocol.signing_messages import Status, StatusRequest
from custody.units import HOUR, USDC, MicroUsdc
from custody.wiring.stage import Stage, set_stage

T = TypeVar("T")
Run = Callable[[Coroutine[Any, Any, T]], T]
A_DAY_AND_A_BUCKET = 28 * HOUR


@pytest.fixture(scope="module")
def run() -> Iterator[Run[Any]]:
    """Runs a coroutine on the loop that the module's sessions live in."""
    with asyncio.Runner() as runner:
        yield runner.run


@pytest.fixture(scope="module")
def stage(run: Run[Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One million USDC of three owners, a day ago."""
    stack = AsyncExitStack()
    folder: Path = tmp_path_factory.mktemp("stage")
    stage = run(stack.enter_async_context(set_stage(root=find_root(Path(__file__).parent), folder=folder)))
    try:
        for owner, amount in zip(owners(stage), (500_000, 300_000, 200_000), strict=True):
            stage.vault.mint_and_deposit(owner, MicroUsdc(amount * USDC))
        stage.client.advance(A_DAY_AND_A_BUCKET)
        yield stage
    finally:
        run(stack.aclose())


def owners(stage: Stage) -> list[Address]:
    return stage.client.accounts()[1:4]


@pytest.fixture
def everybody_alive(stage: Stage, run: Run[Any]) -> Stage:
    """The stage with every custodian's process running, and its memory vouched for by its peers."""
    for custodian in stage.custodians:
        if custodian.child is None or not custodian.child.alive:
            custodian.kill()
            custodian.start(stage.children)
    for custodian in stage.custodians:
        custodian.await_ready()
    for custodian in stage.custodians:
        run(wake_up(stage, custodian.seat))
    return stage


async def wake_up(stage: Stage, seat: SignerId) -> None:
    """Have a seat's peers vouch for it, if it waits for them; what a coordinator does when it meets one that waits."""
    asker = stage.asker()
    status = await asker.ask(seat, StatusRequest(), Status, execution=bytes(32), seconds=10)
    assert isinstance(status, Authenticated), status.why
    if status.message.waiting:
        woken = await wake(asker, seat, seconds=10)
        assert isinstance(woken, Authenticated), woken.why
