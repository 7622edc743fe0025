"""An append-only journal whose entries carry the hash of the one before: an edit shows."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from custody.errors import StoreDamaged
from custody.store.database import Database

_GENESIS: Final = bytes(32)


class HashChainedJournal:
    """Implements `ports.ledger.Journal`. Notes wait in memory for the next commit: they bind nothing until then."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[tuple[str, str]] = []

    def note(self, kind: str, detail: str) -> None:
        """Append with the next commit."""
        self._waiting.append((kind, detail))

    def write_waiting(self) -> None:
        """Write the notes inside the caller's commit."""
        sequence, previous = self.journal_head()
        for kind, detail in self._waiting:
            sequence += 1
            current = _entry_hash(previous, sequence, kind, detail)
            self._database.execute(
                "INSERT INTO journal VALUES (?, ?, ?, ?, ?)", (sequence, previous, current, kind, detail)
            )
            previous = current

    def forget_waiting(self) -> None:
        """After the commit that wrote them."""
        self._waiting.clear()

    def journal_head(self) -> tuple[int, bytes]:
        """(entries, hash of the last)."""
        found = self._database.row("SELECT sequence, hash FROM journal ORDER BY sequence DESC LIMIT 1")
        return (0, _GENESIS) if found is None else (int(found[0]), bytes(found[1]))

    def verify(self) -> int:
        """Walk the chain from its beginning and return its length.

        Raises:
            StoreDamaged: an entry was altered, removed or put in; the first such is named.
        """
        previous, expected = _GENESIS, 0
        for sequence, before, current, kind, detail in self._database.execute(
            "SELECT sequence, previous, hash, kind, detail FROM journal ORDER BY sequence"
        ):
            expected += 1
            if sequence != expected or before != previous or current != _entry_hash(previous, sequence, kind, detail):
                raise StoreDamaged(f"the journal was altered at entry {expected}")
            previous = current
        return expected


def _entry_hash(previous: bytes, sequence: int, kind: str, detail: str) -> bytes:
    fields = (previous, sequence.to_bytes(8, "big"), kind.encode(), detail.encode())
    return sha256(b"custody-journal-v1" + b"".join(len(field).to_bytes(4, "big") + field for field in fields)).digest()
