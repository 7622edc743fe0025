"""The scripts on machines that lack something, and on the second run.

Each test has a checkout of its own with a PATH of its own, on which Python, Node and npm are stand-ins of a few lines
that write down what they were asked. Nothing is installed and nothing is downloaded.
"""

import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]

COPIED = ("scripts", "locks", "pyproject.toml", "package.json", "package-lock.json")
TOOLS = (
    *("bash", "cat", "cp", "cut", "dirname", "env", "find", "flock", "grep", "mkdir", "mv", "rm", "sed", "sha256sum"),
    *("sleep", "tail", "tr"),
)

# Answers what _bootstrap.sh asks of a Python, and makes a .venv that holds itself.
PYTHON = """#!/bin/sh
case "$*" in
    "-m venv .venv")
        mkdir -p .venv/bin && cp "$0" .venv/bin/python && exit 0 ;;
    "-m pip install"*)
        echo "pip $*" >> calls
        if [ -e break-pip ]; then echo "no such package"; exit 1; fi
        sleep 0.1
        exit 0 ;;
    "-m custody.cli "*) shift 2; echo "custody $*"; exit 0 ;;
    *ensurepip*) echo "{version}"; exit 0 ;;
esac
exit 0
"""
NODE = "#!/bin/sh\necho v20.0.0\n"
NPM = """#!/bin/sh
echo "npm $*" >> calls
rm -rf node_modules
for tool in forge anvil; do
    mkdir -p "node_modules/@foundry-rs/$tool-linux-amd64/bin"
    cp /bin/true "node_modules/@foundry-rs/$tool-linux-amd64/bin/$tool" || exit 1
done
"""


@dataclass(frozen=True, slots=True)
class Machine:
    """A checkout, and the folder that is its whole PATH."""

    root: Path
    path: Path

    def has(self, name: str, script: str) -> None:
        tool = self.path / name
        tool.write_text(script)
        tool.chmod(0o755)

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", *command],
            cwd=self.root,
            env={"PATH": str(self.path), "HOME": str(self.root), **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def calls(self) -> list[str]:
        calls = self.root / "calls"
        return calls.read_text().splitlines() if calls.exists() else []


@pytest.fixture
def bare(tmp_path: Path) -> Machine:
    """A machine with a shell and nothing else."""
    root, path = tmp_path / "checkout", tmp_path / "bin"
    root.mkdir()
    path.mkdir()
    for name in COPIED:
        copy = shutil.copytree if (REPOSITORY / name).is_dir() else shutil.copy
        copy(REPOSITORY / name, root / name)
    for name in TOOLS:
        found = shutil.which(name)
        if found is not None:
            (path / name).symlink_to(found)
    return Machine(root, path)


@pytest.fixture
def machine(bare: Machine) -> Machine:
    """A machine on which everything can be installed."""
    bare.has("python3", PYTHON.replace("{version}", "3 11 1"))
    bare.has("node", NODE)
    bare.has("npm", NPM)
    return bare


def assert_one_sentence(result: subprocess.CompletedProcess[str], *, code: int, says: str) -> None:
    assert result.returncode == code, result.stderr
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1, result.stderr
    assert says in result.stderr


@pytest.mark.parametrize("script", ["scripts/demo", "scripts/test"])
class TestGivenAMachineThatLacksSomething:
    def test_when_there_is_no_python_then_one_sentence_and_exit_2(self, bare: Machine, script: str) -> None:
        assert_one_sentence(bare.run(script), code=2, says="No Python 3.11 or newer was found on PATH")

    def test_when_python_is_too_old_then_one_sentence_and_exit_2(self, bare: Machine, script: str) -> None:
        bare.has("python3", PYTHON.replace("{version}", "3 10 1"))
        assert_one_sentence(bare.run(script), code=2, says="No Python 3.11 or newer was found on PATH")

    def test_when_python_has_no_venv_then_one_sentence_and_exit_2(self, bare: Machine, script: str) -> None:
        bare.has("python3", PYTHON.replace("{version}", "3 11 0"))
        assert_one_sentence(bare.run(script), code=2, says="python3 has no venv module")

    def test_when_the_python_given_is_none_then_it_is_named(self, machine: Machine, script: str) -> None:
        result = machine.run(script, PYTHON="/nonexistent/python")
        assert_one_sentence(result, code=2, says="PYTHON=/nonexistent/python is not a Python 3.11 or newer")

    def test_when_the_venv_has_no_python_then_says_to_remove_it(self, machine: Machine, script: str) -> None:
        (machine.root / ".venv").mkdir()
        assert_one_sentence(machine.run(script), code=2, says="remove .venv and run again")

    def test_when_the_venvs_python_does_not_start_then_says_to_remove_it(self, machine: Machine, script: str) -> None:
        python = machine.root / ".venv" / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.write_text("#!/bin/sh\nexit 127\n")
        python.chmod(0o755)
        assert_one_sentence(machine.run(script), code=2, says="remove .venv and run again")

    @pytest.mark.parametrize("folder", [".venv", "node_modules"])
    def test_when_an_install_would_go_through_a_link_then_refused(
        self, machine: Machine, script: str, folder: str
    ) -> None:
        elsewhere = machine.root.parent / "elsewhere"
        elsewhere.mkdir()
        (elsewhere / "kept").touch()
        (machine.root / folder).symlink_to(elsewhere)
        assert_one_sentence(machine.run(script), code=2, says=f"{folder} is a link")
        assert [path.name for path in elsewhere.iterdir()] == ["kept"]


class TestGivenAnInstallThatFails:
    def test_when_pip_fails_then_its_last_words_are_shown_and_the_next_run_starts_again(self, machine: Machine) -> None:
        (machine.root / "break-pip").touch()
        result = machine.run("scripts/demo")
        assert result.returncode == 1
        assert "no such package" in result.stderr
        assert "build/pip.log" in result.stderr

        (machine.root / "break-pip").unlink()
        assert machine.run("scripts/demo").returncode == 0

    def test_when_npm_was_interrupted_then_the_next_run_starts_again(self, machine: Machine) -> None:
        assert machine.run("scripts/demo").returncode == 0
        (machine.root / "node_modules" / ".custody-stamp").unlink()
        assert machine.run("scripts/demo").returncode == 0
        assert sum(call.startswith("npm ci") for call in machine.calls()) == 2


class TestGivenAMachineOnWhichEverythingInstalls:
    def test_when_run_then_the_demo_gets_its_options_untouched(self, machine: Machine) -> None:
        result = machine.run("scripts/demo", "--prices", "a file.csv")
        assert (result.returncode, result.stdout) == (0, "custody demo --prices a file.csv\n")
        assert all("--require-hashes" in call for call in machine.calls() if " -r " in call)

    def test_when_run_again_then_nothing_is_installed_or_said(self, machine: Machine) -> None:
        machine.run("scripts/demo")
        before = machine.calls()
        result = machine.run("scripts/demo")
        assert (result.returncode, result.stderr) == (0, "")
        assert machine.calls() == before

    def test_when_run_twice_at_once_then_it_is_installed_once(self, machine: Machine) -> None:
        with ThreadPoolExecutor(max_workers=2) as pool:
            results = list(pool.map(lambda _: machine.run("scripts/demo"), range(2)))
        assert [result.returncode for result in results] == [0, 0]
        assert sum(call.startswith("npm ci") for call in machine.calls()) == 1

    @pytest.mark.parametrize("changed", ["locks/demo.txt", "pyproject.toml"])
    def test_when_the_lock_changed_then_it_is_installed_again(self, machine: Machine, changed: str) -> None:
        machine.run("scripts/demo")
        before = machine.calls()
        with (machine.root / changed).open("a") as file:
            file.write("# changed\n")
        machine.run("scripts/demo")
        assert len(machine.calls()) > len(before)

    def test_when_the_lock_for_tests_is_installed_then_the_demo_installs_nothing(self, machine: Machine) -> None:
        machine.run("scripts/test", "--only", "pytest")
        before = machine.calls()
        assert any("locks/dev.txt" in call for call in before)
        assert machine.run("scripts/demo").returncode == 0
        assert machine.calls() == before


class TestGivenOptionsThatDoNotExist:
    @pytest.mark.parametrize(
        "command",
        [
            ("scripts/test", "--nonsense"),
            ("scripts/test", "--only", "nonsense"),
            ("scripts/test", "--only"),
            ("scripts/lock", "--nonsense"),
        ],
    )
    def test_when_run_then_one_sentence_and_exit_2(self, bare: Machine, command: tuple[str, ...]) -> None:
        assert_one_sentence(bare.run(*command), code=2, says=command[0])

    @pytest.mark.parametrize("script", ["scripts/test", "scripts/lock"])
    def test_when_help_is_asked_then_it_needs_nothing(self, bare: Machine, script: str) -> None:
        result = bare.run(script, "--help")
        assert (result.returncode, result.stderr) == (0, "")
        assert f"Usage: {script}" in result.stdout
        assert not (bare.root / "build").exists()


class TestGivenTheLocks:
    def test_when_read_then_every_package_has_a_hash_and_no_host_is_named(self) -> None:
        for lock in sorted((REPOSITORY / "locks").glob("*.txt")):
            text = "".join(line for line in lock.read_text().splitlines(keepends=True) if not line.startswith("#"))
            assert "://" not in text
            assert "--index-url" not in text
            packages = text.replace("\\\n", "").splitlines()
            assert packages
            assert all("==" in package and "--hash=sha256:" in package for package in packages), lock
        assert '"resolved"' not in (REPOSITORY / "package-lock.json").read_text()

    def test_when_compared_then_the_tests_hold_all_that_the_demo_holds(self) -> None:
        def pins(name: str) -> set[str]:
            lines = (REPOSITORY / "locks" / name).read_text().splitlines()
            return {line.split()[0] for line in lines if "==" in line}

        assert pins("demo.txt") <= pins("dev.txt")


def test_the_scripts_are_executable() -> None:
    for script in ("scripts/demo", "scripts/test", "scripts/lock", ".ci/run", "tools/solc/solc-v0.8.37"):
        assert os.access(REPOSITORY / script, os.X_OK), script
