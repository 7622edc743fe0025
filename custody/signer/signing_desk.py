"""A custodian's side of signing: decides in round A, answers once in round B, or both in one trip.

Between the rounds a session lives in memory only. Round B runs without waiting on anything: the share is computed,
the pair wiped, and decision, spent pair, share and the peers' marks written in one durable commit, before the answer
leaves. A repeat gets that row. The answer brings the seat's next commitment for the same order, so that a session goes
on without another round A; a seat has one pair outstanding in a session.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from custody.crypto.frost import SigningPackage
from custody.errors import CustodyError, FaultyCoordinator, StoreError
from custody.identifiers import SessionId
from custody.policy.reasons import ReasonCode
from custody.ports.chain import ChainReader
from custody.ports.clock import Clock, Randomness
from custody.ports.identity import Hosts, Identity
from custody.ports.ledger import Answer, HeldKey, NonceLedger, SeenMark
from custody.protocol.authenticated import Authenticated
from custody.protocol.encoding import Message
from custody.protocol.signing import (
    SINGLE,
    Offered,
    Pledge,
    answer,
    draw_pair,
    list_hash_of,
    listed_approvals,
    listed_picks,
    offer,
    package_of,
)
from custody.protocol.signing_messages import (
    Approval,
    ApprovalRequest,
    Awake,
    BatchRequest,
    Holding,
    Mark,
    MarkQuery,
    OneTripRequest,
    Order,
    ShareRequest,
    Status,
    StatusRequest,
    WakeRequest,
)
from custody.protocol.tenure import Tenure
from custody.signer.batches import Batches
from custody.signer.judging import Decision, Judge, Rules, denied
from custody.signer.keyring import Keyring, Wielded
from custody.signer.lists import BatchReader, authenticated_list
from custody.signer.memory import Memory
from custody.signer.sessions import SESSION_SECONDS, Live, Sessions

SIGNING_REQUESTS: Final = (
    ApprovalRequest, ShareRequest, BatchRequest, OneTripRequest, MarkQuery, WakeRequest, StatusRequest,
)  # fmt: skip
"""What `SigningDesk.handle` answers."""


class SigningDesk:
    """Answers the requests of signing for one seat."""

    def __init__(
        self,
        *,
        rules: Rules,
        identity: Identity,
        hosts: Hosts,
        ledger: NonceLedger,
        chain: ChainReader,
        clock: Clock,
        randomness: Randomness,
    ) -> None:
        self._identity = identity
        self._hosts = hosts
        self._ledger = ledger
        self._clock = clock
        self._randomness = randomness
        self._judge = Judge(rules=rules, chain=chain, clock=clock, ledger=ledger)
        self._keyring = Keyring()
        self._memory = Memory(identity=identity, hosts=hosts, ledger=ledger, keyring=self._keyring)
        self._sessions = Sessions()
        self._batches = Batches(identity=identity, ledger=ledger, randomness=randomness)
        self._read = BatchReader(hosts)
        self._index = 0

    def load(self, keys: Sequence[HeldKey]) -> None:
        """Keys that the store held when this process started: they wait until peers vouch for the store."""
        self.use(keys)
        self._memory.wait_for([held.tenure for held in keys])

    def use(self, keys: Sequence[HeldKey]) -> None:
        """Sign with these from now on; each was certified by its whole committee. A newer generation replaces."""
        changed = self._keyring.add(keys)
        self._sessions.close_those_of(changed)
        self._batches.drop_those_of(changed)

    def retire(self, tenure: Tenure) -> None:
        """Sign no more with earlier generations of this lineage; who has a seat in the new one gets it by `use`."""
        dropped = self._keyring.retire(tenure)
        self._sessions.close_those_of(dropped)
        self._batches.drop_those_of(dropped)

    def require_awake(self, tenure: Tenure) -> None:
        """Raises: PolicyDenied: this node's memory of the lineage is not known to be whole."""
        self._memory.require_awake(tenure)

    def forget_expired(self) -> None:
        """Wipe the pairs of sessions that nobody came for; an idle node does it too."""
        self._sessions.forget_expired(self._clock.monotonic())

    @property
    def keys(self) -> tuple[HeldKey, ...]:
        return self._keyring.keys

    async def handle(self, request: Authenticated[Message]) -> bytes:
        """The signed answer to one of `SIGNING_REQUESTS`.

        Raises:
            PolicyDenied, ChainError, FaultyCoordinator: refused. StoreError, NonceReused: stop the node.
        """
        message = request.message
        match message:
            case ApprovalRequest():
                return await self._approve(SessionId(request.execution), message)
            case ShareRequest():
                return self._share(SessionId(request.execution), message)
            case OneTripRequest():
                return await self._one_trip(SessionId(request.execution), message)
            case BatchRequest():
                wielded = self._wield(message.holding)
                return self._batches.publish(request, wielded)  # type: ignore[arg-type]  # narrowed by the case
            case MarkQuery():
                return self._identity.sign(self._memory.peer_mark(message), execution=request.execution)
            case WakeRequest():
                self._memory.wake(message)
                return self._identity.sign(Awake(boot=self._ledger.boot[0]), execution=request.execution)
            case StatusRequest():
                return self._identity.sign(self._status(), execution=request.execution)
            case _:
                raise denied(ReasonCode.MALFORMED, "this is no request of signing")

    def _status(self) -> Status:
        return Status(mark=self._ledger.mark(), holdings=self._keyring.holdings, waiting=self._memory.is_waiting)

    def _wield(self, holding: Holding) -> Wielded:
        """Raises: PolicyDenied: no such key, another generation, or this node waits."""
        wielded = self._keyring.wield(holding)
        self._memory.require_awake(wielded.held.tenure)
        return wielded

    # --- round A ---

    async def _approve(self, session: SessionId, message: ApprovalRequest) -> bytes:
        """Decode, read the chain, ask the policy; the signed answer carries the commitment that is outstanding."""
        wielded = self._wield(message.holding)
        asked = _same_order(message.order, message.holding)
        outstanding = self._outstanding(session, asked)
        if outstanding is not None:
            return outstanding
        decision = await self._judge.decide(self._judge.read(message.order), wielded.key)
        outstanding = self._outstanding(session, asked)  # the same request may have been decided while this one waited
        if outstanding is not None:
            return outstanding
        self._wield(message.holding)  # so may another generation have come
        self._ledger.record_approval(slot=decision.slot, held=decision.held, decision=str(decision))
        offered, encoded = self._offer(session, decision, wielded, mark=self._ledger.mark())
        until = self._clock.monotonic() + SESSION_SECONDS
        self._sessions.put(
            session,
            Live(
                asked=asked, decision=decision, wielded=wielded, offered=offered, encoded=encoded, shares=0, until=until
            ),
        )
        return encoded

    def _outstanding(self, session: SessionId, asked: tuple[object, ...]) -> bytes | None:
        """The approval that this session has already; a session is one order."""
        live = self._sessions.get(session, self._clock.monotonic())
        if live is None:
            return None
        if live.asked != asked:
            raise denied(ReasonCode.CONFLICT, "this session was opened with another order")
        return live.encoded

    def _offer(self, session: SessionId, decision: Decision, wielded: Wielded, *, mark: Mark) -> tuple[Offered, bytes]:
        """A fresh pair for what was decided, and the signed approval that shows its commitment."""
        share = wielded.held.share
        nonces = draw_pair(share, self._randomness(64))
        offered = offer(decision.approved, session=session, share=share, nonces=nonces)
        self._index += 1
        message = Approval(
            digest=decision.approved.digest,
            holding=wielded.key.holding,
            commitment=offered.commitment_id,
            mark=mark,
            batch=SINGLE,
            index=self._index,
        )
        return offered, self._identity.sign(message, execution=session)

    # --- round B: nothing here awaits, so that nothing comes between taking the nonces and the commit ---

    def _share(self, session: SessionId, message: ShareRequest) -> bytes:
        """The signed share for this list, durable already."""
        approvals = authenticated_list(self._hosts, message.approvals, self._keyring.hosts, Approval)
        wielded = self._wield(approvals[0].message.holding)
        pledges = listed_approvals(approvals, session=session, digest=message.digest, key=wielded.key)
        given = self._given(session, pledges, message.digest)
        if given is not None:
            return given
        own = self._own(pledges, wielded)
        live = self._sessions.get(session, self._clock.monotonic())
        if live is None or live.offered.nonces.commitment != own.commitment:
            if self._ledger.is_spent(own.commitment.points_bytes()):
                raise denied(ReasonCode.NONCE_SPENT, "this pair answered another list")
            raise denied(ReasonCode.UNKNOWN_SESSION, "no approval of this session lives here, ask for another")
        package = package_of(pledges, digest=message.digest, key=wielded.key)
        self._judge.require_still_free(live.decision)
        return self._give(live, package, pledges)

    def _given(self, session: SessionId, pledges: Sequence[Pledge], digest: bytes) -> bytes | None:
        """The same bytes for the same list, in this boot or after it."""
        given = self._ledger.answer_for(session, list_hash_of(pledges))
        if given is None:
            return None
        if given.digest != digest:
            raise denied(ReasonCode.NONCE_SPENT, "this list was answered for another digest")
        return given.encoded

    def _own(self, pledges: Sequence[Pledge], wielded: Wielded) -> Pledge:
        for pledge in pledges:
            if pledge.seat == wielded.held.share.signer:
                return pledge
        raise FaultyCoordinator("the list does not hold this seat's own commitment")

    def _give(self, live: Live, package: SigningPackage, pledges: Sequence[Pledge]) -> bytes:
        """Spend the pair, record, and hand out; the session goes on with the pair that follows, if it goes on."""
        session, decision = live.offered.session, live.decision
        try:
            answered = answer(live.offered, package)
        finally:
            self._sessions.close(session)  # whatever happened, the pair answers nothing more
        following, encoded_following = None, b""
        if live.shares < _most_lists(live.wielded):
            mark = self._ledger.mark_after(str(decision))
            following, encoded_following = self._offer(session, decision, live.wielded, mark=mark)
        encoded = self._identity.sign(answered.response(following=encoded_following), execution=session)
        me = self._identity.keys.id
        self._ledger.record_answer(
            Answer(
                commitment_id=answered.commitment_id,
                session=session,
                digest=decision.approved.digest,
                list_hash=answered.list_hash,
                encoded=encoded,
            ),
            slot=decision.slot,
            held=decision.held,
            replaces=decision.replaces,
            chain_time=decision.chain_time,
            decision=str(decision),
            seen=[SeenMark(host=p.host, mark=p.mark, envelope=p.envelope) for p in pledges if p.host != me],
        )
        if following is not None:
            self._sessions.put(
                session,
                Live(
                    asked=live.asked,
                    decision=decision,
                    wielded=live.wielded,
                    offered=following,
                    encoded=encoded_following,
                    shares=live.shares + 1,
                    until=live.until,
                ),
            )
        return encoded

    # --- both rounds in one ---

    async def _one_trip(self, session: SessionId, message: OneTripRequest) -> bytes:
        """Judge the order as in round A; then answer with the pair that this seat published for it."""
        wielded = self._wield(message.holding)
        pledges = listed_picks(self._read.picks(message.picks, self._keyring.hosts), key=wielded.key)
        own = self._own(pledges, wielded)
        asked = self._judge.read(message.order)
        package = package_of(pledges, digest=asked.digest, key=wielded.key)
        given = self._given(session, pledges, asked.digest)
        if given is not None:
            return given
        self._require_new(session)
        decision = await self._judge.decide(asked, wielded.key)
        given = self._given(session, pledges, asked.digest)
        if given is not None:  # the same request was answered while this one waited
            return given
        self._require_new(session)
        self._wield(message.holding)
        self._judge.require_still_free(decision)
        index = next(pick.index for pick in message.picks if pick.batch == own.envelope)
        nonces = self._batches.take(own.envelope, index)
        offered = offer(decision.approved, session=session, share=wielded.held.share, nonces=nonces)
        until = self._clock.monotonic() + SESSION_SECONDS
        live = Live(
            asked=_same_order(message.order, message.holding),
            decision=decision,
            wielded=wielded,
            offered=offered,
            encoded=b"",
            shares=0,
            until=until,
        )
        try:
            return self._give(live, package, pledges)
        except CustodyError:
            raise
        except Exception as error:  # noqa: BLE001  # as in round B: a bug of ours between the pair and the commit
            raise StoreError(f"an error of its own while it signed ({type(error).__name__})") from None

    def _require_new(self, session: SessionId) -> None:
        if self._sessions.get(session, self._clock.monotonic()) is not None:
            raise denied(ReasonCode.CONFLICT, "this session was opened by an approval")


def _same_order(order: Order, holding: Holding) -> tuple[object, ...]:
    """What an order is but for the block: a decision holds for its session, at whatever block it is asked again."""
    return order.intent_type, order.intent, order.chain_id, order.contract, holding


def _most_lists(wielded: Wielded) -> int:
    """An order needs at most n - t + 1 lists until one of them is of honest seats alone (ROAST)."""
    key = wielded.key.key
    return len(key.signers) - key.threshold
