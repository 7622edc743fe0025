"""Brings custodians together over an untrusted path: relays ceremonies, collects signatures."""

from custody.coordinator.asking import Asker
from custody.coordinator.ceremony import CeremonyResult, run_ceremony
from custody.coordinator.signing import Order, SignedIntent, SigningCoordinator

__all__ = ["Asker", "CeremonyResult", "Order", "SignedIntent", "SigningCoordinator", "run_ceremony"]
