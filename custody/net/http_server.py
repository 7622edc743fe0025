"""The node's door over HTTP: one POST with a signed message in, one signed message out. Trusts and decides nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web

from custody.errors import CustodyError, UsageError
from custody.protocol.messages import LARGEST_MESSAGE

MESSAGE_PATH: Final = "/v1/message"
Handler = Callable[[bytes], Awaitable[bytes]]


@asynccontextmanager
async def serve(handler: Handler, *, host: str, port: int) -> AsyncIterator[int]:
    """Serve until the context ends; yields the port that was bound (a free one where `port` is 0).

    Raises:
        UsageError: the port is in use.
    """

    async def post(request: web.Request) -> web.Response:
        if "Content-Encoding" in request.headers:
            return web.Response(status=415, text="a message comes as it is, not compressed")
        try:
            return web.Response(body=await handler(await request.read()), content_type="application/octet-stream")
        except CustodyError as error:
            return web.Response(status=400, text=str(error))

    application = web.Application(client_max_size=LARGEST_MESSAGE)
    application.router.add_post(MESSAGE_PATH, post)
    runner = web.AppRunner(application, access_log=None, auto_decompress=False)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        try:
            await site.start()
        except OSError:
            raise UsageError(f"port {port} of {host} is in use; choose another with --port") from None
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()
