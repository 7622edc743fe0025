"""Dealt shares are checked by their sum, blame falls dealer by dealer, and public shares come when they are needed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.crypto import GroupKey, Scalar, SecretScalar
from custody.crypto.curve import INFINITY, ZeroSecret, evaluate_secret, sum_secrets, times_generator
from custody.crypto.keys import PublicShares
from custody.crypto.polynomial import (
    check_dealt_shares,
    evaluate_commitment,
    lagrange_coefficient,
    lagrange_coefficients,
    sum_commitments,
)
from custody.crypto.scalars import ORDER, invert_all
from custody.identifiers import SignerId
from tests.builders import a_polynomial, seats
from tests.crypto.recording import recording

labels = st.integers(0, 2**32)


def secret(number):
    return SecretScalar.from_secret_bytes((number % ORDER).to_bytes(32, "big"))


def dealings(n, threshold, label="dealing"):
    """(commitments, polynomials) of n dealers."""
    polynomials = {seat: a_polynomial(threshold=threshold, label=(label, seat)) for seat in seats(n)}
    return {seat: polynomial.commit() for seat, polynomial in polynomials.items()}, polynomials


def dealt_to(me, polynomials):
    return {dealer: polynomial.evaluate(me) for dealer, polynomial in polynomials.items()}


class TestGivenACeremonysDealings:
    @settings(max_examples=30, deadline=None, database=None)
    @given(st.integers(1, 6), st.integers(2, 5), labels, st.data())
    def test_when_some_are_wrong_or_missing_then_exactly_their_dealers_are_named(self, n, threshold, label, data):
        commitments, polynomials = dealings(n, threshold, label)
        me = data.draw(st.sampled_from(seats(n)))
        shares = dealt_to(me, polynomials)
        wrong = data.draw(st.sets(st.sampled_from(seats(n))))
        missing = data.draw(st.sets(st.sampled_from(seats(n))))
        for position, dealer in enumerate(sorted(wrong), start=1):
            shares[dealer] = shares[dealer].plus(secret(2**position))
        for dealer in missing:
            del shares[dealer]
        assert check_dealt_shares(commitments, shares, me) == wrong | missing

    def test_when_all_are_right_then_one_creation_does_it_whatever_the_number_of_dealers(self):
        commitments, polynomials = dealings(6, 3)
        shares = dealt_to(SignerId(2), polynomials)
        with recording() as secp:
            assert check_dealt_shares(commitments, shares, SignerId(2)) == frozenset()
        assert secp.calls.count("secp256k1_ec_pubkey_create") == 1
        assert secp.calls.count("secp256k1_ec_pubkey_tweak_mul") == 2  # the degree

    def test_when_errors_cancel_then_nobody_is_named_and_the_summed_share_is_right(self):
        commitments, polynomials = dealings(3, 2)
        me = SignerId(1)
        shares = dealt_to(me, polynomials)
        shares[SignerId(2)] = shares[SignerId(2)].plus(secret(5))
        shares[SignerId(3)] = shares[SignerId(3)].plus(secret(-5))
        assert check_dealt_shares(commitments, shares, me) == frozenset()
        total = sum_secrets(tuple(shares.values()))
        assert total.times_generator() == evaluate_commitment(sum_commitments(commitments.values()), me)

    def test_when_the_shares_cancel_then_they_are_checked_one_by_one(self):
        commitments, polynomials = dealings(2, 2)
        me = SignerId(1)
        shares = dealt_to(me, polynomials)
        negative = secret(0 - int.from_bytes(shares[SignerId(1)].to_secret_bytes(), "big"))
        assert check_dealt_shares(commitments, {**shares, SignerId(2): negative}, me) == {2}

    def test_when_a_share_comes_from_a_stranger_then_it_is_refused(self):
        commitments, polynomials = dealings(2, 2)
        shares = dealt_to(SignerId(1), polynomials)
        with pytest.raises(ValueError):
            check_dealt_shares(commitments, {**shares, SignerId(9): shares[SignerId(1)]}, SignerId(1))

    def test_when_dealers_have_different_degrees_then_it_is_refused(self):
        commitments, polynomials = dealings(2, 3)
        commitments[SignerId(2)] = commitments[SignerId(2)][:2]
        with pytest.raises(ValueError):
            check_dealt_shares(commitments, dealt_to(SignerId(1), polynomials), SignerId(1))

    def test_when_checked_then_no_share_reaches_a_variable_time_call(self):
        commitments, polynomials = dealings(4, 3)
        shares = dealt_to(SignerId(2), polynomials)
        shares[SignerId(3)] = shares[SignerId(3)].plus(secret(1))
        with recording() as secp:
            assert check_dealt_shares(commitments, shares, SignerId(2)) == {3}
            evaluate_secret(polynomials[SignerId(1)].coefficients, Scalar(3))
        known = {share.to_secret_bytes() for share in shares.values()}
        secp.require_hidden(known | secp.results)


class TestGivenSecretsToAddUp:
    def test_when_one_was_wiped_then_neither_sum_nor_value_takes_it_for_zero(self):
        wiped = secret(3)
        wiped.wipe()
        for order in ((secret(1), wiped), (wiped, secret(1))):
            with pytest.raises(ZeroSecret):
                sum_secrets(order)
            with pytest.raises(ZeroSecret):
                evaluate_secret(order, Scalar(2))

    def test_when_evaluated_or_summed_then_the_operands_stay(self):
        first, second = secret(3), secret(5)
        assert sum_secrets((first, second)).times_generator() == times_generator(Scalar(8))
        assert evaluate_secret((first, second), Scalar(7)).times_generator() == times_generator(Scalar(38))
        assert first.times_generator() == times_generator(Scalar(3))
        assert second.times_generator() == times_generator(Scalar(5))


class TestGivenPublicSharesComputedWhenNeeded:
    def test_when_a_key_is_made_then_none_is_computed_and_when_asked_each_once(self):
        commitment = a_polynomial(threshold=3).commit()
        shares = PublicShares(commitment, seats(5))
        with recording() as secp:
            key = GroupKey(public=commitment[0], threshold=3, public_shares=shares)
            assert key.signers == set(seats(5))
        assert secp.calls == []
        assert dict(key.public_shares) == {seat: evaluate_commitment(commitment, seat) for seat in seats(5)}
        with recording() as secp:
            assert shares[SignerId(4)] == shares[SignerId(4)]
        assert "secp256k1_ec_pubkey_tweak_mul" not in secp.calls

    def test_when_a_stranger_is_asked_for_then_there_is_none(self):
        with pytest.raises(KeyError):
            PublicShares(a_polynomial(threshold=2).commit(), seats(3))[SignerId(4)]

    def test_when_a_share_is_infinity_then_it_is_refused_when_asked_for(self):
        """f(x) = 2 - x at seat 2."""
        shares = PublicShares((times_generator(Scalar(2)), times_generator(Scalar(ORDER - 1))), seats(3))
        assert shares[SignerId(1)] != INFINITY
        with pytest.raises(ValueError):
            shares[SignerId(2)]


class TestGivenManyInversions:
    @settings(max_examples=100, deadline=None, database=None)
    @given(st.lists(st.integers(1, ORDER - 1), max_size=12))
    def test_when_inverted_together_then_each_is_its_inverse(self, numbers):
        scalars = [Scalar(number) for number in numbers]
        assert invert_all(scalars) == [scalar.inverse() for scalar in scalars]

    def test_when_one_is_zero_then_it_is_refused(self):
        with pytest.raises(ValueError):
            invert_all([Scalar(3), Scalar(0)])

    @settings(max_examples=60, deadline=None, database=None)
    @given(st.sets(st.one_of(st.integers(1, 300), st.integers(1, ORDER - 1)), min_size=1, max_size=9))
    def test_when_all_coefficients_are_computed_then_each_is_the_single_one_and_that_of_the_definition(self, signers):
        assert lagrange_coefficients(signers) == {seat: lagrange_coefficient(seat, signers) for seat in signers}
        for seat in signers:
            value = 1
            for other in signers - {seat}:
                value = value * other * pow(other - seat, -1, ORDER) % ORDER
            assert lagrange_coefficient(seat, signers) == value

    @pytest.mark.parametrize("signers", [(1, 1), (1, ORDER + 1), (0, 1)])
    def test_when_signers_are_not_distinct_or_zero_then_it_is_refused(self, signers):
        with pytest.raises(ValueError):
            lagrange_coefficients(signers)
