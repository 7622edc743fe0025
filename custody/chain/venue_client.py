"""The venue on raw JSON-RPC, for the keeper: one batch to see, one request to send. Implements `ports.venue.Venue`.

Senders are accounts that the endpoint holds unlocked (a devnet's).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from eth_abi.abi import encode

from custody.chain.market import decode_look, look_all_call
from custody.chain.reverts import RevertDecoder
from custody.chain.rpc import Call, Rpc, RpcError, require
from custody.chain.views import View, block_of, selector
from custody.identifiers import Address, to_hex
from custody.intents.keccak import keccak256
from custody.intents.words import decode_words
from custody.policy.clock import Block
from custody.ports.venue import Action, Batch, Clear, Flag, Market, Outcome, Poke, SliceTaken, Take
from custody.risk.account import Account, LaneTerms
from custody.units import MicroUsdc, Ppm, Seconds

_PAGE: Final = 500
"""Accounts of one look: endpoints bound the gas of a call, and 2,000 did not fit anvil's 30 million."""
_POKE_GAS: Final = 8_000_000
_FLAG_GAS: Final = 4_000_000
_MOST_GAS: Final = 16_000_000
_SLICE_GAS: Final = 400_000
"""Gas allowed for each slice, on top of what a transaction needs to bring the oracle up to date."""
_EPOCH: Final = View("epoch()", ("uint64",))
_CURE: Final = View("cure()", ("uint32",))
_OPEN_AFTER: Final = View("openAfter()", ("uint32",))
_SLICE_TAKEN: Final = "SliceTaken(address,address,uint32,int256,int256,uint256,uint256,bool)"
_SKIPPED: Final = "Skipped(address,uint8)"
_BATCH: Final = "liquidateBatch((address[],uint64,uint8,uint8,uint256,uint64),bytes)"


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueAddresses:
    """Where the keeper's contracts lie, and whose transactions it sends: one sender for each lane."""

    liquidation: Address
    oracle: Address
    authority: Address
    keeper: Address
    poker: Address


class VenueClient:
    """One endpoint."""

    def __init__(self, rpc: Rpc, addresses: VenueAddresses, reverts: RevertDecoder) -> None:
        self._rpc = rpc
        self._addresses = addresses
        self._reverts = reverts

    async def observe(self) -> Market:
        """Raises: ChainError."""
        (found,) = await self._rpc.batch([Call("eth_getBlockByNumber", ("latest", False))])
        block = block_of(require(found))
        accounts: list[Account] = []
        while True:
            look, terms, epoch = await self._page(block, start=len(accounts))
            accounts.extend(look.accounts)
            if len(look.accounts) < _PAGE:
                break
        return Market(
            block=block,
            tables=look.tables,
            regime=look.regime,
            behind=look.behind,
            accounts=tuple(accounts),
            terms=terms,
            epoch=epoch,
        )

    async def _page(self, block: Block, *, start: int) -> Any:
        where, at = self._addresses, block.hash
        calls = [
            look_all_call(where.liquidation, start=start, count=_PAGE, at=at),
            _CURE.call(where.liquidation, at=at),
            _OPEN_AFTER.call(where.liquidation, at=at),
            _EPOCH.call(where.authority, at=at),
        ]
        looked, cure, open_after, epoch = await self._rpc.batch(calls)
        terms = LaneTerms(cure=Seconds(_CURE.decode(cure)[0]), open_after=Seconds(_OPEN_AFTER.decode(open_after)[0]))
        return decode_look(looked), terms, _EPOCH.decode(epoch)[0]

    async def submit(self, action: Action) -> bytes:
        """Raises: ChainError: the endpoint did not take it."""
        to, data, gas = self._calldata(action)
        sender = self._addresses.poker if isinstance(action, Poke) else self._addresses.keeper
        transaction = {"from": to_hex(sender), "to": to_hex(to), "data": to_hex(data), "gas": hex(gas)}
        (sent,) = await self._rpc.batch([Call("eth_sendTransaction", (transaction,))])
        return bytes.fromhex(require(sent).removeprefix("0x"))

    def _calldata(self, action: Action) -> tuple[Address, bytes, int]:
        """Where to, what, and how much gas it may use; below EIP-7825's 16,777,216 for every plan."""
        where = self._addresses
        match action:
            case Poke():
                return where.oracle, selector("poke(uint256)") + encode(["uint256"], [64]), _POKE_GAS
            case Flag():
                return where.liquidation, selector("flag(address)") + encode(["address"], [action.account]), _FLAG_GAS
            case Clear():
                return where.liquidation, selector("clear(address)") + encode(["address"], [action.account]), _FLAG_GAS
            case Take():
                data = encode(["address", "uint32"], [action.account, action.fraction])
                return where.liquidation, selector("take(address,uint32)") + data, _FLAG_GAS + _SLICE_GAS
            case Batch():
                order = action.order
                fields = (
                    list(order.accounts),
                    order.epoch,
                    int(order.action_class),
                    order.threshold,
                    order.nonce,
                    order.deadline,
                )
                types = ["(address[],uint64,uint8,uint8,uint256,uint64)", "bytes"]
                gas = min(_POKE_GAS + _SLICE_GAS * len(order.accounts), _MOST_GAS)
                return where.liquidation, selector(_BATCH) + encode(types, [fields, action.signature]), gas

    async def outcome(self, transaction: bytes) -> Outcome | None:
        """Raises: ChainError."""
        (receipt,) = await self._rpc.batch([Call("eth_getTransactionReceipt", (to_hex(transaction),))])
        if receipt is None or isinstance(receipt, RpcError):
            return None
        failed = int(receipt["status"], 16) != 1
        return Outcome(
            block=int(receipt["blockNumber"], 16),
            gas=int(receipt["gasUsed"], 16),
            error=await self._why(transaction) if failed else None,
            slices=tuple(_slice_taken(log) for log in _logs(receipt, _SLICE_TAKEN)),
            skipped=tuple(_skipped(log) for log in _logs(receipt, _SKIPPED)),
        )

    async def _why(self, transaction: bytes) -> str:
        """The custom error's name: the transaction is called again on the block before its own."""
        (found,) = await self._rpc.batch([Call("eth_getTransactionByHash", (to_hex(transaction),))])
        sent = require(found)
        call = {name: sent[name] for name in ("from", "to", "input", "gas")}
        before = hex(int(sent["blockNumber"], 16) - 1)
        (answer,) = await self._rpc.batch([Call("eth_call", (call, before))])
        if not isinstance(answer, RpcError) or not isinstance(answer.data, str):
            return "reverted in its block alone"
        return self._reverts.decode(bytes.fromhex(answer.data.removeprefix("0x"))).error


def _logs(receipt: dict[str, Any], event: str) -> list[dict[str, Any]]:
    topic = to_hex(keccak256(event.encode()))
    return [log for log in receipt["logs"] if log["topics"] and log["topics"][0] == topic]


def _slice_taken(log: dict[str, Any]) -> SliceTaken:
    data = bytes.fromhex(log["data"].removeprefix("0x"))
    fraction, before, after, _, _, custodian_lane = decode_words(
        ("uint32", "int256", "int256", "uint256", "uint256", "bool"), data
    )
    return SliceTaken(
        account=_indexed_address(log, 1),
        taker=_indexed_address(log, 2),
        fraction=Ppm(fraction),
        equity_before=MicroUsdc(before),
        equity_after=MicroUsdc(after),
        custodian_lane=custodian_lane,
    )


def _skipped(log: dict[str, Any]) -> tuple[Address, int]:
    return _indexed_address(log, 1), int(log["data"], 16)


def _indexed_address(log: dict[str, Any], index: int) -> Address:
    return Address(bytes.fromhex(log["topics"][index].removeprefix("0x"))[12:])
