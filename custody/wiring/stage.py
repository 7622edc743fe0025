"""A whole custody on a local chain, for the demo and for tests: anvil, custodian processes, keys, contracts."""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from custody.chain.client import ChainClient
from custody.chain.compiler import compile_contracts
from custody.chain.deployment import deploy_devnet, predict_deployment
from custody.chain.vault import Vault
from custody.coordinator import Asker, CeremonyResult, run_ceremony
from custody.host import HostDirectory, HostIdentity
from custody.host.identity import SEED_BYTES
from custody.net import HttpTransport
from custody.policy.clock import DEVNET_CHAIN_ID
from custody.ports.transport import Transport
from custody.protocol.committee import Committee
from custody.units import USDC, MicroUsdc
from custody.wiring.devnet import CustodianProcess, configure_and_start, connect, make_custodians, start_anvil
from custody.wiring.processes import Children

SEATS: Final = 5
THRESHOLDS: Final = (3, 4)
MOST_A_CUSTODIAN_SIGNS: Final = MicroUsdc(100_000 * USDC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Everything that was set up. `coordinator` is the request key that the custodians allow."""

    url: str
    client: ChainClient
    vault: Vault
    gas: Mapping[str, int]
    children: Children
    custodians: list[CustodianProcess]
    committee: Committee
    coordinator: HostIdentity
    transport: Transport
    ceremony: CeremonyResult
    ceremony_seconds: float

    def asker(self, transport: Transport | None = None) -> Asker:
        """Asks these custodians, over another way if one is given."""
        return Asker(
            committee=self.committee,
            identity=self.coordinator,
            hosts=HostDirectory(),
            transport=transport or self.transport,
        )


@asynccontextmanager
async def set_stage(
    *, root: Path, folder: Path, port: int | None = None, say: Callable[[str], None] = lambda _: None
) -> AsyncIterator[Stage]:
    """Set everything up below `folder`; no process outlives the context.

    Raises:
        CustodyError: a step failed, with what to do.
    """
    async with AsyncExitStack() as stack:
        children = stack.enter_context(Children())
        say("compiling contracts")
        artifacts = compile_contracts(root)
        say("starting anvil")
        _, url = start_anvil(children, root=root, folder=folder, port=port)
        client = connect(url, artifacts)
        deployer = client.accounts()[0]
        expected = predict_deployment(client, deployer)
        say(f"making the keys of {SEATS} custodians, each in a process of its own")
        custodians, hosts = make_custodians(folder, SEATS)
        committee = Committee(
            hosts=tuple(hosts), thresholds=THRESHOLDS, chain_id=DEVNET_CHAIN_ID, authority=expected.authority
        )
        coordinator = HostIdentity(secrets.token_bytes(SEED_BYTES), seals=False)
        say(f"starting {SEATS} custodian processes")
        configure_and_start(
            custodians,
            committee,
            children=children,
            rpc=url,
            coordinator=coordinator.keys,
            vault=expected.vault,
            max_amount=MOST_A_CUSTODIAN_SIGNS,
        )
        transport = HttpTransport({custodian.seat: custodian.url for custodian in custodians})
        await stack.enter_async_context(transport)
        asker = Asker(committee=committee, identity=coordinator, hosts=HostDirectory(), transport=transport)
        started = time.perf_counter()
        result = await run_ceremony(asker, progress=lambda line: say(f"ceremony, {line}"))
        ceremony_seconds = time.perf_counter() - started
        say("deploying token, oracle, authority, vault")
        deployment, gas = deploy_devnet(
            client, deployer=deployer, keys=result.keys, signers=SEATS, certificate=result.certificate
        )
        yield Stage(
            url=url,
            client=client,
            vault=Vault(client, deployment),
            gas=gas,
            children=children,
            custodians=custodians,
            committee=committee,
            coordinator=coordinator,
            transport=transport,
            ceremony=result,
            ceremony_seconds=ceremony_seconds,
        )
