"""The contracts as a custodian's node reads them, at a block named by hash: a batch for blocks, one for every fact.

Implements `ports.chain.ChainReader`. Answers are words decoded by type; anything else is refused.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from custody.chain.market import decode_look, look_call
from custody.chain.rpc import Call, Rpc, RpcError, require
from custody.chain.views import View, block_of, member, quantity
from custody.errors import StaleRead, UnknownBlock, Unreachable
from custody.identifiers import Address, BlockHash, Digest, to_hex
from custody.intents.classes import ActionClass
from custody.intents.codec import Intent
from custody.intents.expedite import Expedite
from custody.intents.liquidation import LiquidationOrder
from custody.intents.rotation import Heartbeat
from custody.policy.clock import Block
from custody.policy.facts import (
    AcceptanceState,
    AuthorityFacts,
    ExpediteFacts,
    HeartbeatFacts,
    LiquidationFacts,
    Release,
    ReleaseState,
)
from custody.ports.chain import Reading
from custody.risk.account import LaneTerms
from custody.units import MicroUsdc, Ppm, Regime, Seconds

FINAL_DEPTH: Final = 12
"""Blocks after which a block counts as final."""
_WAIT_FOR_BLOCK: Final = 1.0
_POLL: Final = 0.05
_LARGEST_PPM: Final = 2**63

_RELEASE: Final = View("release(uint256)", ("address", "uint40", "uint40", "uint8", "address", "uint64"))
_USED: Final = View("used(bytes32)", ("bool",))
_ACCEPTANCE: Final = View("acceptance(bytes32)", ("uint8", "uint40"))
_VALUE: Final = View("expediteValue(uint256)", ("uint256",))
_EPOCH: Final = View("epoch()", ("uint64",))
_GROUP_KEY: Final = View("groupKey(uint8)", ("uint256", "uint256"))
_AUTHORITY: Final = View("authority()", ("address",))
_EXPLAIN: Final = View("explain((uint8,uint64,uint8),uint256)", ("uint8", "uint8", "bool", "uint8", "uint32", "uint8"))
_CERTIFICATE: Final = View("certificateHash()", ("bytes32",))
_CURE: Final = View("cure()", ("uint32",))
_OPEN_AFTER: Final = View("openAfter()", ("uint32",))


class NodeReader:
    """Reads through one endpoint of its own."""

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc

    async def read(
        self, intent: Intent, *, contract: Address, authority: Address, digest: Digest, block_hash: BlockHash
    ) -> Reading:
        """Raises: StaleRead: this endpoint does not have the block within a second. Unreachable. Reverted."""
        named = await self._await_block(block_hash)
        match intent:
            case Expedite():
                return await self._read_expedite(intent, contract, authority, digest, named)
            case LiquidationOrder():
                return await self._read_liquidation(intent, contract, authority, digest, named)
            case Heartbeat():
                return await self._read_heartbeat(intent, authority, digest, named)

    async def _read_expedite(
        self, intent: Expedite, vault: Address, authority: Address, digest: Digest, named: Block
    ) -> Reading:
        at = named.hash
        calls = [
            _RELEASE.call(vault, (intent.release_id,), at=at),
            _VALUE.call(vault, (intent.release_id,), at=at),
            _EXPLAIN.call(authority, (int(ActionClass.B), intent.epoch, intent.threshold, 0), at=at),
        ]
        head, authority_facts, (release, value, explained) = await self._consumed(
            intent, vault, authority, digest, calls, named
        )
        # The regime as the authority reads its oracle: how it takes a hostile or silent one is its rule, not ours.
        _, regime, stale, *_ = _EXPLAIN.decode(explained)
        facts = ExpediteFacts(
            authority=authority_facts,
            release=_release(_RELEASE.decode(release)),
            regime=member(Regime, regime),
            regime_is_stale=stale,
            value=_value(value),
        )
        return Reading(named=named, head=head, facts=facts)

    async def _read_liquidation(
        self, intent: LiquidationOrder, liquidation: Address, authority: Address, digest: Digest, named: Block
    ) -> Reading:
        at = named.hash
        calls = [
            look_call(liquidation, intent.accounts, at=at),
            _CURE.call(liquidation, at=at),
            _OPEN_AFTER.call(liquidation, at=at),
        ]
        head, authority_facts, (looked, cure, open_after) = await self._consumed(
            intent, liquidation, authority, digest, calls, named
        )
        look = decode_look(looked)
        facts = LiquidationFacts(
            authority=authority_facts,
            tables=look.tables,
            behind=look.behind,
            accounts={account.address: account for account in look.accounts},
            terms=LaneTerms(cure=Seconds(_CURE.decode(cure)[0]), open_after=Seconds(_OPEN_AFTER.decode(open_after)[0])),
            at=named.timestamp,
        )
        return Reading(named=named, head=head, facts=facts)

    async def _read_heartbeat(self, intent: Heartbeat, authority: Address, digest: Digest, named: Block) -> Reading:
        """Of the committee's own authority, whichever contract was named: the policy compares them."""
        head, authority_facts, _ = await self._judged(intent, authority, authority, digest, [], named)
        return Reading(named=named, head=head, facts=HeartbeatFacts(authority=authority_facts, address=authority))

    async def _consumed(
        self, intent: Intent, contract: Address, authority: Address, digest: Digest, calls: list[Call], named: Block
    ) -> tuple[Block, AuthorityFacts, list[Any]]:
        """As `_judged`, where the contract asks an authority: it has to be this custodian's."""
        whose = _AUTHORITY.call(contract, at=named.hash)
        head, facts, (its_authority, *answers) = await self._judged(
            intent, contract, authority, digest, [whose, *calls], named
        )
        if _AUTHORITY.decode(its_authority) != (authority,):
            raise Unreachable(self._rpc.url, "the contract answers to another authority than this custodian's")
        return head, facts, answers

    async def _judged(
        self, intent: Intent, contract: Address, authority: Address, digest: Digest, calls: list[Call], named: Block
    ) -> tuple[Block, AuthorityFacts, list[Any]]:
        """The head, what every intent is judged by, and the answers of `calls`: one batch."""
        at = named.hash
        common = [
            Call("eth_chainId", ()),
            Call("eth_getBlockByNumber", (hex(named.number), False)),
            Call("eth_getBlockByNumber", ("latest", False)),
            _memory_of(intent, contract, digest, at=at),
            _EPOCH.call(authority, at=at),
            _GROUP_KEY.call(authority, (intent.threshold,), at=at),
        ]
        answers = await self._rpc.batch([*common, *calls])
        chain_id, canonical, head, acceptance, epoch, group_key = answers[: len(common)]
        if block_of(require(canonical)) != named:
            raise UnknownBlock(to_hex(named.hash))
        facts = AuthorityFacts(
            chain_id=quantity(require(chain_id)),
            acceptance=_acceptance(intent, acceptance),
            epoch=_EPOCH.decode(epoch)[0],
            group_key=_group_key(group_key),
        )
        return block_of(require(head)), facts, answers[len(common) :]

    async def is_void(self, intent: Intent, digest: Digest, *, contract: Address, deadline: int) -> bool:
        """Whether a digest of this kind of intent is unused and past its deadline at a block of final depth."""
        (head,) = await self._rpc.batch([Call("eth_blockNumber", ())])
        number = quantity(require(head)) - FINAL_DEPTH
        if number < 0:
            return False
        (found,) = await self._rpc.batch([Call("eth_getBlockByNumber", (hex(number), False))])
        final = block_of(require(found))
        (answer,) = await self._rpc.batch([_memory_of(intent, contract, digest, at=final.hash)])
        return _acceptance(intent, answer) is AcceptanceState.UNSET and final.timestamp > deadline

    async def lineage_root(self, authority: Address) -> bytes:
        """Raises: Unreachable, Reverted: nothing answers there, or another contract."""
        (head,) = await self._rpc.batch([Call("eth_getBlockByNumber", ("latest", False))])
        (answer,) = await self._rpc.batch([_CERTIFICATE.call(authority, at=block_of(require(head)).hash)])
        root: bytes = _CERTIFICATE.decode(answer)[0]
        return root

    async def _await_block(self, block_hash: BlockHash) -> Block:
        waited = 0.0
        while True:
            (found,) = await self._rpc.batch([Call("eth_getBlockByHash", (to_hex(block_hash), False))])
            if found is not None and not isinstance(found, RpcError):
                block = block_of(found)
                if block.hash != block_hash:
                    raise UnknownBlock(to_hex(block_hash))
                return block
            if waited >= _WAIT_FOR_BLOCK:
                raise StaleRead(age=round(waited), max_age=0, unit="seconds without the named block")
            await asyncio.sleep(_POLL)
            waited += _POLL


def _memory_of(intent: Intent, contract: Address, digest: Digest, *, at: BlockHash) -> Call:
    """What the contract that takes this kind of intent remembers of a digest."""
    view = _USED if isinstance(intent, LiquidationOrder) else _ACCEPTANCE
    return view.call(contract, (digest,), at=at)


def _acceptance(intent: Intent, answer: Any) -> AcceptanceState:
    if isinstance(intent, LiquidationOrder):
        return AcceptanceState.DONE if _USED.decode(answer)[0] else AcceptanceState.UNSET
    return member(AcceptanceState, _ACCEPTANCE.decode(answer)[0])


def _release(words: tuple[Any, ...]) -> Release:
    owner, requested_at, vetoed_at, state, to, amount = words
    return Release(
        owner=owner,
        requested_at=requested_at,
        vetoed_at=vetoed_at,
        state=member(ReleaseState, state),
        to=to,
        amount=MicroUsdc(amount),
    )


def _value(result: Any) -> Ppm:
    """The share of the vault; more than any limit where the vault cannot say."""
    return Ppm(_LARGEST_PPM if isinstance(result, RpcError) else min(_VALUE.decode(result)[0], _LARGEST_PPM))


def _group_key(result: Any) -> tuple[int, int]:
    """(0, 0), which is no point, where the chain has no key of that threshold."""
    if isinstance(result, RpcError):
        return (0, 0)
    x, y = _GROUP_KEY.decode(result)
    return x, y
