"""Proves who wrote an envelope; the only maker of `Authenticated`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from custody.errors import ProtocolError
from custody.host.sealing import seal
from custody.identifiers import HostId
from custody.protocol.authenticated import Authenticated
from custody.protocol.committee import HostKeys
from custody.protocol.messages import Message, decode_body, decode_envelope


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

    def authenticate(self, encoded: bytes, known: Mapping[HostId, HostKeys]) -> Authenticated[Message]:
        """Raises: EncodingError: malformed. NotAuthentic: a stranger, or the signature fails."""
        envelope = decode_envelope(encoded)
        keys = known.get(HostId(envelope.author))
        if keys is None:
            raise NotAuthentic("the author is nobody we know")
        if _has_small_order(keys.signing):
            raise NotAuthentic("a key of small order signs everything, so it signs nothing")
        try:
            public = Ed25519PublicKey.from_public_bytes(keys.signing)
            public.verify(envelope.signature, envelope.signed_bytes(keys.signing))
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

    def seal(self, plaintext: bytes, *, recipient: HostKeys, info: bytes) -> bytes:
        """Raises: EncodingError: the recipient's key is malformed."""
        return seal(plaintext, recipient=recipient.sealing, info=info)
