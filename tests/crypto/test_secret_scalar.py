"""Secret scalars: hidden from print, pickle and comparison; reduced and combined as integers would be."""

import copy
import pickle
from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from custody.crypto import Scalar, SecretScalar
from custody.crypto.curve import INFINITY, ZeroSecret, times_generator
from custody.crypto.scalars import ORDER
from custody.errors import EncodingError
from tests.builders import a_key, fresh, nonces_of

ZERO_24, FULL_24 = bytes(24), b"\xff" * 24
scalars = st.integers(1, ORDER - 1)


def secret(number):
    return SecretScalar.from_secret_bytes(number.to_bytes(32, "big"))


def value(scalar):
    return int.from_bytes(scalar.to_secret_bytes(), "big")


def wide_multiples_of_the_order():
    largest = (2**384 - 1) // ORDER
    return [factor * ORDER for factor in (0, 1, 2, 2**64, largest - 1, largest)]


class TestGivenASecretScalar:
    def test_when_printed_then_nothing_of_it_shows(self):
        hidden = secret(0xC0FFEE << 200)
        assert repr(hidden) == str(hidden) == f"{hidden}" == "SecretScalar(...)"

    def test_when_pickled_or_copied_then_it_refuses(self):
        for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(TypeError):
                attempt(secret(5))

    def test_when_compared_then_it_refuses_even_with_itself(self):
        one = secret(5)
        for other in (one, secret(5), 5, b"\x05"):
            with pytest.raises(TypeError):
                _ = one == other
            with pytest.raises(TypeError):
                _ = one != other

    def test_when_hashed_then_it_refuses(self):
        with pytest.raises(TypeError):
            hash(secret(5))

    def test_when_taken_for_a_number_then_it_refuses(self):
        for attempt in (int, float, hex, bytes):
            with pytest.raises(TypeError):
                attempt(secret(5))


class TestGivenAHolderOfASecret:
    def test_when_a_share_is_printed_then_its_secret_is_absent(self):
        share = next(iter(a_key(threshold=2, n=3).values()))
        shown = repr(share)
        assert share.secret.to_secret_bytes().hex() not in shown
        assert str(value(share.secret)) not in shown

    def test_when_a_share_is_pickled_or_compared_then_it_refuses(self):
        one, other = a_key(threshold=2, n=3), a_key(threshold=2, n=3)
        with pytest.raises(TypeError):
            pickle.dumps(one[1])
        with pytest.raises(TypeError):
            _ = one[1] == other[1]

    def test_when_nonces_are_printed_pickled_or_copied_then_they_stay_here(self):
        nonces = nonces_of(a_key(threshold=2, n=3)[1])
        assert repr(nonces) == "NoncePair(signer=1, spent=False)"
        for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(TypeError):
                attempt(nonces)


class TestGivenBytesForASecret:
    @pytest.mark.parametrize("length", [0, 1, 31, 33, 48])
    def test_when_the_length_is_wrong_then_they_are_malformed(self, length):
        with pytest.raises(EncodingError):
            SecretScalar.from_secret_bytes(bytes([1]) * length)

    @pytest.mark.parametrize("number", [0, ORDER, ORDER + 1, 2**256 - 1])
    def test_when_the_value_is_zero_or_not_below_the_order_then_they_are_refused(self, number):
        with pytest.raises(ZeroSecret):
            secret(number)

    @pytest.mark.parametrize("number", [1, 2, ORDER - 1])
    def test_when_the_value_is_at_the_edge_then_it_is_taken(self, number):
        assert value(secret(number)) == number


class TestGivenFortyEightBytes:
    @settings(max_examples=300, deadline=None, database=None)
    @given(st.binary(min_size=48, max_size=48))
    @example(ZERO_24 + FULL_24)
    @example(ZERO_24 + bytes(23) + b"\x01")
    @example(bytes(23) + b"\x01" + ZERO_24)
    @example(FULL_24 + ZERO_24)
    @example(FULL_24 + FULL_24)
    @example((ORDER - 1).to_bytes(48, "big"))
    @example((ORDER + 1).to_bytes(48, "big"))
    @example((2**256 - 1).to_bytes(48, "big"))
    def test_when_reduced_then_the_residue_is_that_of_integers(self, wide):
        expected = int.from_bytes(wide, "big") % ORDER
        if expected:
            assert value(SecretScalar.reduce_wide(wide)) == expected
        else:
            with pytest.raises(ZeroSecret):
                SecretScalar.reduce_wide(wide)

    @pytest.mark.parametrize("number", wide_multiples_of_the_order())
    def test_when_they_are_a_multiple_of_the_order_then_zero_is_refused(self, number):
        with pytest.raises(ZeroSecret):
            SecretScalar.reduce_wide(number.to_bytes(48, "big"))

    @pytest.mark.parametrize("number", [n + 1 for n in wide_multiples_of_the_order()[:-1]])
    def test_when_they_are_next_to_a_multiple_of_the_order_then_one_comes_out(self, number):
        assert value(SecretScalar.reduce_wide(number.to_bytes(48, "big"))) == 1

    def test_when_only_the_way_there_passes_through_zero_then_nothing_wrong_comes_out(self):
        """2^384 + hi·2^192 + lo may vanish though the residue does not: a refusal is fine, another value is not."""
        wide = (-(2**384) % ORDER).to_bytes(48, "big")
        with suppress(ZeroSecret):  # chance 2^-256: whoever drew it draws again
            assert value(SecretScalar.reduce_wide(wide)) == int.from_bytes(wide, "big") % ORDER

    @pytest.mark.parametrize("length", [0, 32, 47, 49, 64])
    def test_when_the_length_is_wrong_then_they_are_malformed(self, length):
        with pytest.raises(EncodingError):
            SecretScalar.reduce_wide(bytes([1]) * length)


class TestGivenTwoSecrets:
    @settings(max_examples=100, deadline=None, database=None)
    @given(scalars, scalars)
    def test_when_added_then_the_sum_is_that_of_integers_and_operands_stay(self, a, b):
        one, other = secret(a), secret(b)
        if (a + b) % ORDER:
            assert value(one.plus(other)) == (a + b) % ORDER
        assert (value(one), value(other)) == (a, b)

    @settings(max_examples=100, deadline=None, database=None)
    @given(scalars, st.integers(0, ORDER - 1))
    def test_when_multiplied_by_a_public_factor_then_the_product_is_that_of_integers(self, a, factor):
        one = secret(a)
        if factor:
            assert value(one.times(Scalar(factor))) == a * factor % ORDER
        else:
            with pytest.raises(ZeroSecret):
                one.times(Scalar(0))
        assert value(one) == a

    def test_when_they_cancel_then_zero_is_refused_and_operands_stay(self):
        one, other = secret(7), secret(ORDER - 7)
        with pytest.raises(ZeroSecret):
            one.plus(other)
        assert (value(one), value(other)) == (7, ORDER - 7)

    @settings(max_examples=50, deadline=None, database=None)
    @given(scalars)
    def test_when_taken_times_the_generator_then_secret_and_public_way_agree(self, a):
        assert secret(a).times_generator() == times_generator(Scalar(a))


class TestGivenAWipedSecret:
    @pytest.fixture
    def wiped(self):
        scalar = secret(int.from_bytes(fresh("wiped"), "big") >> 1)
        scalar.wipe()
        return scalar

    def test_when_its_buffer_is_read_then_it_is_zero(self, wiped):
        assert bytes(wiped._buffer) == bytes(32)

    def test_when_it_is_a_first_operand_then_it_is_refused(self, wiped):
        for attempt in (lambda: wiped.plus(secret(1)), lambda: wiped.times(Scalar(3))):
            with pytest.raises(ZeroSecret):
                attempt()

    def test_when_its_public_point_is_asked_then_it_is_refused(self, wiped):
        with pytest.raises((ZeroSecret, ArithmeticError)):
            wiped.times_generator()

    def test_when_it_is_added_to_another_then_it_is_refused(self, wiped):
        """Otherwise d + rho·e with a wiped e would pass for a nonce, and z would give the share away."""
        with pytest.raises(ZeroSecret):
            secret(9).plus(wiped)

    def test_when_it_is_disclosed_or_sealed_then_it_is_refused(self, wiped):
        with pytest.raises(ZeroSecret):
            wiped.disclose()
        with pytest.raises(ZeroSecret):
            wiped.to_secret_bytes()


class TestGivenPublicScalars:
    @pytest.mark.parametrize("number", [ORDER, ORDER + 1, 2**256 - 1])
    def test_when_not_below_the_order_then_the_encoding_is_refused(self, number):
        with pytest.raises(EncodingError):
            Scalar.from_bytes_checked(number.to_bytes(32, "big"))

    @pytest.mark.parametrize("length", [0, 31, 33])
    def test_when_the_length_is_wrong_then_the_encoding_is_refused(self, length):
        with pytest.raises(EncodingError):
            Scalar.from_bytes_checked(bytes(length))

    @settings(max_examples=100, deadline=None, database=None)
    @given(scalars)
    def test_when_inverted_then_the_product_is_one(self, a):
        assert a * Scalar(a).inverse() % ORDER == 1

    def test_when_zero_is_inverted_then_it_is_refused(self):
        with pytest.raises(ValueError):
            Scalar(0).inverse()

    def test_when_zero_multiplies_the_generator_then_infinity_comes_out(self):
        assert times_generator(Scalar(0)) == INFINITY
