"""What a seat is in the middle of, in a ceremony.

One frozen type for each state, and the effects a shell carries out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from custody.crypto.curve import Point, SecretScalar
from custody.crypto.keys import KeyShare
from custody.crypto.possession import ProofOfPossession
from custody.identifiers import RunId, SignerId
from custody.protocol.committee import Committee
from custody.protocol.messages import Endorsement, GroupKeyBody, KeyDealing


@dataclass(frozen=True, slots=True, kw_only=True)
class Contributed:
    """This seat agreed to run `proposal` and put in its fresh bytes."""

    committee: Committee
    me: SignerId
    proposal: bytes  # 32 bytes, hash of the proposal's body
    contribution: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SealTo:
    """Effect: seal `plaintext` to a seat's sealing key under `info`."""

    recipient: SignerId
    plaintext: SecretScalar = field(repr=False)
    info: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class DealingPlan:
    """One threshold's dealing before its shares are sealed, in order of seats."""

    threshold: int
    commitment: tuple[Point, ...]
    proof: ProofOfPossession
    seals: tuple[SealTo, ...]

    def sealed(self, ciphertexts: Sequence[bytes]) -> KeyDealing:
        return KeyDealing(
            threshold=self.threshold,
            commitment=tuple(point.to_bytes_compressed() for point in self.commitment),
            proof=self.proof.to_bytes(),
            sealed=tuple(ciphertexts),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Dealt:
    """The run has its name and this seat has dealt; `own_dealing` is the hash of its dealing's body."""

    committee: Committee
    me: SignerId
    proposal: bytes
    run: RunId
    own_dealing: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """Effect: open what `dealer` sealed to this seat for the key of `threshold`."""

    dealer: SignerId
    threshold: int
    ciphertext: bytes
    info: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """Every dealing is here, well-formed and with valid proofs; shares are still sealed."""

    committee: Committee
    me: SignerId
    run: RunId
    transcript: bytes
    commitments: Mapping[int, Mapping[SignerId, tuple[Point, ...]]]  # threshold -> dealer -> commitment
    opens: tuple[Open, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endorsed:
    """This seat's shares fit the transcript; not to be used before the certificate."""

    committee: Committee
    run: RunId
    transcript: bytes
    shares: tuple[KeyShare, ...] = field(repr=False)

    def endorsement(self) -> Endorsement:
        return Endorsement(run=self.run, transcript=self.transcript, keys=key_bodies(self.shares))


@dataclass(frozen=True, slots=True, kw_only=True)
class Certified:
    """Every seat endorsed the same transcript: the keys may be used and registered."""

    run: RunId
    certificate: bytes
    shares: tuple[KeyShare, ...] = field(repr=False)


def key_bodies(shares: Sequence[KeyShare]) -> tuple[GroupKeyBody, ...]:
    return tuple(GroupKeyBody(threshold=share.key.threshold, public=share.key.id) for share in shares)
