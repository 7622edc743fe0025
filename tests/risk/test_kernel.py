"""The kernel against plain integers, over many accounts and at the bounds of 64 bits."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np
import pytest

from custody.risk.account import MOST_NOTIONAL, MOST_POSITIONS, Account, Lane, LaneTerms, eligibility, health
from custody.risk.kernel import ELIGIBILITIES, Snapshot, evaluate, rank
from custody.risk.perpetual import Table
from tests.risk.accounts import NOW, a_table, an_account, random_account, random_tables, short_of_margin

TERMS = LaneTerms(cure=600, open_after=300)
ACCOUNTS, BATCH = 100_000, 2_000


def a_mixed_batch(source: Random, tables: list[Table], count: int) -> list[Account]:
    """Random accounts, and as many near their margin, where the comparisons decide."""
    accounts = []
    for index in range(count):
        near = index % 2 and short_of_margin(source, tables, worth=source.choice((0, 0.5, 0.8, 1, source.random() * 2)))
        account = near or random_account(source, tables, 0)
        flagged_at = source.choice((0, NOW - 600, NOW - 599, NOW - 300, NOW))
        accounts.append(replace(account, address=index.to_bytes(20, "big"), flagged_at=flagged_at))
    return accounts


class TestGivenAHundredThousandRandomAccounts:
    def test_when_evaluated_then_every_number_and_answer_is_that_of_plain_integers(self) -> None:
        source = Random(2_026)
        answers = set()
        for _ in range(ACCOUNTS // BATCH):
            tables = random_tables(source, source.choice((1, 1, 3, MOST_POSITIONS)))
            accounts = a_mixed_batch(source, tables, BATCH)
            found = evaluate(Snapshot.of(accounts), tables)
            plain = [health(account, tables) for account in accounts]
            assert [found.health(index) for index in range(BATCH)] == plain
            assert found.deficit.tolist() == [one.maintenance_spot - one.equity_spot for one in plain]
            for lane in Lane:
                given = found.eligibility(now=NOW, terms=TERMS, lane=lane)
                expected = [eligibility(one, now=NOW, terms=TERMS, lane=lane) for one in plain]
                assert [ELIGIBILITIES[code] for code in given.tolist()] == expected
                answers |= set(expected)
        assert answers == set(ELIGIBILITIES)

    def test_when_ranked_then_exactly_those_below_come_worst_first(self) -> None:
        source = Random(7)
        for _ in range(5):
            tables = random_tables(source, 3)
            accounts = a_mixed_batch(source, tables, 500)
            below = []
            for account in accounts:
                one = health(account, tables)
                if one.below_margin or one.below_hard:
                    below.append((one.equity_spot - one.maintenance_spot, account.address))
            source.shuffle(accounts)
            assert below
            assert list(rank(Snapshot.of(accounts), tables)) == [address for _, address in sorted(below)]


class TestGivenAccountsWithoutPositions:
    @pytest.mark.parametrize("pattern", ["", "e", "ee", "ep", "pe", "epe", "eepee", "pep", "pp", "peep"])
    def test_when_evaluated_then_they_count_their_cash_alone(self, pattern: str) -> None:
        tables = [a_table()]
        accounts = [
            an_account(*([(0, index + 1, 0)] if kind == "p" else []), cash=-index, address=index.to_bytes(20, "big"))
            for index, kind in enumerate(pattern)
        ]
        found = evaluate(Snapshot.of(accounts), tables)
        assert [found.health(index) for index in range(len(accounts))] == [health(one, tables) for one in accounts]
        assert found.notional.tolist() == [6_500_000 * (at + 1) * (kind == "p") for at, kind in enumerate(pattern)]

    def test_when_there_are_neither_accounts_nor_tables_then_nothing_is_ranked(self) -> None:
        assert rank(Snapshot.of([]), []) == ()
        assert rank(Snapshot.of([an_account(cash=-1)]), []) == (an_account().address,)


class TestGivenTheBoundsOfTheVenue:
    def most_of_everything(self, side: int) -> tuple[list[Account], list[Table]]:
        """32 positions that are each as large as an account may be in all, on one side, at a loss of the whole."""
        tables = [a_table(spot=10 ** (index % 9), u=500_000) for index in range(MOST_POSITIONS)]
        positions = [
            (index, side * MOST_NOTIONAL // table.spot, side * 2 * MOST_NOTIONAL) for index, table in enumerate(tables)
        ]
        cash = -side * 10**17
        return [an_account(*positions, cash=cash)], tables

    @pytest.mark.parametrize("side", [1, -1])
    def test_when_every_position_is_a_whole_gross_then_sums_are_exact(self, side: int) -> None:
        accounts, tables = self.most_of_everything(side)
        found = evaluate(Snapshot.of(accounts), tables)
        assert found.health(0) == health(accounts[0], tables)
        assert found.notional.tolist() == [MOST_POSITIONS * MOST_NOTIONAL]

    @pytest.mark.parametrize("side", [1, -1])
    def test_when_prices_then_rise_a_hundredfold_then_sums_are_exact(self, side: int) -> None:
        accounts, _ = self.most_of_everything(side)
        risen = [a_table(spot=100 * 10 ** (index % 9), u=500_000) for index in range(MOST_POSITIONS)]
        found = evaluate(Snapshot.of(accounts), risen)
        assert found.health(0) == health(accounts[0], risen)
        assert found.notional.tolist() == [100 * MOST_POSITIONS * MOST_NOTIONAL]
        assert rank(Snapshot.of(accounts), risen) == (() if side == 1 else (accounts[0].address,))

    @pytest.mark.parametrize("side", [1, -1])
    @pytest.mark.parametrize("settled", [0, 2**40])
    def test_when_sums_stay_below_the_limit_then_exact_and_at_it_refused(self, side: int, settled: int) -> None:
        price = 2**31
        tables = [a_table(spot=price, u=500_000, u_initial=0)]
        fits = an_account((0, side * ((2**62 - settled) // price - 1), 0), cash=-settled)
        found = evaluate(Snapshot.of([fits]), tables)
        assert found.health(0) == health(fits, tables)
        assert found.below_hard().tolist() == [health(fits, tables).below_hard]
        beyond = an_account((0, side * ((2**62 - settled) // price), 0), cash=-settled)
        with pytest.raises(OverflowError):
            evaluate(Snapshot.of([beyond]), tables)

    def test_when_several_positions_pass_the_limit_together_then_refused(self) -> None:
        lots = 2**61 // 6_500_000
        account = an_account((0, lots, 0), (1, lots, 0), (2, lots, 0))
        with pytest.raises(OverflowError):
            evaluate(Snapshot.of([account]), [a_table()] * 3)

    @pytest.mark.parametrize(
        "account",
        [
            an_account(cash=2**62), an_account(cash=-(2**255)), an_account((0, 1, -(2**127))),
            an_account((0, -(2**63), 0)),
        ],
    )  # fmt: skip
    def test_when_a_snapshot_would_not_fit_then_refused(self, account: Account) -> None:
        with pytest.raises(OverflowError):
            Snapshot.of([account])

    def test_when_a_table_does_not_fit_then_refused(self) -> None:
        with pytest.raises(OverflowError):
            evaluate(Snapshot.of([an_account()]), [a_table(spot=2**63)])


class TestGivenWhatCannotBeEvaluated:
    def test_when_an_account_stands_twice_then_refused(self) -> None:
        with pytest.raises(ValueError):
            Snapshot.of([an_account(), an_account()])

    def test_when_an_instrument_has_no_table_then_refused(self) -> None:
        with pytest.raises(ValueError, match="instrument 3"):
            evaluate(Snapshot.of([an_account((3, 1, 1))]), [a_table()] * 3)

    def test_when_there_are_more_tables_than_instruments_held_then_it_is_fine(self) -> None:
        assert len(rank(Snapshot.of([an_account((0, 1, 10**9))]), [a_table()] * 9)) == 1

    def test_when_columns_are_read_then_they_are_64_bits(self) -> None:
        snapshot = Snapshot.of([an_account((0, 1, 1))])
        for column in (snapshot.settled, snapshot.offsets, snapshot.lots, snapshot.sizes, snapshot.instruments):
            assert column.dtype == np.int64
