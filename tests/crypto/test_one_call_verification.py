"""a·G + b·P by key recovery is what multiplying gives, and what it verifies is what multiplying verifies."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from custody.crypto import Point, Scalar, Signature
from custody.crypto.curve import INFINITY, sum_points, times_generator, times_generator_plus
from custody.crypto.frost import InvalidSignature, challenge, verify, verify_share
from custody.crypto.scalars import FIELD, ORDER
from custody.errors import EncodingError, FaultySigner
from tests.builders import a_key, seats, signature_shares
from tests.crypto.recording import recording

MESSAGE = b"message"
EDGES = (0, 1, 2, 3, ORDER - 1, ORDER - 2, ORDER // 2, ORDER // 2 + 1, 1 << 128, (1 << 255) + 1)
numbers = st.one_of(st.sampled_from(EDGES), st.integers(0, ORDER - 1))


def point(number):
    return times_generator(Scalar.reduce(number))


def slow(a, b, P):
    """By multiplications, as the equation is written."""
    return sum_points((times_generator(a), P.times(b)))


def points_with_x_from(first, count=3):
    """Points whose x is `first` or just above, with both signs of y."""
    found = []
    x = first
    while len(found) < 2 * count:
        for prefix in (b"\x02", b"\x03"):
            try:
                found.append(Point.from_bytes_compressed(prefix + x.to_bytes(32, "big")))
            except EncodingError:
                break
        x += 1
    return found


X_ABOVE_ORDER = points_with_x_from(ORDER)
"""No honest scalar leads here: found by their x, which recovery cannot express as a scalar."""
X_AT_THE_EDGES = points_with_x_from(1) + points_with_x_from(ORDER - 40) + points_with_x_from(FIELD - 40)


class TestGivenAnyScalarsAndPoint:
    @settings(max_examples=300, deadline=None, database=None)
    @given(numbers, numbers, numbers)
    @example(0, 0, 0)
    @example(0, 1, 1)
    @example(1, 0, 1)
    @example(5, 0, 0)
    def test_when_combined_then_the_multiplications_give_the_same(self, a, b, p):
        a, b, P = Scalar(a), Scalar(b), point(p)
        assert times_generator_plus(a, b, P) == slow(a, b, P)

    @settings(max_examples=100, deadline=None, database=None)
    @given(numbers, numbers.filter(bool))
    def test_when_they_cancel_then_infinity_comes_out(self, b, p):
        a = Scalar.reduce(-b * p)
        assert times_generator_plus(a, Scalar(b), point(p)) == INFINITY
        assert times_generator_plus(Scalar.reduce(a + 1), Scalar(b), point(p)) == point(1)

    @settings(max_examples=100, deadline=None, database=None)
    @given(numbers, numbers, st.sampled_from(X_ABOVE_ORDER + X_AT_THE_EDGES))
    def test_when_the_point_has_a_strange_x_then_the_multiplications_give_the_same(self, a, b, P):
        assert times_generator_plus(Scalar(a), Scalar(b), P) == slow(Scalar(a), Scalar(b), P)

    def test_when_the_strange_points_are_looked_at_then_their_x_is_no_scalar(self):
        assert all(ORDER <= P.coordinates()[0] < FIELD for P in X_ABOVE_ORDER)

    def test_when_x_is_a_scalar_then_one_recovery_does_it_and_nothing_is_multiplied(self):
        with recording() as secp:
            times_generator_plus(Scalar(5), Scalar(7), point(11))
        assert "secp256k1_ecdsa_recover" in secp.calls
        assert "secp256k1_ec_pubkey_tweak_mul" not in secp.calls

    def test_when_x_is_no_scalar_then_it_is_multiplied(self):
        with recording() as secp:
            times_generator_plus(Scalar(5), Scalar(7), X_ABOVE_ORDER[0])
        assert "secp256k1_ecdsa_recover" not in secp.calls


def slowly_valid(signature, message, public):
    c = challenge(signature.R, public, message)
    return times_generator(signature.z) == sum_points((signature.R, public.times(c)))


def is_valid(signature, message, public):
    try:
        verify(signature, message, public)
    except InvalidSignature:
        return False
    return True


def signed_by(secret, nonce, message):
    """Schnorr by one hand, with plain integers: only a test may."""
    R, public = point(nonce), point(secret)
    return Signature(R, Scalar.reduce(nonce + challenge(R, public, message) * secret)), public


nonzero = numbers.filter(bool)
TAMPERINGS = {
    "nothing": lambda s, m, P: (s, m, P),
    "z by one": lambda s, m, P: (Signature(s.R, Scalar.reduce(s.z + 1)), m, P),
    "z negated": lambda s, m, P: (Signature(s.R, s.z.negated()), m, P),
    "z zero": lambda s, m, P: (Signature(s.R, Scalar(0)), m, P),
    "R negated": lambda s, m, P: (Signature(s.R.negated(), s.z), m, P),
    "R doubled": lambda s, m, P: (Signature(sum_points((s.R, s.R)), s.z), m, P),
    "R is G": lambda s, m, P: (Signature(point(1), s.z), m, P),
    "R is PK": lambda s, m, P: (Signature(P, s.z), m, P),
    "R with a strange x": lambda s, m, P: (Signature(X_ABOVE_ORDER[0], s.z), m, P),
    "PK negated": lambda s, m, P: (s, m, P.negated()),
    "PK with a strange x": lambda s, m, P: (s, m, X_ABOVE_ORDER[1]),
    "message": lambda s, m, P: (s, m + b"!", P),
}
tamperings = st.sampled_from(sorted(TAMPERINGS))


class TestGivenASignature:
    @settings(max_examples=300, deadline=None, database=None)
    @given(nonzero, nonzero, st.binary(max_size=40), tamperings)
    def test_when_verified_then_the_slow_equation_agrees(self, secret, nonce, message, tampering):
        signature, public = signed_by(secret, nonce, message)
        shown = TAMPERINGS[tampering](signature, message, public)
        assert is_valid(*shown) == slowly_valid(*shown)
        if tampering == "nothing":
            assert is_valid(*shown)

    def test_when_read_from_its_bytes_then_it_is_the_same(self):
        signature, public = signed_by(5, 7, MESSAGE)
        assert Signature.from_bytes(signature.to_bytes()) == signature
        verify(Signature.from_bytes(signature.to_bytes()), MESSAGE, public)

    @pytest.mark.parametrize("change", [lambda e: e[:-1], lambda e: e + b"\0", lambda e: b"\4" + e[1:]])
    def test_when_its_bytes_are_malformed_then_they_are_refused(self, change):
        signature, _ = signed_by(5, 7, MESSAGE)
        with pytest.raises(EncodingError):
            Signature.from_bytes(change(signature.to_bytes()))

    def test_when_z_is_not_reduced_then_its_bytes_are_refused(self):
        signature, _ = signed_by(5, 7, MESSAGE)
        encoded = signature.R.to_bytes_compressed() + ORDER.to_bytes(32, "big")
        with pytest.raises(EncodingError):
            Signature.from_bytes(encoded)


class TestGivenSignatureShares:
    @settings(max_examples=60, deadline=None, database=None)
    @given(st.integers(0, 2**32), st.sampled_from([0, 1, -1, 2**128, ORDER // 2]))
    def test_when_one_is_checked_then_the_slow_equation_agrees(self, label, error):
        package, answers = signature_shares(a_key(threshold=3, n=4, label=label), seats(4)[1:])
        for seat, honest in answers.items():
            z_i = Scalar.reduce(honest + error)
            listed = package.commitments[seat]
            terms = (
                listed.hiding,
                listed.binding.times(package.binding_factor(seat)),
                package.key.public_shares[seat].times(Scalar.reduce(package.c * package.lagrange(seat))),
            )
            slowly = times_generator(z_i) == sum_points(terms)
            assert slowly == (error == 0)
            if slowly:
                verify_share(z_i, signer=seat, package=package)
            else:
                with pytest.raises(FaultySigner):
                    verify_share(z_i, signer=seat, package=package)
            assert package.culprits({seat: z_i}) == (frozenset() if slowly else {seat})
