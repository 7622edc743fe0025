"""What a run says: the making of a key, its refresh, its resharing, the repair of a seat.

A run is one agreed piece of work between all its parties, in rounds: the coordinator hands everybody what everybody
said in the round before, everybody answers. `execution` of every envelope is the hash of the run's `RunTerms`.

    round   asked                     answered (ceremony, refresh, reshare)    answered (repair)
    1       RunProposal               Contribution                            Contribution
    2       ContributionSet           Preparation                             Preparation
    3       PreparationSet            Dealing                                 Splitting
    4       DealingSet, SplittingSet  Endorsement or Complaint                Summing or Complaint
    5       EndorsementSet, SummingSet  Certified                             Endorsement or Complaint
    6       EndorsementSet                                                    Certified
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from custody.protocol.encoding import Bytes20, Bytes32, Count, Envelopes, Message, PointBytes, Seat, Text, Threshold

RunKind = Literal["ceremony", "refresh", "reshare", "repair"]
SealingKeyBytes = Annotated[bytes, msgspec.Meta(min_length=1216, max_length=1216)]
OptionalHash = Annotated[bytes, msgspec.Meta(max_length=32)]
OneTimeSecret = Annotated[bytes, msgspec.Meta(max_length=96)]


class HostKeysBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A host's public keys: Ed25519 and ML-DSA-65."""

    signing: Bytes32
    post_quantum: Annotated[bytes, msgspec.Meta(min_length=1952, max_length=1952)]


class RunTerms(Message, frozen=True):
    """What a run is to do. Its hash names the run's proposal; every party compares it with what it configured.

    `hosts`, `thresholds`, `chain_id`, `authority`: the committee that will hold the keys. `generation`: of its shares,
    0 for a ceremony. `previous`: hash of the certificate that the keys come from, empty for a ceremony. `dealers`: for
    each threshold the seats of the previous committee that deal, or help, exactly as many as that key needs; empty for
    a ceremony, where every seat deals. `lost`: the seat that a repair restores, else 0. `salt`: fresh, so that every
    attempt has a name of its own.
    """

    kind: RunKind
    hosts: tuple[HostKeysBody, ...]
    thresholds: tuple[Threshold, ...]
    chain_id: Count
    authority: Bytes20
    generation: Count
    previous: OptionalHash
    dealers: tuple[tuple[Seat, ...], ...]
    lost: Count
    salt: Bytes32


class KeyBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One key as a certificate states it; `holders` hashes the ordered host keys and public shares Y_i."""

    threshold: Threshold
    public: PointBytes
    holders: Bytes32


class Endorsement(Message, frozen=True):
    """I saw this transcript, my shares fit it, and these are its keys.

    `origin`: transcript of the ceremony that made the keys, from which chain codes come; carried on unchanged.
    """

    run: Bytes32
    transcript: Bytes32
    generation: Count
    previous: OptionalHash
    origin: Bytes32
    keys: tuple[KeyBody, ...]


class Certificate(Message, frozen=True):
    """What a run ends with: its terms, the public shares, and one signed statement of every party.

    `public_shares`: for each threshold Y_1 ... Y_n. `endorsements`: envelopes of every seat of the committee, then of
    each dealer that has no seat in it.
    """

    terms: RunTerms
    public_shares: tuple[tuple[PointBytes, ...], ...]
    endorsements: Envelopes


class RunProposal(Message, frozen=True):
    """`lineage`: encoded certificates from the ceremony's to the one the terms call previous."""

    terms: RunTerms
    lineage: tuple[bytes, ...]


class Contribution(Message, frozen=True):
    """Fresh bytes; all of them together name the run."""

    contribution: Bytes32


class ContributionSet(Message, frozen=True):
    contributions: Envelopes


class Preparation(Message, frozen=True):
    """Before anything is dealt: where to seal to, and a dealer's promise.

    `sealing_keys`: for each threshold one one-time key for each dealer, in order; empty for a party that receives
    nothing. `opening`: hash of this dealer's commitments, empty for a party that does not deal.
    """

    run: Bytes32
    sealing_keys: tuple[tuple[SealingKeyBytes, ...], ...]
    opening: OptionalHash


class PreparationSet(Message, frozen=True):
    preparations: Envelopes


class KeyDealing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One dealer's part in one key: t commitments, a proof in a ceremony, one ciphertext a recipient in order."""

    threshold: Threshold
    commitment: tuple[PointBytes, ...]
    proof: Annotated[bytes, msgspec.Meta(max_length=65)]
    sealed: tuple[bytes, ...]


class Dealing(Message, frozen=True):
    """This party's part in every key that it deals in; `preparations` hashes what it sealed to."""

    run: Bytes32
    preparations: Bytes32
    keys: tuple[KeyDealing, ...]


class DealingSet(Message, frozen=True):
    dealings: Envelopes


class KeySplitting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A helper's weighted share in parts: Δ_jk·G for every helper k in order, and each Δ_jk sealed to its helper."""

    threshold: Threshold
    points: tuple[PointBytes, ...]
    sealed: tuple[bytes, ...]


class Splitting(Message, frozen=True):
    run: Bytes32
    preparations: Bytes32
    keys: tuple[KeySplitting, ...]


class SplittingSet(Message, frozen=True):
    splittings: Envelopes


class KeySumming(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """σ_k, the sum of what helper k was given, sealed to the lost seat."""

    threshold: Threshold
    sealed: bytes


class Summing(Message, frozen=True):
    """`splittings` hashes what the sums are of."""

    run: Bytes32
    splittings: Bytes32
    keys: tuple[KeySumming, ...]


class SummingSet(Message, frozen=True):
    summings: Envelopes


class Complaint(Message, frozen=True):
    """`accused` (a party's number) left the protocol, and this shows it.

    `seen`: hash of all that this party was shown in the run, so that nobody judges the complaint by other messages than
    it was made on. `secret`: the complainant's one-time key for that dealer, where the fault is in what was sealed:
    anyone opens exactly that share with it. Empty where the signed messages alone show the fault.
    """

    run: Bytes32
    seen: Bytes32
    accused: Seat
    threshold: Count
    fault: Text
    secret: OneTimeSecret


class EndorsementSet(Message, frozen=True):
    """Whole, it makes the certificate."""

    endorsements: Envelopes


class Certified(Message, frozen=True):
    """The certificate is durable here and its keys may be used."""

    certificate: Bytes32


# --- after a run: the old generation goes when every seat has shown that the new one survives its machine ---


class BackupQuery(Message, frozen=True):
    certificate: Bytes32


class BackupTested(Message, frozen=True):
    """This seat's backup of the generation was restored in a drill and gave the same shares."""

    certificate: Bytes32


class EraseRequest(Message, frozen=True):
    """Every seat's `BackupTested`, in order of seats."""

    certificate: Bytes32
    tested: Envelopes


class Erased(Message, frozen=True):
    certificate: Bytes32


class KeysQuery(Message, frozen=True):
    """What do you hold, and by which certificates?"""


class KeysHeld(Message, frozen=True):
    """`lineages`: for each lineage the encoded certificates, the ceremony's first."""

    lineages: tuple[tuple[bytes, ...], ...]


class DeriveRequest(Message, frozen=True):
    """Let this contract have the keys at this index of a lineage (non-hardened BIP-32)."""

    root: Bytes32
    chain_id: Count
    contract: Bytes20
    index: Count


class Derived(Message, frozen=True):
    """This seat's entry in the registry; every seat's together are the signed registry's line."""

    root: Bytes32
    chain_id: Count
    contract: Bytes20
    index: Count
    keys: tuple[PointBytes, ...]
