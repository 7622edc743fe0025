"""A store whose process dies at a commit: before it, in the middle of the log, or right after."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from custody.store import Database

FILE, LOG = "node.sqlite", "node.sqlite-wal"
Where = Literal["before", "torn", "after"]


class Crash(BaseException):
    """The process is gone. No `except Exception` sees it, as none would."""


@dataclass
class Plan:
    """When the next crash comes: after so many more commits (0: at the next), where in that commit, and to where."""

    source: random.Random
    commits: int = -1
    where: Where = "before"
    image: Path = Path()

    def crash(self, *, commits: int, where: Where, image: Path) -> None:
        self.commits, self.where, self.image = commits, where, image

    def is_due(self) -> bool:
        """Counts one commit."""
        self.commits -= 1
        return self.commits == -1

    def call_off(self) -> None:
        self.commits = -1


class CrashingDatabase(Database):
    """Dies where the plan says; the plan's `image` then holds the files as the disk had them.

    Nothing is flushed to the disk here, for the disk survives: what a power cut leaves is made by cutting the log.
    """

    def __init__(self, folder: Path, plan: Plan) -> None:
        super().__init__(folder)
        self.folder, self._plan = folder, plan
        self.execute("PRAGMA synchronous = OFF")
        self.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextmanager
    def commit(self) -> Iterator[None]:
        if not self._plan.is_due():
            with super().commit():
                yield
            return
        before = self._log_length()
        with super().commit():
            yield
            if self._plan.where == "before":
                copy_files(self.folder, self._plan.image)
                raise Crash
        after = self._log_length()
        copy_files(self.folder, self._plan.image)
        if self._plan.where == "torn":
            with (self._plan.image / LOG).open("r+b") as log:
                log.truncate(self._plan.source.randrange(before, after))
        raise Crash

    def _log_length(self) -> int:
        log = self.folder / LOG
        return log.stat().st_size if log.exists() else 0


def copy_files(folder: Path, target: Path) -> None:
    """A copy of a store that may be open: with a lone writer that is not writing, it is whole."""
    target.mkdir(parents=True)
    for name in (FILE, LOG):
        if (folder / name).exists():
            shutil.copyfile(folder / name, target / name)
