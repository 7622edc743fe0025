"""The whole matrix of faults in runs: each phase by each table."""

from __future__ import annotations

from typing import Final

from tests.protocol.faults.carriage import carriage, doors, equivocations
from tests.protocol.faults.colluding import colluding
from tests.protocol.faults.complaining import complaining
from tests.protocol.faults.dealings import dealings
from tests.protocol.faults.endorsing import endorsing
from tests.protocol.faults.entry import CAST, RunFault
from tests.protocol.faults.preparing import preparing
from tests.protocol.faults.proposing import proposing
from tests.protocol.faults.repairs import repairs

TABLES = (proposing, doors, carriage, preparing, dealings, repairs, endorsing, complaining, colluding, equivocations)
FAULTS: Final[list[RunFault]] = [fault for phase in CAST for table in TABLES for fault in table(phase)]
