"""`custody heartbeat`: custodians say on chain that they still sign, before their silence lets the people rotate."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Annotated

import typer

from custody.cli.develop import find_root
from custody.cli.keys import CommitteeFile, CoordinatorFile, KeysFile, read_committee, read_keys
from custody.errors import EncodingError, UsageError
from custody.identifiers import Address, address, to_hex
from custody.intents.keccak import checksum_address
from custody.units import format_time
from custody.wiring.custodians import Custodians, read_coordinator

if TYPE_CHECKING:
    from custody.chain.authority import Pulse
    from custody.coordinator.signing import SignedIntent


def heartbeat(
    committee: CommitteeFile,
    coordinator: CoordinatorFile,
    keys: KeysFile,
    rpc: Annotated[str, typer.Option(help="An endpoint of the chain: http://...")],
    sender: Annotated[
        str | None,
        typer.Option(help="Who hands it in, unlocked at the endpoint; else the transaction is printed, for anybody."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Ask although none is due yet.")] = False,
) -> None:
    """Have the custodians sign a heartbeat, and hand it in; where none is due yet, say so and ask nobody.

    Due every 7 days: run it every day. After 14 days without one the people may rotate the keys.
    """
    from custody.chain.authority import Authority  # web3 and the compiler: only here
    from custody.chain.client import ChainClient
    from custody.chain.compiler import compile_contracts
    from custody.coordinator.signing import SigningCoordinator
    from custody.wiring.heartbeats import Heartbeats, draft_heartbeat

    _, tenure = read_keys(keys)
    document, _ = read_committee(committee)
    identity = read_coordinator(coordinator)
    hands_in = None if sender is None else _sender(sender)
    client = ChainClient(rpc, compile_contracts(find_root()))
    if client.chain_id() != tenure.committee.chain_id:
        raise UsageError(f"{rpc} is chain {client.chain_id()}, and these keys are for {tenure.committee.chain_id}")
    authority = Authority(client, tenure.committee.authority)
    pulse = authority.pulse()
    _say_pulse(pulse)
    if not pulse.is_due and not force:
        typer.echo("none is due yet, and nobody was asked; --force asks all the same")
        return
    intent = draft_heartbeat(authority, client)

    async def sign() -> SignedIntent:
        custodians = Custodians(identity, [document], say=typer.echo)
        async with custodians.asker(tenure.committee) as asker:
            signing = SigningCoordinator(asker)
            return await Heartbeats(authority=authority, client=client, coordinator=signing, tenure=tenure).sign(intent)

    signed = asyncio.run(sign())
    typer.echo(f"custodians {', '.join(map(str, signed.signers))} signed {to_hex(signed.digest)}")
    if hands_in is not None:
        mined = authority.heartbeat(intent, signed.signature, sender=hands_in)
        typer.echo(f"accepted in block {mined.block}")
        _say_pulse(authority.pulse())
        return
    typer.echo(f"anybody may send it, until {format_time(intent.deadline)}:")
    data = authority.heartbeat_data(intent, signed.signature)
    typer.echo(json.dumps({"chainId": client.chain_id(), "to": checksum_address(authority.address), "data": data}))


def _say_pulse(pulse: Pulse) -> None:
    typer.echo(f"last heard: {format_time(pulse.last_heard)}; the next is due: {format_time(pulse.due_at)}")
    if pulse.silent:
        typer.echo("they count as silent: the people may rotate the keys, and a heartbeat voids what they proposed")
    else:
        typer.echo(f"they count as silent after: {format_time(pulse.silent_after)}")


def _sender(text: str) -> Address:
    try:
        return address(text)
    except EncodingError as error:
        raise UsageError(f"--sender: {error}") from None
