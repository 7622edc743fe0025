"""Breaks each invariant on purpose, in a copy, and expects the test that guards it to fail: else it guards nothing.

The table is tests/contracts/mutants.toml. The copy of a test holds what that test imports and nothing else, so that few
files are compiled. There each test first has to pass unbroken; then one mutant after another is put in place, and only
its own failure counts: a mutant that does not compile, or that breaks the setting up, has shown nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import time
import tomllib
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[1]
TABLE = ROOT / "tests" / "contracts" / "mutants.toml"
SCRATCH = ROOT / "build" / "mutants"
IMPORT = re.compile(r'^\s*(?:import\b|\}\s*from\b)[^";]*"(\.[^"]+)"', re.MULTILINE)
TIME_LIMIT = 300  # seconds a run of forge
# Always the same cases, and fewer sequences than in the suite: a mutant that needs luck to be found is not found.
SETTINGS = {
    "FOUNDRY_FUZZ_SEED": "0x2a",
    "FOUNDRY_INVARIANT_RUNS": "64",
    "FOUNDRY_INVARIANT_DEPTH": "64",
    # That a sequence fails is enough; nobody reads the shortest.
    "FOUNDRY_INVARIANT_SHRINK_RUN_LIMIT": "0",
    # Compiling anew for each mutant is what takes the time, and takes a third of it like this. Dynamic test linking
    # would save more, but turns `expectRevert` before `new` into a test that cannot fail.
    "FOUNDRY_OPTIMIZER": "false",
    "FOUNDRY_DISABLE_NIGHTLY_WARNING": "1",
}


@dataclass(frozen=True, kw_only=True)
class Mutant:
    id: str
    file: str
    old: str
    new: str
    suite: str
    test: str

    @property
    def suite_path(self) -> Path:
        return Path("tests/contracts") / self.suite


@dataclass(frozen=True, kw_only=True)
class Outcome:
    mutant: Mutant
    caught: bool
    note: str


RUNNING: set[int] = set()


def end(group: int) -> None:
    """Ends whatever is left of a run of forge."""
    RUNNING.discard(group)
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def stop(*_: object) -> NoReturn:
    for group in list(RUNNING):
        end(group)
    # The threads wait for what has just been ended; nothing they say matters any more.
    os._exit(130)


def table() -> list[Mutant]:
    return [Mutant(**entry) for entry in tomllib.loads(TABLE.read_text())["mutant"]]


def sources_of(suite: Path) -> set[Path]:
    """The suite and whatever it imports of this repository, relative to its root."""
    seen: set[Path] = set()
    waiting = [suite]
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        text = (ROOT / path).read_text()
        waiting += [Path(os.path.normpath(path.parent / found)) for found in IMPORT.findall(text)]
    return seen


def is_quick(suite: Path) -> bool:
    """Whether it tests libraries alone: without a contract to deploy it compiles in seconds."""
    return all(path.parent != Path("contracts") for path in sources_of(suite))


def copy_of(suite: Path) -> Path:
    """A folder in which forge finds this suite alone."""
    folder = SCRATCH / re.sub(r"\W", "-", str(suite))
    shutil.rmtree(folder, ignore_errors=True)
    for path in sources_of(suite):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, folder / path)
    shutil.copyfile(ROOT / "foundry.toml", folder / "foundry.toml")
    for name in ("node_modules", "tools"):
        (folder / name).symlink_to(ROOT / name)
    return folder


def results(folder: Path, tests: Iterable[str]) -> dict[str, str] | None:
    """How each test went, by its name; None when forge did not come so far."""
    pattern = f"^({'|'.join(sorted(set(tests)))})" + r"(\(|$)"
    log = folder / "last.log"
    # What found another mutant is no case of this one.
    shutil.rmtree(folder / "build" / "forge-failures", ignore_errors=True)
    with log.open("w") as output:
        # A session of its own: forge starts compilers, which end with it.
        forge = subprocess.Popen(
            ["forge", "test", "--json", "--match-test", pattern],
            cwd=folder,
            env={**os.environ, **SETTINGS},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    RUNNING.add(forge.pid)
    try:
        forge.wait(timeout=TIME_LIMIT)
    except subprocess.TimeoutExpired:
        return None
    finally:
        end(forge.pid)
        forge.wait()
    # One line of JSON, among what the compiler says.
    lines = [line for line in log.read_text().splitlines() if line.startswith("{")]
    if not lines:
        return None
    report = json.loads(lines[-1])
    return {
        name.partition("(")[0]: result["status"]
        for contract in report.values()
        for name, result in contract["test_results"].items()
    }


def outcome_of(mutant: Mutant, folder: Path) -> Outcome:
    target = folder / mutant.file
    if not target.exists():
        return Outcome(mutant=mutant, caught=False, note="its test does not use this file")
    whole = target.read_text()
    if whole.count(mutant.old) != 1:
        return Outcome(mutant=mutant, caught=False, note=f"`old` occurs {whole.count(mutant.old)} times")
    try:
        target.write_text(whole.replace(mutant.old, mutant.new))
        found = results(folder, [mutant.test])
    finally:
        target.write_text(whole)
    if found is None:
        return Outcome(mutant=mutant, caught=False, note=f"it does not compile: {folder / 'last.log'}")
    status = found.get(mutant.test)
    if status == "Failure":
        return Outcome(mutant=mutant, caught=True, note="")
    return Outcome(
        mutant=mutant, caught=False, note="SURVIVED" if status == "Success" else f"its test did not run: {found}"
    )


def run_suite(suite: Path, mutants: list[Mutant]) -> list[Outcome]:
    folder = copy_of(suite)
    unbroken = results(folder, [mutant.test for mutant in mutants]) or {}
    outcomes = []
    for mutant in mutants:
        began = time.monotonic()
        if unbroken.get(mutant.test) != "Success":
            outcome = Outcome(mutant=mutant, caught=False, note="its test does not pass unbroken")
        else:
            outcome = outcome_of(mutant, folder)
        print(
            f"{mutant.id:18} {'caught' if outcome.caught else outcome.note} ({time.monotonic() - began:.0f} s)",
            flush=True,
        )
        outcomes.append(outcome)
    return outcomes


def run(mutants: list[Mutant], jobs: int) -> list[Outcome]:
    suites: dict[Path, list[Mutant]] = defaultdict(list)
    for mutant in mutants:
        suites[mutant.suite_path].append(mutant)
    largest_first = sorted(suites.items(), key=lambda item: -len(item[1]))
    outcomes: list[Outcome] = []
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        waiting = [pool.submit(run_suite, suite, own) for suite, own in largest_first]
        for done in as_completed(waiting):
            outcomes += done.result()
    return outcomes


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/mutants", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", action="append", metavar="ID", help="an invariant's id, or how it begins; repeatable")
    parser.add_argument("--quick", action="store_true", help="only those of libraries, which compile in seconds")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="suites at a time (2)")
    arguments = parser.parse_args()
    mutants = table()
    if arguments.only:
        mutants = [mutant for mutant in mutants if any(mutant.id.startswith(only) for only in arguments.only)]
    if arguments.quick:
        mutants = [mutant for mutant in mutants if is_quick(mutant.suite_path)]
    if not mutants:
        parser.error("no mutant is like that")
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    outcomes = run(mutants, arguments.jobs)
    survivors = [outcome for outcome in outcomes if not outcome.caught]
    print()
    for outcome in survivors:
        print(f"NOT CAUGHT {outcome.mutant.id} {outcome.mutant.file} {outcome.mutant.test}: {outcome.note}")
    print(f"{len(outcomes) - len(survivors)} of {len(outcomes)} mutants caught")
    return int(bool(survivors))


if __name__ == "__main__":
    raise SystemExit(main())
