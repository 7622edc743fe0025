"""The life of a key through the desks of real nodes, stores included: ceremony, refresh, reshare, repair, erasure."""

import pytest

from custody.errors import RunAborted
from tests.signer.runs import a_committee_of, a_run, custodians


def shares_of(members):
    return {
        held.share.signer: held.share for member in members for held in member.held() if held.share.key.threshold == 3
    }


class TestGivenFiveCustodiansWithKeys:
    @pytest.fixture(scope="class")
    def made(self, tmp_path_factory):
        members = custodians(tmp_path_factory.mktemp("nodes"), 5)
        committee = a_committee_of(members)
        return members, committee, a_run(members, "ceremony", committee)

    def test_when_the_ceremony_ends_then_every_seat_holds_shares_of_the_certified_keys(self, made):
        members, _, result = made
        for seat, member in enumerate(members, start=1):
            held = member.held()
            assert [key.share.signer for key in held] == [seat, seat]
            assert {key.tenure.certificate for key in held} == {result.tenure.certificate}
            assert all(key.share.matches_public_share() for key in held)

    def test_when_refreshed_reshared_and_repaired_then_the_keys_stay_and_generations_go_up(self, made, tmp_path):
        members, committee, result = made
        publics = [key.id for key in result.tenure.keys]
        refreshed = a_run(members, "refresh", committee, result.lineage)
        assert refreshed.tenure.generation == 1
        newcomers = custodians(tmp_path, 2, "new")
        for newcomer in newcomers:
            newcomer.root = refreshed.tenure.root
        seven = a_committee_of([*members, *newcomers], (4, 5))
        reshared = a_run([*members, *newcomers], "reshare", seven, refreshed.lineage)
        assert reshared.tenure.generation == 2
        replacement = custodians(tmp_path, 1, "replacement")
        replacement[0].root = refreshed.tenure.root
        parties = [*members, newcomers[0], replacement[0]]
        to = a_committee_of(parties, (4, 5))
        repaired = a_run(parties, "repair", to, reshared.lineage, lost=7)
        assert repaired.tenure.generation == 3
        for step in (refreshed, reshared, repaired):
            assert [key.id for key in step.tenure.keys] == publics
        assert [key.share.matches_public_share() for key in replacement[0].held()] == [True, True]
        a_run(parties, "refresh", to, repaired.lineage)
        with pytest.raises(RunAborted, match="stale-generation"):
            a_run(parties, "refresh", to, repaired.lineage)
