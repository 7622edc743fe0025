"""Commands of people who change the contracts."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from custody.errors import UsageError


def find_root(start: Path | None = None) -> Path:
    """The project's folder: the nearest one upwards that holds contracts/ and package.json.

    Raises:
        UsageError: there is none.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents, *Path(__file__).resolve().parents):
        if (folder / "contracts").is_dir() and (folder / "package.json").is_file():
            return folder
    raise UsageError("no contracts/ here or above; run this inside the project")


def compile_command(
    root: Annotated[Path | None, typer.Option(help="The project's folder; else found upwards from here.")] = None,
) -> None:
    """Compile every contract; what did not change comes from the cache."""
    from custody.chain.compiler import compile_contracts  # solcx is for deployers: a node does not have it

    started = time.perf_counter()
    artifacts = compile_contracts(find_root(root))
    for name in sorted(artifacts):
        size = len(artifacts[name].runtime.removeprefix("0x")) // 2
        typer.echo(f"{name:30} {size:6} bytes")
    typer.echo(f"{len(artifacts)} contracts in {time.perf_counter() - started:.1f} s")
