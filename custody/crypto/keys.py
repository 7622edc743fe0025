"""What a threshold key is: the public half that everybody holds, and one seat's share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from custody.crypto.curve import Point, SecretScalar
from custody.crypto.polynomial import evaluate_commitment
from custody.crypto.scalars import ORDER
from custody.identifiers import SignerId


class PublicShares(Mapping[SignerId, Point]):
    """Each seat's public share Y_i, computed from the summed commitments when it is first asked for.

    Signing needs none of them, and blame only those of the signers; at 67 of 100 all of them cost some 45 ms.
    """

    __slots__ = ("_commitment", "_known")

    def __init__(self, commitment: Sequence[Point], seats: Iterable[SignerId]) -> None:
        """`commitment`: the dealers' commitments added up term by term; PK is its first point."""
        self._commitment = tuple(commitment)
        self._known: dict[SignerId, Point | None] = dict.fromkeys(seats)

    def __getitem__(self, seat: SignerId) -> Point:
        """Raises: KeyError: no such seat. ValueError: the share is infinity, so that the key must not be used."""
        share = self._known[seat]
        if share is None:
            share = self._known[seat] = evaluate_commitment(self._commitment, seat)
            if share.is_infinity:
                raise ValueError("infinity is no public key")
        return share

    def __iter__(self) -> Iterator[SignerId]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


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
        # Shares that are computed when needed are checked then.
        known = () if isinstance(self.public_shares, PublicShares) else self.public_shares.values()
        if self.public.is_infinity or any(share.is_infinity for share in known):
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
