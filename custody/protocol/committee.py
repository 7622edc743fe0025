"""Who sits together: ordered host keys, thresholds, and the authority on chain that the keys are made for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from custody.errors import EncodingError
from custody.identifiers import Address, HostId, SignerId

SIGNING_KEY_BYTES: Final = 32
POST_QUANTUM_KEY_BYTES: Final = 1952
"""ML-DSA-65 (FIPS 204)."""
LARGEST_COMMITTEE: Final = 100
"""Each dealer seals to each seat; beyond this the dealings outgrow a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostKeys:
    """A host's public keys for signatures: Ed25519 and ML-DSA-65. A coordinator has the first alone.

    Nothing is sealed to a host: every run has one-time keys of its own.
    """

    signing: bytes
    post_quantum: bytes = b""
    id: HostId = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.signing) != SIGNING_KEY_BYTES or len(self.post_quantum) not in (0, POST_QUANTUM_KEY_BYTES):
            raise EncodingError("host keys are 32 bytes of Ed25519 and 1952 bytes of ML-DSA-65")
        named = sha256(b"custody-host-v2" + self.signing + self.post_quantum).digest()
        object.__setattr__(self, "id", HostId(named))


@dataclass(frozen=True, slots=True, kw_only=True)
class Committee:
    """Seats 1..n in order of `hosts`; one key for each of `thresholds` (ascending, n/2 < t <= n-1, t >= 2)."""

    hosts: tuple[HostKeys, ...]
    thresholds: tuple[int, ...]
    chain_id: int
    authority: Address
    _seats: Mapping[HostId, SignerId] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        n = len(self.hosts)
        if not 3 <= n <= LARGEST_COMMITTEE or len({host.id for host in self.hosts}) != n:
            raise EncodingError(f"a committee has 3 to {LARGEST_COMMITTEE} distinct hosts")
        if any(not host.post_quantum for host in self.hosts):
            raise EncodingError("every custodian has an ML-DSA-65 key")
        if len({host.signing for host in self.hosts}) != n or len({host.post_quantum for host in self.hosts}) != n:
            raise EncodingError("no two seats share a key")
        if len(self.authority) != 20 or not 0 < self.chain_id < 1 << 63:
            raise EncodingError("a committee names a chain, and its authority by 20 bytes")
        if not 1 <= len(self.thresholds) <= 2 or list(self.thresholds) != sorted(set(self.thresholds)):
            raise EncodingError("an epoch has one threshold or two, distinct and ascending")
        if any(not n < 2 * t <= 2 * (n - 1) for t in self.thresholds):
            raise EncodingError(f"a threshold of {n} custodians lies above {n // 2} and at most at {n - 1}")
        seat_of = {host.id: SignerId(seat) for seat, host in enumerate(self.hosts, start=1)}
        object.__setattr__(self, "_seats", seat_of)

    @property
    def seats(self) -> tuple[SignerId, ...]:
        return tuple(SignerId(index) for index in range(1, len(self.hosts) + 1))

    def host(self, seat: SignerId) -> HostKeys:
        if not 1 <= seat <= len(self.hosts):
            raise ValueError(f"there is no seat {seat}")
        return self.hosts[seat - 1]

    def seat_of(self, host: HostId) -> SignerId | None:
        """The seat of a host, or None for a stranger."""
        return self._seats.get(host)

    def hosts_hash(self) -> bytes:
        """32 bytes over the ordered host keys alone."""
        return sha256(b"custody-hosts-v1" + b"".join(host.id for host in self.hosts)).digest()

    def fingerprint(self) -> bytes:
        """32 bytes over everything here: what custodians compare before a run."""
        thresholds = b"".join(t.to_bytes(2, "big") for t in self.thresholds)
        place = self.chain_id.to_bytes(32, "big") + self.authority
        lengths = len(self.hosts).to_bytes(2, "big") + len(self.thresholds).to_bytes(2, "big")
        return sha256(b"custody-committee-v1" + lengths + self.hosts_hash() + thresholds + place).digest()
