"""A node's store under a key of a real PKCS#11 token (SoftHSM2), from the command line."""

import json
import os
import signal
import subprocess
import sys
import time
from itertools import count

import pytest

from custody.config.documents import CommitteeDocument, HostDocument, read_document, write_document
from custody.errors import UsageError
from custody.host import WrappingKey
from custody.host.hardware import create_wrapping_key, destroy_wrapping_key, wrap_new_data_key
from custody.protocol.committee import Committee
from custody.wiring.stores import destroy_node, open_store
from tests.builders import AUTHORITY, CHAIN_ID, an_identity
from tests.cli.nodes import all_gone, custody, dies_after, nothing_opens, refused, shares_of
from tests.host.softhsm import PIN, the_module
from tests.signer.runs import query

__all__ = ["custody"]

LABELS = map("wrapping key {}".format, count())


@pytest.fixture(scope="module")
def module():
    return the_module()


@pytest.fixture
def key(module, tmp_path):
    """A key that nobody made yet."""
    pin = tmp_path / "pin"
    pin.write_text(f"{PIN}\n")
    return WrappingKey(module=module, token="custodian", label=next(LABELS), pin_file=pin)


def options(key, /, **changes):
    named = {"module": key.module, "token": key.token, "key": key.label, "pin-file": key.pin_file} | changes
    return [part for name, value in named.items() if value is not None for part in (f"--hsm-{name}", value)]


class TestGivenAToken:
    def test_when_a_node_is_made_under_its_key_then_every_command_finds_the_key_and_no_passphrase(
        self, custody, key, tmp_path, monkeypatch
    ):
        monkeypatch.delenv("CUSTODY_PASSPHRASE")
        home = tmp_path / "node"
        said = custody("node", "init", "--home", home, *options(key), "--hsm-create-key")
        assert said.code == 0, said
        assert custody("journal", "verify", "--home", home).code == 0
        backup = tmp_path / "backup"
        assert custody("node", "backup", "--home", home, "--threshold", 2, "--count", 2, "--out", backup).code == 0
        drill = custody("node", "restore", "--drill", "--home", home, *shares_of(backup, 1, 2))
        assert drill.code == 0, drill
        written = b"".join(path.read_bytes() for path in home.iterdir() if path.is_file())
        assert PIN.encode() not in written
        [(wrapped,)] = query(home, "SELECT value FROM meta WHERE name = 'wrapped-data-key'")
        assert len(wrapped) == 40
        assert query(home, "SELECT count(*) FROM meta WHERE name = 'salt'") == [(0,)]

    def test_when_a_lost_node_is_restored_under_a_new_key_then_it_is_the_same_host(self, custody, key, tmp_path):
        custody("node", "init", "--home", tmp_path / "old")
        backup = tmp_path / "backup"
        custody("node", "backup", "--home", tmp_path / "old", "--threshold", 2, "--count", 2, "--out", backup)
        transcript = ("--transcript", backup / "transcript.bin")
        restored = ("node", "restore", "--home", tmp_path / "new", *shares_of(backup, 1, 2), *transcript)
        assert custody(*restored, *options(key), "--hsm-create-key").code == 0
        assert (tmp_path / "old" / "host.json").read_bytes() == (tmp_path / "new" / "host.json").read_bytes()
        assert query(tmp_path / "new", "SELECT count(*) FROM meta WHERE name = 'wrapped-data-key'") == [(1,)]

    def test_when_its_key_was_made_before_then_it_is_used_and_never_replaced(self, custody, key, tmp_path):
        create_wrapping_key(key)
        assert custody("node", "init", "--home", tmp_path / "a", *options(key)).code == 0
        refused(custody("node", "init", "--home", tmp_path / "b", *options(key), "--hsm-create-key"), "exists already")
        open_store(tmp_path / "a").close()

    @pytest.mark.parametrize(
        "changes",
        [
            {"module": None}, {"token": None}, {"key": None}, {"pin-file": None}, {"token": "another"},
            {"module": "/nowhere.so"}, {"pin-file": "/nowhere"}, {"key": "another"},
        ],
    )  # fmt: skip
    def test_when_it_is_named_wrongly_then_one_sentence_says_so_and_no_node_is_made(
        self, custody, key, tmp_path, changes
    ):
        refused(custody("node", "init", "--home", tmp_path / "node", *options(key, **changes)))
        assert not (tmp_path / "node" / "node.sqlite").exists()
        assert not (tmp_path / "node" / "hsm.toml").exists()

    def test_when_two_ways_are_asked_for_at_once_then_it_is_refused(self, custody, key, tmp_path):
        (tmp_path / "passphrase").write_text("a passphrase")
        both = custody("node", "init", "--home", tmp_path, *options(key), "--passphrase-file", tmp_path / "passphrase")
        refused(both, "not under both")
        refused(custody("node", "init", "--home", tmp_path, "--hsm-create-key"), "--hsm-module")


class TestGivenANodeUnderAToken:
    @pytest.fixture
    def home(self, custody, key, tmp_path):
        assert custody("node", "init", "--home", tmp_path / "node", *options(key), "--hsm-create-key").code == 0
        return tmp_path / "node"

    def backup(self, custody, home):
        return custody("node", "backup", "--home", home, "--threshold", 2, "--count", 2, "--out", home.parent / "out")

    def test_when_the_pin_is_wrong_or_the_key_gone_then_nothing_opens(self, custody, home, key):
        key.pin_file.write_text("wrong-pin")
        assert "wrong-pin" not in refused(self.backup(custody, home), "PIN")
        key.pin_file.write_text(PIN)
        destroy_wrapping_key(key)
        refused(self.backup(custody, home), "there is no key")

    def test_when_hsm_toml_is_missing_or_malformed_then_one_sentence_says_so(self, custody, home):
        path = home / "hsm.toml"
        whole = path.read_text()
        path.unlink()
        refused(self.backup(custody, home), "hsm.toml", "missing")
        for text in ("", "module = 1\n", whole + 'other = "x"\n', "]["):
            path.write_text(text)
            refused(self.backup(custody, home), "hsm.toml")
        path.write_text(whole)
        assert self.backup(custody, home).code == 0

    def test_when_hsm_toml_lies_beside_a_store_under_a_passphrase_then_it_is_refused(self, custody, home):
        other = home.parent / "other"
        custody("node", "init", "--home", other)
        (other / "hsm.toml").write_text((home / "hsm.toml").read_text())
        refused(self.backup(custody, other), "under a passphrase")

    def test_when_the_wrapped_key_is_of_another_store_then_the_records_do_not_open(self, custody, home, key):
        other = wrap_new_data_key(key)
        query(home, f"UPDATE meta SET value = x'{other.hex()}' WHERE name = 'wrapped-data-key'")
        said = self.backup(custody, home)
        assert said.code == 1
        assert "another data key" in said.err

    def test_when_destroyed_then_the_tokens_key_is_gone_first(self, custody, home, key):
        said = custody("node", "destroy", "--home", home, "--yes")
        assert said.code == 0
        assert said.out.index("is destroyed") < said.out.index("sealed records are gone")
        with pytest.raises(UsageError, match="there is no key"):
            wrap_new_data_key(key)
        refused(self.backup(custody, home), "destroyed")

    @pytest.mark.parametrize("step", range(5))
    def test_when_it_dies_after_any_step_then_nothing_opens_and_the_next_attempt_finishes(self, home, key, step):
        dies_after(step, lambda say: destroy_node(home, say=say))
        nothing_opens(home)
        destroy_node(home, say=lambda line: None)
        all_gone(home)


class TestGivenANodeUnderATokenThatRuns:
    def test_when_started_then_it_logs_the_committees_fingerprint_and_no_secret(self, custody, key, tmp_path):
        home, ready, log = tmp_path / "node", tmp_path / "ready", tmp_path / "log"
        assert custody("node", "init", "--home", home, *options(key), "--hsm-create-key").code == 0
        own = read_document(home / "host.json", HostDocument).keys()
        committee = Committee(
            hosts=(own, an_identity("second").keys, an_identity("third").keys),
            thresholds=(2,),
            chain_id=CHAIN_ID,
            authority=AUTHORITY,
        )
        write_document(home / "committee.json", CommitteeDocument.of(committee, ["http://127.0.0.1:1"] * 3))
        (home / "node.toml").write_text('rpc = "http://127.0.0.1:1"\ncoordinators = []\n')
        command = [sys.executable, "-m", "custody.cli", "node", "run", "--home", str(home), "--ready-file", str(ready)]
        environment = {name: value for name, value in os.environ.items() if name != "CUSTODY_PASSPHRASE"}
        with log.open("wb") as output, subprocess.Popen(command, stderr=output, env=environment) as process:
            while process.poll() is None and not ready.exists():
                time.sleep(0.05)
            assert "another process holds" in custody("node", "destroy", "--home", home, "--yes").err
            process.send_signal(signal.SIGTERM)
            assert process.wait() == 0, log.read_text()
        lines = [json.loads(line) for line in log.read_text().splitlines()]
        [told] = [line["fingerprint"] for line in lines if "fingerprint" in line]
        assert told == custody("fingerprint", home / "committee.json").out.strip()
        assert PIN not in log.read_text()
        open_store(home).close()
