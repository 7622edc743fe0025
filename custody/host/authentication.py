"""Proves who wrote an envelope; the only maker of `Authenticated`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PublicKey

from custody.errors import EncodingError, ProtocolError
from custody.host.sealing import SealingKey, SeedOneTimeKeys, seal
from custody.identifiers import HostId
from custody.protocol.authenticated import Authenticated
from custody.protocol.committee import HostKeys
from custody.protocol.encoding import Message
from custody.protocol.messages import ED25519_BYTES, PAIRED, Envelope, decode_body, decode_envelope


class NotAuthentic(ProtocolError):
    """Written by a stranger, or by somebody else than it says. Proves nothing against the named author."""


# y coordinates of the eight points of small order of edwards25519, with the encodings that are not reduced: under these
# a fixed signature verifies for any message (Chalkias, Garillot, Nikolaenko, "Taming the many EdDSAs", 2020, table 1).
_P: Final = 2**255 - 19
_ORDER_8: Final = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_SMALL_ORDER: Final = frozenset({0, 1, _P - 1, _P, _P + 1, _ORDER_8, _P - _ORDER_8})


def _has_small_order(key: bytes) -> bool:
    return int.from_bytes(key, "little") & ((1 << 255) - 1) in _SMALL_ORDER


class HostDirectory:
    """What one can do with other hosts' public keys. Implements `ports.identity.Hosts`."""

    def authenticate(
        self, encoded: bytes, known: Mapping[HostId, HostKeys], *, own: bytes = b""
    ) -> Authenticated[Message]:
        """Raises: EncodingError: malformed. NotAuthentic: a stranger, or the signature fails."""
        envelope = decode_envelope(encoded)
        keys = known.get(HostId(envelope.author))
        if keys is None:
            raise NotAuthentic("the author is nobody we know")
        if _has_small_order(keys.signing):
            raise NotAuthentic("a key of small order signs everything, so it signs nothing")
        try:
            if encoded != own:
                _verify(envelope, keys)
        except (InvalidSignature, ValueError):
            raise NotAuthentic("the signature is not the author's") from None
        return Authenticated(
            author=keys.id,
            recipient=envelope.recipient,
            execution=envelope.execution,
            message=decode_body(envelope.kind, envelope.body),
            body=envelope.body,
            encoded=encoded,
        )

    def one_time_keys(self, seed: bytes) -> SeedOneTimeKeys:
        return SeedOneTimeKeys(seed)

    def seal(self, plaintext: bytes, *, public: bytes, info: bytes) -> bytes:
        """Raises: EncodingError: nothing can be sealed to this key."""
        return seal(plaintext, recipient=public, info=info)

    def can_seal_to(self, public: bytes) -> bool:
        try:
            seal(b"", recipient=public, info=b"")
        except EncodingError:
            return False
        return True

    def public_of(self, secret: bytes) -> bytes:
        """Raises: EncodingError: not the 96 bytes of a one-time key."""
        return SealingKey(secret).public

    def open_with(self, secret: bytes, ciphertext: bytes, *, info: bytes) -> bytes:
        """Raises: EncodingError: it does not open."""
        return SealingKey(secret).open(ciphertext, info=info)


def _verify(envelope: Envelope, keys: HostKeys) -> None:
    """Raises: InvalidSignature or ValueError: a signature, or a key, is not what it must be."""
    signed = envelope.signed_bytes(keys.signing, keys.post_quantum)
    Ed25519PublicKey.from_public_bytes(keys.signing).verify(envelope.signature[:ED25519_BYTES], signed)
    if envelope.kind in PAIRED:
        MLDSA65PublicKey.from_public_bytes(keys.post_quantum).verify(envelope.signature[ED25519_BYTES:], signed)
