"""What a threshold key is: the public half that everybody holds, and one seat's share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from custody.crypto.curve import Point, SecretScalar
from custody.crypto.scalars import ORDER
from custody.identifiers import SignerId


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupKey:
    """The public half: PK, how many of whom can sign, and each seat's public share Y_i."""

    public: Point
    threshold: int
    public_shares: Mapping[SignerId, Point]

    def __post_init__(self) -> None:
        if any(not 1 <= seat < ORDER for seat in self.public_shares):
            raise ValueError("seats are distinct modulo the group order and never 0, where the secret lives")
        if not 2 <= self.threshold <= len(self.public_shares):
            raise ValueError(f"{self.threshold} of {len(self.public_shares)} is no threshold key")
        if self.public.is_infinity or any(share.is_infinity for share in self.public_shares.values()):
            raise ValueError("infinity is no public key")

    @property
    def signers(self) -> frozenset[SignerId]:
        return frozenset(self.public_shares)

    @property
    def id(self) -> bytes:
        """33 bytes: the compressed group key, by which messages and records name it."""
        return self.public.to_bytes_compressed()

    @property
    def is_verifiable_on_chain(self) -> bool:
        """Whether P.x < n, which the contract's `ecrecover` needs; fails with chance 2^-128."""
        return self.public.coordinates()[0] < ORDER


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyShare:
    """One seat's secret half of a threshold key."""

    signer: SignerId
    secret: SecretScalar = field(repr=False)
    key: GroupKey

    def __post_init__(self) -> None:
        if self.signer not in self.key.signers:
            raise ValueError(f"seat {self.signer} holds no share of this key")

    def matches_public_share(self) -> bool:
        """Whether s_i·G == Y_i."""
        return self.secret.times_generator() == self.key.public_shares[self.signer]
