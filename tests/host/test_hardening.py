"""A process that hardened itself, looked at from inside after the fact and from outside while it lives."""

import json
import os
import signal
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc and prctl are Linux's")

# Printed by the child: what harden_process said, then what the kernel says.
REPORT = """
import ctypes, json, sys
from custody.host.hardening import harden_process
def fields(path): return dict(line.split(":", 1) for line in open(path).read().splitlines() if ":" in line)
{before}
missing = harden_process()
{after}
core = next(line for line in open("/proc/self/limits") if line.startswith("Max core file size")).split()[4:6]
print(json.dumps({{
    "missing": missing,
    "dumpable": ctypes.CDLL(None).prctl(3, 0, 0, 0, 0),
    "core": core,
    "locked": int(fields("/proc/self/status")["VmLck"].split()[0]),
}}), flush=True)
sys.stdin.read()
"""
DROP_EVERY_RIGHT = """
import os, resource
resource.setrlimit(resource.RLIMIT_MEMLOCK, (1 << 16, 1 << 16))
if os.getuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
"""


ALLOW_CORES = (
    "import resource; resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)"
)
SAME_TREE = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}


def child(before="", after=""):
    code = REPORT.format(before=before, after=after)
    return subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=SAME_TREE
    )


def report_of(process):
    line = process.stdout.readline()
    assert line, "the child ended without a report"
    return json.loads(line)


class TestGivenAProcessThatHardensItself:
    def test_when_the_kernel_is_asked_then_it_is_not_dumpable_and_leaves_no_core(self):
        with child(ALLOW_CORES) as process:
            report = report_of(process)
            process.stdin.close()
        assert report["dumpable"] == 0
        assert report["core"] == ["0", "0"]
        assert not any("PR_SET_DUMPABLE" in missing or "RLIMIT_CORE" in missing for missing in report["missing"])

    def test_when_its_memory_is_locked_then_the_kernel_says_so_and_otherwise_the_process_does(self):
        with child(after="more = bytearray(32 << 20)") as process:
            report = report_of(process)
            process.stdin.close()
        said = [missing for missing in report["missing"] if missing.startswith("memory may be swapped out")]
        assert (report["locked"] > 32 << 10) is (said == [])

    def test_when_it_crashes_then_no_core_is_left(self, tmp_path):
        def cores_of_a_crash(preparation):
            code = f"{ALLOW_CORES}; {preparation}; import os; os.abort()"
            ended = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=SAME_TREE, check=False)
            assert ended.returncode == -signal.SIGABRT
            return list(tmp_path.iterdir())

        assert cores_of_a_crash("from custody.host.hardening import harden_process; harden_process()") == []
        if not cores_of_a_crash("pass"):
            pytest.skip("this machine writes no core file into the folder of a process, hardened or not")

    @pytest.mark.skipif(os.getuid() != 0, reason="looks at another user's process")
    def test_when_another_process_of_its_user_reads_its_memory_then_it_is_refused(self):
        become_nobody = "import os; os.setgroups([]); os.setgid(65534); os.setuid(65534); "
        reads = become_nobody + "import sys; open(f'/proc/{sys.argv[1]}/mem', 'rb').close()"
        plain = "ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)"  # as it was before: the same user may read
        for after, refused in (("", True), (plain, False)):
            with child(become_nobody, after) as process:
                report_of(process)
                reader = subprocess.run(
                    [sys.executable, "-c", reads, str(process.pid)], capture_output=True, text=True, check=False
                )
                process.stdin.close()
            assert ("PermissionError" in reader.stderr) is refused, reader.stderr
            assert (reader.returncode != 0) is refused


class TestGivenAProcessThatMayNotLockMemory:
    def test_when_it_hardens_itself_then_it_says_what_is_missing_and_can_still_allocate(self):
        with child(DROP_EVERY_RIGHT, after="more = bytearray(64 << 20)") as process:
            report = report_of(process)
            process.stdin.close()
        (missing,) = report["missing"]
        assert missing.startswith("memory may be swapped out")
        assert "LimitMEMLOCK=infinity" in missing
        assert report["locked"] == 0
        assert report["dumpable"] == 0
