"""Digests of typed data (EIP-712): domain, struct hash, digest; knows no particular intent.

Only static members occur in our intents, so that the struct's encoding is its members' words one after another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from custody.identifiers import Address, Digest
from custody.intents.keccak import keccak256
from custody.intents.words import Value, encode_words

_DOMAIN_TYPE: Final = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """Where an intent is valid: one version of one contract on one chain."""

    name: str
    version: str
    chain_id: int
    contract: Address

    def separator(self) -> bytes:
        """32 bytes."""
        return keccak256(
            keccak256(_DOMAIN_TYPE.encode())
            + keccak256(self.name.encode())
            + keccak256(self.version.encode())
            + encode_words(("uint256", "address"), (self.chain_id, self.contract))
        )


def members(type_string: str) -> tuple[tuple[str, str], ...]:
    """('uint256', 'releaseId'), ... of "Expedite(uint256 releaseId,...)"."""
    inside = type_string[type_string.index("(") + 1 : -1]
    return tuple((kind, name) for kind, name in (member.split(" ") for member in inside.split(",")))


def digest(domain: Domain, type_string: str, values: Sequence[Value]) -> Digest:
    """keccak256(0x1901 ‖ domain separator ‖ struct hash).

    Raises:
        EncodingError: the values do not fit the type.
    """
    types = [kind for kind, _ in members(type_string)]
    struct_hash = keccak256(keccak256(type_string.encode()) + encode_words(types, values))
    return Digest(keccak256(b"\x19\x01" + domain.separator() + struct_hash))
