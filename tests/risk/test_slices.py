"""Slices: the figures by hand, and what no slice ever does."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from random import Random

import pytest

from custody.risk.account import Account, health, numbers
from custody.risk.perpetual import At, Table
from custody.risk.slices import (
    LEAST_SLICE,
    FractionTooSmall,
    Slice,
    carry_out,
    fee_base,
    is_small,
    may_take,
    penalty_rate,
    portion,
    slice_of,
    target,
)
from custody.units import ONE_PPM, USDC, Ppm
from tests.risk.accounts import NOW, TAKER, a_table, an_account, random_account, random_tables, short_of_margin

WHOLE = 1_000_000
DRAWS = 8_000


def drawn(seed: int, *, least: float = -0.3) -> list[tuple[Account, list[Table]]]:
    """Accounts below their margin at spot, flagged at any time or never."""
    source, found = Random(seed), []
    while len(found) < DRAWS:
        tables = random_tables(source, source.choice((1, 1, 3, 32)))
        account = short_of_margin(source, tables, worth=source.uniform(least, 1))
        standing = health(account, tables)
        if standing.equity_spot < standing.maintenance_spot and not standing.awaits_average:
            flagged_at = source.choice((0, NOW - source.randrange(4_000)))
            found.append((replace(account, flagged_at=flagged_at), tables))
    return found


def rate_of(account: Account) -> int:
    return penalty_rate(NOW - (account.flagged_at or NOW))


class TestGivenAnAccountByHand:
    """1 BTC long at $65,000, u = 6 %: M = 3,900, T = 4,485, B = min(3,900, 3,250) = 3,250 USDC."""

    tables = (a_table(),)

    def account(self, equity: int, **changes: int) -> Account:
        return an_account((0, 10_000, 65_000 * USDC), cash=equity * USDC, **changes)

    def test_when_just_flagged_then_f_is_the_formula_of_margin_5_3(self) -> None:
        cut = slice_of(self.account(3_000), self.tables, now=NOW)
        f = -(-1_000_000 * (4_485 - 3_000) * USDC // (4_485 * USDC - 162_500_000))  # pen·B = 5 % of 3,250
        assert cut.fraction == f == 343_552
        assert cut.moved == (3_436,)  # 3,435.52 up
        assert cut.penalty == 55_827_200  # 162.5 · 0.343552
        assert cut.insurance_share == 11_165_440
        assert cut.taker_share == 44_661_760
        assert cut.equity_after == 3_000_000_000 - 55_827_200
        assert cut.maintenance_after == (10_000 - 3_436) * 390_000
        assert cut.hole == 0
        assert not cut.closes

    @pytest.mark.parametrize(
        ("elapsed", "rate"),
        [(0, 50_000), (1, 50_250), (900, 275_000), (1_799, 499_750), (1_800, 500_000), (9**9, 500_000)],
    )
    def test_when_time_passes_then_the_penalty_rises_to_a_half(self, elapsed: int, rate: int) -> None:
        assert penalty_rate(elapsed) == rate

    def test_when_less_is_left_than_the_penalty_then_it_is_closed_and_pays_what_it_has(self) -> None:
        cut = slice_of(self.account(100), self.tables, now=NOW)
        assert (cut.fraction, cut.penalty, cut.equity_after, cut.closes) == (WHOLE, 100 * USDC, 0, True)

    @pytest.mark.parametrize(("equity", "hole"), [(0, 0), (-1, 1), (-5_000, 5_000)])
    def test_when_insolvent_then_everything_moves_without_penalty_and_the_hole_is_named(
        self, equity: int, hole: int
    ) -> None:
        cut = slice_of(self.account(equity), self.tables, now=NOW)
        assert (cut.moved, cut.penalty, cut.hole) == ((10_000,), 0, hole * USDC)

    def test_when_small_then_everything_moves(self) -> None:
        tiny = an_account((0, 100, 650 * USDC), cash=38 * USDC)  # notional $650
        assert slice_of(tiny, self.tables, now=NOW).closes
        little_margin = an_account((0, 200, 1_300 * USDC), cash=77 * USDC)  # notional $1,300, M = $78
        assert slice_of(little_margin, self.tables, now=NOW).closes

    def test_when_at_its_margin_then_there_is_no_slice(self) -> None:
        with pytest.raises(ValueError, match="not below"):
            slice_of(self.account(3_900), self.tables, now=NOW)


class TestGivenTheOpenLane:
    tables = (a_table(),)
    account = an_account((0, 10_000, 65_000 * USDC), cash=3_000 * USDC)

    def test_when_less_than_1000_dollars_is_offered_then_refused_and_at_it_taken(self) -> None:
        least = -(-LEAST_SLICE * WHOLE // (65_000 * USDC))
        assert least == 15_385
        with pytest.raises(FractionTooSmall) as refused:
            slice_of(self.account, self.tables, now=NOW, offered=Ppm(least - 1))
        assert refused.value.required == least
        assert slice_of(self.account, self.tables, now=NOW, offered=Ppm(least)).fraction == least

    def test_when_more_than_f_is_offered_then_f_is_taken(self) -> None:
        assert slice_of(self.account, self.tables, now=NOW, offered=ONE_PPM) == slice_of(
            self.account, self.tables, now=NOW
        )

    @pytest.mark.parametrize("cash", [100, -7])
    def test_when_all_must_go_then_a_part_is_refused(self, cash: int) -> None:
        account = replace(self.account, cash=cash * USDC)
        whole = slice_of(account, self.tables, now=NOW, offered=ONE_PPM)
        assert whole.closes
        with pytest.raises(FractionTooSmall) as refused:
            slice_of(account, self.tables, now=NOW, offered=Ppm(500_000))
        assert refused.value.required == WHOLE

    def test_when_any_part_is_offered_then_it_is_refused_or_never_worsens_and_is_at_most_f(self) -> None:
        source, refused = Random(12), 0
        for account, tables in drawn(12)[:3_000]:
            offered = Ppm(source.choice((WHOLE, source.randint(1, WHOLE))))
            try:
                cut = slice_of(account, tables, now=NOW, offered=offered)
            except FractionTooSmall:
                refused += 1
                assert offered < WHOLE
                continue
            assert 0 < cut.fraction <= offered
            before = numbers(account, tables, At.SPOT)
            assert cut.closes or cut.equity_after * before.maintenance >= before.equity * cut.maintenance_after
        assert 100 < refused < 2_900


class TestGivenThousandsOfAccountsBelowTheirMargin:
    def test_when_a_slice_is_partial_then_health_never_falls_and_the_target_is_reached(self) -> None:
        """To the µUSDC but one: see the case below."""
        partial = 0
        for account, tables in drawn(1):
            before, cut = numbers(account, tables, At.SPOT), slice_of(account, tables, now=NOW)
            assert 0 < cut.fraction <= WHOLE
            if cut.fraction == WHOLE:
                assert cut.closes
            if not cut.closes:
                partial += 1
                assert cut.equity_after * before.maintenance >= before.equity * cut.maintenance_after
                assert cut.equity_after >= target(cut.maintenance_after) - 1
                assert cut.equity_after >= cut.maintenance_after
                assert not is_small(before)
                assert before.equity > 0
        assert partial > DRAWS // 4

    def test_when_every_quotient_is_exact_then_the_target_may_be_missed_by_one_unit(self) -> None:
        """f·(T - pen·B) == T - E without a remainder, lots too, and both ceilings fall the other way."""
        tables = (a_table(spot=60, u=350_000),)
        account = an_account((0, 30_000_000, 1_800 * USDC), cash=580_499_280)
        cut = slice_of(account, tables, now=NOW)
        assert cut.fraction == 200_001
        assert target(cut.maintenance_after) - cut.equity_after == 1
        assert cut.equity_after > cut.maintenance_after

    def test_when_the_penalty_is_rounded_then_up_by_less_than_one_and_never_above_equity(self) -> None:
        for account, tables in drawn(2):
            before, cut = numbers(account, tables, At.SPOT), slice_of(account, tables, now=NOW)
            exact = Fraction(rate_of(account) * fee_base(before) * cut.fraction, WHOLE**2)
            assert 0 <= cut.penalty <= max(0, before.equity)
            assert cut.penalty < exact + 1
            assert cut.penalty >= min(exact, before.equity)
            assert cut.equity_after == before.equity - cut.penalty
            assert cut.taker_share + cut.insurance_share == cut.penalty
            assert 0 <= cut.penalty * Fraction(1, 5) - cut.insurance_share < 1

    def test_when_lots_are_rounded_then_away_from_the_account_by_less_than_one_lot(self) -> None:
        for account, tables in drawn(3)[:2_000]:
            cut = slice_of(account, tables, now=NOW)
            for held, lots in zip(account.positions, cut.moved, strict=True):
                exact = Fraction(held.lots * cut.fraction, WHOLE)
                assert lots * held.lots > 0
                assert abs(exact) <= abs(lots) < abs(exact) + 1
                assert abs(lots) <= abs(held.lots)
                assert lots == portion(held.lots, cut.fraction)


def worth(account: Account, tables: list[Table]) -> int:
    """Cash and Σ(lots·price - cost), written out again."""
    return account.cash + sum(held.lots * tables[held.instrument].spot - held.cost for held in account.positions)


class TestGivenSlicesCarriedOut:
    def test_when_summed_over_everybody_then_not_one_unit_appears_or_vanishes(self) -> None:
        source = Random(6)
        for account, tables in drawn(6):
            cut = slice_of(account, tables, now=NOW)
            taker = replace(random_account(source, tables, 1), flagged_at=0)
            insurance = source.choice((0, 1, 10**9, 10**16))
            after = carry_out(cut, account=account, taker=taker, insurance=insurance, tables=tables, now=NOW)
            before = worth(account, tables) + worth(taker, tables) + insurance
            then = worth(after.account, tables) + worth(after.taker, tables) + after.insurance - after.deficit
            assert then == before
            assert worth(after.taker, tables) - worth(taker, tables) == cut.taker_share
            assert worth(after.account, tables) == cut.equity_after + cut.hole
            assert numbers(after.account, tables, At.SPOT).maintenance == cut.maintenance_after
            assert after.insurance >= 0
            assert after.deficit == max(0, cut.hole - insurance)
            for instrument in range(len(tables)):
                assert lots_in(account, instrument) + lots_in(taker, instrument) == lots_in(
                    after.account, instrument
                ) + lots_in(after.taker, instrument)

    def test_when_insolvent_then_the_account_ends_at_zero_with_nothing_and_no_clock(self) -> None:
        insolvent = 0
        for account, tables in drawn(8, least=-3):
            if numbers(account, tables, At.SPOT).equity > 0:
                continue
            insolvent += 1
            cut = slice_of(account, tables, now=NOW)
            taker = an_account(address=TAKER)
            after = carry_out(cut, account=account, taker=taker, insurance=10**9, tables=tables, now=NOW)
            assert after.account == an_account(address=account.address)
            assert cut.penalty == 0
            assert after.deficit == max(0, cut.hole - 10**9)
        assert insolvent > 1_000

    def test_when_nothing_is_left_at_spot_alone_then_it_is_refused_until_the_average_follows(self) -> None:
        """Otherwise the two sides of one wick, held by one hand, would be paid by insurance."""
        owing = an_account((0, 10_000, 65_000 * USDC), cash=1_000 * USDC)
        wick = a_table(spot=6_300_000, twap=6_500_000)
        with pytest.raises(ValueError, match="the average"):
            slice_of(owing, [wick], now=NOW)
        assert slice_of(owing, [a_table(spot=6_300_000, twap=6_300_000)], now=NOW).hole == 1_000 * USDC

    def test_when_cash_is_owed_without_positions_then_it_is_zeroed_the_same_way(self) -> None:
        owing = an_account(cash=-500)
        cut = slice_of(owing, [], now=NOW)
        after = carry_out(cut, account=owing, taker=an_account(address=TAKER), insurance=300, tables=[], now=NOW)
        assert (after.account, after.insurance, after.deficit) == (an_account(), 0, 200)

    def test_when_brought_to_its_target_then_the_clock_stops_and_else_it_starts_anew_or_runs_on(self) -> None:
        account = an_account((0, 10_000, 65_000 * USDC), cash=3_000 * USDC, flagged_at=NOW - 700)
        assert self.clock_after(account, a_table(), offered=None) == 0
        assert self.clock_after(account, a_table(), offered=Ppm(20_000)) == NOW - 700
        assert self.clock_after(account, a_table(), offered=Ppm(300_000)) == NOW
        assert self.clock_after(account, a_table(twap=6_470_000), offered=None) == NOW
        assert self.clock_after(account, a_table(twap=6_300_000), offered=None) == NOW - 700

    def clock_after(self, account: Account, table: Table, *, offered: Ppm | None) -> int:
        cut = slice_of(account, [table], now=NOW, offered=offered)
        after = carry_out(cut, account=account, taker=an_account(address=TAKER), insurance=0, tables=[table], now=NOW)
        return after.account.flagged_at

    def test_when_a_backstop_is_asked_then_it_takes_what_leaves_it_initial_margin(self) -> None:
        tables = [a_table()]
        account = an_account((0, 10_000, 65_000 * USDC), cash=3_000 * USDC)
        cut: Slice = slice_of(account, tables, now=NOW)
        rich, poor = (an_account(cash=cash * USDC, address=TAKER) for cash in (10_000, 10))
        for taker, may in ((rich, True), (poor, False), (replace(rich, flagged_at=NOW), False)):
            after = carry_out(cut, account=account, taker=taker, insurance=0, tables=tables, now=NOW)
            assert may_take(after.taker, tables) is may
        assert health(rich, tables).notional == 0

    def test_when_a_taker_would_pass_the_venues_bounds_then_it_may_not(self) -> None:
        cash = 10**15
        assert may_take(an_account((0, 10**8, 10**8 * 10**7), cash=cash), [a_table(spot=10**7)])
        assert not may_take(an_account((0, 10**8 + 1, 10**8 * 10**7), cash=cash), [a_table(spot=10**7)])
        many = [(index, 1, 6_500_000) for index in range(33)]
        assert may_take(an_account(*many[:32], cash=cash), [a_table()] * 33)
        assert not may_take(an_account(*many, cash=cash), [a_table()] * 33)


def lots_in(account: Account, instrument: int) -> int:
    return sum(held.lots for held in account.positions if held.instrument == instrument)
