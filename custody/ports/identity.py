"""A host's keys and what only they can do; sealing and signatures draw their randomness inside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from custody.identifiers import HostId
from custody.protocol.authenticated import Authenticated
from custody.protocol.committee import HostKeys
from custody.protocol.encoding import Message


class Identity(Protocol):
    @property
    def keys(self) -> HostKeys:
        """The public half."""

    def sign(self, message: Message, *, execution: bytes, recipient: bytes = b"") -> bytes:
        """The encoded, signed envelope of a message; to everybody where `recipient` is empty."""


class OneTimeKeys(Protocol):
    """The one-time sealing keys of one generation seed, each named by its place in a run."""

    def public(self, place: bytes) -> bytes:
        """1216 bytes of MLKEM768-X25519."""

    def open(self, ciphertext: bytes, *, place: bytes, info: bytes) -> bytes:
        """What was sealed to the key of this place under `info`.

        Raises:
            EncodingError: it does not open.
        """

    def reveal(self, place: bytes) -> bytes:
        """The 96 secret bytes of one key, for a complaint: anyone opens exactly that ciphertext with them."""


class Hosts(Protocol):
    """What one can do with other hosts' public keys."""

    def authenticate(
        self, encoded: bytes, known: Mapping[HostId, HostKeys], *, own: bytes = b""
    ) -> Authenticated[Message]:
        """Parse an envelope and prove its author: both signatures where its kind outlives a session.

        Args:
            own: an envelope that this host made itself and has on record; byte for byte the same needs no proof.
        Raises:
            EncodingError: malformed. ProtocolError: a stranger, or a signature fails.
        """

    def one_time_keys(self, seed: bytes) -> OneTimeKeys:
        """The keys of a generation seed (32 secret bytes)."""

    def seal(self, plaintext: bytes, *, public: bytes, info: bytes) -> bytes:
        """Seal to a one-time key, post-quantum and classical together.

        Raises:
            EncodingError: nothing can be sealed to this key.
        """

    def can_seal_to(self, public: bytes) -> bool:
        """Whether 1216 bytes are a key that anything can be sealed to."""

    def public_of(self, secret: bytes) -> bytes:
        """The public half of a revealed one-time key. Raises: EncodingError: not 96 bytes of one."""

    def open_with(self, secret: bytes, ciphertext: bytes, *, info: bytes) -> bytes:
        """What a revealed one-time key opens. Raises: EncodingError."""


class RecordCipher(Protocol):
    """Seals records at rest; the associated data names the record."""

    def seal(self, plaintext: bytes, *, associated: bytes) -> bytes: ...

    def open(self, sealed: bytes, *, associated: bytes) -> bytes:
        """Raises: StoreDamaged: altered, of another record, or under another passphrase."""
