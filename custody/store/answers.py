"""What signing leaves behind: spent pairs with their answers, intent slots, marks.

Implements `ports.ledger.NonceLedger`. Secret nonces are never written: the store knows only which commitments were
spent. Each `record_*` is one durable commit, with its entry in the journal.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any, Final

from custody.errors import NonceReused, ProtocolError, StoreDamaged
from custody.identifiers import Digest, HostId, SessionId
from custody.ports.ledger import Answer, Held, IntentSlot, SeenMark
from custody.protocol.signing_messages import Mark
from custody.store.database import Database
from custody.store.journal import HashChainedJournal

_LARGEST_BOOT: Final = 2**62
_THE_SLOT: Final = "chain_id = ? AND contract = ? AND epoch = ? AND nonce = ?"


class AnswerBook:
    """One start of a node. Make it with `begin`."""

    def __init__(self, database: Database, journal: HashChainedJournal, *, boot: tuple[int, bytes]) -> None:
        self._database = database
        self._journal = journal
        self.boot = boot

    @classmethod
    def begin(cls, database: Database, journal: HashChainedJournal) -> AnswerBook:
        """Number this start and draw its random bytes, durably.

        Raises:
            StoreDamaged, StoreError.
        """
        last = database.row("SELECT max(boot) FROM boots")[0]
        if last is not None and not (isinstance(last, int) and 0 < last < _LARGEST_BOOT):
            raise StoreDamaged("the boots of the store are not what they were")
        boot = ((last or 0) + 1, secrets.token_bytes(16))
        with journal.commit(("started", f"boot {boot[0]}")):
            database.execute("INSERT INTO boots VALUES (?, ?)", boot)
        return cls(database, journal, boot=boot)

    # --- marks ---

    def mark(self) -> Mark:
        return self._mark(self._journal.journal_head())

    def mark_after(self, decision: str) -> Mark:
        return self._mark(self._journal.head_after(("answered", decision)))

    def _mark(self, head: tuple[int, bytes]) -> Mark:
        boot, boot_random = self.boot
        return Mark(boot=boot, boot_random=boot_random, journal_length=head[0], journal_head=head[1])

    def remembers(self, mark: Mark) -> bool:
        known = self._database.row("SELECT random FROM boots WHERE boot = ?", (mark.boot,))
        return known == (mark.boot_random,) and self._journal.hash_at(mark.journal_length) == mark.journal_head

    def furthest_mark(self, host: HostId) -> bytes | None:
        found = self._database.row("SELECT envelope FROM peer_marks WHERE host = ?", (host,))
        if found is None:
            return None
        if not isinstance(found[0], bytes):
            raise StoreDamaged("a peer's mark is not what it was")
        return found[0]

    # --- answers ---

    def answer_for(self, session: SessionId, list_hash: bytes) -> Answer | None:
        found = self._database.row(
            "SELECT commitment_id, session, digest, list_hash, encoded FROM answers "
            "WHERE session = ? AND list_hash = ?",
            (session, list_hash),
        )
        if found is None:
            return None
        if not all(isinstance(column, bytes) for column in found):
            raise StoreDamaged("an answer's row is not what it was")
        commitment_id, session, digest, list_hash, encoded = found
        return Answer(commitment_id=commitment_id, session=session, digest=digest, list_hash=list_hash, encoded=encoded)

    def is_spent(self, commitment_id: bytes) -> bool:
        return self._database.row("SELECT 1 FROM answers WHERE commitment_id = ?", (commitment_id,)) is not None

    def claims(self, slot: IntentSlot, *, asked: Digest | None = None) -> tuple[Held, ...]:
        """Raises: StoreDamaged."""
        key = _slot_key(slot)
        rows = self._database.rows(
            f"SELECT digest, deadline FROM intent_slots WHERE {_THE_SLOT} "  # constants alone
            f"UNION SELECT digest, deadline FROM promises WHERE {_THE_SLOT} AND boot < ?",
            (*key, *key, self.boot[0]),
        )
        if not all(isinstance(column, bytes) for row in rows for column in row):
            raise StoreDamaged("an intent slot's row is not what it was")
        found = tuple(
            Held(digest=Digest(digest), deadline=int.from_bytes(deadline, "big")) for digest, deadline in rows
        )
        signed = self._database.row(f"SELECT digest FROM intent_slots WHERE {_THE_SLOT}", key)
        if asked is not None and signed == (asked,):
            return tuple(claim for claim in found if claim.digest == asked)
        return found

    def latest_chain_time(self) -> int:
        return int.from_bytes(self._database.meta("chain-time") or b"", "big")

    # --- commits ---

    def record_approval(self, *, slot: IntentSlot, held: Held, decision: str) -> None:
        """Raises: StoreError. Then nothing was written."""
        with self._journal.commit(("approved", decision)):
            self._database.execute(
                "INSERT INTO promises VALUES (?, ?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (chain_id, contract, epoch, nonce, digest) DO NOTHING",
                (*_slot_key(slot), held.digest, held.deadline.to_bytes(8, "big"), self.boot[0]),
            )

    def record_batch(self, detail: str) -> None:
        """Raises: StoreError. Then nothing was written."""
        with self._journal.commit(("published", detail)):
            pass

    def record_answer(
        self,
        answer: Answer,
        *,
        slot: IntentSlot,
        held: Held,
        replaces: frozenset[Digest],
        chain_time: int,
        decision: str,
        seen: Sequence[SeenMark],
    ) -> None:
        """Raises: NonceReused, ProtocolError (another digest holds the slot), StoreError. Then nothing was written."""
        if answer.digest != held.digest:
            raise ValueError("an answer and the slot it takes are of one digest")
        with self._journal.commit(("answered", decision)):
            if any(claim.digest not in (held.digest, *replaces) for claim in self.claims(slot, asked=held.digest)):
                raise ProtocolError("another digest holds this intent nonce")
            if self.is_spent(answer.commitment_id) or self.answer_for(answer.session, answer.list_hash) is not None:
                raise NonceReused("this nonce pair, or this list, has an answer already")
            self._insert_answer(answer)
            self._take_slot(slot, held, replaces)
            for each in seen:
                self._insert_mark(each)
            self._database.put_meta("chain-time", max(chain_time, self.latest_chain_time()).to_bytes(8, "big"))

    def _insert_answer(self, answer: Answer) -> None:
        self._database.execute(
            "INSERT INTO answers (commitment_id, session, list_hash, boot, digest, encoded) VALUES (?, ?, ?, ?, ?, ?)",
            (answer.commitment_id, answer.session, answer.list_hash, self.boot[0], answer.digest, answer.encoded),
        )

    def _take_slot(self, slot: IntentSlot, held: Held, replaces: frozenset[Digest]) -> None:
        key = _slot_key(slot)
        for digest in replaces - {held.digest}:  # each can never take effect any more
            self._database.execute(f"DELETE FROM promises WHERE {_THE_SLOT} AND digest = ?", (*key, digest))
        self._database.execute(
            "INSERT INTO intent_slots VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (chain_id, contract, epoch, nonce) "
            "DO UPDATE SET digest = excluded.digest, deadline = excluded.deadline",
            (*key, held.digest, held.deadline.to_bytes(8, "big")),
        )

    def _insert_mark(self, seen: SeenMark) -> None:
        """Marks go forward only: a list may hold an approval that was made earlier than another."""
        self._database.execute(
            "INSERT INTO peer_marks VALUES (?, ?, ?, ?) ON CONFLICT (host) DO UPDATE SET boot = excluded.boot, "
            "journal_length = excluded.journal_length, envelope = excluded.envelope "
            "WHERE (excluded.boot, excluded.journal_length) > (peer_marks.boot, peer_marks.journal_length)",
            (seen.host, seen.mark.boot, seen.mark.journal_length, seen.envelope),
        )


def _slot_key(slot: IntentSlot) -> tuple[Any, ...]:
    return slot.chain_id, slot.contract, slot.epoch.to_bytes(8, "big"), slot.nonce.to_bytes(32, "big")
