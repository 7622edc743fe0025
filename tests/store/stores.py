"""A node's store in a folder of its own, with the real cipher, whose slow key is made once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from custody.host import PassphraseCipher
from custody.identifiers import Digest, SessionId
from custody.ports.ledger import Answer, Held, IntentSlot
from custody.store import NodeStore
from tests.builders import CHAIN_ID, CHAIN_TIME, VAULT, fresh

SEED = fresh("identity seed")
CIPHER = PassphraseCipher(b"passphrase", salt=bytes(16))
OTHER_CIPHER = PassphraseCipher(b"another passphrase", salt=bytes(16))


def the_cipher(*, salt: bytes) -> PassphraseCipher:
    return CIPHER


def a_node(folder: Path) -> Path:
    NodeStore.create(folder, the_cipher, seed=SEED)
    return folder


@contextmanager
def opened(folder: Path) -> Iterator[NodeStore]:
    store = NodeStore.open(folder, the_cipher)
    try:
        yield store
    finally:
        store.close()


def an_answer(number: int = 1, **changes: Any) -> Answer:
    """The answer of the n-th session, of a commitment, digest and list of its own."""
    members: dict[str, Any] = {
        "commitment_id": (fresh(("commitment", number)) * 3)[:66],
        "session": SessionId(fresh(("session", number))),
        "digest": Digest(fresh(("digest", number))),
        "list_hash": fresh(("list", number)),
        "encoded": b"answer %d " % number + fresh(number) * 8,
    }
    return Answer(**(members | changes))


def a_slot(number: int = 1, **changes: Any) -> IntentSlot:
    members: dict[str, Any] = {"chain_id": CHAIN_ID, "contract": VAULT, "epoch": 1, "nonce": number}
    return IntentSlot(**(members | changes))


def record(store: NodeStore, number: int = 1, **changes: Any) -> None:
    """Record the n-th answer in the n-th slot; `changes` to any argument."""
    answer = changes.pop("answer", an_answer(number))
    arguments: dict[str, Any] = {
        "slot": a_slot(number),
        "held": Held(digest=answer.digest, deadline=CHAIN_TIME + number),
        "replaces": frozenset(),
        "chain_time": CHAIN_TIME + number,
        "decision": f"decision {number}",
        "seen": (),
    }
    store.ledger.record_answer(answer, **(arguments | changes))


def given(store: NodeStore, number: int) -> Answer | None:
    """What the store has for the n-th session and list."""
    answer = an_answer(number)
    return store.ledger.answer_for(answer.session, answer.list_hash)


def holders(store: NodeStore, slot: IntentSlot) -> set[bytes]:
    """Every digest that may have been signed for a slot."""
    return {claim.digest for claim in store.ledger.claims(slot)}


def query(folder: Path, statement: str, arguments: tuple[object, ...] = ()) -> list[Any]:
    """What an attacker with the file, or a curious person, does with it."""
    with closing(sqlite3.connect(folder / "node.sqlite", isolation_level=None)) as connection:
        return connection.execute(statement, arguments).fetchall()
