"""Runs halmos over tests/contracts/proofs and sees to it that every check_* written there was proved.

halmos answers 0 when it found nothing to prove; and a proof that was not finished, or in which every path reverted,
proves nothing. So its report is read, and compared with the sources.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

PROOFS = Path("tests/contracts/proofs")
REPORT = Path("build/halmos/report.json")
CHECK = re.compile(r"function (check_\w+)\(")
LIMIT = 900  # seconds for all of them, which take two minutes on two idle cores: what hangs ends, what is slow does not


def proved(report: dict[str, Any]) -> set[str]:
    names: set[str] = set()
    for tests in report["test_results"].values():
        names |= {test["name"].partition("(")[0] for test in tests if test["exitcode"] == 0}
    return names


def run(options: list[str]) -> int:
    """halmos's exit code; it starts solvers, so it gets a group of its own, which ends with it."""
    halmos = subprocess.Popen(["halmos", "--json-output", str(REPORT), *options], start_new_session=True)
    try:
        return halmos.wait(timeout=LIMIT)
    except subprocess.TimeoutExpired:
        print(f"the proofs took more than {LIMIT} s")
        return 1
    finally:
        if halmos.poll() is None:
            os.killpg(halmos.pid, signal.SIGKILL)
            halmos.wait()


def main(options: list[str]) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    began = time.monotonic()
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.unlink(missing_ok=True)
    code = run(options)
    if code != 0 or not REPORT.exists():
        return 1
    written = {name for path in PROOFS.glob("*.t.sol") for name in CHECK.findall(path.read_text())}
    found = proved(json.loads(REPORT.read_text()))
    missing = set() if options else written - found
    for name in sorted(missing):
        print(f"not proved: {name}")
    print(f"{len(found)} of {len(written)} proved in {time.monotonic() - began:.0f} s")
    return int(bool(missing) or not found)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
