"""The end of a store: what its records are sealed under goes first, then the records, then a line that says so.

A crash in the middle leaves a store that nothing opens, and `destroy` again finishes. What SQLite frees is overwritten
(`secure_delete`) and its log emptied; but a file system or an SSD may keep old blocks where no program reaches them.
With those *and the passphrase* a store under a passphrase opens again; one under a token's key does not, once that key
is gone.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from custody.store.database import Database
from custody.store.journal import HashChainedJournal

_MARK: Final = "destroyed"
_BEGUN, _DONE = b"begun", b"done"
_SEALED: Final = ("secrets", "run_secrets", "shares", "generation_seeds")


def is_destroyed(database: Database) -> bool:
    """Whether its destruction was begun: nothing may be sealed or signed with it any more."""
    return database.meta(_MARK) is not None


def destroy(folder: Path, *, erase_outside: Callable[[], None], say: Callable[[str], None]) -> None:
    """Make a node's secrets unreadable, for good. What stays: certificates, public rounds, answers, the journal.

    Args:
        erase_outside: destroys the token's wrapping key, if there is one; a second call finds it gone and is content.
        say: told of each step once it is durable.
    Raises:
        UsageError: no node here, or the token refuses. StoreLocked. StoreError. Then `destroy` can be called again.
    """
    with Database(folder) as database:
        journal = HashChainedJournal(database)
        if database.meta(_MARK) is None:
            with journal.commit(("destroying", "the key of the records, then the records")):
                database.put_meta(_MARK, _BEGUN)
        say("the journal says that it has begun")
        erase_outside()
        with database.commit():
            database.execute("DELETE FROM meta WHERE name IN ('salt', 'wrapped-data-key')")
        database.truncate_log()
        say("the key of the records is gone")
        with database.commit():
            for table in _SEALED:
                database.execute(f"DELETE FROM {table}")  # names of tables, constants alone
        database.truncate_log()
        say("the sealed records are gone")
        if database.meta(_MARK) != _DONE:
            with journal.commit(("destroyed", "nothing that was sealed here can be opened")):
                database.put_meta(_MARK, _DONE)
        database.truncate_log()
        say("the journal says that it is done")
