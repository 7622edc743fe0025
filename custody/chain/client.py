"""A contract caller on web3, where convenience counts: deploying, the command line, the demo.

Not the path of a node.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import requests
from web3 import HTTPProvider, Web3
from web3.contract import Contract
from web3.contract.contract import ContractConstructor, ContractFunction
from web3.exceptions import ContractLogicError, Web3Exception
from web3.types import TxParams, TxReceipt

from custody.chain.compiler import Artifact
from custody.chain.reverts import RevertDecoder
from custody.chain.sent import input_of
from custody.errors import ChainError, Reverted, Unreachable
from custody.identifiers import Address, BlockHash, address


@dataclass(frozen=True, slots=True)
class Mined:
    """A transaction that succeeded; `gas` used, `timestamp` of its block in chain time."""

    block: int
    gas: int
    timestamp: int
    logs: tuple[Mapping[str, Any], ...]
    contract: Address | None


class ChainClient:
    """One endpoint, the ABIs of our contracts, and senders that the endpoint holds unlocked (a devnet's)."""

    def __init__(self, url: str, artifacts: Mapping[str, Artifact]) -> None:
        self._url = url
        self._web3 = Web3(HTTPProvider(url, cache_allowed_requests=True))
        self._artifacts = artifacts
        self._reverts = RevertDecoder([artifact.abi for artifact in artifacts.values()])

    def at(self, name: str, where: Address) -> Contract:
        """The contract called `name` in our artifacts, at an address."""
        return self._web3.eth.contract(address=Web3.to_checksum_address(where), abi=self._artifacts[name].abi)

    def deploy(self, name: str, arguments: Sequence[Any], *, sender: Address) -> Mined:
        """Raises: Reverted, Unreachable."""
        artifact = self._artifacts[name]
        factory = self._web3.eth.contract(abi=artifact.abi, bytecode=artifact.bytecode)
        return self.send(factory.constructor(*arguments), sender=sender)

    def read(self, function: ContractFunction) -> Any:
        """What a view answers. Raises: Reverted, Unreachable."""
        return self._speak(function.call)

    def send(self, call: ContractFunction | ContractConstructor, *, sender: Address) -> Mined:
        """Send and wait for the receipt.

        Raises:
            Reverted: by its custom error's name. Unreachable.
        """
        transaction: TxParams = {"from": Web3.to_checksum_address(sender)}

        def transact() -> TxReceipt:
            return self._web3.eth.wait_for_transaction_receipt(call.transact(transaction), poll_latency=0.02)

        receipt = self._speak(transact)
        if receipt["status"] != 1:
            raise Reverted("UnknownError", {"transaction": receipt["transactionHash"].hex()})
        created = receipt.get("contractAddress")
        return Mined(
            block=receipt["blockNumber"],
            gas=receipt["gasUsed"],
            timestamp=self._web3.eth.get_block(receipt["blockNumber"])["timestamp"],
            logs=tuple(receipt["logs"]),
            contract=address(created) if created else None,
        )

    def head(self) -> tuple[int, BlockHash, int]:
        """(number, hash, timestamp) of the latest block."""
        block = self._speak(lambda: self._web3.eth.get_block("latest"))
        return block["number"], BlockHash(bytes(block["hash"])), block["timestamp"]

    def chain_id(self) -> int:
        return int(self._speak(lambda: self._web3.eth.chain_id))

    def accounts(self) -> list[Address]:
        """The senders that the endpoint holds unlocked."""
        return [address(account) for account in self._speak(lambda: self._web3.eth.accounts)]

    def transaction_count(self, sender: Address) -> int:
        return int(self._speak(lambda: self._web3.eth.get_transaction_count(Web3.to_checksum_address(sender))))

    def code(self, where: Address) -> bytes:
        """What lies at an address; nothing is empty."""
        return bytes(self._speak(lambda: self._web3.eth.get_code(Web3.to_checksum_address(where))))

    def input_of(self, sender: Address, nonce: int) -> bytes:
        """What the sender's transaction with this count said; nothing where the node cannot tell."""
        return input_of(self._web3, sender, nonce)

    def give_ether(self, account: Address) -> None:
        """Devnet: a hundred ether, for gas."""
        self._devnet("anvil_setBalance", Web3.to_checksum_address(account), hex(100 * 10**18))

    def set_automine(self, on: bool) -> None:
        """Devnet: a block for every transaction, or only when `mine_at` asks for one."""
        self._devnet("evm_setAutomine", on)

    def set_interval_mining(self, seconds: int) -> None:
        """Devnet: a block every so many seconds; 0 for a block with every transaction, as at the beginning."""
        self._devnet("evm_setIntervalMining", seconds)
        if seconds == 0:
            self.set_automine(True)

    def mine_at(self, timestamp: int) -> None:
        """Devnet: one block with this timestamp and every waiting transaction."""
        self._devnet("evm_setNextBlockTimestamp", timestamp)
        self._devnet("evm_mine")

    def _devnet(self, method: str, *params: Any) -> None:
        self._speak(lambda: self._web3.provider.make_request(method, list(params)))  # type: ignore[arg-type]

    def post(self, call: ContractFunction, *, sender: Address, gas: int) -> None:
        """Send with so much gas, without waiting for a block. Raises: Reverted, Unreachable."""
        transaction: TxParams = {"from": Web3.to_checksum_address(sender), "gas": gas}
        self._speak(lambda: call.transact(transaction))

    def advance(self, seconds: int) -> None:
        """Move a devnet's clock on and mine a block."""
        self._devnet("evm_increaseTime", seconds)
        self._devnet("evm_mine")

    def _speak(self, what: Any) -> Any:
        try:
            return what()
        except ContractLogicError as error:
            raise self._reverts.decode(_revert_data(error)) from None
        except (requests.RequestException, OSError) as error:
            raise Unreachable(self._url, type(error).__name__) from None
        except Web3Exception as error:
            raise ChainError(f"{self._url}: {error}") from None


def _revert_data(error: ContractLogicError) -> bytes:
    data = error.data
    return bytes.fromhex(data.removeprefix("0x")) if isinstance(data, str) else b""
