"""What a node remembers, who may open it, and what shows when somebody else wrote in it."""

import stat
import subprocess
import sys

import pytest

from custody.errors import StoreDamaged, StoreLocked, UsageError
from custody.host import PassphraseCipher
from custody.ports.ledger import Held, Round, RunSecrets
from custody.store import Database, HashChainedJournal, NodeStore
from tests.builders import CHAIN_TIME, fresh
from tests.store.stores import OTHER_CIPHER, SEED, a_node, a_slot, an_answer, opened, query, record, the_cipher

RUN = fresh("run")


@pytest.fixture
def folder(tmp_path):
    return a_node(tmp_path / "node")


def the_secrets():
    return RunSecrets(generation_seed=fresh("generation seed"), randomness=fresh("randomness"))


class TestGivenAStoreThatWasWritten:
    """What signing leaves behind is asked in test_answers.py, what runs leave in test_run_store.py."""

    @pytest.fixture
    def written(self, folder):
        with opened(folder) as store:
            store.runs.begin_run(RUN, Round(input=b"in 1", output=b"out 1"), the_secrets())
            store.runs.record_round(RUN, 2, Round(input=b"in 2", output=b"out 2"), ends=False)
            record(store, 7)
        return folder

    def test_when_opened_again_then_everything_is_there(self, written):
        with opened(written) as store:
            assert store.identity_seed() == SEED
            assert store.runs.run_rounds(RUN) == {
                1: Round(input=b"in 1", output=b"out 1"),
                2: Round(input=b"in 2", output=b"out 2"),
            }
            assert store.runs.run_secrets(RUN) == the_secrets()
            assert store.ledger.answer_for(an_answer(7).session, an_answer(7).list_hash) == an_answer(7)
            assert store.ledger.claims(a_slot(7)) == (Held(digest=an_answer(7).digest, deadline=CHAIN_TIME + 7),)
            assert store.ledger.latest_chain_time() == CHAIN_TIME + 7
            assert store.journal.verify() == store.journal_head()[0] == 5, "two starts, two rounds, one answer"

    def test_when_opened_again_then_the_boot_is_another(self, written):
        boots = []
        for _ in range(3):
            with opened(written) as store:
                boots.append(store.ledger.boot)
        assert [number for number, _ in boots] == [2, 3, 4]
        assert len({random for _, random in boots}) == 3

    def test_when_the_file_is_searched_then_no_secret_stands_in_it(self, written):
        raw = b"".join(path.read_bytes() for path in written.iterdir())
        secrets = [SEED, the_secrets().generation_seed, the_secrets().randomness]
        assert all(secret not in raw and secret[::-1] not in raw for secret in secrets)

    def test_when_its_files_are_listed_then_only_the_owner_reads_them(self, written):
        with opened(written):
            for path in written.glob("node.sqlite*"):
                assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name
        assert stat.S_IMODE(written.stat().st_mode) == 0o700


class TestGivenAFolder:
    def test_when_a_node_is_made_twice_then_the_second_is_refused_and_the_first_stays(self, folder):
        with pytest.raises(UsageError):
            NodeStore.create(folder, the_cipher, seed=fresh("another"))
        with opened(folder) as store:
            assert store.identity_seed() == SEED

    def test_when_no_node_is_there_then_none_is_opened_or_made(self, tmp_path):
        with pytest.raises(UsageError):
            NodeStore.open(tmp_path, the_cipher)
        assert list(tmp_path.iterdir()) == []

    def test_when_this_process_opens_it_twice_then_the_second_is_refused(self, folder):
        with opened(folder), pytest.raises(StoreLocked):
            NodeStore.open(folder, the_cipher)

    def test_when_another_process_holds_it_then_it_is_locked_until_that_one_ends(self, folder):
        holds = "import sys; from pathlib import Path; from custody.store import Database\n"
        holds += "held = Database(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
        with subprocess.Popen(
            [sys.executable, "-c", holds, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as other:
            assert other.stdout.readline() == b"held\n"
            with pytest.raises(StoreLocked):
                NodeStore.open(folder, the_cipher)
            other.kill()
            other.wait()
        with opened(folder) as store:
            assert store.identity_seed() == SEED

    def test_when_the_making_was_interrupted_then_the_folder_is_refused_as_unfinished(self, tmp_path):
        Database(tmp_path / "half", create=True).close()
        with pytest.raises(StoreDamaged):
            NodeStore.open(tmp_path / "half", the_cipher)

    @pytest.mark.parametrize("content", [b"", b"not a database at all" * 100, b"SQLite format 3\0" + bytes(4_096)])
    def test_when_the_file_is_something_else_then_the_store_is_damaged(self, tmp_path, content):
        (tmp_path / "node.sqlite").write_bytes(content)
        with pytest.raises(StoreDamaged):
            NodeStore.open(tmp_path, the_cipher)

    @pytest.mark.parametrize("other", ["00000001", "00000003", ""])
    def test_when_the_format_is_another_then_the_store_is_refused(self, folder, other):
        query(folder, f"UPDATE meta SET value = x'{other}' WHERE name = 'format'")
        with pytest.raises(StoreDamaged):
            NodeStore.open(folder, the_cipher)


class TestGivenAWrongPassphrase:
    def test_when_opened_then_neither_seed_nor_what_runs_drew_comes_out(self, folder):
        with opened(folder) as store:
            store.runs.begin_run(RUN, Round(input=b"", output=b""), the_secrets())
        store = NodeStore.open(folder, lambda *, salt: OTHER_CIPHER)
        try:
            for read in (store.identity_seed, lambda: store.runs.run_secrets(RUN)):
                with pytest.raises(StoreDamaged):
                    read()
        finally:
            store.close()

    def test_when_the_salt_was_changed_then_the_right_passphrase_is_a_wrong_one(self, tmp_path):
        def from_passphrase(*, salt):
            return PassphraseCipher(b"passphrase", salt=salt)

        NodeStore.create(tmp_path / "node", from_passphrase, seed=SEED)
        query(tmp_path / "node", "UPDATE meta SET value = x'00112233445566778899aabbccddeeff' WHERE name = 'salt'")
        store = NodeStore.open(tmp_path / "node", from_passphrase)
        try:
            with pytest.raises(StoreDamaged):
                store.identity_seed()
        finally:
            store.close()


class TestGivenAnIdentityThatSomebodyEdited:
    def test_when_the_seed_is_replaced_by_another_sealed_secret_then_the_store_is_damaged(self, folder):
        with opened(folder) as store:
            store.runs.begin_run(RUN, Round(input=b"", output=b""), the_secrets())
        query(folder, "UPDATE secrets SET sealed = (SELECT sealed FROM run_secrets WHERE kind = 'generation-seed')")
        with opened(folder) as store, pytest.raises(StoreDamaged):
            store.identity_seed()

    def test_when_the_seed_is_gone_then_the_store_is_damaged(self, folder):
        query(folder, "DELETE FROM secrets")
        with opened(folder) as store, pytest.raises(StoreDamaged):
            store.identity_seed()


class TestGivenAJournal:
    @pytest.fixture
    def journal(self, folder):
        with opened(folder) as store:
            for number in range(1, 6):
                record(store, number)
        return folder

    def verify(self, folder):
        with Database(folder) as database:
            return HashChainedJournal(database).verify()

    def test_when_nobody_touched_it_then_it_verifies(self, journal):
        assert self.verify(journal) == 6

    @pytest.mark.parametrize(
        "edit",
        [
            "UPDATE journal SET detail = 'decision 9' WHERE sequence = 3",
            "UPDATE journal SET kind = 'refused' WHERE sequence = 3",
            "UPDATE journal SET previous = zeroblob(32) WHERE sequence = 3",
            "UPDATE journal SET hash = zeroblob(32) WHERE sequence = 6",
            "UPDATE journal SET detail = detail || ' ' WHERE sequence = 6",
            "UPDATE journal SET sequence = 17 WHERE sequence = 6",
            "UPDATE journal SET sequence = -1 WHERE sequence = 1",
            "DELETE FROM journal WHERE sequence = 1",
            "DELETE FROM journal WHERE sequence = 3",
            "INSERT INTO journal SELECT 7, previous, hash, kind, detail FROM journal WHERE sequence = 6",
        ],
    )
    def test_when_an_entry_is_altered_removed_or_put_in_then_it_shows(self, journal, edit):
        query(journal, edit)
        with pytest.raises(StoreDamaged):
            self.verify(journal)

    @pytest.mark.parametrize("last", [1, 3, 6])
    def test_when_the_newest_entries_are_cut_off_then_it_shows(self, journal, last):
        query(journal, "DELETE FROM journal WHERE sequence > 6 - ?", (last,))
        with pytest.raises(StoreDamaged):
            self.verify(journal)

    def test_when_a_note_waits_then_it_binds_nothing_until_the_next_commit(self, folder):
        with opened(folder) as store:
            store.note("refused", "something")
            assert store.journal_head()[0] == 1
            store.runs.begin_run(RUN, Round(input=b"", output=b""), the_secrets())
            assert store.journal_head()[0] == 3
        kinds = query(folder, "SELECT kind FROM journal ORDER BY sequence")
        assert kinds == [("started",), ("refused",), ("run",)]

    def test_when_the_store_is_closed_then_notes_that_wait_are_written(self, folder):
        """A node that only refuses commits nothing: its refusals should still be found in the morning."""
        with opened(folder) as store:
            store.note("refused", "something")
        assert query(folder, "SELECT detail FROM journal WHERE kind = 'refused'") == [("something",)]
