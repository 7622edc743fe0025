"""An append-only journal whose entries carry the hash of the one before: an edit shows.

The newest entry's number and hash stand in `meta` too, so that a cut shows as well. Whoever can write the file *and*
knows this format can still recompute everything: the chain finds damage and careless hands, and only a copy of its
head elsewhere finds the rest.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from typing import Any, Final

from custody.errors import StoreDamaged
from custody.store.database import Database

_GENESIS: Final = bytes(32)
_HEAD: Final = "journal-head"
MOST_WAITING: Final = 10_000
"""Notes kept in memory while nothing is committed; older ones give way to a line that says so."""


class HashChainedJournal:
    """Implements `ports.ledger.Journal`. Notes wait in memory for the next commit: they bind nothing until then."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: deque[tuple[str, str]] = deque()
        self._dropped = 0

    def note(self, kind: str, detail: str) -> None:
        """Append with the next commit."""
        self._waiting.append((kind, detail))
        if len(self._waiting) > MOST_WAITING:
            self._waiting.popleft()
            self._dropped += 1

    @property
    def has_waiting(self) -> bool:
        return bool(self._waiting)

    @contextmanager
    def commit(self, *entries: tuple[str, str]) -> Iterator[None]:
        """One durable commit: the block's writes, the notes that wait, and `entries`; or none of them.

        Raises:
            StoreError: the disk refused.
        """
        with self._database.commit():
            yield
            self.write(*entries)
        self.forget_waiting()

    def write(self, *entries: tuple[str, str]) -> None:
        """Write the waiting notes, then `entries`, inside the caller's commit; call `forget_waiting` after it."""
        sequence, previous = self.journal_head()
        for kind, detail in self._next(entries):
            sequence += 1
            current = _entry_hash(previous, sequence, kind, detail)
            self._database.execute(
                "INSERT INTO journal VALUES (?, ?, ?, ?, ?)", (sequence, previous, current, kind, detail)
            )
            previous = current
        self._database.put_meta(_HEAD, sequence.to_bytes(8, "big") + previous)

    def head_after(self, *entries: tuple[str, str]) -> tuple[int, bytes]:
        """(entries, hash of the last) as a commit of these `entries` will leave the journal."""
        sequence, previous = self.journal_head()
        for kind, detail in self._next(entries):
            sequence += 1
            previous = _entry_hash(previous, sequence, kind, detail)
        return sequence, previous

    def _next(self, entries: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        lost = [("dropped", f"{self._dropped} earlier notes")] if self._dropped else []
        return [*lost, *self._waiting, *entries]

    def hash_at(self, length: int) -> bytes | None:
        """The hash of the entry of this number, or None if there is none."""
        found = self._database.row("SELECT hash FROM journal WHERE sequence = ?", (length,))
        if found is None:
            return None
        if not isinstance(found[0], bytes):
            raise StoreDamaged("a journal entry is not what it was")
        return found[0]

    def forget_waiting(self) -> None:
        """After the commit that wrote them."""
        self._waiting.clear()
        self._dropped = 0

    def journal_head(self) -> tuple[int, bytes]:
        """(entries, hash of the last). Raises: StoreDamaged."""
        head = self._database.meta(_HEAD)
        if head is None:
            return 0, _GENESIS
        if len(head) != 40:
            raise StoreDamaged("the journal's head is not what it was")
        return int.from_bytes(head[:8], "big"), head[8:]

    def verify(self) -> int:
        """Walk the chain from its beginning and return its length.

        Raises:
            StoreDamaged: an entry was altered, removed, put in or cut off; the first such is named.
        """
        previous, length = _GENESIS, 0
        rows = self._database.rows("SELECT sequence, previous, hash, kind, detail FROM journal ORDER BY sequence")
        for length, row in enumerate(rows, start=1):
            if not _follows(row, length, previous):
                raise StoreDamaged(f"the journal was altered at entry {length}")
            previous = row[2]
        if self.journal_head() != (length, previous):
            raise StoreDamaged(f"the journal was cut off or lengthened after entry {length}")
        return length


def _follows(row: Any, expected: int, before: bytes) -> bool:
    sequence, previous, current, kind, detail = row
    if not isinstance(kind, str) or not isinstance(detail, str):
        return False
    return bool(sequence == expected and previous == before and current == _entry_hash(before, expected, kind, detail))


def _entry_hash(previous: bytes, sequence: int, kind: str, detail: str) -> bytes:
    fields = (previous, sequence.to_bytes(8, "big"), kind.encode(), detail.encode())
    return sha256(b"custody-journal-v1" + b"".join(len(field).to_bytes(4, "big") + field for field in fields)).digest()
