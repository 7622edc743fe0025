"""A custodian's store: implements the ports of `ports.ledger` on one SQLite file.

Secrets are sealed by a `RecordCipher` given from outside; the associated data names the row, so that a sealed value
cannot be moved to another. Secret nonces are never written: the store knows only which commitments were spent.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Protocol

from custody.crypto.curve import POINT_BYTES, Point, SecretScalar
from custody.crypto.keys import GroupKey, KeyShare
from custody.errors import NonceReused, ProtocolError, StoreDamaged
from custody.identifiers import Digest, SessionId, SignerId
from custody.ports.identity import RecordCipher
from custody.ports.ledger import Answer, CertifiedKey, Held, IntentSlot, Round
from custody.store.database import Database
from custody.store.journal import HashChainedJournal

_SEED: Final = "identity-seed"
_LARGEST_BOOT: Final = 2**62


class CipherMaker(Protocol):
    """From the salt that the store keeps to the cipher that opens its records."""

    def __call__(self, *, salt: bytes) -> RecordCipher: ...


class NodeStore:
    """Everything one custodian remembers. Each `record_*` is one durable commit."""

    def __init__(self, database: Database, cipher: RecordCipher) -> None:
        self._database = database
        self._cipher = cipher
        self.journal = HashChainedJournal(database)
        self.boot = self._next_boot()

    @classmethod
    def create(cls, folder: Path, make_cipher: CipherMaker, *, seed: bytes) -> None:
        """Make a node's folder with its identity seed sealed inside.

        Raises:
            UsageError: there is a node already.
        """
        with Database(folder, create=True) as database:
            salt = secrets.token_bytes(16)
            sealed = make_cipher(salt=salt).seal(seed, associated=_SEED.encode())
            with database.commit():
                database.put_meta("salt", salt)
                database.execute("INSERT INTO secrets VALUES (?, ?)", (_SEED, sealed))

    @classmethod
    def open(cls, folder: Path, make_cipher: CipherMaker) -> NodeStore:
        """Raises: UsageError: no node here. StoreLocked. StoreDamaged."""
        database = Database(folder)
        try:
            salt = database.meta("salt")
            if salt is None:
                raise StoreDamaged(f"{folder} was not finished; remove it and run `custody node init` again")
            return cls(database, make_cipher(salt=salt))
        except BaseException:
            database.close()
            raise

    def _next_boot(self) -> tuple[int, bytes]:
        last = self._database.row("SELECT max(boot) FROM boots")[0]
        if last is not None and not (isinstance(last, int) and 0 < last < _LARGEST_BOOT):
            raise StoreDamaged("the boots of the store are not what they were")
        boot = ((last or 0) + 1, secrets.token_bytes(16))
        with self._durable(("started", f"boot {boot[0]}")):
            self._database.execute("INSERT INTO boots VALUES (?, ?)", boot)
        return boot

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

    # --- ceremony ---

    def ceremony_rounds(self, proposal: bytes) -> dict[int, Round]:
        rows = self._database.rows("SELECT number, input, output FROM ceremony_rounds WHERE proposal = ?", (proposal,))
        return {number: Round(input=received, output=sent) for number, received, sent in rows}

    def ceremony_count(self) -> int:
        found = self._database.rows("SELECT DISTINCT proposal FROM ceremony_rounds")
        return len(found)

    def has_keys_of(self, committee: bytes) -> bool:
        return self._database.row("SELECT 1 FROM keys WHERE committee = ?", (committee,)) is not None

    def record_round(self, proposal: bytes, number: int, round_: Round) -> None:
        with self._durable():
            self._insert_round(proposal, number, round_)

    def record_certified(self, proposal: bytes, number: int, round_: Round, keys: list[CertifiedKey]) -> None:
        with self._durable():
            self._insert_round(proposal, number, round_)
            for key in keys:
                self._insert_key(key)

    def _insert_round(self, proposal: bytes, number: int, round_: Round) -> None:
        self._database.execute(
            "INSERT INTO ceremony_rounds VALUES (?, ?, ?, ?)", (proposal, number, round_.input, round_.output)
        )

    def _insert_key(self, key: CertifiedKey) -> None:
        share = key.share
        group = share.key
        public_shares = b"".join(
            seat.to_bytes(2, "big") + group.public_shares[seat].to_bytes_compressed() for seat in sorted(group.signers)
        )
        associated = _key_row(group.id, group.threshold, share.signer, public_shares, key.committee, key.certificate)
        sealed = self._cipher.seal(share.secret.to_secret_bytes(), associated=associated)
        self._database.execute(
            "INSERT INTO keys VALUES (?, ?, ?, ?, ?, ?, ?)",
            (group.id, group.threshold, share.signer, public_shares, key.committee, key.certificate, sealed),
        )

    # --- keys ---

    def certified_keys(self) -> list[CertifiedKey]:
        """Raises: StoreDamaged: a row was altered, or its share does not fit its public half."""
        rows = self._database.rows(
            "SELECT group_key, threshold, seat, public_shares, committee, certificate, sealed FROM keys ORDER BY rowid"
        )
        try:
            return [self._key(*row) for row in rows]
        except (ValueError, TypeError, OverflowError, AttributeError):
            raise StoreDamaged("a key's row is not what it was") from None

    def _key(
        self, group_key: bytes, threshold: int, seat: int, public_shares: bytes, committee: bytes, certificate: bytes,
        sealed: bytes,
    ) -> CertifiedKey:  # fmt: skip
        associated = _key_row(group_key, threshold, seat, public_shares, committee, certificate)
        secret = SecretScalar.from_secret_bytes(self._cipher.open(sealed, associated=associated))
        step = 2 + POINT_BYTES
        entries = [public_shares[start : start + step] for start in range(0, len(public_shares), step)]
        group = GroupKey(
            public=Point.from_bytes_compressed(group_key),
            threshold=threshold,
            public_shares={
                SignerId(int.from_bytes(entry[:2], "big")): Point.from_bytes_compressed(entry[2:]) for entry in entries
            },
        )
        share = KeyShare(signer=SignerId(seat), secret=secret, key=group)
        if not share.matches_public_share():
            raise StoreDamaged(f"the share of key {group_key.hex()} does not fit its public half")
        return CertifiedKey(share=share, certificate=certificate, committee=committee)

    # --- nonces ---

    def answer_for(self, session: SessionId) -> Answer | None:
        found = self._database.row(
            "SELECT commitment_id, session, digest, list_hash, encoded FROM answers WHERE session = ?", (session,)
        )
        if found is None:
            return None
        if not all(isinstance(column, bytes) for column in found):
            raise StoreDamaged("an answer's row is not what it was")
        commitment_id, session, digest, list_hash, encoded = found
        return Answer(commitment_id=commitment_id, session=session, digest=digest, list_hash=list_hash, encoded=encoded)

    def held(self, slot: IntentSlot) -> Held | None:
        found = self._database.row(
            "SELECT digest, deadline FROM intent_slots WHERE chain_id = ? AND contract = ? AND epoch = ? AND nonce = ?",
            _slot_key(slot),
        )
        if found is None:
            return None
        if not all(isinstance(column, bytes) for column in found):
            raise StoreDamaged("an intent slot's row is not what it was")
        return Held(digest=Digest(found[0]), deadline=int.from_bytes(found[1], "big"))

    def record_answer(
        self, answer: Answer, *, slot: IntentSlot, held: Held, replaces: Digest | None, chain_time: int, decision: str
    ) -> None:
        """Raises: NonceReused, ProtocolError (another digest holds the slot), StoreError. Then nothing was written."""
        if answer.digest != held.digest:
            raise ValueError("an answer and the slot it takes are of one digest")
        with self._durable(("answered", decision)):
            current = self.held(slot)
            if current is not None and current.digest not in (held.digest, replaces):
                raise ProtocolError("another digest holds this intent nonce")
            if self._is_spent(answer):
                raise NonceReused("this nonce pair, or this session, has an answer already")
            self._database.execute(
                "INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?)",
                (answer.commitment_id, answer.session, self.boot[0], answer.digest, answer.list_hash, answer.encoded),
            )
            self._database.execute(
                "INSERT INTO intent_slots VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (chain_id, contract, epoch, nonce) "
                "DO UPDATE SET digest = excluded.digest, deadline = excluded.deadline",
                (*_slot_key(slot), held.digest, held.deadline.to_bytes(8, "big")),
            )
            self._database.put_meta("chain-time", max(chain_time, self.latest_chain_time()).to_bytes(8, "big"))

    def _is_spent(self, answer: Answer) -> bool:
        found = self._database.row(
            "SELECT 1 FROM answers WHERE commitment_id = ? OR session = ?", (answer.commitment_id, answer.session)
        )
        return found is not None

    def latest_chain_time(self) -> int:
        return int.from_bytes(self._database.meta("chain-time") or b"", "big")

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


def _slot_key(slot: IntentSlot) -> tuple[Any, ...]:
    return slot.chain_id, slot.contract, slot.epoch.to_bytes(8, "big"), slot.nonce.to_bytes(32, "big")


def _key_row(
    group_key: bytes, threshold: int, seat: int, public_shares: bytes, committee: bytes, certificate: bytes
) -> bytes:
    """What a sealed share belongs to: every other column of its row."""
    numbers = threshold.to_bytes(2, "big") + seat.to_bytes(2, "big")
    return b"custody-share-row-v1" + group_key + numbers + committee + certificate + public_shares
