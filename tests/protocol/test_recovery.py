"""A generation seed and recorded public messages give a share back: no more is needed, and no less will do."""

import pytest

from custody.errors import RunAborted
from custody.identifiers import SignerId
from custody.protocol.recovery import dealing_run, recovering
from custody.protocol.run import PartyFault
from tests.builders import committee_with, fresh, seats
from tests.protocol.running import (
    HOSTS,
    Party,
    after,
    honest_ceremony,
    honest_refresh,
    honest_repair,
    honest_reshare,
    transcript_of,
)


def seed_of(run, seat):
    """What the seat backed up when the run began, and nothing else of it."""
    return fresh((run.label, int(seat), "generation seed"))


def recovered(run, seat, tenure, *, seed=None):
    state = recovering(run.setting, transcript_of(run, run.honest), seat=seat)
    drill = Party(run, seat, ())
    drill.one_time = HOSTS.one_time_keys(seed or seed_of(run, seat))
    return state.shares(drill.open(state.state), tenure)


def same(found, shares):
    assert [share.key for share in found] == [share.key for share in shares]
    for one, other in zip(found, shares, strict=True):
        assert one.secret.to_secret_bytes() == other.secret.to_secret_bytes()


@pytest.mark.parametrize("run", [honest_ceremony, honest_refresh, honest_reshare])
class TestGivenTheRecordOfARunThatDeals:
    def test_when_any_seat_restores_from_its_seed_then_it_has_its_shares(self, run):
        run = run()
        for seat in run.setting.committee.seats:
            same(recovered(run, seat, run.tenure), run.held[run.setting.committee.host(seat).id])

    def test_when_the_seed_is_another_then_nothing_comes_of_it(self, run):
        run = run()
        with pytest.raises(PartyFault):
            recovered(run, SignerId(1), run.tenure, seed=fresh("another"))

    def test_when_the_record_misses_a_message_then_nothing_comes_of_it(self, run):
        run = run()
        whole = transcript_of(run, run.honest)
        for round_ in ("contributions", "preparations", "dealings"):
            short = {name: getattr(whole, name) for name in ("contributions", "preparations", "dealings")}
            short[round_] = short[round_][:-1]
            with pytest.raises(RunAborted):
                recovering(run.setting, type(whole)(**short), seat=SignerId(1))

    def test_when_there_is_no_such_seat_then_it_is_refused(self, run):
        run = run()
        with pytest.raises(RunAborted):
            recovering(run.setting, transcript_of(run, run.honest), seat=SignerId(8))


class TestGivenTheRecordOfARepair:
    def test_when_the_repaired_seat_restores_then_the_repair_alone_gives_its_shares(self):
        run = honest_repair()
        same(recovered(run, SignerId(4), run.tenure), run.certified[3].shares)

    def test_when_another_seat_asks_the_repair_then_it_is_sent_back_along_the_lineage(self):
        run = honest_repair()
        for seat in (1, 2, 3, 5):
            with pytest.raises(RunAborted):
                recovering(run.setting, transcript_of(run, run.honest), seat=SignerId(seat))

    def test_when_another_seat_walks_back_then_the_run_that_dealt_gives_the_shares_of_the_newest_certificate(self):
        ceremony, run = honest_ceremony(), honest_repair()
        lineage = [ceremony.setting.terms, run.setting.terms]
        for seat in (1, 2, 3, 5):
            assert dealing_run(lineage, SignerId(seat)) == 0
            same(
                recovered(ceremony, SignerId(seat), run.tenure), run.held[run.setting.committee.host(SignerId(seat)).id]
            )


class TestGivenALongLineage:
    def test_when_each_seat_asks_then_it_is_the_last_run_that_dealt_to_it(self):
        repaired = after(
            honest_refresh(),
            "repair",
            committee_with((1, 2, 3, "4th", 5), (3, 4)),
            dealers=((1, 2, 3), (1, 2, 3, 5)),
            lost=4,
        )
        again = after(
            repaired,
            "repair",
            committee_with((1, "2nd", 3, "4th", 5), (3, 4)),
            dealers=((1, 3, 4), (1, 3, 4, 5)),
            lost=2,
        )
        runs = [honest_ceremony(), honest_refresh(), repaired, again]
        lineage = [run.setting.terms for run in runs]
        assert [dealing_run(lineage, seat) for seat in seats(5)] == [1, 3, 1, 2, 1]
        for seat in seats(5):
            found = recovered(runs[dealing_run(lineage, seat)], seat, again.tenure)
            same(found, again.held[again.setting.committee.host(seat).id])

    def test_when_the_record_is_of_a_generation_before_then_its_shares_are_refused(self):
        with pytest.raises(RunAborted):
            recovered(honest_ceremony(), SignerId(1), honest_refresh().tenure)

    def test_when_the_terms_begin_with_no_ceremony_then_it_is_refused(self):
        with pytest.raises(ValueError):
            dealing_run([honest_repair().setting.terms], SignerId(1))
