"""The venue as one call shows it: `Liquidation.look` consumes the pending rounds inside the call and reads after them.

The call is never sent as a transaction: what it consumes is forgotten, and what it reads is what a transaction of
the next block would meet. Nodes ask for the accounts of an order, the keeper for all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from custody.chain.rpc import Call, eth_call
from custody.chain.views import answered_bytes, encode_addresses, member, selector, word_array
from custody.errors import EncodingError, Unreachable
from custody.identifiers import Address, BlockHash
from custody.intents.words import WORD_BYTES, decode_words, encode_words
from custody.risk.account import Account, decode_accounts
from custody.risk.perpetual import Table, table_of
from custody.units import Ppm, Regime, Ticks

_LOOK: Final = "look(address[])"
_LOOK_ALL: Final = "lookAll(uint256,uint256)"
_READING: Final = ("uint64", "uint64", "uint32", "uint32", "uint32", "uint8", "bool", "uint40", "uint32")
_BEHIND: Final = len(_READING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Marks and margins a lot by this process's own arithmetic, and raw accounts. `behind`: rounds still wait."""

    tables: tuple[Table, ...]
    regime: Regime
    behind: bool
    accounts: tuple[Account, ...]


def look_call(liquidation: Address, accounts: Sequence[Address], *, at: BlockHash) -> Call:
    return eth_call(liquidation, selector(_LOOK) + encode_addresses(accounts), at=at)


def look_all_call(liquidation: Address, *, start: int, count: int, at: BlockHash) -> Call:
    return eth_call(liquidation, selector(_LOOK_ALL) + encode_words(("uint256", "uint256"), (start, count)), at=at)


def decode_look(result: Any) -> Look:
    """What a look answered. Raises: Reverted. Unreachable: it is malformed."""
    encoded = answered_bytes(result)
    try:
        head = decode_words((*_READING, "bool"), encoded[: WORD_BYTES * (_BEHIND + 1)])
        *reading, behind = head
        accounts = decode_accounts(word_array(encoded, head=_BEHIND + 1))
    except (EncodingError, ValueError):
        raise Unreachable("the endpoint", "the venue's answer is malformed") from None
    return Look(
        tables=(table_of_reading(reading),), regime=member(Regime, reading[5]), behind=behind, accounts=accounts
    )


def table_of_reading(reading: Sequence[Any]) -> Table:
    """Marks and margins a lot by this process's arithmetic; `reading` as `IVolatilityOracle.Reading` orders it."""
    spot, twap, u, u_hard, u_initial, _, stale, _, epoch_id = reading
    return table_of(
        spot=Ticks(spot),
        twap=Ticks(twap),
        u=Ppm(u),
        u_hard=Ppm(u_hard),
        u_initial=Ppm(u_initial),
        stale=stale,
        epoch_id=epoch_id,
    )
