"""`custody demo`: runs the walk and shows it."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from custody.cli.develop import find_root
from custody.errors import CustodyError, UsageError
from custody.units import MicroUsdc, format_usdc

if TYPE_CHECKING:
    from custody.wiring.demo import Report


def demo(
    json_path: Annotated[Path | None, typer.Option("--json", help="Also write the report there, as JSON.")] = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65_535, help="The chain's port on 127.0.0.1; a free one if left out.")
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep the run's folder (stores and logs) after a good end.")
    ] = False,
) -> None:
    """Five custodians pay out collateral on a local chain, lose three of them, and the owner leaves alone."""
    from custody.wiring.demo import Demo, make_folder  # web3 and the compiler: only here
    from custody.wiring.devnet import require_free

    if json_path is not None and not json_path.resolve().parent.is_dir():
        raise UsageError(f"the folder of {json_path} does not exist; make it, or choose another place for --json")
    if port is not None:
        require_free(port)
    console = Console(highlight=False)
    root = find_root()
    folder = make_folder(root)
    walk = Demo(root=root, folder=folder, port=port, say=lambda line: console.print(f"  {line}", soft_wrap=True))
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        report = asyncio.run(walk.run())
    except (CustodyError, KeyboardInterrupt):
        print(f"custody: the logs of this run are in {folder.relative_to(root)}", file=sys.stderr)
        raise
    if json_path is not None:
        json_path.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
    if not keep:
        with contextlib.suppress(OSError):
            shutil.rmtree(folder)
    _show(console, report)


def _interrupt(number: int, frame: object) -> NoReturn:
    """SIGTERM ends a run as Ctrl-C does: children first."""
    raise KeyboardInterrupt


def _show(console: Console, report: Report) -> None:
    table = Table(title="Payouts", title_justify="left")
    for heading, justify in (("release", "right"), ("amount", "right"), ("how", "left"), ("signed by", "left")):
        table.add_column(heading, justify=justify)  # type: ignore[arg-type]  # rich's literal type
    table.add_column("sign ms", justify="right")
    table.add_column("gas", justify="right")
    for payout in report.payouts:
        signers = ", ".join(map(str, payout["signers"]))
        table.add_row(
            str(payout["release"]),
            format_usdc(MicroUsdc(payout["amount"])),
            payout["how"],
            f"{signers} (needs {payout['threshold']})" if signers else "nobody",
            f"{payout['sign_ms']:.0f}" if signers else "",
            f"{payout['gas']:,}",
        )
    console.print(table)
    for refusal in report.refusals:
        console.print(f"Refused, {refusal['what']}: {refusal['message']}", soft_wrap=True)
    books = report.conservation
    console.print(
        f"Books: recorded {books['recorded']:,} µUSDC, claims {books['claims']:,}, drift {books['drift']}; "
        f"ceremony {report.ceremony['seconds']} s, all {report.seconds} s"
    )
