"""The demo's walk.

A chain, five custodian processes, a ceremony, contracts, owners, payouts, custodians dying, an owner leaving alone.

Everything is real: processes, HTTP, stores, the chain. The walk reports what happened and judges nothing.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from custody.chain.client import ChainClient, Mined
from custody.chain.vault import Vault
from custody.coordinator import SigningCoordinator
from custody.errors import CustodyError, NotEnoughSigners, PolicyDenied
from custody.identifiers import Address, SignerId, to_hex
from custody.intents.classes import ActionClass
from custody.intents.keccak import checksum_address
from custody.policy.facts import ReleaseState
from custody.units import HOUR, USDC, MicroUsdc, format_seconds, format_usdc
from custody.wiring.devnet import (
    CustodianProcess,
)
from custody.wiring.payouts import Payout, Payouts, draft_expedite
from custody.wiring.stage import SEATS, THRESHOLDS, Stage, set_stage

WINDOW_HOURS: Final = 28
"""After this the vault's least size of a day counts a deposit: 24 h and a bucket of four."""


@dataclass(slots=True)
class Report:
    """What happened, ready for JSON: money in µUSDC, times in seconds unless named otherwise."""

    committee: dict[str, Any] = field(default_factory=dict)
    ceremony: dict[str, Any] = field(default_factory=dict)
    contracts: dict[str, Any] = field(default_factory=dict)
    deposits: list[dict[str, Any]] = field(default_factory=list)
    payouts: list[dict[str, Any]] = field(default_factory=list)
    refusals: list[dict[str, Any]] = field(default_factory=list)
    killed: list[dict[str, Any]] = field(default_factory=list)
    conservation: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0


class Demo:
    """One run. `say` gets a line for every step."""

    def __init__(self, *, root: Path, folder: Path, port: int | None, say: Callable[[str], None]) -> None:
        self._root = root
        self._folder = folder
        self._port = port
        self._say = say
        self.report = Report()
        self._custodians: list[CustodianProcess] = []
        self._kill_one_of_the_set = False

    async def run(self) -> Report:
        """Walk from nothing to the last payout; no process outlives it.

        Raises:
            CustodyError: a step failed; what it says is for the person who ran it.
        """
        started = time.perf_counter()
        async with set_stage(root=self._root, folder=self._folder, port=self._port, say=self._say) as stage:
            self._describe(stage)
            client = stage.client
            coordinator = SigningCoordinator(stage.asker(), on_set=self._on_set)
            payouts = Payouts(vault=stage.vault, client=client, coordinator=coordinator, keys=stage.ceremony.keys)
            owners = client.accounts()[1:4]
            self._deposit(payouts.vault, owners)
            self._pass_a_day(client, "the vault's size counts as its least over a day")
            await self._pay_small(client, payouts, owners[0])
            await self._pay_large(client, payouts, owners[1])
            self._pass_a_day(client, "what was expedited counts for a day")
            await self._pay_with_two_dead(client, payouts, owners[2])
            waiting = await self._fail_with_three_dead(client, payouts, owners[0])
            await self._leave_alone(client, payouts, owners[0], waiting)
            self._close_books(payouts.vault)
        self.report.seconds = round(time.perf_counter() - started, 2)
        return self.report

    def _describe(self, stage: Stage) -> None:
        """What was set up, for the report."""
        self._custodians = stage.custodians
        processes = {
            str(custodian.seat): custodian.child.pid for custodian in stage.custodians if custodian.child is not None
        }
        self.report.committee = {"n": SEATS, "thresholds": list(THRESHOLDS), "processes": processes}
        self.report.ceremony = {
            "seconds": round(stage.ceremony_seconds, 3),
            "certificate": to_hex(stage.ceremony.certificate),
            "endorsed_by": len(stage.ceremony.endorsements),
            "group_keys": {str(threshold): key.id.hex() for threshold, key in stage.ceremony.keys.items()},
        }
        lie = stage.vault.deployment
        self.report.contracts = {
            name: {"address": checksum_address(where), "gas": stage.gas[contract]}
            for name, where, contract in (
                ("token", lie.token, "DevnetUSDC"),
                ("oracle", lie.oracle, "DevnetRegimeOracle"),
                ("authority", lie.authority, "ThresholdAuthority"),
                ("vault", lie.vault, "CollateralVault"),
            )
        }

    # --- the acts ---

    def _deposit(self, vault: Vault, owners: list[Address]) -> None:
        for owner, amount in zip(owners, (500_000, 300_000, 200_000), strict=True):
            mined = vault.mint_and_deposit(owner, MicroUsdc(amount * USDC))
            self._say(f"{checksum_address(owner)} deposits {amount:,} USDC")
            self.report.deposits.append(
                {"owner": checksum_address(owner), "amount": amount * USDC, "gas": mined.gas, "block": mined.block}
            )

    def _pass_a_day(self, client: ChainClient, why: str) -> None:
        self._say(f"chain time moves on {WINDOW_HOURS} h: {why}")
        client.advance(WINDOW_HOURS * HOUR)

    async def _pay_small(self, client: ChainClient, payouts: Payouts, owner: Address) -> None:
        release_id = self._request(payouts.vault, owner, 5_000)
        await self._pay(payouts, draft_release=release_id, client=client, note="class B, all alive")

    async def _pay_large(self, client: ChainClient, payouts: Payouts, owner: Address) -> None:
        """5 % of the vault: three custodians will not do, and four have it wait."""
        release_id = self._request(payouts.vault, owner, 50_000)
        intent = draft_expedite(payouts.vault, client, release_id, action=ActionClass.B, threshold=THRESHOLDS[0])
        try:
            await payouts.sign(intent)
        except NotEnoughSigners as error:
            self._refused("a larger release with the key of 3", error)
        else:
            raise PolicyDenied(["custodians signed a release of class B2 with the key of class B"])
        payout = await self._pay(payouts, draft_release=release_id, client=client, note="class B2, accepted")
        rule = payouts.vault.rule(payout.signed.intent.action_class, payouts.vault.expedite_value(release_id))
        self._say(f"it waits {format_seconds(rule.delay)}, chain time moves on")
        client.advance(rule.delay)
        mined = payouts.vault.expedite(payout.signed.intent, payout.signed.signature, sender=owner)
        self._paid(payouts.vault, release_id, mined, payout, note="class B2, delayed")

    async def _pay_with_two_dead(self, client: ChainClient, payouts: Payouts, owner: Address) -> None:
        self._kill(SignerId(5), "while idle")
        release_id = self._request(payouts.vault, owner, 2_000)
        self._kill_one_of_the_set = True
        await self._pay(payouts, draft_release=release_id, client=client, note="class B, two dead")

    async def _fail_with_three_dead(self, client: ChainClient, payouts: Payouts, owner: Address) -> int:
        """A small release that two custodians cannot sign; it stays requested."""
        alive = [custodian.seat for custodian in self._custodians if custodian.child is not None]
        self._kill(alive[-1], "the third")
        release_id = self._request(payouts.vault, owner, 1_000)
        try:
            await payouts.sign(draft_expedite(payouts.vault, client, release_id))
        except NotEnoughSigners as error:
            self._refused("three of five custodians dead", error)
        else:
            raise PolicyDenied(["two custodians signed with a key of three"])
        return release_id

    async def _leave_alone(self, client: ChainClient, payouts: Payouts, owner: Address, waiting: int) -> None:
        """The owner takes out everything, with every custodian dead."""
        for custodian in self._custodians:
            if custodian.child is not None:
                self._kill(custodian.seat, "all of them")
        rest = self._request(payouts.vault, owner, payouts.vault.idle(owner) // USDC)
        _, _, now = client.head()
        wait = payouts.vault.ripe_at(rest) - now
        self._say(f"the owner needs nobody after {format_seconds(wait)}; chain time moves on")
        client.advance(wait)
        for release_id in (waiting, rest):
            mined = payouts.vault.execute(release_id, sender=owner)
            self._paid(payouts.vault, release_id, mined, None, note="owner alone, all dead")

    # --- what acts are made of ---

    def _request(self, vault: Vault, owner: Address, amount: int) -> int:
        release_id = vault.request_release(owner, MicroUsdc(amount * USDC))
        self._say(f"{checksum_address(owner)} requests release {release_id}: {amount:,} USDC")
        return release_id

    async def _pay(self, payouts: Payouts, *, draft_release: int, client: ChainClient, note: str) -> Payout:
        intent = draft_expedite(payouts.vault, client, draft_release)
        payout = await payouts.pay(intent, sender=client.accounts()[9])
        signers = ", ".join(map(str, payout.signed.signers))
        self._say(f"custodians {signers} signed release {draft_release} in {payout.sign_ms:.0f} ms")
        if payout.paid:
            self._paid(payouts.vault, draft_release, payout.mined, payout, note=note)
        return payout

    def _paid(self, vault: Vault, release_id: int, mined: Mined, payout: Payout | None, *, note: str) -> None:
        release = vault.release(release_id)
        if release.state is not ReleaseState.PAID:
            raise CustodyError(f"release {release_id} should be paid and is {release.state.name.lower()}")
        self._say(f"release {release_id} paid {format_usdc(release.amount)} to {checksum_address(release.to)}")
        entry: dict[str, Any] = {
            "release": release_id,
            "owner": checksum_address(release.owner),
            "to": checksum_address(release.to),
            "amount": release.amount,
            "how": note,
            "block": mined.block,
            "gas": mined.gas,
            "threshold": 0,
            "signers": [],
            "processes": [],
        }
        if payout is not None:
            intent = payout.signed.intent
            entry |= {
                "class": intent.action_class.name,
                "threshold": intent.threshold,
                "signers": list(payout.signed.signers),
                "processes": [self.report.committee["processes"][str(seat)] for seat in payout.signed.signers],
                "sessions": payout.signed.sessions,
                "sign_ms": round(payout.sign_ms, 1),
                "digest": to_hex(payout.signed.digest),
            }
        self.report.payouts.append(entry)

    def _refused(self, what: str, error: NotEnoughSigners) -> None:
        self._say(f"refused: {error}")
        self.report.refusals.append(
            {"what": what, "needed": error.needed, "silent": list(error.silent), "message": str(error)}
        )

    def _on_set(self, signers: tuple[SignerId, ...]) -> None:
        """The set is fixed and shares are not asked yet: the worst moment for one of the set to die."""
        if self._kill_one_of_the_set:
            self._kill_one_of_the_set = False
            self._kill(signers[-1], "between approval and share")

    def _kill(self, seat: SignerId, when: str) -> None:
        custodian = self._custodians[seat - 1]
        assert custodian.child is not None, "a custodian is killed once"
        pid = custodian.child.pid
        custodian.kill()
        self._say(f"custodian {seat} (process {pid}) killed, {when}")
        self.report.killed.append({"custodian": seat, "process": pid, "when": when})

    def _close_books(self, vault: Vault) -> None:
        books = vault.books()
        self.report.conservation = {
            "recorded": books.recorded,
            "claims": books.idle + books.queued,
            "drift": books.drift,
            "balance": books.balance,
        }
        if books.drift or books.balance != books.recorded:
            raise CustodyError(f"the books do not balance: {books}")


def make_folder(root: Path) -> Path:
    """A fresh folder for one run below build/."""
    folder = root / "build" / "demo" / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
    folder.mkdir(parents=True)
    return folder
