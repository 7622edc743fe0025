"""A trader's own key, for devnets: signs orders. The one place where eth_account is used."""

from __future__ import annotations

from eth_account import Account

from custody.identifiers import Address, Digest, address


class TraderKey:
    """An ordinary account's key, made from 32 secret bytes."""

    __slots__ = ("_account", "address")

    def __init__(self, secret: bytes) -> None:
        self._account = Account.from_key(secret)
        self.address: Address = address(self._account.address)

    def sign(self, digest: Digest) -> bytes:
        """65 bytes r ‖ s ‖ v over a digest that the caller computed from a typed struct."""
        return bytes(self._account.unsafe_sign_hash(digest).signature)

    def __repr__(self) -> str:
        return f"TraderKey(0x{self.address.hex()})"
