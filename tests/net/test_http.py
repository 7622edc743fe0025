"""The door and the way to it over real sockets: what a relay or a lying peer may try with HTTP itself."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Awaitable, Callable

import aiohttp
import pytest
from aiohttp import web

from custody.errors import CustodyError, TransportError, UsageError
from custody.identifiers import SignerId
from custody.net import HttpTransport, serve
from custody.net.http_server import MESSAGE_PATH
from custody.protocol.messages import LARGEST_MESSAGE

SEAT = SignerId(1)
Handler = Callable[[bytes], Awaitable[bytes]]


async def echo(message: bytes) -> bytes:
    return message


async def refuse(message: bytes) -> bytes:
    raise CustodyError("no")


async def served(handler: Handler, body: bytes, **options: object) -> tuple[int, bytes]:
    async with serve(handler, host="127.0.0.1", port=0) as port, aiohttp.ClientSession() as session:
        url = f"http://127.0.0.1:{port}{MESSAGE_PATH}"
        async with session.post(url, data=body, **options) as response:  # type: ignore[arg-type]
            return response.status, await response.read()


async def asked(answer: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> bytes:
    """What the transport makes of a peer that answers as it likes."""
    application = web.Application()
    application.router.add_post("/{any:.*}", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port = runner.addresses[0][1]
        async with HttpTransport({SEAT: f"http://127.0.0.1:{port}"}) as transport:
            return await transport.ask(SEAT, b"request")
    finally:
        await runner.cleanup()


class TestGivenADoor:
    def test_when_a_message_comes_then_its_answer_goes_back_byte_for_byte(self) -> None:
        assert asyncio.run(served(echo, b"\x00\xff" * 100)) == (200, b"\x00\xff" * 100)

    def test_when_the_node_will_not_answer_then_the_door_says_so(self) -> None:
        assert asyncio.run(served(refuse, b"x")) == (400, b"no")

    def test_when_a_body_is_compressed_then_it_is_not_even_inflated(self) -> None:
        bomb = gzip.compress(bytes(50 * 1024 * 1024))
        status, _ = asyncio.run(served(echo, bomb, headers={"Content-Encoding": "gzip"}))
        assert status == 415

    def test_when_a_body_is_longer_than_any_message_then_it_is_refused(self) -> None:
        status, _ = asyncio.run(served(echo, bytes(LARGEST_MESSAGE + 1)))
        assert status == 413

    def test_when_the_port_is_taken_then_a_sentence_says_what_to_do(self) -> None:
        async def twice() -> None:
            async with serve(echo, host="127.0.0.1", port=0) as port, serve(echo, host="127.0.0.1", port=port):
                pass

        with pytest.raises(UsageError, match="is in use; choose another with --port"):
            asyncio.run(twice())


class TestGivenAPeerThatLies:
    @pytest.mark.parametrize("where", ["http://127.0.0.1:1/internal", "http://a..b/", "http://" + "a" * 70 + "/"])
    def test_when_it_redirects_then_the_request_goes_nowhere_else(self, where: str) -> None:
        async def redirect(request: web.Request) -> web.Response:
            return web.Response(status=307, headers={"Location": where})

        with pytest.raises(TransportError):
            asyncio.run(asked(redirect))

    def test_when_its_answer_never_ends_then_it_is_cut_off(self) -> None:
        async def endless(request: web.Request) -> web.StreamResponse:
            response = web.StreamResponse()
            await response.prepare(request)
            for _ in range(LARGEST_MESSAGE // 65_536 + 2):
                await response.write(bytes(65_536))
            return response

        with pytest.raises(TransportError, match="longer than any message"):
            asyncio.run(asked(endless))

    def test_when_nobody_listens_then_it_is_a_transport_error(self) -> None:
        async def ask() -> bytes:
            async with HttpTransport({SEAT: "http://127.0.0.1:9"}) as transport:
                return await transport.ask(SEAT, b"request")

        with pytest.raises(TransportError, match="custodian 1: not reachable"):
            asyncio.run(ask())
