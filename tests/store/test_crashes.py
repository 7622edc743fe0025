"""Power fails anywhere: after reopening, an answer is there with its slot and its journal entry, or not at all."""

import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from custody.errors import RunAborted, StoreError
from custody.ports.ledger import Round, RunSecrets
from custody.protocol.signing_messages import Mark
from custody.store import NodeStore
from tests.builders import CHAIN_TIME, fresh
from tests.store.stores import a_node, a_slot, an_answer, given, holders, opened, query, record, the_cipher

STEPS, CUTS_EACH = 12, 50
ROOT = Path(__file__).resolve().parents[2]
FILES = ("node.sqlite", "node.sqlite-wal")

WORKER = """
import sys
from contextlib import suppress
from pathlib import Path
from tests.store.stores import opened, record
with opened(Path(sys.argv[1])) as store:
    for number in range(int(sys.argv[2]), 100_000):
        print(number, "begun", flush=True)
        record(store, number)
        print(number, "done", flush=True)
"""


def answers_in(folder, numbers):
    """Which answers are there; each must be whole."""
    with opened(folder) as store:
        store.journal.verify()
        journalled = {detail for (detail,) in query(folder, "SELECT detail FROM journal WHERE kind = 'answered'")}
        present = []
        for number in numbers:
            parts = (
                given(store, number) == an_answer(number),
                holders(store, a_slot(number)) == {an_answer(number).digest},
                f"decision {number}" in journalled,
                store.ledger.latest_chain_time() >= CHAIN_TIME + number,
            )
            assert len(set(parts)) == 1, f"answer {number} is there in part: {parts}"
            if parts[0]:
                present.append(number)
        assert len(journalled) == len(present)
        assert query(folder, "PRAGMA integrity_check") == [("ok",)]
        return present


class TestGivenTheFilesAsTheyWereAfterEveryCommit:
    @pytest.fixture(scope="class")
    def snapshots(self, tmp_path_factory):
        """(folder, answers that were durable): the files are copied while the node runs, so that the WAL is full."""
        root = tmp_path_factory.mktemp("snapshots")
        node = a_node(root / "node")
        taken = []
        with opened(node) as store:
            for number in range(STEPS):
                if number:
                    record(store, number)
                copy = root / f"after-{number}"
                copy.mkdir()
                for name in FILES:
                    shutil.copy(node / name, copy / name)
                taken.append((copy, number))
        return taken

    @staticmethod
    def damaged(snapshot, tmp_path, number, cut, garbage):
        folder = tmp_path / str(number)
        folder.mkdir()
        shutil.copy(snapshot / FILES[0], folder / FILES[0])
        (folder / FILES[1]).write_bytes((snapshot / FILES[1]).read_bytes()[:cut] + garbage)
        return folder

    @pytest.mark.parametrize("step", range(STEPS))
    def test_when_the_log_is_cut_anywhere_then_a_prefix_of_whole_answers_is_there(self, snapshots, tmp_path, step):
        snapshot, durable = snapshots[step]
        length, source = (snapshot / FILES[1]).stat().st_size, random.Random(step)
        cuts = [source.randrange(length) for _ in range(CUTS_EACH - 2)]
        longest = 0
        for number, cut in enumerate([*sorted(cuts), length - 1, length]):
            garbage = source.choice((b"", bytes(source.randrange(5_000)), source.randbytes(source.randrange(5_000))))
            present = answers_in(self.damaged(snapshot, tmp_path, number, cut, garbage), range(1, STEPS))
            assert present == list(range(1, len(present) + 1))
            assert longest <= len(present) <= durable, "a longer log never holds less"
            longest = len(present)
        assert longest == durable, "the whole log holds everything that was durable"


class TestGivenANodeThatIsKilled:
    @pytest.mark.parametrize("kill_after", [1, 2, 5, 9, 14, 22])
    def test_when_it_dies_while_writing_then_what_it_said_is_there_and_at_most_one_more(self, tmp_path, kill_after):
        folder = a_node(tmp_path / "node")
        first = 1
        for _ in range(2):
            with subprocess.Popen(
                [sys.executable, "-c", WORKER, str(folder), str(first)], stdout=subprocess.PIPE, text=True, cwd=ROOT
            ) as worker:
                lines = [worker.stdout.readline() for _ in range(2 * kill_after - 1)]
                worker.send_signal(signal.SIGKILL)
                lines += worker.stdout.readlines()
                worker.wait()
            assert worker.returncode == -signal.SIGKILL
            done = [int(line.split()[0]) for line in lines if line.endswith("done\n")]
            begun = [int(line.split()[0]) for line in lines if line.endswith("begun\n")]
            present = answers_in(folder, range(1, max(begun) + 2))
            said = list(range(1, max(done, default=first - 1) + 1))
            assert present in (said, [*said, len(said) + 1])
            first = len(present) + 1


class TestGivenAFileWithBadSectors:
    def test_when_opened_and_read_then_only_store_errors_escape(self, tmp_path):
        """A page of zeros or of noise anywhere: `StoreDamaged` stops the node, another exception would not."""
        node = a_node(tmp_path / "node")
        with opened(node) as store:
            for number in range(1, 30):
                record(store, number)
            drawn = RunSecrets(generation_seed=fresh("seed"), randomness=fresh("randomness"))
            store.runs.begin_run(bytes(32), Round(input=b"in", output=b"out"), drawn)
        query(node, "PRAGMA wal_checkpoint(TRUNCATE)")
        whole, source, escaped = (node / FILES[0]).read_bytes(), random.Random(8), set()
        for number in range(150):
            at, length = source.randrange(100, len(whole)), source.choice((1, 16, 512, 4_096))
            noise = bytes(length) if number % 2 else source.randbytes(length)
            folder = tmp_path / str(number)
            folder.mkdir()
            (folder / FILES[0]).write_bytes((whole[:at] + noise + whole[at + length :])[: len(whole)])
            try:
                read_everything(folder)
            except StoreError:
                continue
            except Exception as error:  # noqa: BLE001  # the test asks which ones there are
                escaped.add(f"{type(error).__module__}.{type(error).__name__}")
        assert escaped == set()


def read_everything(folder):
    store = NodeStore.open(folder, the_cipher)
    try:
        store.identity_seed()
        store.runs.lineages()
        store.runs.run_rounds(bytes(32))
        with suppress(RunAborted):  # the damage may have taken them: then the run is over
            store.runs.run_secrets(bytes(32))
        store.ledger.latest_chain_time()
        store.journal.verify()
        for number in range(1, 30):
            given(store, number)
            store.ledger.claims(a_slot(number))
            store.ledger.is_spent(an_answer(number).commitment_id)
            store.ledger.furthest_mark(fresh(number))
            store.ledger.remembers(Mark(boot=1, boot_random=bytes(16), journal_length=number, journal_head=bytes(32)))
        record(store, 99)
    finally:
        store.close()


class TestGivenTheSettingsOfAStore:
    def test_when_a_connection_is_asked_then_commits_are_synchronous_and_logged_ahead(self, tmp_path):
        with opened(a_node(tmp_path / "node")) as store:
            assert store._database.row("PRAGMA synchronous") == (2,)
            assert store._database.row("PRAGMA journal_mode") == ("wal",)
        assert sqlite3.sqlite_version_info >= (3, 37), "STRICT tables"
