"""Proves who wrote an envelope; the only maker of `Authenticated`."""

from __future__ import annotations

from collections.abc import Mapping

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


class HostDirectory:
    """What one can do with other hosts' public keys. Implements `ports.identity.Hosts`."""

    def authenticate(self, encoded: bytes, known: Mapping[HostId, HostKeys]) -> Authenticated[Message]:
        """Raises: EncodingError: malformed. NotAuthentic: a stranger, or the signature fails."""
        envelope = decode_envelope(encoded)
        keys = known.get(HostId(envelope.author))
        if keys is None:
            raise NotAuthentic("the author is nobody we know")
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
