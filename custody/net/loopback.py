"""Carries messages to nodes in the same process.

For tests and single-process trials, with the same bytes as any other way.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from custody.errors import CustodyError, TransportError
from custody.identifiers import SignerId


class LoopbackTransport:
    """Implements `ports.transport.Transport` on handlers. A seat that is missing is silent."""

    def __init__(self, handlers: Mapping[SignerId, Callable[[bytes], Awaitable[bytes]]]) -> None:
        self.handlers = dict(handlers)

    async def ask(self, seat: SignerId, message: bytes) -> bytes:
        """Raises: TransportError."""
        if seat not in self.handlers:
            raise TransportError(f"custodian {seat}", "not reachable")
        try:
            return await self.handlers[seat](message)
        except CustodyError as error:
            raise TransportError(f"custodian {seat}", str(error)) from None
