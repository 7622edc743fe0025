"""The one encoding of everything that hosts exchange and keep: MessagePack, refused where it is not canonical.

Knows no message and no meaning: the shapes are in `run_messages` and `signing_messages`, the envelope in `messages`.
"""

from __future__ import annotations

from typing import Annotated, Final, TypeVar

import msgspec

from custody.errors import EncodingError

Bytes16 = Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)]
Bytes20 = Annotated[bytes, msgspec.Meta(min_length=20, max_length=20)]
Bytes32 = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
PointBytes = Annotated[bytes, msgspec.Meta(min_length=33, max_length=33)]
CommitmentBytes = Annotated[bytes, msgspec.Meta(min_length=66, max_length=66)]
Threshold = Annotated[int, msgspec.Meta(ge=2, le=0xFFFF)]
Seat = Annotated[int, msgspec.Meta(ge=1, le=0xFFFF)]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Text = Annotated[str, msgspec.Meta(max_length=2_000)]

MOST_PARTIES: Final = 200
"""Hosts in one run: a whole committee and a whole one before it."""
Envelopes = Annotated[tuple[bytes, ...], msgspec.Meta(min_length=1, max_length=MOST_PARTIES)]


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A body. Subclasses are the whole list of what can be said."""


M = TypeVar("M", bound=msgspec.Struct)


def encode(message: msgspec.Struct) -> bytes:
    """The one encoding of a message, an envelope or a record."""
    return msgspec.msgpack.encode(message)


def decode_exactly(kind: type[M], encoded: bytes) -> M:
    """Raises: EncodingError: not the one encoding of a `kind`."""
    try:
        message = msgspec.msgpack.decode(encoded, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise EncodingError(f"not a {kind.__name__}: {type(error).__name__}") from None
    if msgspec.msgpack.encode(message) != encoded:
        raise EncodingError(f"not the one encoding of a {kind.__name__}")
    return message
