"""Small builders: each states only what its test is about, the rest is valid and always the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from hashlib import sha256
from typing import Any

from custody.crypto import Commitment, GroupKey, KeyShare, NoncePair, Scalar, SigningPackage
from custody.crypto.frost import draw_nonces, sign
from custody.crypto.polynomial import SecretPolynomial, evaluate_commitment
from custody.host import HostIdentity
from custody.identifiers import Address, HostId, SignerId
from custody.intents import ActionClass, Expedite
from custody.policy import Policy, Rule
from custody.policy.engine import Approved, approve
from custody.policy.facts import AcceptanceState, AuthorityFacts, ExpediteFacts, Release, ReleaseState
from custody.protocol.committee import Committee
from custody.protocol.tenure import Tenure
from custody.units import Regime

CHAIN_ID = 31_337
VAULT = Address(b"\x11" * 20)
AUTHORITY = Address(b"\x22" * 20)
OWNER = Address(b"\x33" * 20)
PAYEE = Address(b"\x44" * 20)
CHAIN_TIME = 1_700_000_000


def fresh(label: object) -> bytes:
    """32 bytes that stand for randomness: another label, other bytes."""
    return sha256(repr(label).encode()).digest()


def seats(count: int) -> tuple[SignerId, ...]:
    return tuple(SignerId(number) for number in range(1, count + 1))


# --- keys ---


def a_polynomial(*, threshold: int, label: object = "polynomial") -> SecretPolynomial:
    return SecretPolynomial.from_randomness(fresh(label), degree=threshold - 1, domain=b"tests")


def a_key(*, threshold: int, n: int, label: object = "key") -> dict[SignerId, KeyShare]:
    """Every seat's share of one key, from a dealer that everybody trusts."""
    polynomial = a_polynomial(threshold=threshold, label=label)
    commitment = polynomial.commit()
    key = GroupKey(
        public=commitment[0],
        threshold=threshold,
        public_shares={seat: evaluate_commitment(commitment, seat) for seat in seats(n)},
    )
    return {seat: KeyShare(signer=seat, secret=polynomial.evaluate(seat), key=key) for seat in seats(n)}


def nonces_of(share: KeyShare, label: object = "session") -> NoncePair:
    return draw_nonces(
        share,
        hiding_randomness=fresh((label, share.signer, "hiding")),
        binding_randomness=fresh((label, share.signer, "binding")),
    )


def a_package(
    shares: Iterable[KeyShare], *, message: bytes = b"message", label: object = "session"
) -> tuple[SigningPackage, dict[SignerId, NoncePair]]:
    """The list of these signers' commitments, and the nonces behind it."""
    chosen = sorted(shares, key=lambda share: share.signer)
    nonces = {share.signer: nonces_of(share, label) for share in chosen}
    commitments: tuple[Commitment, ...] = tuple(nonces[share.signer].commitment for share in chosen)
    return SigningPackage(key=chosen[0].key, message=message, commitments=commitments), nonces


def signature_shares(
    shares: Mapping[SignerId, KeyShare], signers: Iterable[SignerId], *, message: bytes = b"message"
) -> tuple[SigningPackage, dict[SignerId, Scalar]]:
    chosen = [shares[seat] for seat in signers]
    package, nonces = a_package(chosen, message=message)
    return package, {share.signer: sign(share, nonces[share.signer], package) for share in chosen}


# --- committees ---


IDENTITIES: dict[HostId, HostIdentity] = {}
"""Every identity that a test made, by its id: who can sign for the host keys in a committee."""


@cache
def an_identity(name: object) -> HostIdentity:
    identity = HostIdentity(fresh(("host", name)))
    IDENTITIES[identity.keys.id] = identity
    return identity


def committee_with(names: Iterable[object], thresholds: tuple[int, ...]) -> Committee:
    """A committee of these identities, in this order."""
    return Committee(
        hosts=tuple(an_identity(name).keys for name in names),
        thresholds=thresholds,
        chain_id=CHAIN_ID,
        authority=AUTHORITY,
    )


@cache
def a_committee(n: int = 3, thresholds: tuple[int, ...] = (2,)) -> Committee:
    return committee_with(seats(n), thresholds)


@cache
def a_tenure(
    n: int = 3, thresholds: tuple[int, ...] = (2,), *, generation: int = 0, label: object = "key"
) -> tuple[Tenure, dict[SignerId, tuple[KeyShare, ...]]]:
    """What a committee holds, and every seat's shares, from a dealer that everybody trusts: no run certified it."""
    shares = [a_key(threshold=threshold, n=n, label=(label, threshold)) for threshold in thresholds]
    tenure = Tenure(
        committee=a_committee(n, thresholds),
        generation=generation,
        certificate=fresh((label, "certificate", generation)),
        root=fresh((label, "certificate", 0)),
        origin=fresh((label, "origin")),
        keys=tuple(held[SignerId(1)].key for held in shares),
    )
    return tenure, {seat: tuple(held[seat] for held in shares) for seat in seats(n)}


# --- intents and policy ---


def an_expedite(**changes: Any) -> Expedite:
    members: dict[str, Any] = {
        "release_id": 7,
        "owner": OWNER,
        "to": PAYEE,
        "amount": 1_000_000,
        "epoch": 1,
        "action_class": ActionClass.B,
        "threshold": 2,
        "nonce": 5,
        "deadline": CHAIN_TIME + 600,
    }
    return Expedite(**(members | changes))


def a_release(**changes: Any) -> Release:
    members: dict[str, Any] = {
        "owner": OWNER,
        "requested_at": CHAIN_TIME - 60,
        "vetoed_at": 0,
        "state": ReleaseState.REQUESTED,
        "to": PAYEE,
        "amount": 1_000_000,
    }
    return Release(**(members | changes))


def some_facts(key: GroupKey, **changes: Any) -> ExpediteFacts:
    members: dict[str, Any] = {
        "release": a_release(),
        "regime": Regime.CALM,
        "regime_is_stale": False,
        "value": 100,
    }
    common: dict[str, Any] = {
        "chain_id": CHAIN_ID,
        "acceptance": AcceptanceState.UNSET,
        "epoch": 1,
        "group_key": key.public.coordinates(),
    }
    authority = AuthorityFacts(**{name: changes.pop(name, value) for name, value in common.items()})
    return ExpediteFacts(authority=authority, **(members | changes))


def a_rule(**changes: Any) -> Rule:
    members: dict[str, Any] = {
        "name": "small",
        "effect": "allow",
        "intent": "Expedite",
        "chain_id": CHAIN_ID,
        "contract": VAULT,
        "max_amount": 10_000_000,
        "max_deadline_ahead": 3_600,
        "max_accounts": 0,
    }
    return Rule(**(members | changes))


def an_approval_of(intent: Expedite, key: GroupKey, thresholds: tuple[int, ...] = (2,), **facts: Any) -> Approved:
    """What the engine gives for an intent that everything speaks for."""
    return approve(
        intent,
        contract=VAULT,
        key=key,
        thresholds=thresholds,
        facts=some_facts(key, **facts),
        chain_time=CHAIN_TIME,
        policy=Policy((a_rule(),)),
    )
