"""A run of any kind by its pure steps, with real host identities and real sealing: what shells would do between them.

A `Story` is what one party was shown. `Run.tell` makes one, round by round, from what honest parties say to the story
so far; a test alters any message of any round on the way. `Party.say` answers a story as an honest party does: with a
message, or with the error that ends the run for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import Any

from custody.crypto import KeyShare, SecretScalar, Signature
from custody.crypto.curve import ZeroSecret
from custody.errors import EncodingError, ProtocolError
from custody.host import HostDirectory, HostIdentity
from custody.identifiers import HostId, SignerId
from custody.protocol import dealing, repair
from custody.protocol.authenticated import Authenticated
from custody.protocol.committee import Committee
from custody.protocol.encoding import Message
from custody.protocol.run import Fault, PartyFault, RunSetting, name_run, place_of, places, seen_hash
from custody.protocol.run_messages import (
    Complaint,
    Contribution,
    Dealing,
    KeySumming,
    RunTerms,
    Splitting,
    Summing,
)
from custody.protocol.run_states import Certified, Collected, Endorsed, Named, Opened, Prepared, SealTo, Split, Summed
from custody.protocol.tenure import Tenure, host_bodies
from custody.protocol.transcript import RunTranscript
from tests.builders import IDENTITIES, a_committee, committee_with, fresh
from tests.crypto.lifecycle import sign_with

HOSTS = HostDirectory()
Round = tuple[Authenticated[Any], ...]
Alter = Callable[["Run", "Story", Round], Sequence[Authenticated[Any]]]


def authenticated(
    message: Message, *, by: HostIdentity, execution: bytes, recipient: bytes = b""
) -> Authenticated[Any]:
    """A message as it arrives: signed, carried, and proven to be its author's."""
    return HOSTS.authenticate(by.sign(message, execution=execution, recipient=recipient), known={by.keys.id: by.keys})


@dataclass(frozen=True)
class Story:
    """The rounds that a party was shown, and by party the bodies of those in it that were said honestly."""

    contributions: Round = ()
    preparations: Round = ()
    third: Round = ()
    summings: Round = ()
    endorsements: Round = ()
    own: Mapping[tuple[str, int], bytes] = field(default_factory=dict)

    def told(self, name: str, shown: Iterable[Authenticated[Any]], said: Round | None = None) -> Story:
        """This story with one more round: `shown`, where the parties said `said`."""
        messages = tuple(shown)
        bodies = {(name, party): each.body for party, each in enumerate(messages if said is None else said, start=1)}
        return replace(self, **{name: messages}, own={**self.own, **bodies})

    @property
    def messages(self) -> list[Authenticated[Any]]:
        return [*self.contributions, *self.preparations, *self.third, *self.summings, *self.endorsements]


class Run:
    """One run: its setting, what its parties hold, and where their randomness comes from."""

    def __init__(
        self,
        terms: RunTerms,
        before: Tenure | None,
        *,
        held: Mapping[HostId, tuple[KeyShare, ...]],
        label: object,
        sealed: Mapping[bytes, bytes] | None = None,
    ) -> None:
        """`sealed`: ciphertexts by their info, to be used where sealing would draw others; vectors have them."""
        self.label = label
        self.sealed = dict(sealed or {})
        self.setting = RunSetting.of(terms, before)
        self.parties = tuple(
            Party(self, number, held.get(keys.id, ())) for number, keys in enumerate(self.setting.parties, start=1)
        )
        middle = ("third", "summings") if terms.kind == "repair" else ("third",)
        self.rounds = ("contributions", "preparations", *middle, "endorsements")

    def party(self, number: int) -> Party:
        return self.parties[number - 1]

    def tell(self, alter: Mapping[str, Alter] | None = None, *, until: str = "") -> Story:
        """What everybody is shown if the rounds are altered so, as far as no honest party ends the run; or up to and
        with the round `until`."""
        alter = alter or {}
        story, altered = Story(), False
        for name in self.rounds:
            said = getattr(self.honest, name) if alter and not altered else self._said(name, story, strict=not alter)
            if not said:
                break  # somebody ended it: `Party.say` tells who and why
            shown = tuple(alter[name](self, story, said)) if name in alter else said
            altered = altered or name in alter
            story = story.told(name, shown, said if len(shown) != len(said) else _spoken(said, shown))
            if name == until:
                break
        return story

    def _said(self, name: str, story: Story, *, strict: bool) -> Round:
        """What everybody says to a story; nothing if somebody ends the run instead."""
        try:
            return tuple(party.say(name, story) for party in self.parties)
        except ProtocolError:
            if strict:
                raise
            return ()

    def as_honest(self, story: Story, name: str) -> Story:
        """The next round as the honest run had it."""
        return story.told(name, getattr(self.honest, name))

    def prefix(self, until: str) -> Story:
        """The honest run up to and with this round; nothing for the empty name."""
        story = Story()
        for name in self.rounds[: self.rounds.index(until) + 1] if until else ():
            story = self.as_honest(story, name)
        return story

    @cached_property
    def honest(self) -> Story:
        return self.tell()

    @cached_property
    def certified(self) -> tuple[Certified, ...]:
        """How the honest run ends for every party, in order."""
        return tuple(party.certify(self.honest) for party in self.parties)

    @property
    def tenure(self) -> Tenure:
        return self.certified[0].tenure

    @cached_property
    def held(self) -> dict[HostId, tuple[KeyShare, ...]]:
        """The shares after the run, by host."""
        return {keys.id: end.shares for keys, end in zip(self.setting.parties, self.certified, strict=True)}

    def shares(self, index: int = 0) -> dict[SignerId, KeyShare]:
        """Every seat's share of one key, after the run."""
        return {share.signer: share for share in (shares[index] for shares in self.held.values() if shares)}

    def signed(self, party: int, message: Message, **changes: Any) -> Authenticated[Any]:
        """A message of this party in this run, or elsewhere where `changes` say so."""
        where = {"by": self.party(party).identity, "execution": self.setting.name} | changes
        return authenticated(message, **where)


def _spoken(said: Round, shown: Round) -> Round:
    """What each party takes for its own word: an alteration by its author counts, one by the relay does not."""
    return tuple(new if new.author == old.author else old for old, new in zip(said, shown, strict=True))


class Party:
    """One honest party of a run."""

    def __init__(self, run: Run, number: int, held: tuple[KeyShare, ...]) -> None:
        self.run = run
        self.number = number
        self.identity = IDENTITIES[run.setting.parties[number - 1].id]
        self.held = dict(enumerate(held))
        self.one_time = HOSTS.one_time_keys(fresh((run.label, number, "generation seed")))
        self.randomness = fresh((run.label, number, "dealing"))

    def say(self, name: str, story: Story) -> Authenticated[Any]:
        """This party's message in a round, to the rounds before it.

        Raises:
            PartyFault, RunAborted: it ends the run instead.
        """
        return self.run.signed(self.number, getattr(self, f"_{name}")(story))

    # --- states ---

    def named(self, story: Story) -> Named:
        setting = self.run.setting
        return Named(setting=setting, me=self.number, run=name_run(setting, story.contributions))

    def prepared(self, story: Story) -> Prepared:
        own = story.own["preparations", self.number]
        return dealing.on_preparations(self.named(story), story.preparations, own=own)

    def collected(self, story: Story) -> Collected:
        return dealing.on_dealings(self.prepared(story), story.third, own=story.own["third", self.number])

    def split(self, story: Story) -> Split:
        return repair.on_splittings(self.prepared(story), story.third, own=story.own["third", self.number])

    def summed(self, story: Story) -> Summed:
        return repair.on_summings(self.split(story), story.summings, own=story.own["summings", self.number])

    def endorsed(self, story: Story) -> Endorsed:
        if self.run.setting.terms.kind == "repair":
            summed = self.summed(story)
            return repair.on_sums_opened(summed, self.open(summed), shares=self.held)
        collected = self.collected(story)
        return dealing.on_opened(collected, self.open(collected))

    def certify(self, story: Story) -> Certified:
        return dealing.on_endorsements(self.endorsed(story), story.endorsements)

    # --- effects ---

    def seal(self, effect: SealTo) -> bytes:
        plaintext = effect.plaintext.to_secret_bytes()
        if effect.info in self.run.sealed:
            return self.run.sealed[effect.info]
        try:
            return HOSTS.seal(plaintext, public=effect.public, info=effect.info)
        except EncodingError:
            raise PartyFault(effect.recipient, Fault.SEALING_KEY, "nothing can be sealed to its key") from None

    def open(self, state: Collected | Split | Summed) -> Opened:
        opened = {}
        for effect in state.opens:
            try:
                plaintext = self.one_time.open(effect.ciphertext, place=effect.place, info=effect.info)
                opened[effect.dealer, effect.threshold] = SecretScalar.from_secret_bytes(plaintext)
            except (EncodingError, ZeroSecret):
                continue
        return opened

    # --- what it says ---

    def _contributions(self, story: Story) -> Contribution:
        return Contribution(contribution=fresh((self.run.label, self.number, "contribution")))

    def _preparations(self, story: Story) -> Message:
        named = self.named(story)
        keys = [[self.one_time.public(place) for place in row] for row in places(named.setting, named.run, self.number)]
        return dealing.prepare(named, keys, randomness=self.randomness, shares=self.held)

    def _third(self, story: Story) -> Message:
        prepared = self.prepared(story)
        run, digest = prepared.named.run, prepared.digest
        if self.run.setting.terms.kind == "repair":
            splits = repair.split(prepared, randomness=self.randomness, shares=self.held)
            parts = tuple(plan.sealed([self.seal(effect) for effect in plan.seals]) for plan in splits)
            return Splitting(run=run, preparations=digest, keys=parts)
        plans = dealing.deal(prepared, randomness=self.randomness, shares=self.held)
        dealt = tuple(plan.sealed([self.seal(effect) for effect in plan.seals]) for plan in plans)
        return Dealing(run=run, preparations=digest, keys=dealt)

    def _summings(self, story: Story) -> Summing:
        state = self.split(story)
        seals = repair.on_parts_opened(state, self.prepared(story), self.open(state))
        setting = self.run.setting
        thresholds = [setting.committee.thresholds[index] for index in setting.deals_in(self.number)]
        keys = tuple(
            KeySumming(threshold=threshold, sealed=self.seal(effect))
            for threshold, effect in zip(thresholds, seals, strict=True)
        )
        return Summing(run=state.named.run, splittings=state.digest, keys=keys)

    def _endorsements(self, story: Story) -> Message:
        return self.endorsed(story).endorsement()

    # --- complaining ---

    def complain(self, story: Story, fault: PartyFault, /, **changes: Any) -> Authenticated[Complaint]:
        """The complaint that an honest party makes of a fault, or an altered one."""
        setting, run = self.run.setting, self.named(story).run
        secret = b""
        if fault.fault == Fault.SEALED:
            dealer = setting.dealer_of(fault.accused)
            secret = self.one_time.reveal(place_of(run, fault.threshold, dealer or SignerId(0)))
        members: dict[str, Any] = {
            "run": run,
            "seen": seen_hash(setting, run, transcript_of(self.run, story).rounds),
            "accused": fault.accused,
            "threshold": fault.threshold,
            "fault": fault.fault.value,
            "secret": secret,
        }
        return self.run.signed(self.number, Complaint(**(members | changes)))


def transcript_of(run: Run, story: Story) -> RunTranscript:
    """What a complaint on this story is judged by."""
    third = "splittings" if run.setting.terms.kind == "repair" else "dealings"
    return RunTranscript(
        contributions=story.contributions,
        preparations=story.preparations,
        summings=story.summings,
        **{third: story.third},
    )


# --- the four kinds ---


def terms_of(
    kind: str,
    committee: Committee,
    before: Tenure | None = None,
    *,
    dealers: tuple[tuple[int, ...], ...] = (),
    lost: int = 0,
    label: object = "terms",
    **changes: Any,
) -> RunTerms:
    members: dict[str, Any] = {
        "kind": kind,
        "hosts": host_bodies(committee),
        "thresholds": committee.thresholds,
        "chain_id": committee.chain_id,
        "authority": committee.authority,
        "generation": 0 if before is None else before.generation + 1,
        "previous": b"" if before is None else before.certificate,
        "dealers": dealers,
        "lost": lost,
        "salt": fresh((label, "salt")),
    }
    return RunTerms(**(members | changes))


def a_ceremony(committee: Committee, *, label: object = "ceremony") -> Run:
    return Run(terms_of("ceremony", committee, label=label), None, held={}, label=label)


def after(
    previous: Run,
    kind: str,
    committee: Committee | None = None,
    *,
    dealers: tuple[tuple[int, ...], ...],
    lost: int = 0,
    label: object = "",
) -> Run:
    """A run on the keys that an honest one ended with; the same committee where none is given."""
    label = (previous.label, kind, label)
    committee = committee or previous.setting.committee
    terms = terms_of(kind, committee, previous.tenure, dealers=dealers, lost=lost, label=label)
    return Run(terms, previous.tenure, held=previous.held, label=label)


@cache
def honest_ceremony(n: int = 5, thresholds: tuple[int, ...] = (3, 4)) -> Run:
    """Made once: tests alter copies of its rounds, never the run."""
    return a_ceremony(a_committee(n, thresholds))


@cache
def honest_refresh() -> Run:
    return after(honest_ceremony(), "refresh", dealers=((1, 3, 5), (1, 2, 3, 4)))


@cache
def honest_reshare() -> Run:
    """(3 and 4 of 5) -> (4 and 5 of 7): three hosts stay on other seats, four are new, two leave of whom one deals."""
    committee = committee_with(("new-1", 3, "new-2", 1, 2, "new-3", "new-4"), (4, 5))
    return after(honest_ceremony(), "reshare", committee, dealers=((1, 3, 5), (1, 2, 3, 5)))


@cache
def honest_repair() -> Run:
    """Seat 4 comes back on a new host."""
    committee = committee_with((1, 2, 3, "new-4th", 5), (3, 4))
    return after(honest_ceremony(), "repair", committee, dealers=((1, 3, 5), (1, 2, 3, 5)), lost=4)


KINDS: Mapping[str, Callable[[], Run]] = {
    "ceremony": honest_ceremony,
    "refresh": honest_refresh,
    "reshare": honest_reshare,
    "repair": honest_repair,
}


# --- after a run ---


def sign(shares: Mapping[SignerId, KeyShare], signers: Iterable[int], *, message: bytes = b"message") -> Signature:
    """A signature by the two rounds of FROST, verified under the key of the first signer's share. Raises otherwise."""
    return sign_with(shares, [SignerId(signer) for signer in signers], message=message)
