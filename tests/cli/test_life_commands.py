"""The life of a key from the command line: real node processes over HTTP, real files, no chain."""

import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager

import pytest

from custody.config.documents import CommitteeDocument, HostDocument, read_document, write_document
from custody.protocol.committee import Committee
from tests.builders import AUTHORITY, CHAIN_ID
from tests.cli.nodes import custody, refused, shares_of

__all__ = ["custody"]

CONTRACTS = ["0x" + "a1" * 20, "0x" + "b2" * 20]


class Scene:
    """Three custodians' homes, and what whoever brings them together has."""

    def __init__(self, custody, folder):
        self.custody, self.folder = custody, folder
        self.homes = [folder / f"node {number}" for number in (1, 2, 3)]
        line = custody("coordinator", "init", "--file", folder / "coordinator").out
        for home in self.homes:
            assert custody("node", "init", "--home", home).code == 0
            (home / "node.toml").write_text(f'rpc = "http://127.0.0.1:1"\n{line}')
        hosts = tuple(read_document(home / "host.json", HostDocument).keys() for home in self.homes)
        self.committee = Committee(hosts=hosts, thresholds=(2,), chain_id=CHAIN_ID, authority=AUTHORITY)
        for home in self.homes:
            self.write_committee(home / "committee.json", [1, 1, 1])  # where others listen is no part of what is agreed

    def write_committee(self, path, ports):
        urls = [f"http://127.0.0.1:{port}" for port in ports]
        write_document(path, CommitteeDocument.of(self.committee, urls))

    @contextmanager
    def running(self):
        """Every node as a process of its own, until it is told to stop."""
        with ExitStack() as stack:
            started = [stack.enter_context(self._process(home)) for home in self.homes]
            ports = []
            for process, home in zip(started, self.homes, strict=True):
                while not (home / "ready").exists():
                    assert process.poll() is None, (home / "log").read_text()
                    time.sleep(0.05)
                ports.append(int((home / "ready").read_text()))
            self.write_committee(self.folder / "committee.json", ports)
            yield

    @contextmanager
    def _process(self, home):
        (home / "ready").unlink(missing_ok=True)
        command = [sys.executable, "-m", "custody.cli", "node", "run", "--home", str(home), "--port", "0"]
        with (home / "log").open("ab") as log:
            process = subprocess.Popen(
                [*command, "--ready-file", str(home / "ready")], stderr=log, env=dict(os.environ)
            )
            try:
                yield process
            finally:
                process.send_signal(signal.SIGTERM)
                assert process.wait() == 0

    def run(self, command, *options):
        files = ("--coordinator", self.folder / "coordinator", "--keys", self.folder / "keys.json")
        return self.custody(command, "--committee", self.folder / "committee.json", *files, *options)

    def drill_all(self):
        for number, home in enumerate(self.homes):
            out = self.folder / f"backup {number}"
            made = self.custody("node", "backup", "--home", home, "--threshold", 2, "--count", 3, "--out", out)
            assert made.code == 0, made
            said = self.custody("node", "restore", "--drill", "--home", home, *shares_of(out, 1, 3))
            assert said.code == 0, said


@pytest.fixture
def scene(custody, tmp_path):
    return Scene(custody, tmp_path)


def derived(scene, contract):
    said = scene.run("derive", "--contract", contract, "--registry", scene.folder / "registry.json")
    assert said.code == 0, said
    return said.out


def test_when_keys_are_made_refreshed_backed_up_and_erased_then_every_step_says_what_it_did(scene, custody):
    with scene.running():
        assert scene.run("ceremony").code == 0
        refused(scene.run("ceremony"), "exists already")
        assert scene.run("refresh").code == 0
        assert "generation 1" in custody("keys", "show", "--keys", scene.folder / "keys.json").out
        refused(scene.run("erase"), "custody node restore --drill")
        first = derived(scene, CONTRACTS[0])
        second = derived(scene, CONTRACTS[1])
        assert first != second
        assert derived(scene, CONTRACTS[0]) == first
        coordinator = ("--coordinator", scene.folder / "coordinator")
        fetched = (
            "--committee",
            scene.folder / "committee.json",
            *coordinator,
            "--keys",
            scene.folder / "fetched.json",
        )
        assert custody("keys", "fetch", *fetched).code == 0
        assert (scene.folder / "fetched.json").read_bytes() == (scene.folder / "keys.json").read_bytes()
    scene.drill_all()
    with scene.running():
        assert scene.run("erase").code == 0
        assert derived(scene, CONTRACTS[1]) == second
    # The registry is in the backup as well: a restored node knows which contract has which keys.
    out = scene.folder / "backup 0"
    home = scene.folder / "restored"
    restored = custody("node", "restore", "--home", home, *shares_of(out, 2, 3), "--transcript", out / "transcript.bin")
    assert restored.code == 0
    for name in ("node.toml", "committee.json"):
        (home / name).write_bytes((scene.homes[0] / name).read_bytes())
    scene.homes[0] = home
    with scene.running():
        assert derived(scene, CONTRACTS[0]) == first
        assert scene.run("refresh").code == 0
    for home in scene.homes:
        assert custody("journal", "verify", "--home", home).code == 0
        assert custody("node", "destroy", "--home", home, "--yes").code == 0
