"""How many requests a coordinator may make, replays apart; time is given from outside."""

from __future__ import annotations

from collections import OrderedDict


class RequestLimits:
    """One coordinator's limits. A request seen before counts against a bucket of its own.

    A relay can replay what it recorded, and must not use up what the coordinator itself may ask.
    """

    def __init__(self, *, per_second: float, burst: int, remembers: int, now: float) -> None:
        self._fresh = TokenBucket(per_second=per_second, burst=burst, now=now)
        self._repeated = TokenBucket(per_second=per_second, burst=burst, now=now)
        self._remembers = remembers
        self._seen: OrderedDict[bytes, None] = OrderedDict()

    def take(self, request: bytes, now: float) -> bool:
        """Whether the request of this hash may be answered at `now` (monotonic seconds)."""
        if request in self._seen:
            return self._repeated.take(now)
        if not self._fresh.take(now):
            return False
        self._seen[request] = None
        if len(self._seen) > self._remembers:
            self._seen.popitem(last=False)
        return True


class TokenBucket:
    """`burst` requests at once, then `per_second` of them."""

    def __init__(self, *, per_second: float, burst: int, now: float) -> None:
        self._per_second = per_second
        self._burst = float(burst)
        self._tokens = float(burst)
        self._at = now

    def take(self, now: float) -> bool:
        """Whether one more is allowed at `now` (monotonic seconds)."""
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._per_second)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
