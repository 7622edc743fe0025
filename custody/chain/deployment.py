"""Puts the contracts on a chain in order, and says beforehand where they will lie.

The authority's address is part of what a ceremony's committee agrees on, so it is known before the keys are: the
address of a contract follows from its deployer and the deployer's transaction count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from custody.chain.client import ChainClient, Mined
from custody.crypto.keys import GroupKey
from custody.errors import ChainError
from custody.identifiers import Address
from custody.intents.keccak import keccak256
from custody.intents.members import accounts_set

_NO_VENUE: Final = Address(bytes(19) + b"\x01")
"""Whom a vault without a venue names: an address that no key and no code has."""


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
    count = client.transaction_count(deployer)
    token, oracle, people, authority, vault = (contract_address(deployer, count + index) for index in range(5))
    return Deployment(token=token, oracle=oracle, people=people, authority=authority, vault=vault)


def predict_venue(client: ChainClient, deployer: Address) -> VenueDeployment:
    """Where `deploy_venue` will put things if `deployer` sends nothing else before."""
    count = client.transaction_count(deployer)
    order = ("token", "feed", "first round", "oracle", "people", "authority", "risk", "vault", "venue", "liquidation")
    lie = {name: contract_address(deployer, count + index) for index, name in enumerate(order)}
    del lie["first round"]
    return VenueDeployment(**lie)


def contract_address(deployer: Address, nonce: int) -> Address:
    """The address of what `deployer` creates with this transaction count: keccak of the RLP list, last 20 bytes."""
    return Address(keccak256(_rlp_bytes_and_number(deployer, nonce))[12:])


def _rlp_bytes_and_number(account: bytes, number: int) -> bytes:
    digits = number.to_bytes((number.bit_length() + 7) // 8, "big")
    encoded = digits if len(digits) == 1 and digits[0] < 0x80 else bytes([0x80 + len(digits)]) + digits
    payload = bytes([0x80 + len(account)]) + account + encoded
    return bytes([0xC0 + len(payload)]) + payload


def deploy_devnet(
    client: ChainClient, *, deployer: Address, keys: Mapping[int, GroupKey], signers: int, certificate: bytes
) -> tuple[Deployment, dict[str, int]]:
    """Deploy token, oracle, people, authority and vault, without a venue; returns where they lie and the gas of each.

    Raises:
        Reverted: a constructor refused, by name. ChainError: the deployer sent something else meanwhile.
    """
    expected = predict_deployment(client, deployer)
    put = _Deployer(client, deployer)
    token = put("DevnetUSDC")
    oracle = put("DevnetRegimeOracle")
    people = put("MultisigAuthority", *_devnet_people(client), oracle)
    authority = put("ThresholdAuthority", _group_keys(keys), signers, certificate, oracle, people)
    vault = put("CollateralVault", token, authority, people, oracle, _NO_VENUE)
    deployment = Deployment(token=token, oracle=oracle, people=people, authority=authority, vault=vault)
    _require_expected(deployment, expected)
    return deployment, put.gas


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
    expected = predict_venue(client, deployer)
    put = _Deployer(client, deployer)
    token = put("DevnetUSDC")
    feed = put("PriceFeed")
    _, _, now = client.head()
    client.send(client.at("PriceFeed", feed).functions.push([(terms.first_answer, now)]), sender=deployer)
    oracle = put("VolatilityOracle", feed, terms.tick_decimals, terms.heartbeat, terms.grace)
    people = put("MultisigAuthority", *_devnet_people(client), oracle)
    authority = put("ThresholdAuthority", _group_keys(keys), signers, certificate, oracle, people)
    risk = put("RiskEngine", oracle)
    vault = put("CollateralVault", token, authority, people, oracle, expected.venue)
    venue = put("MarginVenue", vault, oracle, risk, expected.liquidation)
    backstops = list(terms.backstops)
    liquidation = put("Liquidation", venue, vault, oracle, risk, authority, backstops, terms.cure, terms.open_after)
    deployment = VenueDeployment(
        token=token,
        oracle=oracle,
        people=people,
        authority=authority,
        vault=vault,
        feed=feed,
        risk=risk,
        venue=venue,
        liquidation=liquidation,
    )
    _require_expected(deployment, expected)
    return deployment, put.gas


class _Deployer:
    """Puts contracts one after another and keeps the gas of each."""

    def __init__(self, client: ChainClient, deployer: Address) -> None:
        self._client = client
        self._deployer = deployer
        self.gas: dict[str, int] = {}

    def __call__(self, name: str, *arguments: object) -> Address:
        mined: Mined = self._client.deploy(name, arguments, sender=self._deployer)
        assert mined.contract is not None, "a constructor that succeeded made a contract"
        self.gas[name] = mined.gas
        return mined.contract


def _devnet_people(client: ChainClient) -> tuple[bytes, list[Address]]:
    """The member set and the guardians of a devnet, out of the accounts that its chain unlocks."""
    accounts = client.accounts()
    members, guardians = accounts[:5], accounts[5:8]
    return accounts_set(members, low=3, high=4).encode(), sorted(guardians)


def _group_keys(keys: Mapping[int, GroupKey]) -> list[tuple[int, int, int]]:
    return [(threshold, *keys[threshold].public.coordinates()) for threshold in sorted(keys)]


def _require_expected(deployment: Deployment, expected: Deployment) -> None:
    if deployment != expected:
        raise ChainError("the contracts lie elsewhere than the ceremony agreed; deploy again with a fresh ceremony")
