"""A custodian's node.

One door in, every request authenticated, every answer signed, every refusal named and journalled.

A request that is not of an allowed coordinator, or not for this host, costs no nonce, no read of the chain and no
signature. After an error of the node's own disk, or a nonce asked twice, it answers nothing any more.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from hashlib import sha256
from typing import Final

import structlog

from custody.errors import (
    ChainError,
    CustodyError,
    EncodingError,
    FaultyCoordinator,
    NonceReused,
    PolicyDenied,
    ProtocolError,
    RunAborted,
    StoreError,
)
from custody.identifiers import HostId
from custody.policy.reasons import Reason, ReasonCode
from custody.ports.clock import Clock
from custody.ports.identity import Hosts, Identity
from custody.ports.ledger import HeldKey, Journal
from custody.protocol.authenticated import Authenticated
from custody.protocol.committee import HostKeys
from custody.protocol.encoding import Message
from custody.protocol.messages import Refusal
from custody.protocol.run_messages import RunProposal
from custody.protocol.signing_messages import ShareRequest
from custody.signer.rate_limit import RequestLimits, TokenBucket
from custody.signer.run_desk import RUN_REQUESTS, RunDesk
from custody.signer.signing_desk import SIGNING_REQUESTS, SigningDesk
from custody.signer.upkeep_desk import UPKEEP_REQUESTS, UpkeepDesk

REQUESTS_PER_SECOND: Final = 200.0
REQUEST_BURST: Final = 400
REQUESTS_REMEMBERED: Final = 100_000
REFUSALS_NOTED_PER_SECOND: Final = 1.0
REFUSALS_NOTED_AT_ONCE: Final = 1_000
"""Of each coordinator: the journal keeps every line for ever, and a hostile key could fill the disk with refusals."""

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
        runs: RunDesk,
        upkeep: UpkeepDesk,
        signing: SigningDesk,
        children: Callable[[list[HeldKey]], list[HeldKey]],
        journal: Journal,
        clock: Clock,
        lineage_root: Callable[[], Awaitable[bytes]],
    ) -> None:
        """`lineage_root` reads from the chain which certificate the agreed authority's keys began with.

        `children` gives the derived keys of keys that this node holds.
        """
        self._identity = identity
        self._hosts = hosts
        self._coordinators = coordinators
        self._runs = runs
        self._upkeep = upkeep
        self._signing = signing
        self._children = children
        self._journal = journal
        self._clock = clock
        self._lineage_root = lineage_root
        now = clock.monotonic()
        self._limits = {
            author: RequestLimits(
                per_second=REQUESTS_PER_SECOND, burst=REQUEST_BURST, remembers=REQUESTS_REMEMBERED, now=now
            )
            for author in coordinators
        }
        self._notes = {
            author: TokenBucket(per_second=REFUSALS_NOTED_PER_SECOND, burst=REFUSALS_NOTED_AT_ONCE, now=now)
            for author in coordinators
        }
        self._unnoted = dict.fromkeys(coordinators, 0)
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

    def rest(self) -> None:
        """What is due while nobody asks: pairs that nobody came for are wiped."""
        self._signing.forget_expired()

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
        if isinstance(request.message, RUN_REQUESTS):
            return await self._run(request)
        match request.message:
            case message if isinstance(message, UPKEEP_REQUESTS):
                encoded = self._upkeep.answer(request)  # type: ignore[arg-type]  # narrowed by the case
            case message if isinstance(message, SIGNING_REQUESTS):
                encoded = await self._signing.handle(request)
            case _:
                raise PolicyDenied([str(Reason(ReasonCode.MALFORMED, "this is no request"))])
        _log.info("answered", kind=type(request.message).__name__, execution=request.execution.hex()[:16])
        return encoded

    async def _run(self, request: Authenticated[Message]) -> bytes:
        root: bytes | None = None
        if isinstance(request.message, RunProposal) and request.message.lineage:
            self._require_whole_memory()
            try:
                root = await self._lineage_root()
            except ChainError as error:  # who holds the keys already needs no chain to know them
                _log.warning("chain-unread", why=str(error))
        encoded, finished = self._runs.answer(request, root=root)  # type: ignore[arg-type]  # narrowed by the caller
        if finished is not None:
            self._signing.retire(finished.tenure)
            held = list(finished.keys)
            self._signing.use([*held, *self._children(held)])
        _log.info("answered", kind=type(request.message).__name__, execution=request.execution.hex()[:16])
        return encoded

    def _require_whole_memory(self) -> None:
        """A store that was put back in time deals nothing on. Raises: PolicyDenied."""
        for held in self._signing.keys:
            self._signing.require_awake(held.tenure)

    def _refuse(self, request: Authenticated[Message], reasons: tuple[str, ...]) -> bytes:
        kind = type(request.message).__name__
        self._note(request.author, f"{kind} {request.execution.hex()}: {'; '.join(reasons)}")
        _log.warning("refused", kind=kind, execution=request.execution.hex()[:16], reasons=reasons)
        return self._identity.sign(Refusal(reasons=reasons), execution=request.execution)

    def _note(self, author: HostId, refusal: str) -> None:
        """Every refusal, or, of a coordinator that has too many, some of them and how many there were between."""
        if not self._notes[author].take(self._clock.monotonic()):
            self._unnoted[author] += 1
            return
        if self._unnoted[author]:
            self._journal.note("refused", f"{self._unnoted[author]} more of coordinator {author.hex()[:16]}")
            self._unnoted[author] = 0
        self._journal.note("refused", refusal)


def _reasons(error: CustodyError) -> tuple[str, ...]:
    """Every reason as the wire carries it, each with its code."""
    match error:
        case PolicyDenied():
            return error.reasons
        case RunAborted():
            return (str(Reason(ReasonCode.RUN_FAILED, str(error))),)
        case ChainError():
            return (str(Reason(ReasonCode.CHAIN_UNAVAILABLE, str(error))),)
        case FaultyCoordinator() | EncodingError():
            return (str(Reason(ReasonCode.MALFORMED, str(error))),)
        case _:
            return (str(Reason(ReasonCode.BAD_SIGNATURE, str(error))),)
