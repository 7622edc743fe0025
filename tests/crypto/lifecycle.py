"""A share's life played by one hand: resharing and repair with every check that a participant makes on the way."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from custody.crypto import GroupKey, KeyShare, Point, Scalar, SecretScalar, Signature
from custody.crypto.curve import sum_points
from custody.crypto.frost import aggregate, challenge, verify
from custody.crypto.polynomial import SecretPolynomial, evaluate_commitment, lagrange_coefficient
from custody.crypto.repairing import add_all, check_split, expected_sum, split
from custody.crypto.resharing import reshared_key, weighted_secret
from custody.identifiers import SignerId
from tests.builders import fresh, signature_shares

Shares = Mapping[SignerId, KeyShare]


def key_of(shares: Shares) -> GroupKey:
    return next(iter(shares.values())).key


def dealings(
    shares: Shares, dealers: Sequence[SignerId], *, threshold: int, label: object
) -> dict[SignerId, SecretPolynomial]:
    return {
        dealer: SecretPolynomial.with_constant(
            weighted_secret(shares[dealer], dealers),
            randomness=fresh((label, dealer)),
            degree=threshold - 1,
            domain=b"tests",
        )
        for dealer in dealers
    }


def reshare(
    shares: Shares, dealers: Sequence[SignerId], *, threshold: int, seats: Collection[SignerId], label: object
) -> dict[SignerId, KeyShare]:
    """The new committee's shares; every dealt share is checked against its dealer's commitment before it is added."""
    dealt = dealings(shares, dealers, threshold=threshold, label=label)
    commitments = {dealer: polynomial.commit() for dealer, polynomial in dealt.items()}
    key = reshared_key(key_of(shares), threshold, commitments, seats)
    fresh_shares = {}
    for seat in seats:
        received = {dealer: polynomial.evaluate(seat) for dealer, polynomial in dealt.items()}
        for dealer, part in received.items():
            assert part.times_generator() == evaluate_commitment(commitments[dealer], seat)
        fresh_shares[seat] = KeyShare(signer=seat, secret=add_all(received.values()), key=key)
        assert fresh_shares[seat].matches_public_share()
    return fresh_shares


def repair(shares: Shares, helpers: Sequence[SignerId], *, lost: SignerId, label: object) -> KeyShare:
    """The lost seat's share from exactly t others; every sum of points is checked before anything is added."""
    key = key_of(shares)
    parts = {
        helper: split(shares[helper], helpers=helpers, lost=lost, randomness=fresh((label, helper)), domain=b"tests")
        for helper in helpers
    }
    points = {helper: points_of(given) for helper, given in parts.items()}
    for helper in helpers:
        assert check_split(points[helper], expected_sum(key, helper, helpers, lost))
    sigmas = {helper: add_all(parts[sender][helper] for sender in helpers) for helper in helpers}
    for helper, sigma in sigmas.items():
        assert sigma.times_generator() == sum_points(points[sender][helper] for sender in helpers)
    repaired = KeyShare(signer=lost, secret=add_all(sigmas.values()), key=key)
    assert repaired.matches_public_share()
    return repaired


def points_of(parts: Mapping[SignerId, SecretScalar]) -> dict[SignerId, Point]:
    return {seat: part.times_generator() for seat, part in parts.items()}


def sign_with(shares: Shares, signers: Iterable[SignerId], *, message: bytes = b"message") -> Signature:
    """A signature by the two rounds of FROST, which verifies or raises."""
    package, answers = signature_shares(shares, sorted(signers), message=message)
    signature = aggregate(answers, package)
    verify(signature, message, package.key.public)
    return signature


def sign_by_hand(secrets: Mapping[SignerId, SecretScalar], public: Point, *, message: bytes = b"message") -> Signature:
    """What any set of holders can do without our code: interpolate over themselves, whoever dealt what they hold."""
    nonce = SecretScalar.from_secret_bytes(fresh(("by hand", message, tuple(secrets))))
    c = challenge(nonce.times_generator(), public, message)
    weights = {seat: Scalar.reduce(c * lagrange_coefficient(seat, secrets.keys())) for seat in secrets}
    z = add_all([nonce, *(secret.times(weights[seat]) for seat, secret in secrets.items())])
    return Signature(nonce.times_generator(), z.disclose())
