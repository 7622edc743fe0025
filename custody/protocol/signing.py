"""Signing as types and pure steps: Approved -> Offered -> Answered, and what a list of commitments must be.

Round A: an intent that the policy approved gets a fresh nonce commitment (`offer`). Round B: the coordinator fixes
the set, and each seat checks the whole signed list before it answers (`listed_approvals`, `package_of`, `answer`). A
nonce pair answers once, ever: it is taken out of `Offered` by the answer, and the shell makes the answer durable
before it sends it. Commitments of batches published ahead (`listed_picks`) do without round A.

Refuses to know: where approvals are journalled, who is asked, how long to wait.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from custody.crypto.frost import Commitment, NoncePair, SigningPackage, draw_nonces, sign
from custody.crypto.keys import GroupKey, KeyShare
from custody.crypto.scalars import SCALAR_BYTES
from custody.errors import EncodingError, FaultyCoordinator, ProtocolError
from custody.identifiers import HostId, SessionId, SignerId
from custody.policy.engine import Approved
from custody.protocol.authenticated import Authenticated
from custody.protocol.committee import Committee
from custody.protocol.signing_messages import Approval, Holding, Mark, NonceBatch, ShareResponse
from custody.protocol.tenure import Tenure

SINGLE: Final = 0
"""The batch that is none: a commitment made singly, in an `Approval`. Batches are numbered from 1."""


class NotAPledge(ProtocolError):
    """A signed commitment that is of no use here. Whether its author or its bearer is to blame is not known here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TenuredKey:
    """One key in one generation of its committee, with what messages call it."""

    tenure: Tenure
    key: GroupKey
    holding: Holding

    @classmethod
    def of(cls, tenure: Tenure, key: GroupKey) -> TenuredKey:
        """Hashes the public shares of all seats: make it once."""
        return cls(tenure=tenure, key=key, holding=tenure.holding(key))

    @property
    def committee(self) -> Committee:
        return self.tenure.committee

    def names(self, holding: Holding) -> bool:
        return holding == self.holding


@dataclass(frozen=True, slots=True, kw_only=True)
class Pledge:
    """One seat's signed commitment, as it stands in a list. `envelope` is what the seat signed it in."""

    seat: SignerId
    host: HostId
    commitment: Commitment
    mark: Mark
    envelope: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """This seat approved, and holds one unspent nonce pair for this session. Memory only."""

    session: SessionId
    approved: Approved
    share: KeyShare = field(repr=False)
    nonces: NoncePair

    @property
    def commitment_id(self) -> bytes:
        """66 bytes D ‖ E: by which the ledger knows the pair."""
        return self.nonces.commitment.points_bytes()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The answer of round B, to be durable before it leaves. `share` is z_i, `group_commitment` R."""

    session: SessionId
    commitment_id: bytes
    digest: bytes
    list_hash: bytes
    share: bytes
    group_commitment: bytes

    def response(self, *, following: bytes) -> ShareResponse:
        """What is sent; `following` is the signed next approval, or empty."""
        return ShareResponse(
            digest=self.digest,
            list_hash=self.list_hash,
            share=self.share,
            group_commitment=self.group_commitment,
            following=following,
        )


def offer(approved: Approved, *, session: SessionId, share: KeyShare, nonces: NoncePair) -> Offered:
    """An approved intent with the pair that will answer for it.

    Raises:
        ValueError: the share is of another key than the one approved, or the pair of another seat.
    """
    if share.key.id != approved.group_key:
        raise ValueError("an intent is signed with the key it was approved for")
    if nonces.commitment.signer != share.signer:
        raise ValueError("a seat answers with its own nonces")
    return Offered(session=session, approved=approved, share=share, nonces=nonces)


def draw_pair(share: KeyShare, randomness: bytes) -> NoncePair:
    """A nonce pair from 64 fresh bytes."""
    return draw_nonces(share, hiding_randomness=randomness[:32], binding_randomness=randomness[32:])


# --- the list that all shares depend on ---


def pledge_of_approval(approval: Authenticated[Approval], *, session: bytes, digest: bytes, key: TenuredKey) -> Pledge:
    """Raises: NotAPledge: of a stranger, another session, digest, key or generation, or no commitment."""
    seat = _seat(approval.author, key)
    message = approval.message
    if approval.execution != session or approval.recipient:
        raise NotAPledge(f"the approval of seat {seat} is of another session")
    if message.digest != digest or not key.names(message.holding) or message.batch != SINGLE:
        raise NotAPledge(f"the approval of seat {seat} is of another digest, key or generation")
    return Pledge(
        seat=seat,
        host=approval.author,
        commitment=_commitment(message.commitment, seat),
        mark=message.mark,
        envelope=approval.encoded,
    )


def pledge_of_pick(batch: Authenticated[NonceBatch], index: int, *, key: TenuredKey) -> Pledge:
    """Raises: NotAPledge: of a stranger, another key or generation, beyond the batch, or no commitment."""
    seat = _seat(batch.author, key)
    message = batch.message
    if not key.names(message.holding) or message.batch == SINGLE or batch.recipient:
        raise NotAPledge(f"the batch of seat {seat} is of another key or generation")
    if index >= len(message.commitments):
        raise NotAPledge(f"the batch of seat {seat} has no commitment {index}")
    return Pledge(
        seat=seat,
        host=batch.author,
        commitment=_commitment(message.commitments[index], seat),
        mark=message.mark,
        envelope=batch.encoded,
    )


def _seat(author: HostId, key: TenuredKey) -> SignerId:
    seat = key.committee.seat_of(author)
    if seat is None or seat not in key.key.signers:
        raise NotAPledge("a commitment of a stranger")
    return seat


def _commitment(encoded: bytes, seat: SignerId) -> Commitment:
    try:
        return Commitment.from_points_bytes(encoded, signer=seat)
    except EncodingError as error:
        raise NotAPledge(f"the commitment of seat {seat}: {error}") from None


def listed_approvals(
    approvals: Sequence[Authenticated[Approval]], *, session: bytes, digest: bytes, key: TenuredKey
) -> tuple[Pledge, ...]:
    """Raises: FaultyCoordinator: an honest one would have found out, and not sent this list."""
    try:
        return tuple(pledge_of_approval(each, session=session, digest=digest, key=key) for each in approvals)
    except NotAPledge as error:
        raise FaultyCoordinator(str(error)) from None


def listed_picks(picks: Sequence[tuple[Authenticated[NonceBatch], int]], *, key: TenuredKey) -> tuple[Pledge, ...]:
    """Raises: FaultyCoordinator: an honest one would have found out, and not sent this list."""
    try:
        return tuple(pledge_of_pick(batch, index, key=key) for batch, index in picks)
    except NotAPledge as error:
        raise FaultyCoordinator(str(error)) from None


def list_hash_of(pledges: Sequence[Pledge]) -> bytes:
    """32 bytes, the same as the package's, without computing what the package computes."""
    encoded = (pledge.seat.to_bytes(SCALAR_BYTES, "big") + pledge.commitment.points_bytes() for pledge in pledges)
    return sha256(b"".join(encoded)).digest()


def package_of(pledges: Sequence[Pledge], *, digest: bytes, key: TenuredKey) -> SigningPackage:
    """The signing package that a list fixes; coordinator and seats build it alike.

    Raises:
        FaultyCoordinator: the list is unsorted, repeats a seat, is too short, or its commitments cancel.
    """
    commitments = tuple(pledge.commitment for pledge in pledges)
    try:
        return SigningPackage(key=key.key, message=digest, commitments=commitments)
    except ValueError as error:
        raise FaultyCoordinator(str(error)) from None


def answer(state: Offered, package: SigningPackage) -> Answered:
    """Round B: spend the pair on this list. Whatever happens next, the pair is gone.

    Raises:
        FaultyCoordinator: the package is of another digest or key, or alters this seat's commitment; nothing was spent.
        NonceReused: the pair has answered before.
    """
    if package.message != state.approved.digest or package.key.id != state.approved.group_key:
        raise FaultyCoordinator("the list is of another digest or key than was approved")
    if package.commitments.get(state.share.signer) != state.nonces.commitment:
        raise FaultyCoordinator("the list does not hold this seat's own commitment, unchanged")
    z_i = sign(state.share, state.nonces, package)
    return Answered(
        session=state.session,
        commitment_id=state.commitment_id,
        digest=package.message,
        list_hash=package.list_hash,
        share=z_i.to_bytes32(),
        group_commitment=package.R.to_bytes_compressed(),
    )
