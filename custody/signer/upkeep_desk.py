"""What a node does for its keys between runs: shows its certificates, erases old shares, derives keys for contracts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from custody.crypto.derivation import UnusableIndex
from custody.errors import PolicyDenied
from custody.identifiers import Address
from custody.policy.reasons import Reason, ReasonCode
from custody.ports.identity import Hosts, Identity
from custody.ports.ledger import HeldKey, KeyStore
from custody.protocol.authenticated import Authenticated
from custody.protocol.derivation import child_shares, child_tenure, next_index
from custody.protocol.run_messages import (
    BackupQuery,
    BackupTested,
    Derived,
    DeriveRequest,
    Erased,
    EraseRequest,
    KeysHeld,
    KeysQuery,
)
from custody.protocol.tenure import Tenure, follow_lineage
from custody.signer.progress import authenticate_all

UpkeepRequest = KeysQuery | BackupQuery | EraseRequest | DeriveRequest
UPKEEP_REQUESTS = (KeysQuery, BackupQuery, EraseRequest, DeriveRequest)
MOST_CHILDREN: Final = 1024
"""Of a lineage. Each is derived anew at every start, in about 20 ms, and no row goes away."""


class UpkeepDesk:
    """Answers for one seat; `use` is told of keys that may sign from now on."""

    def __init__(
        self, *, identity: Identity, hosts: Hosts, keys: KeyStore, use: Callable[[list[HeldKey]], None]
    ) -> None:
        self._identity = identity
        self._hosts = hosts
        self._keys = keys
        self._use = use

    def answer(self, request: Authenticated[UpkeepRequest]) -> bytes:
        """The signed answer. Raises: PolicyDenied. EncodingError, ProtocolError: what was brought is not authentic."""
        message = request.message
        match message:
            case KeysQuery():
                reply: KeysHeld | BackupTested | Erased | Derived = KeysHeld(lineages=tuple(self._keys.lineages()))
            case BackupQuery():
                reply = self._tested(message)
            case EraseRequest():
                reply = self._erase(message)
            case DeriveRequest():
                reply = self._derive(message)
        return self._identity.sign(reply, execution=request.execution)

    def _newest(self, *, certificate: bytes | None = None, root: bytes | None = None) -> Tenure:
        """The newest tenure of a lineage. Raises: PolicyDenied: it is not held here."""
        for lineage in self._keys.lineages():
            tenure = follow_lineage(lineage, self._hosts.authenticate)
            if certificate == tenure.certificate or root == tenure.root:
                return tenure
        raise _denied(ReasonCode.UNKNOWN_KEY, "this is not the newest certificate of a lineage held here")

    def _tested(self, query: BackupQuery) -> BackupTested:
        self._newest(certificate=query.certificate)
        if not self._keys.backup_tested(query.certificate):
            detail = "no backup of this generation was tested here: run `custody node restore --drill`"
            raise _denied(ReasonCode.CONFLICT, detail)
        return BackupTested(certificate=query.certificate)

    def _erase(self, request: EraseRequest) -> Erased:
        """The old generation goes once every seat has shown that the new one survives its machine."""
        tenure = self._newest(certificate=request.certificate)
        known = {host.id: host for host in tenure.committee.hosts}
        tested = authenticate_all(self._hosts.authenticate, known, request.tested, BackupTested)
        if [message.author for message in tested] != list(known):
            raise _denied(ReasonCode.MALFORMED, "every seat's signed test of its backup is needed, in order")
        if any(message.message.certificate != request.certificate for message in tested):
            raise _denied(ReasonCode.MALFORMED, "a seat tested the backup of another generation")
        self._keys.erase_before(tenure)
        return Erased(certificate=request.certificate)

    def _derive(self, request: DeriveRequest) -> Derived:
        tenure = self._newest(root=request.root)
        contract = Address(request.contract)
        given = self._keys.child_index(request.root, request.chain_id, contract)
        if given is not None and given != request.index:
            raise _denied(ReasonCode.CONFLICT, f"this contract has the keys at index {given} already")
        if given is None:
            self._require_next(tenure, request.index)
            self._keys.record_child(request.root, request.chain_id, contract, request.index)
        children = child_tenure(tenure, request.index)
        shares = child_shares(tenure, tuple(self._keys.shares(tenure)), request.index)
        self._use([HeldKey(share=share, tenure=children) for share in shares])
        return Derived(
            root=request.root,
            chain_id=request.chain_id,
            contract=request.contract,
            index=request.index,
            keys=tuple(key.id for key in children.keys),
        )

    def _require_next(self, tenure: Tenure, index: int) -> None:
        """Indices are given out in order, each to one contract."""
        taken = [child for _, _, child in self._keys.children(tenure.root)]
        if len(taken) >= MOST_CHILDREN:
            raise _denied(ReasonCode.CONFLICT, f"{MOST_CHILDREN} contracts have keys of this lineage, which is enough")
        try:
            expected = next_index(tenure, max(taken, default=-1) + 1)
        except (ValueError, UnusableIndex) as error:
            raise _denied(ReasonCode.CONFLICT, str(error)) from None
        if index != expected:
            raise _denied(ReasonCode.CONFLICT, f"index {index} asked, index {expected} is next here")


def children_of(keys: KeyStore, held: list[HeldKey]) -> list[HeldKey]:
    """This host's shares of every derived key in its registry, made anew from the newest generation."""
    found = []
    for key in held:
        for _, _, index in keys.children(key.tenure.root):
            tenure = child_tenure(key.tenure, index)
            share = child_shares(key.tenure, (key.share,), index)[0]
            found.append(HeldKey(share=share, tenure=tenure))
    return found


def _denied(code: ReasonCode, detail: str) -> PolicyDenied:
    return PolicyDenied([str(Reason(code, detail))])
