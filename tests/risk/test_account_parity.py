"""Accounts, slices and hashes on a real chain against their Python twins, to the last unit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest
from eth_abi.abi import decode, encode
from eth_utils.abi import collapse_if_tuple
from web3 import HTTPProvider, Web3

from custody.chain.compiler import SOLC_VERSION, compile_contracts
from custody.identifiers import to_hex
from custody.intents.eip712 import struct_hash
from custody.intents.keccak import keccak256
from custody.risk.account import Account, Health, Numbers, health, numbers
from custody.risk.deficit import Coverage
from custody.risk.perpetual import At, Table
from custody.risk.slices import fraction, insurance_share, is_small, penalty, penalty_rate, portion, target
from custody.units import MicroUsdc, Ppm
from custody.wiring.devnet import start_anvil
from custody.wiring.processes import Children
from tests.intents.test_order_and_liquidation import a_random_liquidation, a_random_order
from tests.risk.accounts import random_account, random_tables, short_of_margin

ROOT = Path(__file__).resolve().parents[2]
WHERE = Web3.to_checksum_address("0x" + "77" * 20)
CALLS, ACCOUNTS_A_CALL = 50, 200
NOTHING = (0, 0, 0)


class ChainMath:
    """Its functions, encoded by eth_abi itself: web3's own checks take most of a minute."""

    def __init__(self, provider: Any, abi: list[dict[str, Any]]) -> None:
        self._provider = provider
        self._functions = {entry["name"]: entry for entry in abi if entry["type"] == "function"}

    def call(self, name: str, *arguments: object) -> tuple[Any, ...]:
        inputs, outputs = (
            [collapse_if_tuple(one) for one in self._functions[name][side]] for side in ("inputs", "outputs")
        )
        data = keccak256(f"{name}({','.join(inputs)})".encode())[:4] + encode(inputs, arguments)
        call = {"to": WHERE, "data": to_hex(data), "gas": hex(30_000_000)}
        answer = self._provider.make_request("eth_call", [call, "latest"])
        assert "result" in answer, answer
        return decode(outputs, bytes.fromhex(answer["result"].removeprefix("0x")))


@pytest.fixture(scope="module")
def chain_math(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChainMath]:
    """AccountMath.sol, compiled beside the contracts as they are, with code on a fresh chain."""
    folder = tmp_path_factory.mktemp("parity")
    (folder / "contracts").mkdir()
    for part in ("libraries", "types", "interfaces"):
        (folder / "contracts" / part).symlink_to(ROOT / "contracts" / part)
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    (folder / "contracts" / "AccountMath.sol").write_text((Path(__file__).parent / "AccountMath.sol").read_text())
    artifact = compile_contracts(folder, solc=ROOT / "tools" / "solc" / f"solc-v{SOLC_VERSION}")["AccountMath"]
    with Children() as children:
        _, url = start_anvil(children, root=ROOT, folder=folder)
        web3 = Web3(HTTPProvider(url))
        web3.provider.make_request("anvil_setCode", [WHERE, artifact.runtime])  # type: ignore[arg-type]
        yield ChainMath(web3.provider, artifact.abi)


def as_table(table: Table) -> tuple[object, ...]:
    prices = (table.spot, table.twap, table.mm_spot, table.mm_twap, table.im_spot, table.im_twap)
    return (*prices, table.mm_hard_spot, table.mm_hard_twap, table.u, table.stale, table.epoch_id)


def as_book(account: Account) -> tuple[object, ...]:
    held = [(position.instrument, position.lots, position.cost) for position in account.positions]
    return (account.cash, len(held), [*held, NOTHING])  # with room for one more


def as_numbers(found: Numbers) -> tuple[int, ...]:
    return (found.equity, found.cautious, found.maintenance, found.hard, found.initial, found.notional)


def at_target(found: Health) -> bool:
    return found.equity_spot >= target(found.maintenance_spot) and found.equity_twap >= target(found.maintenance_twap)


def at_margin(found: Health) -> bool:
    return found.equity_spot >= found.maintenance_spot and found.equity_twap >= found.maintenance_twap


def a_question(source: Random) -> tuple[Account, list[Table], int, Ppm, int, int, int]:
    tables = random_tables(source, source.choice((1, 1, 2, 3)))
    draw = source.random()
    if draw < 0.7:
        account = short_of_margin(
            source, tables, worth=source.choice((0, 0.5, 0.8, 1, 1.15, source.random() * 1.3 - 0.1))
        )
    else:
        account = random_account(source, tables, 0)
    instrument = source.randrange(len(tables))
    held = next((held.lots for held in account.positions if held.instrument == instrument), 0)
    lots = source.choice((-held, -2 * held, held, -held // 3, -held // 7)) or source.choice((-1, 1))
    price = max(1, tables[instrument].spot * source.randint(900, 1_100) // 1_000)
    part = Ppm(source.choice((1, 999_999, 1_000_000, source.randint(1, 1_000_000))))
    return (
        account,
        tables,
        source.choice((0, 1, 599, 1_800, 9_999, source.randrange(1_800))),
        part,
        instrument,
        lots,
        price,
    )


def expected(question: tuple[Account, list[Table], int, Ppm, int, int, int]) -> tuple[object, ...]:
    account, tables, elapsed, part, instrument, lots, price = question
    spot, rate, found = numbers(account, tables, At.SPOT), penalty_rate(elapsed), health(account, tables)
    after = account.traded(instrument, lots, price)  # type: ignore[arg-type]
    paid = penalty(spot, rate, part)
    return (
        (as_numbers(spot), as_numbers(numbers(account, tables, At.TWAP))),
        rate,
        fraction(spot, rate),
        paid,
        insurance_share(paid),
        [portion(held.lots, part) for held in account.positions],
        is_small(spot),
        found.below_margin,
        found.below_hard,
        at_margin(found),
        at_target(found),
        after.cash - account.cash,
        as_book(after)[:2],
        [(held.instrument, held.lots, held.cost) for held in after.positions],
    )


def answered(answer: Any) -> tuple[object, ...]:
    *figures, (cash, count, positions) = answer
    return (*figures, (cash, count), list(positions[:count]))


def in_tuples(value: Any) -> Any:
    return tuple(map(in_tuples, value)) if isinstance(value, Sequence) and not isinstance(value, bytes) else value


class TestGivenTenThousandRandomAccountsOnAChain:
    def test_when_counted_sliced_and_traded_then_both_sides_have_the_same_numbers(self, chain_math: ChainMath) -> None:
        source, fractions = Random(77), set()
        for _ in range(CALLS):
            questions = [a_question(source) for _ in range(ACCOUNTS_A_CALL)]
            asked = [
                (as_book(account), [as_table(table) for table in tables], *rest) for account, tables, *rest in questions
            ]
            (answers,) = chain_math.call("ask", asked)
            for question, answer in zip(questions, answers, strict=True):
                assert in_tuples(answered(answer)) == in_tuples(expected(question)), question
                fractions.add(answer[2])
        assert len(fractions) > 1_000
        assert {0, 1_000_000} <= fractions


class TestGivenTenThousandRandomDeficitsOnAChain:
    def test_when_margin_is_given_up_then_both_sides_pay_the_same(self, chain_math: ChainMath) -> None:
        source, lossy = Random(79), 0
        for _ in range(10):
            sizes = [
                (source.choice((0, 5, 2**40, 2**64 - 1)), source.choice((0, 3, 2**40, 2**63))) for _ in range(1_000)
            ]
            asked = [(source.randint(0, held), source.randint(0, deficit)) for held, deficit in sizes]
            stands = [Coverage(held=MicroUsdc(held), deficit=MicroUsdc(deficit)) for held, deficit in asked]
            amounts = [MicroUsdc(source.randint(0, one.most)) for one in stands]
            most, paid = chain_math.call("payouts", asked, amounts)
            expected = [(one.most, one.payout(amount)) for one, amount in zip(stands, amounts, strict=True)]
            assert list(zip(most, paid, strict=True)) == expected
            lossy += sum(one < amount for one, amount in zip(paid, amounts, strict=True))
        assert lossy > 1_000


class TestGivenAThousandRandomStructsOnAChain:
    def test_when_hashed_then_both_sides_have_the_same_hashes(self, chain_math: ChainMath) -> None:
        source = Random(78)
        for _ in range(1_000):
            order, liquidation = a_random_order(source), a_random_liquidation(source)
            given = chain_math.call("hashes", order._values(), liquidation._values())
            assert list(given) == [struct_hash(struct.TYPE, struct._values()) for struct in (order, liquidation)]
