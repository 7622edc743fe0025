"""A recording stand-in for libsecp256k1: passes every call on, and looks into what variable-time calls are given.

Only the five calls below take secrets in constant time. Whatever else is called is treated as variable time: every
buffer among its arguments is kept, and searched for every secret that is known, also those that become known later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import contextmanager
from typing import Any

from coincurve._libsecp256k1 import ffi, lib

from custody.crypto import curve
from custody.crypto.scalars import ORDER

CONSTANT_TIME = frozenset(
    {
        "secp256k1_ec_seckey_verify",
        "secp256k1_ec_seckey_negate",
        "secp256k1_ec_seckey_tweak_add",
        "secp256k1_ec_seckey_tweak_mul",
        "secp256k1_ec_pubkey_create",
    }
)


class SecretLeaked(AssertionError):
    """A variable-time call was given a secret."""


class RecordingSecp:
    """Stands in for `curve._secp`."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.seen: list[tuple[str, bytes]] = []  # (variable-time call, content of one argument)
        self.results: set[bytes] = set()  # what secret-key calls left in their buffers

    def __getattr__(self, name: str) -> Any:
        original: Callable[..., Any] = getattr(lib, name)

        def recorded(*arguments: Any) -> Any:
            self.calls.append(name)
            if name not in CONSTANT_TIME:
                self.seen.extend((name, content) for argument in arguments for content in contents(argument))
            returned = original(*arguments)
            if "_seckey_" in name:
                self.results.add(bytes(ffi.buffer(arguments[1], 32)))
            return returned

        return recorded

    def require_hidden(self, secrets: Iterable[bytes]) -> None:
        """Raises SecretLeaked where a secret, its negative or either backwards stood in a variable-time argument."""
        for secret in secrets:
            negative = (ORDER - int.from_bytes(secret, "big")).to_bytes(32, "big")
            for form in (secret, negative, secret[::-1], negative[::-1]):
                for name, content in self.seen:
                    if form in content:
                        raise SecretLeaked(f"{name} was given a secret")


def contents(argument: Any) -> list[bytes]:
    """The bytes of an argument: of bytes, of a C buffer or struct, of everything in a list."""
    if isinstance(argument, bytes | bytearray):
        return [bytes(argument)]
    if isinstance(argument, list | tuple):
        return [content for item in argument for content in contents(item)]
    if isinstance(argument, int):
        return []
    assert isinstance(argument, ffi.CData), f"the recorder cannot look into a {type(argument).__name__}"
    kind = ffi.typeof(argument)
    if kind.cname.startswith("struct secp256k1_context_struct"):
        return []
    return [bytes(ffi.buffer(argument))]


@contextmanager
def recording() -> Any:
    """The one patch in these tests: the door to the library, for the time of the block."""
    recorder = RecordingSecp()
    original, curve._secp = curve._secp, recorder
    try:
        yield recorder
    finally:
        curve._secp = original
