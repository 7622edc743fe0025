"""The two rounds of signing as types and pure steps: Approving -> Offered -> Answered.

Round A: an intent that the policy approved gets a fresh nonce commitment (`offer`). Round B: the coordinator fixes
the set, and each seat checks the whole signed list before it answers (`package_of`, `answer`). A nonce pair answers
once, ever: it is taken out of `Offered` by the answer, and the shell makes the answer durable before it sends it.

Refuses to know: where approvals are journalled, who is asked, how long to wait.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from custody.crypto.frost import Commitment, NoncePair, SigningPackage, draw_nonces, sign
from custody.crypto.keys import GroupKey, KeyShare
from custody.errors import EncodingError, FaultyCoordinator
from custody.identifiers import SessionId, SignerId
from custody.policy.engine import Approved
from custody.protocol.authenticated import Authenticated
from custody.protocol.committee import Committee
from custody.protocol.messages import Approval, ShareResponse


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
    """The answer of round B, to be durable before it leaves."""

    session: SessionId
    commitment_id: bytes
    list_hash: bytes
    response: ShareResponse


def offer(
    approved: Approved, *, session: SessionId, share: KeyShare, hiding_randomness: bytes, binding_randomness: bytes
) -> Offered:
    """Round A: draw a nonce pair for an approved intent from twice 32 fresh bytes.

    Raises:
        ValueError: the share is of another key than the one approved.
    """
    if share.key.id != approved.group_key:
        raise ValueError("an intent is signed with the key it was approved for")
    nonces = draw_nonces(share, hiding_randomness=hiding_randomness, binding_randomness=binding_randomness)
    return Offered(session=session, approved=approved, share=share, nonces=nonces)


def package_of(
    approvals: Sequence[Authenticated[Approval]],
    *,
    session: SessionId,
    digest: bytes,
    key: GroupKey,
    committee: Committee,
) -> SigningPackage:
    """The signing package that a list of signed approvals fixes; coordinator and seats build it alike.

    Raises:
        FaultyCoordinator: the list is not one that an honest coordinator would send: strangers, another session, digest
            or key, unsorted, repeated, too short, or commitments that cancel.
    """
    commitments = []
    for approval in approvals:
        seat = committee.seat_of(approval.author)
        if seat is None or seat not in key.signers:
            raise FaultyCoordinator("the list holds an approval of a stranger")
        if approval.execution != session or approval.message.digest != digest or approval.message.key != key.id:
            raise FaultyCoordinator(f"the approval of seat {seat} is of another session, digest or key")
        commitments.append(_commitment(approval.message, seat))
    try:
        return SigningPackage(key=key, message=digest, commitments=tuple(commitments))
    except ValueError as error:
        raise FaultyCoordinator(str(error)) from None


def _commitment(approval: Approval, seat: SignerId) -> Commitment:
    try:
        return Commitment.from_points_bytes(approval.commitment, signer=seat)
    except EncodingError as error:
        raise FaultyCoordinator(f"the commitment of seat {seat}: {error}") from None


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
    response = ShareResponse(digest=package.message, list_hash=package.list_hash, share=z_i.to_bytes32())
    return Answered(
        session=state.session, commitment_id=state.commitment_id, list_hash=package.list_hash, response=response
    )
