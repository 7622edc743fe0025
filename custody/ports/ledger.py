"""What a node remembers across a crash. Each method that writes is durable, in one commit, when it returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from custody.crypto.keys import KeyShare
from custody.identifiers import Address, Digest, SessionId


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One round of a ceremony as this node went through it: what came in, what went out, byte for byte."""

    input: bytes
    output: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CertifiedKey:
    """A share that its whole committee endorsed; the only kind that signs."""

    share: KeyShare = field(repr=False)
    certificate: bytes
    committee: bytes  # fingerprint


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A share that left, or may have left: the nonce pair `commitment_id` is spent on it."""

    commitment_id: bytes
    session: SessionId
    digest: Digest
    list_hash: bytes
    encoded: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentSlot:
    """(chain, contract, epoch, nonce) of an intent: one digest may hold it at a time."""

    chain_id: int
    contract: Address
    epoch: int
    nonce: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The digest that holds a slot, and its deadline (unix seconds of chain time)."""

    digest: Digest
    deadline: int


class CeremonyLog(Protocol):
    def ceremony_rounds(self, proposal: bytes) -> dict[int, Round]:
        """Rounds gone through so far, by number."""

    def ceremony_count(self) -> int:
        """How many ceremonies were ever begun."""

    def has_keys_of(self, committee: bytes) -> bool:
        """Whether a ceremony of the committee of this fingerprint ended with its certificate."""

    def record_round(self, proposal: bytes, number: int, round_: Round) -> None: ...

    def record_certified(self, proposal: bytes, number: int, round_: Round, keys: list[CertifiedKey]) -> None:
        """The last round and the shares it certifies, in one commit."""


class KeyStore(Protocol):
    def certified_keys(self) -> list[CertifiedKey]: ...


class NonceLedger(Protocol):
    @property
    def boot(self) -> tuple[int, bytes]:
        """This process's boot number and its 16 random bytes: earlier boots' nonces are void."""

    def answer_for(self, session: SessionId) -> Answer | None:
        """The share this node gave in a session, in this boot or before."""

    def record_answer(
        self, answer: Answer, *, slot: IntentSlot, held: Held, replaces: Digest | None, chain_time: int, decision: str
    ) -> None:
        """Decision, spent pair and share in ONE durable commit.

        Raises:
            NonceReused: the pair has an answer already. ProtocolError: another digest than `replaces` holds the slot.
        """

    def held(self, slot: IntentSlot) -> Held | None: ...

    def latest_chain_time(self) -> int: ...


class Journal(Protocol):
    def note(self, kind: str, detail: str) -> None:
        """Append to the hash-chained journal with the next commit; binds nothing until then."""

    def journal_head(self) -> tuple[int, bytes]:
        """(entries, hash of the last)."""
