"""Sessions between their rounds: what was decided, and the one nonce pair that is outstanding. Memory only."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from custody.identifiers import SessionId
from custody.protocol.signing import Offered
from custody.signer.judging import Decision
from custody.signer.keyring import Wielded

SESSION_SECONDS: Final = 60.0
"""A decision holds for this long, and the pairs that were offered on it; then both are forgotten."""
MOST_SESSIONS: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """A session with its outstanding pair; `encoded` is the signed approval that offers it, `shares` how many left."""

    asked: tuple[object, ...]
    decision: Decision
    wielded: Wielded
    offered: Offered
    encoded: bytes
    shares: int
    until: float


class Sessions:
    """In order of their end; too many push out the oldest."""

    def __init__(self) -> None:
        self._live: OrderedDict[SessionId, Live] = OrderedDict()

    def get(self, session: SessionId, now: float) -> Live | None:
        self.forget_expired(now)
        return self._live.get(session)

    def put(self, session: SessionId, live: Live) -> None:
        """Open a session, or go on with it: at most one pair is outstanding in it."""
        self.close(session)
        self._live[session] = live
        if len(self._live) > MOST_SESSIONS:
            self.close(next(iter(self._live)))

    def close(self, session: SessionId) -> None:
        """Wipe the outstanding pair, if there is one."""
        live = self._live.pop(session, None)
        if live is not None:
            live.offered.nonces.wipe()

    def close_those_of(self, keys: Collection[bytes]) -> None:
        """The generation of these keys is another now."""
        for session in [name for name, live in self._live.items() if live.wielded.key.key.id in keys]:
            self.close(session)

    def forget_expired(self, now: float) -> None:
        """Wipe what nobody came for."""
        for session in [name for name, live in self._live.items() if live.until <= now]:
            self.close(session)
