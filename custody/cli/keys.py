"""Commands of whoever brings custodians together: the life of their keys, from the ceremony on."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from custody.config.documents import (
    CommitteeDocument,
    EvidenceDocument,
    KeysDocument,
    RegistryDocument,
    RunDocument,
    read_document,
    write_document,
)
from custody.coordinator import PartyAtFault, RunResult, terms_of
from custody.errors import EncodingError, RunAborted, UsageError
from custody.identifiers import address
from custody.protocol.committee import Committee
from custody.protocol.encoding import decode_exactly, encode
from custody.protocol.run_messages import RunTerms
from custody.protocol.tenure import Tenure
from custody.wiring.custodians import Custodians, create_coordinator, read_coordinator, tenure_of_lineage

coordinator = typer.Typer(help="The key that custodians take requests from.", no_args_is_help=True)
keys = typer.Typer(help="The public record of a committee's keys.", no_args_is_help=True)

CoordinatorFile = Annotated[Path, typer.Option("--coordinator", help="The coordinator's key file.")]
CommitteeFile = Annotated[Path, typer.Option("--committee", help="committee.json, the same as every custodian's.")]
OldFile = Annotated[Path, typer.Option("--from", help="committee.json of the committee that holds the keys.")]
NewFile = Annotated[Path, typer.Option("--to", help="committee.json of the committee to be, agreed by every party.")]
KeysFile = Annotated[Path, typer.Option("--keys", help="keys.json: the certificates of these keys.")]


@coordinator.command("init")
def init(file: Annotated[Path, typer.Option(help="Where to keep the key; mode 600.")]) -> None:
    """Make a coordinator's key; prints the line for every custodian's node.toml."""
    identity = create_coordinator(file)
    typer.echo(f'coordinators = ["{identity.keys.signing.hex()}"]')


def ceremony(committee: CommitteeFile, coordinator: CoordinatorFile, keys: KeysFile) -> None:
    """Make a committee's keys, one for each threshold; writes keys.json."""
    if keys.exists():
        raise UsageError(f"{keys} exists already; a committee has its keys once, name another file")
    document, agreed = read_committee(committee)
    _run(coordinator, [document], terms_of("ceremony", agreed), (), keys)


def refresh(committee: CommitteeFile, coordinator: CoordinatorFile, keys: KeysFile) -> None:
    """Deal the same keys to the same committee anew: shares of before and after never combine."""
    lineage, before = read_keys(keys)
    document, agreed = read_committee(committee)
    _run(coordinator, [document], terms_of("refresh", agreed, before=before), lineage, keys)


def reshare(
    old: OldFile,
    new: NewFile,
    coordinator: CoordinatorFile,
    keys: KeysFile,
    trusts_erasure: Annotated[
        bool,
        typer.Option("--trusts-erasure", help="A seat may go: you trust its operator to run `custody node destroy`."),
    ] = False,
) -> None:
    """Deal the same keys to another committee. Revokes nothing: old shares that were not erased sign for ever."""
    lineage, before = read_keys(keys)
    (from_document, _), (to_document, to) = read_committee(old), read_committee(new)
    dropped = [seat for seat in before.committee.seats if to.seat_of(before.committee.host(seat).id) is None]
    if dropped and not trusts_erasure:
        seats = ", ".join(map(str, dropped))
        raise UsageError(
            f"seat {seats} would go, and a share that was not erased signs for ever: make new keys with "
            "`custody ceremony` and rotate the epoch on chain, or say --trusts-erasure"
        )
    _run(coordinator, [from_document, to_document], terms_of("reshare", to, before=before), lineage, keys)


def repair(old: OldFile, new: NewFile, coordinator: CoordinatorFile, keys: KeysFile) -> None:
    """Give one seat its shares back, on a new host; the committees differ in that host alone."""
    lineage, before = read_keys(keys)
    (from_document, _), (to_document, to) = read_committee(old), read_committee(new)
    seats = before.committee.seats
    lost = [s for s in seats if s > len(to.hosts) or to.host(s) != before.committee.host(s)]
    if len(lost) != 1 or len(to.hosts) != len(before.committee.hosts):
        raise UsageError("a repair puts a new host on exactly one seat; for anything else there is `custody reshare`")
    _run(coordinator, [from_document, to_document], terms_of("repair", to, before=before, lost=lost[0]), lineage, keys)


def derive(
    committee: CommitteeFile,
    coordinator: CoordinatorFile,
    keys: KeysFile,
    contract: Annotated[str, typer.Option(help="The contract that gets keys of its own, 0x and 40 digits.")],
    registry: Annotated[Path, typer.Option(help="registry.json: every derived key, signed by every seat.")],
) -> None:
    """Give a contract derived keys (BIP-32, not hardened), and tell seats that came since of every one there is.

    They separate addresses, not compromise.
    """
    _, tenure = read_keys(keys)
    document, _ = read_committee(committee)
    book = read_document(registry, RegistryDocument) if registry.exists() else RegistryDocument(root=tenure.root.hex())
    if book.root != tenure.root.hex():
        raise UsageError(f"{registry} is of other keys than {keys}")
    try:
        named = address(contract)
    except EncodingError as error:
        raise UsageError(str(error)) from None
    lines = {line.contract.lower(): line for line in book.lines}
    line = lines.get(contract.lower())
    custodians = Custodians(read_coordinator(coordinator), [document], say=typer.echo)
    asyncio.run(custodians.register(tenure, book.lines))
    if line is None:
        work = custodians.derive(
            tenure, chain_id=document.chain_id, contract=named, taken=[each.index for each in book.lines]
        )
        line = asyncio.run(work)
        write_document(registry, RegistryDocument(root=book.root, lines=[*book.lines, line]))
    for threshold, key in zip(tenure.committee.thresholds, line.keys, strict=True):
        typer.echo(f"{threshold} of {len(tenure.committee.hosts)}: {key} (index {line.index})")


def erase(committee: CommitteeFile, coordinator: CoordinatorFile, keys: KeysFile) -> None:
    """Have every custodian erase its older shares, once each has tested its backup of the newest."""
    _, tenure = read_keys(keys)
    document, _ = read_committee(committee)
    custodians = Custodians(read_coordinator(coordinator), [document], say=typer.echo)
    asyncio.run(custodians.erase_old(tenure))
    typer.echo(f"every custodian holds generation {tenure.generation} alone")


@keys.command("show")
def show(keys: KeysFile) -> None:
    """Check a keys.json, and say who holds what."""
    _, tenure = read_keys(keys)
    typer.echo(f"generation {tenure.generation} of {len(tenure.committee.hosts)} custodians")
    typer.echo(f"certificate 0x{tenure.certificate.hex()}")
    typer.echo(f"first certificate, which the chain names: 0x{tenure.root.hex()}")
    for key in tenure.keys:
        typer.echo(f"{key.threshold} of {len(tenure.committee.hosts)}: {key.id.hex()}")


@keys.command("fetch")
def fetch(committee: CommitteeFile, coordinator: CoordinatorFile, keys: KeysFile) -> None:
    """Ask the custodians for their certificates, and write keys.json anew: after a coordinator's machine was lost."""
    document, agreed = read_committee(committee)
    custodians = Custodians(read_coordinator(coordinator), [document], say=typer.echo)
    lineage = asyncio.run(custodians.fetch(agreed))
    write_document(keys, KeysDocument.of(lineage))
    show(keys)


def _run(
    coordinator: Path, documents: list[CommitteeDocument], terms: RunTerms, lineage: tuple[bytes, ...], keys: Path
) -> None:
    """Run it, write keys.json; on a proven fault write the evidence beside it.

    A run that stops half way goes on when the same command is said again: custodians give the same bytes again.
    """
    custodians = Custodians(read_coordinator(coordinator), documents, say=typer.echo)
    custodians.addresses(terms, lineage)  # what cannot be run is not begun
    file_of_run = keys.with_name(f"{keys.name}.run")
    terms = _begun_or(terms, file_of_run)
    try:
        result: RunResult = asyncio.run(custodians.run(terms, lineage=lineage))
    except PartyAtFault as error:
        file_of_run.unlink()
        file = keys.with_name(f"evidence-{terms.salt.hex()[:16]}.json")
        write_document(file, EvidenceDocument(kind="run", evidence=encode(error.evidence).hex()))
        culprit = error.verdict.culprit
        who = "nobody can tell who is at fault" if culprit is None else f"at fault is host {culprit.hex()}"
        raise RunAborted(f"{error}; {who}; {keys.name} is as it was; the evidence is in {file}") from None
    except RunAborted as error:
        advice = f"{keys.name} is as it was; say the same command again to go on, or remove {file_of_run} to begin anew"
        raise RunAborted(f"{error}; {advice}") from None
    write_document(keys, KeysDocument.of(result.lineage))
    file_of_run.unlink()
    show(keys)
    typer.echo(f"written to {keys}; next, every custodian backs up its new shares and tests that it can restore them")
    if result.tenure.generation:
        typer.echo("then `custody erase` has every custodian erase the older ones, which sign until then")


def _begun_or(wanted: RunTerms, file: Path) -> RunTerms:
    """The run that was begun with this same wish and has not ended, else the one wanted, which is noted in `file`.

    Raises:
        UsageError: another run was begun, which nobody gave up.
    """
    if file.exists():
        try:
            begun = decode_exactly(RunTerms, read_document(file, RunDocument).encoded())
        except EncodingError as error:
            raise UsageError(f"{file} is not what it should be: {error}") from None
        if msgspec.structs.replace(begun, salt=wanted.salt) == wanted:
            typer.echo(f"going on with the {begun.kind} that was begun before")
            return begun
        if begun.generation >= wanted.generation:
            raise UsageError(
                f"a {begun.kind} was begun and has not ended; say it again, or remove {file} to give it up"
            )
    write_document(file, RunDocument(terms=encode(wanted).hex()))
    return wanted


def read_committee(path: Path) -> tuple[CommitteeDocument, Committee]:
    """Raises: UsageError: it is no committee's file."""
    document = read_document(path, CommitteeDocument)
    try:
        return document, document.committee()
    except EncodingError as error:
        raise UsageError(f"{path} is not what it should be: {error}") from None


def read_keys(path: Path) -> tuple[tuple[bytes, ...], Tenure]:
    """The certificates of a keys.json, and the tenure that they prove. Raises: UsageError: they prove none."""
    try:
        lineage = read_document(path, KeysDocument).lineage()
    except EncodingError as error:
        raise UsageError(f"{path} is not what it should be: {error}") from None
    return lineage, tenure_of_lineage(lineage)
