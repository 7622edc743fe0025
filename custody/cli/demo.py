"""`custody demo`: runs the walk and shows it."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import msgspec
import structlog
import typer
from rich.console import Console

from custody.cli.develop import find_root
from custody.cli.show import show
from custody.errors import CustodyError, UsageError


def demo(
    prices: Annotated[
        Path | None,
        typer.Option(help="A recorded path, .csv or .csv.gz of bars; else one is made."),
    ] = None,
    accounts: Annotated[int, typer.Option(min=1, max=500, help="Traders of mixed leverage.")] = 40,
    seed: Annotated[int, typer.Option(help="Of the accounts, and of the path if it is made.")] = 7,
    minutes: Annotated[int, typer.Option(min=10, max=20_000, help="Of the path, around its deepest fall.")] = 240,
    block_seconds: Annotated[int, typer.Option(min=1, max=60, help="Chain time between blocks.")] = 12,
    json_path: Annotated[
        Path | None, typer.Option("--json", help="Where the report goes, instead of build/report.json.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65_535, help="The chain's port on 127.0.0.1; a free one if left out.")
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep stores and logs after a good end.")] = False,
) -> None:
    """Custodians pay out and liquidate on a local chain through a crash; then they die, and the owner leaves alone."""
    from custody.wiring.demo import Demo, DemoOptions, make_folder  # web3 and the compiler: only here
    from custody.wiring.devnet import require_free
    from custody.wiring.path import made_path, recorded_path

    root = find_root()
    path_of_report = json_path or root / "build" / "report.json"
    if json_path is not None and not json_path.resolve().parent.is_dir():
        raise UsageError(f"the folder of {json_path} does not exist; make it, or choose another place for --json")
    path = made_path(seed, minutes=minutes) if prices is None else recorded_path(prices, minutes=minutes)
    if port is not None:
        require_free(port)
    console = Console(highlight=False)
    folder = make_folder(root)
    options = DemoOptions(
        root=root, folder=folder, path=path, accounts=accounts, seed=seed, block_seconds=block_seconds, port=port
    )
    walk = Demo(options, say=lambda line: console.print(f"  {line}", soft_wrap=True, markup=False))
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with (folder / "keeper.log").open("w") as log:
            structlog.configure(logger_factory=structlog.PrintLoggerFactory(log))
            report = asyncio.run(walk.run())
    except (CustodyError, KeyboardInterrupt):
        print(f"custody: the logs of this run are in {folder.relative_to(root)}", file=sys.stderr)
        raise
    path_of_report.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
    if not keep:
        with contextlib.suppress(OSError):
            shutil.rmtree(folder)
    show(console, report)
    console.print(f"Report: {path_of_report}", soft_wrap=True)


def _interrupt(number: int, frame: object) -> NoReturn:
    """SIGTERM ends a run as Ctrl-C does: children first."""
    raise KeyboardInterrupt
