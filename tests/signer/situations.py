"""What stands before a run of each kind, and ways to tell its parties something else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from custody.coordinator import RunResult
from custody.protocol.encoding import Message
from custody.protocol.messages import decode_body, decode_envelope
from custody.protocol.run_messages import RunProposal
from tests.signer.runs import COORDINATOR, Custodian, a_committee_of, a_run, custodians, query

RUN_TABLES = ("run_rounds", "run_secrets", "successors", "certificates", "shares", "generation_seeds")


def message_of(encoded: bytes) -> Message:
    envelope = decode_envelope(encoded)
    return decode_body(envelope.kind, envelope.body)


def signed_by(member: Custodian, message: Message, execution: bytes) -> bytes:
    return member.identity.sign(message, execution=execution)


class Situation:
    """What stands before a run of one kind: its parties, its committee, the lineage, and how it is asked for."""

    def __init__(self, kind: str, folder: Path) -> None:
        self.kind, self.lineage, self.how = kind, (), {}
        self.parties = custodians(folder, 3)
        self.committee = a_committee_of(self.parties, (2,))
        if kind == "ceremony":
            return
        made = a_run(self.parties, "ceremony", self.committee)
        self.lineage = made.lineage
        if kind != "refresh":
            [newcomer] = custodians(folder, 1, "new")
            newcomer.root = made.tenure.root
        if kind == "reshare":
            self.parties = [*self.parties, newcomer]
            self.committee = a_committee_of(self.parties, (3,))
        if kind == "repair":
            self.parties = [*self.parties[:2], newcomer]
            self.committee = a_committee_of(self.parties, (2,))
            self.how = {"lost": 3}

    def run(self, through: Any = lambda party: party.handle) -> RunResult:
        return a_run(self.parties, self.kind, self.committee, self.lineage, through=through, **self.how)

    def tables(self, party: Custodian) -> dict[str, list[Any]]:
        return {table: query(party.folder, f"SELECT * FROM {table} ORDER BY 1, 2") for table in RUN_TABLES}


def another_story(encoded: bytes) -> bytes:
    """The same round of the same run with another body, signed by the coordinator as well."""
    envelope = decode_envelope(encoded)
    message = decode_body(envelope.kind, envelope.body)
    if isinstance(message, RunProposal):
        changed = msgspec.structs.replace(message, lineage=(*message.lineage, b"another"))
    else:
        [name] = message.__struct_fields__
        changed = msgspec.structs.replace(message, **{name: getattr(message, name)[::-1]})
    return COORDINATOR.sign(changed, execution=envelope.execution, recipient=envelope.recipient)


def sealing_nonsense(liar: Custodian, *, recipients: tuple[int, ...]) -> Callable[[bytes], bytes]:
    """A dealer that signs a dealing whose ciphertexts to these recipients (from 0) do not open."""

    def tamper(encoded: bytes) -> bytes:
        envelope = decode_envelope(encoded)
        if envelope.kind != "Dealing":
            return encoded
        message = decode_body(envelope.kind, envelope.body)
        [key] = message.keys  # type: ignore[attr-defined]
        sealed = tuple(
            each[:-1] + bytes([each[-1] ^ 1]) if recipient in recipients else each
            for recipient, each in enumerate(key.sealed)
        )
        worse = msgspec.structs.replace(message, keys=(msgspec.structs.replace(key, sealed=sealed),))
        return signed_by(liar, worse, envelope.execution)

    return tamper
