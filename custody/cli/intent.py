"""Commands of whoever is asked to sign: what a typed struct says, and its digest, before any key touches it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from custody.errors import EncodingError, UsageError
from custody.identifiers import Address, to_hex
from custody.intents.codec import struct_named
from custody.intents.examples import CHAIN_ID, CONTRACT, EXAMPLES
from custody.intents.keccak import checksum_address
from custody.intents.showing import shown_members
from custody.intents.typed_data import LARGEST, Asked, checked_address, read_typed, typed_data
from custody.units import format_text

intent = typer.Typer(help="Typed structs that contracts take signed, as a person reads them.", no_args_is_help=True)

FilePath = Annotated[
    Path, typer.Argument(help="EIP-712 JSON as wallets pass it, or {intent_type, intent, chain_id, contract}.")
]
ChainId = Annotated[int | None, typer.Option("--chain-id", help="The chain it is for; where FILE says one, the same.")]
Contract = Annotated[
    str | None, typer.Option("--contract", help="The contract that takes it; where FILE says one, the same.")
]


@intent.command("show")
def show(file: FilePath, chain_id: ChainId = None, contract: Contract = None) -> None:
    """Print every member of a typed struct, what it does and cannot do, and the digest that would be signed."""
    asked = _read(file)
    chain, where = _place(asked, chain_id, _contract(contract))
    struct = asked.struct
    lines = [
        ("struct", struct.NAME),
        ("domain", f"{struct.CONTRACT}, version {struct.VERSION}, chain {chain}, contract {checksum_address(where)}"),
        *((f"  {name}", value) for name, value in shown_members(struct)),
        ("it would", struct.render()),
        ("it cannot", struct.CANNOT),
        ("digest", to_hex(struct.digest(chain_id=chain, contract=where))),
    ]
    width = max(len(name) for name, _ in lines)
    for name, value in lines:
        typer.echo(f"{name:{width}}  {value}")


@intent.command("example")
def example(name: Annotated[str, typer.Argument(help=", ".join(EXAMPLES))]) -> None:
    """Print a struct of this name as EIP-712 JSON, to start from."""
    try:
        struct_named(name)
    except EncodingError as error:
        raise UsageError(str(error)) from None
    typer.echo(json.dumps(typed_data(EXAMPLES[name], chain_id=CHAIN_ID, contract=CONTRACT), indent=2))


def _read(file: Path) -> Asked:
    """Raises: UsageError: it cannot be read, or is no struct of ours."""
    shown = format_text(str(file))
    try:
        with file.open("rb") as opened:
            raw = opened.read(LARGEST + 1)
    except OSError as error:
        raise UsageError(f"{shown} cannot be read: {error.strerror or 'no such file'}") from None
    try:
        return read_typed(raw)
    except EncodingError as error:
        raise UsageError(f"{shown} is nothing to sign: {error}") from None


def _contract(text: str | None) -> Address | None:
    if text is None:
        return None
    try:
        return checked_address(text, f"--contract {format_text(text)}")
    except EncodingError as error:
        raise UsageError(str(error)) from None


def _place(asked: Asked, chain_id: int | None, contract: Address | None) -> tuple[int, Address]:
    """Where it is valid: as the file says, as the options say, and never two different things."""
    if asked.chain_id is not None and chain_id not in (None, asked.chain_id):
        raise UsageError(f"the file is for chain {asked.chain_id}, not {chain_id}")
    if asked.contract is not None and contract not in (None, asked.contract):
        raise UsageError(f"the file is for the contract {checksum_address(asked.contract)}, not the one of --contract")
    chain = asked.chain_id if asked.chain_id is not None else chain_id
    where = asked.contract if asked.contract is not None else contract
    if chain is None or where is None:
        raise UsageError("the file does not say for which chain and contract: add --chain-id and --contract")
    if not 0 <= chain < 2**256:
        raise UsageError(f"there is no chain {chain}")
    return chain, where
