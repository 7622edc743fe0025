"""An account's numbers by hand, what follows from them, and its packed form."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from custody.errors import EncodingError
from custody.risk.account import (
    LEAST_INITIAL,
    Account,
    Eligibility,
    Health,
    Lane,
    LaneTerms,
    decode_accounts,
    eligibility,
    health,
    meets_initial,
    numbers,
    withdrawable,
)
from custody.risk.explain import explain
from custody.risk.perpetual import At, table_of
from custody.units import USDC, Ppm, Ticks
from tests.risk.accounts import ADDRESS, NOW, a_table, an_account, random_account, random_tables, short_of_margin

BTC = a_table(spot=6_500_000, twap=6_520_000, u=60_000, u_hard=Ppm(50_000), u_initial=Ppm(70_000))
ETH = a_table(spot=300_001, twap=300_001, u=60_000, u_hard=Ppm(50_000), u_initial=Ppm(70_000))
TERMS = LaneTerms(cure=600, open_after=300)


class TestGivenATable:
    def test_when_made_then_margins_a_lot_are_rounded_up(self) -> None:
        made = table_of(spot=Ticks(1), twap=Ticks(300_001), u=Ppm(60_000), u_hard=Ppm(50_000), u_initial=Ppm(70_001))
        assert (made.mm_spot, made.mm_hard_spot, made.im_spot) == (1, 1, 1)
        assert (made.mm_twap, made.mm_hard_twap, made.im_twap) == (18_001, 15_001, 31_501)

    def test_when_they_are_exact_then_nothing_is_added(self) -> None:
        assert (BTC.mm_spot, BTC.mm_hard_spot, BTC.im_spot) == (390_000, 325_000, 682_500)

    @pytest.mark.parametrize("spot", [-1, 1 << 64])
    def test_when_a_price_does_not_fit_then_refused(self, spot: int) -> None:
        with pytest.raises(ValueError):
            table_of(spot=Ticks(spot), twap=Ticks(1), u=Ppm(1), u_hard=Ppm(1), u_initial=Ppm(1))


class TestGivenALongAndAShort:
    account = an_account((0, 12_000, 80_400_000_000), (1, -500, -151_000_000), cash=2_600 * USDC)

    def test_when_counted_at_spot_then_every_number_is_that_by_hand(self) -> None:
        found = numbers(self.account, [BTC, ETH], At.SPOT)
        losing, winning = 12_000 * 6_500_000 - 80_400_000_000, -500 * 300_001 + 151_000_000
        assert (losing, winning) == (-2_400_000_000, 999_500)
        assert found.equity == 2_600_000_000 + losing + winning
        assert found.cautious == 2_600_000_000 + losing
        assert found.maintenance == 12_000 * 390_000 + 500 * 18_001
        assert found.hard == 12_000 * 325_000 + 500 * 15_001
        assert found.initial == 12_000 * 682_500 + 500 * 31_501
        assert found.notional == 12_000 * 6_500_000 + 500 * 300_001

    def test_when_counted_at_the_average_then_its_prices_count(self) -> None:
        found = numbers(self.account, [BTC, ETH], At.TWAP)
        assert found.equity == 2_600_000_000 - 2_160_000_000 + 999_500
        assert found.maintenance == 12_000 * 391_200 + 500 * 18_001

    def test_when_health_is_asked_then_it_is_both(self) -> None:
        found = health(self.account, [BTC, ETH])
        assert (found.equity_spot, found.equity_twap) == (200_999_500, 440_999_500)
        assert found.notional == 12_000 * 6_500_000 + 500 * 300_001

    def test_when_an_instrument_has_no_table_then_refused(self) -> None:
        with pytest.raises(ValueError, match="instrument 1"):
            numbers(self.account, [BTC], At.SPOT)

    def test_when_explained_then_the_figures_stand_in_the_lines(self) -> None:
        text = "\n".join(explain(replace(self.account, flagged_at=NOW - 60), [BTC, ETH], now=NOW, terms=TERMS))
        for figure in (
            "12,000 lots x 6,500,000 ticks - cost 80,400,000,000 µUSDC = -2,400,000,000 µUSDC",
            "maintenance: 12,000 lots x 391,200 µUSDC = 4,694,400,000 µUSDC",
            "-500 lots x 300,001 ticks - cost -151,000,000 µUSDC = +999,500 µUSDC",
            "C = cash 2,600,000,000 -2,399,000,500 µUSDC = 200.9995 USDC",
            "flagged 60 s ago",
            "custodian lane, 10 min after the flag: below the hard threshold",
            "takes 100.0000 % of every position",
        ):
            assert figure in text


class TestGivenRandomAccounts:
    def test_when_explained_then_there_are_always_lines(self) -> None:
        source = Random(4)
        for _ in range(300):
            tables = random_tables(source, 4)
            account = short_of_margin(source, tables, worth=source.uniform(-1, 2))
            assert len(explain(account, tables, now=NOW, terms=TERMS)) > 10
        assert explain(an_account(cash=-5), [], now=NOW, terms=TERMS)

    def test_when_they_trade_then_equity_moves_by_lots_times_mark_minus_price_exactly(self) -> None:
        """Whatever is realised, rounded or turned (INV-VENUE-1), and what closes leaves no cost behind."""
        source = Random(5)
        for _ in range(3_000):
            tables = random_tables(source, 3)
            account = random_account(source, tables, 0)
            instrument = source.randrange(3)
            held = next((held.lots for held in account.positions if held.instrument == instrument), 0)
            lots = source.choice((-held, -2 * held, held, -held // 3)) or source.choice((-1, 1))
            price = max(1, tables[instrument].spot * source.randint(900, 1_100) // 1_000)
            after = account.traded(instrument, lots, price)
            before, then = numbers(account, tables, At.SPOT), numbers(after, tables, At.SPOT)
            assert then.equity == before.equity + lots * (tables[instrument].spot - price)
            assert all(position.lots for position in after.positions)
            assert all(
                (position.instrument == instrument) <= (position.lots == held + lots) for position in after.positions
            )
            assert len(after.positions) == len(account.positions) + (held == 0) - (held + lots == 0)

    def test_when_a_part_is_sold_then_the_gain_is_rounded_down_and_the_loss_up(self) -> None:
        three = an_account((0, 3, 100))
        assert three.traded(0, -1, 40).cash == 6  # 40 - 33.3
        assert three.traded(0, -1, 30).cash == -4  # 30 - 33.3
        short = an_account((0, -3, -100))
        assert short.traded(0, 1, 30).cash == 3  # 33.3 - 30
        assert short.traded(0, 1, 40).cash == -7  # 33.3 - 40
        assert three.traded(0, -1, 40).positions[0].cost == 66


class TestGivenTheLeastInitialMargin:
    def test_when_a_position_is_open_then_the_requirement_is_500_dollars(self) -> None:
        assert numbers(an_account((0, 1, 6_500_000)), [BTC], At.SPOT).initial == LEAST_INITIAL == 500_000_000
        assert numbers(an_account(cash=1), [BTC], At.SPOT).initial == 0

    @pytest.mark.parametrize(("cash", "met"), [(500_000_000, True), (499_999_999, False)])
    def test_when_equity_is_at_it_then_it_is_met(self, cash: int, met: bool) -> None:
        assert meets_initial(an_account((0, 1, 6_520_000), cash=cash + 20_000), [BTC]) is met


class TestGivenAWithdrawal:
    def test_when_nothing_is_open_then_all_cash_goes_whatever_flag_or_table(self) -> None:
        assert withdrawable(an_account(cash=77, flagged_at=NOW), []) == 77
        assert withdrawable(an_account(cash=-77), []) == 0

    def test_when_a_position_gains_then_the_gain_stays(self) -> None:
        """Long 1 BTC bought at half: the least requirement is 6.5e6*10,000*0.105, of cash alone."""
        account = an_account((0, 10_000, 10_000 * 3_250_000), cash=10_000 * USDC)
        assert withdrawable(account, [BTC]) == 10_000 * USDC - 10_000 * 684_600

    def test_when_a_position_loses_then_the_worse_price_counts(self) -> None:
        account = an_account((0, -10_000, -10_000 * 6_510_000), cash=10_000 * USDC)
        assert withdrawable(account, [BTC]) == 10_000 * USDC - 10_000 * 10_000 - 10_000 * 684_600

    def test_when_flagged_or_stale_then_nothing_goes(self) -> None:
        account = an_account((0, 1, 6_500_000), cash=10_000 * USDC)
        assert withdrawable(account, [BTC]) > 0
        assert withdrawable(replace(account, flagged_at=NOW), [BTC]) == 0
        assert withdrawable(account, [replace(BTC, stale=True)]) == 0


def standing(*, spot: int, twap: int, flagged_at: int = 0) -> Health:
    """Equity against a margin of 1,000 and a hard one of 800 at both prices."""
    return Health(
        equity_spot=spot,
        maintenance_spot=1_000,
        hard_spot=800,
        equity_twap=twap,
        maintenance_twap=1_000,
        hard_twap=800,
        notional=10_000,
        flagged_at=flagged_at,
    )


class TestGivenWhereAnAccountStands:
    @pytest.mark.parametrize(
        ("spot", "twap", "flagged_at", "custodian", "open_lane"),
        [
            (1_000, 1_000, 0, "HEALTHY", "HEALTHY"),
            (999, 1_000, NOW - 999, "HEALTHY", "HEALTHY"),
            (1_000, 999, 0, "HEALTHY", "HEALTHY"),
            (500, 5_000, 0, "HEALTHY", "HEALTHY"),
            (999, 999, 0, "FLAGGABLE", "FLAGGABLE"),
            (999, 999, NOW - 299, "FLAGGABLE", "FLAGGABLE"),
            (999, 999, NOW - 300, "FLAGGABLE", "AFTER_CURE"),
            (999, 999, NOW - 599, "FLAGGABLE", "AFTER_CURE"),
            (999, 999, NOW - 600, "AFTER_CURE", "AFTER_CURE"),
            (799, 800, NOW - 600, "AFTER_CURE", "AFTER_CURE"),
            (799, 800, 0, "FLAGGABLE", "FLAGGABLE"),
            (799, 799, 0, "AT_ONCE", "AT_ONCE"),
            (499, 5_000, 0, "AT_ONCE", "AT_ONCE"),
            (0, 1, 0, "AT_ONCE", "AT_ONCE"),
            (-1, 1, 0, "AWAITS_AVERAGE", "AWAITS_AVERAGE"),
            (-1, 0, 0, "INSOLVENT", "INSOLVENT"),
            (0, 0, 0, "INSOLVENT", "INSOLVENT"),
            (1, 0, NOW, "AT_ONCE", "AT_ONCE"),
            (-5, -5, NOW, "INSOLVENT", "INSOLVENT"),
        ],
    )
    def test_when_a_lane_asks_then_it_may_what_the_table_says(
        self, spot: int, twap: int, flagged_at: int, custodian: str, open_lane: str
    ) -> None:
        found = standing(spot=spot, twap=twap, flagged_at=flagged_at)
        assert eligibility(found, now=NOW, terms=TERMS) is Eligibility[custodian]
        assert eligibility(found, now=NOW, terms=TERMS, lane=Lane.OPEN) is Eligibility[open_lane]

    def test_when_there_is_no_time_to_cure_then_a_batch_flags_and_takes_at_once(self) -> None:
        found = standing(spot=999, twap=999)
        assert eligibility(found, now=NOW, terms=LaneTerms(cure=0, open_after=0)) is Eligibility.AFTER_CURE

    def test_when_cash_is_negative_without_positions_then_it_is_insolvent_and_at_zero_it_is_healthy(self) -> None:
        assert eligibility(health(an_account(cash=-1), []), now=NOW, terms=TERMS) is Eligibility.INSOLVENT
        assert eligibility(health(an_account(), []), now=NOW, terms=TERMS) is Eligibility.HEALTHY


def packed(account: Account) -> list[int]:
    """As `MarginVenue.accounts` does."""
    head = int.from_bytes(account.address, "big") | account.flagged_at << 160 | len(account.positions) << 200
    positions = [
        held.instrument | held.lots % (1 << 64) << 16 | held.cost % (1 << 128) << 80 for held in account.positions
    ]
    return [head, account.cash % (1 << 256), *positions]


class TestGivenPackedAccounts:
    def test_when_a_thousand_are_decoded_then_each_comes_back(self) -> None:
        source = Random(9)
        tables = random_tables(source, 32)
        accounts = [random_account(source, tables, index) for index in range(1_000)]
        words = [word for account in accounts for word in packed(account)]
        assert decode_accounts(words) == tuple(accounts)

    def test_when_members_are_at_their_edges_then_they_come_back(self) -> None:
        account = an_account(
            (65_535, -(1 << 63), -(1 << 127)), (0, (1 << 63) - 1, (1 << 127) - 1), (1, -1, -1),
            cash=-(1 << 255), flagged_at=(1 << 40) - 1, address=b"\xff" * 20,
        )  # fmt: skip
        assert decode_accounts(packed(account)) == (account,)

    def test_when_the_layout_is_written_out_then_it_is_the_one_of_the_contract(self) -> None:
        words = [int(ADDRESS.hex(), 16) | 5 << 160 | 1 << 200, (1 << 256) - 7, 3 | ((1 << 64) - 2) << 16 | 9 << 80]
        assert decode_accounts(words) == (an_account((3, -2, 9), cash=-7, flagged_at=5),)

    def test_when_there_are_none_then_none_come(self) -> None:
        assert decode_accounts([]) == ()

    @pytest.mark.parametrize(
        "words",
        [
            [1], [1 | 1 << 200, 0], [1 | 2 << 200, 0, 1 | 1 << 16], [1 | 1 << 208, 0], [1 | 1 << 255, 0],
            [1 | 1 << 200, 0, 5], [1 | 1 << 200, 0, 1 << 16 | 1 << 208], [1 | 2 << 200, 0, 1 << 16, 1 << 16],
        ],
    )  # fmt: skip
    def test_when_words_say_what_the_venue_never_does_then_they_are_refused(self, words: list[int]) -> None:
        with pytest.raises(EncodingError):
            decode_accounts(words)
