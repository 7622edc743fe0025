"""Child processes that do not outlive us.

Started, awaited, ended by their pid, killed by the kernel if we die first.
"""

from __future__ import annotations

import contextlib
import ctypes
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

from custody.errors import CustodyError

_PR_SET_PDEATHSIG: Final = 1
_STOP_SECONDS: Final = 5.0
_libc = ctypes.CDLL(None, use_errno=True)


class ChildFailed(CustodyError):
    """A child process ended, or did not become ready."""


class Child:
    """One process with its log file."""

    def __init__(
        self, name: str, command: Sequence[str], *, log: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self.log = log
        self._output: IO[bytes] = log.open("ab")
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            env=dict(environment) if environment is not None else None,
            start_new_session=True,  # Ctrl-C reaches us alone; we end the children in order
            preexec_fn=_die_with_parent,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def await_ready(self, is_ready: Callable[[], bool], *, seconds: float) -> None:
        """Poll until `is_ready`.

        Raises:
            ChildFailed: it ended first, or `seconds` passed; with the last lines of its log.
        """
        until = time.monotonic() + seconds
        while not is_ready():
            if not self.alive:
                raise ChildFailed(f"{self.name} ended at once: {self._tail()}")
            if time.monotonic() > until:
                raise ChildFailed(f"{self.name} was not ready within {seconds:g} s: {self._tail()}")
            time.sleep(0.02)

    def kill(self) -> None:
        """SIGKILL, at once."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        self._process.wait()
        self._output.close()

    def stop(self) -> None:
        """SIGTERM, and SIGKILL if that does not end it."""
        if self.alive:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_STOP_SECONDS)
        self.kill()

    def _tail(self) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return " / ".join(lines[-3:]) or "it said nothing"


class Children:
    """All children of a run; leaving the context ends every one, whatever happened."""

    def __init__(self) -> None:
        self._children: list[Child] = []

    def start(
        self, name: str, command: Sequence[str], *, log: Path, environment: Mapping[str, str] | None = None
    ) -> Child:
        child = Child(name, command, log=log, environment=environment)
        self._children.append(child)
        return child

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for child in reversed(self._children):
            child.stop()


def _die_with_parent() -> None:
    """In the child, before it runs: the kernel kills it when its parent is gone."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
