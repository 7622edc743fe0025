"""What an account's earlier transaction said, out of the chain itself. Knows no contract and keeps nothing."""

from __future__ import annotations

from eth_typing import BlockNumber
from web3 import Web3
from web3.exceptions import Web3Exception

from custody.identifiers import Address
from custody.intents.keccak import checksum_address


def input_of(web3: Web3, sender: Address, nonce: int) -> bytes:
    """The input of the transaction that `sender` sent with this count.

    Returns:
        Nothing where it sent none, or where the node does not know so far back: newest blocks are asked first, which
        nodes without an archive still know.
    """
    try:
        return _input_of(web3, checksum_address(sender), nonce)
    except (Web3Exception, OSError, ValueError):
        return b""


def _input_of(web3: Web3, sender: str, nonce: int) -> bytes:
    account = Web3.to_checksum_address(sender)

    def was_sent(block: int) -> bool:
        return web3.eth.get_transaction_count(account, BlockNumber(block)) > nonce

    after: int = web3.eth.block_number
    if not was_sent(after):
        return b""
    step = 1
    while (before := max(after - step, 0)) and was_sent(before):
        after, step = before, 2 * step
    while after - before > 1:
        middle = (before + after) // 2
        before, after = (before, middle) if was_sent(middle) else (middle, after)
    for transaction in web3.eth.get_block(BlockNumber(after), full_transactions=True)["transactions"]:
        assert not isinstance(transaction, bytes)  # full_transactions
        if (transaction["from"], transaction["nonce"]) == (account, nonce):
            return bytes(transaction["input"])
    return b""
