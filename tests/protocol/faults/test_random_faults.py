"""Messages altered at random, signed by their author: honest parties end the run or take it, and blame nobody else."""

import random

import msgspec
import pytest

from custody.errors import EncodingError
from custody.protocol.blame import judge_run
from custody.protocol.messages import decode_body
from custody.protocol.run import Fault, PartyFault
from tests.protocol.faults.entry import CAST, Altered, named_by, put
from tests.protocol.running import HOSTS, KINDS, transcript_of

TRIES = 60
"""In each phase; each is a run."""


def altered(source, value):
    """One change somewhere in a structure of lists, maps, bytes and numbers."""
    if isinstance(value, dict):
        key = source.choice(sorted(value))
        return value | {key: altered(source, value[key])}
    if isinstance(value, list):
        return altered_list(source, value)
    if isinstance(value, bytes):
        return altered_bytes(source, value)
    return max(0, value + source.choice((-1, 1, 2))) if isinstance(value, int) else value


def altered_list(source, value):
    at = source.randrange(len(value)) if value else 0
    how = source.randrange(8)
    if not value or how == 0:
        return [*value, value[at]] if value else [b""]
    if how == 1:
        return value[:at] + value[at + 1 :]
    if how == 2:
        return source.sample(value, len(value))
    if how == 3:
        return [*value[:at], source.choice(value), *value[at + 1 :]]
    return [*value[:at], altered(source, value[at]), *value[at + 1 :]]


def altered_bytes(source, value):
    how = source.randrange(4)
    if how == 0 or not value:
        return source.randbytes(len(value))
    if how == 1:
        return bytes(len(value))
    if how == 2:
        return value[: source.randrange(len(value))]
    at = source.randrange(len(value))
    return value[:at] + bytes([value[at] ^ 1 << source.randrange(8)]) + value[at + 1 :]


def another(source, message):
    """A body of the same kind that is not the same, which its author could sign and send."""
    name = type(message).__name__
    while True:
        raw = msgspec.msgpack.encode(altered(source, msgspec.msgpack.decode(msgspec.msgpack.encode(message))))
        try:
            made = decode_body(name, raw)
        except EncodingError:
            continue
        if made != message:
            return made


@pytest.mark.parametrize("phase", KINDS)
class TestGivenAMessageAlteredAtRandom:
    def test_when_honest_parties_meet_it_then_they_blame_its_author_or_nobody(self, phase):
        source, run, cheat = random.Random(phase), KINDS[phase](), CAST[phase].cheat
        named = silent = 0
        for _ in range(TRIES):
            round_ = source.choice(run.rounds)

            def alter(run, story, messages):
                body = another(source, messages[cheat - 1].message)
                return put(messages, cheat, run.signed(cheat, body))

            observed = Altered({round_: alter}, frozenset({cheat})).observe(run)
            assert observed.named <= {cheat}
            assert not (observed.ended and observed.certified)
            named += bool(observed.named)
            silent += not observed.ended and not observed.certified  # it spoiled its own keys, and cannot go on
        assert named > TRIES // 5, "hardly anything was found"
        assert silent < TRIES // 5


@pytest.mark.parametrize("phase", KINDS)
class TestGivenAComplaintAtRandom:
    def test_when_judged_on_any_rounds_of_the_cheats_choice_then_nobody_else_is_named(self, phase):
        source, run, cheat = random.Random(f"complaints of a {phase}"), KINDS[phase](), CAST[phase].cheat
        party, named = run.party(cheat), 0
        own = [effect.place for state in states_of(run, party) for effect in state.opens]
        for _ in range(TRIES * 2):
            story = run.prefix(source.choice(run.rounds[:-1]))
            if source.randrange(3) == 0:
                round_ = source.choice([name for name in run.rounds if getattr(story, name)])
                messages = getattr(story, round_)
                body = another(source, messages[cheat - 1].message)
                story = story.told(round_, put(messages, cheat, run.signed(cheat, body)))
            accused = source.randrange(1, len(run.parties) + 2)
            secrets = (b"", source.randbytes(96), party.one_time.reveal(source.choice(own)))
            complaint = party.complain(
                story,
                PartyFault(accused, Fault.SHAPE, ""),
                threshold=source.choice((*run.setting.committee.thresholds, 9)),
                fault=source.choice(list(Fault)).value,
                secret=source.choice(secrets),
            )
            verdict = judge_run(run.setting, transcript_of(run, story), complaint, HOSTS)
            assert named_by(run, verdict) <= {cheat}, verdict
            named += verdict.culprit is not None
        assert named > TRIES // 2


def states_of(run, party):
    if run.setting.terms.kind == "repair":
        return [party.split(run.honest)]
    return [party.collected(run.honest)]
