"""Every fault of signing names exactly its author, or nobody where nobody can be told; never an honest party.

Seats are 1 to 5, three sign. Seat 2 cheats, or what goes to and from it is spoilt on the way; or the coordinator asks
for what no honest one asks. `FAULTS` is a table that others print.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.protocol import signing_faults_of_coordinators, signing_faults_of_seats, signing_faults_on_the_way
from tests.protocol.signing_faults import NO_ONE, Fault
from tests.signer.scene import Scene

FAULTS: list[Fault] = [
    *signing_faults_of_seats.FAULTS,
    *signing_faults_on_the_way.FAULTS,
    *signing_faults_of_coordinators.FAULTS,
]


class TestGivenTheTableOfFaults:
    def test_when_counted_then_there_are_enough_and_each_has_a_name_of_its_own(self) -> None:
        assert len(FAULTS) >= 30
        assert len({fault.name for fault in FAULTS}) == len(FAULTS)

    @pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name.replace(" ", "-"))
    def test_when_it_happens_then_exactly_its_author_is_blamed(self, tmp_path: Any, fault: Fault) -> None:
        scene = Scene(tmp_path)
        try:
            blamed = fault.play(scene)
        finally:
            scene.close()
        assert (", ".join(sorted(blamed)) or NO_ONE) == fault.blamed
