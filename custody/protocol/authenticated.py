"""A message whose author is proven. Only `custody.host` makes one; protocol steps take nothing else from outside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from custody.identifiers import HostId
from custody.protocol.encoding import Message

Body_co = TypeVar("Body_co", bound=Message, covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Authenticated(Generic[Body_co]):
    """`encoded` is the whole signed envelope, for evidence and byte-identical repeats; `body` its signed part."""

    author: HostId
    recipient: bytes
    execution: bytes
    message: Body_co
    body: bytes
    encoded: bytes
