"""Brings t custodians to sign one intent, whatever the others do.

Asks all, makes a list of the first t that approve, asks those for shares, adds and verifies. A list that fails (a bad
share) or stalls (a seat dies between approval and share) is followed by another, as `roast` says, without another
round A. Where seats published commitments ahead, one trip is tried first. Holds no share; can forge, change and reuse
nothing.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from custody.coordinator.asking import Asker, Refused, Silent
from custody.coordinator.order_run import OrderRun
from custody.coordinator.stock import Stock
from custody.coordinator.waking import wake
from custody.crypto.frost import Signature
from custody.crypto.keys import GroupKey
from custody.identifiers import Address, BlockHash, Digest, SignerId
from custody.intents.codec import Intent
from custody.policy.reasons import ReasonCode
from custody.protocol.authenticated import Authenticated
from custody.protocol.signing import TenuredKey
from custody.protocol.signing_blame import Equivocations, SigningEvidence, evidence_of_two
from custody.protocol.signing_messages import BatchRequest, NonceBatch, Order
from custody.protocol.tenure import Tenure

BATCH_COUNT: Final = 16
"""Commitments in one batch: each pick carries its whole batch."""
BATCH_SECONDS: Final = 5.0
BATCHES_REMEMBERED: Final = 1_000
"""Of all seats together, to find two of one number: each is kept whole, as evidence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIntent:
    """An intent, its signature, and which seats made it; `sessions` counts the lists that were tried.

    `faulty`: seats that were in no list of this order any more, and why.
    """

    intent: Intent
    digest: Digest
    signature: Signature
    signers: tuple[SignerId, ...]
    sessions: int
    faulty: Mapping[SignerId, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningRequest:
    """What is to be signed: the intent, where it is valid, with which key of whom, judged at which block."""

    intent: Intent
    chain_id: int
    contract: Address
    tenure: Tenure
    key: GroupKey
    newest_block: Callable[[], BlockHash]  # asked anew with each request: a stall must not make the block too old

    @property
    def digest(self) -> Digest:
        return self.intent.digest(chain_id=self.chain_id, contract=self.contract)

    def order(self) -> Order:
        return Order(
            intent_type=self.intent.NAME,
            intent=self.intent.encode(),
            chain_id=self.chain_id,
            contract=self.contract,
            block_hash=self.newest_block(),
        )


class SigningCoordinator:
    """`on_set` is told each list's seats before shares are asked; `on_evidence` what proves a seat's fault."""

    def __init__(
        self,
        asker: Asker,
        *,
        on_set: Callable[[tuple[SignerId, ...]], None] = lambda _: None,
        on_evidence: Callable[[SigningEvidence], None] = lambda _: None,
    ) -> None:
        self._asker = asker
        self._on_set = on_set
        self._on_evidence = on_evidence
        self._stock = Stock()
        self._proven: dict[SignerId, str] = {}
        self._batches = Equivocations(most=BATCHES_REMEMBERED)

    async def sign(self, request: SigningRequest) -> SignedIntent:
        """A verified signature of `request.key.threshold` custodians.

        Raises:
            NotEnoughSigners: too few approve, or too few of those give shares; who and why. Nothing was signed.
            ValueError: the key is of another committee than the one that is asked here.
        """
        if request.tenure.committee != self._asker.committee or request.key not in request.tenure.keys:
            raise ValueError("the key is of another committee than the one that is asked here")
        run = OrderRun(
            asker=self._asker,
            key=TenuredKey.of(request.tenure, request.key),
            digest=request.digest,
            order=request.order,
            stock=self._stock,
            proven=self._proven,
            on_set=self._on_set,
            on_evidence=self._on_evidence,
        )
        signature, signers = await run.sign()
        return SignedIntent(
            intent=request.intent,
            digest=request.digest,
            signature=signature,
            signers=signers,
            sessions=run.lists,
            faulty=run.faulty,
        )

    async def stock_up(self, key: TenuredKey, *, count: int = BATCH_COUNT) -> tuple[SignerId, ...]:
        """Have every seat publish commitments ahead; returns the seats that did. Without them nothing is lost."""
        message = BatchRequest(holding=key.holding, count=count)
        execution = secrets.token_bytes(32)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._batch(seat, message, execution)) for seat in self._asker.committee.seats]
        stocked = []
        for seat, task in zip(self._asker.committee.seats, tasks, strict=True):
            batch = task.result()
            if batch is None or not self._is_said_once(seat, batch, key):
                continue
            if batch.message.holding == key.holding and len(batch.message.commitments) == count:
                self._stock.drop(seat)  # a restart would have made the rest void, and nothing shows one
                self._stock.add(seat, batch)
                stocked.append(seat)
        return tuple(stocked)

    def _is_said_once(self, seat: SignerId, batch: Authenticated[NonceBatch], key: TenuredKey) -> bool:
        before = self._batches.add(batch)
        if before is None:
            return True
        self._proven[seat] = "published two batches of one number"
        self._on_evidence(evidence_of_two(before, batch, key=key.key.id))
        return False

    async def _batch(self, seat: SignerId, message: BatchRequest, execution: bytes) -> Authenticated[NonceBatch] | None:
        for _ in range(2):
            answer = await self._asker.ask(seat, message, NonceBatch, execution=execution, seconds=BATCH_SECONDS)
            if isinstance(answer, Refused) and ReasonCode.WAITING in answer.codes:
                await wake(self._asker, seat)
                continue
            return None if isinstance(answer, Refused | Silent) else answer
        return None
