"""What the keeper remembers: accounts that nothing helps do not stand in the way of those behind them."""

from __future__ import annotations

from custody.identifiers import Address
from custody.keeper.attempts import BACKSTOPS_FULL, LEAST_PART, LONGEST_REST, Attempts
from custody.keeper.plan import MOST_IN_A_BATCH, plan
from custody.ports.venue import Flag, Outcome, SliceTaken, Take
from custody.units import ONE_PPM, MicroUsdc
from tests.keeper.test_plan import HARD, a_market, an_account

WHALE = Address(bytes(19) + b"\x01")
HEALED = 0


def an_outcome(block: int, *, error: str | None = None, skipped: int | None = None, taken: bool = False) -> Outcome:
    slice_ = SliceTaken(
        account=WHALE,
        taker=Address(bytes(20)),
        fraction=ONE_PPM,
        equity_before=MicroUsdc(0),
        equity_after=MicroUsdc(0),
        custodian_lane=True,
    )
    return Outcome(
        block=block,
        gas=1,
        error=error,
        slices=(slice_,) if taken else (),
        skipped=() if skipped is None else ((WHALE, skipped),),
    )


class TestGivenAnAccountThatNothingHelps:
    def test_when_tried_again_and_again_then_it_rests_longer_each_time_up_to_a_limit(self) -> None:
        attempts, rests, block = Attempts(), [], 0
        for _ in range(9):
            attempts.learn(Flag(WHALE), (WHALE,), an_outcome(block, error="Any"))
            rest = 0
            while WHALE in attempts.resting(block):
                block, rest = block + 1, rest + 1
            rests.append(rest)
        assert rests == [1, 2, 4, 8, 16, 32, 64, 64, 64]
        assert max(rests) == LONGEST_REST

    def test_when_backstops_are_full_then_the_open_lane_takes_it_and_takes_less_when_refused(self) -> None:
        attempts = Attempts()
        assert attempts.open_lane_part(WHALE) is None
        attempts.learn(Flag(WHALE), (WHALE,), an_outcome(1, skipped=BACKSTOPS_FULL))
        assert attempts.open_lane_part(WHALE) == ONE_PPM
        for _ in range(20):
            attempts.learn(Take(WHALE, ONE_PPM), (WHALE,), an_outcome(2, error="TakerRefused"))
        assert attempts.open_lane_part(WHALE) == LEAST_PART

    def test_when_a_slice_was_taken_then_it_is_forgotten(self) -> None:
        attempts = Attempts()
        attempts.learn(Flag(WHALE), (WHALE,), an_outcome(1, skipped=BACKSTOPS_FULL))
        attempts.learn(Flag(WHALE), (WHALE,), an_outcome(2, taken=True))
        assert attempts.open_lane_part(WHALE) is None
        assert attempts.resting(1) == frozenset()

    def test_when_a_batch_full_of_them_ranks_first_then_the_small_one_behind_is_planned_next(self) -> None:
        whales = [an_account(number, equity=-number * 10**9) for number in range(1, MOST_IN_A_BATCH + 1)]
        small = an_account(1_000, equity=HARD)
        market, attempts = a_market(*whales, small), Attempts()
        first = plan(market, in_flight=attempts.resting(1))
        assert small.address not in first.liquidate
        for whale in whales:
            skipped = Outcome(block=1, gas=1, error=None, slices=(), skipped=((whale.address, BACKSTOPS_FULL),))
            attempts.learn(Flag(whale.address), (whale.address,), skipped)
        assert plan(market, in_flight=attempts.resting(1)).liquidate == (small.address,)
