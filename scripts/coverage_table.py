"""Lines and branches of every contract, from forge's lcov report, held against what must be whole.

An exception names a file and the text of a line, with a reason: line numbers move. It covers that line and its
branches. One that no longer excuses anything is an error, as is a file of the money path that the report does not know.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

LEAST_REASON = 20  # characters: a reason is a sentence


@dataclass(slots=True)
class File:
    lines: dict[int, int] = field(default_factory=dict)
    branches: dict[tuple[int, str], int] = field(default_factory=dict)  # (line, which) -> taken


def read_report(path: Path) -> dict[str, File]:
    files: dict[str, File] = {}
    current = File()
    for line in path.read_text().splitlines():
        kind, _, rest = line.partition(":")
        if kind == "SF":
            current = files.setdefault(rest, File())
        elif kind == "DA":
            number, hits = rest.split(",")[:2]
            current.lines[int(number)] = current.lines.get(int(number), 0) + int(hits)
        elif kind == "BRDA":
            number, block, branch, taken = rest.split(",")
            key = (int(number), f"{block},{branch}")
            current.branches[key] = current.branches.get(key, 0) + (0 if taken == "-" else int(taken))
    return files


def missed(file: File) -> Iterator[tuple[int, str]]:
    for number, hits in sorted(file.lines.items()):
        if hits == 0:
            yield number, "line"
    for (number, _), taken in sorted(file.branches.items()):
        if taken == 0:
            yield number, "branch"


def share(met: int, of: int) -> str:
    return f"{met:4}/{of:<4} {100 * met / of if of else 100:6.2f} %"


def main(report_path: str, rules_path: str) -> int:
    report = read_report(Path(report_path))
    rules = tomllib.loads(Path(rules_path).read_text())
    whole: set[str] = set(rules["whole"])
    excuses = {(entry["file"], entry["line"]): entry["reason"] for entry in rules.get("exception", [])}
    unused = {key for key in excuses if len(excuses[key]) >= LEAST_REASON}
    complaints = [f"no reason: {key}" for key in excuses.keys() - unused]
    complaints += [f"not in the report: {name}" for name in sorted(whole - report.keys())]

    print(f"{'':48} lines               branches")
    for name, file in sorted(report.items()):
        if not name.startswith("contracts/"):
            continue
        lines = share(sum(hits != 0 for hits in file.lines.values()), len(file.lines))
        branches = share(sum(taken != 0 for taken in file.branches.values()), len(file.branches))
        print(f"{name:48} {lines}  {branches}{'  *' if name in whole else ''}")
        source = Path(name).read_text().splitlines()
        for number, what in missed(file):
            text = source[number - 1].strip()
            unused.discard((name, text))
            if name in whole and (name, text) not in excuses:
                complaints.append(f"{name}:{number}: {what} not met: {text}")
    complaints += [f"excused, but met: {name}: {text}" for name, text in sorted(unused)]
    print("* must be whole")
    print("\n".join(complaints))
    return int(bool(complaints))


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
