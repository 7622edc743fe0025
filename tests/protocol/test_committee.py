"""Who may sit together, and what the fingerprint covers."""

import pytest

from custody.errors import EncodingError
from custody.protocol.committee import LARGEST_COMMITTEE, Committee, HostKeys
from tests.builders import AUTHORITY, CHAIN_ID, a_committee, an_identity, fresh


def hosts(n):
    """Keys of the right shape; nobody has to sign with them."""
    return tuple(HostKeys(signing=fresh(("s", i)), sealing=fresh(("e", i)) * 38) for i in range(n))


def committee(n=5, thresholds=(3, 4), **changes):
    members = {"hosts": hosts(n), "thresholds": thresholds, "chain_id": CHAIN_ID, "authority": AUTHORITY}
    return Committee(**(members | changes))


class TestGivenThresholds:
    def test_when_they_lie_above_half_and_below_all_then_exactly_those_are_taken(self):
        for n in range(3, 12):
            for t in range(n + 3):
                if n < 2 * t and 2 <= t <= n - 1:
                    assert committee(n, (t,)).thresholds == (t,)
                else:
                    with pytest.raises(EncodingError):
                        committee(n, (t,))

    @pytest.mark.parametrize("thresholds", [(), (4, 3), (3, 3), (3, 4, 4), (3, 5), (2, 3), (-3,)])
    def test_when_they_are_none_unordered_repeated_or_one_is_out_of_range_then_refused(self, thresholds):
        with pytest.raises(EncodingError):
            committee(5, thresholds)


class TestGivenHosts:
    @pytest.mark.parametrize("n", [0, 1, 2, LARGEST_COMMITTEE + 1])
    def test_when_too_few_or_too_many_then_refused(self, n):
        with pytest.raises(EncodingError):
            committee(n, (n // 2 + 1,))

    def test_when_as_many_as_fit_then_taken(self):
        assert len(committee(LARGEST_COMMITTEE, (17,)).seats) == LARGEST_COMMITTEE

    def test_when_one_sits_twice_then_refused(self):
        with pytest.raises(EncodingError):
            committee(hosts=(*hosts(4), hosts(1)[0]))

    def test_when_two_seats_share_a_signing_key_then_refused(self):
        """Whoever signs for both holds two seats of one threshold."""
        shared = HostKeys(signing=hosts(1)[0].signing, sealing=fresh("another") * 38)
        with pytest.raises(EncodingError):
            committee(hosts=(*hosts(4), shared))

    def test_when_two_seats_share_a_sealing_key_then_refused(self):
        """Whoever opens for both holds two shares."""
        shared = HostKeys(signing=fresh("another"), sealing=hosts(1)[0].sealing)
        with pytest.raises(EncodingError):
            committee(hosts=(*hosts(4), shared))

    def test_when_one_has_no_sealing_key_then_refused(self):
        with pytest.raises(EncodingError):
            committee(hosts=(*hosts(4), HostKeys(signing=fresh("coordinator"))))

    @pytest.mark.parametrize(("signing", "sealing"), [(31, 1216), (33, 1216), (32, 1215), (32, 1217), (32, 1)])
    def test_when_a_key_has_another_length_then_it_is_none(self, signing, sealing):
        with pytest.raises(EncodingError):
            HostKeys(signing=bytes(signing), sealing=bytes(sealing))

    def test_when_seats_are_asked_then_they_count_from_one_and_strangers_have_none(self):
        mine = a_committee(3, (2,))
        assert mine.seats == (1, 2, 3)
        assert [mine.seat_of(mine.host(seat).id) for seat in mine.seats] == [1, 2, 3]
        assert mine.seat_of(an_identity("stranger").keys.id) is None

    @pytest.mark.parametrize("number", [0, -1, 4])
    def test_when_a_seat_that_is_none_is_asked_then_no_other_host_is_given(self, number):
        with pytest.raises((IndexError, ValueError)):
            a_committee(3, (2,)).host(number)


class TestGivenTheFingerprint:
    def test_when_anything_changes_then_it_changes(self):
        prints = {
            committee().fingerprint(),
            committee(hosts=hosts(5)[::-1]).fingerprint(),
            committee(hosts=hosts(6)[1:]).fingerprint(),
            committee(6, (4,)).fingerprint(),
            committee(thresholds=(3,)).fingerprint(),
            committee(thresholds=(4,)).fingerprint(),
            committee(chain_id=1).fingerprint(),
            committee(authority=b"\x01" * 20).fingerprint(),
        }
        assert len(prints) == 8

    @pytest.mark.parametrize("length", [0, 19, 21, 32])
    def test_when_the_authority_is_no_address_then_refused(self, length):
        with pytest.raises(EncodingError):
            committee(authority=bytes(length))

    @pytest.mark.parametrize("chain_id", [-1, 2**256])
    def test_when_the_chain_id_is_none_then_refused(self, chain_id):
        with pytest.raises(EncodingError):
            committee(chain_id=chain_id)
