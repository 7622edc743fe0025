"""A seat's shares back, from a generation seed and the recorded messages of the run that dealt them: nothing else.

    which certificate of the lineage?     dealing_run
    what is to be opened?                 recovering -> Recovering.opens      effects, as in the run
    the shares                            Recovering.shares(opened, tenure)   checked against the certificate

What was sealed stands in the transcript, which may be kept anywhere; the one-time keys come from the seed of that run's
generation (`ports.identity.OneTimeKeys`). A repair deals to its lost seat alone. Every other seat kept its shares, so
its recovery goes back along the lineage to the last run that dealt to all of them, and needs the seed of *that*
generation: a seat's seed is given up only when a later run dealt to that seat, not when a later generation began.

Refuses to know: whether the record is complete or true. A share that fits the certificate's public share is the share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from custody.crypto.keys import KeyShare
from custody.errors import RunAborted
from custody.identifiers import SignerId
from custody.protocol import dealing, repair
from custody.protocol.run import RunSetting
from custody.protocol.run_messages import RunTerms
from custody.protocol.run_states import Collected, Open, Opened, Summed
from custody.protocol.tenure import Tenure
from custody.protocol.transcript import RunTranscript, replay


def dealing_run(lineage: Sequence[RunTerms], seat: SignerId) -> int:
    """Index of the run that dealt the shares which this seat holds at the end of a lineage.

    Args:
        lineage: terms of its certificates, the ceremony's first; verified before.
        seat: of the newest committee. A repair leaves every seat its number, so it is the same one in the run found.
    """
    for index in range(len(lineage) - 1, -1, -1):
        if lineage[index].kind != "repair" or lineage[index].lost == seat:
            return index
    raise ValueError("a lineage begins with a ceremony")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovering:
    """`opens`: what the shell opens with the one-time keys of the generation seed, for each key and each dealer."""

    seat: SignerId
    state: Collected | Summed

    @property
    def opens(self) -> tuple[Open, ...]:
        return self.state.opens

    def shares(self, opened: Opened, tenure: Tenure) -> tuple[KeyShare, ...]:
        """The seat's share of every key of `tenure`, the newest: each fits its public share.

        Raises:
            PartyFault: something did not open, or not to what its dealer committed to: another seed, or another record.
            RunAborted: these are shares of another generation.
        """
        if isinstance(self.state, Summed):
            found = repair.on_sums_opened(self.state, opened, shares={}).shares
        else:
            found = dealing.on_opened(self.state, opened).shares
        if len(found) != len(tenure.keys) or any(self.seat not in key.signers for key in tenure.keys):
            raise RunAborted("the record is of other keys than the certificate")
        shares = tuple(
            KeyShare(signer=self.seat, secret=share.secret, key=key)
            for share, key in zip(found, tenure.keys, strict=True)
        )
        if not all(share.matches_public_share() for share in shares):
            raise RunAborted("the shares are of another generation than the certificate")
        return shares


def recovering(setting: RunSetting, transcript: RunTranscript, *, seat: SignerId) -> Recovering:
    """Begin to recover what a run dealt to a seat.

    Raises:
        PartyFault, RunAborted: the record is not that of a run that came to its end, or dealt nothing to this seat.
    """
    if seat not in setting.committee.seats or (setting.terms.kind == "repair" and seat != setting.terms.lost):
        raise RunAborted("this run dealt nothing to this seat; see `dealing_run`")
    return Recovering(seat=seat, state=replay(setting, transcript, party=seat))
