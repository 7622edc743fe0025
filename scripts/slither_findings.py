"""Compares what slither found with what is explained: each finding has its entry, each entry its finding.

Knows a finding by its detector and by where it is (`Contract.function`), not by its line, which moves. Entries stand in
a file beside the tests and not in the contracts, so that one reason can speak for several findings of one kind.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

LEAST_REASON = 20  # characters: a reason is a sentence


def place_of(element: Mapping[str, Any]) -> str:
    """`Contract.function` of an element, by its parents; the contract or the file alone where it has none."""
    names: dict[str, str] = {element["type"]: element["name"]}
    parent = element.get("type_specific_fields", {}).get("parent")
    while parent:
        names.setdefault(parent["type"], parent["name"])
        parent = parent.get("type_specific_fields", {}).get("parent")
    return ".".join(names[kind] for kind in ("contract", "function") if kind in names) or element["name"]


def findings(report: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], str]]:
    """(detector, place) and slither's own words."""
    for result in report.get("results", {}).get("detectors", []):
        yield (result["check"], place_of(result["elements"][0])), result["description"].strip()


def explanations(table: Mapping[str, Any]) -> set[tuple[str, str]]:
    explained: set[tuple[str, str]] = set()
    for entry in table["finding"]:
        if len(entry["reason"]) < LEAST_REASON:
            raise SystemExit(f"{entry['detector']} in {entry['places']} has no reason")
        explained |= {(entry["detector"], place) for place in entry["places"]}
    return explained


def main(report_path: str, table_path: str) -> int:
    report = json.loads(Path(report_path).read_text())
    if not report["success"]:
        print(f"slither failed: {report['error']}")
        return 1
    found = dict(findings(report))
    explained = explanations(tomllib.loads(Path(table_path).read_text()))
    for key in sorted(found.keys() - explained):
        print(f"unexplained: {key[0]} in {key[1]}\n  {found[key]}")
    for key in sorted(explained - found.keys()):
        print(f"explained, but no longer found: {key[0]} in {key[1]}")
    print(f"{len(found)} findings of high or medium impact, {len(explained & found.keys())} explained")
    return int(found.keys() != explained)


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
