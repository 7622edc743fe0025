"""Nodes with keys, and the command line as a person uses it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from custody.cli import main
from custody.config.passphrase import VARIABLE
from custody.errors import UsageError
from custody.wiring.stores import open_store
from tests.signer.runs import PASSPHRASE, query


@dataclass(frozen=True)
class Said:
    """How a command ended: its exit code, what it printed, and its complaint."""

    code: int
    out: str
    err: str


Run = Callable[..., Said]


@pytest.fixture
def custody(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """`custody ARGUMENTS`; the stores of `tests.signer.runs` open with the passphrase of the environment."""
    monkeypatch.setenv(VARIABLE, PASSPHRASE.decode())

    def run(*arguments: object) -> Said:
        capsys.readouterr()
        try:
            main([str(argument) for argument in arguments])
        except SystemExit as end:
            code = end.code
        captured = capsys.readouterr()
        assert isinstance(code, int)
        return Said(code, captured.out, captured.err)

    return run


def refused(said: Said, *words: str) -> str:
    """A bad input ends with code 2 and one sentence, which has these words."""
    assert said.code == 2, said
    assert said.err.startswith("custody: ")
    assert said.err.count("\n") == 1
    assert all(word in said.err for word in words), said.err
    return said.err


def shares_of(backup: Path, *holders: int) -> list[object]:
    """The --shares options of these holders."""
    return [
        part
        for holder in holders
        for path in sorted(backup.glob(f"share-{holder}-of-*.json"))
        for part in ("--shares", path)
    ]


# --- the end of a store ---

SEALED = ("secrets", "run_secrets", "shares", "generation_seeds")


class Died(Exception):
    """As if the power went."""


def dies_after(step: int, act: Callable[[Callable[[str], None]], object]) -> None:
    steps: list[str] = []

    def say(line: str) -> None:
        steps.append(line)
        if len(steps) == step + 1:
            raise Died

    with pytest.raises(Died):
        act(say)


def nothing_opens(home: Path) -> None:
    with pytest.raises(UsageError, match="destroyed"):
        open_store(home)


def all_gone(home: Path) -> None:
    nothing_opens(home)
    for table in SEALED:
        assert query(home, f"SELECT count(*) FROM {table}") == [(0,)]
    assert query(home, "SELECT count(*) FROM meta WHERE name IN ('salt', 'wrapped-data-key')") == [(0,)]
    kinds = [kind for (kind,) in query(home, "SELECT kind FROM journal ORDER BY sequence")]
    assert kinds[-2:] == ["destroying", "destroyed"]
