"""A repair gives one seat its shares back on a new host, and leaves every share what it is."""

from itertools import combinations

import pytest

from custody.crypto.frost import InvalidSignature, verify
from custody.errors import RunAborted
from custody.identifiers import SignerId
from custody.protocol.run import RunSetting
from tests.builders import committee_with, seats
from tests.crypto.lifecycle import sign_by_hand
from tests.protocol.running import after, honest_ceremony, honest_refresh, honest_repair, sign, terms_of

HELPERS = ((1, 3, 5), (1, 2, 3, 5))
NEW = (1, 2, 3, "new-4th", 5)


class TestGivenAnHonestRepair:
    def test_when_it_ends_then_every_share_is_what_it_was_and_the_lost_seat_has_its_own(self):
        old, new = honest_ceremony(), honest_repair()
        assert new.tenure.keys == old.tenure.keys
        for index in (0, 1):
            before, now = old.shares(index), new.shares(index)
            assert before.keys() == now.keys()
            for seat in seats(5):
                assert before[seat].secret.to_secret_bytes() == now[seat].secret.to_secret_bytes()

    def test_when_it_ends_then_it_is_a_new_generation_of_holders(self):
        old, new = honest_ceremony(), honest_repair()
        assert new.tenure.generation == 1
        assert new.tenure.root == old.tenure.root
        assert new.tenure.holdings != old.tenure.holdings
        assert new.tenure.committee.host(SignerId(4)) != old.tenure.committee.host(SignerId(4))

    @pytest.mark.parametrize("index", [0, 1])
    def test_when_any_quorum_with_the_repaired_seat_signs_then_it_verifies(self, index):
        new = honest_repair()
        for signers in combinations(seats(5), new.tenure.keys[index].threshold):
            if 4 in signers:
                sign(new.shares(index), signers)

    def test_when_a_seat_is_neither_helper_nor_lost_then_nobody_seals_to_it(self):
        run = honest_repair()
        assert run.setting.receives_in(2) == (1,)  # helps with the second key alone
        assert [len(row) for row in run.honest.preparations[1].message.sealing_keys] == [0, 4]

    def test_when_one_helper_looks_then_it_learns_no_part_of_another_helper(self):
        run = honest_repair()
        assert {effect.dealer for effect in run.party(1).split(run.honest).opens} == {1, 2, 3, 5}
        assert run.party(1).summed(run.honest).opens == ()
        assert run.party(4).split(run.honest).opens == ()

    def test_when_refreshed_and_repaired_then_repaired_shares_combine_with_refreshed_ones_alone(self):
        refreshed = honest_refresh()
        run = after(refreshed, "repair", committee_with(NEW, (3, 4)), dealers=HELPERS, lost=4)
        sign(run.shares(0), (2, 4, 5))
        key = run.tenure.keys[0].public
        old = honest_ceremony().shares(0)
        held = {SignerId(4): run.shares(0)[SignerId(4)].secret, **{seat: old[seat].secret for seat in seats(2)}}
        with pytest.raises(InvalidSignature):
            verify(sign_by_hand(held, key), b"message", key)

    def test_when_two_of_three_repair_then_it_works(self):
        run = after(honest_ceremony(3, (2,)), "repair", committee_with(("n", 2, 3), (2,)), dealers=((2, 3),), lost=1)
        sign(run.shares(), (1, 2))


class TestGivenTermsOfNoRepair:
    @pytest.mark.parametrize(
        ("names", "thresholds", "dealers", "lost"),
        [
            (NEW, (3, 4), HELPERS, 3),
            (NEW, (3, 4), HELPERS, 0),
            (NEW, (3, 4), HELPERS, 6),
            (NEW, (3, 4), ((1, 3, 4), (1, 2, 3, 5)), 4),
            (NEW, (3, 4), ((1, 3, 5), (1, 2, 3, 4)), 4),
            (NEW, (3, 4), ((1, 3), (1, 2, 3, 5)), 4),
            (NEW, (3,), ((1, 3, 5),), 4),
            (NEW, (3, 4), ((1, 2, 3, 5), (1, 3, 5)), 4),
            ((1, 2, 3, 4, 5), (3, 4), HELPERS, 4),
            ((1, 2, "x", "y", 5), (3, 4), HELPERS, 4),
            ((1, 2, 4, 3, 5), (3, 4), HELPERS, 4),
            ((1, 2, 3, "x", 5, 4), (4, 5), HELPERS, 4),
            ((1, 2, 3, 5), (3,), HELPERS, 4),
        ],
        ids=[
            "another-seat-lost", "none-lost", "no-such-seat", "helps-itself", "helps-itself-with-the-second-key",
            "too-few-helpers", "one-key-forgotten", "helpers-of-the-wrong-key", "on-the-old-host", "two-hosts-replaced",
            "hosts-swapped", "one-seat-more", "one-seat-fewer",
        ],
    )  # fmt: skip
    def test_when_proposed_then_every_party_refuses(self, names, thresholds, dealers, lost):
        tenure = honest_ceremony().tenure
        terms = terms_of("repair", committee_with(names, thresholds), tenure, dealers=dealers, lost=lost)
        with pytest.raises(RunAborted):
            RunSetting.of(terms, tenure)
