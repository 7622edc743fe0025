"""Limits of a coordinator's requests: what a relay replays does not use up what the coordinator may ask."""

from __future__ import annotations

from custody.signer.rate_limit import RequestLimits, TokenBucket


class TestGivenABucket:
    def test_when_its_burst_is_used_up_then_it_refills_with_time_and_no_further(self) -> None:
        bucket = TokenBucket(per_second=2, burst=3, now=0)
        assert [bucket.take(0) for _ in range(4)] == [True, True, True, False]
        assert [bucket.take(1) for _ in range(3)] == [True, True, False]
        assert [bucket.take(1_000) for _ in range(4)] == [True, True, True, False]


class TestGivenARelayThatReplays:
    def limits(self) -> RequestLimits:
        return RequestLimits(per_second=1, burst=5, remembers=100, now=0)

    def test_when_it_replays_one_request_without_end_then_fresh_ones_are_still_taken(self) -> None:
        limits = self.limits()
        assert limits.take(b"old", 0)
        replays = [limits.take(b"old", 0) for _ in range(1_000)]
        assert replays.count(True) == 5
        assert limits.take(b"new", 0)

    def test_when_the_coordinator_itself_asks_too_much_then_it_is_refused(self) -> None:
        limits = self.limits()
        assert [limits.take(bytes([number]), 0) for number in range(7)].count(True) == 5
