"""What a party is in the middle of, in a run: one frozen type for each state, and the effects a shell carries out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from custody.crypto.curve import Point, SecretScalar
from custody.crypto.keys import GroupKey, KeyShare
from custody.crypto.possession import ProofOfPossession
from custody.identifiers import RunId, SignerId
from custody.protocol.run import RunSetting
from custody.protocol.run_messages import Certificate, Endorsement, KeyDealing, KeySplitting, Preparation
from custody.protocol.tenure import Tenure, key_bodies


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """The run has its id, and this party its number in it."""

    setting: RunSetting
    me: int
    run: RunId


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """Everybody's one-time keys and promises are here; `preparations` in order of parties, `digest` their hash."""

    named: Named
    preparations: tuple[Preparation, ...]
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SealTo:
    """Effect: seal `plaintext` to a party's one-time key under `info`. Where that fails, `recipient` is at fault."""

    recipient: int
    plaintext: SecretScalar = field(repr=False)
    public: bytes
    info: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """Effect: open what `dealer` sealed to the one-time key of this place, in the key of `threshold`."""

    dealer: SignerId
    threshold: int
    place: bytes
    ciphertext: bytes
    info: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class DealingPlan:
    """One key's dealing before its shares are sealed, in order of recipients. No proof where the constant is known."""

    threshold: int
    commitment: tuple[Point, ...]
    proof: ProofOfPossession | None
    seals: tuple[SealTo, ...]

    def sealed(self, ciphertexts: Sequence[bytes]) -> KeyDealing:
        return KeyDealing(
            threshold=self.threshold,
            commitment=tuple(point.to_bytes_compressed() for point in self.commitment),
            proof=b"" if self.proof is None else self.proof.to_bytes(),
            sealed=tuple(ciphertexts),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SplittingPlan:
    """One key's splitting before its parts are sealed, in order of helpers."""

    threshold: int
    points: tuple[Point, ...]
    seals: tuple[SealTo, ...]

    def sealed(self, ciphertexts: Sequence[bytes]) -> KeySplitting:
        return KeySplitting(
            threshold=self.threshold,
            points=tuple(point.to_bytes_compressed() for point in self.points),
            sealed=tuple(ciphertexts),
        )


Commitments = Mapping[SignerId, tuple[Point, ...]]
"""dealer -> what it committed to"""
Opened = Mapping[tuple[SignerId, int], SecretScalar]
"""(dealer, threshold) -> what it sealed to this party; one that did not open, or was zero, is missing"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """Everything dealt is here, well-formed, and holds as far as it is public; shares are still sealed."""

    named: Named
    transcript: bytes
    commitments: tuple[Commitments, ...]
    opens: tuple[Open, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Repair: every helper's parts are here and add up; `points` maps helper -> (Δ_jk·G for every helper k)."""

    named: Named
    digest: bytes
    points: tuple[Commitments, ...]
    opens: tuple[Open, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summed:
    """Repair: every helper's sum is here, sealed; only the lost seat opens any."""

    named: Named
    transcript: bytes
    expected: tuple[Mapping[SignerId, Point], ...]  # helper -> σ_k·G
    opens: tuple[Open, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endorsed:
    """This party's shares fit the transcript; not to be used before the certificate. No shares for one that leaves."""

    named: Named
    transcript: bytes
    keys: tuple[GroupKey, ...]
    shares: tuple[KeyShare, ...] = field(repr=False)

    def endorsement(self) -> Endorsement:
        setting = self.named.setting
        return Endorsement(
            run=self.named.run,
            transcript=self.transcript,
            generation=setting.terms.generation,
            previous=setting.terms.previous,
            origin=self.transcript if setting.before is None else setting.before.origin,
            keys=key_bodies(setting.committee, self.keys),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Certified:
    """Every party endorsed the same: the keys may be used and registered."""

    tenure: Tenure
    certificate: Certificate
    shares: tuple[KeyShare, ...] = field(repr=False)
