"""One fault of a run: how it is made, who is blamed for it, and by what; and what honest parties make of it.

`attempt` gives ways to make the fault, which must all end alike. Each is observed from the place of every honest party.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from custody.errors import EncodingError, ProtocolError, RunAborted
from custody.protocol.authenticated import Authenticated
from custody.protocol.blame import Verdict, find_equivocation, judge_endorsement, judge_run
from custody.protocol.encoding import Message
from custody.protocol.run import PartyFault, RunSetting
from custody.protocol.run_messages import Complaint, RunTerms
from custody.protocol.run_states import Certified
from tests.protocol.running import HOSTS, KINDS, Alter, Round, Run, Story, transcript_of

AUTHOR = "its author"
NOBODY = "nobody: cannot tell which"
REFUSED = "refused at the door"


@dataclass(frozen=True, kw_only=True)
class Cast:
    """Who plays what, by party number: cheat and other deal in both keys, the victim receives."""

    cheat: int
    victim: int
    other: int


CAST = {
    "ceremony": Cast(cheat=3, victim=1, other=2),
    "refresh": Cast(cheat=3, victim=2, other=1),
    "reshare": Cast(cheat=2, victim=1, other=4),  # old seat 3 on seat 2; a newcomer; old seat 1 on seat 4
    "repair": Cast(cheat=3, victim=1, other=5),
}


@dataclass(frozen=True)
class Observed:
    """`named`: parties proven at fault. `by`: in what ways. `certified`: honest parties that use the keys."""

    named: frozenset[int] = frozenset()
    by: frozenset[str] = frozenset()
    certified: frozenset[int] = frozenset()
    ended: frozenset[int] = frozenset()


class Attempt(Protocol):
    def observe(self, run: Run) -> Observed: ...


@dataclass(frozen=True, kw_only=True)
class RunFault:
    """A row of the matrix."""

    name: str
    phase: str
    description: str
    blamed: str
    by: str
    attempts: Callable[[Run, Cast], Iterable[Attempt]] = field(repr=False)
    cheats: frozenset[int] = frozenset()

    @property
    def run(self) -> Run:
        return KINDS[self.phase]()

    @property
    def culprits(self) -> frozenset[int]:
        """Parties of whom one is to be named."""
        return self.cheats or frozenset({CAST[self.phase].cheat})


# --- one story for everybody ---


@dataclass(frozen=True)
class Altered:
    """Rounds that the cheats or the relay alter."""

    rounds: Mapping[str, Alter]
    cheats: frozenset[int]

    def observe(self, run: Run) -> Observed:
        story = run.tell(self.rounds)
        assert find_equivocation(story.messages) is None, "one story contradicts nobody"
        return together(view(run, number, story) for number in honest(run, self.cheats))


def honest(run: Run, cheats: Iterable[int]) -> list[int]:
    return [party.number for party in run.parties if party.number not in cheats]


def view(run: Run, number: int, story: Story) -> Observed:
    """How a story ends for an honest party, and what everybody makes of its complaint."""
    party = run.party(number)
    fault: PartyFault | None = None
    try:
        unsaid = [name for name in run.rounds if not getattr(story, name) and (name, number) not in story.own]
        end = party.say(unsaid[0], story) if unsaid else party.certify(story)
    except PartyFault as raised:
        fault = raised
    except RunAborted as error:
        return _aborted(run, story, number, error)
    if fault is None:
        return Observed(certified=frozenset({number}) if isinstance(end, Certified) else frozenset())
    verdict = judge_run(run.setting, transcript_of(run, story), party.complain(story, fault), HOSTS)
    assert verdict.culprit == run.setting.parties[fault.accused - 1].id, verdict
    return Observed(named_by(run, verdict), frozenset({fault.fault.value}), ended=frozenset({number}))


def _aborted(run: Run, story: Story, number: int, error: RunAborted) -> Observed:
    """An abort may still prove something: an endorsement of what nothing gives."""
    named: frozenset[int] = frozenset()
    if len(story.endorsements) == len(run.parties):
        for message in story.endorsements:
            named |= named_by(run, judge_endorsement(run.setting, transcript_of(run, story), message))
    assert named == error.suspects, "whom an honest party suspects, anybody can prove"
    return Observed(named, frozenset({"endorsement"} if named else ()), ended=frozenset({number}))


def named_by(run: Run, verdict: Verdict) -> frozenset[int]:
    ids = [keys.id for keys in run.setting.parties]
    return frozenset() if verdict.culprit is None else frozenset({ids.index(verdict.culprit) + 1})


def together(views: Iterable[Observed]) -> Observed:
    all_ = list(views)
    fields = ("named", "by", "certified", "ended")
    return Observed(*(frozenset().union(*(getattr(each, name) for each in all_)) for name in fields))


# --- two stories ---


@dataclass(frozen=True)
class TwoStories:
    """In one round the cheat says one thing to half of the parties, and another to the others."""

    round: str
    other: Callable[[Run, Story], Authenticated[Any]]
    cheat: int

    def observe(self, run: Run) -> Observed:
        before = run.prefix(run.rounds[run.rounds.index(self.round) - 1] if self.round != run.rounds[0] else "")
        one = run.as_honest(before, self.round)
        messages = getattr(one, self.round)
        another = before.told(self.round, put(messages, self.cheat, self.other(run, before)))
        stories = {party.number: (one, another)[party.number % 2] for party in run.parties}
        stories[self.cheat] = one
        following = run.rounds[run.rounds.index(self.round) + 1 :][:1]
        for name in following:
            said = tuple(party.say(name, stories[party.number]) for party in run.parties)
            stories = {number: story.told(name, said) for number, story in stories.items()}
        everything = [message for story in stories.values() for message in story.messages]
        found = find_equivocation(everything)
        views = together(view(run, number, stories[number]) for number in honest(run, {self.cheat}))
        assert not views.named, "each story by itself names nobody"
        assert views.ended
        return Observed(_authors(run, found), frozenset({"equivocation"}), views.certified, views.ended)


@dataclass(frozen=True)
class TwoWords:
    """Two messages of one place, found side by side."""

    say: Callable[[Run], Sequence[Authenticated[Message]]]

    def observe(self, run: Run) -> Observed:
        found = find_equivocation([*run.honest.messages, *self.say(run)])
        return Observed(_authors(run, found), frozenset({"equivocation"}), ended=frozenset({0}))


def _authors(run: Run, found: tuple[Authenticated[Message], Authenticated[Message]] | None) -> frozenset[int]:
    if found is None:
        return frozenset()
    assert found[0].author == found[1].author
    return frozenset({[keys.id for keys in run.setting.parties].index(found[0].author) + 1})


# --- complaints, doors, terms ---


@dataclass(frozen=True)
class Complains:
    """A complaint about an honest party, judged on the messages that it was, or was not, made on."""

    make: Callable[[Run], tuple[Story, Authenticated[Complaint]]]

    def observe(self, run: Run) -> Observed:
        story, complaint = self.make(run)
        verdict = judge_run(run.setting, transcript_of(run, story), complaint, HOSTS)
        by = frozenset() if verdict.culprit is None else frozenset({verdict.why.partition(":")[0]})
        return Observed(named_by(run, verdict), by, ended=frozenset({0}))


@dataclass(frozen=True)
class AtTheDoor:
    """Bytes that no honest host takes for a message of a party."""

    make: Callable[[Run], bytes]

    def observe(self, run: Run) -> Observed:
        known = {keys.id: keys for keys in run.setting.parties}
        try:
            HOSTS.authenticate(self.make(run), known)
        except EncodingError:
            return Observed(by=frozenset({"encoding"}), ended=frozenset({0}))
        except ProtocolError:
            return Observed(by=frozenset({"signature"}), ended=frozenset({0}))
        return Observed()


@dataclass(frozen=True)
class Proposed:
    """Terms that every party refuses before it says anything."""

    terms: Callable[[Run], RunTerms]

    def observe(self, run: Run) -> Observed:
        try:
            RunSetting.of(self.terms(run), run.setting.before)
        except RunAborted:
            return Observed(by=frozenset({"terms"}), ended=frozenset({0}))
        return Observed()


# --- making ---


def put(messages: Sequence[Authenticated[Any]], party: int, message: Authenticated[Any]) -> Round:
    return (*messages[: party - 1], message, *messages[party:])


def says(party: int, change: Callable[[Run, Story, Any], Message]) -> Alter:
    """The party signs another body than an honest one would."""

    def alter(run: Run, story: Story, messages: Round) -> Round:
        return put(messages, party, run.signed(party, change(run, story, messages[party - 1].message)))

    return alter
