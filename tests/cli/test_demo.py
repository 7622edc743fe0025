"""The demo as a person runs it: a good end, a bad option, Ctrl-C in the middle. No process is left behind."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

HEADER = "timestamp_unix,open,high,low,close,volume\n"
COMMAND = [sys.executable, "-m", "custody.cli"]


def custody(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=120, check=False)


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


class TestGivenAGoodRun:
    def test_when_it_ends_then_payouts_and_liquidations_name_enough_processes_and_the_books_balance(
        self, tmp_path: Path
    ) -> None:
        report_file = tmp_path / "report.json"
        done = custody("demo", "--accounts", "10", "--minutes", "90", "--json", str(report_file))
        assert done.returncode == 0, done.stderr
        report = json.loads(report_file.read_text())
        committee = report["committee"]
        assert len(set(committee["processes"].values())) == committee["n"] == 5
        signed = [release for release in report["releases"] if release["signers"]]
        alone = [release for release in report["releases"] if not release["signers"]]
        assert len(signed) == 3
        assert len(alone) == 2
        for release in signed:
            assert len(set(release["signers"])) >= release["threshold"] >= 3
            assert len(set(release["processes"])) == len(release["signers"])
        assert report["liquidations"]
        for liquidation in report["liquidations"]:
            assert liquidation["lane"] == "custodian"
            assert len(set(liquidation["signers"])) >= liquidation["threshold"] == 3
        assert "needs 4 of 5" in report["refusals"][0]["message"]
        assert "silent: 3, 4, 5" in report["refusals"][1]["message"]
        assert report["bad_debt"] == 0
        assert report["conservation"]["drift"] == 0
        assert report["conservation"]["recorded"] == report["conservation"]["claims"]
        assert report["accounts"] == 10
        assert report["regimes"][0]["regime"] == "ELEVATED"
        assert not any(is_alive(pid) for pid in committee["processes"].values())


class TestGivenARunThatIsInterrupted:
    def test_when_ctrl_c_comes_in_the_middle_then_no_process_is_left_and_it_says_where_the_logs_are(self) -> None:
        running = subprocess.Popen(
            [*COMMAND, "demo"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        assert running.stdout is not None
        for line in running.stdout:
            if "ceremony" in line:
                break
        children = children_of(running.pid)
        assert len(children) == 6
        os.kill(running.pid, signal.SIGINT)
        _, errors = running.communicate(timeout=30)
        assert running.returncode == 130
        assert re.search(r"logs of this run are in build/demo/", errors)
        assert not any(is_alive(pid) for pid in children)

    def test_when_it_is_killed_outright_then_the_kernel_ends_its_children(self) -> None:
        running = subprocess.Popen([*COMMAND, "demo"], stdout=subprocess.PIPE, text=True, start_new_session=True)
        assert running.stdout is not None
        for line in running.stdout:
            if "ceremony" in line:
                break
        children = children_of(running.pid)
        running.kill()
        running.communicate()
        until = time.monotonic() + 10
        while any(is_alive(pid) for pid in children) and time.monotonic() < until:
            time.sleep(0.05)
        assert not any(is_alive(pid) for pid in children)


class TestGivenBadInput:
    def one_sentence(self, done: subprocess.CompletedProcess[str], says: str) -> None:
        assert done.returncode == 2
        assert done.stderr.startswith("custody: ")
        assert len(done.stderr.strip().splitlines()) == 1
        assert says in done.stderr

    def test_when_an_option_is_unknown_then_one_sentence_and_code_2(self) -> None:
        self.one_sentence(custody("demo", "--nonsense"), "No such option: --nonsense")

    def test_when_the_port_is_in_use_then_one_sentence_and_code_2(self) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            self.one_sentence(custody("demo", "--port", str(port)), f"port {port} of 127.0.0.1 is in use")

    def test_when_the_report_has_no_folder_then_one_sentence_and_code_2(self, tmp_path: Path) -> None:
        self.one_sentence(custody("demo", "--json", str(tmp_path / "no" / "report.json")), "does not exist")

    def test_when_the_cache_of_compiled_contracts_is_damaged_then_one_sentence_and_code_2(self, tmp_path: Path) -> None:
        root = Path(__file__).resolve().parents[2]
        for name in ("contracts", "node_modules", "tools", "package.json"):
            (tmp_path / name).symlink_to(root / name)
        assert custody("compile", "--root", str(tmp_path)).returncode == 0
        (cached,) = (tmp_path / "build" / "artifacts").glob("*.json")
        cached.write_bytes(cached.read_bytes()[:-100])
        self.one_sentence(custody("compile", "--root", str(tmp_path)), str(cached.name))

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            (None, "does not exist"),
            ("time,price\n1,2\n", "must have the columns"),
            (HEADER, "no bars"),
            (HEADER + "60,1,1,1,1,1\n0,1,1,1,1,1\n", "comes before"),
            (HEADER + "0,1,1,1,1,1\n60,1,1,-1,1,1\n", "line 3"),
            (HEADER + "0,1,1,1,1,1\n100000,1,1,1,1,1\n", "more than a day is missing"),
        ],
    )
    def test_when_a_price_file_is_not_one_then_one_sentence_and_code_2(
        self, tmp_path: Path, text: str | None, says: str
    ) -> None:
        file = tmp_path / "prices.csv"
        if text is not None:
            file.write_text(text)
        self.one_sentence(custody("demo", "--prices", str(file)), says)

    def test_when_there_is_no_node_then_one_sentence_and_code_2(self, tmp_path: Path) -> None:
        self.one_sentence(custody("journal", "verify", "--home", str(tmp_path / "no")), "holds no node")

    def test_when_a_node_has_no_passphrase_then_one_sentence_and_code_2(self, tmp_path: Path) -> None:
        environment = {name: value for name, value in os.environ.items() if name != "CUSTODY_PASSPHRASE"}
        command = [*COMMAND, "node", "init", "--home", str(tmp_path / "node")]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        self.one_sentence(done, "CUSTODY_PASSPHRASE")
