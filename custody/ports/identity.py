"""A host's keys and what only they can do; sealing and signatures draw their randomness inside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from custody.identifiers import HostId
from custody.protocol.authenticated import Authenticated
from custody.protocol.committee import HostKeys
from custody.protocol.messages import Message


class Identity(Protocol):
    @property
    def keys(self) -> HostKeys:
        """The public half."""

    def sign(self, message: Message, *, execution: bytes, recipient: bytes = b"") -> bytes:
        """The encoded, signed envelope of a message; to everybody where `recipient` is empty."""

    def open(self, ciphertext: bytes, *, info: bytes) -> bytes:
        """What was sealed to this host under `info`.

        Raises:
            EncodingError: it does not open.
        """


class Hosts(Protocol):
    """What one can do with other hosts' public keys."""

    def authenticate(self, encoded: bytes, known: Mapping[HostId, HostKeys]) -> Authenticated[Message]:
        """Parse an envelope and prove its author.

        Raises:
            EncodingError: malformed. ProtocolError: a stranger, or the signature fails.
        """

    def seal(self, plaintext: bytes, *, recipient: HostKeys, info: bytes) -> bytes:
        """Seal to a host's key, post-quantum and classical together."""


class RecordCipher(Protocol):
    """Seals records at rest; the associated data names the record."""

    def seal(self, plaintext: bytes, *, associated: bytes) -> bytes: ...

    def open(self, sealed: bytes, *, associated: bytes) -> bytes:
        """Raises: StoreDamaged: altered, of another record, or under another passphrase."""
