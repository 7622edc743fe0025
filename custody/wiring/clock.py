"""The machine's own clock. Implements `ports.clock.Clock`."""

from __future__ import annotations

import time


class SystemClock:
    def now(self) -> int:
        return int(time.time())

    def monotonic(self) -> float:
        return time.monotonic()
