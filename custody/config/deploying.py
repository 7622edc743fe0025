"""deploy.toml: what the contracts of a chain are told, in files that a person writes. Refuses what is left open."""

from __future__ import annotations

from typing import Literal

import msgspec

from custody.errors import EncodingError
from custody.identifiers import Address, address
from custody.intents.members import Member, MemberClass, MemberKind, MemberSet


class MemberDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One [[people.members]]. `key`: of kind "key" alone, in hexadecimal, read by the verifier at `address`."""

    kind: Literal["account", "contract", "key"]
    address: str
    key: str = ""
    hardware: bool = False
    weight: int = 1

    def member(self) -> Member:
        """Raises: EncodingError."""
        try:
            key = bytes.fromhex(self.key.removeprefix("0x"))
        except ValueError:
            raise EncodingError("a member's key is written in hexadecimal digits") from None
        return Member(
            kind=MemberKind[self.kind.upper()],
            member_class=MemberClass.HARDWARE if self.hardware else MemberClass.SOFTWARE,
            weight=self.weight,
            account=address(self.address),
            key=key,
        )


class PeopleDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """[people]: who signs class C and D operations, and with what weight."""

    low: int
    high: int
    members: list[MemberDocument]
    least_hardware: int = 0

    def member_set(self) -> MemberSet:
        """Raises: EncodingError."""
        members = [member.member() for member in self.members]
        return MemberSet.of(members, low=self.low, high=self.high, least_hardware=self.least_hardware)


class DeployDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """deploy.toml. `keys`: the file keys.json of the ceremony, from this one's folder. Times in seconds."""

    token: str
    feed: str
    keys: str
    guardians: list[str]
    backstops: list[str]
    cure: int
    open_after: int
    people: PeopleDocument
    tick_decimals: int = 2
    heartbeat: int = 3_600
    grace: int = 900

    def guardian_addresses(self) -> tuple[Address, ...]:
        """By ascending address, as the contract wants them. Raises: EncodingError."""
        return tuple(sorted(address(guardian) for guardian in self.guardians))

    def backstop_addresses(self) -> tuple[Address, ...]:
        """In the order in which they take. Raises: EncodingError."""
        return tuple(address(backstop) for backstop in self.backstops)
