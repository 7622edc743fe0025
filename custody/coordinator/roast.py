"""Which seats sign together next, and what became of those before: after ROAST (Ruffing et al., 2022).

A seat is ready when it has a commitment that stands in no list; as soon as t are ready they make a list. A seat that
was asked for a share is out until it answers, and its answer brings its next commitment. So every list that fails
takes a seat with it that is proven faulty or never answers: after n - t + 1 lists one is of honest seats alone. Pure:
knows neither time nor network.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from custody.crypto.frost import Signature, SigningPackage
from custody.errors import FaultySigner
from custody.identifiers import SignerId
from custody.protocol.authenticated import Authenticated
from custody.protocol.combining import combine, share_fault
from custody.protocol.signing import NotAPledge, Pledge, TenuredKey, list_hash_of, package_of, pledge_of_approval
from custody.protocol.signing_blame import AnyMessage, Equivocations, SigningEvidence, evidence_of_two
from custody.protocol.signing_messages import Approval, ShareResponse


@dataclass(slots=True)
class Attempt:
    """One list, and what its seats answered. `indices` where it is made of batches."""

    pledges: tuple[Pledge, ...]
    digest: bytes
    key: TenuredKey
    indices: tuple[int, ...] = ()
    list_hash: bytes = b""
    answers: dict[SignerId, Authenticated[ShareResponse]] = field(default_factory=dict)
    spoilt: bool = False  # somebody of it will not answer, or answered badly
    _package: SigningPackage | None = None

    def __post_init__(self) -> None:
        self.list_hash = list_hash_of(self.pledges)

    @property
    def seats(self) -> tuple[SignerId, ...]:
        return tuple(pledge.seat for pledge in self.pledges)

    def package(self) -> SigningPackage:
        """Computed when it is first needed: an honest list never needs it."""
        if self._package is None:
            self._package = package_of(self.pledges, digest=self.digest, key=self.key)
        return self._package

    def evidence(self, seat: SignerId) -> SigningEvidence:
        answer = self.answers[seat]
        return SigningEvidence(
            kind="share",
            accused=answer.author,
            key=self.key.key.id,
            listed=tuple(pledge.envelope for pledge in self.pledges),
            indices=self.indices,
            said=(answer.encoded,),
        )


class Course:
    """All lists of one order. `on_evidence` is told what proves a fault to others."""

    def __init__(
        self,
        key: TenuredKey,
        *,
        session: bytes,
        digest: bytes,
        read: Callable[[bytes], Authenticated[Approval] | None],
        on_evidence: Callable[[SigningEvidence], None],
    ) -> None:
        self.attempts: list[Attempt] = []
        self.faulty: dict[SignerId, str] = {}
        self._key = key
        self._session = session
        self._digest = digest
        self._read = read
        self._on_evidence = on_evidence
        self._ready: dict[SignerId, Pledge] = {}
        self._answered: set[bytes] = set()
        self._unchecked: dict[SignerId, Attempt] = {}
        self._equivocations = Equivocations()

    @property
    def ready(self) -> tuple[SignerId, ...]:
        return tuple(self._ready)

    @property
    def open(self) -> list[Attempt]:
        """Lists that may still become a signature."""
        return [attempt for attempt in self.attempts if not attempt.spoilt]

    def blame(self, seat: SignerId, why: str) -> None:
        """For good: the seat is in no further list, and what it is in comes to nothing."""
        self.faulty.setdefault(seat, why)
        self._ready.pop(seat, None)
        self.give_up(seat)

    def give_up(self, seat: SignerId) -> None:
        """The seat will not answer what it was asked; it may come back with another approval."""
        for attempt in self.attempts:
            if seat in attempt.seats and (seat not in attempt.answers or seat in self.faulty):
                attempt.spoilt = True

    # --- what seats say ---

    def on_approval(self, seat: SignerId, approval: Authenticated[Approval]) -> None:
        """A seat is ready, or shows that it is faulty."""
        if self._says_two_things(seat, approval):
            return
        try:
            pledge = pledge_of_approval(approval, session=self._session, digest=self._digest, key=self._key)
        except NotAPledge as error:
            self.blame(seat, f"approved with something that is of no use: {error}")
            return
        if pledge.commitment.points_bytes() in self._answered:
            return  # an old approval, which a relay can repeat
        if seat not in self.faulty:
            self._ready[seat] = pledge

    def on_answer(self, seat: SignerId, attempt: Attempt, answer: Authenticated[ShareResponse]) -> Signature | None:
        """The verified signature, if this was the last answer that a list was waiting for and none was bad."""
        message = answer.message
        if self._says_two_things(seat, answer):
            return None
        if message.list_hash != attempt.list_hash:
            if any(message.list_hash == other.list_hash and seat in other.seats for other in self.attempts):
                self.give_up(seat)  # its answer to an earlier list, which a relay can keep and repeat
            else:
                self.blame(seat, "sent a share for another list")
            return None
        attempt.answers[seat] = answer
        if message.digest != self._digest:
            self._accuse(attempt, seat, "answered another digest than it approved")
            return None
        self._answered.update(pledge.commitment.points_bytes() for pledge in attempt.pledges if pledge.seat == seat)
        self._unchecked[seat] = attempt
        if message.following:
            self._follow(seat, message.following)
        return self._finish(attempt)

    def _follow(self, seat: SignerId, encoded: bytes) -> None:
        following = self._read(encoded)
        if following is None or following.author != self._key.committee.host(seat).id:
            self.blame(seat, "its next approval is not one")
            return
        self.on_approval(seat, following)
        if seat not in self._ready and seat not in self.faulty:
            self.blame(seat, "offered a pair that has answered")

    def _finish(self, attempt: Attempt) -> Signature | None:
        if attempt.spoilt or attempt.answers.keys() != set(attempt.seats):
            return None
        responses = {seat: answer.message for seat, answer in attempt.answers.items()}
        try:
            return combine(responses, attempt.package, digest=self._digest, key=self._key.key)
        except FaultySigner as error:
            for culprit in sorted(error.culprits):
                seat = SignerId(culprit)
                self._accuse(attempt, seat, share_fault(responses[seat], seat=seat, package=attempt.package()) or "")
            return None

    def _says_two_things(self, seat: SignerId, message: AnyMessage) -> bool:
        before = self._equivocations.add(message)
        if before is None:
            return False
        self._on_evidence(evidence_of_two(before, message, key=self._key.key.id))
        self.blame(seat, "said two things in one place")
        return True

    def _accuse(self, attempt: Attempt, seat: SignerId, why: str) -> None:
        self._on_evidence(attempt.evidence(seat))
        self.blame(seat, why)

    # --- the next list ---

    def next_attempt(self) -> Attempt | None:
        """A list of the first t that are ready, which are out from now on; None while there are too few."""
        needed = self._key.key.threshold
        self._check_unfinished(needed)
        if len(self._ready) < needed:
            return None
        seats = sorted(list(self._ready)[:needed])
        return self.begin([self._ready.pop(seat) for seat in seats])

    def begin(self, pledges: Sequence[Pledge], indices: Sequence[int] = ()) -> Attempt:
        attempt = Attempt(tuple(pledges), self._digest, self._key, tuple(indices))
        self.attempts.append(attempt)
        for seat in attempt.seats:
            self._ready.pop(seat, None)
            self._unchecked.pop(seat, None)
        return attempt

    def _check_unfinished(self, needed: int) -> None:
        """A seat that answered a list which is not finished is checked before it may hold up another one."""
        while len(self._ready) >= needed:
            seat = next((seat for seat in list(self._ready)[:needed] if seat in self._unchecked), None)
            if seat is None:
                return
            attempt = self._unchecked.pop(seat)
            fault = share_fault(attempt.answers[seat].message, seat=seat, package=attempt.package())
            if fault is not None:
                self._accuse(attempt, seat, fault)
