"""Turns contracts/ into artifacts: ABI, creation code and runtime code of every contract, from a cache when nothing
changed.

Knows how Solidity names what it imports, the compiler's settings and where the cache lies. Refuses to know what the
contracts do, to download a compiler, and to let the compiler read a file by itself: its input holds every source, so
that the hash of the input stands for all that the output depends on.
"""

from __future__ import annotations

import hashlib
import json
import os
import posixpath
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from custody.errors import CustodyError, UsageError

SOLC_VERSION: Final = "0.8.37"

# The same settings as foundry.toml and ape-config.yaml; tests/chain/test_compiler.py compares them.
# No intermediate representation: JavaScript solc takes four times as long through it. No metadata hash: with it the
# code would depend on comments and file names.
SETTINGS: Final[Mapping[str, object]] = {
    "evmVersion": "osaka",
    "optimizer": {"enabled": True, "runs": 10_000},
    "viaIR": False,
    "metadata": {"bytecodeHash": "none"},
}

_OUTPUTS: Final = ("abi", "evm.bytecode.object", "evm.bytecode.linkReferences", "evm.deployedBytecode.object")

# Strings are matched so that a comment sign inside one is none.
_COMMENT_OR_STRING: Final = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.DOTALL)
_IMPORT: Final = re.compile(r"\bimport\b[^;\"']*(?:\"([^\"\n]+)\"|'([^'\n]+)')[^;]*;")


class CompilerMissing(UsageError):
    """There is no compiler where it should be; nothing was downloaded instead."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(f"the compiler {path} does not exist: run this in a whole checkout of the repository")


class CompilationFailed(CustodyError):
    """The compiler refused the sources, or could not run; `messages` are its own words."""

    def __init__(self, messages: str) -> None:
        self.messages = messages
        super().__init__(f"the contracts do not compile:\n{messages}")


class DamagedCache(UsageError):
    """A cached build is not what was written; it is not used."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(f"the cached build {path} is damaged: delete that file and run again")


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """One compiled contract. Code is hexadecimal with "0x"; of an interface it is "0x" alone."""

    name: str
    abi: list[dict[str, Any]]
    bytecode: str  # creation code, to which constructor arguments are appended
    runtime: str  # immutables still zero
    source_path: str  # from the root, with slashes


def compile_contracts(root: Path, *, solc: Path | None = None) -> dict[str, Artifact]:
    """The artifacts of all contracts below `root`/contracts, by name.

    Reads the cache in `root`/build/artifacts, or compiles and writes it; any number of processes may do so at once.

    Args:
        root: the repository, with contracts/ and, for what they import, node_modules/.
        solc: an executable that speaks `--standard-json`; the repository's own by default.
    Raises:
        CompilationFailed: with the compiler's messages; also for no sources, one name twice, an unlinked library.
        CompilerMissing: `solc` does not exist, and there is no cached build.
        DamagedCache: a cached build fails its checksum.
    """
    request = _standard_json(root)
    digest = hashlib.sha256(f"{SOLC_VERSION}\n{request}".encode()).hexdigest()
    cached = root / "build" / "artifacts" / f"{digest}.json"
    artifacts = _read_cache(cached)
    if artifacts is None:
        output = _run_compiler(request, solc or root / "tools" / "solc" / f"solc-v{SOLC_VERSION}")
        artifacts = _artifacts_of(output)
        _write_cache(cached, artifacts)
    return {artifact.name: artifact for artifact in artifacts}


def _standard_json(root: Path) -> str:
    """The compiler's whole input in one spelling: every source, every setting, nothing of this machine."""
    found = (path.relative_to(root) for path in (root / "contracts").rglob("*.sol"))
    # ape may leave a contracts/.cache behind.
    own = sorted(path.as_posix() for path in found if not any(part.startswith(".") for part in path.parts))
    if not own:
        raise CompilationFailed(f"there are no .sol files in {root / 'contracts'}")
    sources = gather_sources(root, own)
    request = {
        "language": "Solidity",
        "sources": {unit: {"content": text} for unit, text in sources.items()},
        "settings": {**SETTINGS, "outputSelection": {unit: {"*": _OUTPUTS} for unit in own}},
    }
    return json.dumps(request, sort_keys=True, separators=(",", ":"))


def gather_sources(root: Path, units: Sequence[str]) -> dict[str, str]:
    """These source units and all that they import, by the names under which the compiler knows them."""
    sources: dict[str, str] = {}
    waiting = list(units)
    while waiting:
        unit = waiting.pop()
        if unit in sources:
            continue
        path = _file_of(root, unit)
        if path is None:
            continue  # The compiler says it better, with file and line.
        sources[unit] = path.read_text(encoding="utf-8")
        waiting.extend(_imports_of(unit, sources[unit]))
    return sources


def _file_of(root: Path, unit: str) -> Path | None:
    """The file of a source unit: below the root, else a library below node_modules/; None when there is none."""
    if unit.startswith(("/", "../")):
        return None
    candidates = (root / unit, root / "node_modules" / unit)
    return next((path for path in candidates if path.is_file()), None)


def _imports_of(unit: str, text: str) -> Iterator[str]:
    """The source units that `unit` imports; a path that starts with a dot is relative to it."""
    code = _COMMENT_OR_STRING.sub(lambda match: " " if match[0].startswith("/") else match[0], text)
    for match in _IMPORT.finditer(code):
        path = match[1] or match[2]
        relative = path.startswith(("./", "../"))
        yield posixpath.normpath(posixpath.join(posixpath.dirname(unit), path)) if relative else path


def _run_compiler(request: str, solc: Path) -> dict[str, Any]:
    if not solc.is_file():
        raise CompilerMissing(solc)
    # Here and not above: a build from the cache needs no compiler's driver.
    from solcx.exceptions import SolcError
    from solcx.wrapper import solc_wrapper

    try:
        stdout, _, _, _ = solc_wrapper(
            solc_binary=solc.resolve(), stdin=request, standard_json=True, no_import_callback=True
        )
        output: dict[str, Any] = json.loads(stdout)
    except SolcError as error:
        raise CompilationFailed(error.stderr_data or str(error)) from error
    except (OSError, ValueError) as error:
        raise CompilationFailed(f"{solc} did not answer as a compiler does: {error}") from error
    errors = [message for message in output.get("errors", ()) if message["severity"] == "error"]
    if errors:
        raise CompilationFailed("\n".join(message["formattedMessage"].rstrip() for message in errors))
    return output


def _artifacts_of(output: dict[str, Any]) -> list[Artifact]:
    artifacts: dict[str, Artifact] = {}
    for unit, contracts in sorted(output["contracts"].items()):
        for name, contract in sorted(contracts.items()):
            if name in artifacts:
                raise CompilationFailed(f"{artifacts[name].source_path} and {unit} both define {name}")
            if contract["evm"]["bytecode"]["linkReferences"]:
                raise CompilationFailed(f"{unit}: {name} calls a library that is deployed apart, which is not served")
            artifacts[name] = Artifact(
                name=name,
                abi=contract["abi"],
                bytecode="0x" + contract["evm"]["bytecode"]["object"],
                runtime="0x" + contract["evm"]["deployedBytecode"]["object"],
                source_path=unit,
            )
    return list(artifacts.values())


def _checksum(entries: list[dict[str, Any]]) -> str:
    return hashlib.sha256(json.dumps(entries, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _read_cache(path: Path) -> list[Artifact] | None:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return None
    try:
        cached = json.loads(raw)
        if cached["checksum"] != _checksum(cached["artifacts"]):
            raise DamagedCache(path)
        return [Artifact(**entry) for entry in cached["artifacts"]]
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedCache(path) from error


def _write_cache(path: Path, artifacts: list[Artifact]) -> None:
    """Into place in one step: whoever reads sees the whole file or none."""
    entries = [asdict(artifact) for artifact in artifacts]
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem[:16]}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump({"checksum": _checksum(entries), "artifacts": entries}, file)
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
