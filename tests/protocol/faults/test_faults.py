"""Every fault of the tables ends the run for honest parties, and names exactly who is to be named, or nobody."""

from collections import Counter

import pytest

from tests.protocol.faults.document import DOCUMENT, document, tables
from tests.protocol.faults.entry import AUTHOR, CAST, NOBODY, REFUSED
from tests.protocol.faults.table import FAULTS

ENOUGH = 30
"""Kinds of fault in each phase."""


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.phase}-{fault.name}")
class TestGivenAFault:
    def test_when_honest_parties_meet_it_then_exactly_its_author_is_blamed_or_nobody(self, fault):
        run = fault.run
        attempts = list(fault.attempts(run, CAST[fault.phase]))
        assert attempts
        for attempt in attempts:
            observed = attempt.observe(run)
            assert observed.ended, "no honest party noticed"
            assert observed.named <= fault.culprits, "an honest party is blamed"
            assert bool(observed.named) == (fault.blamed == AUTHOR)
            assert len(observed.named) <= 1
            assert observed.by == ({fault.by} if fault.by else set())
            if fault.by != "equivocation":
                assert not observed.certified, "a key is used that not everybody endorsed"


class TestGivenTheTables:
    def test_when_counted_then_each_phase_has_enough_kinds_of_fault(self):
        counted = Counter(fault.phase for fault in FAULTS)
        assert set(counted) == set(CAST)
        assert min(counted.values()) >= ENOUGH, counted

    def test_when_read_then_each_has_a_name_of_its_own_and_an_answer(self):
        assert len({(fault.phase, fault.name) for fault in FAULTS}) == len(FAULTS)
        assert {fault.blamed for fault in FAULTS} == {AUTHOR, NOBODY, REFUSED}
        assert all(fault.by for fault in FAULTS if fault.blamed != NOBODY)


class TestGivenTheDocument:
    def test_when_compared_with_the_tables_then_it_says_what_they_say(self):
        assert DOCUMENT.read_text() == document(tables()), "stale: run scripts/generate_faults.py"
