"""Whatever n - t seats do and in whatever order answers come, one of n - t + 1 lists becomes a signature."""

from __future__ import annotations

import random

import pytest
from msgspec.structs import replace

from custody.coordinator.roast import Course
from custody.crypto.frost import verify
from custody.identifiers import SessionId
from custody.protocol.signing import answer, draw_pair, listed_approvals, offer, package_of
from custody.protocol.signing_messages import Approval, Mark
from tests.builders import an_approval_of, an_expedite, an_identity, fresh, seats
from tests.signer.scene import HOSTS, Bytes, shares_of, the_key

MARK = Mark(boot=1, boot_random=bytes(16), journal_length=1, journal_head=bytes(32))
SESSION = SessionId(fresh("session"))


class Seat:
    """Signs as it should, without a desk around it."""

    def __init__(self, seat, n, thresholds, label):
        self.seat, self.key = seat, the_key(n, thresholds)
        self.share = shares_of(n, thresholds[0])[seat]
        intent = an_expedite(threshold=thresholds[0])
        self.approved = an_approval_of(intent, self.key.key, thresholds=thresholds)
        self.randomness = Bytes((label, seat))
        self.index = 0

    def approve(self):
        nonces = draw_pair(self.share, self.randomness(64))
        self.offered = offer(self.approved, session=SESSION, share=self.share, nonces=nonces)
        self.index += 1
        return self.signed(
            Approval(
                digest=self.approved.digest, holding=self.key.holding, commitment=self.offered.commitment_id,
                mark=MARK, batch=0, index=self.index,
            )
        )  # fmt: skip

    def signed(self, message):
        identity = an_identity(self.seat)
        return HOSTS.authenticate(identity.sign(message, execution=SESSION), {identity.keys.id: identity.keys})

    def answer(self, attempt, *, bad):
        known = {host.id: host for host in self.key.committee.hosts}
        approvals = [HOSTS.authenticate(pledge.envelope, known) for pledge in attempt.pledges]
        pledges = listed_approvals(approvals, session=SESSION, digest=self.approved.digest, key=self.key)
        done = answer(self.offered, package_of(pledges, digest=self.approved.digest, key=self.key))
        response = done.response(following=self.approve().encoded)
        return self.signed(replace(response, share=bytes(32)) if bad else response)


class Play:
    """A scheduler that lets bad seats stall, or send bad shares, and answers come in any order."""

    def __init__(self, n, thresholds, number):
        self.random = random.Random(number)
        self.n, self.t = n, thresholds[0]
        self.key = the_key(n, thresholds)
        self.seats = {seat: Seat(seat, n, thresholds, number) for seat in seats(n)}
        self.bad = set(self.random.sample(seats(n), n - self.t))
        self.evidence = []
        known = {host.id: host for host in self.key.committee.hosts}
        self.digest = self.seats[1].approved.digest
        self.course = Course(
            self.key, session=SESSION, digest=self.digest,
            read=lambda encoded: HOSTS.authenticate(encoded, known), on_evidence=self.evidence.append,
        )  # fmt: skip
        self.owed = []

    def play(self):
        """The signature, once every honest seat has answered what it was asked."""
        for seat in self.random.sample(list(self.seats), self.n):
            self.course.on_approval(seat, self.seats[seat].approve())
            self.begin()
        while self.owed:
            seat, attempt = self.owed.pop(self.random.randrange(len(self.owed)))
            if seat in self.course.faulty or (seat in self.bad and self.random.random() < 0.5):
                continue  # for ever
            answered = self.seats[seat].answer(attempt, bad=seat in self.bad)
            signature = self.course.on_answer(seat, attempt, answered)
            if signature is not None:
                return signature
            self.begin()
        return None

    def begin(self):
        """By the letter: a list as soon as t are ready."""
        while (attempt := self.course.next_attempt()) is not None:
            self.owed += [(seat, attempt) for seat in attempt.seats]


class TestGivenBadSeats:
    @pytest.mark.parametrize(("n", "thresholds"), [(3, (2,)), (5, (3, 4)), (7, (4,))], ids=str)
    @pytest.mark.parametrize("number", range(40))
    def test_when_t_are_honest_then_it_ends_with_their_signature_within_the_bound(self, n, thresholds, number):
        play = Play(n, thresholds, number)
        signature = play.play()
        verify(signature, play.digest, play.key.key.public)
        assert len(play.course.attempts) <= n - play.t + 1
        assert set(play.course.faulty) <= play.bad
        assert len(play.evidence) == len(play.course.faulty)
