"""docs/INVARIANTS.md, the tags in the contracts, the tests, proofs and mutants say the same: none can drift alone."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

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
PROVED = DOCUMENT[DOCUMENT.index("## Proved by halmos") :]
PROVED_LINE = re.compile(r"^\| (INV-[A-Z]+-\d+) \| (check_\w+) \|$", re.MULTILINE)
PROOF = re.compile(r"@custom:proves ([A-Z0-9, -]+)\n\s*function (check_\w+)\(")
CHECK = re.compile(r"function (check_\w+)\(")
PROOFS = {
    (invariant, found[2])
    for found in PROOF.finditer(text_of("tests/contracts/proofs/*.t.sol"))
    for invariant in found[1].split(", ")
}
MUTANTS = tomllib.loads((ROOT / "tests" / "contracts" / "mutants.toml").read_text())["mutant"]


class TestGivenTheInvariantsDocument:
    def test_when_read_then_each_id_stands_once(self) -> None:
        assert len(LINES) >= 30
        assert len({line.id for line in LINES}) == len(LINES)
        assert DOCUMENT.count("| INV-") == len(LINES) + PROVED.count("| INV-"), "a line is not in the table's form"

    def test_when_compared_with_the_contracts_then_every_tag_has_its_line_and_every_line_its_tag(self) -> None:
        tags = set(TAG.findall(text_of("contracts/**/*.sol")))
        assert tags == {found[1] for found in LINE.finditer(ON_CHAIN)}

    def test_when_a_line_names_a_test_then_that_test_exists(self) -> None:
        tests = set(TEST.findall(text_of("tests/**/*.sol") + text_of("tests/**/*.py")))
        assert {line.id for line in LINES if line.test not in tests} == set()

    def test_when_a_line_names_a_promise_then_the_promise_is_listed(self) -> None:
        assert {line.promise for line in LINES} <= set(PROMISE.findall(DOCUMENT))


class TestGivenTheProofs:
    """scripts/check_contracts proves a `check_*` for all arguments; the document says which invariant it is of."""

    def test_when_compared_with_the_document_then_each_proof_has_its_line_and_each_line_its_proof(self) -> None:
        assert set(PROVED_LINE.findall(PROVED)) == PROOFS
        assert PROVED.count("| INV-") == len(PROOFS), "a line is not in the table's form, or stands twice"

    def test_when_read_then_each_names_an_invariant(self) -> None:
        assert {name for _, name in PROOFS} == set(CHECK.findall(text_of("tests/contracts/proofs/*.t.sol")))

    def test_when_a_proof_names_an_invariant_then_it_is_one_of_the_contracts(self) -> None:
        assert {invariant for invariant, _ in PROOFS} <= {found[1] for found in LINE.finditer(ON_CHAIN)}


class TestGivenTheMutants:
    """scripts/mutants breaks each as the table says, and expects the test it names to fail."""

    def test_when_compared_with_the_document_then_each_named_test_has_one_to_notice(self) -> None:
        promised = {(found[1], found[4]) for found in LINE.finditer(ON_CHAIN)}
        assert promised - {(mutant["id"], mutant["test"]) for mutant in MUTANTS} == set()

    def test_when_it_names_an_invariant_then_the_document_has_it(self) -> None:
        assert {mutant["id"] for mutant in MUTANTS} <= {found[1] for found in LINE.finditer(ON_CHAIN)}

    @pytest.mark.parametrize("mutant", MUTANTS, ids=[f"{mutant['id']}-{i}" for i, mutant in enumerate(MUTANTS)])
    def test_when_it_is_put_in_place_then_it_changes_one_place_and_its_test_is_there(
        self, mutant: dict[str, str]
    ) -> None:
        assert set(mutant) == {"id", "file", "old", "new", "suite", "test"}
        assert mutant["file"].startswith("contracts/")
        assert mutant["old"] != mutant["new"]
        assert (ROOT / mutant["file"]).read_text().count(mutant["old"]) == 1
        assert f"function {mutant['test']}(" in (ROOT / "tests" / "contracts" / mutant["suite"]).read_text()
