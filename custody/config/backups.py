"""What a backup consists of on disk: a file for each holder of shares, and a transcript that anybody may keep.

A holder's file is secret in part: with as many as the threshold says, whoever has them has the seeds. The transcript is
public: certificates, the rounds of the runs that they came from, which derived key belongs to which contract.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

import msgspec

from custody.config.documents import read_document
from custody.errors import EncodingError, UsageError
from custody.protocol.encoding import Bytes20, Bytes32, Count, decode_exactly, encode

TRANSCRIPT_FILE: Final = "transcript.bin"
IDENTITY: Final = "identity"
_GENERATION: Final = "generation "


class SeedShare(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One share of one seed: which one it is of, the seed's fingerprint, and 33 words of SLIP-39."""

    seed: str
    fingerprint: str
    words: str

    def __repr__(self) -> str:
        return f"SeedShare({self.seed!r}, ...)"


class HolderDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """share-N-of-M.json: what one holder keeps. `host`: whose seeds they are, 64 hexadecimal digits."""

    host: str
    holder: int
    threshold: int
    count: int
    seeds: list[SeedShare]


def generation_name(certificate: bytes) -> str:
    """How a holder's file calls the seed of the generation that this certificate (32 bytes, its hash) began."""
    return _GENERATION + certificate.hex()


def generation_of(name: str) -> bytes | None:
    """The certificate's hash in such a name, or None if it is no such name."""
    try:
        certificate = bytes.fromhex(name.removeprefix(_GENERATION))
    except ValueError:
        return None
    return certificate if name.startswith(_GENERATION) and len(certificate) == 32 else None


class RoundRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One round of a run at this host, byte for byte."""

    input: bytes
    output: bytes


class RunRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`name`: hash of its terms. `rounds`: from the first on."""

    name: Bytes32
    rounds: tuple[RoundRecord, ...]


class ChildRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line of the registry of derived keys."""

    chain_id: Count
    contract: Bytes20
    index: Count


class LineageRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`certificates`: encoded, the ceremony's first. `runs`: of those that this host took part in."""

    certificates: tuple[bytes, ...]
    runs: tuple[RunRecord, ...]
    children: tuple[ChildRecord, ...]


class Transcript(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The public half of a backup. `others`: runs without a certificate here, where somebody looks for equivocation."""

    version: Literal[1]
    lineages: tuple[LineageRecord, ...]
    others: tuple[RunRecord, ...] = ()


def read_transcript(path: Path) -> Transcript:
    """Raises: UsageError: it cannot be read, or is no transcript."""
    try:
        return decode_exactly(Transcript, path.read_bytes())
    except OSError as error:
        raise UsageError(f"the transcript {path} cannot be read: {error.strerror}") from None
    except EncodingError:
        raise UsageError(f"{path} is no transcript of a backup, or is cut off") from None


def read_holders(paths: Sequence[Path]) -> list[HolderDocument]:
    """Raises: UsageError: a file cannot be read or is no holder's file; its words are not shown."""
    found = []
    for path in paths:
        try:
            found.append(read_document(path, HolderDocument))
        except UsageError as error:
            # The parser quotes what it does not understand, which may be a word of a share.
            cause = "cannot be read" if "cannot be read" in str(error) else "is no holder's file of a backup"
            raise UsageError(f"{path} {cause}") from None
    return found


def write_backup(folder: Path, holders: Sequence[HolderDocument], transcript: Transcript) -> None:
    """Make the folder with every file in it, durable, or nothing: mode 700, each holder's file 600.

    Raises:
        UsageError: the folder exists already, or cannot be made.
    """
    if folder.exists():
        raise UsageError(f"{folder} exists already; a backup never replaces another, name a new folder")
    staging = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(staging, ignore_errors=True)  # of an earlier attempt that died
    try:
        staging.mkdir(mode=0o700, parents=True)
        for holder in holders:
            encoded = msgspec.json.format(msgspec.json.encode(holder), indent=2) + b"\n"
            _write(staging / f"share-{holder.holder}-of-{holder.count}.json", encoded, 0o600)
        _write(staging / TRANSCRIPT_FILE, encode(transcript), 0o644)
        staging.rename(folder)
    except OSError as error:
        shutil.rmtree(staging, ignore_errors=True)
        raise UsageError(f"the backup cannot be written to {folder}: {error.strerror}") from None


def write_transcript(path: Path, transcript: Transcript) -> None:
    """Raises: UsageError: the file exists already, or cannot be written."""
    try:
        _write(path, encode(transcript), 0o644)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from None


def _write(path: Path, content: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
