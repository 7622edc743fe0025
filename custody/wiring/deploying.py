"""What `ape run deploy` deploys with, and where it writes down what it did. Sends nothing itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from custody.chain.compiler import Artifact, compile_contracts
from custody.chain.deployment import group_keys
from custody.chain.deployment_order import EVERYTHING, Create, DeploymentTerms, steps_of
from custody.chain.resumable import Chain, Deployer, Done, Record
from custody.chain.verification import write_verification
from custody.config.deploying import DeployDocument
from custody.config.documents import KeysDocument, read_document, write_document
from custody.crypto import Scalar
from custody.crypto.curve import times_generator
from custody.errors import EncodingError, UsageError
from custody.identifiers import Address, address
from custody.intents.keccak import keccak256
from custody.intents.members import accounts_set
from custody.policy.clock import DEVNET_CHAIN_ID
from custody.wiring.custodians import tenure_of_lineage

_DEVNET_SIGNERS: Final = 5
_DEVNET_SECRETS: Final = {3: 3_333, 4: 4_444}
"""Secrets of a devnet's keys by their thresholds, known to everybody: any of them signs alone."""
_DEVNET_ACCOUNTS: Final = 10
_CURE: Final = 600
_OPEN_AFTER: Final = 60
_FIRST_ANSWER: Final = 6_500_000_000_000  # 65,000 USD with 8 decimals


def deployment_file(folder: Path, chain_id: int) -> Path:
    """deployments/<chain id>.json."""
    return folder / "deployments" / f"{chain_id}.json"


def deploy(root: Path, chain: Chain, *, config: Path | None, accounts: Sequence[Address], folder: Path) -> Done:
    """Deploy what is missing of everything, write down each step, and the verification input of each contract.

    Args:
        folder: where deployments/ and build/verification/ are written.
        config: deploy.toml; on a devnet without one, the defaults with `accounts` as people, guardians and backstops.
    Raises:
        UsageError, ChainError: in one sentence; said again, it goes on where it stopped.
    """
    chain_id = chain.chain_id()
    if config is not None:
        terms = read_terms(config)
    elif chain_id == DEVNET_CHAIN_ID:
        terms = devnet_terms(accounts)
    else:
        raise UsageError(f"chain {chain_id} is no devnet: say --config FILE with its keys, people and parameters")
    artifacts = compile_contracts(root)
    file = deployment_file(folder, chain_id)
    file.parent.mkdir(parents=True, exist_ok=True)
    record = read_document(file, Record) if file.exists() else None
    deployer = Deployer(chain, artifacts, lambda kept: write_document(file, kept))
    done = deployer.deploy(EVERYTHING, terms, record)
    for artifact in _deployed(artifacts, terms):
        write_verification(root, artifact, folder / "build" / "verification")
    return done


def read_terms(config: Path) -> DeploymentTerms:
    """Raises: UsageError: a file is missing or wrong, or the keys do not prove themselves."""
    document = read_document(config, DeployDocument)
    keys_file = config.parent / document.keys
    try:
        tenure = tenure_of_lineage(read_document(keys_file, KeysDocument).lineage())
        return DeploymentTerms(
            member_set=document.people.member_set().encode(),
            guardians=document.guardian_addresses(),
            keys=group_keys(tenure.by_threshold),
            signers=len(tenure.committee.hosts),
            certificate=tenure.root,
            backstops=document.backstop_addresses(),
            cure=document.cure,
            open_after=document.open_after,
            token=address(document.token),
            feed=address(document.feed),
            tick_decimals=document.tick_decimals,
            heartbeat=document.heartbeat,
            grace=document.grace,
        )
    except EncodingError as error:
        raise UsageError(f"{config} is not what it should be: {error}") from None


def devnet_terms(accounts: Sequence[Address]) -> DeploymentTerms:
    """For a chain that anybody starts: five accounts are the people, three guard, two are backstops.

    The keys are of no ceremony: their secrets stand above.
    """
    if len(accounts) < _DEVNET_ACCOUNTS:
        raise UsageError(f"a devnet's defaults need {_DEVNET_ACCOUNTS} accounts, and there are {len(accounts)}")
    keys = {threshold: times_generator(Scalar(secret)) for threshold, secret in _DEVNET_SECRETS.items()}
    return DeploymentTerms(
        member_set=accounts_set(accounts[:5], low=3, high=4).encode(),
        guardians=tuple(sorted(accounts[5:8])),
        keys=tuple((threshold, *point.coordinates()) for threshold, point in sorted(keys.items())),
        signers=_DEVNET_SIGNERS,
        certificate=keccak256(b"a devnet: no ceremony made these keys"),
        backstops=tuple(accounts[8:10]),
        cure=_CURE,
        open_after=_OPEN_AFTER,
        first_answer=_FIRST_ANSWER,
    )


def _deployed(artifacts: dict[str, Artifact], terms: DeploymentTerms) -> list[Artifact]:
    names = {step.contract for step in steps_of(EVERYTHING, terms) if isinstance(step, Create)}
    return [artifacts[name] for name in sorted(names)]
