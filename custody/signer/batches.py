"""Commitments published ahead: the secret pairs behind them, in memory only, each taken once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from custody.crypto.frost import NoncePair
from custody.identifiers import HostId
from custody.policy.reasons import ReasonCode
from custody.ports.clock import Randomness
from custody.ports.identity import Identity
from custody.ports.ledger import NonceLedger
from custody.protocol.authenticated import Authenticated
from custody.protocol.signing import SINGLE, draw_pair
from custody.protocol.signing_messages import BatchRequest, NonceBatch
from custody.signer.judging import denied
from custody.signer.keyring import Wielded

MOST_OUTSTANDING: Final = 1_000
"""Unused commitments of one key for one coordinator; more push out that coordinator's oldest batch."""


@dataclass(slots=True)
class _Batch:
    key: bytes
    coordinator: HostId
    request: tuple[bytes, bytes]
    encoded: bytes
    pairs: dict[int, NoncePair]


class Batches:
    def __init__(self, *, identity: Identity, ledger: NonceLedger, randomness: Randomness) -> None:
        self._identity = identity
        self._ledger = ledger
        self._randomness = randomness
        self._batches: OrderedDict[bytes, _Batch] = OrderedDict()
        self._number = SINGLE

    def publish(self, request: Authenticated[BatchRequest], wielded: Wielded) -> bytes:
        """A signed batch of fresh commitments; a repeat of the request gets the same one while it lives."""
        name = (request.execution, request.body)
        for batch in self._batches.values():
            if batch.request == name and batch.coordinator == request.author:
                return batch.encoded
        count = request.message.count
        key = wielded.key.key.id
        self._make_room(count, key=key, coordinator=request.author)
        share = wielded.held.share
        pairs = {index: draw_pair(share, self._randomness(64)) for index in range(count)}
        self._number += 1
        self._ledger.record_batch(f"batch {self._number} of {count} commitments for {key.hex()}")
        message = NonceBatch(
            holding=wielded.key.holding,
            mark=self._ledger.mark(),
            batch=self._number,
            commitments=tuple(pair.commitment.points_bytes() for pair in pairs.values()),
        )
        encoded = self._identity.sign(message, execution=request.execution)
        self._batches[sha256(encoded).digest()] = _Batch(key, request.author, name, encoded, pairs)
        return encoded

    def take(self, encoded: bytes, index: int) -> NoncePair:
        """The pair behind one commitment of a batch of this node; it is gone from here.

        Raises:
            PolicyDenied: the batch is of an earlier start or was pushed out, or the pair was taken.
        """
        batch = self._batches.get(sha256(encoded).digest())
        if batch is None:
            raise denied(ReasonCode.UNKNOWN_SESSION, "the nonces of this batch live here no more, ask for another")
        pair = batch.pairs.pop(index, None)
        if pair is None:
            raise denied(ReasonCode.NONCE_SPENT, f"commitment {index} of this batch was used")
        return pair

    def drop_those_of(self, keys: Collection[bytes]) -> None:
        """The generation of these keys is another now."""
        for name in [name for name, batch in self._batches.items() if batch.key in keys]:
            self._drop(name)

    def _make_room(self, count: int, *, key: bytes, coordinator: HostId) -> None:
        theirs = [name for name, batch in self._batches.items() if (batch.key, batch.coordinator) == (key, coordinator)]
        outstanding = sum(len(self._batches[name].pairs) for name in theirs)
        for name in theirs:
            batch = self._batches[name]
            if not batch.pairs:  # wherever it stands: an older one may be left over for ever
                self._drop(name)
            elif outstanding + count > MOST_OUTSTANDING:
                outstanding -= len(batch.pairs)
                self._drop(name)

    def _drop(self, name: bytes) -> None:
        for pair in self._batches.pop(name).pairs.values():
            pair.wipe()
