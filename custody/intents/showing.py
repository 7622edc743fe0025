"""A struct as a person reads it before signing: every member by its name, in its unit. Hides nothing, cuts nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from custody.identifiers import to_hex
from custody.intents.classes import ActionClass
from custody.intents.eip712 import ARRAY, STRING, Types, struct_types
from custody.intents.keccak import checksum_address
from custody.intents.typed import WordStruct
from custody.units import MicroUsdc, format_text, format_time, format_usdc

_USDC: Final = frozenset({"amount", "amounts"})
_TIMES: Final = frozenset({"deadline", "expiry", "opensAt", "closesAt", "pausedUntil"})
_CLASSES: Final = frozenset({"class", "windowedClass"})


def shown_members(struct: WordStruct) -> list[tuple[str, str]]:
    """(name, value) of every member, and of what it is made of, in the order in which it is signed."""
    types = struct_types(struct.TYPE)
    return list(_shown(struct.NAME, "", struct._values(), types))


def _shown(kind: str, name: str, value: Any, types: Types) -> Iterator[tuple[str, str]]:
    if kind.endswith(ARRAY):
        for index, element in enumerate(value):
            yield from _shown(kind.removesuffix(ARRAY), f"{name}[{index}]", element, types)
        if not value:
            yield name, "none"
    elif kind in types:
        for (inner, member), each in zip(types[kind], value, strict=True):
            yield from _shown(inner, f"{name}.{member}" if name else member, each, types)
    else:
        yield name, _text(kind, name.partition("[")[0].rpartition(".")[2], value)


def _text(kind: str, name: str, value: Any) -> str:
    if kind == STRING:
        return format_text(value)
    if kind == "address":
        return checksum_address(value)
    if isinstance(value, bytes):
        return to_hex(value)
    if kind == "bool":
        return "yes" if value else "no"
    if name in _USDC:
        return f"{value} ({format_usdc(MicroUsdc(value))})"
    if name in _TIMES:
        return format_time(value)
    if name in _CLASSES:
        return f"{int(value)} (class {ActionClass(value).name})"
    return str(value)
