"""Commands of a custodian for the bad days: back up, restore, try it out, abandon a run, destroy the store.

Each needs the node stopped: the store belongs to one process at a time.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from custody.cli.node import (
    Home,
    HsmCreateKey,
    HsmKey,
    HsmModule,
    HsmPinFile,
    HsmToken,
    PassphraseFile,
    finish_home,
    store_key,
)
from custody.config.backups import (
    TRANSCRIPT_FILE,
    HolderDocument,
    read_holders,
    read_transcript,
    write_backup,
    write_transcript,
)
from custody.config.passphrase import read_passphrase
from custody.errors import UsageError
from custody.host import HostIdentity
from custody.store import NodeStore
from custody.wiring.recovering import Seeds
from custody.wiring.stores import destroy_node, open_store

SharesPassphrase = Annotated[
    Path | None,
    typer.Option("--passphrase-of-shares", help="File with a passphrase that the shares themselves are under."),
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]

RESTORED = (
    "This store knows its keys and not what it signed: it signs nothing until enough of its peers vouch for its "
    "memory. Where they saw the lost store sign, this one never will, and the seat comes back by `custody repair`, on "
    "a new host. Never run the two side by side. A run that was going on when the old store was lost is dead: tell the "
    "coordinator."
)
AFTERLIFE = (
    "Files on an SSD, in a snapshot or in a file system's log may outlive this where no program reaches them. Under a "
    "token's key they stay closed for ever. Under a passphrase whoever has them and the passphrase opens them: forget "
    "the passphrase everywhere, and destroy the disk. Shares of a backup on paper are another way in: burn them too."
)


def backup(
    home: Home,
    threshold: Annotated[int, typer.Option(help="How many holders are needed to restore.")],
    count: Annotated[int, typer.Option(help="How many holders there are, 16 at most.")],
    out: Annotated[Path, typer.Option(help="A new folder for the transcript and a file for each holder.")],
    passphrase_file: PassphraseFile = None,
    passphrase_of_shares: SharesPassphrase = None,
    prints: Annotated[bool, typer.Option("--print", help="Show the shares here; write the transcript alone.")] = False,
) -> None:
    """Split the seeds into SLIP-39 shares for people to keep, and write the public transcript beside them."""
    from custody.wiring.backups import make_backup  # SLIP-39's tables: only here

    if out.exists():
        raise UsageError(f"{out} exists already; a backup never replaces another, name a new folder")
    passphrase = _shares_passphrase(passphrase_of_shares)
    store = open_store(home, passphrase_file)
    try:
        made = make_backup(store, threshold=threshold, count=count, passphrase=passphrase)
        write_backup(out, [] if prints else made.holders, made.transcript)
    finally:
        store.close()
    for holder in made.holders if prints else ():
        _print(holder)
    typer.echo(
        f"{threshold} of {count} holders restore {len(made.holders[0].seeds)} seeds of host {made.holders[0].host}"
    )
    if not prints:
        typer.echo(f"secret: {out}/share-N-of-{count}.json, one for each holder; carry them off and delete them here")
    typer.echo(f"public: {out / TRANSCRIPT_FILE}; keep it wherever it lasts")
    typer.echo("try it out: custody node restore --drill; make another after every run that gives new shares")


def _print(holder: HolderDocument) -> None:
    typer.echo(f"holder {holder.holder} of {holder.count}, {holder.threshold} needed, host {holder.host}")
    for share in holder.seeds:
        typer.echo(f"  {share.seed}\n    fingerprint {share.fingerprint}\n    {share.words}")


def restore(
    shares: Annotated[list[Path], typer.Option(help="A holder's file; as many of them as are needed.")],
    home: Annotated[Path | None, typer.Option(help="The new node's folder; in a drill the running node's.")] = None,
    transcript: Annotated[Path | None, typer.Option(help="The transcript of the backup.")] = None,
    drill: Annotated[bool, typer.Option("--drill", help="Into memory only; compare with the node in --home.")] = False,
    passphrase_file: PassphraseFile = None,
    passphrase_of_shares: SharesPassphrase = None,
    hsm_module: HsmModule = None,
    hsm_token: HsmToken = None,
    hsm_key: HsmKey = None,
    hsm_pin_file: HsmPinFile = None,
    hsm_create_key: HsmCreateKey = False,
) -> None:
    """Make a node anew from shares and a transcript; or, with --drill, see that this could be done."""
    from custody.wiring.backups import join_holders
    from custody.wiring.backups import restore as restore_store

    key = store_key(passphrase_file, hsm_module, hsm_token, hsm_key, hsm_pin_file, hsm_create_key)
    seeds = join_holders(read_holders(shares), passphrase=_shares_passphrase(passphrase_of_shares))
    if drill:
        if key.wrapping_key is not None:
            raise UsageError("a drill makes no store, so it takes no --hsm options")
        _drill(home, seeds, transcript, passphrase_file)
        return
    if home is None or transcript is None:
        raise UsageError("a restore needs --home, a new folder, and --transcript")
    found = restore_store(home, key, seeds, read_transcript(transcript))
    finish_home(home, HostIdentity(seeds.identity).keys)
    for each in found:
        line = each.line.tenure
        typer.echo(f"generation {line.generation} of lineage 0x{line.root.hex()}: {len(each.shares)} shares")
    typer.echo(RESTORED)


def _drill(home: Path | None, seeds: Seeds, transcript: Path | None, passphrase_file: Path | None) -> None:
    from custody.wiring.backups import drill, transcript_of

    record = None if transcript is None else read_transcript(transcript)
    if home is None:
        if record is None:
            raise UsageError("a drill compares with the node in --home, or with the certificates in --transcript alone")
        found = drill(None, seeds, record)
        where = "its certificates; nothing is recorded without --home"
    else:
        store = open_store(home, passphrase_file)
        try:
            found = drill(store, seeds, record or transcript_of(store))
            for each in found:
                if each.shares:
                    store.runs.record_backup_tested(each.line.tenure.certificate)
        finally:
            store.close()
        where = f"the node in {home}, which recorded the test"
    tested = sum(1 for each in found if each.shares)
    if not tested:
        where = "nothing: there are no keys yet" if home is None else f"the identity of the node in {home}: no keys yet"
    typer.echo(f"host {seeds.host.hex()} restores, with the newest shares of {tested} lineages; compared with {where}")


def transcript(
    home: Home,
    out: Annotated[Path, typer.Option(help="Where to write it.")],
    passphrase_file: PassphraseFile = None,
) -> None:
    """Write everything public that this node was shown in any run, finished or not: for `custody blame find`."""
    from custody.wiring.backups import transcript_of

    if out.exists():
        raise UsageError(f"{out} exists already; name another file")
    store = open_store(home, passphrase_file)
    try:
        whole = transcript_of(store, whole=True)
    finally:
        store.close()
    write_transcript(out, whole)
    runs = sum(len(lineage.runs) for lineage in whole.lineages) + len(whole.others)
    typer.echo(f"{runs} runs, {len(whole.others)} of them without a certificate here, in {out}")


def abandon(home: Home, passphrase_file: PassphraseFile = None, yes: Yes = False) -> None:
    """Forget runs that were begun here and never finished, so that others can take their place."""
    store = open_store(home, passphrase_file)
    try:
        endorsed = store.runs.unfinished()
        begun = [run for run in store.runs.open_runs() if run not in endorsed]
        if not endorsed and not begun:
            raise UsageError("no run was begun here and left unfinished; there is nothing to abandon")
        for run in endorsed:
            typer.echo(f"run {run.hex()} was endorsed here and has no certificate here.")
            typer.echo(
                "If it ended at any other custodian, this seat loses the shares it dealt and needs a repair: ask all."
            )
            _abandon(store, [run], yes)
        if begun:
            typer.echo(f"{len(begun)} runs were begun here and not endorsed: without this seat they can end nowhere.")
            _abandon(store, begun, yes)
    finally:
        store.close()


def _abandon(store: NodeStore, runs: list[bytes], yes: bool) -> None:
    if not yes and not typer.confirm("Forget it?" if len(runs) == 1 else "Forget them?", default=False):
        typer.echo("left as it was")
        return
    for run in runs:
        store.runs.abandon(run)
        typer.echo(f"run {run.hex()} is forgotten")


def destroy(home: Home, yes: Yes = False) -> None:
    """Make a node's secrets unreadable for good: the key of its records first, then the records."""
    if not yes:
        typer.echo(f"Everything secret in {home} goes: host keys, shares, seeds. Nobody can undo it.")
        typer.echo("A token's wrapping key goes too, with every other store that is under the same key.")
        if not typer.confirm("Destroy it?", default=False):
            typer.echo("left as it was")
            raise typer.Exit(2)
    destroy_node(home, say=typer.echo)
    typer.echo(AFTERLIFE)


def _shares_passphrase(path: Path | None) -> bytes:
    return b"" if path is None else read_passphrase(path)
