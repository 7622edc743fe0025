"""A custodian's folder: its store, node.toml, policy.toml and committee.json."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from custody.config.documents import CommitteeDocument, NodeDocument, PolicyDocument, read_document
from custody.errors import EncodingError, UsageError
from custody.policy.clock import DEVNET_CHAIN_ID, ClockRule
from custody.policy.rules import Policy
from custody.protocol.committee import Committee, HostKeys
from custody.units import Seconds

HOST_FILE: Final = "host.json"
NODE_FILE: Final = "node.toml"
POLICY_FILE: Final = "policy.toml"
COMMITTEE_FILE: Final = "committee.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSettings:
    """Everything a node is told from outside."""

    home: Path
    rpc: str
    host: str
    port: int
    clock_rule: ClockRule
    coordinators: tuple[HostKeys, ...]
    committee: Committee
    policy: Policy


def load_node(home: Path, *, port: int | None = None) -> NodeSettings:
    """Read a custodian's folder; `port` overrides node.toml.

    Raises:
        UsageError: a file is missing or wrong, or asks for what is refused (devnet off chain 31337).
    """
    try:
        node = read_document(home / NODE_FILE, NodeDocument)
        committee = read_document(home / COMMITTEE_FILE, CommitteeDocument).committee()
        policy = read_document(home / POLICY_FILE, PolicyDocument).policy()
        coordinators = node.coordinator_keys()
    except EncodingError as error:
        raise UsageError(f"a file in {home} is not what it should be: {error}") from None
    if node.devnet and committee.chain_id != DEVNET_CHAIN_ID:
        raise UsageError(f"{NODE_FILE} says devnet, which is for chain {DEVNET_CHAIN_ID} only; take that line out")
    return NodeSettings(
        home=home,
        rpc=node.rpc,
        host=node.host,
        port=node.port if port is None else port,
        clock_rule=ClockRule(max_age=Seconds(node.max_head_age), devnet=node.devnet),
        coordinators=coordinators,
        committee=committee,
        policy=policy,
    )
