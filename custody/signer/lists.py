"""Proves the authors of what stands in a list; what was proven of a batch is remembered."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Final, TypeVar

from custody.errors import EncodingError, FaultyCoordinator, ProtocolError
from custody.identifiers import HostId
from custody.ports.identity import Hosts
from custody.protocol.authenticated import Authenticated
from custody.protocol.committee import HostKeys
from custody.protocol.encoding import Message
from custody.protocol.signing_messages import NonceBatch, Pick

MOST_BATCHES: Final = 400
"""Batches of others kept proven: the newest four or so of every seat."""

M = TypeVar("M", bound=Message)


def authenticated(hosts: Hosts, encoded: bytes, known: Mapping[HostId, HostKeys], kind: type[M]) -> Authenticated[M]:
    """Raises: EncodingError, ProtocolError: not of one of these hosts, or not of this kind."""
    message = hosts.authenticate(encoded, known)
    if not isinstance(message.message, kind):
        raise ProtocolError(f"a {type(message.message).__name__} stands where a {kind.__name__} must")
    return message  # type: ignore[return-value]  # it was checked to carry `kind`


def authenticated_list(
    hosts: Hosts, envelopes: Sequence[bytes], known: Mapping[HostId, HostKeys], kind: type[M]
) -> list[Authenticated[M]]:
    """Raises: FaultyCoordinator: one is not of these hosts or not of this kind; an honest one would have checked."""
    try:
        return [authenticated(hosts, encoded, known, kind) for encoded in envelopes]
    except (EncodingError, ProtocolError) as error:
        raise FaultyCoordinator(f"the list holds an envelope that proves nothing: {error}") from None


class BatchReader:
    """Authenticates batches once: two signatures over up to 70 kB each are not checked for every pick."""

    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts
        self._read: OrderedDict[bytes, Authenticated[NonceBatch]] = OrderedDict()

    def picks(
        self, picks: Sequence[Pick], known: Mapping[HostId, HostKeys]
    ) -> list[tuple[Authenticated[NonceBatch], int]]:
        """Raises: FaultyCoordinator: a batch is not of these hosts."""
        return [(self._batch(pick.batch, known), pick.index) for pick in picks]

    def _batch(self, encoded: bytes, known: Mapping[HostId, HostKeys]) -> Authenticated[NonceBatch]:
        name = sha256(encoded).digest()
        found = self._read.get(name)
        if found is not None and found.author in known:
            self._read.move_to_end(name)
            return found
        [batch] = authenticated_list(self._hosts, [encoded], known, NonceBatch)
        self._read[name] = batch
        if len(self._read) > MOST_BATCHES:
            self._read.popitem(last=False)
        return batch
