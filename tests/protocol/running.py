"""A ceremony by its pure steps, with real host identities: what a shell would do between them, step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from hashlib import sha256
from typing import Any

from custody.crypto import SecretScalar
from custody.crypto.curve import ZeroSecret
from custody.errors import EncodingError
from custody.host import HostDirectory, HostIdentity
from custody.identifiers import SignerId
from custody.protocol import ceremony
from custody.protocol.authenticated import Authenticated
from custody.protocol.ceremony import Certified, Collected, Contributed, Dealt, Endorsed, SealTo
from custody.protocol.messages import Contribution, Dealing, Endorsement, Message
from tests.builders import a_committee, an_identity, fresh

HOSTS = HostDirectory()


def authenticated(
    message: Message, *, by: HostIdentity, execution: bytes, recipient: bytes = b""
) -> Authenticated[Any]:
    """A message as it arrives: signed, carried, and proven to be its author's."""
    return HOSTS.authenticate(by.sign(message, execution=execution, recipient=recipient), known={by.keys.id: by.keys})


class Run:
    """One ceremony. Rounds are kept, so that a test can hand on altered ones."""

    def __init__(self, n: int, thresholds: tuple[int, ...], label: object = "run") -> None:
        self.label = label
        self.committee = a_committee(n, thresholds)
        self.proposal = ceremony.proposal_of(self.committee, salt=fresh((label, "salt")))
        self.execution = ceremony.proposal_id(self.proposal)
        self.contributed: dict[SignerId, Contributed] = {}
        self.contributions: list[Authenticated[Contribution]] = []
        for seat in self.committee.seats:
            state, message = ceremony.propose(
                self.proposal, committee=self.committee, me=seat, randomness=fresh((label, seat, "contribution"))
            )
            self.contributed[seat] = state
            self.contributions.append(self.signed(seat, message))
        self.plans = {}
        self.dealings: list[Authenticated[Dealing]] = []
        for seat in self.committee.seats:
            self.run, self.plans[seat] = self.plan(seat, self.contributions)
            self.dealings.append(self.deal(seat, self.run, self.plans[seat]))

    def signed(self, seat: int, message: Message, **changes: Any) -> Authenticated[Any]:
        """A message of this seat in this ceremony, or elsewhere where `changes` say so."""
        where = {"by": an_identity(seat), "execution": self.execution} | changes
        return authenticated(message, **where)

    def plan(self, seat: int, contributions: Sequence[Authenticated[Contribution]]) -> Any:
        state = self.contributed[SignerId(seat)]
        return ceremony.on_contributions(state, contributions, randomness=fresh((self.label, seat, "dealing")))

    def seal(self, effect: SealTo, plaintext: bytes | None = None) -> bytes:
        secret = effect.plaintext.to_secret_bytes() if plaintext is None else plaintext
        return HOSTS.seal(secret, recipient=self.committee.host(effect.recipient), info=effect.info)

    def deal(self, seat: int, run: bytes, plans: Any) -> Authenticated[Dealing]:
        keys = tuple(plan.sealed([self.seal(effect) for effect in plan.seals]) for plan in plans)
        return self.signed(seat, Dealing(run=run, keys=keys))

    def dealt(self, seat: int, run: bytes | None = None) -> Dealt:
        return Dealt(
            committee=self.committee,
            me=SignerId(seat),
            proposal=self.execution,
            run=run or self.run,
            own_dealing=sha256(self.dealings[seat - 1].body).digest(),
        )

    def collect(self, seat: int, dealings: Sequence[Authenticated[Dealing]]) -> Collected:
        return ceremony.on_dealings(self.dealt(seat), dealings)

    def open(self, seat: int, collected: Collected) -> Mapping[tuple[SignerId, int], SecretScalar]:
        opened = {}
        for effect in collected.opens:
            try:
                plaintext = an_identity(seat).open(effect.ciphertext, info=effect.info)
                opened[effect.dealer, effect.threshold] = SecretScalar.from_secret_bytes(plaintext)
            except (EncodingError, ZeroSecret):
                continue
        return opened

    def endorse(self, seat: int, dealings: Sequence[Authenticated[Dealing]] | None = None) -> Endorsed:
        collected = self.collect(seat, dealings or self.dealings)
        return ceremony.on_opened(collected, self.open(seat, collected))

    def endorsements(self) -> list[Authenticated[Endorsement]]:
        return [self.signed(seat, self.endorse(seat).endorsement()) for seat in self.committee.seats]

    def certify(self, seat: int, endorsements: Sequence[Authenticated[Endorsement]]) -> Certified:
        return ceremony.on_endorsements(self.endorse(seat), endorsements, proposal=self.execution)


@cache
def an_honest_run(n: int = 5, thresholds: tuple[int, ...] = (3, 4)) -> Run:
    """Made once: tests alter copies of its rounds, never the run."""
    return Run(n, thresholds)
