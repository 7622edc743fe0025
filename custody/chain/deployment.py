"""Puts the contracts on a devnet in order, and says beforehand where they will lie.

The authority's address is part of what a ceremony's committee agrees on, so it is known before the keys are. The order
is `deployment_order.py`'s; other chains are deployed to by `resumable.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from custody.chain.client import ChainClient, Mined
from custody.chain.deployment_order import (
    CUSTODY_HALF,
    EVERYTHING,
    Create,
    DeploymentTerms,
    Send,
    Step,
    contract_address,
    lay_out,
)
from custody.crypto.keys import GroupKey
from custody.errors import ChainError
from custody.identifiers import Address
from custody.intents.members import accounts_set

__all__ = [
    "Deployment",
    "VenueDeployment",
    "VenueTerms",
    "contract_address",
    "deploy_devnet",
    "deploy_venue",
    "predict_deployment",
    "predict_venue",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """Where the custody half lies."""

    token: Address
    oracle: Address
    people: Address
    authority: Address
    vault: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueDeployment(Deployment):
    """Where everything lies; `oracle` is the volatility oracle, which says the regime too."""

    feed: Address
    risk: Address
    succession: Address
    delegations: Address
    venue: Address
    liquidation: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueTerms:
    """What a venue is deployed with. Times in seconds; `backstops` in the order in which they take."""

    first_answer: int  # the feed's first round, with its 8 decimals
    backstops: tuple[Address, ...]
    cure: int
    open_after: int
    tick_decimals: int = 2
    heartbeat: int = 3_600
    grace: int = 900


def predict_deployment(client: ChainClient, deployer: Address) -> Deployment:
    """Where `deploy_devnet` will put things if `deployer` sends nothing else before."""
    return Deployment(**lay_out(CUSTODY_HALF, deployer=deployer, count=client.transaction_count(deployer)))


def predict_venue(client: ChainClient, deployer: Address) -> VenueDeployment:
    """Where `deploy_venue` will put things if `deployer` sends nothing else before."""
    return VenueDeployment(**lay_out(EVERYTHING, deployer=deployer, count=client.transaction_count(deployer)))


def deploy_devnet(
    client: ChainClient, *, deployer: Address, keys: Mapping[int, GroupKey], signers: int, certificate: bytes
) -> tuple[Deployment, dict[str, int]]:
    """Deploy token, oracle, people, authority and vault, without a venue; returns where they lie and the gas of each.

    Raises:
        Reverted: a constructor refused, by name. ChainError: the deployer sent something else meanwhile.
    """
    members, guardians = _devnet_people(client)
    terms = DeploymentTerms(
        member_set=members, guardians=guardians, keys=group_keys(keys), signers=signers, certificate=certificate
    )
    expected = predict_deployment(client, deployer)
    return expected, _put(client, CUSTODY_HALF, terms, deployer)


def deploy_venue(
    client: ChainClient,
    terms: VenueTerms,
    *,
    deployer: Address,
    keys: Mapping[int, GroupKey],
    signers: int,
    certificate: bytes,
) -> tuple[VenueDeployment, dict[str, int]]:
    """Deploy everything, each contract naming the others from its constructor on.

    Raises:
        Reverted: a constructor refused, by name. ChainError: the deployer sent something else meanwhile.
    """
    members, guardians = _devnet_people(client)
    whole = DeploymentTerms(
        member_set=members,
        guardians=guardians,
        keys=group_keys(keys),
        signers=signers,
        certificate=certificate,
        **{field.name: getattr(terms, field.name) for field in fields(terms)},
    )
    expected = predict_venue(client, deployer)
    return expected, _put(client, EVERYTHING, whole, deployer)


def group_keys(keys: Mapping[int, GroupKey]) -> tuple[tuple[int, int, int], ...]:
    """As the authority's constructor takes them."""
    return tuple((threshold, *keys[threshold].public.coordinates()) for threshold in sorted(keys))


def _put(client: ChainClient, order: Sequence[Step], terms: DeploymentTerms, deployer: Address) -> dict[str, int]:
    """Every step in order; returns the gas of each contract.

    Raises:
        ChainError: something lies elsewhere than it was said to lie.
    """
    at = lay_out(order, deployer=deployer, count=client.transaction_count(deployer))
    gas: dict[str, int] = {}
    for step in order:
        match step:
            case Send():
                _, _, now = client.head()
                function = client.at(step.contract, at[step.on]).functions[step.function]
                client.send(function(*step.arguments(terms, now)), sender=deployer)
            case Create():
                mined: Mined = client.deploy(step.contract, step.arguments(terms, at), sender=deployer)
                gas[step.contract] = mined.gas
                if mined.contract != at[step.name]:
                    raise ChainError(
                        "the contracts lie elsewhere than the ceremony agreed; deploy again with a fresh ceremony"
                    )
    return gas


def _devnet_people(client: ChainClient) -> tuple[bytes, tuple[Address, ...]]:
    """The member set and the guardians of a devnet, out of the accounts that its chain unlocks."""
    accounts = client.accounts()
    return accounts_set(accounts[:5], low=3, high=4).encode(), tuple(sorted(accounts[5:8]))
