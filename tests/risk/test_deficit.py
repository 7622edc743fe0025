"""What margin pays while a deficit stands."""

from __future__ import annotations

from random import Random

import pytest

from custody.risk.deficit import Coverage
from custody.units import MicroUsdc


def coverage(held: int, deficit: int) -> Coverage:
    return Coverage(held=MicroUsdc(held), deficit=MicroUsdc(deficit))


class TestGivenNoDeficit:
    def test_when_margin_is_given_up_then_all_of_it_is_paid(self) -> None:
        stands = Coverage.of(margin_total=MicroUsdc(100), insurance=MicroUsdc(40), deficit=MicroUsdc(0))
        assert (stands.held, stands.most, stands.payout(MicroUsdc(70))) == (100, 100, 70)
        assert stands.after(MicroUsdc(70)) == coverage(30, 0)


class TestGivenADeficit:
    def test_when_margin_is_given_up_then_the_rest_reduces_it(self) -> None:
        stands = Coverage.of(margin_total=MicroUsdc(100), insurance=MicroUsdc(40), deficit=MicroUsdc(20))
        assert (stands.held, stands.most) == (60, 80)
        assert stands.payout(MicroUsdc(7)) == 5
        assert stands.after(MicroUsdc(7)) == coverage(55, 18)

    def test_when_insurance_is_more_than_is_held_then_nothing_is_owed_or_paid(self) -> None:
        stands = Coverage.of(margin_total=MicroUsdc(40), insurance=MicroUsdc(41), deficit=MicroUsdc(20))
        assert (stands.held, stands.most, stands.payout(MicroUsdc(20))) == (0, 0, 0)

    def test_when_many_leave_in_any_order_then_the_rate_never_falls_and_all_together_get_what_was_held(self) -> None:
        source = Random(5)
        for _ in range(2_000):
            stands = first = coverage(source.randint(1, 10**13), source.randint(1, 10**13))
            for _ in range(20):
                amount = MicroUsdc(source.randint(0, source.choice((3, stands.most))) if stands.most > 3 else 0)
                then = stands.after(amount)
                assert then.held * (stands.held + stands.deficit) >= stands.held * (then.held + then.deficit)
                stands = then
            last = stands.after(stands.most)
            assert (last.held, last.deficit) == (0, 0)
            assert first.held >= stands.held

    @pytest.mark.parametrize("amount", [-1, 81])
    def test_when_more_is_given_up_than_is_owed_then_it_is_refused(self, amount: int) -> None:
        with pytest.raises(ValueError, match="owed"):
            coverage(60, 20).after(MicroUsdc(amount))

    def test_when_a_sum_is_below_zero_then_it_is_refused(self) -> None:
        with pytest.raises(ValueError, match="below zero"):
            coverage(-1, 0)
