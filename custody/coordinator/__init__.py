"""Brings custodians together over an untrusted path: relays ceremonies, collects signatures."""

from custody.coordinator.asking import Asker
from custody.coordinator.ceremony import CeremonyResult, run_ceremony
from custody.coordinator.signing import SignedIntent, SigningCoordinator, SigningRequest

__all__ = ["Asker", "CeremonyResult", "SignedIntent", "SigningCoordinator", "SigningRequest", "run_ceremony"]
