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
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def ask(self, seat: SignerId, message: bytes) -> bytes:
        """Raises: TransportError: not reachable, too long an answer, or one without a signature."""
        assert self._session is not None, "a transport is used inside `async with`"
        name = f"custodian {seat}"
        try:
            url = self._addresses[seat] + MESSAGE_PATH
            async with self._session.post(url, data=message) as response:
                answer = await response.content.read(LARGEST_MESSAGE + 1)
                while not response.content.at_eof() and len(answer) <= LARGEST_MESSAGE:
                    answer += await response.content.read(LARGEST_MESSAGE + 1 - len(answer))
                if response.status != 200:
                    raise TransportError(name, answer[:300].decode(errors="replace"))
        except KeyError:
            raise TransportError(name, "no address is known") from None
        except (aiohttp.ClientError, OSError) as error:
            raise TransportError(name, f"not reachable ({type(error).__name__})") from None
        if len(answer) > LARGEST_MESSAGE:
            raise TransportError(name, "the answer is longer than any message")
        return answer
