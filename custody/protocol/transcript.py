"""What a run said, from the record: the same steps as the parties took, without taking part.

Refuses to know: where messages come from; they arrive `Authenticated`. Whoever judges or recovers starts here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from custody.errors import RunAborted
from custody.identifiers import RunId
from custody.protocol import dealing, repair
from custody.protocol.authenticated import Authenticated
from custody.protocol.encoding import Message
from custody.protocol.run import RunSetting, bodies_hash, check_preparation, in_order, name_run
from custody.protocol.run_messages import Contribution, Dealing, Preparation, Splitting, Summing
from custody.protocol.run_states import Collected, Named, Prepared, Split, Summed


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTranscript:
    """Rounds in order of parties, empty where not reached; signatures were checked."""

    contributions: Sequence[Authenticated[Contribution]]
    preparations: Sequence[Authenticated[Preparation]] = ()
    dealings: Sequence[Authenticated[Dealing]] = ()
    splittings: Sequence[Authenticated[Splitting]] = ()
    summings: Sequence[Authenticated[Summing]] = ()

    @property
    def rounds(self) -> tuple[Sequence[Authenticated[Message]], ...]:
        """After the contributions, as far as they went."""
        return tuple(r for r in (self.preparations, self.dealings or self.splittings, self.summings) if r)


def prepared_of(setting: RunSetting, run: RunId, transcript: RunTranscript, *, party: int) -> Prepared:
    """What a party was after the preparations. Raises: PartyFault, RunAborted."""
    preparations = in_order(setting, Preparation, transcript.preparations)
    for author, preparation in enumerate(preparations, start=1):
        check_preparation(setting, run, author, preparation)
    named = Named(setting=setting, me=party, run=run)
    digest = bodies_hash(b"custody-preparations-v1", transcript.preparations)
    return Prepared(named=named, preparations=tuple(preparations), digest=digest)


def collected_of(prepared: Prepared, transcript: RunTranscript) -> Collected:
    """What a party was after the dealings. Raises: PartyFault, RunAborted."""
    in_order(prepared.named.setting, Dealing, transcript.dealings)
    return dealing.on_dealings(prepared, transcript.dealings, own=transcript.dealings[prepared.named.me - 1].body)


def split_of(prepared: Prepared, transcript: RunTranscript) -> Split:
    """What a party was after the splittings of a repair. Raises: PartyFault, RunAborted."""
    in_order(prepared.named.setting, Splitting, transcript.splittings)
    return repair.on_splittings(prepared, transcript.splittings, own=transcript.splittings[prepared.named.me - 1].body)


def summed_of(split: Split, transcript: RunTranscript) -> Summed:
    """What a party was after the sums of a repair. Raises: PartyFault, RunAborted."""
    in_order(split.named.setting, Summing, transcript.summings)
    return repair.on_summings(split, transcript.summings, own=transcript.summings[split.named.me - 1].body)


def replay(setting: RunSetting, transcript: RunTranscript, *, party: int) -> Collected | Summed:
    """What a party was when everything public was said and all that was sealed to it was still closed.

    Raises:
        PartyFault, RunAborted: the record is not that of a run that came to its end.
    """
    run = name_run(setting, transcript.contributions)
    prepared = prepared_of(setting, run, transcript, party=party)
    if setting.terms.kind != "repair":
        return collected_of(prepared, transcript)
    return summed_of(split_of(prepared, transcript), transcript)


def require_rounds_of(setting: RunSetting, transcript: RunTranscript) -> None:
    """Raises: RunAborted: rounds that this kind of run does not have, or one without the round before it."""
    repairs = setting.terms.kind == "repair"
    wrong = transcript.dealings if repairs else (*transcript.splittings, *transcript.summings)
    third = transcript.splittings if repairs else transcript.dealings
    if wrong or (third and not transcript.preparations) or (transcript.summings and not third):
        raise RunAborted("a record of rounds that such a run does not have")
