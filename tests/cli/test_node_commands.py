"""`custody node init`, `abandon` and `destroy`, of stores under a passphrase."""

import stat

import pytest

from custody.cli.backup import AFTERLIFE
from custody.coordinator import terms_of
from custody.errors import StoreError, UsageError
from custody.protocol.run_messages import RunProposal
from custody.protocol.tenure import run_name
from custody.store import NodeStore, destroy
from custody.wiring.stores import destroy_node, open_store
from tests.builders import fresh
from tests.cli.nodes import SEALED, all_gone, custody, dies_after, nothing_opens, refused
from tests.signer.runs import PASSPHRASE, query
from tests.signer.situations import Situation
from tests.signer.test_run_refusals import without_its_end

__all__ = ["custody"]


class TestGivenNoNode:
    def test_when_made_then_it_says_what_comes_next_and_only_its_owner_reads_it(self, custody, tmp_path):
        said = custody("node", "init", "--home", tmp_path / "node")
        assert said.code == 0
        assert "custody fingerprint committee.json" in said.out
        assert stat.S_IMODE((tmp_path / "node").stat().st_mode) == 0o700
        assert stat.S_IMODE((tmp_path / "node" / "node.sqlite").stat().st_mode) == 0o600
        assert not (tmp_path / "node" / ".new").exists()

    def test_when_made_twice_then_the_first_stays(self, custody, tmp_path):
        custody("node", "init", "--home", tmp_path)
        before = (tmp_path / "host.json").read_bytes()
        refused(custody("node", "init", "--home", tmp_path), "exists already")
        assert (tmp_path / "host.json").read_bytes() == before

    def test_when_the_passphrase_is_missing_then_no_half_of_a_node_is_left(self, custody, tmp_path, monkeypatch):
        monkeypatch.delenv("CUSTODY_PASSPHRASE")
        refused(custody("node", "init", "--home", tmp_path / "node"), "passphrase")
        assert list((tmp_path / "node").iterdir()) == []

    def test_when_an_attempt_died_in_the_middle_then_the_next_one_succeeds(self, custody, tmp_path):
        (tmp_path / "node" / ".new").mkdir(parents=True)
        (tmp_path / "node" / ".new" / "node.sqlite").write_bytes(b"half")
        assert custody("node", "init", "--home", tmp_path / "node").code == 0
        open_store(tmp_path / "node").close()


@pytest.fixture
def with_keys(custody, tmp_path):
    """A custodian of three, with keys, stopped; `custody` sets the passphrase."""
    situation = Situation("ceremony", tmp_path)
    situation.run()
    for party in situation.parties:
        party.stop()
    return situation.parties[0]


class TestGivenANodeWithKeysUnderAPassphrase:
    def test_when_destroyed_then_no_sealed_byte_is_in_its_files_and_the_public_record_stays(self, custody, with_keys):
        home = with_keys.folder
        sealed = [row[0] for table in SEALED for row in query(home, f"SELECT sealed FROM {table}")]
        sealed += [value for (value,) in query(home, "SELECT value FROM meta WHERE name = 'salt'")]
        assert len(sealed) == 4
        said = custody("node", "destroy", "--home", home, "--yes")
        assert said.code == 0
        assert AFTERLIFE in said.out
        assert "SSD" in said.out
        all_gone(home)
        raw = b"".join(path.read_bytes() for path in home.iterdir())
        assert all(each not in raw for each in sealed)
        assert query(home, "SELECT count(*) FROM certificates") == [(1,)]
        assert custody("journal", "verify", "--home", home).code == 0
        assert custody("node", "destroy", "--home", home, "--yes").code == 0

    @pytest.mark.parametrize("step", range(4))
    def test_when_it_dies_after_any_step_then_nothing_opens_and_the_next_attempt_finishes(self, with_keys, step):
        dies_after(step, lambda say: destroy_node(with_keys.folder, say=say))
        nothing_opens(with_keys.folder)
        destroy_node(with_keys.folder, say=lambda line: None)
        all_gone(with_keys.folder)

    def test_when_what_is_outside_cannot_be_erased_then_the_records_stay_closed_until_it_can(self, with_keys):
        def refuses():
            raise UsageError("the token is away")

        with pytest.raises(UsageError):
            destroy(with_keys.folder, erase_outside=refuses, say=lambda line: None)
        nothing_opens(with_keys.folder)
        assert query(with_keys.folder, "SELECT count(*) FROM shares") == [(1,)]

    def test_when_not_confirmed_then_everything_stays(self, custody, with_keys, monkeypatch):
        monkeypatch.setattr("sys.stdin", open("/dev/null"))  # noqa: SIM115  # the command reads it until the test ends
        said = custody("node", "destroy", "--home", with_keys.folder)
        assert said.code in (2, 130)
        open_store(with_keys.folder).close()

    def test_when_it_runs_then_it_is_not_destroyed(self, custody, with_keys):
        with_keys.restart()
        try:
            assert custody("node", "destroy", "--home", with_keys.folder, "--yes").code == 1
            assert with_keys.held()
        finally:
            with_keys.stop()


class TestGivenARunThatWasEndorsedAndNotFinished:
    def test_when_abandoned_then_another_run_can_take_its_place(self, custody, tmp_path):
        situation = Situation("refresh", tmp_path)
        without_its_end(situation.parties, "refresh", situation.committee, situation.lineage)
        for party in situation.parties:
            party.stop()
            said = custody("node", "abandon", "--home", party.folder, "--yes")
            assert said.code == 0
            assert "is forgotten" in said.out
            refused(custody("node", "abandon", "--home", party.folder, "--yes"), "nothing to abandon")
            party.restart()
        assert situation.run().tenure.generation == 1
        for party in situation.parties:
            party.stop()
            refused(custody("node", "abandon", "--home", party.folder, "--yes"), "nothing to abandon")

    def test_when_it_was_begun_and_not_endorsed_then_it_is_forgotten_too(self, custody, tmp_path):
        situation = Situation("ceremony", tmp_path)
        party = situation.parties[0]
        terms = terms_of("ceremony", situation.committee)
        party.ask(RunProposal(terms=terms, lineage=()), execution=run_name(terms))
        assert party.store.runs.open_runs() == [run_name(terms)]
        party.stop()
        said = custody("node", "abandon", "--home", party.folder, "--yes")
        assert (said.code, "1 runs were begun" in said.out) == (0, True)
        party.restart()
        assert party.store.runs.open_runs() == []
        assert situation.run().tenure.generation == 0

    def test_when_not_confirmed_then_it_is_kept(self, custody, tmp_path, monkeypatch):
        situation = Situation("refresh", tmp_path)
        without_its_end(situation.parties, "refresh", situation.committee, situation.lineage)
        party = situation.parties[0]
        party.stop()
        monkeypatch.setattr("sys.stdin", open("/dev/null"))  # noqa: SIM115  # the command reads it until the test ends
        assert custody("node", "abandon", "--home", party.folder).code == 130
        party.restart()
        assert len(party.store.runs.unfinished()) == 1


def test_when_a_store_is_filled_halfway_then_it_never_gets_its_place(tmp_path, monkeypatch):
    from custody.wiring.stores import StoreKey, make_store

    monkeypatch.setenv("CUSTODY_PASSPHRASE", PASSPHRASE.decode())

    def fill(store):
        raise StoreError("the disk is full")

    with pytest.raises(StoreError):
        make_store(tmp_path / "node", StoreKey(), fresh("seed"), fill)
    assert list((tmp_path / "node").iterdir()) == []
    with pytest.raises(UsageError):
        NodeStore.open(tmp_path / "node", lambda *, salt: None)
