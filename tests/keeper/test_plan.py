"""The keeper's plan as a pure function: whom it ranks, whom it leaves alone, and in which order."""

from __future__ import annotations

from typing import Any

from custody.identifiers import Address, BlockHash
from custody.keeper import plan
from custody.keeper.plan import MOST_IN_A_BATCH
from custody.policy.clock import Block
from custody.ports.venue import Market
from custody.risk.account import Account, LaneTerms, Position
from custody.risk.perpetual import table_of
from custody.units import Lots, MicroUsdc, Ppm, Regime, Seconds, Ticks

SPOT = Ticks(300_000)
NOW = 1_700_000_000
TERMS = LaneTerms(cure=Seconds(600), open_after=Seconds(300))


def an_account(number: int, *, equity: int, lots: int = 10_000, flagged_at: int = 0) -> Account:
    """One ether long at spot, worth `equity` µUSDC: maintenance is 6 % of 3,000 USDC, the hard threshold 5 %."""
    position = Position(instrument=0, lots=Lots(lots), cost=MicroUsdc(lots * SPOT))
    return Account(
        address=Address(number.to_bytes(20, "big")),
        cash=MicroUsdc(equity),
        flagged_at=flagged_at,
        positions=(position,) if lots else (),
    )


def a_market(*accounts: Account, **changes: Any) -> Market:
    table = table_of(spot=SPOT, twap=SPOT, u=Ppm(60_000), u_hard=Ppm(50_000), u_initial=Ppm(80_000))
    members: dict[str, Any] = {
        "block": Block(number=1, hash=BlockHash(bytes(32)), timestamp=NOW),
        "tables": (table,),
        "regime": Regime.CALM,
        "behind": False,
        "accounts": accounts,
        "terms": TERMS,
        "epoch": 1,
    }
    return Market(**(members | changes))


HEALTHY, SOFT, HARD, HOPELESS = 181_000_000, 170_000_000, 149_000_000, -5_000_000


class TestGivenAccountsOfEveryKind:
    def test_when_planned_then_the_worst_comes_first_and_the_soft_are_flagged(self) -> None:
        market = a_market(
            an_account(1, equity=HEALTHY),
            an_account(2, equity=HARD),
            an_account(3, equity=SOFT),
            an_account(4, equity=HOPELESS),
            an_account(5, equity=0, lots=0),
        )
        found = plan(market, in_flight=frozenset())
        assert [int.from_bytes(address, "big") for address in found.liquidate] == [4, 2]
        assert [int.from_bytes(address, "big") for address in found.flag] == [3]
        assert not found.poke

    def test_when_a_flag_has_stood_for_the_cure_then_it_is_liquidated_and_before_that_left_alone(self) -> None:
        assert plan(a_market(an_account(1, equity=SOFT, flagged_at=NOW - 600)), in_flight=frozenset()).liquidate
        waiting = plan(a_market(an_account(1, equity=SOFT, flagged_at=NOW - 599)), in_flight=frozenset())
        assert waiting.is_empty

    def test_when_a_transaction_is_on_its_way_for_one_then_it_is_left_alone(self) -> None:
        account = an_account(1, equity=HARD)
        assert plan(a_market(account), in_flight=frozenset({account.address})).is_empty

    def test_when_the_price_is_stale_then_nothing_is_asked_of_a_contract_that_would_refuse(self) -> None:
        table = table_of(spot=SPOT, twap=SPOT, u=Ppm(60_000), u_hard=Ppm(50_000), u_initial=Ppm(80_000), stale=True)
        assert plan(a_market(an_account(1, equity=HARD), tables=(table,)), in_flight=frozenset()).is_empty

    def test_when_rounds_wait_beyond_one_call_then_they_are_poked(self) -> None:
        found = plan(a_market(an_account(1, equity=HARD), behind=True), in_flight=frozenset())
        assert found.poke
        assert found.liquidate == found.flag == ()

    def test_when_there_are_more_than_a_batch_then_the_worst_fill_it(self) -> None:
        accounts = [an_account(number, equity=HARD - number) for number in range(1, 200)]
        found = plan(a_market(*accounts), in_flight=frozenset())
        assert len(found.liquidate) == MOST_IN_A_BATCH
        assert found.liquidate[0] == accounts[-1].address

    def test_when_the_same_market_is_planned_again_then_the_plan_is_the_same(self) -> None:
        market = a_market(*(an_account(number, equity=HARD - number % 7) for number in range(1, 50)))
        assert plan(market, in_flight=frozenset()) == plan(market, in_flight=frozenset())
