"""docs/INCIDENTS.md names tests that are there, one at least for every incident."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROWS = [line.split("|") for line in (ROOT / "docs" / "INCIDENTS.md").read_text().splitlines() if line.startswith("| ")][
    1:
]
SOURCES = "".join(path.read_text() for path in sorted((ROOT / "tests" / "contracts").glob("*.t.sol")))


@pytest.mark.parametrize("row", ROWS, ids=[row[1].strip() for row in ROWS])
def test_when_an_incident_is_listed_then_its_tests_are_there(row):
    names = re.findall(r"test_\w+", row[4])
    assert names
    for name in names:
        assert f"function {name}(" in SOURCES, f"{name} is not in tests/contracts"
