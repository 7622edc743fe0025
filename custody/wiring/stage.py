"""A whole custody on a local chain, for the demo and for tests: anvil, custodian processes, keys, contracts.

Two stages: the custody half alone, whose regime a test sets as it likes, and the whole venue, whose regime is the
feed's.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from custody.chain.client import ChainClient
from custody.chain.compiler import Artifact, compile_contracts
from custody.chain.deployment import (
    Deployment,
    VenueDeployment,
    VenueTerms,
    deploy_devnet,
    deploy_venue,
    predict_deployment,
    predict_venue,
)
from custody.chain.exchange import Exchange
from custody.chain.vault import Vault
from custody.coordinator import Asker, RunCoordinator, RunResult, terms_of
from custody.host import HostDirectory, HostIdentity
from custody.host.identity import SEED_BYTES
from custody.identifiers import Address
from custody.net import HttpTransport
from custody.policy.clock import DEVNET_CHAIN_ID
from custody.ports.transport import Transport
from custody.protocol.committee import Committee
from custody.units import USDC, MicroUsdc
from custody.wiring.devnet import (
    CustodianProcess,
    configure_and_start,
    connect,
    expedite_rule,
    heartbeat_rule,
    liquidation_rule,
    make_custodians,
    start_anvil,
)
from custody.wiring.processes import Children

SEATS: Final = 5
THRESHOLDS: Final = (3, 4)
MOST_A_CUSTODIAN_SIGNS: Final = MicroUsdc(100_000 * USDC)
MOST_ACCOUNTS_AT_ONCE: Final = 128
Say = Callable[[str], None]
D = TypeVar("D", bound=Deployment)


@dataclass(frozen=True, slots=True, kw_only=True)
class CustodyProcesses:
    """The chain and the custodians, with keys and without contracts. `coordinator` is the request key they allow."""

    url: str
    client: ChainClient
    artifacts: Mapping[str, Artifact]
    children: Children
    custodians: list[CustodianProcess]
    committee: Committee
    coordinator: HostIdentity
    transport: Transport
    ceremony: RunResult
    ceremony_seconds: float

    def asker(self, transport: Transport | None = None) -> Asker:
        """Asks these custodians, over another way if one is given."""
        return Asker(
            committee=self.committee,
            identity=self.coordinator,
            hosts=HostDirectory(),
            transport=transport or self.transport,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """The custody half, set up."""

    processes: CustodyProcesses
    vault: Vault
    gas: Mapping[str, int]

    @property
    def client(self) -> ChainClient:
        return self.processes.client

    @property
    def custodians(self) -> list[CustodianProcess]:
        return self.processes.custodians

    @property
    def children(self) -> Children:
        return self.processes.children

    @property
    def committee(self) -> Committee:
        return self.processes.committee

    @property
    def coordinator(self) -> HostIdentity:
        return self.processes.coordinator

    @property
    def transport(self) -> Transport:
        return self.processes.transport

    @property
    def ceremony(self) -> RunResult:
        return self.processes.ceremony

    def asker(self, transport: Transport | None = None) -> Asker:
        return self.processes.asker(transport)


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueStage(Stage):
    """The whole venue, set up."""

    exchange: Exchange
    deployment: VenueDeployment


@asynccontextmanager
async def set_stage(
    *, root: Path, folder: Path, port: int | None = None, say: Say = lambda _: None
) -> AsyncIterator[Stage]:
    """Set up the custody half below `folder`; no process outlives the context.

    Raises:
        CustodyError: a step failed, with what to do.
    """

    def rules(expected: Deployment) -> str:
        return expedite_rule(expected.vault, max_amount=MOST_A_CUSTODIAN_SIGNS) + heartbeat_rule(expected.authority)

    async with _processes(root, folder, port, say, predict=predict_deployment, rules=rules) as processes:
        say("deploying token, oracle, people, authority, vault")
        client, ceremony = processes.client, processes.ceremony
        deployment, gas = deploy_devnet(
            client,
            deployer=client.accounts()[0],
            keys=ceremony.tenure.by_threshold,
            signers=SEATS,
            certificate=ceremony.tenure.root,
        )
        yield Stage(processes=processes, vault=Vault(client, deployment), gas=gas)


@asynccontextmanager
async def set_venue_stage(
    terms: VenueTerms,
    *,
    root: Path,
    folder: Path,
    port: int | None = None,
    chain_time: int | None = None,
    say: Say = lambda _: None,
) -> AsyncIterator[VenueStage]:
    """Set up the whole venue below `folder`, on a chain that begins at `chain_time`.

    Raises:
        CustodyError: a step failed, with what to do.
    """

    def rules(expected: VenueDeployment) -> str:
        expedite = expedite_rule(expected.vault, max_amount=MOST_A_CUSTODIAN_SIGNS)
        liquidation = liquidation_rule(expected.liquidation, max_accounts=MOST_ACCOUNTS_AT_ONCE)
        return expedite + liquidation + heartbeat_rule(expected.authority)

    async with _processes(
        root, folder, port, say, predict=predict_venue, rules=rules, chain_time=chain_time
    ) as processes:
        say("deploying token, feed, oracle, people, authority, risk engine, vault, venue, liquidation")
        client, ceremony = processes.client, processes.ceremony
        deployment, gas = deploy_venue(
            client,
            terms,
            deployer=client.accounts()[0],
            keys=ceremony.tenure.by_threshold,
            signers=SEATS,
            certificate=ceremony.tenure.root,
        )
        yield VenueStage(
            processes=processes,
            vault=Vault(client, deployment),
            gas=gas,
            exchange=Exchange(client, deployment),
            deployment=deployment,
        )


@asynccontextmanager
async def _processes(
    root: Path,
    folder: Path,
    port: int | None,
    say: Say,
    *,
    predict: Callable[[ChainClient, Address], D],
    rules: Callable[[D], str],
    chain_time: int | None = None,
) -> AsyncIterator[CustodyProcesses]:
    """Compile, start chain and custodians, and run the ceremony for the authority that will be deployed."""
    async with AsyncExitStack() as stack:
        children = stack.enter_context(Children())
        say("compiling contracts")
        artifacts = compile_contracts(root)
        say("starting anvil")
        _, url = start_anvil(children, root=root, folder=folder, port=port, chain_time=chain_time)
        client = connect(url, artifacts)
        expected = predict(client, client.accounts()[0])
        say(f"making the keys of {SEATS} custodians, each in a process of its own")
        custodians, hosts = make_custodians(folder, SEATS)
        committee = Committee(
            hosts=tuple(hosts), thresholds=THRESHOLDS, chain_id=DEVNET_CHAIN_ID, authority=expected.authority
        )
        coordinator = HostIdentity(secrets.token_bytes(SEED_BYTES), sits=False)
        say(f"starting {SEATS} custodian processes")
        configure_and_start(
            custodians, committee, children=children, rpc=url, coordinator=coordinator.keys, rules=rules(expected)
        )
        transport = HttpTransport({custodian.seat: custodian.url for custodian in custodians})
        await stack.enter_async_context(transport)
        relay = RunCoordinator(
            identity=coordinator,
            hosts=HostDirectory(),
            transport=transport,
            progress=lambda line: say(f"ceremony, {line}"),
        )
        started = time.perf_counter()
        result = await relay.run(terms_of("ceremony", committee))
        yield CustodyProcesses(
            url=url,
            client=client,
            artifacts=artifacts,
            children=children,
            custodians=custodians,
            committee=committee,
            coordinator=coordinator,
            transport=transport,
            ceremony=result,
            ceremony_seconds=time.perf_counter() - started,
        )
