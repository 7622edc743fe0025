"""What speaks against a LiquidationOrder: each objection alone, by its code."""

from __future__ import annotations

from typing import Any

import pytest

from custody.identifiers import Address
from custody.intents.classes import ActionClass
from custody.intents.liquidation import LiquidationOrder
from custody.policy.facts import AcceptanceState, AuthorityFacts, LiquidationFacts
from custody.policy.liquidation import objections_to_liquidation
from custody.risk.perpetual import table_of
from custody.units import Ppm, Ticks
from tests.keeper.test_plan import HARD, HEALTHY, NOW, SOFT, SPOT, TERMS, an_account

RATES = {"u": Ppm(60_000), "u_hard": Ppm(50_000), "u_initial": Ppm(80_000)}
FRESH = table_of(spot=SPOT, twap=SPOT, **RATES)
ONE = an_account(1, equity=HARD)


def codes(*, equity: int = HARD, account: Address = ONE.address, **changes: Any) -> list[str]:
    action = changes.pop("action_class", ActionClass.A)
    members: dict[str, Any] = {
        "authority": AuthorityFacts(chain_id=31_337, acceptance=AcceptanceState.UNSET, epoch=1, group_key=(1, 2)),
        "tables": (FRESH,),
        "behind": False,
        "accounts": {ONE.address: an_account(1, equity=equity)},
        "terms": TERMS,
        "at": NOW,
    }
    order = LiquidationOrder(
        accounts=(account,), epoch=1, action_class=action, threshold=3, nonce=1, deadline=NOW + 300
    )
    return [reason.code.value for reason in objections_to_liquidation(order, LiquidationFacts(**(members | changes)))]


class TestGivenAnOrderOfOneAccount:
    def test_when_it_is_below_the_hard_threshold_then_nothing_speaks_against_it(self) -> None:
        assert codes() == []

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"equity": HEALTHY}, "account-healthy"),
            ({"equity": SOFT}, "account-curing"),
            ({"account": Address(bytes([9]) * 20)}, "account-unknown"),
            ({"action_class": ActionClass.B}, "wrong-class"),
            ({"behind": True}, "stale-read"),
            ({"tables": (table_of(spot=SPOT, twap=SPOT, stale=True, **RATES),)}, "stale-price"),
        ],
    )
    def test_when_one_thing_is_wrong_then_that_is_the_reason(self, changes: dict[str, Any], code: str) -> None:
        assert codes(**changes) == [code]

    def test_when_it_is_below_zero_at_spot_alone_then_the_average_decides(self) -> None:
        higher = Ticks(SPOT * 102 // 100)
        assert codes(equity=-1_000_000, tables=(table_of(spot=SPOT, twap=higher, **RATES),)) == ["account-curing"]
        assert codes(equity=-1_000_000) == []
