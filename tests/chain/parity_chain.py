"""One chain with the contracts of tests/contracts/parity on it, asked for many verdicts in one call."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from eth_abi.abi import decode, encode
from eth_utils.abi import collapse_if_tuple
from web3 import HTTPProvider

from custody.chain.client import ChainClient
from custody.chain.compiler import SOLC_VERSION, Artifact, compile_contracts
from custody.chain.reverts import RevertDecoder
from custody.errors import Reverted
from custody.identifiers import Address, to_hex
from custody.intents.keccak import keccak256
from custody.wiring.devnet import connect, start_anvil
from custody.wiring.processes import Children

ROOT: Final = Path(__file__).resolve().parents[2]
HARNESS: Final = (
    "contracts/parity/IntentHasher.sol",
    "contracts/parity/Asker.sol",
    "contracts/parity/MemberJudge.sol",
    "contracts/wallets/Wallet.sol",
    "chain/PasskeyVerifiers.sol",
)
GAS: Final = 30_000_000
CALLS_AT_ONCE: Final = 100
Verdict = Reverted | tuple[Any, ...]
"""How a view ended: refused by name, or with these values."""


class ParityChain:
    """Contracts of ours and of the harness, deployed as a test asks for them."""

    def __init__(self, url: str, artifacts: dict[str, Artifact]) -> None:
        self.client: ChainClient = connect(url, artifacts)
        self._provider = HTTPProvider(url)
        self._functions = {
            (name, entry["name"]): entry
            for name, artifact in artifacts.items()
            for entry in artifact.abi
            if entry["type"] == "function"
        }
        self._reverts = RevertDecoder([artifact.abi for artifact in artifacts.values()])
        self.sender = self.client.accounts()[0]

    def deploy(self, name: str, *arguments: object) -> Address:
        where = self.client.deploy(name, arguments, sender=self.sender).contract
        assert where is not None
        return where

    @cached_property
    def asker(self) -> Address:
        return self.deploy("Asker")

    def call(self, contract: str, where: Address, function: str, *arguments: object) -> tuple[Any, ...]:
        """What one view answers; it does not refuse."""
        data = self._encoded(contract, function, arguments)
        call = {"to": to_hex(where), "data": to_hex(data), "gas": hex(GAS)}
        # web3 types the method as one of its own names.
        answer = self._provider.make_request("eth_call", [call, "latest"])  # type: ignore[arg-type]
        assert "result" in answer, answer
        return self._decoded(contract, function, bytes.fromhex(answer["result"].removeprefix("0x")))

    def ask(self, contract: str, where: Address, function: str, questions: Sequence[tuple[Any, ...]]) -> list[Verdict]:
        """How the view ends for each tuple of arguments."""
        verdicts: list[Verdict] = []
        for at in range(0, len(questions), CALLS_AT_ONCE):
            calls = [self._encoded(contract, function, each) for each in questions[at : at + CALLS_AT_ONCE]]
            (answers,) = self.call("Asker", self.asker, "ask", where, calls)
            verdicts += [
                self._decoded(contract, function, data) if success else self._reverts.decode(data)
                for success, data in answers
            ]
        assert len(verdicts) == len(questions)
        return verdicts

    def _encoded(self, contract: str, function: str, arguments: Sequence[Any]) -> bytes:
        inputs = [collapse_if_tuple(one) for one in self._functions[contract, function]["inputs"]]
        return keccak256(f"{function}({','.join(inputs)})".encode())[:4] + encode(inputs, arguments)

    def _decoded(self, contract: str, function: str, data: bytes) -> tuple[Any, ...]:
        return decode([collapse_if_tuple(one) for one in self._functions[contract, function]["outputs"]], data)


@contextmanager
def a_parity_chain(folder: Path) -> Iterator[ParityChain]:
    """A fresh chain for as long as the context lasts; the harness is compiled beside the contracts as they are."""
    for name in HARNESS:
        source = folder / "contracts" / "tests" / name
        source.parent.mkdir(parents=True, exist_ok=True)
        source.write_text((ROOT / "tests" / name).read_text())
    (folder / "contracts" / "contracts").symlink_to(ROOT / "contracts")  # where the harness's imports lead
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    harness = compile_contracts(folder, solc=ROOT / "tools" / "solc" / f"solc-v{SOLC_VERSION}")
    with Children() as children:
        _, url = start_anvil(children, root=ROOT, folder=folder)
        yield ParityChain(url, compile_contracts(ROOT) | harness)


def refusals(verdicts: Sequence[Verdict]) -> list[str]:
    """The name of each refusal, or "accepted"."""
    return [verdict.error if isinstance(verdict, Reverted) else "accepted" for verdict in verdicts]
