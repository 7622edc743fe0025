"""Commitments that seats published ahead, each picked once; and which seats answered fastest of late."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from custody.identifiers import SignerId
from custody.protocol.authenticated import Authenticated
from custody.protocol.signing import NotAPledge, Pledge, TenuredKey, pledge_of_pick
from custody.protocol.signing_messages import Holding, NonceBatch, Pick

_NEWEST_WEIGHS: Final = 0.3
_NEVER_ASKED: Final = 1.0


@dataclass(frozen=True, slots=True)
class Picked:
    pick: Pick
    pledge: Pledge


class Stock:
    def __init__(self) -> None:
        self._left: dict[tuple[Holding, SignerId], deque[tuple[Authenticated[NonceBatch], int]]] = {}
        self._seconds: dict[SignerId, float] = {}

    def add(self, seat: SignerId, batch: Authenticated[NonceBatch]) -> None:
        left = self._left.setdefault((batch.message.holding, seat), deque())
        left.extend((batch, index) for index in range(len(batch.message.commitments)))

    def count(self, seat: SignerId, key: TenuredKey) -> int:
        return len(self._left.get((key.holding, seat), ()))

    def drop(self, seat: SignerId) -> None:
        """What is left of a seat is void: it restarted, or cannot be used."""
        for name in [name for name in self._left if name[1] == seat]:
            del self._left[name]

    def took(self, seat: SignerId, seconds: float) -> None:
        """How long a seat took to answer, as a moving average."""
        before = self._seconds.get(seat, seconds)
        self._seconds[seat] = before + _NEWEST_WEIGHS * (seconds - before)

    def guess(self, key: TenuredKey, *, without: Collection[SignerId]) -> list[Picked] | None:
        """One commitment of each of the t fastest seats, sorted by seat; or None where fewer have any left.

        What is picked is gone from here, used or not.
        """
        seats = [seat for seat in key.committee.seats if seat not in without and self.count(seat, key)]
        seats.sort(key=lambda seat: self._seconds.get(seat, _NEVER_ASKED))
        picked: dict[SignerId, Picked] = {}
        for seat in seats:
            if len(picked) == key.key.threshold:
                break
            batch, index = self._left[key.holding, seat].popleft()
            try:
                pledge = pledge_of_pick(batch, index, key=key)
            except NotAPledge:
                self.drop(seat)
                continue
            picked[seat] = Picked(pick=Pick(batch=batch.encoded, index=index), pledge=pledge)
        if len(picked) < key.key.threshold:
            return None
        return [picked[seat] for seat in sorted(picked)]
