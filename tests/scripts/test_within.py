"""What a check of `.ci/run` may take: no more than its time, and nothing of it stays behind."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

WITHIN = Path(__file__).resolve().parents[2] / "scripts" / "within.py"
PATIENCE = 30  # seconds


def command(limit: str, shell: str) -> list[str]:
    return [sys.executable, str(WITHIN), limit, "bash", "-c", shell]


def is_gone(pid: int) -> bool:
    """Ended, or ended and not yet reaped by who adopted it."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return True


def wait_until_gone(pid: int) -> bool:
    end = time.monotonic() + PATIENCE
    while not is_gone(pid) and time.monotonic() < end:
        time.sleep(0.05)
    return is_gone(pid)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="processes are looked up in /proc")
class TestGivenACommand:
    @pytest.mark.parametrize(("shell", "code"), [("true", 0), ("exit 3", 3), ("kill -9 $$", 137)])
    def test_when_it_ends_in_time_then_its_code_is_the_answer(self, shell: str, code: int) -> None:
        assert subprocess.run(command("30", shell), timeout=PATIENCE, check=False).returncode == code

    def test_when_it_hangs_then_it_fails_and_all_it_started_ends(self) -> None:
        run = subprocess.run(
            command("1", "sleep 300 & echo $!; sleep 300"), capture_output=True, timeout=PATIENCE, check=False
        )
        child, said = run.stdout.decode().splitlines()
        assert run.returncode == 124
        assert said.startswith("ended after 1 s: bash -c ")
        assert wait_until_gone(int(child))

    def test_when_it_leaves_something_behind_then_that_ends_and_holds_no_output(self) -> None:
        run = subprocess.run(command("30", "sleep 300 & echo $!"), capture_output=True, timeout=PATIENCE, check=False)
        assert run.returncode == 0
        assert wait_until_gone(int(run.stdout))

    def test_when_it_is_told_to_end_itself_then_so_does_the_command(self) -> None:
        run = subprocess.Popen(command("300", "echo $$; sleep 300"), stdout=subprocess.PIPE)
        assert run.stdout is not None
        started = int(run.stdout.readline())
        os.kill(run.pid, signal.SIGTERM)
        assert run.wait(timeout=PATIENCE) == 143
        assert wait_until_gone(started)
        run.stdout.close()
