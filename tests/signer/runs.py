"""Run desks of several custodians in one process, each on a store of its own, joined by a real coordinator."""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

from custody.coordinator import RunCoordinator, RunResult, terms_of
from custody.errors import CustodyError, PolicyDenied, RunAborted
from custody.host import HostDirectory, HostIdentity, PassphraseCipher
from custody.identifiers import SignerId
from custody.net import LoopbackTransport
from custody.ports.ledger import HeldKey
from custody.protocol.authenticated import Authenticated
from custody.protocol.committee import Committee, HostKeys
from custody.protocol.encoding import Message
from custody.protocol.messages import Refusal
from custody.protocol.run_messages import RunProposal
from custody.protocol.tenure import Tenure, follow_lineage
from custody.signer.run_desk import RUN_REQUESTS, Finished, RunDesk, held_keys
from custody.signer.upkeep_desk import UpkeepDesk
from custody.store import NodeStore
from tests.builders import AUTHORITY, CHAIN_ID, fresh

HOSTS = HostDirectory()
COORDINATOR = HostIdentity(fresh("coordinator"), sits=False)
PASSPHRASE = b"a passphrase of this test"


class Custodian:
    """One host: its store, and the desks of the committee that its operator agreed to."""

    def __init__(self, folder: Path, label: object) -> None:
        self.folder = folder
        self.seed = fresh(("host", label))
        NodeStore.create(folder, self._cipher, seed=self.seed)
        self.identity = HostIdentity(self.seed)
        self.root: bytes | None = None
        self.finished: Finished | None = None
        self.used: list[HeldKey] = []
        self.sent: list[bytes] = []
        self.tamper: Callable[[bytes], bytes] = lambda encoded: encoded
        self.store: NodeStore | None = None

    @staticmethod
    @cache  # restarts are many, and the key is slow on purpose
    def _cipher(*, salt: bytes) -> PassphraseCipher:
        return PassphraseCipher(PASSPHRASE, salt=salt)

    @property
    def keys(self) -> HostKeys:
        return self.identity.keys

    def agree(self, committee: Committee) -> None:
        """Start anew with this committee.json, as after a restart."""
        self.committee = committee
        self.restart()

    def restart(self, open_store: Callable[[Path, object], NodeStore] = NodeStore.open) -> None:
        """As after a crash: what was in memory is gone."""
        self.stop()
        self.store = open_store(self.folder, self._cipher)
        self.desk = RunDesk(
            committee=self.committee,
            identity=self.identity,
            hosts=HOSTS,
            log=self.store.runs,
            keys=self.store.runs,
            randomness=secrets.token_bytes,
        )
        self.upkeep = UpkeepDesk(identity=self.identity, hosts=HOSTS, keys=self.store.runs, use=self.used.extend)

    def stop(self) -> None:
        if self.store is not None:
            self.store.close()
            self.store = None

    def held(self) -> list[HeldKey]:
        assert self.store is not None, "only a running custodian shows its keys"
        return held_keys(self.store.runs, HOSTS)

    async def handle(self, encoded: bytes) -> bytes:
        request = HOSTS.authenticate(encoded, {COORDINATOR.keys.id: COORDINATOR.keys})
        try:
            if isinstance(request.message, RUN_REQUESTS):
                root = self.root if isinstance(request.message, RunProposal) else None
                answer, finished = self.desk.answer(request, root=root)
                self.finished = finished or self.finished
            else:
                answer = self.upkeep.answer(request)
        except (PolicyDenied, RunAborted, CustodyError) as error:
            return self.identity.sign(Refusal(reasons=(str(error),)), execution=request.execution)
        self.sent.append(answer)
        return self.tamper(answer)

    def ask(self, message: Message, *, execution: bytes = bytes(32)) -> Message:
        """What it answers the coordinator, proven to be its own."""
        return self.answer_to(COORDINATOR.sign(message, execution=execution, recipient=self.keys.id)).message

    def answer_to(self, encoded: bytes) -> Authenticated[Message]:
        return HOSTS.authenticate(asyncio.run(self.handle(encoded)), {self.keys.id: self.keys})


def custodians(folder: Path, count: int, label: object = "") -> list[Custodian]:
    return [Custodian(folder / f"{label}{number}", (label, number)) for number in range(1, count + 1)]


def query(folder: Path, statement: str) -> list[Any]:
    """What somebody with the file reads in it."""
    with closing(sqlite3.connect(folder / "node.sqlite", isolation_level=None)) as connection:
        return connection.execute(statement).fetchall()


def a_committee_of(members: list[Custodian], thresholds: tuple[int, ...] = (3, 4)) -> Committee:
    committee = Committee(
        hosts=tuple(member.keys for member in members),
        thresholds=thresholds,
        chain_id=CHAIN_ID,
        authority=AUTHORITY,
    )
    for member in members:
        member.agree(committee)
    return committee


Handle = Callable[[bytes], Awaitable[bytes]]


def a_run(
    parties: list[Custodian],
    kind: str,
    committee: Committee,
    lineage: tuple[bytes, ...] = (),
    *,
    through: Callable[[Custodian], Handle] = lambda party: party.handle,
    **how: object,
) -> RunResult:
    """One run over every party, in order of the run's parties; `through` is the way to each."""
    before: Tenure | None = follow_lineage(lineage, HOSTS.authenticate) if lineage else None
    transport = LoopbackTransport({SignerId(n): through(party) for n, party in enumerate(parties, start=1)})
    coordinator = RunCoordinator(identity=COORDINATOR, hosts=HOSTS, transport=transport)
    terms = terms_of(kind, committee, before=before, **how)  # type: ignore[arg-type]

    async def running() -> RunResult:
        return await coordinator.run(terms, lineage=lineage)

    return asyncio.run(running())
