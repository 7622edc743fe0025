"""What a node remembers across a crash. Each method that writes is durable, in one commit, when it returns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from custody.crypto.keys import KeyShare
from custody.identifiers import Address, Digest, HostId, SessionId
from custody.protocol.signing_messages import Mark
from custody.protocol.tenure import Tenure


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One round of a ceremony as this node went through it: what came in, what went out, byte for byte."""

    input: bytes
    output: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldKey:
    """A share whose certificate is whole; the only kind that signs."""

    share: KeyShare = field(repr=False)
    tenure: Tenure


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


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSecrets:
    """What a party draws for one run: 32 bytes from which its one-time keys come, 32 from which its dealing comes.

    The first is kept as long as the generation, for recovery; the second is erased when the run ends.
    """

    generation_seed: bytes = field(repr=False)
    randomness: bytes = field(repr=False)


class RunLog(Protocol):
    def run_rounds(self, name: bytes) -> dict[int, Round]:
        """Rounds gone through so far, by number."""

    def run_count(self) -> int:
        """How many runs were ever begun."""

    def open_runs(self) -> list[bytes]:
        """Names of the runs that may go on: what was drawn for them is here still."""

    def run_secrets(self, name: bytes) -> RunSecrets:
        """Raises: RunAborted: the run has ended here, and its secrets are gone. StoreDamaged."""

    def begin_run(self, name: bytes, round_: Round, secrets: RunSecrets) -> None:
        """Round 1 with what was drawn for the run, in one commit."""

    def record_round(
        self, name: bytes, number: int, round_: Round, *, ends: bool = False, follows: bytes | None = None
    ) -> None:
        """One more round, in one commit with what it decides.

        `ends`: the run is over without a certificate, and its secrets go. `follows`: this round endorses the run, and
        from now on no other may take this place (a certificate's hash, or a committee's fingerprint).
        """

    def successor(self, place: bytes) -> bytes | None:
        """The run that this node endorsed for a place, if any."""

    def record_certified(
        self,
        name: bytes,
        number: int,
        round_: Round,
        *,
        lineage: Sequence[bytes],
        tenure: Tenure,
        shares: Sequence[KeyShare],
    ) -> None:
        """The last round, the certificates up to the new one, the shares and the generation seed, in one commit."""


class KeyStore(Protocol):
    def lineages(self) -> list[tuple[bytes, ...]]:
        """Encoded certificates of every lineage, the ceremony's first."""

    def shares(self, tenure: Tenure) -> list[KeyShare]:
        """Of one generation; none if this host has no seat in it, or erased them. Raises: StoreDamaged."""

    def erase_before(self, tenure: Tenure) -> int:
        """Erase the shares of earlier generations, and seeds that recover no share held now; how many shares went."""

    def backup_tested(self, certificate: bytes) -> bool:
        """Whether a restore drill of this generation gave the shares that are held."""

    def record_backup_tested(self, certificate: bytes) -> None: ...

    def child_index(self, root: bytes, chain_id: int, contract: Address) -> int | None:
        """The index of the derived key that this contract has, or None."""

    def children(self, root: bytes) -> list[tuple[int, Address, int]]:
        """(chain, contract, index) of every derived key of a lineage."""

    def record_child(self, root: bytes, chain_id: int, contract: Address, index: int) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenMark:
    """A peer's mark, and the envelope in which the peer signed it."""

    host: HostId
    mark: Mark
    envelope: bytes


class NonceLedger(Protocol):
    """What binds a node that signs: which pairs answered what, which digests it may have signed, what peers reached."""

    @property
    def boot(self) -> tuple[int, bytes]:
        """This process's boot number and its 16 random bytes: earlier boots' nonces are void."""

    def mark(self) -> Mark:
        """This boot, and the journal as far as it is durable."""

    def mark_after(self, decision: str) -> Mark:
        """The mark as `record_answer` with this decision will leave it, if nothing is noted before."""

    def remembers(self, mark: Mark) -> bool:
        """Whether a mark of this host is of a start that this store knows, this one included, and on its journal.

        Random bytes tell this start from another of the same number, which a store that was put back has forgotten.
        """

    def answer_for(self, session: SessionId, list_hash: bytes) -> Answer | None:
        """The share this node gave in a session for a list, in this boot or before."""

    def is_spent(self, commitment_id: bytes) -> bool: ...

    def record_approval(self, *, slot: IntentSlot, held: Held, decision: str) -> None:
        """That this digest was approved, durable before the approval leaves, so that its mark is exact.

        It holds no slot in this boot. After a restart it does, for then nobody knows whether a share left.
        """

    def record_batch(self, detail: str) -> None:
        """That commitments were published, durable before they leave."""

    def record_answer(
        self,
        answer: Answer,
        *,
        slot: IntentSlot,
        held: Held,
        replaces: frozenset[Digest],
        chain_time: int,
        decision: str,
        seen: Sequence[SeenMark],
    ) -> None:
        """Decision, spent pair, share, and the peers' marks in ONE durable commit.

        Raises:
            NonceReused: the pair, or the list, has an answer already. ProtocolError: another digest than those of
                `replaces` may hold the slot.
        """

    def claims(self, slot: IntentSlot, *, asked: Digest | None = None) -> tuple[Held, ...]:
        """Every digest that this node signed for the slot, or may have signed: approved before its last start.

        Where it signed `asked`, that alone: another that was approved too could be signed only after `asked` was void.
        """

    def latest_chain_time(self) -> int: ...

    def furthest_mark(self, host: HostId) -> bytes | None:
        """The envelope in which a peer signed the furthest mark that was ever recorded of it."""


class Journal(Protocol):
    def note(self, kind: str, detail: str) -> None:
        """Append to the hash-chained journal with the next commit; binds nothing until then."""

    def journal_head(self) -> tuple[int, bytes]:
        """(entries, hash of the last)."""
