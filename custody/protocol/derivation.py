"""Keys derived from a committee's keys for single contracts: a tenure of children, by non-hardened BIP-32.

Path = purpose / index. Children separate addresses, not compromise: whoever can sign with one child can sign with all.
Authorities that must fail separately get ceremonies of their own.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from custody.crypto.derivation import chain_code_of, derive, derive_share, next_usable
from custody.crypto.keys import KeyShare
from custody.protocol.tenure import Tenure

PURPOSE: Final = 0x63757374
"""The first step of every path: "cust"."""


def child_tenure(tenure: Tenure, index: int) -> Tenure:
    """The same committee and generation, with every key replaced by its child.

    Raises:
        ValueError: hardened or negative. UnusableIndex: take `next_index`.
    """
    code = chain_code_of(tenure.origin)
    return replace(tenure, keys=tuple(derive(key, code, (PURPOSE, index)).key for key in tenure.keys))


def child_shares(tenure: Tenure, shares: tuple[KeyShare, ...], index: int) -> tuple[KeyShare, ...]:
    """This seat's shares of the children. Raises: as `child_tenure`."""
    code = chain_code_of(tenure.origin)
    return tuple(derive_share(share, code, (PURPOSE, index)) for share in shares)


def next_index(tenure: Tenure, index: int) -> int:
    """The first index from `index` on at which every key of the tenure has a child. Raises: ValueError: none is
    left."""
    code = chain_code_of(tenure.origin)
    while True:
        found = index
        for key in tenure.keys:
            purpose = derive(key, code, (PURPOSE,))
            found = next_usable(purpose.key, purpose.chain_code, found)
        if found == index:
            return index
        index = found
