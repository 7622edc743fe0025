"""A local chain and custodian processes on it, each in a folder of its own: for the demo and for tests."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from custody.chain.client import ChainClient
from custody.chain.compiler import Artifact
from custody.config.documents import CommitteeDocument, HostDocument, read_document, write_document
from custody.config.node_home import COMMITTEE_FILE, HOST_FILE, NODE_FILE, POLICY_FILE
from custody.config.passphrase import VARIABLE
from custody.errors import Unreachable, UsageError
from custody.identifiers import Address, SignerId, to_hex
from custody.intents.classes import LONGEST_DEADLINE, ActionClass
from custody.intents.expedite import Expedite
from custody.intents.liquidation import LiquidationOrder
from custody.intents.rotation import Heartbeat
from custody.policy.clock import DEVNET_CHAIN_ID
from custody.policy.heartbeat import HEARTBEAT_AHEAD
from custody.protocol.committee import Committee, HostKeys
from custody.units import DAY, MicroUsdc
from custody.wiring.processes import Child, Children

_READY_SECONDS: Final = 30.0
_LEAST_PORT: Final = 20_000
_PORTS: Final = 12_000
_ANVIL: Final = "node_modules/@foundry-rs/anvil-linux-{machine}/bin/anvil"
_MACHINES: Final = {"x86_64": "amd64", "aarch64": "arm64"}


def free_port() -> int:
    """A port of 127.0.0.1 that nobody held a moment ago, below those that the system lends to outgoing connections."""
    while True:
        port = _LEAST_PORT + secrets.randbelow(_PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def require_free(port: int) -> None:
    """Raises: UsageError: somebody listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise UsageError(f"port {port} of 127.0.0.1 is in use; choose another, or leave --port out") from None


def anvil_binary(root: Path) -> Path:
    """The native binary, not the launcher, which hides exit codes.

    Raises:
        UsageError: it is not installed.
    """
    binary = root / _ANVIL.format(machine=_MACHINES.get(os.uname().machine, os.uname().machine))
    if not binary.exists():
        raise UsageError("anvil is not installed; run scripts/demo or scripts/test once, they install it")
    return binary


def start_anvil(
    children: Children, *, root: Path, folder: Path, port: int | None = None, chain_time: int | None = None
) -> tuple[Child, str]:
    """A fresh chain on 127.0.0.1 that begins at `chain_time` (unix seconds; now if left out): its process and URL.

    Every account's transactions are taken unsigned: it is a devnet.

    Raises:
        UsageError: the port is in use, or anvil is missing. ChildFailed.
    """
    if port is None:
        port = free_port()
    require_free(port)
    command = [str(anvil_binary(root)), "--port", str(port), "--chain-id", str(DEVNET_CHAIN_ID), "--hardfork", "osaka"]
    command += ["--silent", "--enable-tx-gas-limit", "--auto-impersonate"]
    if chain_time is not None:
        command += ["--timestamp", str(chain_time)]
    child = children.start("anvil", command, log=folder / "anvil.log")

    def listens() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    child.await_ready(listens, seconds=_READY_SECONDS)
    return child, f"http://127.0.0.1:{port}"


def connect(url: str, artifacts: dict[str, Artifact]) -> ChainClient:
    """A client of a chain that has just been started.

    Raises:
        Unreachable: it does not answer within a few seconds.
    """
    client = ChainClient(url, artifacts)
    until = time.monotonic() + _READY_SECONDS
    while True:
        try:
            client.chain_id()
        except Unreachable:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return client


class CustodianProcess:
    """One custodian: its folder, its passphrase, its process. The passphrase is this run's own and dies with it."""

    def __init__(self, seat: SignerId, home: Path) -> None:
        self.seat = seat
        self.home = home
        self.port = free_port()
        self.child: Child | None = None
        self._environment = {**os.environ, VARIABLE: secrets.token_hex(16)}

    @property
    def passphrase(self) -> bytes:
        """Of its store. Only tests that play its operator ask."""
        return self._environment[VARIABLE].encode()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def init(self) -> HostKeys:
        """Make its keys, in a process of its own; returns the public ones.

        Raises:
            UsageError: it could not, with what it said.
        """
        command = [sys.executable, "-m", "custody.cli", "node", "init", "--home", str(self.home)]
        done = subprocess.run(command, env=self._environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise UsageError(f"custodian {self.seat} could not be made: {done.stderr.strip()}")
        return read_document(self.home / HOST_FILE, HostDocument).keys()

    def configure(self, *, rpc: str, committee: CommitteeDocument, coordinator: HostKeys, rules: str) -> None:
        """Write the files that its operator would; `rules` is the text of policy.toml."""
        write_document(self.home / COMMITTEE_FILE, committee)
        (self.home / NODE_FILE).write_text(
            f'rpc = "{rpc}"\nport = {self.port}\ncoordinators = ["{coordinator.signing.hex()}"]\ndevnet = true\n'
        )
        (self.home / POLICY_FILE).write_text(rules)

    def start(self, children: Children) -> None:
        """Start its process; `await_ready` waits for it."""
        self._ready_file.unlink(missing_ok=True)
        command = [sys.executable, "-m", "custody.cli", "node", "run", "--home", str(self.home)]
        command += ["--ready-file", str(self._ready_file)]
        self.child = children.start(
            f"custodian {self.seat}", command, log=self.home / "node.log", environment=self._environment
        )

    @property
    def _ready_file(self) -> Path:
        return self.home / "ready"

    def await_ready(self) -> None:
        """Raises: ChildFailed."""
        assert self.child is not None, "await_ready follows start"
        self.child.await_ready(self._ready_file.exists, seconds=_READY_SECONDS)

    def kill(self) -> None:
        """SIGKILL."""
        if self.child is not None:
            self.child.kill()
            self.child = None


def make_custodians(folder: Path, count: int) -> tuple[list[CustodianProcess], list[HostKeys]]:
    """Folders and keys for `count` custodians, two at a time."""
    custodians = [CustodianProcess(SignerId(seat), folder / f"custodian-{seat}") for seat in range(1, count + 1)]
    with ThreadPoolExecutor(max_workers=2) as pool:
        return custodians, list(pool.map(CustodianProcess.init, custodians))


def configure_and_start(
    custodians: list[CustodianProcess],
    committee: Committee,
    *,
    children: Children,
    rpc: str,
    coordinator: HostKeys,
    rules: str,
) -> None:
    """Give every custodian the same committee file and its own settings, start all, wait for all."""
    document = CommitteeDocument.of(committee, [custodian.url for custodian in custodians])
    for custodian in custodians:
        custodian.configure(rpc=rpc, committee=document, coordinator=coordinator, rules=rules)
        custodian.start(children)
    for custodian in custodians:
        custodian.await_ready()


def expedite_rule(vault: Address, *, max_amount: MicroUsdc) -> str:
    """A line of policy.toml: sign payouts of this vault up to an amount, a day ahead."""
    return _rule(Expedite.NAME, vault, max_deadline_ahead=DAY) + f"max_amount = {max_amount}\n"


def liquidation_rule(liquidation: Address, *, max_accounts: int) -> str:
    """A line of policy.toml: sign liquidations of this venue, so many accounts an order, ten minutes ahead."""
    longest = LONGEST_DEADLINE[ActionClass.A]
    return _rule(LiquidationOrder.NAME, liquidation, max_deadline_ahead=longest) + f"max_accounts = {max_accounts}\n"


def heartbeat_rule(authority: Address) -> str:
    """A line of policy.toml: sign heartbeats of this authority, an hour ahead."""
    return _rule(Heartbeat.NAME, authority, max_deadline_ahead=HEARTBEAT_AHEAD)


def _rule(intent: str, contract: Address, *, max_deadline_ahead: int) -> str:
    return (
        f'[[rule]]\nname = "{intent}"\neffect = "allow"\nintent = "{intent}"\nchain_id = {DEVNET_CHAIN_ID}\n'
        f'contract = "{to_hex(contract)}"\nmax_deadline_ahead = {max_deadline_ahead}\n'
    )
