"""A feed and an oracle on a real chain, asked after every single round: what the parity tests compare with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from web3 import HTTPProvider, Web3

from custody.chain.compiler import compile_contracts
from custody.identifiers import Address
from custody.risk.feed import Round
from custody.risk.oracle import OracleTerms, Reading
from custody.risk.twap import Ticks
from custody.risk.volatility import Variances
from custody.units import Ppm, Regime
from custody.wiring.devnet import connect, start_anvil
from custody.wiring.processes import Children

ROOT = Path(__file__).resolve().parents[2]
WORD = 32
MOST_ROUNDS_A_POKE = 64
ROUNDS_A_PUSH = 300
"""One transaction of at most 16.7 M gas."""
VIEWS = ("estimator", "reading", "volatility", "regime")


@dataclass(frozen=True, slots=True)
class Answers:
    """What the oracle's views say, in the twin's types."""

    variances: Variances
    reading: Reading
    volatility: tuple[int, ...]
    regime: tuple[int, ...]


class OracleChain:
    """One oracle, its feed, and the chain they live on."""

    def __init__(self, url: str) -> None:
        self._client = connect(url, compile_contracts(ROOT))
        self._provider = HTTPProvider(url)
        self._sender = self._client.accounts()[0]

    def begin(self, first: Round, *, terms: OracleTerms) -> None:
        """A new feed with one round, and an oracle that starts from it."""
        feed = self._deploy("PriceFeed", [])
        self._feed = self._client.at("PriceFeed", feed)
        self.push([first])
        self._where = self._deploy("VolatilityOracle", [feed, terms.tick_decimals, terms.heartbeat, terms.grace])
        self._oracle = self._client.at("VolatilityOracle", self._where)

    def push(self, rounds: Sequence[Round]) -> None:
        for batch in _batched(rounds, ROUNDS_A_PUSH):
            pairs = [(round_.answer, round_.updated_at) for round_ in batch]
            self._client.send(self._feed.functions.push(pairs), sender=self._sender)

    def new_phase(self) -> None:
        self._client.send(self._feed.functions.newPhase(), sender=self._sender)

    def poke(self, most: int) -> int:
        """Consume rounds for good; returns the gas of the transaction."""
        return self._client.send(self._oracle.functions.poke(most), sender=self._sender).gas

    def behind(self) -> bool:
        return bool(self._client.read(self._oracle.functions.behind()))

    def after_each(self, rounds: Sequence[Round], *, wait: Callable[[int], int]) -> Iterator[Answers]:
        """Consume the pending `rounds` and yield the views after every one, `wait(i)` seconds after its time.

        The chain simulates a block for each round, one on top of the other, which pokes for one round and asks. Then
        one real transaction pokes for all of them: what follows also shows that both ways lead to the same state.
        """
        done = 0
        for batch in _batched(rounds, MOST_ROUNDS_A_POKE):
            times = [round_.updated_at + wait(done + i) for i, round_ in enumerate(batch)]
            yield from self._simulated(times)
            self.poke(len(batch))
            done += len(batch)

    def _simulated(self, times: Sequence[int]) -> Iterator[Answers]:
        to = Web3.to_checksum_address(self._where)
        data = [self._oracle.encode_abi("poke", args=[1]), *(self._oracle.encode_abi(view) for view in VIEWS)]
        calls = [{"from": Web3.to_checksum_address(self._sender), "to": to, "data": each} for each in data]
        blocks = [{"blockOverrides": {"time": hex(time)}, "calls": calls} for time in times]
        answer = self._provider.make_request("eth_simulateV1", [{"blockStateCalls": blocks}, "latest"])  # type: ignore[arg-type]
        assert "result" in answer, answer
        for block in answer["result"]:
            results = block["calls"]
            assert all(int(result["status"], 16) == 1 for result in results), results
            consumed, *views = [_words(result["returnData"]) for result in results]
            assert consumed == (1,)
            yield _answers(*views)

    def _deploy(self, name: str, arguments: list[Any]) -> Address:
        where = self._client.deploy(name, arguments, sender=self._sender).contract
        assert where is not None
        return where


@contextmanager
def a_chain(folder: Path) -> Iterator[OracleChain]:
    """A fresh chain for as long as the context lasts."""
    with Children() as children:
        _, url = start_anvil(children, root=ROOT, folder=folder)
        yield OracleChain(url)


def _words(data: str) -> tuple[int, ...]:
    raw = bytes.fromhex(data.removeprefix("0x"))
    return tuple(int.from_bytes(raw[at : at + WORD]) for at in range(0, len(raw), WORD))


def _answers(
    estimator: Sequence[int], reading: Sequence[int], volatility: Sequence[int], regime: Sequence[int]
) -> Answers:
    fast, mid, slow = estimator
    spot, twap, u, u_hard, u_initial, present, stale, updated_at, epoch_id = reading
    return Answers(
        variances=Variances(fast=fast, mid=mid, slow=slow),
        reading=Reading(
            spot=Ticks(spot),
            twap=Ticks(twap),
            u=Ppm(u),
            u_hard=Ppm(u_hard),
            u_initial=Ppm(u_initial),
            regime=Regime(present),
            stale=bool(stale),
            updated_at=updated_at,
            epoch_id=epoch_id,
        ),
        volatility=tuple(volatility),
        regime=tuple(regime),
    )


def _batched(rounds: Sequence[Round], size: int) -> Iterator[Sequence[Round]]:
    for at in range(0, len(rounds), size):
        yield rounds[at : at + size]
