"""Proof that a dealer knows the secret behind its first commitment: a Schnorr proof bound to run, seat and committee.

Without it a dealer could choose its commitment as a function of the others' and own the group key alone (a rogue key).
The domain is ours ("custody-dkg"), with the run, the threshold and the committee inside, so that a proof made for
one run says nothing in another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from custody.crypto.curve import POINT_BYTES, Point, SecretScalar, times_generator_plus
from custody.crypto.scalars import SCALAR_BYTES, Scalar
from custody.crypto.suite import hash_to_scalar, secret_from_hash
from custody.errors import EncodingError, FaultySigner
from custody.identifiers import RunId, SignerId

PROOF_BYTES: Final = POINT_BYTES + SCALAR_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class DealerStatement:
    """What a proof is about: this seat, in this run of this committee, for this threshold."""

    run: RunId
    dealer: SignerId
    threshold: int
    committee: bytes  # 32 bytes, hash of the ordered host keys

    def encode(self) -> bytes:
        numbers = self.dealer.to_bytes(SCALAR_BYTES, "big") + self.threshold.to_bytes(2, "big")
        return self.run + numbers + self.committee

    def challenge(self, public: Point, nonce_commitment: Point) -> Scalar:
        points = public.to_bytes_compressed() + nonce_commitment.to_bytes_compressed()
        return hash_to_scalar(self.encode() + points, tag=b"custody-dkg")


@dataclass(frozen=True, slots=True)
class ProofOfPossession:
    """(R, mu) with mu·G == R + c·C_0; 65 bytes on the wire."""

    nonce_commitment: Point
    response: Scalar

    def to_bytes(self) -> bytes:
        return self.nonce_commitment.to_bytes_compressed() + self.response.to_bytes32()

    @classmethod
    def from_bytes(cls, encoded: bytes) -> ProofOfPossession:
        """Raises: EncodingError."""
        if len(encoded) != PROOF_BYTES:
            raise EncodingError(f"a proof of possession has {PROOF_BYTES} bytes, not {len(encoded)}")
        return cls(Point.from_bytes_compressed(encoded[:POINT_BYTES]), Scalar.from_bytes_checked(encoded[POINT_BYTES:]))


def prove_possession(secret: SecretScalar, statement: DealerStatement, *, randomness: bytes) -> ProofOfPossession:
    """Prove knowledge of `secret`; `randomness` is 32 fresh bytes.

    The nonce hashes the statement too: one randomness under two statements would give the secret away.
    """
    if len(randomness) != 32:
        raise ValueError("a proof is drawn from 32 fresh bytes")
    nonce = secret_from_hash(randomness + secret.to_secret_bytes() + statement.encode(), tag=b"custody-dkg-nonce")
    nonce_commitment = nonce.times_generator()
    challenge = statement.challenge(secret.times_generator(), nonce_commitment)
    weighted = secret.times(challenge)
    try:
        return ProofOfPossession(nonce_commitment, nonce.plus(weighted).disclose())
    finally:
        nonce.wipe()
        weighted.wipe()


def verify_possession(proof: ProofOfPossession, public: Point, statement: DealerStatement) -> None:
    """Check mu·G == R + c·C_0.

    Raises:
        FaultySigner: it is not so; `culprits == {statement.dealer}`.
    """
    challenge = statement.challenge(public, proof.nonce_commitment)
    # R == mu·G - c·C_0
    if times_generator_plus(proof.response, challenge.negated(), public) != proof.nonce_commitment:
        raise FaultySigner(frozenset({statement.dealer}))
