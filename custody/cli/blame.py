"""Commands of whoever wants to know who left the protocol, and of custodians who compare what they agreed to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from custody.config.backups import read_transcript
from custody.config.documents import CommitteeDocument, EvidenceDocument, KeysDocument, read_document, write_document
from custody.errors import EncodingError, UsageError

CANNOT_TELL: Final = 3
"""The exit code of a sound answer that names nobody."""

blame = typer.Typer(help="Evidence of who left the protocol; checked offline.", no_args_is_help=True)


@blame.command("verify")
def verify(
    file: Annotated[Path, typer.Argument(help="An evidence file.")],
    keys: Annotated[Path | None, typer.Option(help="keys.json, for evidence of signing.")] = None,
) -> None:
    """Say who is proven to be at fault. Exit code 0: somebody is; 3: it cannot be told who; 2: a malformed file."""
    from custody.wiring.custodians import tenure_of_lineage
    from custody.wiring.evidence import judge

    tenure = None if keys is None else tenure_of_lineage(read_document(keys, KeysDocument).lineage())
    judgement = judge(_evidence(file), tenure=tenure)
    if judgement.culprit is None:
        typer.echo(f"nobody is proven to be at fault: {judgement.why}")
        raise typer.Exit(CANNOT_TELL)
    seat = f"{judgement.seat}, " if judgement.seat else ""
    typer.echo(f"at fault: {seat}host {judgement.culprit.hex()}")
    typer.echo(judgement.why)


@blame.command("find")
def find(
    files: Annotated[list[Path], typer.Argument(help="Evidence of runs (.json) and transcripts, of several hosts.")],
    out: Annotated[Path | None, typer.Option(help="Where to write the evidence that is found.")] = None,
) -> None:
    """Look for a host that said two things in one place of one run. Exit code 0: found; 3: none; 2: a bad file."""
    from custody.wiring.evidence import equivocation_in, judge, messages_of_evidence, messages_of_transcript

    if out is not None and out.exists():
        raise UsageError(f"{out} exists already; name another file")
    said = []
    for file in files:
        is_evidence = file.suffix == ".json"
        said += messages_of_evidence(_evidence(file)) if is_evidence else messages_of_transcript(read_transcript(file))
    found = equivocation_in(said)
    if found is None:
        typer.echo(f"no host said two things in one place, in {len(said)} messages")
        raise typer.Exit(CANNOT_TELL)
    judgement = judge(found)
    assert judgement.culprit is not None, "what was found proves itself"
    typer.echo(f"at fault: host {judgement.culprit.hex()}")
    typer.echo(judgement.why)
    if out is not None:
        write_document(out, found)
        typer.echo(f"evidence in {out}")


def fingerprint(committee: Annotated[Path, typer.Argument(help="committee.json, as this custodian has it.")]) -> None:
    """The committee as 13 words, to be compared by voice with every other custodian before any run."""
    from custody.host.words import fingerprint_words

    document = read_document(committee, CommitteeDocument)
    try:
        agreed = document.committee()
    except EncodingError as error:
        raise UsageError(f"{committee} is not what it should be: {error}") from None
    typer.echo(" ".join(fingerprint_words(agreed.fingerprint())))


def _evidence(file: Path) -> EvidenceDocument:
    document = read_document(file, EvidenceDocument)
    try:
        document.encoded()
    except EncodingError:
        raise UsageError(f"{file} is not what it should be: evidence is written in hexadecimal digits") from None
    return document
