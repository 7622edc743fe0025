"""A deployment that may be begun again at any moment: what was done is found, what is missing is done, nothing twice.

What is about to be put is written down before it is sent, so that a crash in between loses no contract: it is taken for
ours if the transaction that put it there said what we would have said. Its code alone does not tell, since what a
constructor was told may lie in storage. Where the node cannot say, it is put anew, and so is a contract that names
another which will never lie where it was expected, since the deployer sent something else meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec
from eth_abi.abi import encode
from eth_utils.abi import collapse_if_tuple

from custody.chain.compiler import Artifact
from custody.chain.deployment_order import (
    Addresses,
    Create,
    DeploymentTerms,
    Send,
    Step,
    contract_address,
    lay_out,
    steps_of,
)
from custody.errors import ChainError, UsageError
from custody.identifiers import Address, address, to_hex
from custody.intents.keccak import checksum_address, keccak256
from custody.policy.clock import DEVNET_CHAIN_ID


class Chain(Protocol):
    """The chain that is deployed to, and the key that deploys."""

    def chain_id(self) -> int: ...

    def deployer(self) -> Address: ...

    def count(self) -> int:
        """Transactions of the deployer that were mined. Raises: ChainError: others of it still wait."""

    def now(self) -> int:
        """The time of the newest block."""

    def code(self, where: Address) -> bytes: ...

    def said(self, nonce: int) -> bytes:
        """The input of the deployer's transaction with this count; nothing where the node cannot tell."""

    def create(self, artifact: Artifact, arguments: tuple[object, ...]) -> Address:
        """Send, and wait until it is mined. Raises: ChainError."""

    def send(self, artifact: Artifact, where: Address, function: str, arguments: tuple[object, ...]) -> None:
        """Send, and wait until it is mined. Raises: ChainError."""


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One step in deployments/<chain id>.json. All in hexadecimal; `code_hash` once it was seen on chain."""

    contract: str
    address: str
    arguments: str
    creation_hash: str
    code_hash: str = ""


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """deployments/<chain id>.json: where everything lies, and what it was told. Public."""

    chain_id: int
    deployer: str
    terms: str
    given: dict[str, str] = {}
    steps: dict[str, Entry] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """Where everything lies, and which steps it took this time."""

    addresses: Addresses
    taken: tuple[str, ...]


class Deployer:
    """Brings a chain to where every step of an order is done. `keep` writes the record down."""

    def __init__(self, chain: Chain, artifacts: Mapping[str, Artifact], keep: Callable[[Record], None]) -> None:
        self._chain = chain
        self._artifacts = artifacts
        self._keep = keep

    def deploy(self, order: tuple[Step, ...], terms: DeploymentTerms, record: Record | None) -> Done:
        """Do what is missing of `order`.

        Raises:
            UsageError: the record is of other terms, contracts or hands, or the chain does not have what it says.
            ChainError: a step failed; said again, the rest is done.
        """
        steps = steps_of(order, terms)
        for name, where in terms.given.items():
            if not self._chain.code(where):
                raise UsageError(f"there is no contract at {checksum_address(where)}, which is to be the {name}")
        record = self._checked(record, terms)
        kept, at = self._layout(steps, terms, record)
        found = {name: self._seen(record.steps[name]) for name in kept}
        if any(entry != record.steps[name] for name, entry in found.items()):
            self._keep(msgspec.structs.replace(record, steps=record.steps | found))
        record = msgspec.structs.replace(record, steps=found)
        taken = []
        for step in steps:
            if step.name not in kept:
                record = self._take(step, terms, at, record)
                taken.append(step.name)
        return Done(addresses=at, taken=tuple(taken))

    def _checked(self, record: Record | None, terms: DeploymentTerms) -> Record:
        """The record, or an empty one to begin with. Raises: UsageError: it is of something else."""
        chain_id, deployer, said = self._chain.chain_id(), self._chain.deployer(), _hash_of(terms)
        given = {name: to_hex(where) for name, where in terms.given.items()}
        fresh = Record(chain_id=chain_id, deployer=to_hex(deployer), terms=said, given=given)
        if record is None:
            return fresh
        if chain_id == DEVNET_CHAIN_ID and not any(map(self._is_there, record.steps.values())):
            return fresh  # a local chain that began anew
        advice = f"move deployments/{chain_id}.json away to deploy anew"
        if (record.chain_id, record.terms) != (chain_id, said):
            raise UsageError(f"deployments/{chain_id}.json was made with other settings; {advice}")
        if record.deployer != to_hex(deployer):
            raise UsageError(f"deployments/{chain_id}.json was begun by {record.deployer}; {advice}")
        for name, entry in record.steps.items():
            if entry.creation_hash and entry.creation_hash != self._creation_hash(entry.contract):
                raise UsageError(f"{entry.contract} is compiled to other code than what was deployed; {advice}")
            if entry.code_hash and not self._is_there(entry) and chain_id != DEVNET_CHAIN_ID:
                raise UsageError(
                    f"the chain does not show the {name} at {entry.address}: ask another node; or {advice}"
                )
        return record

    def _is_there(self, entry: Entry) -> bool:
        """Whether the chain has it; of a call, whether it was made."""
        if not entry.arguments:
            return bool(self._chain.code(address(entry.address)))  # the feed's own step says whether it is the feed
        code = self._chain.code(address(entry.address))
        if entry.code_hash:
            return to_hex(keccak256(code)) == entry.code_hash
        # Written down before it was sent, and never seen: the deployer may have put something else there meanwhile,
        # also another of its kind that was told other things.
        artifact = self._artifacts.get(entry.contract)
        return artifact is not None and _is_code_of(artifact, code) and self._said(entry) == _creation(artifact, entry)

    def _said(self, entry: Entry) -> bytes:
        """The input of the transaction that put it there."""
        deployer, where = self._chain.deployer(), address(entry.address)
        nonces = (n for n in range(self._chain.count()) if contract_address(deployer, n) == where)
        nonce = next(nonces, None)
        return b"" if nonce is None else self._chain.said(nonce)

    def _seen(self, entry: Entry) -> Entry:
        """An entry of what is there, with the hash of its code, which is all that is asked of it from now on."""
        if entry.code_hash or not entry.arguments:
            return entry
        code = self._chain.code(address(entry.address))
        return msgspec.structs.replace(entry, code_hash=to_hex(keccak256(code)))

    def _layout(
        self, steps: tuple[Step, ...], terms: DeploymentTerms, record: Record
    ) -> tuple[set[str], dict[str, Address]]:
        """What stays as it is, and where everything lies in the end.

        What is missing lies where the deployer's next transactions will put it. That may be elsewhere than what stays
        was told, which is then missing too; and so on, until all that stays names what will be there.
        """
        deployer, count = self._chain.deployer(), self._chain.count()
        kept = {step.name for step in steps if step.name in record.steps and self._is_there(record.steps[step.name])}
        while True:
            missing = [step for step in steps if step.name not in kept]
            expected = lay_out(missing, deployer=deployer, count=count)
            at = terms.given | {
                step.name: expected.get(step.name) or address(record.steps[step.name].address)
                for step in steps
                if isinstance(step, Create)
            }
            wrong = {step.name for step in steps if step.name in kept and not self._fits(step, terms, at, record)}
            if not wrong:
                return kept, at
            kept -= wrong

    def _fits(self, step: Step, terms: DeploymentTerms, at: Addresses, record: Record) -> bool:
        """Whether what was done was told what it would be told now."""
        entry = record.steps[step.name]
        if isinstance(step, Send):
            return entry.address == to_hex(at[step.on])
        return entry.arguments == to_hex(self._encoded(step, terms, at))

    def _take(self, step: Step, terms: DeploymentTerms, at: Addresses, record: Record) -> Record:
        artifact = self._artifacts[step.contract]
        if isinstance(step, Send):
            self._chain.send(artifact, at[step.on], step.function, step.arguments(terms, self._chain.now()))
            entry = Entry(contract=step.contract, address=to_hex(at[step.on]), arguments="", creation_hash="")
            return self._noted(record, step.name, entry)
        entry = Entry(
            contract=step.contract,
            address=to_hex(at[step.name]),
            arguments=to_hex(self._encoded(step, terms, at)),
            creation_hash=self._creation_hash(step.contract),
        )
        record = self._noted(record, step.name, entry)
        where = self._chain.create(artifact, step.arguments(terms, at))
        if where != at[step.name]:
            raise ChainError(f"the {step.name} lies at {checksum_address(where)}: the deployer sent something else")
        code = self._chain.code(where)
        if not _is_code_of(artifact, code):
            raise ChainError(f"the chain shows other code at {checksum_address(where)} than that of {step.contract}")
        code_hash = to_hex(keccak256(code))
        return self._noted(record, step.name, msgspec.structs.replace(entry, code_hash=code_hash))

    def _noted(self, record: Record, name: str, entry: Entry) -> Record:
        record = msgspec.structs.replace(record, steps={**record.steps, name: entry})
        self._keep(record)
        return record

    def _creation_hash(self, contract: str) -> str:
        return to_hex(keccak256(_bytes(self._artifacts[contract].bytecode)))

    def _encoded(self, step: Create, terms: DeploymentTerms, at: Addresses) -> bytes:
        """The constructor's arguments as the chain, and whoever verifies the source, has them."""
        return encode(_constructor_types(self._artifacts[step.contract]), step.arguments(terms, at))


def _is_code_of(artifact: Artifact, code: bytes) -> bool:
    """Whether it is this contract's runtime code, whatever its immutables are: they stand as zeros in the artifact."""
    template = _bytes(artifact.runtime)
    return len(code) == len(template) and all(ours in (0, theirs) for ours, theirs in zip(template, code, strict=True))


def _creation(artifact: Artifact, entry: Entry) -> bytes:
    """The input of a transaction that puts this contract, told what the entry says."""
    return _bytes(artifact.bytecode) + _bytes(entry.arguments)


def _bytes(digits: str) -> bytes:
    return bytes.fromhex(digits.removeprefix("0x"))


def _constructor_types(artifact: Artifact) -> list[str]:
    found: list[dict[str, Any]] = [entry for entry in artifact.abi if entry["type"] == "constructor"]
    return [collapse_if_tuple(argument) for entry in found for argument in entry["inputs"]]


def _hash_of(terms: DeploymentTerms) -> str:
    return to_hex(keccak256(repr(terms).encode()))
