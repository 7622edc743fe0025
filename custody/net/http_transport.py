"""Carries messages to seats over HTTP. Implements `ports.transport.Transport`."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Self

import aiohttp

from custody.errors import TransportError
from custody.identifiers import SignerId
from custody.net.http_server import MESSAGE_PATH
from custody.protocol.messages import LARGEST_MESSAGE


class HttpTransport:
    """Knows where each seat listens. Open it as a context."""

    def __init__(self, addresses: Mapping[SignerId, str]) -> None:
        """`addresses`: seat -> http://host:port."""
        self._addresses = dict(addresses)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None), auto_decompress=False)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def ask(self, seat: SignerId, message: bytes) -> bytes:
        """Raises: TransportError: not reachable, too long an answer, or one without a signature."""
        url = self._addresses.get(seat)
        name = f"custodian {seat}"
        if url is None:
            raise TransportError(name, "no address is known")
        try:
            try:
                status, answer = await self._post(url + MESSAGE_PATH, message)
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
                if isinstance(error, aiohttp.ClientConnectorError):
                    raise  # nobody listens there
                # A kept connection to a process that has restarted. Once more is safe: a repeat gets the same answer.
                status, answer = await self._post(url + MESSAGE_PATH, message)
        except (aiohttp.ClientError, OSError) as error:
            raise TransportError(name, f"not reachable ({type(error).__name__})") from None
        if status != 200:
            raise TransportError(name, answer[:300].decode(errors="replace"))
        if len(answer) > LARGEST_MESSAGE:
            raise TransportError(name, "the answer is longer than any message")
        return answer

    async def _post(self, url: str, message: bytes) -> tuple[int, bytes]:
        """Status and body, which is read no further than one byte past the longest message."""
        assert self._session is not None, "a transport is used inside `async with`"
        async with self._session.post(url, data=message, allow_redirects=False) as response:
            answer = bytearray()
            while len(answer) <= LARGEST_MESSAGE:
                chunk = await response.content.read(LARGEST_MESSAGE + 1 - len(answer))
                if not chunk:
                    break
                answer += chunk
            return response.status, bytes(answer)
