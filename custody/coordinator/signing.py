"""Brings t custodians to sign one intent.

Asks all, takes the first t approvals as the set, asks those for shares, adds and verifies.

A session that stalls (a seat dies between approval and share) or fails (a bad share) is followed by another, with
fresh nonces and without the seats at fault, while enough are left. Holds no share; can forge, change and reuse
nothing.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from custody.coordinator.asking import Asker, Refused, Silent
from custody.crypto.frost import Commitment, Signature, SigningPackage, aggregate
from custody.crypto.keys import GroupKey
from custody.crypto.scalars import Scalar
from custody.errors import EncodingError, FaultySigner, NotEnoughSigners
from custody.identifiers import Address, BlockHash, Digest, SessionId, SignerId
from custody.intents.codec import Intent
from custody.policy.reasons import ReasonCode
from custody.protocol.authenticated import Authenticated
from custody.protocol.messages import Approval, ApprovalRequest, ShareRequest, ShareResponse
from custody.protocol.signing import package_of

APPROVAL_SECONDS: Final = 5.0
SHARE_SECONDS: Final = 3.0
MOST_SESSIONS: Final = 12
PASSING: Final = frozenset(
    {ReasonCode.STALE_READ, ReasonCode.CHAIN_UNAVAILABLE, ReasonCode.UNKNOWN_SESSION, ReasonCode.CONFLICT}
)
MOST_STALLS: Final = 2
"""A seat that twice approved and then gave no share is left out of this order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIntent:
    """An intent, its signature, and which seats made it."""

    intent: Intent
    digest: Digest
    signature: Signature
    signers: tuple[SignerId, ...]
    sessions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningRequest:
    """What is to be signed: the intent, where it is valid, with which key, judged at which block."""

    intent: Intent
    chain_id: int
    contract: Address
    key: GroupKey
    newest_block: Callable[[], BlockHash]  # asked anew for each session: a stall must not make the block too old

    @property
    def digest(self) -> Digest:
        return self.intent.digest(chain_id=self.chain_id, contract=self.contract)

    def request(self) -> ApprovalRequest:
        return ApprovalRequest(
            intent_type=self.intent.NAME,
            intent=self.intent.encode(),
            chain_id=self.chain_id,
            contract=self.contract,
            key=self.key.id,
            block_hash=self.newest_block(),
        )


@dataclass(slots=True)
class _Tally:
    """What is known of the seats over all sessions of one order."""

    refused: dict[SignerId, str] = field(default_factory=dict)  # said no: asked no more
    faulty: dict[SignerId, str] = field(default_factory=dict)  # proven or unusable: asked no more
    silent: dict[SignerId, str] = field(default_factory=dict)  # as of the last session that asked them
    stalled: Counter[SignerId] = field(default_factory=Counter)  # approved, then gave no share

    def possible(self, seats: Sequence[SignerId]) -> list[SignerId]:
        """All that may still answer."""
        return [
            seat
            for seat in seats
            if seat not in self.refused and seat not in self.faulty and self.stalled[seat] < MOST_STALLS
        ]

    def candidates(self, seats: Sequence[SignerId], *, needed: int) -> list[SignerId]:
        """Whom to ask: those that never stalled while they are enough, else all that may still answer."""
        possible = self.possible(seats)
        steady = [seat for seat in possible if not self.stalled[seat] and seat not in self.silent]
        return steady if len(steady) >= needed else possible


class SigningCoordinator:
    """`on_set` is told the signing set once it is fixed, before shares are asked."""

    def __init__(self, asker: Asker, *, on_set: Callable[[tuple[SignerId, ...]], None] = lambda _: None) -> None:
        self._asker = asker
        self._on_set = on_set

    async def sign(self, order: SigningRequest) -> SignedIntent:
        """A verified signature of `order.key.threshold` custodians.

        Raises:
            NotEnoughSigners: too few approve, or too few of those give shares; who and why. Nothing was signed.
        """
        tally = _Tally()
        for number in range(1, MOST_SESSIONS + 1):
            session = SessionId(secrets.token_bytes(32))
            asked = tally.candidates(self._asker.committee.seats, needed=order.key.threshold)
            approvals = await self._approvals(order, session, tally, asked)
            if len(approvals) < order.key.threshold:
                if set(tally.possible(self._asker.committee.seats)) <= set(asked):
                    raise self._too_few(order, tally, approved=list(approvals))
                continue  # somebody who stalled before was not asked, and may be alive again
            package = package_of(
                [approvals[seat] for seat in sorted(approvals)],
                session=session,
                digest=order.digest,
                key=order.key,
                committee=self._asker.committee,
            )
            self._on_set(tuple(package.commitments))
            shares = await self._shares(session, approvals, package, tally)
            if len(shares) < len(package.commitments):
                continue
            try:
                signature = aggregate(shares, package)
            except FaultySigner as error:
                tally.faulty.update({SignerId(seat): "sent a bad share" for seat in error.culprits})
                continue
            return SignedIntent(
                intent=order.intent,
                digest=order.digest,
                signature=signature,
                signers=tuple(package.commitments),
                sessions=number,
            )
        raise self._too_few(order, tally, approved=[])

    async def _approvals(
        self, order: SigningRequest, session: SessionId, tally: _Tally, candidates: Sequence[SignerId]
    ) -> dict[SignerId, Authenticated[Approval]]:
        """The first t approvals; the rest are not waited for."""
        approvals: dict[SignerId, Authenticated[Approval]] = {}
        needed = order.key.threshold
        if len(candidates) < needed:
            return approvals
        request = order.request()
        async with asyncio.TaskGroup() as group:
            seat_of = {
                group.create_task(
                    self._asker.ask(seat, request, Approval, execution=session, seconds=APPROVAL_SECONDS)
                ): seat
                for seat in candidates
            }
            pending = set(seat_of)
            while pending and len(approvals) < needed:
                finished, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                for task in finished:
                    self._count(seat_of[task], task.result(), order, tally, approvals)
            for task in pending:
                task.cancel()
        return dict(list(approvals.items())[:needed])

    def _count(
        self,
        seat: SignerId,
        answer: Authenticated[Approval] | Refused | Silent,
        order: SigningRequest,
        tally: _Tally,
        approvals: dict[SignerId, Authenticated[Approval]],
    ) -> None:
        tally.silent.pop(seat, None)
        if isinstance(answer, Refused) and _is_passing(answer.why):
            tally.silent[seat] = answer.why
        elif isinstance(answer, Refused):
            tally.refused[seat] = answer.why
        elif isinstance(answer, Silent):
            tally.silent[seat] = answer.why
        elif answer.message.digest != order.digest or answer.message.key != order.key.id:
            tally.faulty[seat] = "approved another digest or key"
        elif not _is_commitment(answer.message.commitment, seat):
            tally.faulty[seat] = "sent a malformed commitment"
        else:
            approvals[seat] = answer

    async def _shares(
        self,
        session: SessionId,
        approvals: Mapping[SignerId, Authenticated[Approval]],
        package: SigningPackage,
        tally: _Tally,
    ) -> dict[SignerId, Scalar]:
        """The shares that came and belong to this list; a seat without one has stalled."""
        seats = tuple(package.commitments)
        request = ShareRequest(digest=package.message, approvals=tuple(approvals[seat].encoded for seat in seats))
        answers = await self._asker.ask_all(seats, request, ShareResponse, execution=session, seconds=SHARE_SECONDS)
        shares: dict[SignerId, Scalar] = {}
        for seat, answer in answers.items():
            if isinstance(answer, Refused | Silent):
                tally.stalled[seat] += 1
                tally.silent[seat] = answer.why
                continue
            try:
                z_i = Scalar.from_bytes_checked(answer.message.share)
            except EncodingError:
                tally.faulty[seat] = "sent a malformed share"
                continue
            if answer.message.list_hash != package.list_hash:
                tally.faulty[seat] = "sent a share for another list"
                continue
            shares[seat] = z_i
        return shares

    def _too_few(self, order: SigningRequest, tally: _Tally, *, approved: Sequence[SignerId]) -> NotEnoughSigners:
        seats = self._asker.committee.seats
        return NotEnoughSigners(
            needed=order.key.threshold,
            of=len(seats),
            approved=sorted(approved),
            silent=sorted(tally.silent),
            refused={int(seat): why for seat, why in (tally.refused | tally.faulty).items()},
        )


def _is_passing(why: str) -> bool:
    """Whether a refusal speaks of the moment and not of the intent: the seat may say yes in the next session."""
    return all(reason.split(":")[0] in PASSING for reason in why.split("; "))


def _is_commitment(encoded: bytes, seat: SignerId) -> bool:
    try:
        Commitment.from_points_bytes(encoded, signer=seat)
    except EncodingError:
        return False
    return True
