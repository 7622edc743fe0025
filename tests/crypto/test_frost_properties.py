"""Any quorum signs under one key, fewer never do, and blame falls on exactly those who deserve it."""

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.crypto import GroupKey, KeyShare, Scalar, SecretScalar, SigningPackage
from custody.crypto.curve import INFINITY, ZeroSecret, sum_points
from custody.crypto.frost import (
    Commitment,
    InvalidSignature,
    NoncePair,
    Signature,
    aggregate,
    challenge,
    draw_nonces,
    sign,
    verify,
    verify_share,
)
from custody.crypto.polynomial import evaluate_commitment, lagrange_coefficient
from custody.crypto.scalars import ORDER
from custody.errors import CustodyError, EncodingError, FaultySigner, NonceReused
from custody.identifiers import SignerId
from tests.builders import a_key, a_package, a_polynomial, fresh, nonces_of, seats, signature_shares

labels = st.integers(0, 2**32)
MESSAGE = b"message"


@st.composite
def quorums(draw):
    """(n, t, signers): any t..n of n seats, in any committee of up to seven."""
    n = draw(st.integers(2, 7))
    threshold = draw(st.integers(2, n))
    size = draw(st.integers(threshold, n))
    return n, threshold, sorted(draw(st.permutations(seats(n)))[:size])


class TestGivenAnyKeyAndAnyQuorum:
    @settings(max_examples=40, deadline=None, database=None)
    @given(quorums(), st.binary(max_size=80), labels)
    def test_when_it_signs_then_every_share_and_the_signature_verify(self, quorum, message, label):
        n, threshold, signers = quorum
        shares = a_key(threshold=threshold, n=n, label=label)
        package, answers = signature_shares(shares, signers, message=message)
        for seat, z_i in answers.items():
            verify_share(z_i, signer=seat, package=package)
        signature = aggregate(answers, package)
        verify(signature, message, shares[SignerId(1)].key.public)
        with pytest.raises(InvalidSignature):
            verify(signature, message + b"!", shares[SignerId(1)].key.public)

    @settings(max_examples=40, deadline=None, database=None)
    @given(quorums(), labels, st.data())
    def test_when_some_shares_are_altered_then_exactly_their_signers_are_blamed(self, quorum, label, data):
        n, threshold, signers = quorum
        package, answers = signature_shares(a_key(threshold=threshold, n=n, label=label), signers)
        altered = data.draw(st.sets(st.sampled_from(signers), min_size=1))
        for position, seat in enumerate(sorted(altered), start=1):  # distinct powers: these errors never cancel
            answers[seat] = Scalar.reduce(answers[seat] + 2**position)
        with pytest.raises(FaultySigner) as raised:
            aggregate(answers, package)
        assert raised.value.culprits == altered

    @settings(max_examples=30, deadline=None, database=None)
    @given(quorums(), labels)
    def test_when_one_signer_too_few_interpolates_then_the_signature_fails(self, quorum, label):
        """The t-1 do all they can: they sign by hand, with the interpolation of t-1 seats."""
        n, threshold, signers = quorum
        shares = a_key(threshold=threshold, n=n, label=label)
        few = signers[: threshold - 1]
        key = shares[SignerId(1)].key
        nonce = SecretScalar.from_secret_bytes(fresh(("attack", label)))
        c = challenge(nonce.times_generator(), key.public, MESSAGE)
        z = nonce
        for seat in few:
            z = z.plus(shares[seat].secret.times(Scalar.reduce(c * lagrange_coefficient(seat, few))))
        with pytest.raises(InvalidSignature):
            verify(Signature(nonce.times_generator(), z.disclose()), MESSAGE, key.public)

    @settings(max_examples=20, deadline=None, database=None)
    @given(quorums(), labels)
    def test_when_a_list_is_shorter_than_the_threshold_then_it_is_refused(self, quorum, label):
        n, threshold, signers = quorum
        shares = a_key(threshold=threshold, n=n, label=label)
        with pytest.raises(ValueError):
            a_package([shares[seat] for seat in signers[: threshold - 1]] or [shares[SignerId(1)]])


class TestGivenATwoOfThreeKey:
    @pytest.fixture
    def shares(self):
        return a_key(threshold=2, n=3)

    def test_when_a_share_is_altered_by_one_then_its_own_check_names_its_signer(self, shares):
        package, answers = signature_shares(shares, (1, 2))
        with pytest.raises(FaultySigner) as raised:
            verify_share(Scalar.reduce(answers[1] + 1), signer=SignerId(1), package=package)
        assert raised.value.culprits == {1}

    def test_when_two_errors_cancel_then_the_signature_is_as_good_as_any(self, shares):
        package, answers = signature_shares(shares, (1, 2))
        answers[1], answers[2] = Scalar.reduce(answers[1] + 1), Scalar.reduce(answers[2] - 1)
        verify(aggregate(answers, package), MESSAGE, shares[1].key.public)

    def test_when_a_share_is_zero_then_its_signer_is_blamed(self, shares):
        package, answers = signature_shares(shares, (1, 2))
        with pytest.raises(FaultySigner) as raised:
            aggregate({**answers, SignerId(2): Scalar(0)}, package)
        assert raised.value.culprits == {2}

    def test_when_the_share_of_another_session_is_given_then_its_signer_is_blamed(self, shares):
        package, answers = signature_shares(shares, (1, 2))
        _, others = signature_shares(shares, (1, 2), message=b"another")
        with pytest.raises(FaultySigner) as raised:
            aggregate({SignerId(1): answers[1], SignerId(2): others[2]}, package)
        assert raised.value.culprits == {2}

    @pytest.mark.parametrize("given_seats", [(1,), (1, 3), (1, 2, 3), ()])
    def test_when_shares_are_not_those_of_the_list_then_aggregation_refuses(self, shares, given_seats):
        package, answers = signature_shares(shares, (1, 2))
        with pytest.raises(ValueError):
            aggregate({SignerId(seat): answers[1] for seat in given_seats}, package)

    def test_when_nonces_sign_twice_then_reuse_is_refused(self, shares):
        package, nonces = a_package([shares[1], shares[2]])
        sign(shares[1], nonces[1], package)
        with pytest.raises(NonceReused):
            sign(shares[1], nonces[1], package)

    def test_when_nonces_have_signed_then_their_buffers_are_wiped(self, shares):
        hiding, binding = (SecretScalar.from_secret_bytes(fresh(name)) for name in ("hiding", "binding"))
        nonces = NoncePair(hiding, binding, signer=SignerId(1))
        other = nonces_of(shares[2])
        package = SigningPackage(key=shares[1].key, message=MESSAGE, commitments=(nonces.commitment, other.commitment))
        sign(shares[1], nonces, package)
        assert bytes(hiding._buffer) == bytes(binding._buffer) == bytes(32)

    def test_when_nonces_are_wiped_unused_then_they_do_not_sign(self, shares):
        package, nonces = a_package([shares[1], shares[2]])
        nonces[1].wipe()
        with pytest.raises(NonceReused):
            sign(shares[1], nonces[1], package)

    @pytest.mark.parametrize("part", ["hiding", "binding", "both", "missing"])
    def test_when_the_own_commitment_is_altered_then_nothing_is_spent(self, shares, part):
        mine, other = nonces_of(shares[1]), nonces_of(shares[2])
        strange = nonces_of(shares[1], "another session").commitment
        altered = Commitment(
            signer=SignerId(1),
            hiding=mine.commitment.hiding if part == "binding" else strange.hiding,
            binding=mine.commitment.binding if part == "hiding" else strange.binding,
        )
        third = nonces_of(shares[3]).commitment
        listed = (other.commitment, third) if part == "missing" else (altered, other.commitment)
        with pytest.raises(ValueError):
            sign(shares[1], mine, SigningPackage(key=shares[1].key, message=MESSAGE, commitments=listed))
        honest = SigningPackage(key=shares[1].key, message=MESSAGE, commitments=(mine.commitment, other.commitment))
        verify_share(sign(shares[1], mine, honest), signer=SignerId(1), package=honest)

    def test_when_the_list_is_of_another_key_then_nothing_is_spent(self, shares):
        """A share of one key in the equation of another helps nobody and burns a pair."""
        other = a_key(threshold=2, n=3, label="another key")
        mine = nonces_of(shares[1])
        listed = (mine.commitment, nonces_of(other[2]).commitment)
        with pytest.raises((ValueError, CustodyError)):
            sign(shares[1], mine, SigningPackage(key=other[1].key, message=MESSAGE, commitments=listed))

    @pytest.mark.parametrize("order", [(2, 1), (1, 1), (1, 2, 2), (3, 1, 2), (1,), ()])
    def test_when_a_list_is_unsorted_repeated_or_short_then_it_is_refused(self, shares, order):
        commitments = tuple(nonces_of(shares[seat]).commitment for seat in order)
        with pytest.raises(ValueError):
            SigningPackage(key=shares[1].key, message=MESSAGE, commitments=commitments)

    @pytest.mark.parametrize("stranger", [0, 4, ORDER, ORDER + 1])
    def test_when_a_list_names_a_stranger_then_it_is_refused(self, shares, stranger):
        mine = nonces_of(shares[1]).commitment
        other = nonces_of(shares[2]).commitment
        strange = Commitment(signer=SignerId(stranger), hiding=other.hiding, binding=other.binding)
        listed = tuple(sorted((mine, strange), key=lambda commitment: commitment.signer))
        with pytest.raises(ValueError):
            SigningPackage(key=shares[1].key, message=MESSAGE, commitments=listed)

    def test_when_commitments_are_encoded_then_infinity_and_other_lengths_are_refused(self):
        good = nonces_of(a_key(threshold=2, n=3)[1]).commitment.points_bytes()
        for encoded in (b"", good[:65], good + b"\0", bytes(66), good[:33] + bytes(33), bytes(33) + good[33:]):
            with pytest.raises(EncodingError):
                Commitment.from_points_bytes(encoded, signer=SignerId(1))

    def test_when_the_same_nonces_sign_for_two_keys_then_the_shares_have_nothing_in_common(self, shares):
        """rho and c bind the key: the same commitments under another key make another list of factors."""
        other = a_key(threshold=2, n=3, label="another key")
        commitments = tuple(nonces_of(shares[seat]).commitment for seat in (1, 2))
        one = SigningPackage(key=shares[1].key, message=MESSAGE, commitments=commitments)
        two = SigningPackage(key=other[1].key, message=MESSAGE, commitments=commitments)
        assert one.binding_factor(SignerId(1)) != two.binding_factor(SignerId(1))
        assert one.c != two.c

    @pytest.mark.parametrize("length", [0, 31, 33, 64])
    def test_when_randomness_has_another_length_then_no_nonce_is_drawn(self, shares, length):
        with pytest.raises(ValueError):
            draw_nonces(shares[1], hiding_randomness=bytes(length), binding_randomness=bytes(32))

    def test_when_a_signature_has_r_at_infinity_then_it_does_not_verify(self, shares):
        with pytest.raises((InvalidSignature, EncodingError)):
            verify(Signature(INFINITY, Scalar(1)), MESSAGE, shares[1].key.public)


class TestGivenWhatIsNoKey:
    def test_when_a_key_names_seat_zero_then_it_is_refused(self):
        """Zero is where the secret lives (RFC 9591 §4.2): its public share is the group key itself."""
        key = a_key(threshold=2, n=3)[1].key
        with pytest.raises(ValueError):
            GroupKey(public=key.public, threshold=2, public_shares={**key.public_shares, SignerId(0): key.public})

    def test_when_two_seats_are_one_modulo_the_order_then_the_key_is_refused(self):
        key = a_key(threshold=2, n=3)[1].key
        again = SignerId(ORDER + 1)
        with pytest.raises(ValueError):
            GroupKey(public=key.public, threshold=2, public_shares={**key.public_shares, again: key.public_shares[1]})

    @pytest.mark.parametrize("threshold", [-1, 0, 1, 4])
    def test_when_the_threshold_does_not_fit_then_it_is_refused(self, threshold):
        key = a_key(threshold=2, n=3)[1].key
        with pytest.raises(ValueError):
            GroupKey(public=key.public, threshold=threshold, public_shares=key.public_shares)

    def test_when_a_point_is_infinity_then_it_is_refused(self):
        key = a_key(threshold=2, n=3)[1].key
        with pytest.raises(ValueError):
            GroupKey(public=INFINITY, threshold=2, public_shares=key.public_shares)
        with pytest.raises(ValueError):
            GroupKey(public=key.public, threshold=2, public_shares={**key.public_shares, SignerId(2): INFINITY})

    def test_when_a_stranger_claims_a_share_then_it_is_refused(self):
        share = a_key(threshold=2, n=3)[1]
        with pytest.raises(ValueError):
            KeyShare(signer=SignerId(4), secret=share.secret, key=share.key)


class TestGivenInterpolation:
    @settings(max_examples=60, deadline=None, database=None)
    @given(st.sets(st.integers(1, 0xFFFF), min_size=2, max_size=6), labels)
    def test_when_shares_of_any_distinct_seats_are_weighted_then_the_group_key_comes_out(self, signers, label):
        polynomial = a_polynomial(threshold=len(signers), label=label)
        commitment = polynomial.commit()
        weighted = [
            evaluate_commitment(commitment, SignerId(seat)).times(lagrange_coefficient(seat, signers))
            for seat in signers
        ]
        assert sum_points(weighted) == commitment[0]

    def test_when_every_quorum_of_five_is_tried_then_all_agree(self):
        shares = a_key(threshold=3, n=5)
        for signers in combinations(seats(5), 3):
            total = sum_points(
                shares[seat].key.public_shares[seat].times(lagrange_coefficient(seat, signers)) for seat in signers
            )
            assert total == shares[SignerId(1)].key.public

    @pytest.mark.parametrize(
        "signers", [(2, 3), (1, 1), (1, 2, 2), (), (1, ORDER + 1)], ids=["absent", "twice", "other", "none", "modulo"]
    )
    def test_when_signers_are_not_distinct_or_do_not_hold_this_one_then_it_is_refused(self, signers):
        with pytest.raises(ValueError):
            lagrange_coefficient(SignerId(1), signers)

    def test_when_a_polynomial_is_evaluated_at_zero_then_the_secret_does_not_come_out(self):
        with pytest.raises(ZeroSecret):
            a_polynomial(threshold=3).evaluate(SignerId(0))
