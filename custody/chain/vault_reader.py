"""The vault and the authority as a custodian's node reads them.

One batch for blocks, one for every fact at the named block.

Implements `ports.chain.ChainReader`. Answers are words decoded by type; anything else is refused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final, TypeVar

from custody.chain.rpc import Call, Rpc, RpcError, eth_call, require
from custody.errors import EncodingError, StaleRead, Unreachable
from custody.identifiers import Address, BlockHash, Digest, hash32, to_hex
from custody.intents.classes import Regime
from custody.intents.expedite import Expedite
from custody.intents.keccak import keccak256
from custody.intents.words import Value, decode_words, encode_words
from custody.policy.clock import Block
from custody.policy.facts import AcceptanceState, ExpediteFacts, Release, ReleaseState
from custody.ports.chain import ExpediteReading
from custody.units import MicroUsdc, Ppm

FINAL_DEPTH: Final = 12
"""Blocks after which a block counts as final."""
_WAIT_FOR_BLOCK: Final = 1.0
_POLL: Final = 0.05
_LARGEST_PPM: Final = 2**63
E = TypeVar("E", bound=IntEnum)


@dataclass(frozen=True, slots=True)
class View:
    """A view function: its signature and the types of what it returns."""

    signature: str
    returns: tuple[str, ...]

    def call(self, contract: Address, arguments: Sequence[Value] = (), *, at: BlockHash) -> Call:
        kinds = self.signature[self.signature.index("(") + 1 : -1]
        types = kinds.split(",") if kinds else []
        data = keccak256(self.signature.encode())[:4] + encode_words(types, arguments)
        return eth_call(contract, data, at=at)

    def decode(self, result: Any) -> tuple[Any, ...]:
        """Raises: Reverted: the view failed. Unreachable: it answered something else than its types."""
        encoded = require(result)
        try:
            return decode_words(self.returns, bytes.fromhex(encoded.removeprefix("0x")))
        except (EncodingError, ValueError, AttributeError):
            raise Unreachable("the endpoint", f"{self.signature} did not answer {','.join(self.returns)}") from None


_RELEASE: Final = View("release(uint256)", ("address", "uint40", "uint8", "address", "uint96"))
_ACCEPTANCE: Final = View("acceptance(bytes32)", ("uint8", "uint40"))
_VALUE: Final = View("expediteValue(uint256)", ("uint256",))
_EPOCH: Final = View("epoch()", ("uint64",))
_GROUP_KEY: Final = View("groupKey(uint8)", ("uint256", "uint256"))
_ORACLE: Final = View("oracle()", ("address",))
_AUTHORITY: Final = View("authority()", ("address",))
_REGIME: Final = View("regime()", ("uint8", "bool"))


class VaultReader:
    """Reads through one endpoint of its own."""

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc

    async def read_expedite(
        self, intent: Expedite, *, vault: Address, authority: Address, digest: Digest, block_hash: BlockHash
    ) -> ExpediteReading:
        """Raises: StaleRead: this endpoint does not have the block within a second. Unreachable. Reverted."""
        named = await self._await_block(block_hash)
        at = named.hash
        calls = [
            Call("eth_chainId", ()),
            Call("eth_getBlockByNumber", ("latest", False)),
            _RELEASE.call(vault, (intent.release_id,), at=at),
            _ACCEPTANCE.call(vault, (digest,), at=at),
            _VALUE.call(vault, (intent.release_id,), at=at),
            _AUTHORITY.call(vault, at=at),
            _ORACLE.call(vault, at=at),
            _EPOCH.call(authority, at=at),
            _GROUP_KEY.call(authority, (intent.threshold,), at=at),
        ]
        chain_id, head, release, acceptance, value, vault_authority, oracle, epoch, group_key = await self._rpc.batch(
            calls
        )
        if _AUTHORITY.decode(vault_authority) != (authority,):
            raise Unreachable(self._rpc.url, "the vault answers to another authority than this custodian's")
        regime, stale = await self._regime(_ORACLE.decode(oracle)[0], at)
        facts = ExpediteFacts(
            chain_id=int(require(chain_id), 16),
            release=_release(_RELEASE.decode(release)),
            acceptance=_member(AcceptanceState, _ACCEPTANCE.decode(acceptance)[0]),
            epoch=_EPOCH.decode(epoch)[0],
            group_key=_group_key(group_key),
            regime=regime,
            regime_is_stale=stale,
            value=_value(value),
        )
        return ExpediteReading(named=named, head=_block(require(head)), facts=facts)

    async def is_void(self, digest: Digest, *, vault: Address, deadline: int) -> bool:
        """Whether, at a block of final depth, the digest is unused and its deadline has passed."""
        (head,) = await self._rpc.batch([Call("eth_blockNumber", ())])
        number = int(require(head), 16) - FINAL_DEPTH
        if number < 0:
            return False
        (found,) = await self._rpc.batch([Call("eth_getBlockByNumber", (hex(number), False))])
        final = _block(require(found))
        (acceptance,) = await self._rpc.batch([_ACCEPTANCE.call(vault, (digest,), at=final.hash)])
        state = _member(AcceptanceState, _ACCEPTANCE.decode(acceptance)[0])
        return state is AcceptanceState.UNSET and final.timestamp > deadline

    async def _regime(self, oracle: Address, at: BlockHash) -> tuple[Regime, bool]:
        """The regime, or the highest and stale where the oracle does not answer: a dead oracle counts as stress."""
        (answer,) = await self._rpc.batch([_REGIME.call(oracle, at=at)])
        if isinstance(answer, RpcError):
            return Regime.STRESSED, True
        regime, stale = _REGIME.decode(answer)
        return (Regime.STRESSED, True) if stale else (_member(Regime, regime), False)

    async def _await_block(self, block_hash: BlockHash) -> Block:
        waited = 0.0
        while True:
            (found,) = await self._rpc.batch([Call("eth_getBlockByHash", (to_hex(block_hash), False))])
            if found is not None and not isinstance(found, RpcError):
                return _block(found)
            if waited >= _WAIT_FOR_BLOCK:
                raise StaleRead(age=round(waited), max_age=0, unit="seconds without the named block")
            await asyncio.sleep(_POLL)
            waited += _POLL


def _block(found: Any) -> Block:
    try:
        return Block(
            number=int(found["number"], 16),
            hash=BlockHash(hash32(found["hash"])),
            timestamp=int(found["timestamp"], 16),
        )
    except (KeyError, TypeError, ValueError):
        raise Unreachable("the endpoint", "a block without number, hash or timestamp") from None


def _release(words: tuple[Any, ...]) -> Release:
    owner, requested_at, state, to, amount = words
    return Release(
        owner=owner, requested_at=requested_at, state=_member(ReleaseState, state), to=to, amount=MicroUsdc(amount)
    )


def _value(result: Any) -> Ppm:
    """The share of the vault; more than any limit where the vault cannot say."""
    return Ppm(_LARGEST_PPM if isinstance(result, RpcError) else min(_VALUE.decode(result)[0], _LARGEST_PPM))


def _member(kind: type[E], number: int) -> E:
    try:
        return kind(number)
    except ValueError:
        raise Unreachable("the endpoint", f"there is no {kind.__name__} {number}") from None


def _group_key(result: Any) -> tuple[int, int]:
    """(0, 0), which is no point, where the chain has no key of that threshold."""
    if isinstance(result, RpcError):
        return (0, 0)
    x, y = _GROUP_KEY.decode(result)
    return x, y
