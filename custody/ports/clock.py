"""Time, given to whoever needs it."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    def now(self) -> int:
        """Unix seconds of the local clock."""

    def monotonic(self) -> float:
        """Seconds that never go back, for deadlines and rates."""


class Randomness(Protocol):
    def __call__(self, count: int, /) -> bytes:
        """Fresh bytes of the operating system."""
