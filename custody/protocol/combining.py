"""From the answers of a list's seats to a verified signature, or to the names of those who spoilt it.

Aggregate first with the R that the signers state, verify once: that costs the same for any number of seats. Only when
it fails the package is rebuilt and every answer looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from custody.crypto.curve import Point
from custody.crypto.frost import InvalidSignature, Signature, SigningPackage, verify, verify_share
from custody.crypto.keys import GroupKey
from custody.crypto.scalars import Scalar
from custody.errors import EncodingError, FaultySigner
from custody.identifiers import SignerId
from custody.protocol.signing_messages import ShareResponse


def combine(
    responses: Mapping[SignerId, ShareResponse],
    package: Callable[[], SigningPackage],
    *,
    digest: bytes,
    key: GroupKey,
) -> Signature:
    """One answer of every seat of the list, each of this digest and list: added up and verified.

    `package` is called only when the sum fails.

    Raises:
        FaultySigner: `culprits` are all seats whose share or R is not what the list demands.
        ValueError: not one answer of every seat of the list.
    """
    signature = _sum(responses.values())
    if signature is not None:
        try:
            verify(signature, digest, key.public)
        except InvalidSignature:
            pass
        else:
            return signature
    built = package()
    if built.commitments.keys() != responses.keys():
        raise ValueError("aggregation needs exactly one share of each signer of the list")
    faults = {seat: share_fault(response, seat=seat, package=built) for seat, response in responses.items()}
    culprits = frozenset(seat for seat, fault in faults.items() if fault is not None)
    assert culprits, "shares that all verify, under one R, add up to a signature that verifies"
    raise FaultySigner(culprits)


def _sum(responses: Iterable[ShareResponse]) -> Signature | None:
    """The signature that the answers add up to, if they agree on R and are numbers at all."""
    stated: set[bytes] = set()
    total = 0
    try:
        for response in responses:
            stated.add(response.group_commitment)
            total += Scalar.from_bytes_checked(response.share)
        if len(stated) != 1:
            return None
        return Signature(Point.from_bytes_compressed(stated.pop()), Scalar.reduce(total))
    except EncodingError:
        return None


def share_fault(response: ShareResponse, *, seat: SignerId, package: SigningPackage) -> str | None:
    """What is wrong with an answer that names this package's list, or None.

    The equation is z_i·G == D_i + rho_i·E_i + (c·lambda_i)·Y_i (RFC 9591 §5.3).
    """
    if response.group_commitment != package.R.to_bytes_compressed():
        return "stated another R than its list gives"
    try:
        verify_share(Scalar.from_bytes_checked(response.share), signer=seat, package=package)
    except EncodingError:
        return "sent a malformed share"
    except FaultySigner:
        return "sent a bad share"
    return None
