"""JSON-RPC in raw batches over HTTP: how a node reads the chain without web3. Knows no contract."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self

import aiohttp
import msgspec

from custody.errors import Reverted, Unreachable
from custody.identifiers import Address, BlockHash, to_hex

LARGEST_ANSWER: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Call:
    """One JSON-RPC request."""

    method: str
    params: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class RpcError:
    """What the endpoint answered instead of a result."""

    code: int
    message: str
    data: Any = None


def eth_call(contract: Address, data: bytes, *, at: BlockHash) -> Call:
    """A view at a block named by hash, which must be canonical (EIP-1898)."""
    where = {"blockHash": to_hex(at), "requireCanonical": True}
    return Call("eth_call", ({"to": to_hex(contract), "data": to_hex(data)}, where))


class Rpc:
    """One endpoint. Open it as a context; a batch is one HTTP request."""

    def __init__(self, url: str, *, timeout: float = 5.0) -> None:
        self.url = url
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(timeout=self._timeout)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def batch(self, calls: Sequence[Call]) -> list[Any]:
        """The results in the order of the calls; an `RpcError` where a call failed.

        Raises:
            Unreachable: no answer, or none that is JSON-RPC.
        """
        assert self._session is not None, "an Rpc is used inside `async with`"
        request = [
            {"jsonrpc": "2.0", "id": index, "method": call.method, "params": list(call.params)}
            for index, call in enumerate(calls)
        ]
        try:
            headers = {"content-type": "application/json"}
            body = msgspec.json.encode(request)
            async with self._session.post(self.url, data=body, headers=headers, allow_redirects=False) as response:
                answers = msgspec.json.decode(await _read_at_most(response.content, LARGEST_ANSWER))
            by_id = {answer["id"]: answer for answer in answers}
            return [_result(by_id[index]) for index in range(len(calls))]
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unreachable(self.url, f"no answer ({type(error).__name__})") from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, KeyError, TypeError, AttributeError):
            raise Unreachable(self.url, "the answer is not JSON-RPC") from None


async def _read_at_most(content: aiohttp.StreamReader, most: int) -> bytes:
    """The body, as far as it may go; what is longer is cut and will not decode."""
    body = bytearray()
    while len(body) <= most and (chunk := await content.read(most + 1 - len(body))):
        body += chunk
    return bytes(body[:most])


def _result(answer: dict[str, Any]) -> Any:
    if "error" in answer:
        error = answer["error"]
        return RpcError(error.get("code", 0), str(error.get("message", "")), error.get("data"))
    return answer["result"]


def require(result: Any) -> Any:
    """The result, if it is one.

    Raises:
        Reverted: the endpoint answered an error.
    """
    if isinstance(result, RpcError):
        raise Reverted("RpcError", {"code": result.code, "message": result.message})
    return result
