"""The FROST of @noble/curves in a Node process: asked question by question, each answered before the next.

For measurements and tests with keys made to be thrown away: what is asked, secrets among it, crosses in the clear.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from custody.errors import CustodyError

SCRIPT: Final = Path("scripts/noble_frost.mjs")


class PeerMissing(CustodyError):
    """Node, the script or @noble/curves is not there; the message says which and what to do."""


class PeerFailed(CustodyError):
    """The peer refused a question, or ended."""


class Noble:
    """A running peer. Closed by leaving the `with` block."""

    def __init__(self, root: Path) -> None:
        """`root`: the project's folder, which holds the script and node_modules.

        Raises:
            PeerMissing: it cannot run here.
        """
        node = shutil.which("node") or shutil.which("node", path=str(Path(sys.executable).parent))
        if node is None:
            raise PeerMissing("there is no Node on PATH or beside Python, so @noble/curves is not measured")
        if not (root / "node_modules" / "@noble" / "curves").is_dir() or not (root / SCRIPT).is_file():
            raise PeerMissing("@noble/curves is not installed, so it is not measured; `npm ci` installs it")
        self._process = subprocess.Popen(
            [node, str(SCRIPT)],
            cwd=root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        try:
            self.version: str = self.ask("hello")["noble"]
        except PeerFailed as error:
            self.close()
            raise PeerMissing(f"@noble/curves does not run here, so it is not measured: {error}") from None

    def ask(self, question: str, **facts: Any) -> dict[str, Any]:
        """The answer. Bytes are hex both ways, seats are numbers.

        Raises:
            PeerFailed: it answered with an error, or ended.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps({"ask": question, **facts}).encode() + b"\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except OSError:
            line = b""
        if not line:
            raise PeerFailed(self._last_words())
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise PeerFailed(str(answer["error"]))
        return answer

    def _last_words(self) -> str:
        _, errors = self._process.communicate()
        said = [line for line in errors.decode(errors="replace").splitlines() if "Error" in line]
        return said[0].strip() if said else f"it ended with code {self._process.returncode}"

    def close(self) -> None:
        """End the process; safe to repeat."""
        if self._process.poll() is None:
            self._process.terminate()
        self._process.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
