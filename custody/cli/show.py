"""A demo's report as a person reads it."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

from custody.units import MicroUsdc, format_usdc
from custody.wiring.report import Report

_MOST_ROWS = 12


def show(console: Console, report: Report) -> None:
    """Tables of liquidations and payouts, then what was refused and the books."""
    console.print(_liquidations(report.liquidations))
    console.print(_releases(report.releases))
    for refusal in report.refusals:
        console.print(f"Refused, {refusal['what']}: {refusal['message']}", soft_wrap=True, markup=False)
    regimes = ", ".join(f"{entry['regime']} ({entry['sigma_ppm'] / 10_000:.1f} %)" for entry in report.regimes)
    console.print(f"Regimes: {regimes}", soft_wrap=True, markup=False)
    insurance, books, latency = report.insurance, report.conservation, report.latency_ms
    console.print(
        f"Insurance: {_usdc(insurance['start'])} to {_usdc(insurance['end'])}; bad debt {_usdc(report.bad_debt)}",
        soft_wrap=True,
        markup=False,
    )
    console.print(
        f"Books: recorded {books['recorded']:,} µUSDC, claims {books['claims']:,}, drift {books['drift']}",
        soft_wrap=True,
        markup=False,
    )
    console.print(
        f"Latency in ms: signing p50 {latency['sign_p50']}, p99 {latency['sign_p99']}; price to mined "
        f"p50 {latency['price_to_mined_p50']}, p99 {latency['price_to_mined_p99']}; all in {report.seconds} s",
        soft_wrap=True,
        markup=False,
    )


def _liquidations(entries: list[dict[str, Any]]) -> Table:
    accounts = len({entry["account"] for entry in entries})
    table = Table(title=f"{len(entries)} slices of {accounts} accounts", title_justify="left")
    for heading in ("account", "lane", "signed by", "part", "equity before", "after", "regime"):
        table.add_column(heading, justify="right" if heading in ("part", "equity before", "after") else "left")
    for entry in entries[:_MOST_ROWS]:
        table.add_row(
            entry["account"][:10],
            entry["lane"],
            ", ".join(map(str, entry["signers"])) or "nobody",
            f"{entry['fraction_ppm'] / 10_000:.1f} %",
            f"{entry['equity_before'] / 1e6:,.2f}",
            f"{entry['equity_after'] / 1e6:,.2f}",
            entry["regime"],
        )
    if len(entries) > _MOST_ROWS:
        table.add_row(f"and {len(entries) - _MOST_ROWS} more", "", "", "", "", "", "")
    return table


def _releases(entries: list[dict[str, Any]]) -> Table:
    table = Table(title="Payouts", title_justify="left")
    for heading in ("release", "amount", "how", "signed by", "gas"):
        table.add_column(heading, justify="right" if heading in ("release", "amount", "gas") else "left")
    for entry in entries:
        signers = ", ".join(map(str, entry["signers"]))
        table.add_row(
            str(entry["release"]),
            _usdc(entry["amount"]),
            entry["how"],
            f"{signers} (needs {entry['threshold']})" if signers else "nobody",
            f"{entry['gas']:,}",
        )
    return table


def _usdc(amount: int) -> str:
    return format_usdc(MicroUsdc(amount))
