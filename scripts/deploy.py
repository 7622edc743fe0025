"""`ape run deploy --network ...`: every contract in order, once; said again, what is missing.

On a devnet it needs nothing more. On any other chain it takes --account, an account that ape keeps, and --config, a
deploy.toml (README, "For deployers"). Where everything lies stands in deployments/<chain id>.json.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click
from ape import accounts, networks
from ape.cli import ConnectedProviderCommand
from ape.contracts import ContractContainer
from ape.exceptions import ApeException
from ethpm_types import ContractType

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # first: ape puts the project behind whatever is installed

from custody.chain.compiler import Artifact  # noqa: E402 - only now is the project on the path
from custody.chain.sent import input_of  # noqa: E402
from custody.errors import ChainError, CustodyError, UsageError  # noqa: E402
from custody.identifiers import Address, address  # noqa: E402
from custody.intents.keccak import checksum_address  # noqa: E402
from custody.wiring.deploying import deploy, deployment_file  # noqa: E402


class ApeChain:
    """The chain that ape is connected to, and one of its accounts."""

    def __init__(self, account: Any) -> None:
        self._account = account
        self._web3 = networks.provider.web3

    def chain_id(self) -> int:
        return int(networks.provider.chain_id)

    def deployer(self) -> Address:
        return address(str(self._account.address))

    def count(self) -> int:
        mined, waiting = (
            self._web3.eth.get_transaction_count(self._account.address, at) for at in ("latest", "pending")
        )
        if mined != waiting:
            raise ChainError(
                f"{waiting - mined} transactions of the deployer still wait: run this again when they are mined"
            )
        return int(mined)

    def now(self) -> int:
        return int(self._web3.eth.get_block("latest")["timestamp"])

    def code(self, where: Address) -> bytes:
        return bytes(self._web3.eth.get_code(checksum_address(where)))

    def said(self, nonce: int) -> bytes:
        return input_of(self._web3, self.deployer(), nonce)

    def create(self, artifact: Artifact, arguments: tuple[object, ...]) -> Address:
        try:
            made = self._account.deploy(_container(artifact), *_for_ape(arguments), publish=False)
        except ApeException as error:
            raise ChainError(f"{artifact.name} was not deployed: {error}") from error
        click.echo(f"{artifact.name:20} {made.address}")
        return address(str(made.address))

    def send(self, artifact: Artifact, where: Address, function: str, arguments: tuple[object, ...]) -> None:
        contract = _container(artifact).at(checksum_address(where), fetch_from_explorer=False)
        try:
            getattr(contract, function)(*_for_ape(arguments), sender=self._account)
        except ApeException as error:
            raise ChainError(f"{artifact.name}.{function} failed: {error}") from error


def _container(artifact: Artifact) -> ContractContainer:
    """The contract as our compiler made it: what is deployed is what is verified."""
    kind = ContractType(
        contractName=artifact.name,
        abi=artifact.abi,
        deploymentBytecode={"bytecode": artifact.bytecode},
        runtimeBytecode={"bytecode": artifact.runtime},
    )
    return ContractContainer(kind)


def _for_ape(value: Any) -> Any:
    """Addresses as ape writes them; everything else as it is."""
    if isinstance(value, tuple | list):
        return [_for_ape(each) for each in value]
    return checksum_address(Address(value)) if isinstance(value, bytes) and len(value) == 20 else value


def _account(alias: str | None) -> Any:
    if alias is not None:
        try:
            return accounts.load(alias)
        except (ApeException, KeyError, IndexError):
            raise UsageError(f"ape keeps no account {alias!r}: `ape accounts list` says which there are") from None
    if networks.provider.network.is_local:
        return accounts.test_accounts[0]
    raise UsageError("say --account ALIAS: the account that deploys, as `ape accounts list` names it")


@click.command(cls=ConnectedProviderCommand)
@click.option("--account", default=None, help="Alias of the account that deploys; on a local chain its first.")
@click.option("--config", type=click.Path(path_type=Path), default=None, help="deploy.toml; a devnet needs none.")
@click.option("--folder", type=click.Path(path_type=Path), default=ROOT, help="Where it writes; else the project.")
def cli(account: str | None, config: Path | None, folder: Path) -> None:
    """Deploy every contract in order; what is there already stays."""
    try:
        chain = ApeChain(_account(account))
        test_accounts = [address(str(each.address)) for each in accounts.test_accounts]
        done = deploy(ROOT, chain, config=config, accounts=test_accounts, folder=folder)
    except CustodyError as error:
        click.echo(f"deploy: {error}", err=True)
        sys.exit(2 if isinstance(error, UsageError) else 1)
    click.echo(f"{len(done.taken)} steps taken" if done.taken else "nothing to do: everything is there")
    for name, where in done.addresses.items():
        click.echo(f"{name:12} {checksum_address(where)}")
    click.echo(f"written to {deployment_file(folder, chain.chain_id())}")
