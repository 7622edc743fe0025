"""Is this node's memory whole? A store that was put back in time must not sign: its peers know better.

A node that starts with keys waits until enough of its peers stated the furthest mark that they ever stored of it, each
in the envelope that this node signed. They are so many that at least one of them sat in every list that ever became
a signature. The journal must hold every such mark.
"""

from __future__ import annotations

from collections.abc import Sequence

from custody.errors import EncodingError, PolicyDenied, ProtocolError
from custody.identifiers import HostId
from custody.policy.reasons import Reason, ReasonCode
from custody.ports.identity import Hosts, Identity
from custody.ports.ledger import NonceLedger
from custody.protocol.signing_messages import Approval, Mark, MarkQuery, NonceBatch, PeerMark, WakeRequest
from custody.protocol.tenure import Tenure
from custody.signer.keyring import Keyring
from custody.signer.lists import authenticated

ADVICE = "this store is older than what its peers saw: bring the seat back by repair"


class Memory:
    def __init__(self, *, identity: Identity, hosts: Hosts, ledger: NonceLedger, keyring: Keyring) -> None:
        self._identity = identity
        self._hosts = hosts
        self._ledger = ledger
        self._keyring = keyring
        self._waiting: set[bytes] = set()
        self._rolled_back = False

    def wait_for(self, tenures: Sequence[Tenure]) -> None:
        """Sign with keys of these lineages only after their peers have vouched."""
        self._waiting |= {tenure.root for tenure in tenures}

    @property
    def is_waiting(self) -> bool:
        return bool(self._waiting) or self._rolled_back

    def require_awake(self, tenure: Tenure) -> None:
        """Raises: PolicyDenied: the memory is not known to be whole, or known not to be."""
        if self._rolled_back:
            raise _denied(ReasonCode.ROLLED_BACK, ADVICE)
        if tenure.root in self._waiting:
            needed = vouchers_needed(tenure)
            raise _denied(
                ReasonCode.WAITING, f"since its start {needed} peers have yet to vouch for this node's memory"
            )

    def peer_mark(self, query: MarkQuery) -> PeerMark:
        """What this node stored of another; it may itself be waiting."""
        found = self._ledger.furthest_mark(HostId(query.host))
        return PeerMark(host=query.host, challenge=query.challenge, seen=() if found is None else (found,))

    def wake(self, request: WakeRequest) -> None:
        """Raises: PolicyDenied: too few vouch (WAITING), or one shows that this store is behind (ROLLED_BACK)."""
        vouched: set[HostId] = set()
        for encoded in request.marks:
            peer, marks = self._vouching(encoded)
            if peer is None:
                continue
            vouched.add(peer)
            if not all(self._ledger.remembers(mark) for mark in marks):
                self._rolled_back = True  # until the next start, which asks again
        if self._rolled_back:
            raise _denied(ReasonCode.ROLLED_BACK, ADVICE)
        whole = {t.root for t in self._keyring.tenures if _count(vouched, t) >= vouchers_needed(t)}
        if self._waiting and not whole:
            raise _denied(ReasonCode.WAITING, f"{len(vouched)} peers vouched, which is too few")
        self._waiting -= whole  # another lineage's peers are another coordinator's to ask

    def _vouching(self, encoded: bytes) -> tuple[HostId | None, list[Mark]]:
        """Who vouches, and the marks this node signed as the peer saw them. (None, []) where it proves nothing."""
        me = self._identity.keys
        try:
            answer = authenticated(self._hosts, encoded, self._keyring.hosts, PeerMark)
            message = answer.message
            if answer.author == me.id or message.host != me.id or message.challenge != self._ledger.boot[1]:
                return None, []
            return answer.author, [self._own_mark(seen) for seen in message.seen]
        except (EncodingError, ProtocolError):
            return None, []

    def _own_mark(self, seen: bytes) -> Mark:
        """Raises: EncodingError, ProtocolError: not what this node signed, so its bearer lies."""
        me = self._identity.keys
        match self._hosts.authenticate(seen, {me.id: me}).message:
            case Approval(mark=mark) | NonceBatch(mark=mark):
                return mark
            case _:
                raise ProtocolError("this carries no mark")


def vouchers_needed(tenure: Tenure) -> int:
    """n - t + 1 for the lowest t: one of them sat in every list of t seats that this node signed in."""
    committee = tenure.committee
    return len(committee.hosts) - min(committee.thresholds) + 1


def _count(vouched: set[HostId], tenure: Tenure) -> int:
    return sum(1 for host in vouched if tenure.committee.seat_of(host) is not None)


def _denied(code: ReasonCode, detail: str) -> PolicyDenied:
    return PolicyDenied([str(Reason(code, detail))])
