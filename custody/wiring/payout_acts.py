"""The custody half of the demo: owners request, custodians hasten, custodians die, owners leave alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from custody.chain.client import ChainClient, Mined
from custody.chain.vault import Vault
from custody.coordinator import SigningCoordinator
from custody.errors import CustodyError, NotEnoughSigners, PolicyDenied
from custody.identifiers import Address, SignerId, to_hex
from custody.intents.classes import ActionClass
from custody.intents.keccak import checksum_address
from custody.policy.facts import ReleaseState
from custody.units import USDC, MicroUsdc, format_seconds, format_usdc
from custody.wiring.payouts import Payout, Payouts, draft_expedite
from custody.wiring.report import Report
from custody.wiring.stage import THRESHOLDS, Stage


class PayoutActs:
    """Each act is a method. `pass_time` moves chain time on, feed and oracle with it."""

    def __init__(
        self, stage: Stage, *, report: Report, say: Callable[[str], None], pass_time: Callable[[int], None]
    ) -> None:
        self._stage = stage
        self._report = report
        self._say = say
        self._pass_time = pass_time
        self._kill_one_of_the_set = False
        coordinator = SigningCoordinator(stage.asker(), on_set=self._on_set)
        self._payouts = Payouts(
            vault=stage.vault, client=stage.client, coordinator=coordinator, tenure=stage.ceremony.tenure
        )

    @property
    def _vault(self) -> Vault:
        return self._stage.vault

    @property
    def _client(self) -> ChainClient:
        return self._stage.client

    # --- acts ---

    def deposit(self, owner: Address, usdc: int) -> None:
        self._vault.mint_and_deposit(owner, MicroUsdc(usdc * USDC))
        self._say(f"{checksum_address(owner)} deposits {usdc:,} USDC")

    async def pay_small(self, owner: Address) -> None:
        """Within class B: three custodians do."""
        await self._pay(self._request(owner, 5_000), note="class B, all alive")

    async def pay_large(self, owner: Address) -> None:
        """Beyond 1 % of the vault: the key of three will not do, four have it wait longer."""
        release_id = self._request(owner, 90_000)
        intent = draft_expedite(self._vault, self._client, release_id, action=ActionClass.B, threshold=THRESHOLDS[0])
        try:
            await self._payouts.sign(intent)
        except NotEnoughSigners as error:
            self._refused("a larger release with the key of 3", error)
        else:
            raise PolicyDenied(["custodians signed a release of class B2 with the key of class B"])
        await self._pay(release_id, note="class B2")

    async def pay_with_two_dying(self, owner: Address) -> None:
        """One dies idle, one between approval and share; the payout goes on. Both come back."""
        self._kill(SignerId(5), "while idle")
        release_id = self._request(owner, 2_000)
        self._kill_one_of_the_set = True
        await self._pay(release_id, note="class B, two dead")
        self._restart()

    async def fail_with_three_dead(self, owner: Address) -> int:
        """A release that two custodians cannot sign; it stays requested."""
        for seat in (SignerId(3), SignerId(4), SignerId(5)):
            self._kill(seat, "one of three")
        release_id = self._request(owner, 1_000)
        try:
            await self._payouts.sign(draft_expedite(self._vault, self._client, release_id))
        except NotEnoughSigners as error:
            self._refused("three of five custodians dead", error)
        else:
            raise PolicyDenied(["two custodians signed with a key of three"])
        return release_id

    def leave_alone(self, owner: Address, waiting: int) -> None:
        """The owner takes out everything that is idle, with every custodian dead."""
        for custodian in self._stage.custodians:
            if custodian.child is not None:
                self._kill(custodian.seat, "all of them")
        rest = self._request(owner, self._vault.idle(owner) // USDC)
        while (wait := self._due_at(rest) - self._client.head()[2]) > 0:
            self._say(
                f"the owner needs nobody after {format_seconds(wait)}; chain time moves on, the feed stands still"
            )
            self._client.advance(wait)  # a feed that grows stale counts as stress, and stress waits longer
        for release_id in (waiting, rest):
            mined = self._vault.execute(release_id, sender=owner)
            self._paid(release_id, mined, None, note="owner alone, all dead")

    # --- what acts are made of ---

    def _due_at(self, release_id: int) -> int:
        """When the owner needs nobody: its own delay, or the exit bound where the day's outflow has no room for it."""
        fits = self._vault.release(release_id).amount <= self._vault.outflow_available()
        return self._vault.ripe_at(release_id) if fits else self._vault.exit_at(release_id)

    def _request(self, owner: Address, usdc: int) -> int:
        release_id = self._vault.request_release(owner, MicroUsdc(usdc * USDC))
        self._say(f"{checksum_address(owner)} requests release {release_id}: {usdc:,} USDC")
        return release_id

    async def _pay(self, release_id: int, *, note: str) -> None:
        """Have it signed and hand it in; where its class waits now, wait and hand it in again."""
        sender = self._client.accounts()[9]
        payout = await self._payouts.pay(draft_expedite(self._vault, self._client, release_id), sender=sender)
        signed = payout.signed
        self._say(
            f"custodians {', '.join(map(str, signed.signers))} signed release {release_id} in {payout.sign_ms:.0f} ms"
        )
        mined = payout.mined
        if not payout.paid:
            delay = self._vault.rule(payout.intent.action_class, self._vault.expedite_value(release_id)).delay
            self._say(f"accepted; it waits {format_seconds(delay)}, chain time moves on")
            self._pass_time(delay)
            mined = self._vault.expedite(payout.intent, signed.signature, sender=sender)
            note += ", delayed"
        self._paid(release_id, mined, payout, note=note)

    def _paid(self, release_id: int, mined: Mined, payout: Payout | None, *, note: str) -> None:
        release = self._vault.release(release_id)
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
            intent = payout.intent
            processes = self._report.committee["processes"]
            entry |= {
                "class": intent.action_class.name,
                "threshold": intent.threshold,
                "signers": list(payout.signed.signers),
                "processes": [processes[str(seat)] for seat in payout.signed.signers],
                "sessions": payout.signed.sessions,
                "sign_ms": round(payout.sign_ms, 1),
                "digest": to_hex(payout.signed.digest),
            }
        self._report.releases.append(entry)

    def _refused(self, what: str, error: NotEnoughSigners) -> None:
        self._say(f"refused: {error}")
        self._report.refusals.append(
            {"what": what, "needed": error.needed, "silent": list(error.silent), "message": str(error)}
        )

    def _on_set(self, signers: tuple[SignerId, ...]) -> None:
        """The set is fixed and shares are not asked yet: the worst moment for one of the set to die."""
        if self._kill_one_of_the_set:
            self._kill_one_of_the_set = False
            self._kill(signers[-1], "between approval and share")

    def _kill(self, seat: SignerId, when: str) -> None:
        custodian = self._stage.custodians[seat - 1]
        assert custodian.child is not None, "a custodian is killed once"
        pid = custodian.child.pid
        custodian.kill()
        self._say(f"custodian {seat} (process {pid}) killed, {when}")
        self._report.killed.append({"custodian": seat, "process": pid, "when": when})

    def _restart(self) -> None:
        """Start the dead again; the report knows their new processes."""
        dead = [custodian for custodian in self._stage.custodians if custodian.child is None]
        for custodian in dead:
            custodian.start(self._stage.children)
        for custodian in dead:
            custodian.await_ready()
        self._say(f"custodians {', '.join(str(custodian.seat) for custodian in dead)} are back")
        self._report.committee["processes"] = processes_of(self._stage)


def processes_of(stage: Stage) -> dict[str, int]:
    """Seat -> process id of those that live."""
    return {str(custodian.seat): custodian.child.pid for custodian in stage.custodians if custodian.child is not None}
