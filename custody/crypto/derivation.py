"""Child keys of a threshold key: non-hardened BIP-32 on the public key, the same public tweak on every share.

Everybody who knows PK and the chain code computes every child. Children separate addresses, not compromise: one child's
secret and the chain code give the parent's secret, and with it every other child. Hardened derivation needs
the whole secret in one place, so it does not exist here.

Source: BIP-32, "Public parent key -> public child key"; what is unusable there, and a child that the contract could
never verify (P.x >= n), is skipped for the next index.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from custody.crypto.curve import INFINITY, Point, sum_points, times_generator
from custody.crypto.keys import GroupKey, KeyShare
from custody.crypto.scalars import ORDER, SCALAR_BYTES, Scalar
from custody.errors import EncodingError

CHAIN_CODE_BYTES: Final = 32
HARDENED: Final = 1 << 31
"""The first index that would need the secret; every index here lies below."""


class UnusableIndex(ValueError):
    """This index has no child (chance 2^-127): take the next one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildKey:
    """A derived key, with what derives further from it and what leads from the parent's shares to its own."""

    key: GroupKey
    chain_code: bytes  # 32 bytes
    tweak: Scalar  # child secret minus parent secret; public, and zero for the empty path


def chain_code_of(transcript: bytes) -> bytes:
    """32 bytes from the certified transcript of the ceremony that made PK; carried unchanged when PK is reshared."""
    return sha256(b"custody-chain-code-v1" + transcript).digest()


def derive(key: GroupKey, chain_code: bytes, path: tuple[int, ...]) -> ChildKey:
    """The descendant of `key` along `path`: same seats, same threshold, PK + tweak·G and every Y_i + tweak·G.

    Raises:
        ValueError: a hardened or negative index, or not 32 bytes of chain code.
        UnusableIndex: an index on the way has no child.
    Source: BIP-32, CKDpub. Since the Lagrange coefficients of any quorum add up to 1, a tweak added to every share is
        added once to the secret.
    """
    public, tweak = key.public, Scalar(0)
    for index in path:
        left, next_code = _split_hash(public, chain_code, index)
        step, public = _child_of(public, left)
        tweak, chain_code = Scalar.reduce(tweak + step), next_code
    _require_chain_code(chain_code)
    shift = times_generator(tweak)
    shares = {seat: sum_points((share, shift)) for seat, share in key.public_shares.items()}
    if INFINITY in shares.values():
        raise UnusableIndex("one seat's share of this child would be zero")
    return ChildKey(
        key=GroupKey(public=public, threshold=key.threshold, public_shares=shares), chain_code=chain_code, tweak=tweak
    )


def derive_share(share: KeyShare, chain_code: bytes, path: tuple[int, ...]) -> KeyShare:
    """The same seat's share of the descendant: s_i + tweak. The parent's share stays as it is.

    Raises:
        ValueError, UnusableIndex: as `derive`.
    """
    child = derive(share.key, chain_code, path)
    return KeyShare(signer=share.signer, secret=share.secret.plus_public(child.tweak), key=child.key)


def next_usable(key: GroupKey, chain_code: bytes, index: int) -> int:
    """The first index from `index` on that has a child: nearly always `index` itself.

    Raises:
        ValueError: `index` is negative, not 32 bytes of chain code, or none is left below 2^31.
    """
    return _first_usable(lambda candidate: derive(key, chain_code, (candidate,)), index)


def _first_usable(child_at: Callable[[int], object], index: int) -> int:
    for candidate in range(index, HARDENED):
        try:
            child_at(candidate)
        except UnusableIndex:
            continue
        return candidate
    raise ValueError("no usable index is left below 2^31")


def _split_hash(public: Point, chain_code: bytes, index: int) -> tuple[bytes, bytes]:
    """(IL, IR) = HMAC-SHA512(chain code, serP(K) ‖ ser32(i)). All of it public."""
    _require_chain_code(chain_code)
    _require_index(index)
    digest = hmac.digest(chain_code, public.to_bytes_compressed() + index.to_bytes(4, "big"), "sha512")
    return digest[:SCALAR_BYTES], digest[SCALAR_BYTES:]


def _child_of(public: Point, left: bytes) -> tuple[Scalar, Point]:
    """parse256(IL) and K + IL·G.

    Raises:
        UnusableIndex: IL >= n, the sum is infinity, or its x >= n.
    """
    try:
        step = Scalar.from_bytes_checked(left)
    except EncodingError as error:
        raise UnusableIndex("the tweak of this index is not below the group order") from error
    child = sum_points((public, times_generator(step)))
    if child.is_infinity:
        raise UnusableIndex("the child of this index is infinity")
    if child.coordinates()[0] >= ORDER:
        raise UnusableIndex("the child of this index has x >= n, which the contract cannot verify")
    return step, child


def _require_chain_code(chain_code: bytes) -> None:
    if len(chain_code) != CHAIN_CODE_BYTES:
        raise ValueError(f"a chain code has {CHAIN_CODE_BYTES} bytes, not {len(chain_code)}")


def _require_index(index: int) -> None:
    if not 0 <= index < HARDENED:
        raise ValueError("only non-hardened children exist here: an index lies in [0, 2^31)")
