"""Who sits together: ordered host keys, thresholds, and the authority on chain that the keys are made for."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from custody.errors import EncodingError
from custody.identifiers import Address, HostId, SignerId

SIGNING_KEY_BYTES: Final = 32
SEALING_KEY_BYTES: Final = 1184 + 32
"""ML-KEM-768 ‖ X25519."""
LARGEST_COMMITTEE: Final = 32
"""Each dealer seals to each seat; beyond this the dealings outgrow a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostKeys:
    """A host's public keys: Ed25519 for signatures, MLKEM768-X25519 for sealing. A coordinator has no sealing key."""

    signing: bytes
    sealing: bytes = b""

    def __post_init__(self) -> None:
        if len(self.signing) != SIGNING_KEY_BYTES or len(self.sealing) not in (0, SEALING_KEY_BYTES):
            raise EncodingError("host keys are 32 bytes of Ed25519 and 1216 bytes of MLKEM768-X25519")

    @property
    def id(self) -> HostId:
        return HostId(sha256(b"custody-host-v1" + self.signing + self.sealing).digest())


@dataclass(frozen=True, slots=True, kw_only=True)
class Committee:
    """Seats 1..n in order of `hosts`; one key for each of `thresholds` (ascending, n/2 < t <= n-1, t >= 2)."""

    hosts: tuple[HostKeys, ...]
    thresholds: tuple[int, ...]
    chain_id: int
    authority: Address

    def __post_init__(self) -> None:
        n = len(self.hosts)
        if not 3 <= n <= LARGEST_COMMITTEE or len({host.id for host in self.hosts}) != n:
            raise EncodingError(f"a committee has 3 to {LARGEST_COMMITTEE} distinct hosts")
        if any(not host.sealing for host in self.hosts):
            raise EncodingError("every custodian has a sealing key")
        if len({host.signing for host in self.hosts}) != n or len({host.sealing for host in self.hosts}) != n:
            raise EncodingError("no two seats share a key")
        if len(self.authority) != 20 or not 0 < self.chain_id < 1 << 63:
            raise EncodingError("a committee names a chain, and its authority by 20 bytes")
        if not 1 <= len(self.thresholds) <= 2 or list(self.thresholds) != sorted(set(self.thresholds)):
            raise EncodingError("an epoch has one threshold or two, distinct and ascending")
        if any(not n < 2 * t <= 2 * (n - 1) for t in self.thresholds):
            raise EncodingError(f"a threshold of {n} custodians lies above {n // 2} and at most at {n - 1}")

    @property
    def seats(self) -> tuple[SignerId, ...]:
        return tuple(SignerId(index) for index in range(1, len(self.hosts) + 1))

    def host(self, seat: SignerId) -> HostKeys:
        if not 1 <= seat <= len(self.hosts):
            raise ValueError(f"there is no seat {seat}")
        return self.hosts[seat - 1]

    def seat_of(self, host: HostId) -> SignerId | None:
        """The seat of a host, or None for a stranger."""
        for seat in self.seats:
            if self.host(seat).id == host:
                return seat
        return None

    def hosts_hash(self) -> bytes:
        """32 bytes over the ordered host keys alone."""
        return sha256(b"custody-hosts-v1" + b"".join(host.id for host in self.hosts)).digest()

    def fingerprint(self) -> bytes:
        """32 bytes over everything here: what custodians compare before a run."""
        thresholds = b"".join(t.to_bytes(2, "big") for t in self.thresholds)
        place = self.chain_id.to_bytes(32, "big") + self.authority
        lengths = len(self.hosts).to_bytes(2, "big") + len(self.thresholds).to_bytes(2, "big")
        return sha256(b"custody-committee-v1" + lengths + self.hosts_hash() + thresholds + place).digest()
