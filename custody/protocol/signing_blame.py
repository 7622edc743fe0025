"""Who left the protocol of signing, from signed envelopes alone: evidence that anybody checks with the tenure.

A seat is blamed for what its own signature stands under, never for what a relay or a coordinator could have made of
honest messages: an answer that names another list is no fault, for a relay can repeat it anywhere.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec

from custody.errors import EncodingError, FaultyCoordinator, ProtocolError
from custody.identifiers import HostId, SignerId
from custody.protocol.authenticated import Authenticated
from custody.protocol.combining import share_fault
from custody.protocol.encoding import Bytes32, Count, Message, PointBytes
from custody.protocol.signing import (
    Pledge,
    TenuredKey,
    list_hash_of,
    listed_approvals,
    listed_picks,
    package_of,
)
from custody.protocol.signing_messages import Approval, NonceBatch, ShareResponse
from custody.protocol.tenure import Tenure

AnyMessage = Authenticated[Message]


class Unproven(ProtocolError):
    """These messages show no fault of the accused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Culprit:
    """A seat's proven fault. `seat` is None for a host that sits in another committee than the tenure's."""

    host: HostId
    seat: SignerId | None
    fault: str


class SigningEvidence(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A fault and the envelopes that show it; whoever has the tenure checks it offline (`check_evidence`).

    share: `listed` are the envelopes of the list, sorted by seat (approvals, or batches with `indices`), `said` is the
    seat's `ShareResponse`. equivocation: `said` are two envelopes for one slot; `listed` and `indices` are empty.
    """

    kind: Literal["share", "equivocation"]
    accused: Bytes32
    key: PointBytes
    listed: Annotated[tuple[bytes, ...], msgspec.Meta(max_length=100)]
    indices: Annotated[tuple[Count, ...], msgspec.Meta(max_length=100)]
    said: Annotated[tuple[bytes, ...], msgspec.Meta(min_length=1, max_length=2)]


# --- shares ---


def judge_share(
    listed: Sequence[Authenticated[Approval]] | Sequence[tuple[Authenticated[NonceBatch], int]],
    response: Authenticated[ShareResponse],
    *,
    key: TenuredKey,
) -> Culprit | None:
    """What a seat's answer to a list is worth: a proven fault of its author, or None where it is as it must be.

    Raises:
        Unproven: the answer says nothing about its author here: it is of no seat of the list, of another list, or the
            list is one that only a faulty coordinator makes.
    """
    message = response.message
    pledges = _pledges(listed, response, key)
    own = next((pledge for pledge in pledges if pledge.host == response.author), None)
    if own is None:
        raise Unproven("the answer is of a host that is not in the list")
    if message.list_hash != list_hash_of(pledges):
        raise Unproven("the answer is for another list; whoever brings it here may be at fault")
    digest = _digest(listed, message)
    if message.digest != digest:
        return Culprit(host=own.host, seat=own.seat, fault="answered another digest than it approved")
    try:
        package = package_of(pledges, digest=digest, key=key)
    except FaultyCoordinator as error:
        raise Unproven(f"no honest coordinator makes this list: {error}") from None
    fault = share_fault(message, seat=own.seat, package=package)
    return None if fault is None else Culprit(host=own.host, seat=own.seat, fault=fault)


def _pledges(
    listed: Sequence[Authenticated[Approval]] | Sequence[tuple[Authenticated[NonceBatch], int]],
    response: Authenticated[ShareResponse],
    key: TenuredKey,
) -> tuple[Pledge, ...]:
    """Raises: Unproven: not one list of one session, digest and key."""
    approvals = [each for each in listed if isinstance(each, Authenticated)]
    picks = [each for each in listed if not isinstance(each, Authenticated)]
    if not listed or (approvals and picks):
        raise Unproven("a list has approvals, or picks of batches")
    try:
        if picks:
            return listed_picks(picks, key=key)
        digest = approvals[0].message.digest
        return listed_approvals(approvals, session=response.execution, digest=digest, key=key)
    except FaultyCoordinator as error:
        raise Unproven(f"no honest coordinator makes this list: {error}") from None


def _digest(
    listed: Sequence[Authenticated[Approval]] | Sequence[tuple[Authenticated[NonceBatch], int]], said: ShareResponse
) -> bytes:
    """What the approvals are of. Batches are of no digest: an answer is judged by the one that it states."""
    first = listed[0]
    return first.message.digest if isinstance(first, Authenticated) else said.digest


# --- two bodies for one place ---


class Equivocations:
    """Remembers what was said in each of the newest `most` places, and tells when something else is said there."""

    def __init__(self, *, most: int = 10_000) -> None:
        self._seen: OrderedDict[tuple[object, ...], AnyMessage] = OrderedDict()
        self._most = most

    def add(self, message: AnyMessage) -> AnyMessage | None:
        """The earlier message with another body for a place of this one, or None."""
        place = _place(message)
        if place is None:
            return None
        before = self._seen.setdefault(place, message)
        if len(self._seen) > self._most:
            self._seen.popitem(last=False)
        return None if before.body == message.body else before


def find_equivocation(messages: Iterable[AnyMessage]) -> tuple[AnyMessage, AnyMessage] | None:
    """Two different bodies of one author for one place: a commitment's, a batch's, or an answer's.

    Two signatures on one body are none, and neither are messages of other kinds.
    """
    seen = Equivocations()
    for message in messages:
        before = seen.add(message)
        if before is not None:
            return before, message
    return None


def evidence_of_two(before: AnyMessage, after: AnyMessage, *, key: bytes) -> SigningEvidence:
    """What `Equivocations` found, for a file; `key` is the one that was being signed with."""
    said = (before.encoded, after.encoded)
    return SigningEvidence(kind="equivocation", accused=after.author, key=key, listed=(), indices=(), said=said)


def _place(message: AnyMessage) -> tuple[object, ...] | None:
    """What this author may say once: a commitment's or a batch's place, or the answer to a list. None: anything else.

    The commitments of a batch are one body, so that its number is the place of them all.
    """
    said = message.message
    match said:
        case Approval():
            holding = said.holding
            return message.author, holding.key, holding.generation, *_start(said), said.batch, said.index
        case NonceBatch():
            holding = said.holding
            return message.author, holding.key, holding.generation, *_start(said), said.batch
        case ShareResponse():
            return message.author, message.execution, said.list_hash
        case _:
            return None


def _start(said: Approval | NonceBatch) -> tuple[int, bytes]:
    """A start is its number and its random bytes: a store that was put back gives the same number out again."""
    return said.mark.boot, said.mark.boot_random


# --- evidence in a file ---


def check_evidence(
    evidence: SigningEvidence, *, tenure: Tenure, authenticate: Callable[[bytes], AnyMessage]
) -> Culprit:
    """The culprit that the evidence shows; `authenticate` proves authors among the tenure's hosts.

    Raises:
        Unproven: it shows no fault of the accused.
    """
    try:
        listed = [authenticate(each) for each in evidence.listed]
        said = [authenticate(each) for each in evidence.said]
    except (EncodingError, ProtocolError) as error:
        raise Unproven(f"an envelope is not of a host of this tenure: {error}") from None
    if any(message.author != evidence.accused for message in said):
        raise Unproven("not said by the accused")
    if evidence.kind == "equivocation":
        return _equivocation(said, tenure)
    group = tenure.key_of(evidence.key)
    [answer, *rest] = said
    if group is None or rest or not isinstance(answer.message, ShareResponse):
        raise Unproven("evidence of a share has one answer under a key of the tenure")
    culprit = judge_share(
        _listed(listed, evidence.indices),
        answer,  # type: ignore[arg-type]  # checked to carry a ShareResponse
        key=TenuredKey.of(tenure, group),
    )
    if culprit is None:
        raise Unproven("the answer is as it must be")
    return culprit


def _equivocation(said: Sequence[AnyMessage], tenure: Tenure) -> Culprit:
    if find_equivocation(said) is None:
        raise Unproven("these are not two bodies for one place")
    author = said[0].author
    fault = f"said two different things as one {type(said[0].message).__name__}"
    return Culprit(host=author, seat=tenure.committee.seat_of(author), fault=fault)


def _listed(
    messages: Sequence[AnyMessage], indices: Sequence[int]
) -> list[Authenticated[Approval]] | list[tuple[Authenticated[NonceBatch], int]]:
    """Raises: Unproven: neither approvals alone, nor batches with an index each."""
    if not indices and all(isinstance(message.message, Approval) for message in messages):
        return list(messages)  # type: ignore[return-value]  # each was checked
    if len(indices) == len(messages) and all(isinstance(message.message, NonceBatch) for message in messages):
        return list(zip(messages, indices, strict=True))  # type: ignore[return-value]  # each was checked
    raise Unproven("a list has approvals, or batches with an index each")
