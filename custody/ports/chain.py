"""The chain as a custodian's node reads it, through its own endpoint, at a block named by hash."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from custody.identifiers import Address, BlockHash, Digest
from custody.intents.expedite import Expedite
from custody.policy.clock import Block
from custody.policy.facts import ExpediteFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpediteReading:
    """The facts at `named`, and the endpoint's own `head` at the same moment."""

    named: Block
    head: Block
    facts: ExpediteFacts


class ChainReader(Protocol):
    async def read_expedite(
        self, intent: Expedite, *, vault: Address, authority: Address, digest: Digest, block_hash: BlockHash
    ) -> ExpediteReading:
        """Raises: UnknownBlock, Unreachable, Reverted."""

    async def is_void(self, digest: Digest, *, vault: Address, deadline: int) -> bool:
        """Whether, at a block of final depth, the digest is unused and its deadline has passed.

        It can never take effect.
        """
