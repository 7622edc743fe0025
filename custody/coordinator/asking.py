"""Asks seats and proves their answers: what ceremony and signing have in common.

The coordinator is trusted with nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias, TypeVar

from custody.errors import EncodingError, ProtocolError, TransportError
from custody.identifiers import SignerId
from custody.ports.identity import Hosts, Identity
from custody.ports.transport import Transport
from custody.protocol.authenticated import Authenticated
from custody.protocol.committee import HostKeys
from custody.protocol.encoding import Message
from custody.protocol.messages import Refusal

M = TypeVar("M", bound=Message)
Kinds: TypeAlias = type[M] | tuple[type[M], ...]


class Seats(Protocol):
    """Who sits where: all that asking needs of a committee, or of the parties of a run."""

    @property
    def seats(self) -> tuple[SignerId, ...]: ...

    def host(self, seat: SignerId) -> HostKeys: ...


@dataclass(frozen=True, slots=True)
class Refused:
    """A seat's signed no, as text."""

    why: str

    @property
    def codes(self) -> frozenset[str]:
        """The code that each reason begins with."""
        return frozenset(reason.split(":")[0] for reason in self.why.split("; "))


@dataclass(frozen=True, slots=True)
class Silent:
    """No answer that counts: unreachable, late, or not of that seat."""

    why: str


class Asker:
    """Signs requests with the coordinator's key and checks that each answer is of the seat that was asked."""

    def __init__(self, *, committee: Seats, identity: Identity, hosts: Hosts, transport: Transport) -> None:
        self.committee = committee
        self._known = {host.id: host for host in map(committee.host, committee.seats)}
        self._identity = identity
        self._hosts = hosts
        self._transport = transport

    async def ask(
        self, seat: SignerId, message: Message, kind: Kinds[M], *, execution: bytes, seconds: float
    ) -> Authenticated[M] | Refused | Silent:
        """One seat's answer to one request, authenticated, of this execution, and of (one of) this kind."""
        host = self.committee.host(seat)
        request = self._identity.sign(message, execution=execution, recipient=host.id)
        try:
            async with asyncio.timeout(seconds):
                encoded = await self._transport.ask(seat, request)
            answer = self._hosts.authenticate(encoded, {host.id: host})
        except (TransportError, EncodingError, ProtocolError) as error:
            return Silent(str(error))
        except TimeoutError:
            return Silent(f"custodian {seat}: no answer within {seconds:g} s")
        except Exception as error:  # noqa: BLE001  # what one seat answers must not end the session of the others
            return Silent(f"custodian {seat}: an answer that cannot be read ({type(error).__name__})")
        if answer.execution != execution:
            return Silent(f"custodian {seat}: answered another execution")
        if isinstance(answer.message, Refusal):
            return Refused("; ".join(answer.message.reasons))
        if not isinstance(answer.message, kind):
            return Silent(f"custodian {seat}: answered a {type(answer.message).__name__}")
        return answer  # type: ignore[return-value]  # its message is a `kind`

    def read(self, encoded: bytes, kind: type[M]) -> Authenticated[M] | None:
        """An envelope that a seat sent inside another: of a seat and of this kind, or None."""
        try:
            message = self._hosts.authenticate(encoded, self._known)
        except (EncodingError, ProtocolError):
            return None
        return message if isinstance(message.message, kind) else None  # type: ignore[return-value]  # so it is

    async def ask_all(
        self, seats: Iterable[SignerId], message: Message, kind: Kinds[M], *, execution: bytes, seconds: float
    ) -> Mapping[SignerId, Authenticated[M] | Refused | Silent]:
        """Every seat's answer, asked at once."""
        seats = tuple(seats)
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(self.ask(seat, message, kind, execution=execution, seconds=seconds)) for seat in seats
            ]
        return {seat: task.result() for seat, task in zip(seats, tasks, strict=True)}
