"""Carries opaque signed messages to a seat and back; trusted with nothing."""

from __future__ import annotations

from typing import Protocol

from custody.identifiers import SignerId


class Transport(Protocol):
    async def ask(self, seat: SignerId, message: bytes) -> bytes:
        """Deliver to a seat and return its answer; how long to wait is the caller's (`asyncio.timeout`).

        Raises:
            TransportError: the seat is not reachable, or would not answer an envelope.
        """
