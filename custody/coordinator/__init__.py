"""Brings custodians together over an untrusted path: relays runs, collects signatures."""

from custody.coordinator.asking import Asker
from custody.coordinator.runs import PartyAtFault, RunCoordinator, RunResult, terms_of
from custody.coordinator.signing import SignedIntent, SigningCoordinator, SigningRequest

__all__ = [
    "Asker",
    "PartyAtFault",
    "RunCoordinator",
    "RunResult",
    "SignedIntent",
    "SigningCoordinator",
    "SigningRequest",
    "terms_of",
]
