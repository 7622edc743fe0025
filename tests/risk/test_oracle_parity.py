"""The oracle on a real chain against its Python twin: every output after every round, to the last unit.

`CUSTODY_DATA` names a folder with chainlink_*_rounds_*.csv.gz, real rounds of real feeds; without it those tests say
that they did not run. Random paths need nothing.
"""

from __future__ import annotations

import csv
import gzip
import os
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from custody.risk import oracle, volatility
from custody.risk.feed import Round
from custody.risk.oracle import OracleState, OracleTerms
from custody.units import HOUR, Seconds
from tests.risk.oracle_chain import Answers, OracleChain, a_chain

TERMS = OracleTerms(heartbeat=Seconds(HOUR), grace=Seconds(900))
START = 1_700_000_000
DATA = os.environ.get("CUSTODY_DATA")
RECORDED = sorted(Path(DATA).glob("chainlink_*_rounds_*.csv.gz")) if DATA else []


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OracleChain]:
    with a_chain(tmp_path_factory.mktemp("parity")) as chain:
        yield chain


def twin_answers(state: OracleState, now: int) -> Answers:
    v = state.variances
    return Answers(
        variances=v,
        reading=oracle.reading(state, now),
        volatility=(
            volatility.sigma(v.fast),
            volatility.sigma(v.mid),
            volatility.sigma(v.slow),
            volatility.effective(v.raw),
        ),
        regime=(state.regime, oracle.is_stale(state, now)),
    )


def some_seconds(i: int) -> int:
    """When to ask after round i: within its minute, some minutes on, and now and then when it is stale."""
    return (0, 1, 59, 61, 240, 299, 300, 301, 433, 4_500, 4_501)[i % 11] + i % 7


def compare(chain: OracleChain, rounds: Sequence[Round], *, wait: Callable[[int], int] = some_seconds) -> OracleState:
    """Consume `rounds`, all but the first of which are pending, on both sides."""
    first, *pending = rounds
    state = oracle.begin(first, terms=TERMS)
    compared = 0
    for i, given in enumerate(chain.after_each(pending, wait=wait)):
        now = pending[i].updated_at + wait(i)
        state = oracle.on_round(state, pending[i], now=now)
        assert given == twin_answers(state, now), f"round {i + 1} of {len(pending)}"
        compared += 1
    assert compared == len(pending)
    return state


def recorded_rounds(path: Path) -> list[Round]:
    with gzip.open(path, "rt", newline="") as file:
        return [Round(int(row["answer_8dec"]), int(row["updated_at"])) for row in csv.DictReader(file)]


def a_random_path(seed: int, *, length: int) -> list[Round]:
    """Calm and wild stretches, many rounds in a second and days without one, jumps, and answers that are no price."""
    rng = random.Random(seed)
    price, time = rng.randrange(10**6, 10**13), START
    rounds = [Round(price, time)]
    wildness = 0.01
    while len(rounds) < length:
        if rng.random() < 0.05:
            wildness = rng.choice((0.0, 0.001, 0.01, 0.05, 0.3))
        time += rng.choice((0, 1, 30, 59, 60, 61, 300, 600, HOUR, 7 * HOUR, rng.randrange(90_000)))
        price = min(max(int(price * rng.uniform(1 - wildness, 1 + wildness)), 10**6), 2**90)
        answer = price if rng.random() < 0.97 else rng.choice((0, -price, 999_999, 2**96, -(2**191), 2**190))
        rounds.append(Round(answer, time))
    return rounds


@pytest.mark.slow
@pytest.mark.skipif(not RECORDED, reason="CUSTODY_DATA names no folder with chainlink_*_rounds_*.csv.gz: NOT COMPARED")
class TestGivenTheRecordedRoundsOfRealFeeds:
    @pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.name.split("_")[1])
    def test_when_each_is_consumed_then_contract_and_twin_agree_on_every_output(
        self, chain: OracleChain, path: Path
    ) -> None:
        rounds = recorded_rounds(path)
        chain.begin(rounds[0], terms=TERMS)
        chain.push(rounds[1:])
        state = compare(chain, rounds)
        assert not chain.behind()
        assert state.epoch_id > len(rounds) // 2


class TestGivenRandomPaths:
    @pytest.mark.parametrize("seed", range(5))
    def test_when_each_round_is_consumed_then_contract_and_twin_agree_on_every_output(
        self, chain: OracleChain, seed: int
    ) -> None:
        rounds = a_random_path(seed, length=320)
        chain.begin(rounds[0], terms=TERMS)
        chain.push(rounds[1:100])
        chain.new_phase()
        chain.push(rounds[100:])
        compare(chain, rounds)
        assert not chain.behind()

    def test_when_the_market_breaks_then_they_agree_through_every_regime(self, chain: OracleChain) -> None:
        prices = [300_000_000_000] * 30 + [300_000_000_000, 150_000_000_000] * 40 + [200_000_000_000] * 500
        steps = [40 * 86_400] * 30 + [1_800] * 80 + [2 * 86_400] * 200 + [HOUR] * 300
        time, rounds = START - 30 * 40 * 86_400, []
        for price, step in zip(prices, steps, strict=True):
            time += step
            rounds.append(Round(price, time))
        chain.begin(rounds[0], terms=TERMS)
        chain.push(rounds[1:])
        compare(chain, rounds)
        seen = set()
        state = oracle.begin(rounds[0], terms=TERMS)
        for round_ in rounds[1:]:
            state = oracle.on_round(state, round_)
            seen.add(state.regime)
        assert seen == set(volatility.Regime)
