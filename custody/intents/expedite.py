"""Expedite: custodians shorten the wait of a release that its owner requested; it pays no one else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from custody.identifiers import Address
from custody.intents.classes import ActionClass
from custody.intents.keccak import checksum_address
from custody.intents.typed import CustodianIntent
from custody.units import MicroUsdc, format_usdc


@dataclass(frozen=True, slots=True, kw_only=True)
class Expedite(CustodianIntent):
    """The typed intent of CollateralVault. `amount` in µUSDC."""

    NAME: ClassVar[str] = "Expedite"
    TYPE: ClassVar[str] = (
        "Expedite(uint256 releaseId,address owner,address to,uint256 amount,uint64 epoch,"
        "uint8 class,uint8 threshold,uint256 nonce,uint64 deadline)"
    )
    CONTRACT: ClassVar[str] = "CollateralVault"
    CLASSES: ClassVar[tuple[ActionClass, ...]] = (ActionClass.B, ActionClass.B2)
    CANNOT: ClassVar[str] = (
        "It pays nobody but the release's own payout address, no other amount, and nothing that its owner did not "
        "request."
    )

    release_id: int
    owner: Address
    to: Address
    amount: MicroUsdc
    epoch: int
    action_class: ActionClass
    threshold: int
    nonce: int
    deadline: int

    def render(self) -> str:
        """One sentence for the person who approves it."""
        return (
            f"pay {format_usdc(self.amount)} of release {self.release_id} early, from {checksum_address(self.owner)} "
            f"to {checksum_address(self.to)}; {self._terms()}"
        )
