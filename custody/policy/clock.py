"""The clock rule: which block a node may decide on, and what time it is there.

The named block must be canonical and at most three behind the node's own head. Deadlines and delays are measured at
the head's timestamp, which never goes back. The head's age is checked against the local clock; on a devnet, whose
chain time is replayed, against the time at which the head was received. Default: doubt is refusal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from custody.errors import StaleRead
from custody.identifiers import BlockHash
from custody.units import Seconds

MAX_BLOCKS_BEHIND: Final = 3
DEVNET_CHAIN_ID: Final = 31_337


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A canonical block of the node's own endpoint; `timestamp` in unix seconds of chain time."""

    number: int
    hash: BlockHash
    timestamp: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockReading:
    """What the node knew when it looked: the named block, its own head, and local times in unix seconds."""

    named: Block
    head: Block
    received_at: int
    now: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRule:
    """`max_age` bounds the head's age; `devnet` anchors it to receipt instead of to the block's own timestamp."""

    max_age: Seconds
    devnet: bool

    def chain_time(self, reading: ClockReading, *, latest_seen: int) -> int:
        """The time to judge deadlines by: the head's timestamp, or the latest ever seen if that is greater.

        Raises:
            StaleRead: the named block is too far behind, ahead of, or beside the head, or the head is too old, or
                dated ahead.
        """
        behind = reading.head.number - reading.named.number
        if not 0 <= behind <= MAX_BLOCKS_BEHIND:
            raise StaleRead(age=behind, max_age=MAX_BLOCKS_BEHIND, unit="blocks")
        if behind == 0 and reading.named.hash != reading.head.hash:
            raise StaleRead(age=1, max_age=0, unit="blocks on another branch")
        anchor = reading.received_at if self.devnet else reading.head.timestamp
        age = reading.now - anchor
        if abs(age) > self.max_age:  # a head dated ahead would lengthen every deadline
            raise StaleRead(age=age, max_age=self.max_age, unit="seconds")
        return max(reading.head.timestamp, latest_seen)
