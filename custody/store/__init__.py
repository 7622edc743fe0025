"""A node's memory across crashes: the one door to SQLite."""

from custody.store.database import Database
from custody.store.destroying import destroy, is_destroyed
from custody.store.journal import HashChainedJournal
from custody.store.node_store import NodeStore

__all__ = ["Database", "HashChainedJournal", "NodeStore", "destroy", "is_destroyed"]
