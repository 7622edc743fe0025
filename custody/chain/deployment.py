"""Puts the contracts on a chain in order, and says beforehand where they will lie.

The authority's address is part of what a ceremony's committee agrees on, so it is known before the keys are: the
address of a contract follows from its deployer and the deployer's transaction count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from custody.chain.client import ChainClient, Mined
from custody.crypto.keys import GroupKey
from custody.errors import ChainError
from custody.identifiers import Address
from custody.intents.keccak import keccak256


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """Where everything lies."""

    token: Address
    oracle: Address
    authority: Address
    vault: Address


def predict_deployment(client: ChainClient, deployer: Address) -> Deployment:
    """Where `deploy_devnet` will put things if `deployer` sends nothing else before."""
    count = client.transaction_count(deployer)
    token, oracle, authority, vault = (contract_address(deployer, count + index) for index in range(4))
    return Deployment(token=token, oracle=oracle, authority=authority, vault=vault)


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
    """Deploy token, oracle, authority and vault; returns where they lie and the gas of each.

    Raises:
        Reverted: a constructor refused, by name. ChainError: the deployer sent something else meanwhile.
    """
    expected = predict_deployment(client, deployer)
    group_keys = [(threshold, *keys[threshold].public.coordinates()) for threshold in sorted(keys)]
    gas: dict[str, int] = {}

    def put(name: str, *arguments: object) -> Address:
        mined: Mined = client.deploy(name, arguments, sender=deployer)
        assert mined.contract is not None, "a constructor that succeeded made a contract"
        gas[name] = mined.gas
        return mined.contract

    token = put("DevnetUSDC")
    oracle = put("DevnetRegimeOracle")
    authority = put("ThresholdAuthority", group_keys, signers, certificate, oracle)
    vault = put("CollateralVault", token, authority, oracle)
    deployment = Deployment(token=token, oracle=oracle, authority=authority, vault=vault)
    if deployment != expected:
        raise ChainError("the contracts lie elsewhere than the ceremony agreed; deploy again with a fresh ceremony")
    return deployment, gas
