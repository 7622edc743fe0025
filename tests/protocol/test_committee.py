"""Who may sit together, and what the fingerprint covers."""

import pytest

from custody.errors import EncodingError
from custody.host.sealing import SEALING_KEY_BYTES
from custody.protocol.committee import LARGEST_COMMITTEE, Committee, HostKeys
from custody.protocol.messages import LARGEST_MESSAGE, LARGEST_WORD
from custody.protocol.run_messages import Dealing, KeyDealing, Preparation
from tests.builders import AUTHORITY, CHAIN_ID, a_committee, an_identity, fresh

SEALED_BYTES = 1120 + 32 + 16
"""Encapsulation, a share, and a tag."""


def hosts(n):
    """Keys of the right shape; nobody has to sign with them."""
    return tuple(HostKeys(signing=fresh(("s", i)), post_quantum=fresh(("p", i)) * 61) for i in range(n))


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
        assert len(committee(LARGEST_COMMITTEE, (67,)).seats) == LARGEST_COMMITTEE

    def test_when_one_sits_twice_then_refused(self):
        with pytest.raises(EncodingError):
            committee(hosts=(*hosts(4), hosts(1)[0]))

    def test_when_two_seats_share_a_signing_key_then_refused(self):
        """Whoever signs for both holds two seats of one threshold."""
        shared = HostKeys(signing=hosts(1)[0].signing, post_quantum=fresh("another") * 61)
        with pytest.raises(EncodingError):
            committee(hosts=(*hosts(4), shared))

    def test_when_two_seats_share_a_post_quantum_key_then_refused(self):
        """Where Ed25519 falls, whoever signs for both holds two seats."""
        shared = HostKeys(signing=fresh("another"), post_quantum=hosts(1)[0].post_quantum)
        with pytest.raises(EncodingError):
            committee(hosts=(*hosts(4), shared))

    def test_when_one_has_no_post_quantum_key_then_refused(self):
        with pytest.raises(EncodingError):
            committee(hosts=(*hosts(4), HostKeys(signing=fresh("coordinator"))))

    @pytest.mark.parametrize(("signing", "post_quantum"), [(31, 1952), (33, 1952), (32, 1951), (32, 1953), (32, 1)])
    def test_when_a_key_has_another_length_then_it_is_none(self, signing, post_quantum):
        with pytest.raises(EncodingError):
            HostKeys(signing=bytes(signing), post_quantum=bytes(post_quantum))

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


class TestGivenTheLargestCommittee:
    def test_when_every_seat_deals_two_keys_then_its_words_and_a_round_of_them_fit(self):
        """What one seat says is bounded, so that nobody can make a round too long to be carried."""
        n, thresholds = LARGEST_COMMITTEE, (67, 99)
        keys = tuple(tuple(bytes(SEALING_KEY_BYTES) for _ in range(n)) for _ in thresholds)
        dealt = tuple(
            KeyDealing(
                threshold=threshold,
                commitment=tuple(bytes(33) for _ in range(threshold)),
                proof=bytes(65),
                sealed=tuple(bytes(SEALED_BYTES) for _ in range(n)),
            )
            for threshold in thresholds
        )
        for said in (
            Preparation(run=bytes(32), sealing_keys=keys, opening=bytes(32)),
            Dealing(run=bytes(32), preparations=bytes(32), keys=dealt),
        ):
            envelope = an_identity("largest").sign(said, execution=bytes(32))
            assert len(envelope) < LARGEST_WORD
            cheats = n - thresholds[0]
            assert (n - cheats) * len(envelope) + cheats * LARGEST_WORD < LARGEST_MESSAGE
