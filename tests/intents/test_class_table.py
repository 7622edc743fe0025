"""The class table: its figures row by row (n = 5, thresholds 3 and 4), and that it never goes down."""

from itertools import product

import pytest

from custody.intents.classes import (
    CLASS_B_LIMIT,
    LAPSE_AFTER,
    LONGEST_DEADLINE,
    ActionClass,
    NotAThresholdClass,
    Regime,
    effective_class,
    longest_delay,
    rule,
)

LOW, HIGH = 3, 4
HOUR, DAY = 3_600, 86_400
CALM, ELEVATED, STRESSED = Regime
A, A0, B, B2, C, D, D0 = ActionClass
SMALL, AT_LIMIT, LARGER = 0, 10_000, 10_001
THRESHOLD_CLASSES = (A, B, B2, D, D0)
VALUES = (0, 1, 5_000, 9_999, 10_000, 10_001, 50_000, 1_000_000, 2_000_000)


def row(action, *, regime, stale=False, value=SMALL):
    found = rule(action, regime=regime, stale=stale, value=value)
    return found.threshold(low=LOW, high=HIGH), found.delay


class TestGivenTheTableOfClasses:
    @pytest.mark.parametrize(
        ("action", "calm", "elevated", "stressed", "stale"),
        [
            (A, (3, 0), (3, 0), (3, 0), (3, 0)),
            (B, (3, 0), (3, 1 * HOUR), (4, 6 * HOUR), (4, 6 * HOUR)),
            (B2, (4, 6 * HOUR), (4, 12 * HOUR), (4, 24 * HOUR), (4, 24 * HOUR)),
            (D, (4, 48 * HOUR), (4, 72 * HOUR), (4, 7 * DAY), (4, 7 * DAY)),
            (D0, (4, 0), (4, 0), (4, 0), (4, 0)),
        ],
        ids=["A", "B", "B2", "D", "D0"],
    )
    def test_when_a_row_is_read_then_it_has_the_figures_of_the_table(self, action, calm, elevated, stressed, stale):
        assert row(action, regime=CALM) == calm
        assert row(action, regime=ELEVATED) == elevated
        assert row(action, regime=STRESSED) == stressed
        assert [row(action, regime=regime, stale=True) for regime in Regime] == [stale] * 3

    @pytest.mark.parametrize("action", [A0, C])
    def test_when_people_or_guardians_decide_then_the_threshold_key_has_no_row(self, action):
        for regime, stale in product(Regime, (False, True)):
            with pytest.raises(NotAThresholdClass):
                rule(action, regime=regime, stale=stale, value=0)
        with pytest.raises(NotAThresholdClass):
            longest_delay(action)

    def test_when_a_small_release_is_exactly_one_percent_then_it_is_small_and_one_part_more_is_not(self):
        assert CLASS_B_LIMIT == 10_000
        assert effective_class(B, AT_LIMIT) is B
        assert effective_class(B, LARGER) is B2
        for regime, stale in product(Regime, (False, True)):
            assert row(B, regime=regime, stale=stale, value=LARGER) == row(B2, regime=regime, stale=stale)

    @pytest.mark.parametrize("action", [A, B2, D, D0])
    def test_when_the_class_is_not_b_then_value_changes_nothing(self, action):
        assert {effective_class(action, value) for value in VALUES} == {action}

    def test_when_deadlines_are_read_then_class_a_has_ten_minutes_and_all_others_seven_days(self):
        assert LONGEST_DEADLINE[A] == 600
        assert {LONGEST_DEADLINE[action] for action in ActionClass if action is not A} == {7 * DAY}
        assert LAPSE_AFTER == 7 * DAY

    @pytest.mark.parametrize(
        ("action", "delay"), [(A, 0), (B, 6 * HOUR), (B2, 24 * HOUR), (D, 7 * DAY), (D0, 0)], ids=str
    )
    def test_when_the_longest_delay_is_asked_then_it_is_the_greatest_of_the_row(self, action, delay):
        assert longest_delay(action) == delay


class TestGivenEveryPairOfCircumstances:
    @pytest.mark.parametrize("action", THRESHOLD_CLASSES)
    def test_when_regime_staleness_and_value_do_not_fall_then_neither_quorum_nor_delay_falls(self, action):
        """Every pair of points of the grid that is ordered in all three directions at once."""
        points = list(product(Regime, (False, True), VALUES))
        compared = 0
        for milder, worse in product(points, points):
            if all(before <= after for before, after in zip(milder, worse, strict=True)):
                before = row(action, regime=milder[0], stale=milder[1], value=milder[2])
                after = row(action, regime=worse[0], stale=worse[1], value=worse[2])
                assert before[0] <= after[0], (milder, worse)
                assert before[1] <= after[1], (milder, worse)
                compared += 1
        assert compared > 500

    def test_when_classes_are_numbered_then_the_order_is_that_of_the_contract(self):
        assert [action.name for action in ActionClass] == ["A", "A0", "B", "B2", "C", "D", "D0"]
        assert [int(action) for action in ActionClass] == list(range(7))
        assert [int(regime) for regime in Regime] == [0, 1, 2]
