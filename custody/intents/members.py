"""The people of a MultisigAuthority: who signs, with what weight, and how a set of them is written.

A set is packed, and known to the chain by its hash; whoever submits passes it in full (`MemberSets.sol`):

    set        low (1) | high (1) | least hardware (1) | member...
    member     kind (1) | class (1) | weight (1) | key length (1) | address (20) | key
    approvals  approval...
    approval   index of the member, from 0 (1) | length (2) | signature
    proof      length of the set (2) | set | approvals
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from custody.errors import EncodingError
from custody.identifiers import Address
from custody.intents.keccak import keccak256

_BYTE: Final = 0xFF
_TWO_BYTES: Final = 0xFFFF


class MemberKind(IntEnum):
    """How a member signs."""

    ACCOUNT = 0  # an address with a key of its own: ECDSA
    CONTRACT = 1  # an address that answers ERC-1271
    KEY = 2  # a key that an ERC-7913 verifier reads


class MemberClass(IntEnum):
    """Where a member's key lives."""

    SOFTWARE = 0
    HARDWARE = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One of the people. `account`: itself, or the verifier of its `key`; `key`: empty unless the kind is KEY."""

    kind: MemberKind
    member_class: MemberClass = MemberClass.SOFTWARE
    weight: int = 1
    account: Address
    key: bytes = b""

    def __post_init__(self) -> None:
        if not 1 <= self.weight <= _BYTE:
            raise EncodingError(f"a member's weight is between 1 and {_BYTE}, not {self.weight}")
        if (self.kind is MemberKind.KEY) != bool(self.key) or len(self.key) > _BYTE:
            raise EncodingError(f"a member of kind KEY has a key of 1 to {_BYTE} bytes, and no other has one")

    @property
    def signer(self) -> bytes:
        """As ERC-7913 writes it: the address, then the key."""
        return self.account + self.key

    def encode(self) -> bytes:
        return bytes([self.kind, self.member_class, self.weight, len(self.key)]) + self.signer


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberSet:
    """Members and the weights asked of them. The contract judges whether the set is sound."""

    members: tuple[Member, ...]
    low: int
    high: int
    least_hardware: int = 0

    @classmethod
    def of(cls, members: Sequence[Member], *, low: int, high: int, least_hardware: int = 0) -> MemberSet:
        """The set in the order that the contract wants: by ascending hash of each signer."""
        in_order = tuple(sorted(members, key=lambda member: keccak256(member.signer)))
        return cls(members=in_order, low=low, high=high, least_hardware=least_hardware)

    def encode(self) -> bytes:
        """Raises: EncodingError: a weight does not fit a byte."""
        header = (self.low, self.high, self.least_hardware)
        if not all(0 <= weight <= _BYTE for weight in header):
            raise EncodingError(f"weights of a set are between 0 and {_BYTE}, not {header}")
        return bytes(header) + b"".join(member.encode() for member in self.members)


def accounts_set(accounts: Sequence[Address], *, low: int, high: int) -> MemberSet:
    """A set of plain accounts, one vote each."""
    return MemberSet.of([Member(kind=MemberKind.ACCOUNT, account=account) for account in accounts], low=low, high=high)


def encode_approvals(signatures: Mapping[int, bytes]) -> bytes:
    """Signatures by the index of the member in its set, in the order that the contract wants.

    Raises:
        EncodingError: an index or a length that no approval has room for.
    """
    encoded = b""
    for index, signature in sorted(signatures.items()):
        if not 0 <= index <= _BYTE or len(signature) > _TWO_BYTES:
            raise EncodingError(f"an approval names a member from 0 to {_BYTE} and has at most {_TWO_BYTES} bytes")
        encoded += bytes([index]) + len(signature).to_bytes(2, "big") + signature
    return encoded


def encode_proof(member_set: bytes, approvals: bytes) -> bytes:
    """What `MultisigAuthority.authorize` takes as proof.

    Raises:
        EncodingError: the set is longer than its length can say.
    """
    if len(member_set) > _TWO_BYTES:
        raise EncodingError(f"a set has at most {_TWO_BYTES} bytes, not {len(member_set)}")
    return len(member_set).to_bytes(2, "big") + member_set + approvals
