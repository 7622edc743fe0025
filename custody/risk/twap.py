"""The integral of a price over time, kept at full minutes: contracts/libraries/MinuteCheckpoints.sol in Python. Knows
ticks and seconds, and nothing of what is priced.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Self

from custody.units import Seconds, Ticks

MINUTE: Final = Seconds(60)
TWAP_WINDOW: Final = Seconds(300)
CHECKPOINTS: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """At a full minute: what was in force up to it, and the integral since 1970, in ticks times seconds."""

    time: int
    price: Ticks
    integral: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceCourse:
    """A price since its first round, as if that one's price had held before; the last 64 checkpoints, newest last."""

    price: Ticks
    updated_at: int
    integral: int
    checkpoints: tuple[Checkpoint, ...]

    @classmethod
    def begin(cls, price: Ticks, *, time: int) -> Self:
        """The course of a price whose first round is at `time`."""
        minute = time - time % MINUTE
        first = Checkpoint(time=minute, price=price, integral=price * minute)
        return cls(price=price, updated_at=time, integral=price * time, checkpoints=(first,))

    def moved(self, price: Ticks, *, time: int) -> PriceCourse:
        """The course after the price changed at `time`, which is not before the last change."""
        minute = time - time % MINUTE
        checkpoints = self.checkpoints
        if minute > self.updated_at:
            integral = self.integral + self.price * (minute - self.updated_at)
            checkpoint = Checkpoint(time=minute, price=self.price, integral=integral)
            checkpoints = (*checkpoints, checkpoint)[-CHECKPOINTS:]
        integral = self.integral + self.price * (time - self.updated_at)
        return replace(self, price=price, updated_at=time, integral=integral, checkpoints=checkpoints)

    def integral_at(self, minute: int) -> int:
        """The integral at a full minute, which the checkpoints reach back to."""
        if minute >= self.updated_at:
            return self.integral + self.price * (minute - self.updated_at)
        following = self.checkpoints[-1]
        for checkpoint in reversed(self.checkpoints):
            if checkpoint.time < minute:
                break
            following = checkpoint
        return following.integral - following.price * (following.time - minute)

    def twap(self, now: int) -> Ticks:
        """The mean over the 300 s that end at the last full minute of `now`, rounded down."""
        end = now - now % MINUTE
        return Ticks((self.integral_at(end) - self.integral_at(end - TWAP_WINDOW)) // TWAP_WINDOW)
