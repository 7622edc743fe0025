"""What keeps this process's memory from other processes and from the disk, as far as the system allows.

It does not keep it from root, from the kernel, or from whoever runs code in this process.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import sys
from pathlib import Path
from typing import Final

# <linux/prctl.h>, <linux/mman.h>, <linux/capability.h>
_PR_SET_DUMPABLE: Final = 4
_MCL_CURRENT: Final = 1
_MCL_FUTURE: Final = 2
_MCL_ONFAULT: Final = 4
_CAP_IPC_LOCK: Final = 14
_EVERY_USER: Final = ["0", "0", str(2**32 - 1)]


def harden_process() -> list[str]:
    """No debugger and no core dump of this process, none of its memory in swap.

    Returns one sentence for each protection that could not be had; they are no reason not to start. To be called
    first, before the store is opened; a second call changes nothing. Children do not inherit the locked memory, and a
    program that they execute can be dumped again.
    """
    return [missing for missing in (_forbid_dumps(), _forbid_core_files(), _lock_memory()) if missing is not None]


def _forbid_dumps() -> str | None:
    """/proc/PID/mem and ptrace are root's alone then, and a core that is piped to a program is not written either."""
    if not sys.platform.startswith("linux"):
        return "other processes of this user can read this process's memory: only Linux has PR_SET_DUMPABLE"
    if _libc().prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        return f"other processes of this user can read this process's memory: PR_SET_DUMPABLE: {_reason()}"
    return None


def _forbid_core_files() -> str | None:
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (OSError, ValueError) as error:
        return f"a crash may leave memory in a core file: RLIMIT_CORE: {error}"
    return None


def _lock_memory() -> str | None:
    if not sys.platform.startswith("linux"):
        return "memory may be swapped out: it is locked on Linux only"
    # Under a limit, MCL_FUTURE would make some later allocation fail instead of go unlocked: all or nothing.
    if not (_is_unlimited() or _ignores_limits()):
        return "memory may be swapped out: no limit must stand on locked memory (systemd: LimitMEMLOCK=infinity)"
    # With MCL_ONFAULT a page is locked when it is first touched, which is before it holds anything; without it every
    # thread's whole stack, and all of every library, would take memory.
    if _libc().mlockall(_MCL_CURRENT | _MCL_FUTURE | _MCL_ONFAULT) != 0:
        return f"memory may be swapped out: mlockall: {_reason()}"
    return None


def _is_unlimited() -> bool:
    _, hard = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (hard, hard))
    return resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] == resource.RLIM_INFINITY


def _ignores_limits() -> bool:
    """CAP_IPC_LOCK, and of the machine: that of a user namespace does not count."""
    try:
        status = dict(line.split(":\t", 1) for line in Path("/proc/self/status").read_text().splitlines())
        users = Path("/proc/self/uid_map").read_text().split()
        return users == _EVERY_USER and bool(int(status["CapEff"], 16) >> _CAP_IPC_LOCK & 1)
    except (OSError, ValueError, KeyError):
        return False


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _reason() -> str:
    return os.strerror(ctypes.get_errno())
