"""Typed data as wallets pass it about: JSON with types, primaryType, domain and message. Refuses what is ambiguous.

What is shown must be what is signed: a member too many or too few, another type, a number that is not one, an address
with a wrong checksum, a number that other readers round, or the same name twice is refused, and never repaired.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from custody.errors import EncodingError
from custody.identifiers import Address, address, to_hex
from custody.intents.codec import decode_struct, struct_named
from custody.intents.eip712 import (
    ARRAY,
    BYTES,
    DOMAIN_TYPE,
    STRING,
    Domain,
    Member,
    Types,
    encode_type,
    members,
    parts,
    struct_types,
)
from custody.intents.keccak import checksum_address
from custody.intents.typed import TypedStruct
from custody.units import format_text

LARGEST: Final = 256 * 1024
"""Bytes of a file: an operation with its calls fits, and nothing that takes long to look at."""
_DOMAIN: Final = "EIP712Domain"
_DATA: Final = frozenset({"types", "primaryType", "domain", "message"})
_WIRE: Final = frozenset({"intent_type", "intent"})
_PLACE: Final = frozenset({"chain_id", "contract"})
_DECIMAL: Final = re.compile(r"-?(0|[1-9][0-9]{0,77})", re.ASCII)
_HEX_NUMBER: Final = re.compile(r"0x[0-9a-fA-F]{1,64}", re.ASCII)
_HEX_BYTES: Final = re.compile(r"0x([0-9a-fA-F]{2})*", re.ASCII)
_DIGITS: Final = 78  # of the greatest word
_EXACT: Final = 2**53 - 1  # what every reader of JSON keeps as it stands (RFC 8259 §6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A struct, and where it would be valid; of the wire form that may not be said."""

    struct: TypedStruct
    chain_id: int | None
    contract: Address | None


def read_typed(raw: bytes) -> Asked:
    """Typed data of a wallet, or our wire form: {"intent_type", "intent", and perhaps "chain_id" and "contract"}.

    Raises:
        EncodingError: in one sentence, for whatever is not exactly one struct that one of our contracts takes.
    """
    document = _json(raw)
    if not isinstance(document, dict):
        raise EncodingError("the file holds no JSON object")
    if "intent_type" in document:
        return _wire_form(document)
    _require_names(document, _DATA, "the file")
    name = document["primaryType"]
    if not isinstance(name, str):
        raise EncodingError("primaryType is no name")
    kind = struct_named(name)
    _require_types(document["types"], kind)
    domain = _domain(document["domain"], kind)
    types = struct_types(kind.TYPE)
    values = _value(kind.NAME, document["message"], types, "message")
    struct = kind.of(parts(kind.NAME, values))
    struct.require_possible()
    return Asked(struct=struct, chain_id=domain.chain_id, contract=domain.contract)


def typed_data(struct: TypedStruct, *, chain_id: int, contract: Address) -> dict[str, Any]:
    """The same struct as wallets take it; numbers as text, since JSON's own are cut by some; a chain id while exact."""
    types = struct_types(struct.TYPE)
    described = {_DOMAIN: members(DOMAIN_TYPE), **types}
    return {
        "types": {name: [{"name": member, "type": kind} for kind, member in each] for name, each in described.items()},
        "primaryType": struct.NAME,
        "domain": {
            "name": struct.CONTRACT,
            "version": struct.VERSION,
            "chainId": chain_id if chain_id <= _EXACT else str(chain_id),
            "verifyingContract": checksum_address(contract),
        },
        "message": _written(struct.NAME, struct._values(), types),
    }


def checked_address(given: Any, where: str) -> Address:
    """An address out of a file or from a command line, which a person may have mistyped.

    Raises:
        EncodingError: not 0x and 40 digits, or its checksum, where it has one, is wrong. `where` says of what.
    """
    if not isinstance(given, str) or not _HEX_BYTES.fullmatch(given) or len(given) != 42:
        raise EncodingError(f"{where} is no address: 0x and 40 hexadecimal digits are")
    found = address(given)
    digits = given[2:]
    if digits not in (digits.lower(), digits.upper()) and given != checksum_address(found):
        raise EncodingError(f"{where} has a wrong checksum: it may be mistyped")
    return found


def _json(raw: bytes) -> Any:
    if len(raw) > LARGEST:
        raise EncodingError(f"the file is larger than {LARGEST:,} bytes")
    try:
        return json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_object,
            parse_int=_whole,
            parse_float=_refused,
            parse_constant=_refused,
        )
    except EncodingError:
        raise
    except (ValueError, RecursionError):
        raise EncodingError("the file is not JSON") from None


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise EncodingError(f"{_shown(name)} stands twice in one object")
        found[name] = value
    return found


def _whole(digits: str) -> int:
    if len(digits) > _DIGITS + 1:
        raise EncodingError("a number is longer than any word")
    number = int(digits)
    if abs(number) > _EXACT:
        raise EncodingError("a bare number is above 2^53 - 1, where some readers round it: write it as text")
    return number


def _refused(text: str) -> Any:
    raise EncodingError(f"{_shown(text)} is no whole number")


def _wire_form(document: Mapping[str, Any]) -> Asked:
    _require_names(document, _WIRE | (_PLACE & document.keys()), "the file")
    name, encoded = document["intent_type"], document["intent"]
    if not isinstance(name, str):
        raise EncodingError("intent_type is no name")
    chain_id, contract = document.get("chain_id"), document.get("contract")
    struct = decode_struct(name, _bytes(encoded, "intent"))
    struct.require_possible()
    return Asked(
        struct=struct,
        chain_id=None if chain_id is None else _number("uint256", chain_id, "chain_id"),
        contract=None if contract is None else checked_address(contract, "contract"),
    )


def _require_names(given: Any, wanted: frozenset[str], where: str) -> None:
    """Raises: EncodingError: not an object with exactly these members."""
    if not isinstance(given, dict):
        raise EncodingError(f"{where} is no JSON object")
    if missing := sorted(wanted - given.keys()):
        raise EncodingError(f"{where} lacks {', '.join(missing)}")
    if extra := sorted(given.keys() - wanted):
        raise EncodingError(f"{where} has {', '.join(map(_shown, extra))}, which nobody would look at")


def _require_types(given: Any, kind: type[TypedStruct]) -> None:
    """Raises: EncodingError: the file describes the struct, or the domain, otherwise than the contract does."""
    known = {**struct_types(kind.TYPE), _DOMAIN: members(DOMAIN_TYPE)}
    if not isinstance(given, dict):
        raise EncodingError("types is no JSON object")
    _require_names(given, frozenset(known), "types")
    described = {name: _described(name, each) for name, each in given.items()}
    for name, each in described.items():
        if each != known[name]:
            wanted = DOMAIN_TYPE if name == _DOMAIN else encode_type(name, struct_types(kind.TYPE))
            raise EncodingError(f"the type string of {name} is another than {wanted}")


def _described(name: str, given: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(given, list):
        raise EncodingError(f"types: {name} is no list")
    for member in given:
        _require_names(member, frozenset({"name", "type"}), f"types: a member of {name}")
    return tuple((member["type"], member["name"]) for member in given)


def _domain(given: Any, kind: type[TypedStruct]) -> Domain:
    _require_names(given, frozenset(name for _, name in members(DOMAIN_TYPE)), "domain")
    chain_id = _number("uint256", given["chainId"], "domain: chainId")
    domain = kind.domain(
        chain_id=chain_id, contract=checked_address(given["verifyingContract"], "domain: verifyingContract")
    )
    for name, wanted in (("name", domain.name), ("version", domain.version)):
        if given[name] != wanted:
            raise EncodingError(f"a {kind.NAME} is signed in a domain with the {name} {wanted!r}")
    return domain


def _value(kind: str, given: Any, types: Types, where: str) -> Member:
    """One member out of JSON. Raises: EncodingError."""
    if kind.endswith(ARRAY):
        if not isinstance(given, list):
            raise EncodingError(f"{where} is no list")
        inner = kind.removesuffix(ARRAY)
        return tuple(_value(inner, element, types, f"{where}[{index}]") for index, element in enumerate(given))
    if kind in types:
        _require_names(given, frozenset(name for _, name in types[kind]), where)
        return tuple(_value(inner, given[name], types, f"{where}.{name}") for inner, name in types[kind])
    if kind == "address":
        return checked_address(given, where)
    if kind in (BYTES, "bytes32"):
        raw = _bytes(given, where)
        if kind != BYTES and len(raw) != 32:
            raise EncodingError(f"{where} has {len(raw)} bytes, not 32")
        return raw
    if kind in (STRING, "bool"):
        if not isinstance(given, str if kind == STRING else bool):
            raise EncodingError(f"{where} is no {kind}")
        return given
    return _number(kind, given, where)


def _number(kind: str, given: Any, where: str) -> int:
    """A JSON integer, or text of a decimal or 0x number."""
    if isinstance(given, str) and _DECIMAL.fullmatch(given):
        given = int(given)
    elif isinstance(given, str) and _HEX_NUMBER.fullmatch(given):
        given = int(given, 16)
    if not isinstance(given, int) or isinstance(given, bool):
        raise EncodingError(f"{where} is no whole number")
    signed = kind.startswith("int")
    bits = int(kind.removeprefix("u").removeprefix("int"))
    low, high = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
    if not low <= given <= high:
        raise EncodingError(f"{where} is out of the range of {kind}")
    return given


def _bytes(given: Any, where: str) -> bytes:
    if not isinstance(given, str) or not _HEX_BYTES.fullmatch(given):
        raise EncodingError(f"{where} is not 0x and pairs of hexadecimal digits")
    return bytes.fromhex(given[2:])


def _written(kind: str, value: Any, types: Types) -> Any:
    """One member as JSON."""
    if kind.endswith(ARRAY):
        return [_written(kind.removesuffix(ARRAY), element, types) for element in value]
    if kind in types:
        return {name: _written(inner, each, types) for (inner, name), each in zip(types[kind], value, strict=True)}
    if kind == "address":
        return checksum_address(value)
    if isinstance(value, bytes):
        return to_hex(value)
    return value if isinstance(value, str | bool) else str(int(value))


def _shown(text: str) -> str:
    return format_text(text[:40])
