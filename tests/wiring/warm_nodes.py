"""Node processes that are forked from one that has everything imported: a restart costs 0.2 s instead of 0.7 s.

Each is a process of its own with its own store, runs `custody node run` as any other, and is killed like any other.
`WarmChildren` stands where `processes.Children` does. As a script this module is the parent they are forked from.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import NoReturn, Self

from custody.wiring.processes import ChildFailed

_PR_SET_PDEATHSIG = 1


class WarmChild:
    """One forked process; what tests ask of `processes.Child`."""

    def __init__(self, name: str, pid: int, log: Path) -> None:
        self.name = name
        self.pid = pid
        self.log = log

    @property
    def alive(self) -> bool:
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def await_ready(self, is_ready: Callable[[], bool], *, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not is_ready():
            if not self.alive or time.monotonic() > until:
                raise ChildFailed(f"{self.name}: {self.log.read_text()[-500:]}")
            time.sleep(0.005)

    def kill(self) -> None:
        """SIGKILL, and wait until the kernel has forgotten it."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        self._await_end()

    def stop(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)
        self._await_end()

    def _await_end(self) -> None:
        while self.alive:
            time.sleep(0.001)


class WarmChildren:
    """Starts `custody` commands as forks of one warm process, which the context ends with all of them."""

    def __enter__(self) -> Self:
        self._parent = subprocess.Popen(
            [sys.executable, "-m", "tests.wiring.warm_nodes"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        assert self._parent.stdin is not None
        self._parent.stdin.close()
        self._parent.wait()

    def start(
        self, name: str, command: Sequence[str], *, log: Path, environment: Mapping[str, str] | None = None
    ) -> WarmChild:
        assert self._parent.stdin is not None
        assert self._parent.stdout is not None
        assert list(command[1:3]) == ["-m", "custody.cli"]
        order = {"arguments": list(command[3:]), "log": str(log), "environment": dict(environment or os.environ)}
        self._parent.stdin.write(json.dumps(order) + "\n")
        self._parent.stdin.flush()
        return WarmChild(name, int(self._parent.stdout.readline()), log)


def _serve() -> None:
    import custody.cli.node  # noqa: F401  # all that a node needs

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps
    children = []
    while line := sys.stdin.readline():
        pid = os.fork()
        if pid == 0:
            _become(json.loads(line))
        children.append(pid)
        print(pid, flush=True)
    for pid in children:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _become(order: dict[str, object]) -> NoReturn:
    from custody.cli import main

    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    for number, path, mode in (
        (0, os.devnull, os.O_RDONLY),
        (1, str(order["log"]), os.O_WRONLY | os.O_APPEND | os.O_CREAT),
        (2, str(order["log"]), os.O_WRONLY | os.O_APPEND | os.O_CREAT),
    ):
        opened = os.open(path, mode, 0o600)
        os.dup2(opened, number)
    os.environ.clear()
    os.environ.update(order["environment"])  # type: ignore[arg-type]
    try:
        main(order["arguments"])  # type: ignore[arg-type]
    finally:
        os._exit(1)


if __name__ == "__main__":
    _serve()
