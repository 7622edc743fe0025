"""`custody node backup`, `restore`, `restore --drill`: real stores of real runs, real SLIP-39 shares."""

import json
import stat

import pytest

from custody.config.backups import read_transcript
from custody.store import NodeStore
from tests.builders import CHAIN_ID, fresh
from tests.cli.nodes import custody, refused, shares_of
from tests.signer.runs import Custodian, a_committee_of, a_run, custodians, query
from tests.signer.situations import Situation

__all__ = ["custody"]


@pytest.fixture(params=["ceremony", "refresh", "reshare", "repair"])
def lived(request, tmp_path):
    """Custodians after a run of each kind, stopped."""
    situation = Situation(request.param, tmp_path)
    situation.run()
    yield situation
    for party in situation.parties:
        party.stop()


@pytest.fixture
def made(tmp_path):
    """Three custodians with keys, stopped."""
    situation = Situation("ceremony", tmp_path)
    situation.run()
    for party in situation.parties:
        party.stop()
    return situation


def stopped(party):
    party.stop()
    return party.folder


def backed_up(custody, party, out, threshold=2, count=3, *options):
    said = custody(
        "node", "backup", "--home", stopped(party), "--out", out, "--threshold", threshold, "--count", count, *options
    )
    assert said.code == 0, said
    return said


def secrets_in(folder):
    """(identity seed, bytes of every newest share, by threshold) in a store."""
    store = NodeStore.open(folder, Custodian._cipher)
    try:
        from custody.signer.run_desk import held_keys
        from tests.signer.runs import HOSTS

        shares = {
            (held.share.signer, held.share.key.id): held.share.secret.to_secret_bytes()
            for held in held_keys(store.runs, HOSTS)
        }
        return store.identity_seed(), shares
    finally:
        store.close()


class TestGivenABackupAfterARunOfEachKind:
    def test_when_restored_from_other_holders_then_identity_and_shares_are_the_same(self, custody, lived, tmp_path):
        for number, party in enumerate(lived.parties):
            out, home = tmp_path / f"backup {number}", tmp_path / f"restored {number}"
            backed_up(custody, party, out)
            said = custody(
                "node", "restore", "--home", home, *shares_of(out, 1, 3), "--transcript", out / "transcript.bin"
            )
            assert said.code == 0, said
            assert "signs nothing until enough of its peers vouch" in said.out
            assert "custody repair" in said.out
            seed, shares = secrets_in(home)
            assert (seed, shares) == secrets_in(party.folder)
            assert len(shares) == 1
            assert (home / "host.json").exists()

    def test_when_tried_out_then_the_node_records_it_for_its_newest_generation(self, custody, lived, tmp_path):
        for number, party in enumerate(lived.parties):
            out = tmp_path / f"backup {number}"
            backed_up(custody, party, out)
            assert query(party.folder, "SELECT count(*) FROM backups_tested") == [(0,)]
            said = custody("node", "restore", "--drill", "--home", party.folder, *shares_of(out, 2, 3))
            assert said.code == 0, said
            newest = query(party.folder, "SELECT certificate FROM certificates ORDER BY generation DESC LIMIT 1")
            assert query(party.folder, "SELECT certificate FROM backups_tested") == newest

    def test_when_a_restored_node_is_backed_up_again_then_that_backup_restores_too(self, custody, lived, tmp_path):
        party = lived.parties[0]
        backed_up(custody, party, tmp_path / "first")
        transcript = tmp_path / "first" / "transcript.bin"
        restore = ("node", "restore", "--home")
        assert (
            custody(*restore, tmp_path / "a", *shares_of(tmp_path / "first", 1, 2), "--transcript", transcript).code
            == 0
        )
        backup = ("node", "backup", "--home", tmp_path / "a", "--out", tmp_path / "second")
        assert custody(*backup, "--threshold", 2, "--count", 2).code == 0
        again = tmp_path / "second" / "transcript.bin"
        assert read_transcript(again) == read_transcript(transcript)
        assert custody(*restore, tmp_path / "b", *shares_of(tmp_path / "second", 1, 2), "--transcript", again).code == 0
        assert secrets_in(tmp_path / "b") == secrets_in(party.folder)


class TestGivenABackup:
    def test_when_made_then_only_its_owner_reads_it_and_no_secret_is_shown(self, custody, made, tmp_path):
        party, out = made.parties[0], tmp_path / "backup"
        said = backed_up(custody, party, out)
        assert stat.S_IMODE(out.stat().st_mode) == 0o700
        for holder in (1, 2, 3):
            path = out / f"share-{holder}-of-3.json"
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            for share in json.loads(path.read_text())["seeds"]:
                assert share["words"] not in said.out + said.err
        seed, shares = secrets_in(party.folder)
        written = b"".join(path.read_bytes() for path in out.iterdir())
        for secret in (seed, *shares.values()):
            assert secret not in written
            assert secret.hex() not in written.decode("latin-1") + said.out

    def test_when_asked_for_then_the_shares_are_printed_and_not_written(self, custody, made, tmp_path):
        out = tmp_path / "backup"
        said = backed_up(custody, made.parties[0], out, 2, 3, "--print")
        assert [path.name for path in out.iterdir()] == ["transcript.bin"]
        assert said.out.count("holder ") == 3
        assert len([line for line in said.out.splitlines() if len(line.split()) == 33]) == 6

    def test_when_contracts_have_keys_then_the_restored_node_knows_which(self, custody, made, tmp_path):
        party, out = made.parties[0], tmp_path / "backup"
        party.restart()
        root, contract = party.held()[0].tenure.root, fresh("contract")[:20]
        party.store.runs.record_child(root, CHAIN_ID, contract, 0)
        backed_up(custody, party, out)
        transcript = ("--transcript", out / "transcript.bin")
        assert custody("node", "restore", "--home", tmp_path / "new", *shares_of(out, 1, 2), *transcript).code == 0
        assert query(tmp_path / "new", "SELECT contract, child FROM children") == [(contract, 0)]

    def test_when_its_shares_are_under_a_passphrase_then_another_is_told_from_it(self, custody, made, tmp_path):
        right, wrong, out = tmp_path / "right", tmp_path / "wrong", tmp_path / "backup"
        right.write_text("a long passphrase\n")
        wrong.write_text("another passphrase\n")
        party = made.parties[0]
        backed_up(custody, party, out, 2, 3, "--passphrase-of-shares", right)
        drill = ("node", "restore", "--drill", "--home", party.folder, *shares_of(out, 1, 2))
        for options in ((), ("--passphrase-of-shares", wrong)):
            assert "passphrase" in refused(custody(*drill, *options), "another seed")
        assert query(party.folder, "SELECT count(*) FROM backups_tested") == [(0,)]
        assert custody(*drill, "--passphrase-of-shares", right).code == 0

    def test_when_the_keys_were_refreshed_since_then_a_drill_finds_it_old(self, custody, made, tmp_path):
        party, out = made.parties[0], tmp_path / "backup"
        backed_up(custody, party, out)
        lineage = read_transcript(out / "transcript.bin").lineages[0].certificates
        for each in made.parties:
            each.restart()
        a_run(made.parties, "refresh", made.committee, lineage)
        party.stop()
        drill = ("node", "restore", "--drill", "--home", party.folder, *shares_of(out, 1, 2))
        refused(custody(*drill), "generation 1", "make a new backup")
        refused(custody(*drill, "--transcript", out / "transcript.bin"), "generation 1", "make a new backup")
        assert query(party.folder, "SELECT count(*) FROM backups_tested") == [(0,)]
        new = custody(
            "node", "restore", "--drill", *shares_of(out, 1, 2), "--transcript", out / "transcript.bin"
        )  # by its certificates alone it holds together, and records nothing
        assert new.code == 0
        assert "nothing is recorded" in new.out

    def test_when_it_is_another_nodes_then_a_drill_and_a_restore_refuse_it(self, custody, made, tmp_path):
        one, other = made.parties[:2]
        backed_up(custody, one, tmp_path / "one")
        backed_up(custody, other, tmp_path / "other")
        refused(
            custody("node", "restore", "--drill", "--home", one.folder, *shares_of(tmp_path / "other", 1, 2)),
            "another host",
        )
        mixed = [*shares_of(tmp_path / "one", 1), *shares_of(tmp_path / "other", 2)]
        refused(custody("node", "restore", "--drill", "--home", one.folder, *mixed), "different hosts")

    @pytest.mark.parametrize(
        ("holders", "words"),
        [((1,), ("2 shares are needed", "1 given")), ((1, 2, 3), ("3 given",)), ((1, 1), ("same",))],
    )
    def test_when_shares_are_too_few_or_too_many_then_it_says_how_many(self, custody, made, tmp_path, holders, words):
        out = tmp_path / "backup"
        backed_up(custody, made.parties[0], out)
        drill = custody("node", "restore", "--drill", "--home", made.parties[0].folder, *shares_of(out, *holders))
        refused(drill, *words)


def damaged(document, at):
    seed = document["seeds"][at]
    words = seed["words"].split()
    match document["damage"]:
        case "word":
            words[5], words[6] = words[6], words[5]
        case "unknown":
            words[5] = "geheimnis"
        case "short":
            words = words[:-1]
    seed["words"] = " ".join(words)


class TestGivenAFileThatIsNotWhatItShouldBe:
    @pytest.fixture
    def backup(self, custody, made, tmp_path):
        backed_up(custody, made.parties[0], tmp_path / "backup")
        return tmp_path / "backup"

    def restore(self, custody, backup, tmp_path, transcript="transcript.bin"):
        home = tmp_path / "new"
        said = custody("node", "restore", "--home", home, *shares_of(backup, 1, 2), "--transcript", backup / transcript)
        assert not (home / "node.sqlite").exists()
        assert not (home / ".new").exists()
        return said

    @pytest.mark.parametrize("damage", ["word", "unknown", "short"])
    def test_when_a_share_was_misread_then_it_is_named_and_no_word_is_repeated(self, custody, backup, tmp_path, damage):
        path = backup / "share-2-of-3.json"
        document = json.loads(path.read_text())
        damaged({**document, "damage": damage}, 1)
        path.write_text(json.dumps(document))
        sentence = refused(self.restore(custody, backup, tmp_path), "share 2", "generation")
        assert "geheimnis" not in sentence

    @pytest.mark.parametrize(
        "content", ["", "{}", "geheimnis", '{"host": "geheimnis"}', '{"host": 1, "words": "geheimnis"}', "\x00"]
    )
    def test_when_a_holders_file_is_malformed_then_it_is_named_and_not_shown(self, custody, backup, tmp_path, content):
        (backup / "share-2-of-3.json").write_text(content)
        assert "geheimnis" not in refused(self.restore(custody, backup, tmp_path), "share-2-of-3.json")

    @pytest.mark.parametrize("member", ["host", "fingerprint", "seed"])
    def test_when_what_stands_beside_the_words_was_altered_then_it_shows(self, custody, backup, tmp_path, member):
        for number in (1, 2):
            path = backup / f"share-{number}-of-3.json"
            document = json.loads(path.read_text())
            if member == "host":
                document["host"] = "00" * 32
            else:
                document["seeds"][1][member] = {"fingerprint": "00000000", "seed": "generation 00"}[member]
            path.write_text(json.dumps(document))
        refused(self.restore(custody, backup, tmp_path))

    @pytest.mark.parametrize("part", [0.0, 0.3, 0.9, 1.1])
    def test_when_the_transcript_is_cut_or_lengthened_then_nothing_is_made(self, custody, backup, tmp_path, part):
        whole = (backup / "transcript.bin").read_bytes()
        length = int(len(whole) * part)
        (backup / "cut").write_bytes(whole[:length] if part < 1 else whole + b"\0")
        refused(self.restore(custody, backup, tmp_path, "cut"), "transcript")

    def test_when_any_byte_of_the_transcript_is_another_then_the_shares_are_right_or_it_is_refused(
        self, custody, backup, tmp_path, made
    ):
        whole = bytearray((backup / "transcript.bin").read_bytes())
        seed, shares = secrets_in(made.parties[0].folder)
        for at in range(50, len(whole), len(whole) // 12):
            changed = bytes([*whole[:at], whole[at] ^ 1, *whole[at + 1 :]])
            (backup / "changed").write_bytes(changed)
            home = tmp_path / f"changed {at}"
            said = custody(
                "node", "restore", "--home", home, *shares_of(backup, 1, 2), "--transcript", backup / "changed"
            )
            if said.code == 0:
                assert secrets_in(home) == (seed, shares)
            else:
                refused(said)
                assert not (home / "node.sqlite").exists()

    def test_when_files_are_missing_or_places_taken_then_one_sentence_says_so(self, custody, backup, tmp_path, made):
        party = made.parties[0]
        refused(self.restore(custody, backup, tmp_path, "nothing"), "cannot be read")
        again = ("node", "backup", "--home", party.folder, "--threshold", 2, "--count", 3, "--out")
        refused(custody(*again, backup), "exists already")
        refused(custody(*again, tmp_path / "bad", "--count", 17), "17")
        refused(custody(*again, tmp_path / "bad", "--threshold", 1), "at least 2")
        refused(custody("node", "backup", "--home", tmp_path, "--threshold", 2, "--count", 3, "--out", tmp_path / "x"))
        assert not (tmp_path / "bad").exists()
        restore = ("node", "restore", "--home", party.folder, *shares_of(backup, 1, 2), "--transcript")
        before = secrets_in(party.folder)
        refused(custody(*restore, backup / "transcript.bin"), "exists already")
        assert secrets_in(party.folder) == before
        refused(custody("node", "restore", *shares_of(backup, 1, 2)), "--home")
        refused(custody("node", "restore", "--drill", *shares_of(backup, 1, 2)), "--home")

    def test_when_the_node_runs_then_the_store_is_its_own(self, custody, backup, made):
        party = made.parties[0]
        party.restart()
        try:
            said = custody("node", "restore", "--drill", "--home", party.folder, *shares_of(backup, 1, 2))
        finally:
            party.stop()
        assert said.code == 1
        assert "another process holds" in said.err


class TestGivenAFreshNode:
    def test_when_backed_up_before_it_has_keys_then_its_identity_alone_restores(self, custody, tmp_path):
        [party] = custodians(tmp_path, 1)
        backed_up(custody, party, tmp_path / "backup")
        said = custody("node", "restore", "--drill", "--home", party.folder, *shares_of(tmp_path / "backup", 1, 2))
        assert said.code == 0
        assert "no keys yet" in said.out


def test_when_two_lineages_are_held_then_a_backup_has_both(custody, tmp_path):
    members = custodians(tmp_path, 4)
    first = a_committee_of(members[:3], (2,))
    a_run(members[:3], "ceremony", first)
    second = a_committee_of(members[:4], (3,))
    a_run(members[:4], "ceremony", second)
    backed_up(custody, members[0], tmp_path / "backup")
    transcript = ("--transcript", tmp_path / "backup" / "transcript.bin")
    shares = shares_of(tmp_path / "backup", 1, 2)
    assert custody("node", "restore", "--home", tmp_path / "new", *shares, *transcript).code == 0
    seed, found = secrets_in(tmp_path / "new")
    assert len(found) == 2
    assert (seed, found) == secrets_in(members[0].folder)
    for member in members:
        member.stop()
