"""Custodians with real desks, doors and stores, a chain that says what it is told, and a clock that a test turns."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from custody.coordinator import Asker, SigningCoordinator, SigningRequest
from custody.crypto import KeyShare
from custody.host import HostDirectory, HostIdentity
from custody.identifiers import BlockHash, Digest, SignerId
from custody.intents.expedite import Expedite
from custody.net.loopback import LoopbackTransport
from custody.policy import Policy
from custody.policy.clock import Block, ClockRule
from custody.ports.chain import Reading
from custody.ports.ledger import HeldKey
from custody.protocol.authenticated import Authenticated
from custody.protocol.encoding import Message
from custody.protocol.messages import Refusal
from custody.protocol.signing import TenuredKey
from custody.protocol.tenure import Tenure
from custody.signer.judging import Rules
from custody.signer.node import Node
from custody.signer.signing_desk import SigningDesk
from custody.store import Database, HashChainedJournal
from custody.store.answers import AnswerBook
from custody.units import Seconds
from tests.builders import (
    CHAIN_ID,
    CHAIN_TIME,
    VAULT,
    a_committee,
    a_key,
    a_release,
    a_rule,
    an_expedite,
    an_identity,
    fresh,
    some_facts,
)

HOSTS = HostDirectory()
COORDINATOR = HostIdentity(fresh("coordinator"), sits=False)
BLOCK = Block(number=100, hash=BlockHash(fresh("block")), timestamp=CHAIN_TIME)


@cache
def shares_of(n: int, threshold: int) -> dict[SignerId, KeyShare]:
    """Every seat's share of one key, the same in every generation: what matters here is what the tenure says."""
    return a_key(threshold=threshold, n=n, label=("key of", threshold))


@cache
def a_tenure(n: int = 5, thresholds: tuple[int, ...] = (3, 4), generation: int = 0) -> Tenure:
    return Tenure(
        committee=a_committee(n, thresholds),
        generation=generation,
        certificate=fresh(("certificate", generation)),
        root=fresh("root"),
        origin=fresh("origin"),
        keys=tuple(shares_of(n, threshold)[SignerId(1)].key for threshold in thresholds),
    )


@cache
def the_key(n: int = 5, thresholds: tuple[int, ...] = (3, 4), generation: int = 0) -> TenuredKey:
    tenure = a_tenure(n, thresholds, generation)
    return TenuredKey.of(tenure, tenure.keys[0])


class TurnedClock:
    """Implements `ports.clock.Clock`."""

    def __init__(self) -> None:
        self.seconds, self.step = 0.0, 0.02

    def now(self) -> int:
        return CHAIN_TIME

    def monotonic(self) -> float:
        self.seconds += self.step  # so that nobody is over its rate
        return self.seconds


class ToldChain:
    """Implements `ports.chain.ChainReader`: everything speaks for every intent, but where a test says otherwise."""

    def __init__(self, tenure: Tenure) -> None:
        self.keys = {key.threshold: key for key in tenure.keys}
        self.void: set[Digest] = set()
        self.reads = 0

    async def read(self, intent: Any, *, contract: Any, authority: Any, digest: Any, block_hash: Any) -> Reading:
        self.reads += 1
        facts = some_facts(self.keys[intent.threshold], release=a_release(amount=intent.amount))
        return Reading(named=BLOCK, head=BLOCK, facts=facts)

    async def is_void(self, intent: Any, digest: Digest, *, contract: Any, deadline: int) -> bool:
        return digest in self.void


class Bytes:
    """Fresh bytes that are the same in every run of the tests."""

    def __init__(self, label: object) -> None:
        self._label, self._drawn = label, 0

    def __call__(self, count: int, /) -> bytes:
        drawn = b""
        while len(drawn) < count:
            self._drawn += 1
            drawn += sha256(repr((self._label, self._drawn)).encode()).digest()
        return drawn[:count]


class Custodian:
    """One seat. `start` it as after a crash: what is not in its folder is gone."""

    def __init__(
        self, folder: Path, seat: int, tenure: Tenure, *, database: Callable[..., Database] = Database
    ) -> None:
        self.folder, self.seat, self.tenure = folder, SignerId(seat), tenure
        self.identity = an_identity(seat)
        self.clock = TurnedClock()
        self.chain = ToldChain(tenure)
        self._database = database
        self.starts = 0
        Database(folder, create=True).close()
        self.start(new=True)

    def held(self, generation: int = 0) -> list[HeldKey]:
        n, thresholds = len(self.tenure.committee.hosts), self.tenure.committee.thresholds
        tenure = self.tenure if generation == self.tenure.generation else a_tenure(n, thresholds, generation)
        return [HeldKey(share=shares_of(n, t)[self.seat], tenure=tenure) for t in thresholds]

    def start(self, *, new: bool = False) -> None:
        """`new`: its keys were certified in this start, so that nobody needs to vouch for its memory."""
        self.starts += 1
        self.database = self._database(self.folder)
        self.journal = HashChainedJournal(self.database)
        self.ledger = AnswerBook.begin(self.database, self.journal)
        self.desk = SigningDesk(
            rules=Rules(policy=Policy((a_rule(),)), clock=ClockRule(max_age=Seconds(60), devnet=False)),
            identity=self.identity,
            hosts=HOSTS,
            ledger=self.ledger,
            chain=self.chain,
            clock=self.clock,
            randomness=Bytes((self.seat, self.folder.name, self.starts, self.ledger.boot)),
        )
        (self.desk.use if new else self.desk.load)(self.held(self.tenure.generation))
        self.node = Node(
            identity=self.identity,
            hosts=HOSTS,
            coordinators={COORDINATOR.keys.id: COORDINATOR.keys},
            runs=None,  # type: ignore[arg-type]  # no run is asked here
            upkeep=None,  # type: ignore[arg-type]
            signing=self.desk,
            children=lambda _: [],
            lineage_root=None,  # type: ignore[arg-type]
            journal=_Notes(self.journal),
            clock=self.clock,
        )

    def stop(self) -> None:
        self.database.close()

    def restart(self) -> None:
        self.stop()
        self.start()

    async def handle(self, encoded: bytes) -> bytes:
        return await self.node.handle(encoded)

    def ask(self, message: Message, *, session: bytes) -> Authenticated[Any]:
        """One request of the coordinator, answered; a `Refusal` is an answer too."""
        request = COORDINATOR.sign(message, execution=session, recipient=self.identity.keys.id)
        encoded = finish(self.handle(request))
        return HOSTS.authenticate(encoded, {self.identity.keys.id: self.identity.keys})


class _Notes:
    """The journal as the node notes refusals in it."""

    def __init__(self, journal: HashChainedJournal) -> None:
        self.note, self.journal_head = journal.note, journal.journal_head


def finish(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """What a coroutine gives that never really waits."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("it waits")


def codes(answer: Authenticated[Any]) -> set[str]:
    """The codes of a refusal; empty for any other answer."""
    message = answer.message
    return {reason.split(":")[0] for reason in message.reasons} if isinstance(message, Refusal) else set()


class Scene:
    """A committee, its coordinator and the way between them, on which a test may sit."""

    def __init__(self, root: Path, n: int = 5, thresholds: tuple[int, ...] = (3, 4)) -> None:
        self.tenure = a_tenure(n, thresholds)
        self.key = the_key(n, thresholds)
        self.custodians = {
            seat: Custodian(root / f"seat-{seat}", seat, self.tenure) for seat in self.tenure.committee.seats
        }
        self.transport = LoopbackTransport({seat: each.handle for seat, each in self.custodians.items()})
        self.asker = Asker(committee=self.tenure.committee, identity=COORDINATOR, hosts=HOSTS, transport=self.transport)
        self.sets: list[tuple[SignerId, ...]] = []
        self.evidence: list[Any] = []
        self.coordinator = SigningCoordinator(self.asker, on_set=self.sets.append, on_evidence=self.evidence.append)

    def close(self) -> None:
        for custodian in self.custodians.values():
            custodian.stop()

    def put_between(
        self, seat: int, change: Callable[[bytes, Callable[[bytes], Awaitable[bytes]]], Awaitable[bytes]]
    ) -> None:
        """Everything to and from a seat goes through `change(request, honest)`."""
        honest = self.transport.handlers[SignerId(seat)]

        async def changed(request: bytes) -> bytes:
            return await change(request, honest)

        self.transport.handlers[SignerId(seat)] = changed

    def request(self, intent: Expedite | None = None, *, threshold: int | None = None) -> SigningRequest:
        threshold = threshold or self.tenure.committee.thresholds[0]
        key = next(key for key in self.tenure.keys if key.threshold == threshold)
        return SigningRequest(
            intent=intent or an_expedite(threshold=threshold),
            chain_id=CHAIN_ID,
            contract=VAULT,
            tenure=self.tenure,
            key=key,
            newest_block=lambda: BLOCK.hash,
        )

    def sign(self, request: SigningRequest | None = None) -> Any:
        return asyncio.run(self.coordinator.sign(request or self.request()))
