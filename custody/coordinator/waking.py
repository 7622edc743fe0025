"""Fetches for a node that has started what its peers remember of it."""

from __future__ import annotations

import secrets
from typing import Final

from custody.coordinator.asking import Asker, Refused, Silent
from custody.identifiers import SignerId
from custody.policy.reasons import ReasonCode
from custody.protocol.authenticated import Authenticated
from custody.protocol.signing_messages import Awake, MarkQuery, PeerMark, Status, StatusRequest, WakeRequest

WAKE_SECONDS: Final = 5.0
MARK_SECONDS: Final = 0.5
"""How long all peers are waited for at first: what they look up is one row, and n - t + 1 of them are enough."""


async def wake(
    asker: Asker, seat: SignerId, *, seconds: float = WAKE_SECONDS
) -> Authenticated[Awake] | Refused | Silent:
    """Ask every other seat how far it saw this one, and hand the signed answers over.

    The seat compares them with its own journal; nothing here can make it sign that should not.
    """
    execution = secrets.token_bytes(32)
    status = await asker.ask(seat, StatusRequest(), Status, execution=execution, seconds=seconds)
    if isinstance(status, Refused | Silent):
        return status
    query = MarkQuery(host=asker.committee.host(seat).id, challenge=status.message.mark.boot_random)
    others = [other for other in asker.committee.seats if other != seat]
    woken: Authenticated[Awake] | Refused | Silent
    woken = Silent(f"custodian {seat}: waits for its peers, none of which answers")
    for patience in (min(MARK_SECONDS, seconds), seconds):
        answers = await asker.ask_all(others, query, PeerMark, execution=execution, seconds=patience)
        marks = tuple(answer.encoded for answer in answers.values() if isinstance(answer, Authenticated))
        if not marks:
            continue
        woken = await asker.ask(seat, WakeRequest(marks=marks), Awake, execution=execution, seconds=seconds)
        if not isinstance(woken, Refused) or ReasonCode.WAITING not in woken.codes or len(marks) == len(others):
            break  # more marks would change nothing
    return woken
