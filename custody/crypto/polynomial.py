"""Secret polynomials, their public commitments, and interpolation; knows no protocol.

Source: RFC 9591 §4.2 and appendix C (secret sharing, verifiable secret sharing).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from custody.crypto.curve import Point, SecretScalar, sum_points
from custody.crypto.scalars import ORDER, Scalar
from custody.crypto.suite import secret_from_hash
from custody.identifiers import SignerId


@dataclass(frozen=True, slots=True)
class SecretPolynomial:
    """f(x) = a_0 + a_1·x + ... of degree t-1; a_0 is what is shared."""

    coefficients: tuple[SecretScalar, ...] = field(repr=False)

    @classmethod
    def from_randomness(cls, randomness: bytes, *, degree: int, domain: bytes) -> SecretPolynomial:
        """A polynomial from 32 fresh bytes: one source, told apart by `domain` and by the power of x."""
        if len(randomness) != 32:
            raise ValueError("a polynomial is drawn from 32 fresh bytes")
        return cls(
            tuple(
                secret_from_hash(randomness + power.to_bytes(2, "big") + domain, tag=b"custody-coefficient")
                for power in range(degree + 1)
            )
        )

    def evaluate(self, signer: SignerId) -> SecretScalar:
        """f(signer), by Horner's rule in the library's constant-time arithmetic."""
        result = self.coefficients[-1]
        for coefficient in reversed(self.coefficients[:-1]):
            result = result.times(Scalar(signer)).plus(coefficient)
        return result

    def commit(self) -> tuple[Point, ...]:
        """(a_0·G, a_1·G, ...): what the dealer publishes."""
        return tuple(coefficient.times_generator() for coefficient in self.coefficients)


def evaluate_commitment(commitment: Sequence[Point], signer: SignerId) -> Point:
    """f(signer)·G from the published commitment, by Horner's rule with the small factor."""
    result = commitment[-1]
    for point in reversed(commitment[:-1]):
        result = sum_points((result.times(Scalar(signer)), point))
    return result


def lagrange_coefficient(signer: SignerId, signers: Collection[SignerId]) -> Scalar:
    """lambda_i of the interpolation at zero over `signers`.

    Raises:
        ValueError: `signer` is not among `signers`, or they are not distinct (RFC 9591 §4.2).
    """
    if signer not in signers or len(set(signers)) != len(signers):
        raise ValueError("interpolation needs distinct signers, this one among them")
    numerator, denominator = 1, 1
    for other in signers:
        if other != signer:
            numerator = numerator * other % ORDER
            denominator = denominator * (other - signer) % ORDER
    return Scalar.reduce(numerator * Scalar(denominator).inverse())
