"""What speaks against an Expedite, as the chain stands: the request, the class and the threshold."""

from __future__ import annotations

from custody.intents.classes import ActionClass, rule
from custody.intents.expedite import Expedite
from custody.policy.facts import ExpediteFacts, ReleaseState
from custody.policy.reasons import Reason, ReasonCode


def objections_to_expedite(
    intent: Expedite, facts: ExpediteFacts, *, thresholds: tuple[int, ...], signers: int
) -> list[Reason]:
    """Every reason that the chain gives against the intent; `thresholds` of the epoch, ascending."""
    return [*_disagreements(intent, facts), *_wrong_class(intent, facts, thresholds, signers)]


def _disagreements(intent: Expedite, facts: ExpediteFacts) -> list[Reason]:
    """Where the intent is not what its owner requested."""
    release = facts.release
    if release.state is not ReleaseState.REQUESTED:
        detail = f"release {intent.release_id} is {release.state.name.lower()}"
        return [Reason(ReasonCode.NO_SUCH_REQUEST, detail)]
    if release.vetoed_at:
        detail = f"release {intent.release_id} was vetoed: it waits for its own delay"
        return [Reason(ReasonCode.REQUEST_VETOED, detail)]
    return [
        Reason(ReasonCode.REQUEST_DIFFERS, f"{name} is not what the owner requested")
        for name, asked, requested in (
            ("owner", intent.owner, release.owner),
            ("payout address", intent.to, release.to),
            ("amount", intent.amount, release.amount),
        )
        if asked != requested
    ]


def _wrong_class(intent: Expedite, facts: ExpediteFacts, thresholds: tuple[int, ...], signers: int) -> list[Reason]:
    """Where class or threshold are not what the chain will ask for."""
    if intent.action_class not in (ActionClass.B, ActionClass.B2):
        detail = f"a release is of class B or B2, not {intent.action_class.name}"
        return [Reason(ReasonCode.WRONG_CLASS, detail)]
    row = rule(intent.action_class, regime=facts.regime, stale=facts.regime_is_stale, value=facts.value)
    needed = row.threshold(low=thresholds[0], high=thresholds[-1])
    if intent.threshold < needed:
        detail = f"needs {needed} of {signers}, intent names {intent.threshold}"
        return [Reason(ReasonCode.THRESHOLD_TOO_LOW, detail)]
    return []
