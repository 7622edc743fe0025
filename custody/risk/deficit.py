"""What margin pays while a deficit stands (MARGIN §5.4): everybody who leaves bears the same part of it.

Knows sums only: not who withdraws, nor whether that account may.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from custody.units import MicroUsdc


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """X, and what it lacks. `held`: the vault's cash in margin, without the insurance while a deficit stands; not below
    zero. `deficit`: holes that insurance did not fill."""

    held: MicroUsdc
    deficit: MicroUsdc

    def __post_init__(self) -> None:
        if self.held < 0 or self.deficit < 0:
            raise ValueError("what is held and what is lacking are never below zero")

    @classmethod
    def of(cls, *, margin_total: MicroUsdc, insurance: MicroUsdc, deficit: MicroUsdc) -> Self:
        """From the vault's margin in all, and the insurance's and the deficit's part of it."""
        held = margin_total - insurance if deficit else margin_total
        return cls(held=MicroUsdc(max(0, held)), deficit=deficit)

    @property
    def most(self) -> MicroUsdc:
        """The most that one account can give up at once: what is owed."""
        return MicroUsdc(self.held + self.deficit if self.held else 0)

    def payout(self, amount: MicroUsdc) -> MicroUsdc:
        """floor(amount * r), r = X / (X + deficit): what is paid for `amount` of margin; zero is refused on chain."""
        if not self.deficit:
            return amount
        return MicroUsdc(amount * self.held // (self.held + self.deficit))

    def after(self, amount: MicroUsdc) -> Self:
        """How things stand once `amount` was given up: what was not paid for it reduced the deficit.

        Raises:
            ValueError: more than `most`.
        """
        if not 0 <= amount <= self.most:
            raise ValueError(f"{amount} is given up where {self.most} is owed")
        paid = self.payout(amount)
        return type(self)(held=MicroUsdc(self.held - paid), deficit=MicroUsdc(self.deficit - (amount - paid)))
