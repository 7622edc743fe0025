"""The arithmetic of handing a threshold key to a new committee, or to the same one anew; knows no messages.

Each of exactly t holders, the dealers, shares lambda_i·s_i by a fresh polynomial of the new degree. The constants add
up to the old secret, so PK stays; every other coefficient is new, so an old share and a new one never combine. Refresh
is the case where committee and threshold stay. Old shares that were not erased go on signing: this revokes nothing.

Source: Desmedt and Jajodia, "Redistributing Secret Shares to New Access Structures" (1997); made verifiable by
comparing each dealer's constant commitment with the public share that everybody knows.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from custody.crypto.curve import Point, SecretScalar, sum_points
from custody.crypto.keys import GroupKey, KeyShare
from custody.crypto.polynomial import evaluate_commitment, lagrange_coefficient
from custody.crypto.scalars import ORDER, Scalar
from custody.errors import FaultySigner
from custody.identifiers import SignerId


def weighted_secret(share: KeyShare, dealers: Collection[SignerId]) -> SecretScalar:
    """lambda_i·s_i over the agreed dealers: the constant that this dealer shares out. Secret like the share itself.

    Raises:
        ValueError: not exactly t distinct holders of the key, or this one is not among them.
    """
    return share.secret.times(_weight(share.key, share.signer, dealers))


def expected_constant(key: GroupKey, dealer: SignerId, dealers: Collection[SignerId]) -> Point:
    """lambda_i·Y_i: the only constant commitment of this dealer that leaves PK as it is. `key` is the old one.

    Raises:
        ValueError: as `weighted_secret`.
    """
    weight = _weight(key, dealer, dealers)
    return key.public_shares[dealer].times(weight)


def reshared_key(
    key: GroupKey, threshold: int, commitments: Mapping[SignerId, Sequence[Point]], seats: Collection[SignerId]
) -> GroupKey:
    """The same PK in the hands of `seats`, any `threshold` of whom sign, by the sum of what the dealers committed to.

    A recipient's new share is the sum of what the dealers sent it (`repairing.add_all`), each checked before against
    its dealer's commitment; it fits the public share given here.

    Args:
        key: the old one.
        commitments: of exactly old-t dealers, each of `threshold` points, constant first.
    Raises:
        ValueError: the dealers are not exactly t holders of `key`, the new seats are no committee of this threshold,
            or `key` itself is not of one piece (its public shares do not interpolate to PK).
        FaultySigner: dealers whose commitment has another length or another constant, all of them.
    """
    if len(set(seats)) != len(seats) or any(not 1 <= seat < ORDER for seat in seats):
        raise ValueError("the new seats are distinct and never 0, where the secret lives")
    if not 2 <= threshold <= len(seats):
        raise ValueError(f"{threshold} of {len(seats)} is no threshold key")
    _require_dealers(key, commitments.keys())
    constants = {dealer: expected_constant(key, dealer, commitments.keys()) for dealer in commitments}
    culprits = {
        dealer for dealer, points in commitments.items() if len(points) != threshold or points[0] != constants[dealer]
    }
    if culprits:
        raise FaultySigner(frozenset(culprits))
    summed = [sum_points(column) for column in zip(*commitments.values(), strict=True)]
    if summed[0] != key.public:
        raise ValueError("the old public shares of these dealers do not belong to the old key")
    return GroupKey(
        public=key.public,
        threshold=threshold,
        public_shares={seat: evaluate_commitment(summed, seat) for seat in seats},
    )


def _weight(key: GroupKey, dealer: SignerId, dealers: Collection[SignerId]) -> Scalar:
    _require_dealers(key, dealers)
    return lagrange_coefficient(dealer, dealers)


def _require_dealers(key: GroupKey, dealers: Collection[SignerId]) -> None:
    if len(dealers) != key.threshold or not set(dealers) <= key.signers:
        raise ValueError(f"this key is reshared by exactly {key.threshold} of its holders")
