#!/usr/bin/env python3
"""Write docs/GAS.md anew: run the gas tests, ours and those of the wallets of others, and lay their figures beside the
targets. Every figure is one that a test of this run has measured."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FIGURES = ROOT / "build" / "snapshots" / "gas.json"
DOCUMENT = ROOT / "docs" / "GAS.md"
TESTS = "tests/contracts/{*Gas.t.sol,MultisigPasskeys.t.sol,libraries/Frost.t.sol}"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One operation. `ours` and `others` name what tests keep; several of ours add up. `most`: the target, in gas."""

    operation: str
    ours: tuple[str, ...]
    most: int
    others: tuple[str, ...] = ()


TARGETS = (
    Row(operation="FROST verification, execution only", ours=("FROST verification, execution only",), most=5_000),
    Row(
        operation="release by aggregate signature, any t-of-n",
        ours=("expedite, paid at once",),
        most=72_000,
        others=("Safe 1.5.0, release by 3 owners", "Safe 1.5.0, release by 10 owners"),
    ),
    Row(
        operation="release by 3 ECDSA members",
        ours=("expedite by 3 of the people, paid at once",),
        most=84_000,
        others=("OZ MultiSignerERC7913, release by 3", "OZ MultiSignerERC7913Weighted, release by 3"),
    ),
    Row(
        operation="release by 10 ECDSA members",
        ours=("expedite by 10 of the people, paid at once",),
        most=120_000,
        others=("OZ MultiSignerERC7913, release by 10", "OZ MultiSignerERC7913Weighted, release by 10"),
    ),
    Row(
        operation="one more ECDSA member",
        ours=("one more ECDSA member of the set signs",),
        most=5_200,
        others=(
            "Safe 1.5.0, one more owner",
            "OZ MultiSignerERC7913, one more",
            "OZ MultiSignerERC7913Weighted, one more",
        ),
    ),
    Row(
        operation="queue + execute",
        ours=("propose an ERC-20 transfer, 3 accounts of 4", "execute an ERC-20 transfer to a holder"),
        most=128_000,
        others=("Safe 3/3 and OZ timelock, schedule + execute",),
    ),
    Row(operation="veto of an operation", ours=("veto, the second",), most=30_000, others=("OZ timelock, cancel",)),
    Row(
        operation="veto of a release",
        ours=("veto of a release, a later one",),
        most=30_000,
        others=("OZ timelock, cancel",),
    ),
    Row(operation="pause", ours=("pause",), most=30_000),
    Row(
        operation="rotation, propose + activate",
        ours=("proposeRotation", "activateRotation"),
        most=150_000,
        others=("Safe 1.5.0, swapOwner by 3 owners",),
    ),
    Row(
        operation="change of members, propose + execute",
        ours=("propose another set of 5", "execute, another set of 5"),
        most=150_000,
        others=("Safe 1.5.0, swapOwner by 3 owners",),
    ),
    Row(operation="P-256 member, extra", ours=("P-256 member, extra",), most=9_000),
)

HEAD = """# Gas

Written by `scripts/generate_gas.py` from the gas tests, which run every call as a transaction of its own, with cold
storage, under the rules of Osaka. A figure is the whole transaction, its 21,000 and its calldata included, but where
it says "execution only", "extra" or "one more". The wallets of others are measured in the same run: Safe 1.5.0 as its
publisher compiled it, behind its proxy, and OpenZeppelin's many signers in the least wallet there is (see
tests/contracts/peers). They pay a token to a holder, without any policy, and have done so before. `.gas-snapshot`
holds what each gas test costs in all; the build fails where one drifts by more than 2 %.

## Against the targets
| operation | gas | at most | reached | others |
|---|---|---|---|---|
"""


def main() -> int:
    measure()
    figures = {name: int(value) for name, value in json.loads(FIGURES.read_text()).items()}
    missing = sorted({name for row in TARGETS for name in row.ours + row.others} - set(figures))
    if missing:
        print(f"no test kept: {', '.join(missing)}", file=sys.stderr)
        return 1
    DOCUMENT.write_text(HEAD + targets(figures) + everything(figures))
    print(f"docs/{DOCUMENT.name}: {len(figures)} figures")
    return 0


def measure() -> None:
    """Run the tests, which keep their figures in a file."""
    FIGURES.unlink(missing_ok=True)
    forge = next(ROOT.glob("node_modules/@foundry-rs/forge-*/bin/forge"), None)
    if forge is None:
        sys.exit("forge is not installed: run scripts/test once, which installs it")
    subprocess.run([forge, "test", "--match-path", TESTS], cwd=ROOT, check=True)


def targets(figures: dict[str, int]) -> str:
    lines = []
    for row in TARGETS:
        gas = sum(figures[name] for name in row.ours)
        reached = "yes" if gas <= row.most else f"no: {gas / row.most - 1:+.0%}"
        others = "; ".join(f"{name}: {figures[name]:,}" for name in row.others)
        lines.append(f"| {row.operation} | {gas:,} | {row.most:,} | {reached} | {others} |\n")
    return "".join(lines)


def everything(figures: dict[str, int]) -> str:
    lines = [f"| {name} | {figures[name]:,} |\n" for name in sorted(figures, key=str.casefold)]
    return "\n## All that is measured\n| what | gas |\n|---|---|\n" + "".join(lines)


if __name__ == "__main__":
    sys.exit(main())
