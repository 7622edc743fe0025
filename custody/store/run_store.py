"""The part of a custodian's store that remembers runs and what came of them: rounds, certificates, shares, seeds.

Secrets are sealed by a `RecordCipher`; the associated data names the row, so that a sealed value cannot be moved to
another. Rounds are kept byte for byte: they are what a resend gives, and the public half of recovery.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Final

from custody.crypto.curve import SecretScalar
from custody.crypto.keys import KeyShare
from custody.errors import RunAborted, StoreDamaged
from custody.identifiers import Address, SignerId
from custody.ports.identity import RecordCipher
from custody.ports.ledger import Round, RunSecrets
from custody.protocol.encoding import decode_exactly
from custody.protocol.recovery import dealing_run
from custody.protocol.run_messages import Certificate, RunProposal
from custody.protocol.tenure import Tenure, run_name
from custody.store.database import Database

_SEED: Final = "generation-seed"
_RANDOMNESS: Final = "randomness"
Durable = Callable[..., AbstractContextManager[None]]


class RunStore:
    """Implements `ports.ledger.RunLog` and `KeyStore`. Each method that writes is one durable commit."""

    def __init__(self, database: Database, cipher: RecordCipher, durable: Durable) -> None:
        self._database = database
        self._cipher = cipher
        self._durable = durable

    # --- runs ---

    def run_rounds(self, name: bytes) -> dict[int, Round]:
        rows = self._database.rows("SELECT number, input, output FROM run_rounds WHERE run = ?", (name,))
        return {number: Round(input=received, output=sent) for number, received, sent in rows}

    def run_count(self) -> int:
        return len(self._database.rows("SELECT DISTINCT run FROM run_rounds"))

    def open_runs(self) -> list[bytes]:
        """Of every run that did not end here: what was drawn for it is here still."""
        return [name for (name,) in self._database.rows("SELECT DISTINCT run FROM run_secrets ORDER BY run")]

    def run_names(self) -> list[bytes]:
        """Of every run that was ever begun here."""
        return [name for (name,) in self._database.rows("SELECT run FROM run_rounds WHERE number = 1 ORDER BY run")]

    def run_secrets(self, name: bytes) -> RunSecrets:
        return RunSecrets(
            generation_seed=self._open_run_secret(name, _SEED), randomness=self._open_run_secret(name, _RANDOMNESS)
        )

    def _open_run_secret(self, name: bytes, kind: str) -> bytes:
        found = self._database.row("SELECT sealed FROM run_secrets WHERE run = ? AND kind = ?", (name, kind))
        if found is None:
            raise RunAborted("this run has ended here: what was drawn for it is gone")
        return self._cipher.open(found[0], associated=_run_row(name, kind))

    def begin_run(self, name: bytes, round_: Round, secrets: RunSecrets) -> None:
        with self._durable(("run", f"began {name.hex()}")):
            self._insert_round(name, 1, round_)
            for kind, secret in ((_SEED, secrets.generation_seed), (_RANDOMNESS, secrets.randomness)):
                sealed = self._cipher.seal(secret, associated=_run_row(name, kind))
                self._database.execute("INSERT INTO run_secrets VALUES (?, ?, ?)", (name, kind, sealed))

    def record_round(
        self, name: bytes, number: int, round_: Round, *, ends: bool = False, follows: bytes | None = None
    ) -> None:
        with self._durable(("run", f"round {number} of {name.hex()}" + (", ended" if ends else ""))):
            self._insert_round(name, number, round_)
            if ends:
                self._forget_secrets(name)
            if follows is not None:
                self._database.execute("INSERT OR IGNORE INTO successors VALUES (?, ?)", (follows, name))

    def _forget_secrets(self, name: bytes) -> None:
        self._database.execute("DELETE FROM run_secrets WHERE run = ?", (name,))

    def successor(self, place: bytes) -> bytes | None:
        found = self._database.row("SELECT run FROM successors WHERE place = ?", (place,))
        run: bytes | None = None if found is None else found[0]
        return run

    def unfinished(self) -> list[bytes]:
        """Names of the runs that were endorsed here and have no certificate: nothing else may take their place."""
        rows = self._database.rows("SELECT run FROM successors WHERE run NOT IN (SELECT run FROM certificates)")
        return [run for (run,) in rows]

    def abandon(self, run: bytes) -> None:
        """Forget what was drawn for a run, and that it was endorsed: it can never be finished here."""
        with self._durable(("abandoned", run.hex())):
            self._database.execute(
                "DELETE FROM successors WHERE run = ? AND run NOT IN (SELECT run FROM certificates)", (run,)
            )
            self._forget_secrets(run)

    def record_certified(
        self,
        name: bytes,
        number: int,
        round_: Round,
        *,
        lineage: Sequence[bytes],
        tenure: Tenure,
        shares: Sequence[KeyShare],
    ) -> None:
        seed = self._open_run_secret(name, _SEED)
        with self._durable(("certified", f"{tenure.certificate.hex()} of generation {tenure.generation}")):
            self._insert_round(name, number, round_)
            self._insert_lineage(tenure, lineage)
            for share in shares:
                self._insert_share(tenure, share)
            self._forget_secrets(name)
            self._forget_overtaken(lineage)
            self._insert_seed(tenure.certificate, seed)

    def _forget_overtaken(self, lineage: Sequence[bytes]) -> None:
        """Runs from the same certificate that this one left behind: with what was drawn for them a share of before
        could be computed from what their dealing showed."""
        previous = decode_exactly(Certificate, lineage[-1]).terms.previous
        pending = self._database.rows(
            "SELECT run, input FROM run_rounds WHERE number = 1 AND run IN (SELECT run FROM run_secrets)"
        )
        for run, proposal in pending:
            if previous and decode_exactly(RunProposal, proposal).terms.previous == previous:
                self._forget_secrets(run)

    def _insert_lineage(self, tenure: Tenure, lineage: Sequence[bytes]) -> None:
        """A newcomer keeps the certificates before its own too: they are why it believes its own."""
        terms = [decode_exactly(Certificate, encoded).terms for encoded in lineage]
        hashes = [*(later.previous for later in terms[1:]), tenure.certificate]
        for generation, encoded in enumerate(lineage):
            self._database.execute(
                "INSERT OR IGNORE INTO certificates VALUES (?, ?, ?, ?, ?)",
                (hashes[generation], tenure.root, generation, run_name(terms[generation]), encoded),
            )

    def _insert_round(self, name: bytes, number: int, round_: Round) -> None:
        self._database.execute(
            "INSERT INTO run_rounds VALUES (?, ?, ?, ?)", (name, number, round_.input, round_.output)
        )

    # --- what came of them ---

    def _insert_share(self, tenure: Tenure, share: KeyShare) -> None:
        associated = _share_row(tenure.certificate, share.key.threshold, share.signer)
        sealed = self._cipher.seal(share.secret.to_secret_bytes(), associated=associated)
        self._database.execute(
            "INSERT INTO shares VALUES (?, ?, ?, ?)", (tenure.certificate, share.key.threshold, share.signer, sealed)
        )

    def _insert_seed(self, certificate: bytes, seed: bytes) -> None:
        sealed = self._cipher.seal(seed, associated=_seed_row(certificate))
        self._database.execute("INSERT INTO generation_seeds VALUES (?, ?)", (certificate, sealed))

    def lineages(self) -> list[tuple[bytes, ...]]:
        return self._lineages()

    def _lineages(self, root: bytes | None = None) -> list[tuple[bytes, ...]]:
        """Of this root, or all."""
        wanted = "SELECT root, encoded FROM certificates WHERE ?1 IS NULL OR root = ?1 ORDER BY root, generation"
        rows = self._database.rows(wanted, (root,))
        found: dict[bytes, list[bytes]] = {}
        for root, encoded in rows:
            found.setdefault(root, []).append(encoded)
        return [tuple(lineage) for lineage in found.values()]

    def shares(self, tenure: Tenure) -> list[KeyShare]:
        """Raises: StoreDamaged: a row was altered, or a share does not fit its public half."""
        rows = self._database.rows(
            "SELECT threshold, seat, sealed FROM shares WHERE certificate = ? ORDER BY threshold", (tenure.certificate,)
        )
        try:
            return [self._share(tenure, *row) for row in rows]
        except (ValueError, TypeError, OverflowError, AttributeError, StopIteration):
            raise StoreDamaged("a share's row is not what it was") from None

    def _share(self, tenure: Tenure, threshold: int, seat: int, sealed: bytes) -> KeyShare:
        opened = self._cipher.open(sealed, associated=_share_row(tenure.certificate, threshold, seat))
        key = next(key for key in tenure.keys if key.threshold == threshold)
        share = KeyShare(signer=SignerId(seat), secret=SecretScalar.from_secret_bytes(opened), key=key)
        if not share.matches_public_share():
            raise StoreDamaged(f"the share of key {key.id.hex()} does not fit its public half")
        return share

    def generation_seed(self, certificate: bytes) -> bytes | None:
        """The 32 secret bytes of one generation's one-time keys, or None if it was erased or never here."""
        found = self._database.row("SELECT sealed FROM generation_seeds WHERE certificate = ?", (certificate,))
        return None if found is None else self._cipher.open(found[0], associated=_seed_row(certificate))

    def run_of(self, certificate: bytes) -> bytes | None:
        """The name of the run that a certificate came from, or None if it is not known here."""
        found = self._database.row("SELECT run FROM certificates WHERE certificate = ?", (certificate,))
        run: bytes | None = None if found is None else found[0]
        return run

    def erase_before(self, tenure: Tenure) -> int:
        """The seed of the run that dealt the shares held now stays: a repair of another seat dealt nothing here."""
        older = "SELECT certificate FROM certificates WHERE root = ? AND generation < ?"
        arguments = (tenure.root, tenure.generation)
        count: int = self._database.row(f"SELECT count(*) FROM shares WHERE certificate IN ({older})", arguments)[0]
        dealt = self._dealing_generation(tenure)
        with self._durable(("erased", f"{count} shares before generation {tenure.generation}")):
            self._database.execute(f"DELETE FROM shares WHERE certificate IN ({older})", arguments)
            self._database.execute(
                f"DELETE FROM generation_seeds WHERE certificate IN ({older} AND generation != ?)", (*arguments, dealt)
            )
        self._database.truncate_log()
        return count

    def _dealing_generation(self, tenure: Tenure) -> int:
        """Of the run that dealt the shares held now; the newest one if this host holds none."""
        found = self._database.row("SELECT seat FROM shares WHERE certificate = ?", (tenure.certificate,))
        lineage = next(lineage for lineage in self._lineages(tenure.root))
        terms = [decode_exactly(Certificate, encoded).terms for encoded in lineage]
        return tenure.generation if found is None else dealing_run(terms, SignerId(found[0]))

    def backup_tested(self, certificate: bytes) -> bool:
        found = self._database.row("SELECT 1 FROM backups_tested WHERE certificate = ?", (certificate,))
        return found is not None

    def record_backup_tested(self, certificate: bytes) -> None:
        with self._durable(("backup-tested", certificate.hex())):
            self._database.execute("INSERT OR IGNORE INTO backups_tested VALUES (?)", (certificate,))

    def restore(
        self,
        tenure: Tenure,
        lineage: Sequence[bytes],
        *,
        shares: Sequence[KeyShare],
        seeds: Mapping[bytes, bytes],
        rounds: Mapping[bytes, Sequence[Round]],
        children: Sequence[tuple[int, Address, int]],
    ) -> None:
        """What a backup gives of one lineage, in one commit. `seeds`: by certificate. `rounds`: by run, from the first
        on. `children`: (chain, contract, index).
        """
        with self._durable(("restored", f"{tenure.certificate.hex()} of generation {tenure.generation}")):
            self._insert_lineage(tenure, lineage)
            for share in shares:
                self._insert_share(tenure, share)
            for certificate, seed in seeds.items():
                self._insert_seed(certificate, seed)
            for name, gone_through in rounds.items():
                for number, round_ in enumerate(gone_through, start=1):
                    self._insert_round(name, number, round_)
            for child in children:
                self._database.execute("INSERT INTO children VALUES (?, ?, ?, ?)", (tenure.root, *child))

    # --- derived keys ---

    def child_index(self, root: bytes, chain_id: int, contract: Address) -> int | None:
        found = self._database.row(
            "SELECT child FROM children WHERE root = ? AND chain_id = ? AND contract = ?", (root, chain_id, contract)
        )
        child: int | None = None if found is None else found[0]
        return child

    def children(self, root: bytes) -> list[tuple[int, Address, int]]:
        rows = self._database.rows("SELECT chain_id, contract, child FROM children WHERE root = ?", (root,))
        return [(chain_id, Address(contract), child) for chain_id, contract, child in rows]

    def record_child(self, root: bytes, chain_id: int, contract: Address, index: int) -> None:
        with self._durable(("derived", f"child {index} for chain {chain_id}, 0x{contract.hex()}")):
            self._database.execute("INSERT INTO children VALUES (?, ?, ?, ?)", (root, chain_id, contract, index))


def _run_row(name: bytes, kind: str) -> bytes:
    return b"custody-run-secret-v1 " + kind.encode() + name


def _seed_row(certificate: bytes) -> bytes:
    return b"custody-generation-seed-v1 " + certificate


def _share_row(certificate: bytes, threshold: int, seat: int) -> bytes:
    """What a sealed share belongs to. The certificate's hash stands for group key, generation and every holder."""
    return b"custody-share-row-v2 " + certificate + threshold.to_bytes(2, "big") + seat.to_bytes(2, "big")
