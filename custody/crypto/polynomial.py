"""Secret polynomials, their public commitments, and interpolation; knows no protocol.

Source: RFC 9591 §4.2 and appendix C (secret sharing, verifiable secret sharing).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod

from custody.crypto.curve import Point, SecretScalar, ZeroSecret, evaluate_secret, sum_points, sum_secrets
from custody.crypto.scalars import Scalar, invert_all
from custody.crypto.suite import secret_from_hash
from custody.identifiers import SignerId


@dataclass(frozen=True, slots=True)
class SecretPolynomial:
    """f(x) = a_0 + a_1·x + ... of degree t-1; a_0 is what is shared."""

    coefficients: tuple[SecretScalar, ...] = field(repr=False)

    @classmethod
    def from_randomness(cls, randomness: bytes, *, degree: int, domain: bytes) -> SecretPolynomial:
        """A polynomial from 32 fresh bytes: one source, told apart by `domain` and by the power of x."""
        return cls(_coefficients(randomness, range(degree + 1), domain))

    @classmethod
    def with_constant(
        cls, constant: SecretScalar, *, randomness: bytes, degree: int, domain: bytes
    ) -> SecretPolynomial:
        """A polynomial that shares a secret which exists: `constant` as it is, the rest as `from_randomness` draws it.

        `constant` is taken over, not copied. One (randomness, domain) serves one constant: two polynomials that
        differ in nothing else give the difference of their constants to every recipient.

        Raises:
            ValueError: not 32 bytes, or degree 0, which would hand the constant to everybody.
        """
        if degree < 1:
            raise ValueError("a polynomial that hides its constant has at least degree 1")
        return cls((constant, *_coefficients(randomness, range(1, degree + 1), domain)))

    def evaluate(self, signer: SignerId) -> SecretScalar:
        """f(signer), by Horner's rule in the library's constant-time arithmetic."""
        return evaluate_secret(self.coefficients, Scalar(signer))

    def commit(self) -> tuple[Point, ...]:
        """(a_0·G, a_1·G, ...): what the dealer publishes."""
        return tuple(coefficient.times_generator() for coefficient in self.coefficients)


def _coefficients(randomness: bytes, powers: range, domain: bytes) -> tuple[SecretScalar, ...]:
    if len(randomness) != 32:
        raise ValueError("a polynomial is drawn from 32 fresh bytes")
    return tuple(
        secret_from_hash(randomness + power.to_bytes(2, "big") + domain, tag=b"custody-coefficient") for power in powers
    )


def evaluate_commitment(commitment: Sequence[Point], signer: SignerId) -> Point:
    """f(signer)·G from the published commitment, by Horner's rule with the small factor."""
    result = commitment[-1]
    for point in reversed(commitment[:-1]):
        result = sum_points((result.times(Scalar(signer)), point))
    return result


def sum_commitments(commitments: Iterable[Sequence[Point]]) -> tuple[Point, ...]:
    """The commitment to the sum of the polynomials behind these, term by term.

    Raises:
        ValueError: they are not of one degree.
    """
    return tuple(sum_points(column) for column in zip(*commitments, strict=True))


def check_dealt_shares(
    commitments: Mapping[SignerId, Sequence[Point]], shares: Mapping[SignerId, SecretScalar], me: SignerId
) -> frozenset[SignerId]:
    """The dealers whose share for seat `me` is missing or wrong, f_j(me)·G != the value of j's commitment; else empty.

    The sum of all shares is checked against the sum of all commitments first, and single dealers only where it fails.
    Wrong shares whose errors cancel leave the sum as it should be, and with it this seat's share of the key: they harm
    nobody, and nobody is named.

    Args:
        commitments: the points that each dealer published, the constant term first, all of one degree.
        shares: what each dealer dealt to `me`.
    Raises:
        ValueError: a share of somebody who is no dealer, or commitments of different degrees.
    Source: RFC 9591 appendix C.2 (`vss_verify`), summed.
    """
    if not shares.keys() <= commitments.keys():
        raise ValueError("each share comes from a dealer with a commitment")
    if commitments and shares.keys() == commitments.keys():
        try:
            if sum_secrets(tuple(shares.values())).times_generator() == evaluate_commitment(
                sum_commitments(commitments.values()), me
            ):
                return frozenset()
        except ZeroSecret:  # they cancel: the single checks tell
            pass
    return frozenset(
        dealer
        for dealer, commitment in commitments.items()
        if (share := shares.get(dealer)) is None or share.times_generator() != evaluate_commitment(commitment, me)
    )


def lagrange_coefficient(signer: SignerId, signers: Collection[SignerId], *, at: int = 0) -> Scalar:
    """lambda_i of the interpolation over `signers`: at zero, where the secret lives, or at another public point.

    Raises:
        ValueError: `signer` is not among `signers`, or they are not distinct (RFC 9591 §4.2).
    """
    if signer not in signers or len(set(signers)) != len(signers):
        raise ValueError("interpolation needs distinct signers, this one among them")
    others = [other for other in signers if other != signer]
    # Identifiers are small as a rule: whole numbers, reduced once, are faster to multiply, and small ones to invert.
    denominator = prod([other - signer for other in others])
    numerator = prod([other - at for other in others]) * (1 if denominator > 0 else -1)
    return Scalar.reduce(numerator * Scalar.reduce(abs(denominator)).inverse())


def lagrange_coefficients(signers: Collection[SignerId]) -> dict[SignerId, Scalar]:
    """Every lambda_i of the interpolation at zero over `signers`, with one inversion for all of them.

    Raises:
        ValueError: they are not distinct modulo n, or one is zero.
    """
    if len(set(signers)) != len(signers):
        raise ValueError("interpolation needs distinct signers")
    numerator = prod(signers)
    denominators = [
        Scalar.reduce(signer * prod([other - signer for other in signers if other != signer])) for signer in signers
    ]
    return {
        signer: Scalar.reduce(numerator * inverse)
        for signer, inverse in zip(signers, invert_all(denominators), strict=True)
    }
