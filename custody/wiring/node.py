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
from custody.host import HostDirectory, HostIdentity, PassphraseCipher
from custody.host.identity import SEED_BYTES
from custody.net.http_server import serve
from custody.ports.ledger import CertifiedKey
from custody.protocol.committee import Committee, HostKeys
from custody.signer.ceremony_desk import CeremonyDesk
from custody.signer.node import Node
from custody.signer.signing_desk import Rules, SigningDesk
from custody.store import NodeStore
from custody.wiring.clock import SystemClock

_FLUSH_SECONDS: Final = 1.0
_log = structlog.get_logger("custody.node")


def create_node(home: Path, passphrase: bytes) -> HostKeys:
    """Make a node's store with a fresh identity; returns its public keys.

    Raises:
        UsageError: there is a node already.
    """
    seed = secrets.token_bytes(SEED_BYTES)
    NodeStore.create(home, lambda *, salt: PassphraseCipher(passphrase, salt=salt), seed=seed)
    return HostIdentity(seed).keys


def open_store(home: Path, passphrase: bytes) -> NodeStore:
    """Raises: UsageError, StoreLocked, StoreDamaged."""
    return NodeStore.open(home, lambda *, salt: PassphraseCipher(passphrase, salt=salt))


def build_node(settings: NodeSettings, store: NodeStore, rpc: Rpc) -> Node:
    """Raises: UsageError: this host has no seat in its committee.json."""
    identity = HostIdentity(store.identity_seed())
    if settings.committee.seat_of(identity.keys.id) is None:
        raise UsageError(f"the host of {settings.home} has no seat in its committee.json")
    hosts = HostDirectory()
    clock = SystemClock()
    ceremony = CeremonyDesk(
        committee=settings.committee,
        identity=identity,
        hosts=hosts,
        log=store,
        journal=store,
        randomness=secrets.token_bytes,
    )
    signing = SigningDesk(
        rules=Rules(policy=settings.policy, clock=settings.clock_rule, authority=settings.committee.authority),
        committee=settings.committee,
        identity=identity,
        hosts=hosts,
        ledger=store,
        journal=store,
        chain=NodeReader(rpc),
        clock=clock,
        randomness=secrets.token_bytes,
    )
    signing.use(_keys_of(settings.committee, store))
    return Node(
        identity=identity,
        hosts=hosts,
        coordinators={keys.id: keys for keys in settings.coordinators},
        ceremony=ceremony,
        signing=signing,
        ledger=store,
        journal=store,
        clock=clock,
    )


def _keys_of(committee: Committee, store: NodeStore) -> list[CertifiedKey]:
    """The keys of the configured committee; those of another are set aside, and said so."""
    keys = store.certified_keys()
    ours = [key for key in keys if key.committee == committee.fingerprint()]
    if len(ours) < len(keys):
        _log.warning("keys-set-aside", count=len(keys) - len(ours), why="they are of another committee")
    return ours


async def run_node(settings: NodeSettings, passphrase: bytes, *, ready: Callable[[int], None]) -> None:
    """Serve until SIGTERM or SIGINT; `ready` is told the port.

    Raises:
        UsageError, StoreError: it cannot start.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        store = open_store(settings.home, passphrase)
        stack.callback(store.close)
        rpc = await stack.enter_async_context(Rpc(settings.rpc))
        node = build_node(settings, store, rpc)
        port = await stack.enter_async_context(serve(node.handle, host=settings.host, port=settings.port))
        ready(port)
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _FLUSH_SECONDS)
            store.flush()  # refusals cost no commit of their own; the morning after, they are there
