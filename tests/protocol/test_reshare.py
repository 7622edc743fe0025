"""A reshare hands the same keys to another committee with other thresholds: newcomers, other seats, leaving dealers."""

from itertools import combinations

import pytest

from custody.crypto.frost import InvalidSignature, verify
from custody.errors import RunAborted
from custody.host import HostIdentity
from custody.identifiers import HostId, SignerId
from custody.protocol.committee import Committee, HostKeys
from custody.protocol.run import RunSetting
from tests.builders import (
    AUTHORITY,
    CHAIN_ID,
    a_committee,
    an_identity,
    committee_with,
    fresh,
    seats,
)
from tests.crypto.lifecycle import sign_by_hand
from tests.protocol.running import after, honest_ceremony, honest_reshare, sign, terms_of

DEALERS = ((1, 3, 5), (1, 2, 3, 5))


class TestGivenAnHonestReshareOfThreeAndFourOfFiveToFourAndFiveOfSeven:
    def test_when_it_ends_then_the_keys_stay_with_the_new_thresholds(self):
        old, new = honest_ceremony(), honest_reshare()
        assert [key.id for key in new.tenure.keys] == [key.id for key in old.tenure.keys]
        assert [key.threshold for key in new.tenure.keys] == [4, 5]
        assert (new.tenure.root, new.tenure.origin) == (old.tenure.root, old.tenure.origin)

    def test_when_the_parties_are_counted_then_the_leaving_dealer_is_one_and_gets_no_share(self):
        run = honest_reshare()
        assert len(run.setting.parties) == 8
        assert run.setting.parties[7] == an_identity(SignerId(5)).keys
        assert run.certified[7].shares == ()
        assert run.setting.deals_in(8) == (0, 1)
        assert run.setting.receives_in(8) == ()

    @pytest.mark.parametrize("index", [0, 1])
    def test_when_any_quorum_of_the_new_committee_signs_then_it_verifies_under_the_old_key(self, index):
        old, new = honest_ceremony(), honest_reshare()
        for signers in combinations(seats(7), new.tenure.keys[index].threshold):
            verify(sign(new.shares(index), signers), b"message", old.tenure.keys[index].public)

    def test_when_one_fewer_than_the_new_threshold_interpolate_then_they_do_not_sign(self):
        new = honest_reshare()
        held = {seat: new.shares(0)[seat].secret for seat in seats(3)}
        key = new.tenure.keys[0].public
        with pytest.raises(InvalidSignature):
            verify(sign_by_hand(held, key), b"message", key)

    @pytest.mark.parametrize("stale", [(1,), (2, 3), (1, 2, 4)])
    def test_when_old_and_new_shares_are_put_together_then_they_never_sign(self, stale):
        old, new = honest_ceremony(), honest_reshare()
        held = {seat: (old if seat in stale else new).shares(0)[seat].secret for seat in seats(4)}
        key = old.tenure.keys[0].public
        with pytest.raises(InvalidSignature):
            verify(sign_by_hand(held, key), b"message", key)

    def test_when_a_host_stays_then_it_deals_as_its_old_seat_and_receives_as_its_new_one(self):
        run = honest_reshare()
        party = run.setting.party_of(an_identity(SignerId(1)).keys)
        assert party == 4
        assert run.setting.dealer_of(party) == 1
        assert run.setting.dealer_party(SignerId(1)) == party
        assert run.certified[party - 1].shares[0].signer == 4

    def test_when_every_dealer_leaves_then_an_entirely_new_committee_signs(self):
        committee = committee_with([("all new", number) for number in range(4)], (3,))
        run = after(honest_ceremony(5, (4,)), "reshare", committee, dealers=((1, 2, 4, 5),))
        assert len(run.setting.parties) == 8
        sign(run.shares(), (2, 3, 4))
        assert run.tenure.keys[0].id == honest_ceremony(5, (4,)).tenure.keys[0].id

    def test_when_only_a_threshold_changes_then_the_same_hosts_reshare(self):
        run = after(honest_ceremony(5, (4,)), "reshare", a_committee(5, (3,)), dealers=((1, 2, 3, 4),))
        sign(run.shares(), (1, 3, 5))


class TestGivenTermsOfNoReshare:
    @pytest.mark.parametrize("dealers", [(), ((1, 3, 5),), (DEALERS[1], DEALERS[0]), ((1, 3, 7), DEALERS[1])], ids=str)
    def test_when_the_dealers_are_not_exactly_as_many_as_each_key_needs_then_every_party_refuses(self, dealers):
        tenure = honest_ceremony().tenure
        with pytest.raises(RunAborted):
            RunSetting.of(terms_of("reshare", committee_with((1, 2, 3, 4), (3,)), tenure, dealers=dealers), tenure)

    def test_when_the_committee_stays_what_it_is_then_every_party_refuses(self):
        tenure = honest_ceremony().tenure
        with pytest.raises(RunAborted):
            RunSetting.of(terms_of("reshare", tenure.committee, tenure, dealers=DEALERS), tenure)

    def test_when_a_key_gets_lost_on_the_way_then_every_party_refuses(self):
        tenure = honest_ceremony().tenure
        with pytest.raises(RunAborted):
            RunSetting.of(terms_of("reshare", a_committee(5, (3,)), tenure, dealers=DEALERS), tenure)

    @pytest.mark.parametrize("half", ["signing", "post_quantum"])
    def test_when_a_new_host_takes_over_half_of_an_old_hosts_keys_then_every_party_refuses(self, half):
        """Else a dealer that leaves would not have to sign: it would count as the host that has one of its keys."""
        tenure = honest_ceremony().tenure
        old, new = tenure.committee.host(SignerId(5)), HostIdentity(fresh("half")).keys
        halves = {"signing": new.signing, "post_quantum": new.post_quantum} | {half: getattr(old, half)}
        committee = Committee(
            hosts=(*(an_identity(seat).keys for seat in seats(4)), HostKeys(**halves)),
            thresholds=(3, 4),
            chain_id=CHAIN_ID,
            authority=AUTHORITY,
        )
        assert HostId(committee.hosts[4].id) != old.id
        with pytest.raises(RunAborted):
            RunSetting.of(terms_of("reshare", committee, tenure, dealers=DEALERS), tenure)
