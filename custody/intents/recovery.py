"""What becomes of a member set that can no longer sign: a recovery, and the members' word that none is wanted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from custody.intents.keccak import keccak256
from custody.intents.typed import TypedStruct, WordStruct
from custody.intents.words import encode_words
from custody.units import format_time


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery(WordStruct):
    """Another member set, as guardians propose it: they send it, and sign nothing. `next_set`: as `MemberSet.encode`.

    `TYPE` says its wire form alone: no contract takes it as typed data.
    """

    NAME: ClassVar[str] = "Recovery"
    TYPE: ClassVar[str] = "Recovery(bytes nextSet,uint64 round,uint256 nonce)"

    next_set: bytes
    round: int
    nonce: int

    def id(self) -> bytes:
        """As the contract's `recoveryId`: the set by its hash, the round and the nonce."""
        words = (keccak256(self.next_set), self.round, self.nonce)
        return keccak256(encode_words(("bytes32", "uint64", "uint256"), words))

    def render(self) -> str:
        """One sentence for the guardian who supports it."""
        return (
            f"put the member set with the hash 0x{keccak256(self.next_set).hex()} in force, 14 days after a quorum of "
            f"guardians supports it; round {self.round}, nonce {self.nonce}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelRecoveries(TypedStruct):
    """Members of the low weight say that no recovery of a round is wanted."""

    NAME: ClassVar[str] = "CancelRecoveries"
    TYPE: ClassVar[str] = "CancelRecoveries(uint64 setEpoch,uint64 round,uint64 deadline)"
    CONTRACT: ClassVar[str] = "MultisigAuthority"
    CANNOT: ClassVar[str] = "It changes no member and makes no call: guardians may propose again in the next round."

    set_epoch: int
    round: int
    deadline: int

    def render(self) -> str:
        """One sentence for the person who signs it."""
        return (
            f"call off every recovery of round {self.round}; members of the low weight, epoch {self.set_epoch}, "
            f"before unix time {format_time(self.deadline)}"
        )
