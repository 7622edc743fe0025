"""The clock rule: a recent block, a recent head, and a time that never goes back."""

import pytest

from custody.errors import StaleRead
from custody.policy.clock import Block, ClockReading, ClockRule
from tests.builders import CHAIN_TIME

MAX_AGE = 60
HEAD = 1_000


def a_block(number=HEAD, timestamp=CHAIN_TIME):
    return Block(number=number, hash=number.to_bytes(32, "big"), timestamp=timestamp)


def a_reading(*, named=HEAD, head_time=CHAIN_TIME, received_at=CHAIN_TIME, now=CHAIN_TIME):
    return ClockReading(named=a_block(named), head=a_block(timestamp=head_time), received_at=received_at, now=now)


def chain_time(reading, *, devnet=False, latest_seen=0):
    return ClockRule(max_age=MAX_AGE, devnet=devnet).chain_time(reading, latest_seen=latest_seen)


class TestGivenABlockNamedByTheCoordinator:
    @pytest.mark.parametrize("behind", [0, 1, 2, 3])
    def test_when_it_is_at_most_three_behind_then_the_head_tells_the_time(self, behind):
        assert chain_time(a_reading(named=HEAD - behind)) == CHAIN_TIME

    @pytest.mark.parametrize("behind", [4, 5, HEAD, -1, -2])
    def test_when_it_is_further_behind_or_ahead_then_the_read_is_stale(self, behind):
        with pytest.raises(StaleRead) as raised:
            chain_time(a_reading(named=HEAD - behind))
        assert (raised.value.age, raised.value.max_age) == (behind, 3)

    def test_when_it_has_the_head_s_number_but_another_hash_then_it_is_refused(self):
        """Two blocks of one number cannot both be canonical."""
        named = Block(number=HEAD, hash=b"\x01" * 32, timestamp=CHAIN_TIME)
        with pytest.raises(StaleRead):
            chain_time(ClockReading(named=named, head=a_block(), received_at=CHAIN_TIME, now=CHAIN_TIME))


class TestGivenAPublicChain:
    @pytest.mark.parametrize("age", [0, 1, MAX_AGE])
    def test_when_the_head_is_recent_then_its_timestamp_is_the_time(self, age):
        assert chain_time(a_reading(now=CHAIN_TIME + age)) == CHAIN_TIME

    @pytest.mark.parametrize("age", [MAX_AGE + 1, 86_400])
    def test_when_the_head_is_old_then_the_read_is_stale(self, age):
        with pytest.raises(StaleRead) as raised:
            chain_time(a_reading(now=CHAIN_TIME + age, received_at=CHAIN_TIME + age))
        assert (raised.value.age, raised.value.max_age) == (age, MAX_AGE)

    def test_when_the_head_is_dated_a_little_ahead_then_clocks_may_differ(self):
        assert chain_time(a_reading(now=CHAIN_TIME - 10)) == CHAIN_TIME

    @pytest.mark.parametrize("ahead", [86_400, 10 * 365 * 86_400])
    def test_when_the_head_is_dated_far_ahead_then_the_read_is_refused(self, ahead):
        """A lying endpoint could otherwise stretch deadlines by years, and spoil the stored time for ever."""
        with pytest.raises(StaleRead):
            chain_time(a_reading(now=CHAIN_TIME - ahead, received_at=CHAIN_TIME - ahead))


class TestGivenADevnet:
    def test_when_chain_time_is_replayed_then_only_receipt_is_measured(self):
        long_after = CHAIN_TIME + 10**8
        reading = a_reading(received_at=long_after - MAX_AGE, now=long_after)
        assert chain_time(reading, devnet=True) == CHAIN_TIME

    def test_when_the_head_was_received_long_ago_then_the_read_is_stale(self):
        with pytest.raises(StaleRead):
            chain_time(a_reading(received_at=CHAIN_TIME, now=CHAIN_TIME + MAX_AGE + 1), devnet=True)


class TestGivenATimeSeenBefore:
    @pytest.mark.parametrize("devnet", [False, True])
    def test_when_the_head_is_earlier_then_time_does_not_go_back(self, devnet):
        assert chain_time(a_reading(), devnet=devnet, latest_seen=CHAIN_TIME + 30) == CHAIN_TIME + 30

    def test_when_the_head_is_later_then_time_goes_on(self):
        assert chain_time(a_reading(), latest_seen=CHAIN_TIME - 30) == CHAIN_TIME
