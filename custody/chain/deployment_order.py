"""Which contracts there are, in which order, and what each is told: the one place that says so. Sends nothing.

To deploy one more contract, add its step where what it names lies before it; a contract that is named before it lies
there, as the vault names the venue, is known by its address beforehand, which follows from deployer and count.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from custody.identifiers import Address
from custody.intents.keccak import keccak256

Addresses = Mapping[str, Address]
"""Where each part lies or will lie, by its name."""
_NO_VENUE: Final = Address(bytes(19) + b"\x01")
"""Whom a vault without a venue names: an address that no key and no code has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentTerms:
    """What the contracts are deployed with. Times in seconds.

    `member_set`: as `MemberSet.encode`; `guardians` by ascending address; `keys`: (threshold, x, y) by ascending
    threshold; `backstops` in the order in which they take. `token` and `feed`: those there are, on a devnet none.
    `first_answer`: what a devnet's feed says first, with its 8 decimals.
    """

    member_set: bytes
    guardians: tuple[Address, ...]
    keys: tuple[tuple[int, int, int], ...]
    signers: int
    certificate: bytes
    backstops: tuple[Address, ...] = ()
    cure: int = 0
    open_after: int = 0
    token: Address | None = None
    feed: Address | None = None
    first_answer: int = 0
    tick_decimals: int = 2
    heartbeat: int = 3_600
    grace: int = 900

    @property
    def given(self) -> dict[str, Address]:
        """Parts that are there already, and are not deployed."""
        return {name: part for name, part in (("token", self.token), ("feed", self.feed)) if part is not None}


@dataclass(frozen=True, slots=True)
class Create:
    """A contract is put on the chain; others name it by `name`."""

    name: str
    contract: str
    arguments: Callable[[DeploymentTerms, Addresses], tuple[object, ...]] = lambda terms, at: ()


@dataclass(frozen=True, slots=True)
class Send:
    """A contract that was put there is called, once; `arguments` of the terms and the chain's time."""

    name: str
    contract: str
    on: str
    function: str
    arguments: Callable[[DeploymentTerms, int], tuple[object, ...]]


Step = Create | Send

EVERYTHING: Final[tuple[Step, ...]] = (
    Create("token", "DevnetUSDC"),
    Create("feed", "PriceFeed"),
    Send("first round", "PriceFeed", "feed", "push", lambda terms, now: ([(terms.first_answer, now)],)),
    Create(
        "oracle", "VolatilityOracle", lambda terms, at: (at["feed"], terms.tick_decimals, terms.heartbeat, terms.grace)
    ),
    Create("people", "MultisigAuthority", lambda terms, at: (terms.member_set, list(terms.guardians), at["oracle"])),
    Create(
        "authority",
        "ThresholdAuthority",
        lambda terms, at: (list(terms.keys), terms.signers, terms.certificate, at["oracle"], at["people"]),
    ),
    Create("risk", "RiskEngine", lambda terms, at: (at["oracle"],)),
    Create("succession", "Succession", lambda terms, at: (at["authority"], at["people"])),
    Create(
        "vault",
        "CollateralVault",
        lambda terms, at: (at["token"], at["authority"], at["people"], at["oracle"], at["venue"]),
    ),
    Create("delegations", "Delegations", lambda terms, at: (at["venue"],)),
    Create(
        "venue",
        "MarginVenue",
        lambda terms, at: tuple(
            at[name] for name in ("vault", "oracle", "risk", "liquidation", "delegations", "succession")
        ),
    ),
    Create(
        "liquidation",
        "Liquidation",
        lambda terms, at: (
            *(at[name] for name in ("venue", "vault", "oracle", "risk", "authority")),
            list(terms.backstops),
            terms.cure,
            terms.open_after,
        ),
    ),
)
"""The whole system."""

_REPLACED: Final[dict[str, Step | None]] = {
    "oracle": Create("oracle", "DevnetRegimeOracle"),
    "vault": Create(
        "vault",
        "CollateralVault",
        lambda terms, at: (at["token"], at["authority"], at["people"], at["oracle"], _NO_VENUE),
    ),
} | dict.fromkeys(("feed", "first round", "risk", "succession", "delegations", "venue", "liquidation"))
CUSTODY_HALF: Final = tuple(
    step for step in (_REPLACED.get(each.name, each) for each in EVERYTHING) if step is not None
)
"""Without a venue, and with an oracle whose regime a devnet sets as it likes."""


def steps_of(order: Sequence[Step], terms: DeploymentTerms) -> tuple[Step, ...]:
    """The steps that are left where some parts are given."""
    return tuple(step for step in order if (step.on if isinstance(step, Send) else step.name) not in terms.given)


def lay_out(steps: Sequence[Step], *, deployer: Address, count: int) -> dict[str, Address]:
    """Where these steps will put things if `deployer`, who has sent `count` transactions, sends nothing else."""
    return {
        step.name: contract_address(deployer, count + index)
        for index, step in enumerate(steps)
        if isinstance(step, Create)
    }


def contract_address(deployer: Address, nonce: int) -> Address:
    """The address of what `deployer` creates with this transaction count: keccak of the RLP list, last 20 bytes."""
    return Address(keccak256(_rlp_bytes_and_number(deployer, nonce))[12:])


def _rlp_bytes_and_number(account: bytes, number: int) -> bytes:
    digits = number.to_bytes((number.bit_length() + 7) // 8, "big")
    encoded = digits if len(digits) == 1 and digits[0] < 0x80 else bytes([0x80 + len(digits)]) + digits
    payload = bytes([0x80 + len(account)]) + account + encoded
    return bytes([0xC0 + len(payload)]) + payload
