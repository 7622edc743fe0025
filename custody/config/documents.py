"""Files that people write or pass on: committee.json, node.toml, policy.toml. Parsed once, strictly, into domain types.

A file that is missing, malformed, or says something unknown is a `UsageError` with the file's name and what to mend.
"""

from __future__ import annotations

import os
import tempfile
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from custody.errors import EncodingError, UsageError
from custody.identifiers import address, to_hex
from custody.intents.codec import INTENT_NAMES
from custody.intents.rotation import Heartbeat
from custody.policy.heartbeat import HEARTBEAT_AHEAD
from custody.policy.rules import Policy, Rule
from custody.protocol.committee import Committee, HostKeys
from custody.units import MicroUsdc, Seconds

Port = Annotated[int, msgspec.Meta(ge=0, le=65_535)]
T = TypeVar("T", bound=msgspec.Struct)


class HostDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """host.json: a custodian's public keys, given to whoever composes the committee."""

    signing: str
    post_quantum: str

    def keys(self) -> HostKeys:
        return HostKeys(signing=_bytes(self.signing), post_quantum=_bytes(self.post_quantum))

    @classmethod
    def of(cls, keys: HostKeys) -> HostDocument:
        return cls(signing=keys.signing.hex(), post_quantum=keys.post_quantum.hex())


class SeatDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One seat of committee.json: who sits there and where it listens."""

    host: HostDocument
    url: str


class CommitteeDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """committee.json: the same file at every custodian and at the coordinator."""

    seats: list[SeatDocument]
    thresholds: list[int]
    chain_id: int
    authority: str

    def committee(self) -> Committee:
        return Committee(
            hosts=tuple(seat.host.keys() for seat in self.seats),
            thresholds=tuple(self.thresholds),
            chain_id=self.chain_id,
            authority=address(self.authority),
        )

    @classmethod
    def of(cls, committee: Committee, urls: list[str]) -> CommitteeDocument:
        return cls(
            seats=[SeatDocument(HostDocument.of(host), url) for host, url in zip(committee.hosts, urls, strict=True)],
            thresholds=list(committee.thresholds),
            chain_id=committee.chain_id,
            authority=to_hex(committee.authority),
        )


class KeysDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """keys.json: the certificates of one lineage, the ceremony's first, in hexadecimal. Public; proves itself."""

    certificates: list[str]

    def lineage(self) -> tuple[bytes, ...]:
        return tuple(_bytes(certificate) for certificate in self.certificates)

    @classmethod
    def of(cls, lineage: tuple[bytes, ...]) -> KeysDocument:
        return cls(certificates=[certificate.hex() for certificate in lineage])


class RunDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """keys.json.run: the terms of a run that was begun and has not ended, in hexadecimal; asked again, it goes on."""

    terms: str

    def encoded(self) -> bytes:
        return _bytes(self.terms)


class RegistryLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of registry.json: which derived keys a contract has, signed by every seat (envelopes in hexadecimal)."""

    chain_id: int
    contract: str
    index: int
    keys: list[str]
    signed: list[str]


class RegistryDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """registry.json of one lineage, by the hash of its ceremony's certificate."""

    root: str
    lines: list[RegistryLine] = []


class EvidenceDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An evidence file, in hexadecimal: `custody blame verify` checks it offline."""

    kind: Literal["run", "equivocation", "signing"]
    evidence: str

    def encoded(self) -> bytes:
        return _bytes(self.evidence)


class NodeDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """node.toml: where this node listens, which endpoint it trusts, whose requests it takes.

    `coordinators`: Ed25519 keys, 64 hexadecimal digits each. `max_head_age` in seconds. `devnet` only for chain 31337.
    """

    rpc: str
    coordinators: list[str]
    host: str = "127.0.0.1"
    port: Port = 0
    max_head_age: int = 60
    devnet: bool = False

    def coordinator_keys(self) -> tuple[HostKeys, ...]:
        return tuple(HostKeys(signing=_bytes(key)) for key in self.coordinators)


class RuleDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One [[rule]] of policy.toml. `max_amount` in µUSDC; `max_accounts` an order.

    `max_deadline_ahead` in seconds: to be said, but of a Heartbeat, which has an hour if it is not.
    """

    name: str
    effect: Literal["allow", "deny"]
    intent: str
    chain_id: int
    contract: str
    max_deadline_ahead: int | None = None
    max_amount: int = 0
    max_accounts: int = 0

    def rule(self) -> Rule:
        """Raises: EncodingError: a type of intent that there is not, or a limit below zero."""
        if self.intent not in INTENT_NAMES:
            known = ", ".join(sorted(INTENT_NAMES))
            raise EncodingError(f"rule {self.name}: no intent is called {self.intent!r}; there are {known}")
        ahead = self.max_deadline_ahead
        if ahead is None:
            if self.intent != Heartbeat.NAME:
                raise EncodingError(f"rule {self.name}: max_deadline_ahead is missing")
            ahead = HEARTBEAT_AHEAD
        if min(self.max_amount, self.max_accounts, ahead) < 0 or self.chain_id <= 0:
            raise EncodingError(f"rule {self.name}: limits are not below zero, and a chain has a number")
        return Rule(
            name=self.name,
            effect=self.effect,
            intent=self.intent,
            chain_id=self.chain_id,
            contract=address(self.contract),
            max_amount=MicroUsdc(self.max_amount),
            max_accounts=self.max_accounts,
            max_deadline_ahead=Seconds(ahead),
        )


class PolicyDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """policy.toml: no rules is a policy too, and denies everything."""

    rule: list[RuleDocument] = []

    def policy(self) -> Policy:
        return Policy(tuple(rule.rule() for rule in self.rule))


def read_document(path: Path, kind: type[T]) -> T:
    """Parse a .json or .toml file.

    Raises:
        UsageError: missing, malformed, or with a member that is unknown, missing or of another type.
    """
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from None
    try:
        raw: Any = tomllib.loads(text) if path.suffix == ".toml" else msgspec.json.decode(text)
        return msgspec.convert(raw, kind)
    except (msgspec.DecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path} is not what it should be: {error}") from None


def write_document(path: Path, document: msgspec.Struct) -> None:
    """Write a JSON file, indented, for people to read and pass on; whole, or as it was before."""
    encoded = msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as temporary:
        temporary.write(encoded)
        temporary.flush()
        os.fsync(temporary.fileno())
    Path(temporary.name).chmod(0o644)
    Path(temporary.name).replace(path)


def _bytes(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise EncodingError("a key is written in hexadecimal digits") from None
