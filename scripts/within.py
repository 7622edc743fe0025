"""within.py SECONDS COMMAND...: runs a command for so long at most; all it started ends with it, or with this.

Answers what the command answers, and 124 when it had to be ended: what hangs fails, and says so.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress

ENDED = 124  # as `timeout` of coreutils, which not every machine has
GRACE = 10  # seconds from the request to end to the end


def run(limit: float, command: list[str]) -> int:
    """The command's exit code; as of a shell, 128 and more when a signal ended it."""
    process = subprocess.Popen(command, start_new_session=True)
    try:
        code = process.wait(timeout=limit)
        return code if code >= 0 else 128 - code
    except subprocess.TimeoutExpired:
        print(f"ended after {limit:g} s: {' '.join(command)}", flush=True)
        return ENDED
    finally:
        if process.poll() is None:
            # Some have groups of their own to end.
            os.killpg(process.pid, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=GRACE)
        # The whole group, also of what came to an end by itself: what it left behind would hold the output open.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    raise SystemExit(run(float(sys.argv[1]), sys.argv[2:]))
