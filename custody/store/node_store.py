"""A custodian's store: implements the ports of `ports.ledger` on one SQLite file.

Secrets are sealed by a `RecordCipher` given from outside; the associated data names the row, so that a sealed value
cannot be moved to another. Secret nonces are never written: the store knows only which commitments were spent.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

from custody.errors import StoreDamaged, UsageError
from custody.ports.identity import RecordCipher
from custody.store.answers import AnswerBook
from custody.store.database import Database
from custody.store.destroying import is_destroyed
from custody.store.journal import HashChainedJournal
from custody.store.run_store import RunStore

_SEED: Final = "identity-seed"
_SALT: Final = "salt"
_WRAPPED: Final = "wrapped-data-key"


class CipherMaker(Protocol):
    """From the salt that the store keeps to the cipher that opens its records."""

    def __call__(self, *, salt: bytes) -> RecordCipher: ...


class Unwrapper(Protocol):
    """From the wrapped data key that the store keeps to the cipher that opens its records: a token's part."""

    def __call__(self, *, wrapped: bytes) -> RecordCipher: ...


class NodeStore:
    """Everything one custodian remembers. Each `record_*` is one durable commit."""

    def __init__(self, database: Database, cipher: RecordCipher) -> None:
        self._database = database
        self._cipher = cipher
        self.journal = HashChainedJournal(database)
        self.runs = RunStore(database, cipher, self._durable)
        self.ledger = AnswerBook.begin(database, self.journal)
        """The port `NonceLedger`: answers, slots and marks, in the boot that begins here."""

    @classmethod
    def create(cls, folder: Path, make_cipher: CipherMaker, *, seed: bytes) -> None:
        """Make a node's folder with its identity seed sealed inside, under a passphrase.

        Raises:
            UsageError: there is a node already.
        """
        salt = secrets.token_bytes(16)
        cls._create(folder, {_SALT: salt}, lambda: make_cipher(salt=salt), seed)

    @classmethod
    def create_wrapped(cls, folder: Path, unwrap: Unwrapper, *, wrapped: bytes, seed: bytes) -> None:
        """The same, under a data key that a token wrapped.

        Raises:
            UsageError: there is a node already.
        """
        cls._create(folder, {_WRAPPED: wrapped}, lambda: unwrap(wrapped=wrapped), seed)

    @staticmethod
    def _create(folder: Path, kept: dict[str, bytes], cipher: Callable[[], RecordCipher], seed: bytes) -> None:
        with Database(folder, create=True) as database:
            sealed = cipher().seal(seed, associated=_SEED.encode())
            with database.commit():
                for name, value in kept.items():
                    database.put_meta(name, value)
                database.execute("INSERT INTO secrets VALUES (?, ?)", (_SEED, sealed))

    @classmethod
    def open(cls, folder: Path, make_cipher: CipherMaker) -> NodeStore:
        """Raises: UsageError: no node here, or one under a token's key. StoreLocked. StoreDamaged."""
        other = f"the store in {folder} is under a token's key, and hsm.toml, which names it, is missing"
        return cls._open(folder, _SALT, lambda salt: make_cipher(salt=salt), other={_WRAPPED: other})

    @classmethod
    def open_wrapped(cls, folder: Path, unwrap: Unwrapper) -> NodeStore:
        """Raises: UsageError: no node here, or one under a passphrase. StoreLocked. StoreDamaged."""
        other = f"the store in {folder} is under a passphrase, but hsm.toml names a token: it belongs to another node"
        return cls._open(folder, _WRAPPED, lambda wrapped: unwrap(wrapped=wrapped), other={_SALT: other})

    @classmethod
    def _open(
        cls, folder: Path, kept: str, make_cipher: Callable[[bytes], RecordCipher], *, other: dict[str, str]
    ) -> NodeStore:
        database = Database(folder)
        try:
            if is_destroyed(database):
                raise UsageError(f"the node in {folder} was destroyed on purpose; nothing in it can be opened")
            value = database.meta(kept)
            if value is None:
                for name, why in other.items():
                    if database.meta(name) is not None:
                        raise UsageError(why)
                raise StoreDamaged(f"{folder} was not finished; remove it and run `custody node init` again")
            return cls(database, make_cipher(value))
        except BaseException:
            database.close()
            raise

    @contextmanager
    def _durable(self, *entries: tuple[str, str]) -> Iterator[None]:
        """One commit: the block's writes, the notes that wait, and `entries`; or none of them.

        Raises:
            StoreError: the disk refused.
        """
        with self._database.commit():
            yield
            self.journal.write(*entries)
        self.journal.forget_waiting()

    def identity_seed(self) -> bytes:
        """The 32 secret bytes of this host's keys."""
        found = self._database.row("SELECT sealed FROM secrets WHERE name = ?", (_SEED,))
        if found is None:
            raise StoreDamaged("the identity seed is missing")
        return self._cipher.open(found[0], associated=_SEED.encode())

    # --- journal ---

    def note(self, kind: str, detail: str) -> None:
        self.journal.note(kind, detail)

    def journal_head(self) -> tuple[int, bytes]:
        return self.journal.journal_head()

    def flush(self) -> None:
        """Write the notes that wait, in a commit of their own."""
        if self.journal.has_waiting:
            with self._durable():
                pass

    def close(self) -> None:
        """Write the notes that wait, and let the folder go."""
        try:
            self.flush()
        finally:
            self._database.close()
