"""The demo: a chain, five custodian processes, a ceremony, the whole venue, payouts, a price path with a crash.

Everything is real: processes, HTTP, stores, the chain, every signature. The run reports what happened and judges
nothing but its books.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from custody.chain.deployment import VenueTerms
from custody.chain.reverts import RevertDecoder
from custody.chain.rpc import Rpc
from custody.chain.venue_client import VenueAddresses, VenueClient
from custody.coordinator import SigningCoordinator
from custody.errors import CustodyError
from custody.identifiers import Address, address, to_hex
from custody.intents.keccak import checksum_address
from custody.keeper import Keeper
from custody.ports.venue import Market
from custody.risk.account import health
from custody.risk.feed import HEARTBEAT
from custody.units import HOUR
from custody.wiring.path import PricePath
from custody.wiring.payout_acts import PayoutActs, processes_of
from custody.wiring.population import Population, draw_population, open_accounts
from custody.wiring.replay import Replay, ReplayLog
from custody.wiring.report import Report, percentile
from custody.wiring.signing import CustodianLane
from custody.wiring.stage import SEATS, THRESHOLDS, VenueStage, set_venue_stage

PRELUDE: Final = 80 * HOUR
"""Chain time before the path, for deposits to count and payouts to wait; the feed holds the path's first price."""
WINDOW: Final = 28 * HOUR
"""After this the vault's least size of a day counts a deposit: 24 h and a bucket of four."""
CURE: Final = 600
OPEN_AFTER: Final = 300
_MOST_POKED: Final = 64
_DEPLOYER, _OWNER, _PAYER, _BACKSTOP, _KEEPER, _POKER = 0, 1, 5, 6, 7, 8  # which of the devnet's accounts


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOptions:
    """What a person chose. `block_seconds` of chain time between blocks."""

    root: Path
    folder: Path
    path: PricePath
    accounts: int
    seed: int
    block_seconds: int
    port: int | None = None


class Demo:
    """One run. `say` gets a line for every step."""

    def __init__(self, options: DemoOptions, *, say: Callable[[str], None]) -> None:
        self._options = options
        self._say = say
        self.report = Report()

    async def run(self) -> Report:
        """Walk from nothing to the last payout; no process outlives it.

        Raises:
            CustodyError: a step failed; what it says is for the person who ran it.
        """
        started = time.perf_counter()
        options = self._options
        begin = options.path.first.time
        accounts = [address(account) for account in _devnet_accounts()]
        terms = VenueTerms(
            first_answer=options.path.first.open, backstops=(accounts[_BACKSTOP],), cure=CURE, open_after=OPEN_AFTER
        )
        async with set_venue_stage(
            terms,
            root=options.root,
            folder=options.folder,
            port=options.port,
            chain_time=begin - PRELUDE,
            say=self._say,
        ) as stage:
            self._describe(stage)
            feed = _Feed(stage, owner=accounts[_DEPLOYER], poker=accounts[_POKER])
            population = self._populate(stage, accounts)
            acts = PayoutActs(stage, report=self.report, say=self._say, pass_time=feed.pass_time)
            owner = accounts[_OWNER]
            await self._before_the_path(acts, feed, owner)
            feed.pass_time(begin - stage.client.head()[2])
            log = await self._replay(stage, accounts)
            self._account_for(stage, population, log)
            waiting = await acts.fail_with_three_dead(owner)
            acts.leave_alone(owner, waiting)
        self.report.seconds = round(time.perf_counter() - started, 2)
        return self.report

    # --- before ---

    def _describe(self, stage: VenueStage) -> None:
        report, processes = self.report, stage.processes
        report.prices = dict(self._options.path.summary())
        report.committee = {"n": SEATS, "thresholds": list(THRESHOLDS), "processes": processes_of(stage)}
        report.ceremony = {
            "seconds": round(processes.ceremony_seconds, 3),
            "certificate": to_hex(stage.ceremony.tenure.certificate),
            "endorsed_by": len(stage.committee.hosts),
            "group_keys": {
                str(threshold): key.id.hex() for threshold, key in stage.ceremony.tenure.by_threshold.items()
            },
        }
        lie = stage.deployment
        report.contracts = {
            name: checksum_address(where)
            for name, where in (
                ("token", lie.token),
                ("feed", lie.feed),
                ("oracle", lie.oracle),
                ("authority", lie.authority),
                ("risk", lie.risk),
                ("vault", lie.vault),
                ("venue", lie.venue),
                ("liquidation", lie.liquidation),
            )
        }
        report.gas = {f"deploy_{name}": gas for name, gas in stage.gas.items()}

    def _populate(self, stage: VenueStage, accounts: list[Address]) -> Population:
        population = draw_population(
            self._options.accounts,
            self._options.seed,
            table=stage.exchange.table(),
            backstop=accounts[_BACKSTOP],
            keeper=accounts[_KEEPER],
        )
        self._say(f"opening {len(population.traders)} accounts of mixed leverage, and a market maker opposite them")
        open_accounts(population, stage.exchange, payer=accounts[_PAYER], say=self._say)
        self.report.accounts = len(population.traders)
        self.report.insurance = {"start": population.insurance}
        return population

    async def _before_the_path(self, acts: PayoutActs, feed: _Feed, owner: Address) -> None:
        acts.deposit(owner, 600_000)
        self._say("chain time moves on 28 h: the vault's size counts as its least over a day")
        feed.pass_time(WINDOW)
        await acts.pay_small(owner)
        await acts.pay_with_two_dying(owner)
        await acts.pay_large(owner)

    # --- the path ---

    async def _replay(self, stage: VenueStage, accounts: list[Address]) -> ReplayLog:
        path = self._options.path
        self._say(
            f"replaying {len(path.bars.bars)} bars ({path.source}), {len(path.rounds)} rounds of the feed, "
            f"a block every {self._options.block_seconds} s"
        )
        addresses = VenueAddresses(
            liquidation=stage.deployment.liquidation,
            oracle=stage.deployment.oracle,
            authority=stage.deployment.authority,
            keeper=accounts[_KEEPER],
            poker=accounts[_POKER],
        )
        lane = CustodianLane(
            SigningCoordinator(stage.asker()),
            tenure=stage.ceremony.tenure,
            chain_id=stage.client.chain_id(),
            liquidation=stage.deployment.liquidation,
            newest_block=lambda: stage.client.head()[1],
        )
        reverts = RevertDecoder([artifact.abi for artifact in stage.processes.artifacts.values()])
        async with Rpc(stage.processes.url) as rpc:
            keeper = Keeper(venue=VenueClient(rpc, addresses, reverts), custodians=lane, threshold=THRESHOLDS[0])
            replay = Replay(
                client=stage.client,
                exchange=stage.exchange,
                keeper=keeper,
                feed_owner=accounts[_DEPLOYER],
                block_seconds=self._options.block_seconds,
                say=self._say,
            )
            return await replay.run(path.rounds)

    def _account_for(self, stage: VenueStage, population: Population, log: ReplayLog) -> None:
        """Liquidations, latencies, and the books at the end of the path."""
        report, last = self.report, log.last
        if last is None:
            raise CustodyError("the path has no rounds; choose a longer one")
        for liquidation in log.liquidations:
            taken = liquidation.slice
            report.liquidations.append(
                {
                    "account": checksum_address(taken.account),
                    "block": liquidation.block,
                    "lane": "custodian" if taken.custodian_lane else "open",
                    "threshold": liquidation.threshold,
                    "signers": list(liquidation.signers),
                    "regime": liquidation.regime.name,
                    "fraction_ppm": taken.fraction,
                    "equity_before": taken.equity_before,
                    "equity_after": taken.equity_after,
                    "gas": liquidation.gas,
                }
            )
        report.regimes = [
            {"timestamp": at, "regime": regime.name, "sigma_ppm": sigma} for at, regime, sigma in log.regimes
        ]
        report.latency_ms = {
            "sign_p50": percentile(log.sign_ms, 0.5),
            "sign_p99": percentile(log.sign_ms, 0.99),
            "price_to_mined_p50": percentile(log.price_to_mined_ms, 0.5),
            "price_to_mined_p99": percentile(log.price_to_mined_ms, 0.99),
        }
        if log.batch_gas:
            report.gas |= {"batch_least": min(log.batch_gas), "batch_most": max(log.batch_gas)}
        report.reverted, report.custodians_silent = log.reverted, log.silent
        report.insurance["end"] = stage.exchange.insurance()
        self._close_books(stage, population, last)

    def _close_books(self, stage: VenueStage, population: Population, market: Market) -> None:
        """Σ idle + queued + Σ (margin cash + mark-to-market) + insurance - deficit = recorded, to the last unit.

        Raises:
            CustodyError: it is not so.
        """
        exchange, books = stage.exchange, stage.vault.books()
        listed = {account.address for account in market.accounts}
        # Equity at any one price adds up alike: what one side gains the other loses.
        equities = [health(account, market.tables).equity_spot for account in market.accounts]
        others = [population.backstop, population.keeper, population.maker.address]
        unlisted = sum(exchange.margin(account) for account in others if account not in listed)
        deficit = exchange.deficit()
        claims = books.idle + books.queued + sum(equities) + unlisted + exchange.insurance() - deficit
        self.report.conservation = {
            "recorded": books.recorded,
            "claims": claims,
            "drift": books.recorded - claims,
        }
        self.report.bad_debt = deficit + sum(-equity for equity in equities if equity < 0)
        if books.recorded != claims or books.balance != books.recorded:
            raise CustodyError(f"the books do not balance: {self.report.conservation}")


class _Feed:
    """The feed's owner and a poker, between replays: the price stands still, the heartbeat goes on."""

    def __init__(self, stage: VenueStage, *, owner: Address, poker: Address) -> None:
        self._stage = stage
        self._owner = owner
        self._poker = poker

    def pass_time(self, seconds: int) -> None:
        """Move chain time on, with a round of the last price every hour, and bring the oracle up to date."""
        client, exchange = self._stage.client, self._stage.exchange
        _, _, start = client.head()
        client.advance(seconds)
        _, _, end = client.head()
        answer = exchange.last_answer()
        rounds = [(answer, at) for at in range(start + HEARTBEAT, end, HEARTBEAT)]
        exchange.push_rounds([*rounds, (answer, end)], sender=self._owner)
        while exchange.is_behind():
            exchange.poke(sender=self._poker)


def _devnet_accounts() -> tuple[str, ...]:
    """Anvil's ten accounts, from the mnemonic that everybody knows ("test test ... junk")."""
    return (
        "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
        "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
        "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC",
        "0x90F79bf6EB2c4f870365E785982E1f101E93b906",
        "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65",
        "0x9965507D1a55bcC2695C58ba16FB37d819B0A4dc",
        "0x976EA74026E726554dB657fA54763abd0C3a0aa9",
        "0x14dC79964da2C08b23698B3D3cc7Ca32193d9955",
        "0x23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f",
        "0xa0Ee7A142d267C1f36714E4a8F75612F20a79720",
    )


def make_folder(root: Path) -> Path:
    """A fresh folder for one run below build/."""
    folder = root / "build" / "demo" / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
    folder.mkdir(parents=True)
    return folder
