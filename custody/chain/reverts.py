"""Custom errors of our contracts, decoded to names with arguments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError

from custody.errors import Reverted
from custody.intents.keccak import keccak256

_PANIC = ("Panic", ("uint256",), ("code",))
_ERROR = ("Error", ("string",), ("message",))


class RevertDecoder:
    """Knows every error of a set of ABIs by its selector."""

    def __init__(self, abis: Iterable[Sequence[Mapping[str, Any]]]) -> None:
        self._errors: dict[bytes, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
            _selector(name, types): (name, types, names) for name, types, names in (_PANIC, _ERROR)
        }
        for abi in abis:
            for entry in abi:
                if entry["type"] == "error":
                    types = tuple(argument["type"] for argument in entry["inputs"])
                    names = tuple(argument["name"] or str(index) for index, argument in enumerate(entry["inputs"]))
                    self._errors[_selector(entry["name"], types)] = (entry["name"], types, names)

    def decode(self, data: bytes) -> Reverted:
        """The error that revert data says; `UnknownError` with the raw data where no ABI knows it."""
        known = self._errors.get(data[:4])
        if known is None:
            return Reverted("UnknownError", {"data": "0x" + data.hex()})
        name, types, names = known
        try:
            values = decode(types, data[4:])
        except DecodingError:
            return Reverted("UnknownError", {"data": "0x" + data.hex()})
        shown = ["0x" + value.hex() if isinstance(value, bytes) else value for value in values]
        return Reverted(name, dict(zip(names, shown, strict=True)))


def _selector(name: str, types: Sequence[str]) -> bytes:
    return keccak256(f"{name}({','.join(types)})".encode())[:4]
