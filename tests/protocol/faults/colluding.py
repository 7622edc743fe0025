"""Two cheats, or a cheat and the relay, put the blame on an honest party: one of them is named, or nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from custody.crypto import Scalar
from custody.crypto.curve import times_generator
from custody.protocol.authenticated import Authenticated
from custody.protocol.run import Fault, PartyFault
from custody.protocol.run_messages import Complaint, Contribution
from tests.builders import fresh
from tests.protocol.faults.carriage import other_keys, with_other_seed
from tests.protocol.faults.dealings import constant_moved, promised, seals
from tests.protocol.faults.entry import AUTHOR, CAST, NOBODY, Altered, Attempt, Cast, Complains, RunFault, put
from tests.protocol.faults.repairs import seals_part
from tests.protocol.faults.sealing import SEALED
from tests.protocol.running import Run, Story

LOST = 4
Made = tuple[Story, Authenticated[Complaint]]


def sealed_fault(run: Run, accused: int) -> PartyFault:
    return PartyFault(accused, Fault.SEALED, "", threshold=run.setting.committee.thresholds[0])


# --- the evidence is not what the accused was shown ---


def _on_other_contributions(run: Run, cast: Cast) -> Made:
    other = run.signed(cast.cheat, Contribution(contribution=fresh("another contribution")))
    story = run.prefix("third").told("contributions", put(run.honest.contributions, cast.cheat, other))
    return story, run.party(cast.cheat).complain(story, sealed_fault(run, cast.other))


def _on_other_preparations(run: Run, cast: Cast) -> Made:
    """The accused sealed to the keys that it was shown. The cheat reveals a key of another set that it also signed."""
    party = run.party(cast.cheat)
    other = run.signed(cast.cheat, other_keys(run, run.prefix("contributions"), party))
    story = run.prefix("third").told("preparations", put(run.honest.preparations, cast.cheat, other))
    revealing = with_other_seed(party)
    return story, revealing.complain(story, sealed_fault(run, cast.other))


def _on_other_third(run: Run, cast: Cast) -> Made:
    """The cheat puts another of its own dealings into the evidence: what the accused sealed is as right as before."""
    again = run.signed(cast.cheat, run.party(cast.cheat)._third(run.prefix("preparations")))
    story = run.prefix("third").told("third", put(run.honest.third, cast.cheat, again))
    return story, run.party(cast.cheat).complain(story, sealed_fault(run, cast.other))


def _sum_on_other_splittings(run: Run, cast: Cast) -> Made:
    """A helper that is an accomplice signs other parts, which the honest helper's sum does not fit."""
    again = run.signed(cast.cheat, run.party(cast.cheat)._third(run.prefix("preparations")))
    story = run.prefix("summings").told("third", put(run.honest.third, cast.cheat, again))
    return story, run.party(LOST).complain(story, sealed_fault(run, cast.other))


# --- accomplices ---


def _true_complaint_by_a_cheat(run: Run, cast: Cast, *, changes: dict[str, Any]) -> Made:
    """The cheat gave its accomplice, the victim, a share that is none."""
    garbage = SEALED["garbage"][1]
    repairs = run.setting.terms.kind == "repair"
    made = seals_part(garbage) if repairs else seals(garbage, cheat=cast.cheat, victim=cast.victim)
    story = run.tell(made.rounds, until="third")
    return story, run.party(cast.victim).complain(story, sealed_fault(run, cast.cheat), **changes)


def colluding(phase: str) -> Iterator[RunFault]:
    cast = CAST[phase]

    def fault(
        name: str,
        description: str,
        make: Callable[[Run, Cast], Made],
        *,
        by: str,
        cheats: Iterable[int] = (),
    ) -> RunFault:
        return RunFault(
            name=f"together-{name}",
            phase=phase,
            description=description,
            blamed=AUTHOR if by else NOBODY,
            by=by,
            attempts=lambda run, cast: [Complains(lambda run: make(run, cast))],
            cheats=frozenset(cheats),
        )

    other = "complains on evidence in which it has changed its own"
    yield fault("other-contributions", f"{other} contribution", _on_other_contributions, by="")
    yield fault("other-keys", f"{other} one-time keys, and reveals one of those", _on_other_preparations, by="")
    third = "splitting" if phase == "repair" else "dealing"
    yield fault(f"other-{third}", f"{other} {third}", _on_other_third, by="false complaint")
    garbage = "is given a share that is none by an accomplice"
    yield fault(
        "true-complaint",
        f"{garbage}, and complains of it",
        lambda run, cast: _true_complaint_by_a_cheat(run, cast, changes={}),
        by="sealed",
        cheats={cast.cheat},
    )
    yield fault(
        "untrue-complaint",
        f"{garbage}, and reveals another key",
        lambda run, cast: _true_complaint_by_a_cheat(run, cast, changes={"secret": fresh("key") * 3}),
        by="false complaint",
        cheats={cast.victim},
    )
    yield fault(
        "complaint-of-another",
        f"{garbage}, and accuses an honest party of it",
        lambda run, cast: _true_complaint_by_a_cheat(run, cast, changes={"accused": cast.other}),
        by="false complaint",
        cheats={cast.victim},
    )
    if phase == "repair":
        made = "the lost seat complains of a right sum on parts that an accomplice has changed"
        yield fault("sum-of-other-parts", made, _sum_on_other_splittings, by="", cheats={LOST, cast.cheat})
    elif phase != "ceremony":
        yield _shifted(phase)


def _shifted(phase: str) -> RunFault:
    """Two dealers move their constants against each other, so that the group key would stay."""
    cast = CAST[phase]

    def attempts(run: Run, cast: Cast) -> list[Attempt]:
        one = times_generator(Scalar(1))
        up, down = promised(cast.cheat, constant_moved(one)), promised(cast.other, constant_moved(one.negated()))

        def both(name: str) -> Any:
            return lambda run, story, messages: down.rounds[name](run, story, up.rounds[name](run, story, messages))

        cheats = frozenset({cast.cheat, cast.other})
        return [Altered({name: both(name) for name in ("preparations", "third")}, cheats)]

    return RunFault(
        name="together-constants-shifted",
        phase=phase,
        description="two dealers move their constants against each other, so that the group key would stay",
        blamed=AUTHOR,
        by="constant",
        attempts=attempts,
        cheats=frozenset({cast.cheat, cast.other}),
    )
