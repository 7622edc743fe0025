"""What a demo run reports: plain data, ready for JSON. Money in µUSDC, integers; times as their names say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Report:
    """Filled in as the run goes."""

    prices: dict[str, Any] = field(default_factory=dict)
    committee: dict[str, Any] = field(default_factory=dict)
    ceremony: dict[str, Any] = field(default_factory=dict)
    contracts: dict[str, Any] = field(default_factory=dict)
    accounts: int = 0
    liquidations: list[dict[str, Any]] = field(default_factory=list)
    regimes: list[dict[str, Any]] = field(default_factory=list)
    releases: list[dict[str, Any]] = field(default_factory=list)
    reverted: list[str] = field(default_factory=list)  # names of errors of the keeper's transactions
    custodians_silent: list[str] = field(default_factory=list)
    refusals: list[dict[str, Any]] = field(default_factory=list)
    killed: list[dict[str, Any]] = field(default_factory=list)
    insurance: dict[str, int] = field(default_factory=dict)
    bad_debt: int = 0
    conservation: dict[str, int] = field(default_factory=dict)
    latency_ms: dict[str, float | None] = field(default_factory=dict)
    gas: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0


def percentile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that at least `share` of them do not pass; None where there are none."""
    if not values:
        return None
    ordered = sorted(values)
    index = min(len(ordered) - 1, max(0, -int(-share * len(ordered) // 1) - 1))
    return round(ordered[index], 1)
