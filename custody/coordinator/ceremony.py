"""Relays a ceremony's rounds between the seats: collects, hands on, judges nothing.

The seats check everything again.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from custody.coordinator.asking import Asker, Refused, Silent
from custody.crypto.curve import Point
from custody.crypto.keys import GroupKey
from custody.errors import CeremonyAborted
from custody.protocol.authenticated import Authenticated
from custody.protocol.ceremony import certificate_hash, group_key, proposal_id, proposal_of
from custody.protocol.committee import Committee
from custody.protocol.messages import (
    Certified,
    Contribution,
    ContributionSet,
    Dealing,
    DealingSet,
    Endorsement,
    EndorsementSet,
    Message,
)

ROUND_SECONDS: Final = 60.0
M = TypeVar("M", bound=Message)


@dataclass(frozen=True, slots=True, kw_only=True)
class CeremonyResult:
    """The public outcome: a group key for each threshold, and the certificate that every seat signed."""

    keys: dict[int, GroupKey]
    certificate: bytes
    endorsements: tuple[bytes, ...]


async def run_ceremony(asker: Asker, *, progress: Callable[[str], None] = lambda _: None) -> CeremonyResult:
    """Run the four rounds with every seat of the committee.

    Raises:
        CeremonyAborted: a seat is silent or refuses; its reason is in the message. No key is in use then.
    """
    proposal = proposal_of(asker.committee, salt=secrets.token_bytes(32))
    execution = proposal_id(proposal)
    progress("round 1 of 4: contributions")
    contributions = await _round(asker, proposal, Contribution, execution)
    progress("round 2 of 4: dealings")
    dealings = await _round(asker, ContributionSet(contributions=_encoded(contributions)), Dealing, execution)
    progress("round 3 of 4: shares checked, transcript endorsed")
    endorsements = await _round(asker, DealingSet(dealings=_encoded(dealings)), Endorsement, execution)
    progress("round 4 of 4: certificate")
    certified = await _round(asker, EndorsementSet(endorsements=_encoded(endorsements)), Certified, execution)
    endorsement = endorsements[0].message
    certificate = certificate_hash(endorsement)
    if any(answer.message.certificate != certificate for answer in certified):
        raise CeremonyAborted("the seats did not store the same certificate")
    keys = _public_keys(asker.committee, dealings)
    if {threshold: key.id for threshold, key in keys.items()} != {
        key.threshold: key.public for key in endorsement.keys
    }:
        raise CeremonyAborted("the seats endorsed other keys than their dealings make")
    return CeremonyResult(
        keys=keys,
        certificate=certificate,
        endorsements=_encoded(endorsements),
    )


def _public_keys(committee: Committee, dealings: Sequence[Authenticated[Dealing]]) -> dict[int, GroupKey]:
    """The public halves, computed from the dealings as every seat does."""
    return {
        threshold: group_key(
            committee,
            threshold,
            [
                tuple(Point.from_bytes_compressed(point) for point in dealing.message.keys[index].commitment)
                for dealing in dealings
            ],
        )
        for index, threshold in enumerate(committee.thresholds)
    }


async def _round(asker: Asker, message: Message, kind: type[M], execution: bytes) -> list[Authenticated[M]]:
    """Every seat's answer in order of seats, or the end of the run."""
    answers = await asker.ask_all(asker.committee.seats, message, kind, execution=execution, seconds=ROUND_SECONDS)
    good: list[Authenticated[M]] = []
    faults = []
    for seat, answer in answers.items():
        if isinstance(answer, Refused | Silent):
            faults.append(f"custodian {seat}: {answer.why}" if isinstance(answer, Refused) else answer.why)
        else:
            good.append(answer)
    if faults:
        raise CeremonyAborted(f"the ceremony needs every seat: {'; '.join(faults)}")
    return good


def _encoded(messages: Sequence[Authenticated[Message]]) -> tuple[bytes, ...]:
    return tuple(message.encoded for message in messages)
