"""Commands of a custodian: make a node, run it, verify its journal."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import structlog
import typer

from custody.config.documents import HostDocument, write_document
from custody.config.hardware import wrapping_key_of
from custody.config.node_home import HOST_FILE, POLICY_FILE, load_node
from custody.errors import UsageError
from custody.protocol.committee import HostKeys
from custody.store import Database, HashChainedJournal
from custody.wiring.stores import StoreKey, create_node

node = typer.Typer(help="A custodian's signer node.", no_args_is_help=True)
journal = typer.Typer(help="A node's append-only journal.", no_args_is_help=True)

Home = Annotated[Path, typer.Option(help="The node's folder: store, node.toml, policy.toml, committee.json.")]
PassphraseFile = Annotated[
    Path | None, typer.Option(help="File with the store's passphrase; else the variable CUSTODY_PASSPHRASE.")
]


HsmModule = Annotated[Path | None, typer.Option(help="The token's PKCS#11 library; the store is under its key then.")]
HsmToken = Annotated[str | None, typer.Option(help="The token's label.")]
HsmKey = Annotated[str | None, typer.Option(help="The wrapping key's label.")]
HsmPinFile = Annotated[Path | None, typer.Option(help="File with the token's PIN.")]
HsmCreateKey = Annotated[bool, typer.Option("--hsm-create-key", help="Make the wrapping key in the token first.")]


def store_key(
    passphrase_file: Path | None,
    module: Path | None,
    token: str | None,
    key: str | None,
    pin_file: Path | None,
    creates: bool,
) -> StoreKey:
    """What the options say a new store is to be sealed under. Raises: UsageError: two things, or half of one."""
    wrapping = wrapping_key_of(module, token, key, pin_file)
    if wrapping is None and creates:
        raise UsageError("--hsm-create-key needs --hsm-module, --hsm-token, --hsm-key and --hsm-pin-file")
    if wrapping is not None and passphrase_file is not None:
        raise UsageError("a store is under a passphrase or under a token's key, not under both")
    return StoreKey(passphrase_file=passphrase_file, wrapping_key=wrapping, creates=creates)


@node.command("init")
def init(
    home: Home,
    passphrase_file: PassphraseFile = None,
    hsm_module: HsmModule = None,
    hsm_token: HsmToken = None,
    hsm_key: HsmKey = None,
    hsm_pin_file: HsmPinFile = None,
    hsm_create_key: HsmCreateKey = False,
) -> None:
    """Make a node: fresh host keys, sealed in its store; prints the public ones and writes them to host.json."""
    key = store_key(passphrase_file, hsm_module, hsm_token, hsm_key, hsm_pin_file, hsm_create_key)
    finish_home(home, create_node(home, key))
    typer.echo(
        "next: give host.json to whoever composes committee.json; when you have that file, compare what "
        "`custody fingerprint committee.json` says with every other custodian, by voice, before any run"
    )


def finish_home(home: Path, keys: HostKeys) -> None:
    """What a new node's folder has beside its store."""
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
    from custody.wiring.node import run_node  # the chain's client: only here

    log = structlog.get_logger("custody.node")
    settings = load_node(home, port=port)

    def ready(bound: int) -> None:
        log.info("ready", port=bound)
        if ready_file is not None:
            ready_file.write_text(f"{bound}\n")

    asyncio.run(run_node(settings, passphrase_file, ready=ready))
    log.info("stopped")


@journal.command("verify")
def verify(home: Home) -> None:
    """Walk the journal's hash chain and say how long it is; fails at the first entry that was altered."""
    with Database(home) as database:
        length = HashChainedJournal(database).verify()
    typer.echo(f"{length} entries, unbroken")
