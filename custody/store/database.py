"""One SQLite file in a folder that one process holds: opening, locking, committing.

Writers are few and small; each `commit` block is one durable transaction (WAL, synchronous=FULL), or none of it. An
error of the disk leaves as `StoreError`: the caller stops signing.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from custody.errors import StoreDamaged, StoreError, StoreLocked, UsageError
from custody.store.schema import FORMAT, SETTINGS, TABLES

_FILE: Final = "node.sqlite"
_LOCK: Final = "lock"
_BROKEN: Final = (sqlite3.Error, UnicodeDecodeError)
"""The second where a damaged name in the file is quoted in SQLite's own message."""


class Database:
    """An open store. Close it, or use it as a context."""

    def __init__(self, folder: Path, *, create: bool = False) -> None:
        """Raises: UsageError: nothing here to open, or something here already. StoreLocked. StoreDamaged."""
        path = folder / _FILE
        if create and path.exists():
            raise UsageError(f"{path} exists already; choose another folder or use it as it is")
        if not create and not path.exists():
            raise UsageError(f"{folder} holds no node; make one with `custody node init --home {folder}`")
        if create:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = _hold(folder)
        try:
            self._connection = sqlite3.connect(path, isolation_level=None)
            for setting in SETTINGS:
                self._connection.execute(setting)
            if create:
                self._create(path)
            self._check()
        except _BROKEN as error:
            self._lock.close()
            raise StoreDamaged(f"{path} does not open: {error}") from None
        except BaseException:
            self._lock.close()
            raise

    def _create(self, path: Path) -> None:
        path.chmod(0o600)
        with self.commit():
            for statement in filter(str.strip, TABLES.split(";")):
                self._connection.execute(statement)
            self.put_meta("format", FORMAT.to_bytes(4, "big"))
        _sync_folder(path.parent)

    def _check(self) -> None:
        version = self.meta("format")
        if version is None or int.from_bytes(version, "big") != FORMAT:
            raise StoreDamaged(f"the store has another format than {FORMAT}; it belongs to another version of custody")

    @contextmanager
    def commit(self) -> Iterator[None]:
        """All writes of the block in one durable commit, or none.

        Raises:
            StoreError: the disk refused; nothing was written.
        """
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except _BROKEN as error:
            raise StoreError(f"the store refuses to write: {error}") from None
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            if isinstance(error, _BROKEN):
                raise StoreError(f"the store refuses to write: {error}") from None
            raise

    def execute(self, statement: str, arguments: tuple[object, ...] = ()) -> None:
        """A statement with its arguments; a write belongs inside `commit`."""
        self._connection.execute(statement, arguments)

    def rows(self, statement: str, arguments: tuple[object, ...] = ()) -> list[Any]:
        """Every row.

        Raises:
            StoreDamaged: the file cannot be read.
        """
        try:
            return self._connection.execute(statement, arguments).fetchall()
        except _BROKEN as error:
            raise StoreDamaged(f"the store cannot be read: {error}") from None

    def row(self, statement: str, arguments: tuple[object, ...] = ()) -> Any:
        """The first row, or None. Raises: StoreDamaged."""
        return next(iter(self.rows(statement, arguments)), None)

    def meta(self, name: str) -> bytes | None:
        """Raises: StoreDamaged."""
        found = self.row("SELECT value FROM meta WHERE name = ?", (name,))
        if found is None:
            return None
        if not isinstance(found[0], bytes):
            raise StoreDamaged(f"{name} of the store is not what it was")
        return found[0]

    def put_meta(self, name: str, value: bytes) -> None:
        self.execute(
            "INSERT INTO meta VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", (name, value)
        )

    def truncate_log(self) -> None:
        """Fold the write-ahead log into the file and empty it, so that what was erased stands in neither."""
        self.rows("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        self._connection.close()
        self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def _hold(folder: Path) -> Any:
    """The folder's lock, held until the process ends or closes it."""
    handle = (folder / _LOCK).open("a")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.close()
        raise StoreLocked(f"another process holds {folder}; stop it first, or use another folder") from None
    return handle


def _sync_folder(folder: Path) -> None:
    """A new file's name is durable once its folder is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
