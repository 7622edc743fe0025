"""Commands of a custodian: make a node, run it, verify its journal."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import structlog
import typer

from custody.config.documents import HostDocument, write_document
from custody.config.node_home import HOST_FILE, POLICY_FILE, load_node
from custody.config.passphrase import read_passphrase
from custody.store import Database, HashChainedJournal
from custody.wiring.node import create_node, run_node

node = typer.Typer(help="A custodian's signer node.", no_args_is_help=True)
journal = typer.Typer(help="A node's append-only journal.", no_args_is_help=True)

Home = Annotated[Path, typer.Option(help="The node's folder: store, node.toml, policy.toml, committee.json.")]
PassphraseFile = Annotated[
    Path | None, typer.Option(help="File with the store's passphrase; else the variable CUSTODY_PASSPHRASE.")
]


@node.command("init")
def init(home: Home, passphrase_file: PassphraseFile = None) -> None:
    """Make a node: fresh host keys, sealed in its store; prints the public ones and writes them to host.json."""
    keys = create_node(home, read_passphrase(passphrase_file))
    write_document(home / HOST_FILE, HostDocument.of(keys))
    if not (home / POLICY_FILE).exists():
        (home / POLICY_FILE).write_text("# Default deny: without a [[rule]] this custodian signs nothing.\n")
    typer.echo(f"host {keys.id.hex()}")
    typer.echo(f"public keys in {home / HOST_FILE}")


@node.command("run")
def run(
    home: Home,
    passphrase_file: PassphraseFile = None,
    port: Annotated[int | None, typer.Option(min=0, max=65_535, help="Instead of node.toml's; 0: a free one.")] = None,
    ready_file: Annotated[Path | None, typer.Option(help="Written with the port once the node answers.")] = None,
) -> None:
    """Run the node until it is told to stop (SIGTERM, Ctrl-C)."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    log = structlog.get_logger("custody.node")
    settings = load_node(home, port=port)

    def ready(bound: int) -> None:
        log.info("ready", port=bound)
        if ready_file is not None:
            ready_file.write_text(f"{bound}\n")

    asyncio.run(run_node(settings, read_passphrase(passphrase_file), ready=ready))
    log.info("stopped")


@journal.command("verify")
def verify(home: Home) -> None:
    """Walk the journal's hash chain and say how long it is; fails at the first entry that was altered."""
    with Database(home) as database:
        length = HashChainedJournal(database).verify()
    typer.echo(f"{length} entries, unbroken")
