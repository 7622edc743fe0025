"""docs/INVARIANTS.md, the tags in the contracts and the tests say the same: none of the three can drift alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LINE = re.compile(r"^\| (INV-[A-Z]+-\d+) \| (P\d+) \| (.+?) \| (\w+) \|$", re.MULTILINE)
TAG = re.compile(r"@custom:invariant (INV-[A-Z]+-\d+)")
PROMISE = re.compile(r"^\| (P\d+) \|", re.MULTILINE)
TEST = re.compile(r"(?:function|def) ((?:test|invariant|check)\w*)")


@dataclass(frozen=True)
class Line:
    id: str
    promise: str
    test: str


def text_of(pattern: str) -> str:
    return "\n".join(path.read_text() for path in sorted(ROOT.glob(pattern)))


DOCUMENT = (ROOT / "docs" / "INVARIANTS.md").read_text()
LINES = [Line(id=found[1], promise=found[2], test=found[4]) for found in LINE.finditer(DOCUMENT)]
ON_CHAIN = DOCUMENT[DOCUMENT.index("## On chain") : DOCUMENT.index("## Off chain")]


class TestGivenTheInvariantsDocument:
    def test_when_read_then_each_id_stands_once(self) -> None:
        assert len(LINES) >= 30
        assert len({line.id for line in LINES}) == len(LINES)
        assert DOCUMENT.count("| INV-") == len(LINES), "a line is not in the table's form"

    def test_when_compared_with_the_contracts_then_every_tag_has_its_line_and_every_line_its_tag(self) -> None:
        tags = set(TAG.findall(text_of("contracts/**/*.sol")))
        assert tags == {found[1] for found in LINE.finditer(ON_CHAIN)}

    def test_when_a_line_names_a_test_then_that_test_exists(self) -> None:
        tests = set(TEST.findall(text_of("tests/**/*.sol") + text_of("tests/**/*.py")))
        assert {line.id for line in LINES if line.test not in tests} == set()

    def test_when_a_line_names_a_promise_then_the_promise_is_listed(self) -> None:
        assert {line.promise for line in LINES} <= set(PROMISE.findall(DOCUMENT))
