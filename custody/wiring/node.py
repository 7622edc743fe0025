"""Joins a custodian's node from its parts and runs it until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import signal
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

import structlog

from custody.chain.node_reader import NodeReader
from custody.chain.rpc import Rpc
from custody.config.node_home import NodeSettings
from custody.errors import UsageError
from custody.host import HostDirectory, HostIdentity, harden_process
from custody.host.words import fingerprint_words
from custody.net.http_server import serve
from custody.signer.judging import Rules
from custody.signer.node import Node
from custody.signer.run_desk import RunDesk, held_keys
from custody.signer.signing_desk import SigningDesk
from custody.signer.upkeep_desk import UpkeepDesk, children_of
from custody.store import NodeStore
from custody.wiring.clock import SystemClock
from custody.wiring.stores import open_store

_FLUSH_SECONDS: Final = 1.0
_log = structlog.get_logger("custody.node")


def build_node(settings: NodeSettings, store: NodeStore, rpc: Rpc) -> Node:
    """Raises: UsageError: this host has no seat in its committee.json."""
    identity = HostIdentity(store.identity_seed())
    hosts = HostDirectory()
    held = held_keys(store.runs, hosts)
    if settings.committee.seat_of(identity.keys.id) is None and not held:
        raise UsageError(f"the host of {settings.home} has no seat in its committee.json")
    clock = SystemClock()
    reader = NodeReader(rpc)
    runs = RunDesk(
        committee=settings.committee,
        identity=identity,
        hosts=hosts,
        log=store.runs,
        keys=store.runs,
        randomness=secrets.token_bytes,
    )
    signing = SigningDesk(
        rules=Rules(policy=settings.policy, clock=settings.clock_rule),
        identity=identity,
        hosts=hosts,
        ledger=store.ledger,
        chain=reader,
        clock=clock,
        randomness=secrets.token_bytes,
    )
    signing.load([*held, *children_of(store.runs, held)])
    upkeep = UpkeepDesk(identity=identity, hosts=hosts, keys=store.runs, use=signing.use)
    return Node(
        identity=identity,
        hosts=hosts,
        coordinators={keys.id: keys for keys in settings.coordinators},
        runs=runs,
        upkeep=upkeep,
        signing=signing,
        children=lambda held: children_of(store.runs, held),
        journal=store,
        clock=clock,
        lineage_root=lambda: reader.lineage_root(settings.committee.authority),
    )


async def run_node(settings: NodeSettings, passphrase_file: Path | None, *, ready: Callable[[int], None]) -> None:
    """Serve until SIGTERM or SIGINT; `ready` is told the port. Logs the committee's fingerprint, to be compared.

    Raises:
        UsageError, StoreError: it cannot start.
    """
    for missing in harden_process():
        _log.warning("not-hardened", why=missing)
    _log.info("committee", fingerprint=" ".join(fingerprint_words(settings.committee.fingerprint())))
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        store = open_store(settings.home, passphrase_file)
        stack.callback(store.close)
        rpc = await stack.enter_async_context(Rpc(settings.rpc))
        node = build_node(settings, store, rpc)
        port = await stack.enter_async_context(serve(node.handle, host=settings.host, port=settings.port))
        ready(port)
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _FLUSH_SECONDS)
            node.rest()
            store.flush()  # refusals cost no commit of their own; the morning after, they are there
