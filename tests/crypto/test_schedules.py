"""Long lives of one key: refresh, reshare and repair in any order. PK stays, quorums sign, generations never mix."""

from __future__ import annotations

import os
from collections import Counter
from random import Random

import pytest

from custody.crypto import KeyShare
from custody.crypto.frost import InvalidSignature, aggregate, verify
from custody.errors import FaultySigner
from custody.identifiers import SignerId
from tests.builders import a_key, seats, signature_shares
from tests.crypto.lifecycle import Shares, key_of, repair, reshare, sign_by_hand, sign_with

VARIABLE = "CUSTODY_SCHEDULES"
ALL_SEATS = seats(9)
LARGEST = 7


class Schedule:
    """One key and the generations of its shares, each step drawn from a seed; counts what it did and checked."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._seed = seed
        self.done: Counter[str] = Counter()
        n = self._random.randint(2, LARGEST)
        first = a_key(threshold=self._random.randint(2, n), n=n, label=("schedule", seed))
        self.public = key_of(first).public
        self.generations: list[Shares] = [first]

    def run(self) -> Counter[str]:
        for number in range(self._random.randint(5, 10)):
            label = (self._seed, number)
            has_helpers = len(self._now) > key_of(self._now).threshold  # n of n cannot repair a lost seat
            step = self._random.choice((self._refresh, self._reshare, *([self._repair] * has_helpers)))
            step(label)
            assert key_of(self._now).public == self.public
            sign_with(self._now, self._quorum(), message=repr(label).encode())
            self.done["a quorum signed"] += 1
            self._one_too_few_fails()
            if len(self.generations) > 1:
                old = self._random.choice(self.generations[:-1])
                self._a_signer_with_an_old_share_is_named(old)
                self._old_and_new_holders_together_fail(old)
        return self.done

    @property
    def _now(self) -> Shares:
        return self.generations[-1]

    def _quorum(self) -> list[SignerId]:
        return sorted(self._random.sample(sorted(self._now), key_of(self._now).threshold))

    def _refresh(self, label: object) -> None:
        threshold = key_of(self._now).threshold
        self.generations.append(
            reshare(self._now, self._quorum(), threshold=threshold, seats=sorted(self._now), label=label)
        )
        self.done["refresh"] += 1

    def _reshare(self, label: object) -> None:
        n = self._random.randint(2, LARGEST)
        chosen = sorted(self._random.sample(ALL_SEATS, n))
        threshold = self._random.randint(2, n)
        self.generations.append(reshare(self._now, self._quorum(), threshold=threshold, seats=chosen, label=label))
        self.done["reshare"] += 1

    def _repair(self, label: object) -> None:
        helpers = self._quorum()
        lost = self._random.choice(sorted(self._now.keys() - set(helpers)))
        repaired = repair(self._now, helpers, lost=lost, label=label)
        assert repaired.secret.to_secret_bytes() == self._now[lost].secret.to_secret_bytes()
        self.generations[-1] = {**self._now, lost: repaired}
        self.done["repair"] += 1

    def _one_too_few_fails(self) -> None:
        few = self._quorum()[:-1]
        forged = sign_by_hand({seat: self._now[seat].secret for seat in few}, self.public)
        with pytest.raises(InvalidSignature):
            verify(forged, b"message", self.public)
        self.done["one too few refused"] += 1

    def _a_signer_with_an_old_share_is_named(self, old: Shares) -> None:
        quorum = self._quorum()
        held_before = [seat for seat in quorum if seat in old]
        if not held_before:
            return
        stale = set(self._random.sample(held_before, self._random.randint(1, min(len(held_before), len(quorum) - 1))))
        key = key_of(self._now)
        mixed = {
            seat: KeyShare(signer=seat, secret=(old if seat in stale else self._now)[seat].secret, key=key)
            for seat in quorum
        }
        package, answers = signature_shares(mixed, quorum)
        with pytest.raises(FaultySigner) as raised:
            aggregate(answers, package)
        assert raised.value.culprits == stale
        self.done["old share named"] += 1

    def _old_and_new_holders_together_fail(self, old: Shares) -> None:
        """As many as the higher threshold asks where there are so many, at least one of each, interpolating by hand."""
        of_old = self._random.choice(sorted(old))
        of_new = self._random.choice(sorted(self._now.keys() - {of_old}))
        held = {of_old: old[of_old].secret, of_new: self._now[of_new].secret}
        enough = max(key_of(old).threshold, key_of(self._now).threshold)
        others = sorted((old.keys() | self._now.keys()) - held.keys())
        self._random.shuffle(others)
        for seat in others[: enough - 2]:
            sources = [shares for shares in (old, self._now) if seat in shares]
            held[seat] = self._random.choice(sources)[seat].secret
        with pytest.raises(InvalidSignature):
            verify(sign_by_hand(held, self.public), b"message", self.public)
        self.done["mixture refused"] += 1


def run_schedules(seeds: range) -> Counter[str]:
    done: Counter[str] = Counter()
    for seed in seeds:
        try:
            done += Schedule(seed).run()
        except BaseException as error:
            error.add_note(f"in the schedule of seed {seed}")
            raise
        done["schedule"] += 1
    for kind in ("refresh", "reshare", "repair", "a quorum signed", "old share named", "mixture refused"):
        assert done[kind] >= len(seeds), f"these schedules hold too few of: {kind}"
    return done


class TestGivenRandomSchedules:
    def test_when_fifty_are_run_then_the_key_stays_and_generations_never_combine(self):
        assert run_schedules(range(50))["schedule"] == 50

    @pytest.mark.long
    def test_when_as_many_as_asked_are_run_then_the_key_stays_and_generations_never_combine(self):
        asked = os.environ.get(VARIABLE)
        if not asked:
            pytest.skip(f"ONLY 50 SCHEDULES CHECKED: set {VARIABLE} to how many (10000 take minutes)")
        done = run_schedules(range(int(asked)))
        print("\n" + "\n".join(f"{count:8,} {kind}" for kind, count in sorted(done.items())))
        assert done["schedule"] == int(asked) > 0
