"""`custody bench`: measurements, shown as a table and written as JSON."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from custody.cli.develop import find_root
from custody.errors import UsageError

if TYPE_CHECKING:
    from custody.wiring.bench_signing import Measured, Size
    from custody.wiring.noble import Noble

bench = typer.Typer(help="Measurements on this machine.", no_args_is_help=True)
MOST_SEATS: Final = 100
LEGEND: Final = (
    "ratio: noble / ours. floor: ours over the calls of libsecp256k1 alone; lib: their share of our time.",
    "From bytes of the wire to bytes of the wire; no host signatures but in the rows that name them.",
    "verify_share checks every share of the set; full is both rounds of all signers, and the aggregation.",
    "round2, list parsed: commitments parsed when they arrived. aggregate, R claimed: and R came with the shares.",
    "ceremony_party: a node's own steps between the messages. With host: from and to envelopes, sealing included.",
)


@bench.callback()
def _bench() -> None:
    """Keeps `signing` a command of its own while it is the only one."""


@bench.command("signing")
def bench_signing(
    json_path: Annotated[Path | None, typer.Option("--json", help="Where the rows go.")] = None,
    sizes: Annotated[str, typer.Option(help="Quorums t/n, separated by commas.")] = "2/3,7/10,67/100",
    seconds: Annotated[float, typer.Option(min=0, max=60, help="For each row; large ones take longer.")] = 1.0,
) -> None:
    """Signing and ceremony beside the FROST of @noble/curves, and beside libsecp256k1 alone."""
    from custody.wiring.bench_signing import WORKS, measure

    wanted = parse_sizes(sizes)
    if json_path is not None and not json_path.resolve().parent.is_dir():
        raise UsageError(f"the folder of {json_path} does not exist; make it, or choose another place for --json")
    console = Console(highlight=False)
    with contextlib.ExitStack() as stack:
        peer, why_not = _peer(stack)
        bar = stack.enter_context(Progress(console=Console(stderr=True), transient=True))
        task = bar.add_task("preparing", total=1.0)
        measured = measure(
            wanted,
            peer=peer,
            seconds=seconds,
            progress=lambda done, what: bar.update(task, completed=done, description=what),
        )
    _show(console, measured, peer)
    if why_not:
        console.print(why_not, soft_wrap=True)
    if json_path is not None:
        rows = [done.row for done in measured if done.row.work in WORKS]
        beside = [done.row for done in measured if done.row.work not in WORKS]
        json_path.write_bytes(msgspec.json.format(msgspec.json.encode({"rows": rows, "beside": beside})) + b"\n")
        console.print(f"Rows: {json_path}", soft_wrap=True)


def parse_sizes(text: str) -> list[Size]:
    """The sizes of "2/3,7/10". Raises: UsageError."""
    from custody.wiring.bench_signing import Size

    sizes = []
    for part in text.split(","):
        found = re.fullmatch(r"\s*([0-9]{1,4})/([0-9]{1,4})\s*", part)
        size = Size(threshold=int(found[1]), n=int(found[2])) if found else None
        if size is None or not size.n < 2 * size.threshold <= 2 * (size.n - 1) <= 2 * (MOST_SEATS - 1):
            raise UsageError(
                f"--sizes takes t/n as a committee has them, n/2 < t < n <= {MOST_SEATS}, as in 2/3,7/10; "
                f"not {part.strip()!r}"
            )
        sizes.append(size)
    return sizes


def _peer(stack: contextlib.ExitStack) -> tuple[Noble | None, str]:
    """The peer, or why there is none."""
    from custody.wiring.noble import Noble, PeerMissing

    try:
        return stack.enter_context(Noble(find_root())), ""
    except (PeerMissing, UsageError) as error:
        return None, f"No peer: {error}."


def _show(console: Console, measured: list[Measured], peer: Noble | None) -> None:
    title = "Medians in milliseconds; +/-: slowest turn of ours less the fastest, over the median"
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for name in ("work", "size", "ours", "+/-", "peer" if peer is None else "noble", "ratio"):
        table.add_column(name, justify="left" if name == "work" else "right", no_wrap=True)
    table.add_column("floor", justify="right", no_wrap=True)
    table.add_column("lib", justify="right", no_wrap=True)  # the share of our time that is the library's own
    before = ""
    for done in measured:
        if done.row.size != before:
            before = done.row.size
            table.add_section()
        row = done.row
        table.add_row(
            row.work,
            row.size,
            f"{row.ours_ms:.3f}",
            f"{done.spread:.0%}",
            "" if row.peer_ms is None else f"{row.peer_ms:.2f}",
            "" if row.ratio is None else f"{row.ratio:.1f}",
            "" if row.over_floor is None else f"{row.over_floor:.2f}",
            "" if done.library_share is None else f"{done.library_share:.0%}",
        )
    console.print(table)
    if peer is not None:
        console.print(f"noble: the FROST of @noble/curves {peer.version}, in turns with ours.")
    for line in LEGEND:
        console.print(line, soft_wrap=True)
