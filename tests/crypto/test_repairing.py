"""Exactly t helpers give a seat its share back, and a part that does not add up names its sender."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.crypto import Scalar, SecretScalar
from custody.crypto.curve import INFINITY, ZeroSecret, sum_points, times_generator
from custody.crypto.polynomial import lagrange_coefficient
from custody.crypto.repairing import add_all, check_split, expected_sum, split
from custody.crypto.scalars import ORDER
from custody.identifiers import SignerId
from tests.builders import a_key, fresh, seats
from tests.crypto.lifecycle import key_of, points_of, repair, sign_with
from tests.crypto.recording import recording

HELPERS = (SignerId(1), SignerId(2), SignerId(4))
LOST = SignerId(5)


def secret(number):
    return SecretScalar.from_secret_bytes(number.to_bytes(32, "big"))


@st.composite
def losses(draw):
    """(n, t, helpers, lost): t of n seats help another one."""
    n = draw(st.integers(3, 6))
    threshold = draw(st.integers(2, n - 1))
    order = draw(st.permutations(seats(n)))
    return n, threshold, order[:threshold], order[-1]


class TestGivenAnyKeyAndAnyLostSeat:
    @settings(max_examples=40, deadline=None, database=None)
    @given(losses(), st.integers(0, 2**32))
    def test_when_repaired_then_the_very_share_comes_back_and_signs(self, loss, label):
        n, threshold, helpers, lost = loss
        shares = a_key(threshold=threshold, n=n, label=label)
        repaired = repair(shares, helpers, lost=lost, label=label)
        assert repaired.secret.to_secret_bytes() == shares[lost].secret.to_secret_bytes()
        sign_with({**shares, lost: repaired}, (lost, *helpers[1:]))


class TestGivenAThreeOfFiveThatLostSeatFive:
    @pytest.fixture(scope="class")
    def shares(self):
        return a_key(threshold=3, n=5)

    @staticmethod
    def split_of(shares, helper=HELPERS[0], *, helpers=HELPERS, lost=LOST, randomness=None, domain=b"tests"):
        drawn = fresh(("split", helper)) if randomness is None else randomness
        return split(shares[helper], helpers=helpers, lost=lost, randomness=drawn, domain=domain)

    def test_when_a_term_is_split_then_its_parts_add_up_to_it_and_have_one_for_each_helper(self, shares):
        for helper in HELPERS:
            parts = self.split_of(shares, helper)
            assert sorted(parts) == list(HELPERS)
            assert len(set(points_of(parts).values())) == len(HELPERS)
            weight = lagrange_coefficient(helper, HELPERS, at=LOST)
            expected = shares[helper].secret.times(weight)
            assert add_all(parts.values()).to_secret_bytes() == expected.to_secret_bytes()
            assert check_split(points_of(parts), expected_sum(key_of(shares), helper, HELPERS, LOST))

    def test_when_the_expected_sums_are_added_then_the_lost_public_share_comes_out(self, shares):
        key = key_of(shares)
        sums = [expected_sum(key, helper, HELPERS, LOST) for helper in HELPERS]
        assert sum_points(sums) == key.public_shares[LOST]

    def test_when_split_again_then_only_the_same_inputs_give_the_same_parts(self, shares):
        def shown(**changes):
            return {part.to_secret_bytes() for part in self.split_of(shares, **changes).values()}

        base = shown()
        assert base == shown(helpers=HELPERS[::-1])
        others = [
            shown(randomness=fresh("other")),
            shown(domain=b"another run"),
            shown(lost=SignerId(3)),
            shown(helpers=(SignerId(1), SignerId(2), SignerId(3))),
        ]
        assert all(not base & other for other in others)

    def test_when_a_helper_adds_what_it_received_then_the_sum_says_nothing_of_any_one_share(self, shares):
        """Every sigma but the sum of all is random: none equals a share, a term or the lost share."""
        parts = {helper: self.split_of(shares, helper) for helper in HELPERS}
        sigmas = {add_all(parts[j][k] for j in HELPERS).to_secret_bytes() for k in HELPERS}
        shares_held = {share.secret.to_secret_bytes() for share in shares.values()}
        assert len(sigmas) == 3
        assert not sigmas & shares_held

    @pytest.mark.parametrize(
        "helpers", [(), (1, 2), (1, 2, 3, 4), (1, 1, 2), (2, 3, 4), (1, 2, 5), (1, 2, 6), (0, 1, 2), (1, 2, ORDER + 1)]
    )
    def test_when_helpers_are_not_exactly_t_other_holders_with_this_one_then_it_is_refused(self, shares, helpers):
        with pytest.raises(ValueError):
            self.split_of(shares, SignerId(1), helpers=helpers)
        with pytest.raises(ValueError):
            expected_sum(key_of(shares), SignerId(1), helpers, LOST)

    @pytest.mark.parametrize("lost", [0, 1, 6, ORDER, ORDER + 1])
    def test_when_the_lost_seat_is_a_stranger_or_helps_itself_then_it_is_refused(self, shares, lost):
        """At seat 0 the sum of sigmas would be the secret of the key."""
        with pytest.raises(ValueError):
            self.split_of(shares, lost=SignerId(lost))
        with pytest.raises(ValueError):
            expected_sum(key_of(shares), SignerId(1), HELPERS, SignerId(lost))

    def test_when_a_stranger_is_expected_to_help_then_it_is_refused(self, shares):
        with pytest.raises(ValueError):
            expected_sum(key_of(shares), SignerId(9), HELPERS, LOST)

    @pytest.mark.parametrize("length", [0, 31, 33, 64])
    def test_when_randomness_has_another_length_then_it_is_refused(self, shares, length):
        with pytest.raises(ValueError):
            self.split_of(shares, randomness=bytes(length))

    @pytest.mark.parametrize("altered", HELPERS)
    def test_when_one_part_is_altered_then_the_points_do_not_add_up(self, shares, altered):
        points = points_of(self.split_of(shares))
        points[altered] = sum_points((points[altered], times_generator(Scalar(1))))
        assert not check_split(points, expected_sum(key_of(shares), HELPERS[0], HELPERS, LOST))

    def test_when_a_helper_splits_another_weight_then_the_points_do_not_add_up(self, shares):
        """Its bare share, or its term for the interpolation at zero: a helper that mixed up the two."""
        parts = self.split_of(shares, lost=SignerId(3))
        assert not check_split(points_of(parts), expected_sum(key_of(shares), HELPERS[0], HELPERS, LOST))

    def test_when_a_part_is_zero_then_it_is_refused_although_the_sum_fits(self, shares):
        expected = expected_sum(key_of(shares), HELPERS[0], HELPERS, LOST)
        half = expected.times(Scalar(2).inverse())
        assert check_split({HELPERS[0]: half, HELPERS[1]: half}, expected)
        assert not check_split({HELPERS[0]: expected, HELPERS[1]: INFINITY}, expected)
        assert not check_split({}, expected)

    def test_when_one_part_was_altered_unseen_then_the_repaired_share_does_not_fit_the_public_one(self, shares):
        parts = {helper: self.split_of(shares, helper) for helper in HELPERS}
        parts[HELPERS[1]][HELPERS[2]] = parts[HELPERS[1]][HELPERS[2]].plus(secret(1))
        repaired = add_all(part for given in parts.values() for part in given.values())
        assert repaired.times_generator() != key_of(shares).public_shares[LOST]

    def test_when_its_inputs_are_used_again_then_they_are_as_before(self, shares):
        before = shares[HELPERS[0]].secret.to_secret_bytes()
        self.split_of(shares)
        assert shares[HELPERS[0]].secret.to_secret_bytes() == before


class TestGivenSecretsToAdd:
    @settings(max_examples=60, deadline=None, database=None)
    @given(st.lists(st.integers(1, ORDER - 1), min_size=1, max_size=6))
    def test_when_added_then_the_sum_is_that_of_integers_and_they_stay(self, numbers):
        secrets = [secret(number) for number in numbers]
        if all(sum(numbers[: count + 1]) % ORDER for count in range(len(numbers))):
            total = add_all(secrets)
            assert total.to_secret_bytes() == (sum(numbers) % ORDER).to_bytes(32, "big")
            total.wipe()
        else:
            with pytest.raises(ZeroSecret):
                add_all(secrets)
        assert [kept.to_secret_bytes() for kept in secrets] == [number.to_bytes(32, "big") for number in numbers]

    def test_when_they_cancel_then_it_is_refused(self):
        for numbers in ((5, ORDER - 5), (1, 2, ORDER - 3), (5, ORDER - 5, 7, ORDER - 7)):
            with pytest.raises(ZeroSecret):
                add_all(map(secret, numbers))

    def test_when_some_cancel_on_the_way_then_the_sum_goes_on(self):
        """Else two dealers could end every run for a seat, and nothing would show whose doing it was."""
        for numbers in ((5, ORDER - 5, 7), (3, 5, ORDER - 8, 7), (5, ORDER - 5, 4, ORDER - 4, 7)):
            assert add_all(map(secret, numbers)).to_secret_bytes() == (7).to_bytes(32, "big")

    def test_when_there_are_none_then_it_is_refused(self):
        with pytest.raises(ValueError):
            add_all([])

    def test_when_one_was_wiped_then_it_is_refused(self):
        wiped = secret(9)
        wiped.wipe()
        for secrets in ([wiped], [secret(1), wiped], [wiped, secret(1)]):
            with pytest.raises(ZeroSecret):
                add_all(secrets)


class TestGivenARecorderAtTheDoorOfTheLibrary:
    def test_when_a_share_is_repaired_then_no_secret_reaches_a_variable_time_call(self):
        shares = a_key(threshold=3, n=5)
        with recording() as secp:
            repaired = repair(shares, HELPERS, lost=LOST, label="recorded")
        secrets = {share.secret.to_secret_bytes() for share in shares.values()}
        secrets |= {
            shares[j].secret.times(lagrange_coefficient(j, HELPERS, at=LOST)).to_secret_bytes() for j in HELPERS
        }
        assert repaired.secret.to_secret_bytes() in secp.results
        assert "secp256k1_ec_pubkey_tweak_mul" in secp.calls
        secp.require_hidden(secrets | secp.results)
