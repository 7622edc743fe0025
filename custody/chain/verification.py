"""What an explorer needs to find that a contract's code comes from these sources: the compiler's standard JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from custody.chain.compiler import SETTINGS, Artifact, gather_sources

_OUTPUTS: Final = (
    "abi",
    "evm.bytecode.object",
    "evm.deployedBytecode.object",
    "evm.deployedBytecode.immutableReferences",
)


def verification_input(root: Path, artifact: Artifact) -> dict[str, Any]:
    """The input with which the pinned compiler gives this contract's code: its sources and no others."""
    sources = gather_sources(root, [artifact.source_path])
    return {
        "language": "Solidity",
        "sources": {unit: {"content": sources[unit]} for unit in sorted(sources)},
        "settings": {
            **SETTINGS,
            "outputSelection": {"*": {"*": list(_OUTPUTS)}},
        },
    }


def write_verification(root: Path, artifact: Artifact, folder: Path) -> Path:
    """Into `folder`, as <contract>.json. Explorers also ask for the compiler's version and the constructor's arguments,
    which deployments/<chain id>.json has."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{artifact.name}.json"
    file.write_text(json.dumps(verification_input(root, artifact), indent=1) + "\n")
    return file
