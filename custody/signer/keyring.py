"""The shares that this node signs with: of each key the newest generation, and who holds the others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from custody.errors import PolicyDenied
from custody.identifiers import HostId
from custody.policy.reasons import Reason, ReasonCode
from custody.ports.ledger import HeldKey
from custody.protocol.committee import HostKeys
from custody.protocol.signing import TenuredKey
from custody.protocol.signing_messages import Holding
from custody.protocol.tenure import Tenure


@dataclass(frozen=True, slots=True, kw_only=True)
class Wielded:
    """A share, and its key with the generation that it is of."""

    held: HeldKey = field(repr=False)
    key: TenuredKey


class Keyring:
    def __init__(self) -> None:
        self._wielded: dict[bytes, Wielded] = {}
        self._hosts: dict[HostId, HostKeys] = {}

    def add(self, keys: Iterable[HeldKey]) -> list[bytes]:
        """Take newer generations in; returns the ids of the keys whose generation is another from now on."""
        changed = []
        for held in keys:
            group = held.share.key
            before = self._wielded.get(group.id)
            if before is not None and before.held.tenure.generation >= held.tenure.generation:
                continue
            if before is not None:
                changed.append(group.id)
            self._wielded[group.id] = Wielded(held=held, key=TenuredKey.of(held.tenure, group))
        self._hosts = {host.id: host for tenure in self.tenures for host in tenure.committee.hosts}
        return changed

    def retire(self, tenure: Tenure) -> list[bytes]:
        """Drop every key of an earlier generation of this lineage; returns their ids."""
        dropped = [
            key
            for key, wielded in self._wielded.items()
            if wielded.held.tenure.root == tenure.root and wielded.held.tenure.generation < tenure.generation
        ]
        for key in dropped:
            del self._wielded[key]
        return dropped

    def wield(self, holding: Holding) -> Wielded:
        """Raises: PolicyDenied: no such key, or not in this generation."""
        wielded = self._wielded.get(holding.key)
        if wielded is None:
            detail = f"no certified share of {holding.key.hex()} is held here"
            raise PolicyDenied([str(Reason(ReasonCode.UNKNOWN_KEY, detail))])
        if not wielded.key.names(holding):
            ours = wielded.key.holding.generation
            detail = f"asked for generation {holding.generation} of {holding.key.hex()}, in use here is {ours}"
            raise PolicyDenied([str(Reason(ReasonCode.STALE_GENERATION, detail))])
        return wielded

    @property
    def keys(self) -> tuple[HeldKey, ...]:
        return tuple(wielded.held for wielded in self._wielded.values())

    @property
    def holdings(self) -> tuple[Holding, ...]:
        return tuple(wielded.key.holding for wielded in self._wielded.values())

    @property
    def tenures(self) -> Sequence[Tenure]:
        """Of every key here, each once."""
        return list(
            {wielded.held.tenure.certificate: wielded.held.tenure for wielded in self._wielded.values()}.values()
        )

    @property
    def hosts(self) -> dict[HostId, HostKeys]:
        """Everybody who holds a share of any of these keys."""
        return self._hosts
