"""docs/FAULTS.md as the tables of faults give it: every module of the tests that offers a list `FAULTS` is read."""

from __future__ import annotations

import importlib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[3]
DOCUMENT: Final = ROOT / "docs" / "FAULTS.md"
OFFERS: Final = re.compile(r"^FAULTS\b", re.MULTILINE)
PHASES: Final = ("ceremony", "refresh", "reshare", "repair")
"""In this order, others after them."""

BY_WHAT: Final = {
    "": "",
    "terms": "every party compares the terms (`RunSetting.of`)",
    "encoding": "one encoding of every message (`authenticate`)",
    "signature": "both signatures of a pair (`authenticate`)",
    "sealed": "a complaint: the revealed one-time key opens it for everybody (`judge_run`)",
    "sealing-key": "a complaint: everybody tries the key (`judge_run`)",
    "endorsement": "its own endorsement beside the transcript (`judge_endorsement`)",
    "equivocation": "two of its own messages (`find_equivocation`)",
    "false complaint": "its own complaint (`judge_run`)",
}

HEAD: Final = """# Faults and who is blamed for them

Written by `scripts/generate_faults.py` from the tables that the tests run; a test fails where it is stale.

In each row somebody leaves the protocol in one way. The test plays it against honest parties and asserts, from the
place of each of them, that exactly the party in the third column is named, that no honest party ever is, and that no
key is used without its whole certificate. *nobody: cannot tell which* means that signed messages contradict each other
and do not show whose doing it was: an honest party may have been told another story by the relay. *refused at the door*
means that it never becomes a message of a party, so that there is nobody to name.

"""


def tables() -> list[Any]:
    """Every entry of every module that offers `FAULTS`."""
    found: list[Any] = []
    for path in sorted((ROOT / "tests").rglob("*.py")):
        if OFFERS.search(path.read_text()):
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            found += importlib.import_module(module).FAULTS
    return found


def document(faults: Sequence[Any]) -> str:
    counted = Counter(fault.phase for fault in faults)
    phases = [*PHASES, *sorted(counted.keys() - set(PHASES))]
    numbers = "| phase | kinds of fault |\n|---|---|\n"
    numbers += "".join(f"| {phase} | {counted[phase]} |\n" for phase in phases)
    rows = "| phase | fault | blamed | by what |\n|---|---|---|---|\n"
    return HEAD + numbers + "\n" + rows + "".join(_rows(faults, phases))


def _rows(faults: Sequence[Any], phases: Sequence[str]) -> Iterator[str]:
    """One for each fault, with all the phases in which it is the same."""
    together: dict[tuple[str, str, str], list[str]] = {}
    for fault in faults:
        by = getattr(fault, "by", "")
        what = BY_WHAT.get(by, f"its own message: {by} (`PartyFault`)")
        together.setdefault((fault.description, fault.blamed, what), []).append(fault.phase)
    for (description, blamed, what), where in together.items():
        named = ", ".join(phase for phase in phases if phase in where)
        yield f"| {named} | {_cell(description)} | {_cell(blamed)} | {what or '–'} |\n"


def _cell(text: object) -> str:
    return str(text).replace("|", "\\|")
