"""Runs and upkeep over HTTP, as a person with a coordinator's key asks for them."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, TypeVar

from custody.config.documents import CommitteeDocument, RegistryLine
from custody.coordinator import Asker, RunCoordinator, RunResult
from custody.coordinator.asking import Refused, Silent
from custody.coordinator.waking import wake
from custody.crypto.derivation import UnusableIndex
from custody.errors import EncodingError, ProtocolError, RunAborted, UsageError
from custody.host import HostDirectory, HostIdentity
from custody.host.identity import SEED_BYTES
from custody.identifiers import Address, SignerId, address, to_hex
from custody.net import HttpTransport
from custody.protocol.authenticated import Authenticated
from custody.protocol.committee import Committee
from custody.protocol.derivation import child_tenure, next_index
from custody.protocol.encoding import Message
from custody.protocol.run import RunSetting
from custody.protocol.run_messages import (
    BackupQuery,
    BackupTested,
    Derived,
    DeriveRequest,
    Erased,
    EraseRequest,
    KeysHeld,
    KeysQuery,
    RunTerms,
)
from custody.protocol.signing_messages import Status, StatusRequest
from custody.protocol.tenure import Tenure, follow_lineage

UPKEEP_SECONDS: Final = 20.0
M = TypeVar("M", bound=Message)
Say = Callable[[str], None]


def create_coordinator(file: Path) -> HostIdentity:
    """A fresh coordinator's key in a file of mode 600.

    Raises:
        UsageError: the file exists already.
    """
    seed = secrets.token_bytes(SEED_BYTES)
    try:
        with file.open("x") as opened:
            file.chmod(0o600)
            opened.write(seed.hex() + "\n")
    except FileExistsError:
        raise UsageError(f"{file} exists already; choose another file or use it as it is") from None
    return HostIdentity(seed, sits=False)


def read_coordinator(file: Path) -> HostIdentity:
    """Raises: UsageError: there is no key in the file."""
    try:
        return HostIdentity(bytes.fromhex(file.read_text().strip()), sits=False)
    except (OSError, ValueError):
        raise UsageError(f"{file} holds no coordinator's key; make one with `custody coordinator init`") from None


def tenure_of_lineage(lineage: tuple[bytes, ...]) -> Tenure:
    """The newest tenure of a keys.json.

    Raises:
        UsageError: it does not prove itself.
    """
    try:
        return follow_lineage(lineage, HostDirectory().authenticate)
    except (ProtocolError, ValueError) as error:
        raise UsageError(f"the keys file does not prove who holds the keys: {error}") from None


class Custodians:
    """Everybody that a run or an upkeep may need, by committee files."""

    def __init__(self, coordinator: HostIdentity, documents: Sequence[CommitteeDocument], *, say: Say) -> None:
        self._coordinator = coordinator
        self._hosts = HostDirectory()
        self._say = say
        self._urls = {seat.host.keys().id: seat.url for document in documents for seat in document.seats}

    async def run(self, terms: RunTerms, *, lineage: tuple[bytes, ...] = ()) -> RunResult:
        """Raises: RunAborted, PartyAtFault."""
        addresses = self.addresses(terms, lineage)
        before = follow_lineage(lineage, self._hosts.authenticate) if lineage else None
        if before is not None:
            await self._wake(before)
        async with HttpTransport(addresses) as transport:
            coordinator = RunCoordinator(
                identity=self._coordinator, hosts=self._hosts, transport=transport, progress=self._say
            )
            return await coordinator.run(terms, lineage=lineage)

    def addresses(self, terms: RunTerms, lineage: tuple[bytes, ...]) -> dict[SignerId, str]:
        """Where every party of a run listens, by its number.

        Raises:
            UsageError: these terms are of no run, or no committee file names a party.
        """
        before = follow_lineage(lineage, self._hosts.authenticate) if lineage else None
        try:
            parties = RunSetting.of(terms, before).parties
        except RunAborted as error:
            raise UsageError(f"the committee files and the keys do not fit a {terms.kind}: {error}") from None
        unknown = [number for number, host in enumerate(parties, start=1) if host.id not in self._urls]
        if unknown:
            raise UsageError(f"no committee file says where parties {unknown} listen; name the old committee's as well")
        return {SignerId(number): self._urls[host.id] for number, host in enumerate(parties, start=1)}

    async def _wake(self, tenure: Tenure) -> None:
        """Fetch for every seat that has just started what its peers remember of it; whoever stays asleep says why."""
        async with self.asker(tenure.committee) as asker:
            for seat in tenure.committee.seats:
                status = await asker.ask(
                    seat, StatusRequest(), Status, execution=secrets.token_bytes(32), seconds=UPKEEP_SECONDS
                )
                if isinstance(status, Authenticated) and status.message.waiting:
                    await wake(asker, seat)

    @asynccontextmanager
    async def asker(self, committee: Committee) -> AsyncIterator[Asker]:
        """Asks the seats of a committee."""
        hosts = {seat: committee.host(seat).id for seat in committee.seats}
        addresses = {seat: self._urls[host] for seat, host in hosts.items() if host in self._urls}
        async with HttpTransport(addresses) as transport:
            yield Asker(committee=committee, identity=self._coordinator, hosts=self._hosts, transport=transport)

    async def fetch(self, committee: Committee) -> tuple[bytes, ...]:
        """The longest lineage that any seat of a committee shows for its keys.

        Raises:
            UsageError: nobody shows one.
        """
        async with self.asker(committee) as asker:
            answers = await asker.ask_all(
                committee.seats, KeysQuery(), KeysHeld, execution=secrets.token_bytes(32), seconds=UPKEEP_SECONDS
            )
        best: tuple[bytes, ...] = ()
        shown = [
            (seat, lineage)
            for seat, answer in answers.items()
            if not isinstance(answer, Refused | Silent)
            for lineage in answer.message.lineages
        ]
        for seat, lineage in shown:
            try:
                tenure = follow_lineage(lineage, self._hosts.authenticate)
            except (EncodingError, ProtocolError) as error:  # one that lies hides nothing that another shows
                self._say(f"custodian {seat} shows certificates that do not hold: {error}")
            else:
                if tenure.committee == committee and len(lineage) > len(best):
                    best = lineage
        if not best:
            raise UsageError("no custodian of this committee shows a certificate; run the ceremony first")
        return best

    async def erase_old(self, tenure: Tenure) -> None:
        """Have every seat erase the generations before `tenure`, once every seat has tested its backup.

        Raises:
            UsageError: a seat has not, is silent or refuses.
        """
        async with self.asker(tenure.committee) as asker:
            tested = await _all(asker, BackupQuery(certificate=tenure.certificate), BackupTested)
            request = EraseRequest(certificate=tenure.certificate, tested=tested)
            await _all(asker, request, Erased)

    async def register(self, tenure: Tenure, lines: Sequence[RegistryLine]) -> None:
        """Have every seat know the registry as it is: a newcomer, or a seat that was repaired, has to be told.

        Raises:
            UsageError: a line has other keys than follow from the certificate; a seat is silent, or has other lines.
        """
        for line in lines:
            if line.keys != [key.hex() for key in _child_keys(tenure, line.index)]:
                raise UsageError(f"the registry's keys of {line.contract} are not those of index {line.index}")
        async with self.asker(tenure.committee) as asker:
            for line in sorted(lines, key=lambda each: each.index):
                contract = address(line.contract)
                request = DeriveRequest(root=tenure.root, chain_id=line.chain_id, contract=contract, index=line.index)
                await _derived(asker, tenure, request)

    async def derive(self, tenure: Tenure, *, chain_id: int, contract: Address, taken: Sequence[int]) -> RegistryLine:
        """Give a contract the next derived keys; every seat signs the registry's line.

        Raises:
            UsageError: a seat is silent or refuses.
        """
        index = next_index(tenure, max(taken, default=-1) + 1)
        request = DeriveRequest(root=tenure.root, chain_id=chain_id, contract=contract, index=index)
        async with self.asker(tenure.committee) as asker:
            signed = await _derived(asker, tenure, request)
        return RegistryLine(
            chain_id=chain_id,
            contract=to_hex(contract),
            index=index,
            keys=[key.hex() for key in _child_keys(tenure, index)],
            signed=[envelope.hex() for envelope in signed],
        )


def _child_keys(tenure: Tenure, index: int) -> tuple[bytes, ...]:
    """Raises: UsageError: there can be no such child."""
    try:
        return tuple(key.id for key in child_tenure(tenure, index).keys)
    except (UnusableIndex, ValueError) as error:
        raise UsageError(f"no contract has the keys at index {index}: {error}") from None


async def _derived(asker: Asker, tenure: Tenure, request: DeriveRequest) -> tuple[bytes, ...]:
    """Every seat's signed line of the registry, each as it follows from the certificate. Raises: UsageError."""
    line = Derived(
        root=request.root,
        chain_id=request.chain_id,
        contract=request.contract,
        index=request.index,
        keys=_child_keys(tenure, request.index),
    )
    return await _all(asker, request, Derived, expected=line)


async def _all(asker: Asker, message: Message, kind: type[M], *, expected: M | None = None) -> tuple[bytes, ...]:
    """Every seat's signed answer, in order. Raises: UsageError: one did not give it, or said another, and why."""
    answers = await asker.ask_all(
        asker.committee.seats, message, kind, execution=secrets.token_bytes(32), seconds=UPKEEP_SECONDS
    )
    missing = [
        f"custodian {seat}: {answer.why}" for seat, answer in answers.items() if isinstance(answer, Refused | Silent)
    ]
    missing += [
        f"custodian {seat}: signed something else"
        for seat, answer in answers.items()
        if expected is not None and not isinstance(answer, Refused | Silent) and answer.message != expected
    ]
    if missing:
        raise UsageError(f"this needs every seat: {'; '.join(missing)}")
    return tuple(answer.encoded for answer in answers.values() if not isinstance(answer, Refused | Silent))
