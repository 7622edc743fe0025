"""LiquidationOrder: custodians have accounts looked at and, where the contract finds them eligible, liquidated.

It sets no price and makes nobody eligible: the contract passes over, by name, what has healed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from custody.errors import EncodingError
from custody.identifiers import Address
from custody.intents.classes import ActionClass
from custody.intents.keccak import checksum_address
from custody.intents.typed import CustodianIntent

MOST_ACCOUNTS: Final = 500
"""Of one order as a message; how many one transaction's gas carries is the contract's MAX_BATCH, and is fewer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiquidationOrder(CustodianIntent):
    """The typed intent of Liquidation. `accounts`: from 1 to MOST_ACCOUNTS, each once, worst first."""

    NAME: ClassVar[str] = "LiquidationOrder"
    TYPE: ClassVar[str] = (
        "LiquidationOrder(address[] accounts,uint64 epoch,uint8 class,uint8 threshold,uint256 nonce,uint64 deadline)"
    )
    CONTRACT: ClassVar[str] = "Liquidation"
    CLASSES: ClassVar[tuple[ActionClass, ...]] = (ActionClass.A,)
    CANNOT: ClassVar[str] = (
        "It makes nobody eligible, sets no price and names no taker: the contract judges each account again when it is "
        "brought. Of what is liquidated the account pays a penalty, to whoever takes it and to the insurance."
    )

    accounts: tuple[Address, ...]
    epoch: int
    action_class: ActionClass
    threshold: int
    nonce: int
    deadline: int

    def __post_init__(self) -> None:
        CustodianIntent.__post_init__(self)  # super() does not work in a dataclass with slots before Python 3.14
        if not 1 <= len(self.accounts) <= MOST_ACCOUNTS:
            raise EncodingError(f"an order names from 1 to {MOST_ACCOUNTS} accounts, not {len(self.accounts)}")
        if len(set(self.accounts)) != len(self.accounts):
            raise EncodingError("an order names an account twice")

    def render(self) -> str:
        """One sentence for the person who approves it, with every account."""
        names = ", ".join(map(checksum_address, self.accounts))
        count = "1 account" if len(self.accounts) == 1 else f"{len(self.accounts)} accounts"
        return f"liquidate what is eligible of {count}, in this order: {names}; {self._terms()}"
