"""Two-round threshold Schnorr signatures: commit, sign, aggregate, verify, and who is to blame.

FROST(secp256k1, SHA-256) exactly as RFC 9591; letters as there. Knows nothing of messages, intents or stores.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from custody.crypto.curve import POINT_BYTES, Point, SecretScalar, sum_points, times_generator_plus
from custody.crypto.keys import GroupKey, KeyShare
from custody.crypto.polynomial import lagrange_coefficient, lagrange_coefficients
from custody.crypto.scalars import SCALAR_BYTES, Scalar
from custody.crypto.suite import BindingHash, h2, h3, h4, h5
from custody.errors import EncodingError, FaultySigner, NonceReused, ProtocolError
from custody.identifiers import SignerId

COMMITMENT_BYTES: Final = 2 * POINT_BYTES
SIGNATURE_BYTES: Final = POINT_BYTES + SCALAR_BYTES


class InvalidSignature(ProtocolError):
    """z·G != R + c·PK."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """One signer's public nonces (D_i, E_i)."""

    signer: SignerId
    hiding: Point
    binding: Point

    def encode(self) -> bytes:
        """id(32) ‖ D(33) ‖ E(33): one entry of the commitment list (RFC 9591 §4.3)."""
        return self.signer.to_bytes(SCALAR_BYTES, "big") + self.points_bytes()

    def points_bytes(self) -> bytes:
        """D ‖ E, 66 bytes: what the signer sends and what names the pair."""
        return self.hiding.to_bytes_compressed() + self.binding.to_bytes_compressed()

    @classmethod
    def from_points_bytes(cls, encoded: bytes, *, signer: SignerId) -> Commitment:
        """Raises: EncodingError (infinity has no encoding, so it is refused here)."""
        if len(encoded) != COMMITMENT_BYTES:
            raise EncodingError(f"a commitment has {COMMITMENT_BYTES} bytes, not {len(encoded)}")
        return cls(
            signer=signer,
            hiding=Point.from_bytes_compressed(encoded[:POINT_BYTES]),
            binding=Point.from_bytes_compressed(encoded[POINT_BYTES:]),
        )


class NoncePair:
    """Secret nonces (d_i, e_i) that answer once, ever. Lives in memory only."""

    __slots__ = ("_pair", "commitment")

    def __init__(self, hiding: SecretScalar, binding: SecretScalar, *, signer: SignerId) -> None:
        self._pair: tuple[SecretScalar, SecretScalar] | None = (hiding, binding)
        self.commitment = Commitment(signer=signer, hiding=hiding.times_generator(), binding=binding.times_generator())

    def spend(self) -> tuple[SecretScalar, SecretScalar]:
        """Give the pair out and forget it.

        Raises:
            NonceReused: it was given out before.
        """
        pair, self._pair = self._pair, None
        if pair is None:
            raise NonceReused("this nonce pair has already answered")
        return pair

    def wipe(self) -> None:
        """Forget the pair unused."""
        if self._pair is not None:
            for nonce in self._pair:
                nonce.wipe()
        self._pair = None

    def __repr__(self) -> str:
        return f"NoncePair(signer={self.commitment.signer}, spent={self._pair is None})"

    def __reduce__(self) -> str:
        raise TypeError("nonces are not pickled")


def draw_nonces(share: KeyShare, *, hiding_randomness: bytes, binding_randomness: bytes) -> NoncePair:
    """Round one: two nonces from 32 fresh bytes each, hedged with the share (RFC 9591 §4.1, §5.1)."""
    if len(hiding_randomness) != 32 or len(binding_randomness) != 32:
        raise ValueError("each nonce is drawn from 32 fresh bytes")
    secret = share.secret.to_secret_bytes()
    return NoncePair(h3(hiding_randomness + secret), h3(binding_randomness + secret), signer=share.signer)


@dataclass(frozen=True, slots=True)
class Signature:
    """(R, z) with z·G == R + c·PK."""

    R: Point
    z: Scalar

    def to_bytes(self) -> bytes:
        """R(33) ‖ z(32), as RFC 9591 prints it."""
        return self.R.to_bytes_compressed() + self.z.to_bytes32()

    @classmethod
    def from_bytes(cls, encoded: bytes) -> Signature:
        """Parse R(33) ‖ z(32). Raises: EncodingError."""
        if len(encoded) != SIGNATURE_BYTES:
            raise EncodingError(f"a signature has {SIGNATURE_BYTES} bytes, not {len(encoded)}")
        return cls(Point.from_bytes_compressed(encoded[:POINT_BYTES]), Scalar.from_bytes_checked(encoded[POINT_BYTES:]))

    def to_chain_bytes(self) -> bytes:
        """R.x ‖ R.y ‖ z, 96 bytes: what the contract reads."""
        x, y = self.R.coordinates()
        return x.to_bytes(32, "big") + y.to_bytes(32, "big") + self.z.to_bytes32()


def challenge(R: Point, public: Point, message: bytes) -> Scalar:
    """c = H2(R ‖ PK ‖ msg) (RFC 9591 §4.6)."""
    return h2(R.to_bytes_compressed() + public.to_bytes_compressed() + message)


def verify(signature: Signature, message: bytes, public: Point) -> None:
    """Check z·G == R + c·PK.

    Raises:
        InvalidSignature: it is not so.
    """
    c = challenge(signature.R, public, message)
    if times_generator_plus(signature.z, c.negated(), public) != signature.R:
        raise InvalidSignature("z·G != R + c·PK")


class SigningPackage:
    """A message, a key and the fixed list of commitments: all that shares depend on.

    rho, c and lambda depend on the whole list, so the set of signers is fixed before any share is made. What costs
    curve work is computed when first asked for, and once: who only adds shares up may need none of it.
    """

    __slots__ = (
        "_R", "_binding_factors", "_binding_hash", "_c", "_lagrange", "_weighted", "commitments", "key", "list_hash",
        "message",
    )  # fmt: skip

    def __init__(self, *, key: GroupKey, message: bytes, commitments: tuple[Commitment, ...]) -> None:
        """Raises: ValueError: the list is unsorted, repeats or names strangers, or is shorter than the threshold."""
        signers = [commitment.signer for commitment in commitments]
        if signers != sorted(set(signers)):
            raise ValueError("a commitment list is sorted by signer, each once")
        if not set(signers) <= key.signers:
            raise ValueError("a commitment list names holders of the key only")
        if len(signers) < key.threshold:
            raise ValueError(f"a commitment list of this key has at least {key.threshold} entries")
        self.key = key
        self.message = message
        self.commitments = {commitment.signer: commitment for commitment in commitments}
        encoded = b"".join([commitment.encode() for commitment in commitments])
        self.list_hash = sha256(encoded).digest()
        self._binding_hash = BindingHash(key.id + h4(message) + h5(encoded))
        self._binding_factors: dict[SignerId, Scalar] = {}
        self._weighted: dict[SignerId, Point] = {}  # rho_i·E_i
        self._lagrange: dict[SignerId, Scalar] = {}
        self._R: Point | None = None
        self._c: Scalar | None = None

    def binding_factor(self, signer: SignerId) -> Scalar:
        """rho_i."""
        rho_i = self._binding_factors.get(signer)
        if rho_i is None:
            rho_i = self._binding_hash.h1(signer.to_bytes(SCALAR_BYTES, "big"))
            self._binding_factors[signer] = rho_i
        return rho_i

    @property
    def R(self) -> Point:
        """The group commitment, the sum of all D_i + rho_i·E_i: a multiplication a signer, unless `sign` came first.

        Raises:
            ValueError: these commitments cancel (chance 2^-256: each rho_i depends on all of them).
        """
        if self._R is None:
            self._R = self._sum({})
        return self._R

    @property
    def c(self) -> Scalar:
        """The challenge."""
        if self._c is None:
            self._c = challenge(self.R, self.key.public, self.message)
        return self._c

    def lagrange(self, signer: SignerId) -> Scalar:
        """lambda_i over the signers of this list."""
        return self._lagrange.get(signer) or lagrange_coefficient(signer, self.commitments.keys())

    def term(self, signer: SignerId) -> Point:
        """D_i + rho_i·E_i: what this signer's share must be worth beside its part of the key."""
        return sum_points((self.commitments[signer].hiding, self._weighted_binding(signer)))

    def culprits(self, shares: Mapping[SignerId, Scalar]) -> frozenset[SignerId]:
        """The signers whose shares do not verify; what is common to all is computed once."""
        if not self._lagrange:
            self._lagrange = lagrange_coefficients(self.commitments.keys())
        return frozenset(signer for signer, z_i in shares.items() if not self._fits(z_i, signer))

    def _fits(self, z_i: Scalar, signer: SignerId) -> bool:
        """Whether z_i·G - (c·lambda_i)·Y_i == D_i + rho_i·E_i."""
        weight = Scalar.reduce(-self.c * self.lagrange(signer))
        return times_generator_plus(z_i, weight, self.key.public_shares[signer]) == self.term(signer)

    def _know_own(self, signer: SignerId, nonce: SecretScalar) -> None:
        """Compute R as a signer can: its own term (d_i + rho_i·e_i)·G is one creation, half a multiplication."""
        if self._R is None:
            self._R = self._sum({signer: nonce.times_generator()})

    def _sum(self, known: Mapping[SignerId, Point]) -> Point:
        """R, given those terms that are known."""
        points = list(known.values())
        for signer, commitment in self.commitments.items():
            if signer not in known:
                points += (commitment.hiding, self._weighted_binding(signer))
        R = sum_points(points)
        if R.is_infinity:
            raise ValueError("these commitments cancel: R is infinity")
        return R

    def _weighted_binding(self, signer: SignerId) -> Point:
        weighted = self._weighted.get(signer)
        if weighted is None:
            weighted = self._weighted[signer] = self.commitments[signer].binding.times(self.binding_factor(signer))
        return weighted


def sign(share: KeyShare, nonces: NoncePair, package: SigningPackage) -> Scalar:
    """Round two: z_i = d_i + rho_i·e_i + (lambda_i·c)·s_i (RFC 9591 §5.2). The nonces are gone afterwards.

    Raises:
        ValueError: the package is of another key, or own commitment is missing or altered; the nonces are not spent.
            Or the commitments cancel (chance 2^-256); they are spent.
        NonceReused: the pair has answered before.
    """
    if package.key.id != share.key.id:
        raise ValueError("a share signs under its own key only")
    if package.commitments.get(share.signer) != nonces.commitment:
        raise ValueError("the list must contain this signer's own commitment, unchanged")
    rho_i = package.binding_factor(share.signer)
    d_i, e_i = nonces.spend()
    # Each of these with the public z_i gives the share away, so each is wiped.
    secrets = [d_i, e_i]
    try:
        secrets.append(rho_e := e_i.times(rho_i))
        secrets.append(nonce := d_i.plus(rho_e))
        package._know_own(share.signer, nonce)
        weight = Scalar.reduce(package.lagrange(share.signer) * package.c)
        secrets.append(weighted := share.secret.times(weight))
        return nonce.plus(weighted).disclose()
    finally:
        for secret in secrets:
            secret.wipe()


def verify_share(z_i: Scalar, *, signer: SignerId, package: SigningPackage) -> None:
    """Check one share: z_i·G == D_i + rho_i·E_i + (c·lambda_i)·Y_i. Many of one list: `package.culprits`.

    Raises:
        FaultySigner: it is not so; `culprits == {signer}`.
    Source: RFC 9591 §5.3 (`verify_signature_share`).
    """
    if not package._fits(z_i, signer):
        raise FaultySigner(frozenset({signer}))


def aggregate(shares: Mapping[SignerId, Scalar], package: SigningPackage) -> Signature:
    """Add the shares and verify the sum; look at single shares only when it fails.

    Raises:
        ValueError: shares of other signers than those of the package.
        FaultySigner: the sum does not verify; all culprits are named.
    Source: RFC 9591 §5.3, aggregate first.
    """
    if shares.keys() != package.commitments.keys():
        raise ValueError("aggregation needs exactly one share of each signer of the list")
    signature = Signature(package.R, Scalar.reduce(sum(shares.values())))
    try:
        verify(signature, package.message, package.key.public)
        return signature
    except InvalidSignature:
        culprits = package.culprits(shares)
        assert culprits, "shares that all verify add up to a signature that verifies"
        raise FaultySigner(culprits) from None
