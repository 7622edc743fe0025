"""A key changes hands and stays the key: any t of the new committee sign, fewer never, and old shares do not mix in."""

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.crypto import GroupKey, KeyShare, Scalar, SecretScalar
from custody.crypto.curve import ZeroSecret, sum_points, times_generator
from custody.crypto.frost import InvalidSignature, aggregate, verify
from custody.crypto.polynomial import SecretPolynomial, lagrange_coefficient
from custody.crypto.repairing import add_all
from custody.crypto.resharing import expected_constant, reshared_key, weighted_secret
from custody.crypto.scalars import ORDER
from custody.errors import FaultySigner
from custody.identifiers import SignerId
from tests.builders import a_key, fresh, seats, signature_shares
from tests.crypto.lifecycle import dealings, key_of, reshare, sign_by_hand, sign_with
from tests.crypto.recording import recording

labels = st.integers(0, 2**32)


@st.composite
def handovers(draw):
    """(n, t, dealers, new seats, new t): from any committee of up to 5 to any other, which may share seats or none."""
    n = draw(st.integers(2, 5))
    threshold = draw(st.integers(2, n))
    dealers = sorted(draw(st.permutations(seats(n)))[:threshold])
    new_seats = sorted(draw(st.sets(st.integers(1, 9).map(SignerId), min_size=2, max_size=5)))
    new_threshold = draw(st.integers(2, len(new_seats)))
    return n, threshold, dealers, new_seats, new_threshold


def commitments_of(dealt):
    return {dealer: polynomial.commit() for dealer, polynomial in dealt.items()}


class TestGivenAnyKeyAndAnyNewCommittee:
    @settings(max_examples=30, deadline=None, database=None)
    @given(handovers(), labels, st.data())
    def test_when_reshared_then_any_t_of_the_new_seats_sign_under_the_old_key(self, handover, label, data):
        n, threshold, dealers, new_seats, new_threshold = handover
        old = a_key(threshold=threshold, n=n, label=label)
        new = reshare(old, dealers, threshold=new_threshold, seats=new_seats, label=label)
        assert key_of(new).public == key_of(old).public
        assert (key_of(new).threshold, sorted(key_of(new).signers)) == (new_threshold, new_seats)
        quorum = data.draw(st.permutations(new_seats))[:new_threshold]
        verify(sign_with(new, quorum), b"message", key_of(old).public)

    @settings(max_examples=30, deadline=None, database=None)
    @given(handovers(), labels, st.data())
    def test_when_reshared_then_one_seat_too_few_never_signs(self, handover, label, data):
        n, threshold, dealers, new_seats, new_threshold = handover
        old = a_key(threshold=threshold, n=n, label=label)
        new = reshare(old, dealers, threshold=new_threshold, seats=new_seats, label=label)
        few = data.draw(st.permutations(new_seats))[: new_threshold - 1]
        forged = sign_by_hand({seat: new[seat].secret for seat in few}, key_of(new).public)
        with pytest.raises(InvalidSignature):
            verify(forged, b"message", key_of(new).public)

    @settings(max_examples=30, deadline=None, database=None)
    @given(handovers(), labels, st.data())
    def test_when_old_and_new_holders_put_their_shares_together_then_they_never_sign(self, handover, label, data):
        """As many as either threshold asks, at least one old and one new among them, interpolating by hand."""
        n, threshold, dealers, new_seats, new_threshold = handover
        old = a_key(threshold=threshold, n=n, label=label)
        new = reshare(old, dealers, threshold=new_threshold, seats=new_seats, label=label)
        of_old = data.draw(st.sampled_from(sorted(old)))
        of_new = data.draw(st.sampled_from(sorted(seat for seat in new if seat != of_old)))
        held = {of_old: old[of_old].secret, of_new: new[of_new].secret}
        for seat in data.draw(st.permutations(sorted(old.keys() | new.keys()))):
            if seat not in held and len(held) < max(threshold, new_threshold):
                sources = [shares for shares in (old, new) if seat in shares]
                held[seat] = data.draw(st.sampled_from(sources))[seat].secret
        with pytest.raises(InvalidSignature):
            verify(sign_by_hand(held, key_of(old).public), b"message", key_of(old).public)


class TestGivenARefreshedThreeOfFive:
    @pytest.fixture(scope="class")
    def old(self):
        return a_key(threshold=3, n=5)

    @pytest.fixture(scope="class")
    def new(self, old):
        return reshare(old, seats(3), threshold=3, seats=seats(5), label="refresh")

    def test_when_every_quorum_signs_then_every_one_succeeds(self, new):
        for quorum in combinations(seats(5), 3):
            sign_with(new, quorum)

    def test_when_compared_then_every_public_share_has_changed(self, old, new):
        before, after = key_of(old).public_shares, key_of(new).public_shares
        assert all(before[seat] != after[seat] for seat in seats(5))

    @pytest.mark.parametrize("stale", [(1,), (3,), (1, 5), (3, 5)])
    def test_when_a_signer_kept_its_old_share_then_exactly_it_is_blamed(self, old, new, stale):
        mixed = {
            seat: KeyShare(signer=seat, secret=(old if seat in stale else new)[seat].secret, key=key_of(new))
            for seat in (SignerId(1), SignerId(3), SignerId(5))
        }
        package, answers = signature_shares(mixed, sorted(mixed))
        with pytest.raises(FaultySigner) as raised:
            aggregate(answers, package)
        assert raised.value.culprits == set(stale)

    def test_when_old_shares_alone_sign_then_they_still_do(self, old, new):
        """It revokes nothing: who did not erase goes on signing under the same key."""
        verify(sign_with(old, seats(3)), b"message", key_of(new).public)

    def test_when_refreshed_by_other_dealers_or_randomness_then_other_shares_come_out(self, old, new):
        for dealers, label in ((seats(5)[2:], "refresh"), (seats(3), "another run")):
            again = reshare(old, dealers, threshold=3, seats=seats(5), label=label)
            assert key_of(again).public == key_of(new).public
            assert key_of(again).public_shares[SignerId(1)] != key_of(new).public_shares[SignerId(1)]


class TestGivenDealersOfATwoOfThree:
    DEALERS = (SignerId(1), SignerId(3))

    @pytest.fixture(scope="class")
    def old(self):
        return a_key(threshold=2, n=3)

    @pytest.fixture
    def commitments(self, old):
        return commitments_of(dealings(old, self.DEALERS, threshold=3, label="run"))

    def test_when_weighted_secrets_are_compared_with_the_expected_constants_then_they_agree(self, old):
        for dealer in self.DEALERS:
            secret = weighted_secret(old[dealer], self.DEALERS)
            assert secret.times_generator() == expected_constant(key_of(old), dealer, self.DEALERS)
        constants = [expected_constant(key_of(old), dealer, self.DEALERS) for dealer in self.DEALERS]
        assert sum_points(constants) == key_of(old).public

    @pytest.mark.parametrize("dealers", [(), (1,), (1, 1), (1, 2, 3), (1, 4), (2, 3), (0, 1), (1, ORDER + 1)])
    def test_when_the_dealers_are_not_exactly_t_holders_with_this_one_then_it_is_refused(self, old, dealers):
        for attempt in (
            lambda: weighted_secret(old[SignerId(1)], dealers),
            lambda: expected_constant(key_of(old), SignerId(1), dealers),
        ):
            with pytest.raises(ValueError):
                attempt()

    def test_when_a_stranger_is_expected_to_deal_then_it_is_refused(self, old):
        with pytest.raises(ValueError):
            expected_constant(key_of(old), SignerId(9), self.DEALERS)

    @pytest.mark.parametrize("bad", [(1,), (3,), (1, 3)])
    def test_when_a_dealer_shares_something_else_then_exactly_it_is_blamed(self, old, commitments, bad):
        for dealer in bad:
            altered = sum_points((commitments[dealer][0], times_generator(Scalar(dealer))))
            commitments[dealer] = (altered, *commitments[dealer][1:])
        with pytest.raises(FaultySigner) as raised:
            reshared_key(key_of(old), 3, commitments, seats(5))
        assert raised.value.culprits == set(bad)

    def test_when_two_wrong_constants_cancel_then_both_dealers_are_blamed(self, old, commitments):
        """The sum alone would be PK."""
        for dealer, error in zip(self.DEALERS, (Scalar(7), Scalar(ORDER - 7)), strict=True):
            altered = sum_points((commitments[dealer][0], times_generator(error)))
            commitments[dealer] = (altered, *commitments[dealer][1:])
        assert sum_points(points[0] for points in commitments.values()) == key_of(old).public
        with pytest.raises(FaultySigner) as raised:
            reshared_key(key_of(old), 3, commitments, seats(5))
        assert raised.value.culprits == {1, 3}

    def test_when_a_dealer_deals_its_share_unweighted_then_it_is_blamed(self, old, commitments):
        commitments[SignerId(3)] = (key_of(old).public_shares[SignerId(3)], *commitments[SignerId(3)][1:])
        with pytest.raises(FaultySigner) as raised:
            reshared_key(key_of(old), 3, commitments, seats(5))
        assert raised.value.culprits == {3}

    def test_when_a_commitment_is_longer_or_shorter_then_its_dealer_is_blamed(self, old, commitments):
        whole = commitments[SignerId(1)]
        for points in ((*whole, whole[1]), whole[:2], whole[:1], ()):
            with pytest.raises(FaultySigner) as raised:
                reshared_key(key_of(old), 3, {**commitments, SignerId(1): points}, seats(5))
            assert raised.value.culprits == {1}

    @pytest.mark.parametrize("present", [(), (1,), (1, 2, 3), (1, 9)])
    def test_when_commitments_are_not_of_exactly_t_holders_then_nobody_is_blamed(self, old, commitments, present):
        chosen = {SignerId(seat): commitments[SignerId(1)] for seat in present}
        with pytest.raises(ValueError):
            reshared_key(key_of(old), 3, chosen, seats(5))

    @pytest.mark.parametrize("new_seats", [(), (1, 2), (1, 2, 2), (1, 2, 3, 3), (0, 1, 2), (1, 2, ORDER)])
    def test_when_the_new_seats_are_no_committee_of_three_then_it_is_refused(self, old, commitments, new_seats):
        with pytest.raises(ValueError):
            reshared_key(key_of(old), 3, commitments, new_seats)

    @pytest.mark.parametrize("threshold", [-1, 0, 1, 6])
    def test_when_the_new_threshold_fits_no_committee_then_no_dealer_is_blamed_for_it(
        self, old, commitments, threshold
    ):
        with pytest.raises(ValueError):
            reshared_key(key_of(old), threshold, commitments, seats(5))

    def test_when_the_old_public_shares_do_not_belong_to_the_key_then_it_is_refused(self, old):
        """Each dealer fits its public share, yet the sum is another key: nobody to blame but who wrote the key down."""
        other = a_key(threshold=2, n=3, label="another key")
        false_key = GroupKey(public=key_of(other).public, threshold=2, public_shares=key_of(old).public_shares)
        commitments = commitments_of(dealings(old, self.DEALERS, threshold=2, label="run"))
        with pytest.raises(ValueError, match="belong"):
            reshared_key(false_key, 2, commitments, seats(3))


class TestGivenASecretToShare:
    def test_when_a_polynomial_has_it_as_constant_then_it_interpolates_to_it(self):
        secret = SecretScalar.from_secret_bytes(fresh("constant"))
        polynomial = SecretPolynomial.with_constant(secret, randomness=fresh("r"), degree=2, domain=b"tests")
        weighted = [
            polynomial.evaluate(seat).times(lagrange_coefficient(seat, (2, 5, 9)))
            for seat in (SignerId(2), SignerId(5), SignerId(9))
        ]
        assert add_all(weighted).to_secret_bytes() == secret.to_secret_bytes()
        assert polynomial.commit()[0] == secret.times_generator()

    def test_when_it_is_interpolated_at_a_seat_then_the_share_of_that_seat_comes_out(self):
        polynomial = SecretPolynomial.from_randomness(fresh("r"), degree=2, domain=b"tests")
        for at in (1, 4, 77):
            weighted = [
                polynomial.evaluate(seat).times(lagrange_coefficient(seat, (2, 5, 9), at=at))
                for seat in (SignerId(2), SignerId(5), SignerId(9))
            ]
            assert add_all(weighted).to_secret_bytes() == polynomial.evaluate(SignerId(at)).to_secret_bytes()

    def test_when_interpolated_at_one_of_the_points_then_it_alone_counts(self):
        assert [lagrange_coefficient(seat, (2, 5, 9), at=5) for seat in (2, 5, 9)] == [0, 1, 0]

    def test_when_the_rest_is_drawn_then_it_is_that_of_a_polynomial_of_the_same_randomness(self):
        secret = SecretScalar.from_secret_bytes(fresh("constant"))
        one = SecretPolynomial.with_constant(secret, randomness=fresh("r"), degree=3, domain=b"tests")
        other = SecretPolynomial.from_randomness(fresh("r"), degree=3, domain=b"tests")
        assert one.commit()[1:] == other.commit()[1:]
        assert one.commit()[0] != other.commit()[0]

    def test_when_the_rest_is_drawn_then_it_depends_on_randomness_and_domain(self):
        secret = SecretScalar.from_secret_bytes(fresh("constant"))
        drawn = {
            SecretPolynomial.with_constant(secret, randomness=fresh(r), degree=1, domain=domain).commit()[1]
            for r in ("r", "s")
            for domain in (b"one", b"two")
        }
        assert len(drawn) == 4

    @pytest.mark.parametrize(("length", "degree"), [(31, 1), (33, 1), (0, 1), (32, 0), (32, -1)])
    def test_when_randomness_or_degree_do_not_fit_then_it_is_refused(self, length, degree):
        secret = SecretScalar.from_secret_bytes(fresh("constant"))
        with pytest.raises(ValueError):
            SecretPolynomial.with_constant(secret, randomness=bytes(length), degree=degree, domain=b"tests")

    def test_when_its_constant_was_wiped_then_it_deals_nothing(self):
        secret = SecretScalar.from_secret_bytes(fresh("constant"))
        polynomial = SecretPolynomial.with_constant(secret, randomness=fresh("r"), degree=1, domain=b"tests")
        secret.wipe()
        for attempt in (lambda: polynomial.evaluate(SignerId(1)), polynomial.commit):
            with pytest.raises(ZeroSecret):
                attempt()


class TestGivenARecorderAtTheDoorOfTheLibrary:
    def test_when_a_key_is_reshared_then_no_secret_reaches_a_variable_time_call(self):
        old = a_key(threshold=3, n=5)
        with recording() as secp:
            new = reshare(old, seats(3), threshold=2, seats=seats(4), label="recorded")
        secrets = {share.secret.to_secret_bytes() for shares in (old, new) for share in shares.values()}
        secrets |= {weighted_secret(old[seat], seats(3)).to_secret_bytes() for seat in seats(3)}
        assert {share.secret.to_secret_bytes() for share in new.values()} <= secp.results
        assert "secp256k1_ec_pubkey_tweak_mul" in secp.calls
        secp.require_hidden(secrets | secp.results)
