"""One order on its way: which requests are under way, what their answers mean, when the next list is due."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any, Final

from custody.coordinator.asking import Asker, Refused, Silent
from custody.coordinator.roast import Attempt, Course
from custody.coordinator.stock import Stock
from custody.coordinator.waking import wake
from custody.crypto.frost import Signature
from custody.errors import NotEnoughSigners
from custody.identifiers import SignerId
from custody.policy.reasons import ReasonCode
from custody.protocol.authenticated import Authenticated
from custody.protocol.signing import TenuredKey
from custody.protocol.signing_blame import SigningEvidence
from custody.protocol.signing_messages import (
    Approval,
    ApprovalRequest,
    OneTripRequest,
    Order,
    ShareRequest,
    ShareResponse,
)

APPROVAL_SECONDS: Final = 5.0
SHARE_SECONDS: Final = 3.0
PATIENCE_SECONDS: Final = 0.25
"""How long a list that nobody has spoilt yet is waited for before the next is begun beside it. By the letter of ROAST
it were nothing; then every order whose answers do not come in one moment would be signed twice."""
ONE_TRIP_SECONDS: Final = 1.0
"""How long one trip, in which the seats read the chain, is waited for before round A is begun beside it."""
LAST_WORDS_SECONDS: Final = 1.0
"""How long those are waited for who cannot make t any more: a person reads who refused, and why."""
MOST_STALLS: Final = 2
"""A seat that twice approved and then gave no share is left out of this order."""
PASSING: Final = frozenset(
    {ReasonCode.STALE_READ, ReasonCode.CHAIN_UNAVAILABLE, ReasonCode.UNKNOWN_SESSION, ReasonCode.WAITING}
)
"""Refusals that speak of the moment and not of the intent: the seat may say yes when asked again."""

Answer = Authenticated[Any] | Refused | Silent


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request under way: for an approval, or for a share of an attempt."""

    seat: SignerId
    attempt: Attempt | None
    since: float


class OrderRun:
    """Signs one order. `lists`: how many were tried."""

    def __init__(
        self,
        *,
        asker: Asker,
        key: TenuredKey,
        digest: bytes,
        order: Callable[[], Order],
        stock: Stock,
        proven: dict[SignerId, str],
        on_set: Callable[[tuple[SignerId, ...]], None],
        on_evidence: Callable[[SigningEvidence], None],
    ) -> None:
        self._asker = asker
        self._key = key
        self._order = order
        self._stock = stock
        self._proven = proven
        self._on_set = on_set
        self._tell = on_evidence
        self._session = secrets.token_bytes(32)
        self._course = Course(
            key,
            session=self._session,
            digest=digest,
            read=lambda encoded: asker.read(encoded, Approval),
            on_evidence=self._prove,
        )
        self._digest = digest
        self._refused: dict[SignerId, str] = {}
        self._not_now: dict[SignerId, Refused | Silent] = {}
        self._stalled: Counter[SignerId] = Counter()
        self._pending: dict[asyncio.Task[Answer], _Asked] = {}
        self._last_list = 0.0
        self._did_round_a = False

    @property
    def lists(self) -> int:
        return len(self._course.attempts)

    @property
    def faulty(self) -> dict[SignerId, str]:
        return dict(self._course.faulty)

    def _prove(self, evidence: SigningEvidence) -> None:
        for seat in self._key.committee.seats:
            if self._key.committee.host(seat).id == evidence.accused:
                self._proven[seat] = "was proven faulty"
        self._tell(evidence)

    async def sign(self) -> tuple[Signature, tuple[SignerId, ...]]:
        """Raises: NotEnoughSigners."""
        async with asyncio.TaskGroup() as group:
            try:
                signed = await self._run(group)
            finally:
                for task in self._pending:
                    task.cancel()
        if signed is None:
            raise self._too_few()
        return signed

    async def _run(self, group: asyncio.TaskGroup) -> tuple[Signature, tuple[SignerId, ...]] | None:
        """None where nothing that is under way, and nobody who can be asked again, makes t signers."""
        for seat, why in self._proven.items():
            self._course.blame(seat, why)
        if not self._try_one_trip(group):
            self._ask_approvals(group, self._key.committee.seats)
        while True:
            self._begin_lists(group)
            if not self._may_succeed() and not self._bring_back(group):
                if not self._pending:
                    return None
                await self._hear_out()  # nothing can come of it but to say who would not, and why
                continue
            done, _ = await asyncio.wait(self._pending, timeout=self._patience(), return_when=asyncio.FIRST_COMPLETED)
            for task in [task for task in self._pending if task in done]:  # as they were asked, not as a set has them
                signature, attempt = self._on_answer(self._pending.pop(task), task.result())
                if signature is not None and attempt is not None:
                    return signature, attempt.seats
            if self._is_one_trip_late():
                self._ask_approvals(group, self._key.committee.seats)

    # --- asking ---

    def _ask(
        self, group: asyncio.TaskGroup, seat: SignerId, attempt: Attempt | None, question: Coroutine[Any, Any, Answer]
    ) -> None:
        since = asyncio.get_running_loop().time()
        self._pending[group.create_task(question)] = _Asked(seat, attempt, since)

    def _ask_approvals(self, group: asyncio.TaskGroup, seats: Iterable[SignerId]) -> None:
        """Round A, of those that are not asked for something already and may still say yes."""
        busy = {asked.seat for asked in self._pending.values()} | set(self._course.ready)
        free = [seat for seat in seats if seat not in busy and self._may_ask(seat)]
        self._did_round_a = True
        if not free:
            return
        message = ApprovalRequest(order=self._order(), holding=self._key.holding)
        for seat in free:
            self._ask(group, seat, None, self._approval(seat, message))

    async def _approval(self, seat: SignerId, message: ApprovalRequest) -> Answer:
        """Round A with one seat; one that has just started is woken first."""
        answer = await self._asker.ask(seat, message, Approval, execution=self._session, seconds=APPROVAL_SECONDS)
        if isinstance(answer, Refused) and ReasonCode.WAITING in answer.codes:
            woken = await wake(self._asker, seat)
            if isinstance(woken, Refused | Silent):
                return woken
            return await self._asker.ask(seat, message, Approval, execution=self._session, seconds=APPROVAL_SECONDS)
        return answer

    def _begin_lists(self, group: asyncio.TaskGroup) -> None:
        """One list more, if one is due: nothing is open, or what is open has had its time."""
        if self._course.open and self._remaining_patience() > 0:
            return
        attempt = self._course.next_attempt()
        if attempt is None:
            return
        message = ShareRequest(digest=self._digest, approvals=tuple(pledge.envelope for pledge in attempt.pledges))
        self._begin(group, attempt, message)

    def _try_one_trip(self, group: asyncio.TaskGroup) -> bool:
        """Ask the seats that are likely the fastest for their shares at once, if they published commitments."""
        picked = self._stock.guess(self._key, without=self._course.faulty)
        if picked is None:
            return False
        attempt = self._course.begin([each.pledge for each in picked], [each.pick.index for each in picked])
        message = OneTripRequest(
            order=self._order(), holding=self._key.holding, picks=tuple(each.pick for each in picked)
        )
        self._begin(group, attempt, message)
        return True

    def _begin(self, group: asyncio.TaskGroup, attempt: Attempt, message: ShareRequest | OneTripRequest) -> None:
        self._last_list = asyncio.get_running_loop().time()
        self._on_set(attempt.seats)
        for seat in attempt.seats:
            question = self._asker.ask(seat, message, ShareResponse, execution=self._session, seconds=SHARE_SECONDS)
            self._ask(group, seat, attempt, question)

    # --- answers ---

    def _on_answer(self, asked: _Asked, answer: Answer) -> tuple[Signature | None, Attempt | None]:
        seat, attempt = asked.seat, asked.attempt
        self._not_now.pop(seat, None)
        if isinstance(answer, Refused | Silent):
            self._on_no(seat, attempt, answer)
            return None, None
        self._stock.took(seat, asyncio.get_running_loop().time() - asked.since)
        if attempt is None:
            self._course.on_approval(seat, answer)
            if seat not in self._course.ready:
                self._stalled[seat] += 1  # an old approval, which a relay repeats
            return None, None
        signature = self._course.on_answer(seat, attempt, answer)
        if seat not in attempt.answers:
            self._stalled[seat] += 1  # an answer to something else is none
        return signature, attempt

    def _on_no(self, seat: SignerId, attempt: Attempt | None, answer: Refused | Silent) -> None:
        passing = isinstance(answer, Silent) or answer.codes <= PASSING
        if attempt is None:
            if not passing:
                self._refused[seat] = answer.why
                return
            self._not_now[seat] = answer
            if isinstance(answer, Refused) or self._stalled[seat]:  # who was brought back has had its try
                self._stalled[seat] += 1
            return
        self._course.give_up(seat)
        if attempt.indices:
            self._stock.drop(seat)
            if isinstance(answer, Refused) and not answer.codes & (PASSING | {ReasonCode.NONCE_SPENT}):
                self._refused[seat] = answer.why  # judged here for the first time, and found wanting
                return
        self._not_now[seat] = answer
        if isinstance(answer, Silent) or not attempt.indices:
            self._stalled[seat] += 1

    # --- what next ---

    def _may_ask(self, seat: SignerId) -> bool:
        return seat not in self._refused and seat not in self._course.faulty and self._stalled[seat] < MOST_STALLS

    def _remaining_patience(self) -> float:
        seconds = PATIENCE_SECONDS if self._did_round_a else ONE_TRIP_SECONDS
        return self._last_list + seconds - asyncio.get_running_loop().time()

    def _patience(self) -> float | None:
        """How long to wait for answers; None where only an answer can change anything."""
        one_trip = not self._did_round_a
        if self._course.open and (one_trip or len(self._course.ready) >= self._key.key.threshold):
            return max(0.0, self._remaining_patience())
        return None

    def _is_one_trip_late(self) -> bool:
        """Whether round A is due after all."""
        if self._did_round_a:
            return False
        return not self._course.open or self._remaining_patience() <= 0

    def _may_succeed(self) -> bool:
        """Whether answers under way can complete a list, or make another one possible."""
        if not self._pending:
            return False
        coming = set(self._course.ready) | {asked.seat for asked in self._pending.values()}
        return bool(self._course.open) or len(coming) >= self._key.key.threshold

    def _bring_back(self, group: asyncio.TaskGroup) -> bool:
        """The last resort: ask those again that stalled and may be alive by now. Whether any was asked."""
        before = len(self._pending)
        self._ask_approvals(group, [seat for seat in self._key.committee.seats if self._stalled[seat]])
        return len(self._pending) > before

    async def _hear_out(self) -> None:
        """Nothing is under way after this: who does not answer soon is silent."""
        await asyncio.wait(self._pending, timeout=LAST_WORDS_SECONDS)
        for task, asked in self._pending.items():
            if task.done():
                self._on_answer(asked, task.result())
            else:
                task.cancel()
                self._on_no(asked.seat, asked.attempt, Silent(f"custodian {asked.seat}: no answer in time"))
        self._pending.clear()

    def _too_few(self) -> NotEnoughSigners:
        """Silence has no reason; whoever said no, even for now, has one."""
        passing = {seat: answer.why for seat, answer in self._not_now.items() if isinstance(answer, Refused)}
        return NotEnoughSigners(
            needed=self._key.key.threshold,
            of=len(self._key.committee.seats),
            approved=sorted(self._course.ready),
            silent=sorted(self._not_now.keys() - passing.keys()),
            refused={int(seat): why for seat, why in (passing | self._refused | self._course.faulty).items()},
        )
