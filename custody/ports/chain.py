"""The chain as a custodian's node reads it, through its own endpoint, at a block named by hash."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from custody.identifiers import Address, BlockHash, Digest
from custody.intents.codec import Intent
from custody.policy.clock import Block
from custody.policy.facts import Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The facts at `named`, of the kind the intent is judged by, and the endpoint's own `head` at the same moment."""

    named: Block
    head: Block
    facts: Facts


class ChainReader(Protocol):
    async def read(
        self, intent: Intent, *, contract: Address, authority: Address, digest: Digest, block_hash: BlockHash
    ) -> Reading:
        """Raises: StaleRead, Unreachable, Reverted."""

    async def is_void(self, intent: Intent, digest: Digest, *, contract: Address, deadline: int) -> bool:
        """Whether a digest of this kind of intent is unused and past its deadline at a block of final depth.

        Then it can never take effect.
        """

    async def lineage_root(self, authority: Address) -> bytes:
        """Hash of the ceremony's certificate that an authority names for its keys.

        Raises:
            ChainError.
        """
