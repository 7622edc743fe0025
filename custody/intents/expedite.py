"""Expedite: custodians shorten the wait of a release that its owner requested; it pays no one else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

from custody.errors import EncodingError
from custody.identifiers import Address, Digest
from custody.intents.classes import ActionClass
from custody.intents.eip712 import Domain, digest, members
from custody.intents.keccak import checksum_address
from custody.intents.words import Value, decode_words, encode_words
from custody.units import MicroUsdc, format_usdc


@dataclass(frozen=True, slots=True, kw_only=True)
class Expedite:
    """The typed intent of CollateralVault; valid from construction on: every member fits its Solidity type.

    `amount` in µUSDC; `deadline` in unix seconds bounds acceptance; `threshold` names the key that signs.
    """

    TYPE: ClassVar[str] = (
        "Expedite(uint256 releaseId,address owner,address to,uint256 amount,uint64 epoch,"
        "uint8 class,uint8 threshold,uint256 nonce,uint64 deadline)"
    )
    NAME: ClassVar[str] = "Expedite"

    release_id: int
    owner: Address
    to: Address
    amount: MicroUsdc
    epoch: int
    action_class: ActionClass
    threshold: int
    nonce: int
    deadline: int

    def __post_init__(self) -> None:
        if not isinstance(self.action_class, ActionClass):
            raise EncodingError(f"there is no class {self.action_class!r}")
        self.encode()

    def _values(self) -> tuple[Value, ...]:
        return (
            self.release_id,
            self.owner,
            self.to,
            self.amount,
            self.epoch,
            int(self.action_class),
            self.threshold,
            self.nonce,
            self.deadline,
        )

    def encode(self) -> bytes:
        """Nine words: the wire form, and what the struct hash covers.

        Raises:
            EncodingError: a member does not fit its type.
        """
        return encode_words([kind for kind, _ in members(self.TYPE)], self._values())

    @classmethod
    def decode(cls, encoded: bytes) -> Self:
        """Raises: EncodingError: not nine words of these types, or no such class."""
        values = decode_words([kind for kind, _ in members(cls.TYPE)], encoded)
        release_id, owner, to, amount, epoch, action_class, threshold, nonce, deadline = values
        try:
            kind = ActionClass(int(action_class))
        except ValueError:
            raise EncodingError(f"there is no class {action_class!r}") from None
        return cls(
            release_id=release_id,
            owner=owner,
            to=to,
            amount=amount,
            epoch=epoch,
            action_class=kind,
            threshold=threshold,
            nonce=nonce,
            deadline=deadline,
        )

    @staticmethod
    def domain(*, chain_id: int, contract: Address) -> Domain:
        """Of the vault that executes it."""
        return Domain(name="CollateralVault", version="1", chain_id=chain_id, contract=contract)

    def digest(self, *, chain_id: int, contract: Address) -> Digest:
        """The EIP-712 digest, equal to `CollateralVault.digestOf`."""
        return digest(self.domain(chain_id=chain_id, contract=contract), self.TYPE, self._values())

    def render(self) -> str:
        """One sentence for the person who approves it."""
        return (
            f"pay {format_usdc(self.amount)} of release {self.release_id} early, from {checksum_address(self.owner)} "
            f"to {checksum_address(self.to)}; class {self.action_class.name}, {self.threshold} custodians, "
            f"epoch {self.epoch}, nonce {self.nonce}, before unix time {self.deadline}"
        )
