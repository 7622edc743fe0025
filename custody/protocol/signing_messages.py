"""What signing says; `execution` of the envelope is the session, fresh for each order of a coordinator.

Everything names the key it is about by `Holding`: group key, generation of the shares, and the hash of who holds which
public share. Another generation is stale, never a fault.
"""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from custody.protocol.encoding import Bytes16, Bytes20, Bytes32, CommitmentBytes, Count, Message, PointBytes, Text

OptionalPoint = Annotated[bytes, msgspec.Meta(max_length=33)]
SetEnvelopes = Annotated[tuple[bytes, ...], msgspec.Meta(min_length=1, max_length=100)]


class Holding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which shares of which key: (PK, generation, hash of ordered host keys and Y_i)."""

    key: PointBytes
    generation: Count
    holders: Bytes32


class Mark(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far a node's memory reaches: its start (number and random bytes), and its journal's length and head."""

    boot: Count
    boot_random: Bytes16
    journal_length: Count
    journal_head: Bytes32


class Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An intent as the coordinator asks for it; every node derives the digest itself."""

    intent_type: Text
    intent: Annotated[bytes, msgspec.Meta(max_length=4_096)]
    chain_id: Count
    contract: Bytes20
    block_hash: Bytes32


class ApprovalRequest(Message, frozen=True):
    """Round A asks: would you sign this intent, judged at this block, with this key?"""

    order: Order
    holding: Holding


class Approval(Message, frozen=True):
    """Round A answers: yes, with a fresh commitment for this session. It binds nothing until the share's commit.

    `batch` and `index`: the commitment's place; (key, generation, boot, batch, index) is said once. Batch 0 is made
    singly.
    """

    digest: Bytes32
    holding: Holding
    commitment: CommitmentBytes
    mark: Mark
    batch: Count
    index: Count


class ShareRequest(Message, frozen=True):
    """Round B asks: your share for exactly this list of signed approvals, sorted by seat."""

    digest: Bytes32
    approvals: SetEnvelopes


class ShareResponse(Message, frozen=True):
    """Round B answers: z_i, made for the list of this hash, with the R that the list gives.

    `following`: the signed `Approval` with this seat's next commitment for the same digest and session, if it would
    sign again (ROAST: a seat joins a further session only after it answered the last).
    """

    digest: Bytes32
    list_hash: Bytes32
    share: Bytes32
    group_commitment: PointBytes
    following: bytes


# --- commitments published ahead, and signing in one trip ---


MOST_IN_A_BATCH: Final = 1_000


class BatchRequest(Message, frozen=True):
    holding: Holding
    count: Annotated[int, msgspec.Meta(ge=1, le=MOST_IN_A_BATCH)]


class NonceBatch(Message, frozen=True):
    """Commitments published ahead, signed by both host keys."""

    holding: Holding
    mark: Mark
    batch: Count
    commitments: Annotated[tuple[CommitmentBytes, ...], msgspec.Meta(max_length=MOST_IN_A_BATCH)]


class Pick(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One seat's commitment of a signed batch (an encoded `NonceBatch` envelope)."""

    batch: bytes
    index: Count


class OneTripRequest(Message, frozen=True):
    """Judge this order and, if allowed, sign it at once with these commitments, sorted by seat."""

    order: Order
    holding: Holding
    picks: Annotated[tuple[Pick, ...], msgspec.Meta(min_length=1, max_length=100)]


# --- is this node's memory whole? ---


class MarkQuery(Message, frozen=True):
    """To a peer: how far did you see this host? `challenge` is the asking node's boot bytes."""

    host: Bytes32
    challenge: Bytes16


class PeerMark(Message, frozen=True):
    """The furthest this peer has stored in the commit of a share.

    `seen` is empty or the one envelope (`Approval` or `NonceBatch`) in which the host itself signed that mark: so that
    no peer can invent a mark and keep an honest host from signing.
    """

    host: Bytes32
    challenge: Bytes16
    seen: Annotated[tuple[bytes, ...], msgspec.Meta(max_length=1)]


class WakeRequest(Message, frozen=True):
    """Signed `PeerMark`s of enough peers: the node compares them with its own journal and signs, or never again."""

    marks: SetEnvelopes


class Awake(Message, frozen=True):
    boot: Count


class StatusRequest(Message, frozen=True):
    """Who are you and what can you sign?"""


class Status(Message, frozen=True):
    """`waiting`: keys are here, but peers have not vouched for this node's memory since it started."""

    mark: Mark
    holdings: tuple[Holding, ...]
    waiting: bool
