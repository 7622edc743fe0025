"""A custodian's node.

One door in, every request authenticated, every answer signed, every refusal named and journalled.

A request that is not of an allowed coordinator, or not for this host, costs no nonce, no read of the chain and no
signature. After an error of the node's own disk, or a nonce asked twice, it answers nothing any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Final

import structlog

from custody.errors import (
    CeremonyAborted,
    ChainError,
    CustodyError,
    EncodingError,
    FaultyCoordinator,
    NonceReused,
    PolicyDenied,
    ProtocolError,
    StoreError,
)
from custody.identifiers import HostId
from custody.policy.reasons import Reason, ReasonCode
from custody.ports.clock import Clock
from custody.ports.identity import Hosts, Identity
from custody.ports.ledger import Journal, NonceLedger
from custody.protocol.authenticated import Authenticated
from custody.protocol.ceremony_states import key_bodies
from custody.protocol.committee import HostKeys
from custody.protocol.messages import (
    ApprovalRequest,
    CeremonyProposal,
    ContributionSet,
    DealingSet,
    EndorsementSet,
    Message,
    Refusal,
    ShareRequest,
    Status,
    StatusRequest,
)
from custody.signer.ceremony_desk import CeremonyDesk
from custody.signer.rate_limit import RequestLimits
from custody.signer.signing_desk import SigningDesk

REQUESTS_PER_SECOND: Final = 200.0
REQUEST_BURST: Final = 400
REQUESTS_REMEMBERED: Final = 100_000

_log = structlog.get_logger("custody.node")


class Unanswered(CustodyError):
    """The request gets no signed answer; the door says why in plain words and nothing else."""


class Node:
    """Takes encoded requests, gives encoded answers."""

    def __init__(
        self,
        *,
        identity: Identity,
        hosts: Hosts,
        coordinators: Mapping[HostId, HostKeys],
        ceremony: CeremonyDesk,
        signing: SigningDesk,
        ledger: NonceLedger,
        journal: Journal,
        clock: Clock,
    ) -> None:
        self._identity = identity
        self._hosts = hosts
        self._coordinators = coordinators
        self._ceremony = ceremony
        self._signing = signing
        self._ledger = ledger
        self._journal = journal
        self._clock = clock
        now = clock.monotonic()
        self._limits = {
            author: RequestLimits(
                per_second=REQUESTS_PER_SECOND, burst=REQUEST_BURST, remembers=REQUESTS_REMEMBERED, now=now
            )
            for author in coordinators
        }
        self._stopped: str | None = None

    async def handle(self, encoded: bytes) -> bytes:
        """Answer one request.

        Raises:
            Unanswered: malformed, of a stranger, not for this host, too many, or this node has stopped.
        """
        if self._stopped is not None:
            raise Unanswered("this node has stopped")
        request = self._admit(encoded)
        try:
            answer = await self._dispatch(request)
        except (StoreError, NonceReused) as error:
            raise self._stop(str(error)) from None
        except CustodyError as error:
            return self._refuse(request, _reasons(error))
        except Exception as error:  # noqa: BLE001  # a bug of ours: its text may hold anything, so only its kind is told
            kind = type(error).__name__
            if isinstance(request.message, ShareRequest):
                raise self._stop(f"an error of its own while it signed ({kind})") from None
            return self._refuse(request, (str(Reason(ReasonCode.INTERNAL, kind)),))
        if self._stopped is not None:  # while this request waited on the chain
            raise Unanswered("this node has stopped")
        return answer

    def _stop(self, why: str) -> Unanswered:
        """Answer nothing any more; strangers are not told why."""
        self._stopped = why
        _log.critical("stopped", why=why)
        return Unanswered("this node has stopped")

    def _admit(self, encoded: bytes) -> Authenticated[Message]:
        try:
            request = self._hosts.authenticate(encoded, self._coordinators)
        except (EncodingError, ProtocolError) as error:
            _log.warning("unanswered", why=str(error))
            raise Unanswered(str(error)) from None
        if request.recipient != self._identity.keys.id:
            raise Unanswered("this request is for another host")
        if not self._limits[request.author].take(sha256(encoded).digest(), self._clock.monotonic()):
            raise Unanswered("too many requests")
        return request

    async def _dispatch(self, request: Authenticated[Message]) -> bytes:
        match request.message:
            case CeremonyProposal() | ContributionSet() | DealingSet() | EndorsementSet():
                encoded, keys = self._ceremony.answer(request)  # type: ignore[arg-type]  # narrowed by the case
                self._signing.use(keys)
            case ApprovalRequest():
                encoded = await self._signing.approve(request)  # type: ignore[arg-type]
            case ShareRequest():
                encoded = self._signing.share(request)  # type: ignore[arg-type]
            case StatusRequest():
                encoded = self._identity.sign(self._status(), execution=request.execution)
            case _:
                raise PolicyDenied([str(Reason(ReasonCode.MALFORMED, "this is no request"))])
        _log.info("answered", kind=type(request.message).__name__, execution=request.execution.hex()[:16])
        return encoded

    def _status(self) -> Status:
        length, head = self._journal.journal_head()
        return Status(
            boot=self._ledger.boot[0],
            keys=key_bodies([key.share for key in self._signing.keys]),
            journal_length=length,
            journal_head=head,
        )

    def _refuse(self, request: Authenticated[Message], reasons: tuple[str, ...]) -> bytes:
        kind = type(request.message).__name__
        self._journal.note("refused", f"{kind} {request.execution.hex()}: {'; '.join(reasons)}")
        _log.warning("refused", kind=kind, execution=request.execution.hex()[:16], reasons=reasons)
        return self._identity.sign(Refusal(reasons=reasons), execution=request.execution)


def _reasons(error: CustodyError) -> tuple[str, ...]:
    """Every reason as the wire carries it, each with its code."""
    match error:
        case PolicyDenied():
            return error.reasons
        case CeremonyAborted():
            return (str(Reason(ReasonCode.CEREMONY_FAILED, str(error))),)
        case ChainError():
            return (str(Reason(ReasonCode.CHAIN_UNAVAILABLE, str(error))),)
        case FaultyCoordinator() | EncodingError():
            return (str(Reason(ReasonCode.MALFORMED, str(error))),)
        case _:
            return (str(Reason(ReasonCode.BAD_SIGNATURE, str(error))),)
