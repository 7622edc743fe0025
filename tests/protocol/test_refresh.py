"""A refresh gives the same committee new shares of the same keys; old ones and new ones never combine."""

from itertools import combinations

import pytest
from msgspec.structs import replace

from custody.crypto.frost import InvalidSignature, verify
from custody.errors import RunAborted
from custody.protocol.run import RunSetting
from tests.builders import a_committee, committee_with, seats
from tests.crypto.lifecycle import sign_by_hand
from tests.protocol.running import after, honest_ceremony, honest_refresh, sign, terms_of

DEALERS = ((1, 3, 5), (1, 2, 3, 4))


class TestGivenAnHonestRefresh:
    def test_when_it_ends_then_the_keys_stay_and_every_share_has_changed(self):
        old, new = honest_ceremony(), honest_refresh()
        assert [key.id for key in new.tenure.keys] == [key.id for key in old.tenure.keys]
        assert (new.tenure.root, new.tenure.origin) == (old.tenure.root, old.tenure.origin)
        assert new.tenure.generation == 1
        for before, now in zip(old.tenure.keys, new.tenure.keys, strict=True):
            assert all(before.public_shares[seat] != now.public_shares[seat] for seat in seats(5))

    @pytest.mark.parametrize("index", [0, 1])
    def test_when_any_quorum_signs_then_it_verifies_under_the_old_key(self, index):
        old, new = honest_ceremony(), honest_refresh()
        for signers in combinations(seats(5), old.tenure.keys[index].threshold):
            signature = sign(new.shares(index), signers)
            verify(signature, b"message", old.tenure.keys[index].public)

    @pytest.mark.parametrize("stale", [(1,), (2, 3), (1, 2)])
    def test_when_old_and_new_shares_are_put_together_then_they_never_sign(self, stale):
        old, new = honest_ceremony(), honest_refresh()
        held = {seat: (old if seat in stale else new).shares(0)[seat].secret for seat in seats(3)}
        key = old.tenure.keys[0].public
        with pytest.raises(InvalidSignature):
            verify(sign_by_hand(held, key), b"message", key)

    def test_when_refreshed_again_by_other_dealers_then_the_keys_still_stay(self):
        again = after(honest_refresh(), "refresh", dealers=((2, 4, 5), (2, 3, 4, 5)))
        assert [key.id for key in again.tenure.keys] == [key.id for key in honest_ceremony().tenure.keys]
        assert again.tenure.generation == 2
        sign(again.shares(1), (1, 2, 3, 5))

    def test_when_its_certificate_is_compared_then_every_party_holds_the_same(self):
        assert len({end.tenure.certificate for end in honest_refresh().certified}) == 1


class TestGivenTermsOfNoRefresh:
    @pytest.mark.parametrize(
        "changes",
        [
            {"generation": 0}, {"generation": 2}, {"previous": bytes(32)}, {"previous": b""}, {"lost": 1},
            {"kind": "ceremony"}, {"kind": "repair"}, {"kind": "reshare"}, {"chain_id": 1}, {"authority": bytes(20)},
            {"thresholds": (4,)}, {"thresholds": (3,)}, {"dealers": ()}, {"dealers": (DEALERS[0],)},
            {"dealers": (DEALERS[0], DEALERS[0])}, {"dealers": ((1, 3, 3), DEALERS[1])},
            {"dealers": ((3, 1, 5), DEALERS[1])}, {"dealers": ((1, 3, 6), DEALERS[1])},
            {"dealers": ((1, 2, 3, 5), DEALERS[1])}, {"dealers": (*DEALERS, DEALERS[0])},
        ],
        ids=str,
    )  # fmt: skip
    def test_when_proposed_then_every_party_refuses(self, changes):
        tenure = honest_ceremony().tenure
        terms = terms_of("refresh", a_committee(5, (3, 4)), tenure, dealers=DEALERS)
        RunSetting.of(terms, tenure)
        with pytest.raises(RunAborted):
            RunSetting.of(replace(terms, **changes), tenure)

    def test_when_it_has_another_committee_then_every_party_refuses(self):
        tenure = honest_ceremony().tenure
        with pytest.raises(RunAborted):
            RunSetting.of(terms_of("refresh", committee_with((1, 2, 3, 5, 4), (3, 4)), tenure, dealers=DEALERS), tenure)

    def test_when_a_party_knows_no_keys_then_it_refuses(self):
        tenure = honest_ceremony().tenure
        with pytest.raises(RunAborted):
            RunSetting.of(terms_of("refresh", a_committee(5, (3, 4)), tenure, dealers=DEALERS), None)
