"""The work that `custody bench signing` measures: what one party computes, from bytes of the wire to bytes of the wire.

Keys are dealt here, to be thrown away. A work is `prepare`, which makes what one repetition consumes and is not
measured, and `run`. Host signatures are not in any of them but the two last, which are there to be shown beside.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from custody.crypto.curve import POINT_BYTES
from custody.crypto.frost import Commitment, NoncePair, Signature, SigningPackage, aggregate, draw_nonces, sign, verify
from custody.crypto.keys import GroupKey, KeyShare, PublicShares
from custody.crypto.polynomial import SecretPolynomial
from custody.crypto.scalars import Scalar
from custody.host import HostDirectory, HostIdentity
from custody.identifiers import SignerId
from custody.protocol.combining import combine
from custody.protocol.signing_messages import Approval, Holding, Mark, ShareResponse
from custody.wiring.bench_ceremony import CeremonyBench

MESSAGE: Final = bytes(range(32))
ME: Final = SignerId(1)
_DOMAIN: Final = b"bench"


@dataclass(frozen=True, slots=True)
class Work:
    """One thing to measure; `run` takes what `prepare` gives, once."""

    prepare: Callable[[], Any]
    run: Callable[[Any], object]


@dataclass(frozen=True, slots=True)
class Session:
    """One signing session of a quorum, as bytes of the wire."""

    commitments: Mapping[SignerId, bytes]
    shares: Mapping[SignerId, bytes]
    responses: Mapping[SignerId, ShareResponse]  # as the coordinator gets them, with each signer's R
    signature: bytes


def works_of_signing(*, threshold: int, n: int) -> dict[str, Work]:
    """The works of a quorum of `threshold` of a key dealt to `n` seats."""
    shares = _deal(threshold, n)
    quorum = {seat: shares[seat] for seat in sorted(shares)[:threshold]}
    session = _hold_session(quorum)
    key = shares[ME].key
    parsed = _parse_list(session.commitments)

    def own_commitment() -> tuple[NoncePair, dict[SignerId, bytes]]:
        nonces = _round1(shares[ME])
        return nonces, {**session.commitments, ME: nonces.commitment.points_bytes()}

    def own_commitment_parsed() -> tuple[NoncePair, tuple[Commitment, ...]]:
        nonces, listed = own_commitment()
        return nonces, _parse_list(listed)

    def combine_responses(_: None) -> bytes:
        def package() -> SigningPackage:
            return SigningPackage(key=key, message=MESSAGE, commitments=parsed)

        return combine(session.responses, package, digest=MESSAGE, key=key).to_bytes()

    def check_all(_: None) -> None:
        culprits = _package(key, session.commitments).culprits(_parse_shares(session.shares))
        assert not culprits, "honest shares verify"

    return {
        "round1": Work(_nothing, lambda _: _round1(shares[ME]).commitment.points_bytes()),
        "round2": Work(own_commitment, lambda given: _round2(shares[ME], given[0], _package(key, given[1]))),
        "aggregate": Work(_nothing, lambda _: _add(key, session.commitments, session.shares)),
        "verify_share": Work(_nothing, check_all),
        "verify": Work(_nothing, lambda _: verify(Signature.from_bytes(session.signature), MESSAGE, key.public)),
        "full": Work(_nothing, lambda _: _hold_session(quorum)),
        "round2, list parsed": Work(
            own_commitment_parsed,
            lambda given: _round2(shares[ME], given[0], SigningPackage(key=key, message=MESSAGE, commitments=given[1])),
        ),
        "aggregate, R claimed": Work(_nothing, combine_responses),
    }


def works_of_ceremony(*, threshold: int, n: int) -> dict[str, Work]:
    """The works of one party of a ceremony for one threshold."""
    bench = CeremonyBench(threshold=threshold, n=n)
    return {
        "ceremony_party": Work(_nothing, bench.curve_work),
        "ceremony, with host": Work(_nothing, bench.with_host),
    }


def works_of_host() -> dict[str, Work]:
    """What every message of the signing rounds costs its sender and its reader beside the curve work."""
    identity, hosts = HostIdentity(secrets.token_bytes(32)), HostDirectory()
    approval = Approval(
        digest=MESSAGE,
        holding=Holding(key=bytes(POINT_BYTES), generation=0, holders=bytes(32)),
        commitment=bytes(66),
        mark=Mark(boot=1, boot_random=bytes(16), journal_length=0, journal_head=bytes(32)),
        batch=0,
        index=1,
    )
    encoded = identity.sign(approval, execution=bytes(32))
    known = {identity.keys.id: identity.keys}
    return {
        "host signature, made": Work(_nothing, lambda _: identity.sign(approval, execution=bytes(32))),
        "host signature, checked": Work(_nothing, lambda _: hosts.authenticate(encoded, known)),
    }


def _nothing() -> None:
    return None


def _draw(threshold: int) -> SecretPolynomial:
    return SecretPolynomial.from_randomness(secrets.token_bytes(32), degree=threshold - 1, domain=_DOMAIN)


def _deal(threshold: int, n: int) -> dict[SignerId, KeyShare]:
    polynomial = _draw(threshold)
    commitment = polynomial.commit()
    seats = [SignerId(number) for number in range(1, n + 1)]
    key = GroupKey(public=commitment[0], threshold=threshold, public_shares=PublicShares(commitment, seats))
    return {seat: KeyShare(signer=seat, secret=polynomial.evaluate(seat), key=key) for seat in seats}


def _round1(share: KeyShare) -> NoncePair:
    return draw_nonces(share, hiding_randomness=secrets.token_bytes(32), binding_randomness=secrets.token_bytes(32))


def _round2(share: KeyShare, nonces: NoncePair, package: SigningPackage) -> bytes:
    return sign(share, nonces, package).to_bytes32()


def _parse_list(commitments: Mapping[SignerId, bytes]) -> tuple[Commitment, ...]:
    return tuple(Commitment.from_points_bytes(encoded, signer=seat) for seat, encoded in commitments.items())


def _parse_shares(shares: Mapping[SignerId, bytes]) -> dict[SignerId, Scalar]:
    return {seat: Scalar.from_bytes_checked(encoded) for seat, encoded in shares.items()}


def _package(key: GroupKey, commitments: Mapping[SignerId, bytes]) -> SigningPackage:
    return SigningPackage(key=key, message=MESSAGE, commitments=_parse_list(commitments))


def _add(key: GroupKey, commitments: Mapping[SignerId, bytes], shares: Mapping[SignerId, bytes]) -> bytes:
    return aggregate(_parse_shares(shares), _package(key, commitments)).to_bytes()


def _hold_session(quorum: Mapping[SignerId, KeyShare]) -> Session:
    """Both rounds of every signer and the aggregation, each from what it gets over the wire."""
    nonces = {seat: _round1(share) for seat, share in quorum.items()}
    commitments = {seat: pair.commitment.points_bytes() for seat, pair in nonces.items()}
    shares, responses = {}, {}
    for seat, share in quorum.items():
        package = _package(share.key, commitments)
        shares[seat] = _round2(share, nonces[seat], package)
        responses[seat] = ShareResponse(
            digest=MESSAGE,
            list_hash=bytes(32),
            share=shares[seat],
            group_commitment=package.R.to_bytes_compressed(),
            following=b"",
        )
    key = next(iter(quorum.values())).key
    return Session(commitments, shares, responses, _add(key, commitments, shares))
