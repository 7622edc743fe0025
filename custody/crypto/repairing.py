"""The arithmetic of giving one seat its share back; knows no messages.

Exactly t helpers recompute the lost share s_r = sum lambda_j(r)·s_j without anybody but seat r learning it. Helper j
splits its term into Delta_jk, one part for each helper k; helper k adds what it received to sigma_k; seat r adds the
sigmas. Every part has a public point, so what does not add up names its sender. The shares of the key stay as they are.

Source: Laing and Stinson, "A Survey and Refinement of Repairable Threshold Schemes", eprint 2017/1155,
the enrolment repairable threshold scheme; the public points are an addition.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from custody.crypto.curve import Point, SecretScalar, sum_points, sum_secrets
from custody.crypto.keys import GroupKey, KeyShare
from custody.crypto.polynomial import lagrange_coefficient
from custody.crypto.scalars import ORDER, SCALAR_BYTES, Scalar
from custody.crypto.suite import secret_from_hash
from custody.identifiers import SignerId

_MINUS_ONE = Scalar(ORDER - 1)


def split(
    share: KeyShare, *, helpers: Collection[SignerId], lost: SignerId, randomness: bytes, domain: bytes
) -> dict[SignerId, SecretScalar]:
    """Delta_jk for every helper k, own one included: random parts of lambda_j(r)·s_j, none of them zero.

    Args:
        randomness: 32 fresh bytes. Hashed with `domain`, the helpers and the lost seat, so that two repairs drawn from
            one randomness by mistake do not give the share away; it still serves one share only.
        domain: the run.
    Raises:
        ValueError: not exactly t distinct holders help, this one is not among them, the lost seat holds no share of
            the key or helps itself, or not 32 bytes.
        ZeroSecret: a part came out as zero (chance 2^-256): draw again.
    """
    weight = _weight(share.key, share.signer, helpers, lost)
    if len(randomness) != 32:
        raise ValueError("a split is drawn from 32 fresh bytes")
    order = sorted(helpers)
    place = b"".join(seat.to_bytes(SCALAR_BYTES, "big") for seat in (lost, share.signer, *order))
    bound = randomness + len(order).to_bytes(2, "big") + place
    others = [seat for seat in order if seat != share.signer]
    parts = {
        seat: secret_from_hash(bound + seat.to_bytes(SCALAR_BYTES, "big") + domain, tag=b"custody-repair")
        for seat in others
    }
    given_away = add_all(parts.values())
    negated = given_away.times(_MINUS_ONE)
    weighted = share.secret.times(weight)
    try:
        parts[share.signer] = weighted.plus(negated)
    finally:
        for secret in (given_away, negated, weighted):
            secret.wipe()
    return parts


def expected_sum(key: GroupKey, helper: SignerId, helpers: Collection[SignerId], lost: SignerId) -> Point:
    """lambda_j(r)·Y_j: what the points of this helper's parts must add up to.

    Raises:
        ValueError: as `split`.
    """
    weight = _weight(key, helper, helpers, lost)
    return key.public_shares[helper].times(weight)


def check_split(points: Mapping[SignerId, Point], expected: Point) -> bool:
    """Whether the points Delta_jk·G of one helper's parts add up to `expected`, none of them infinity."""
    return not any(point.is_infinity for point in points.values()) and sum_points(points.values()) == expected


def add_all(secrets: Iterable[SecretScalar]) -> SecretScalar:
    """The sum: sigma_k of what a helper received, and a repaired or reshared share. The summands stay as they are.

    Raises:
        ValueError: there are none.
        ZeroSecret: they cancel in the end, which one honest summand prevents but with chance 2^-256; or one was wiped.
    """
    summands = tuple(secrets)
    if not summands:
        raise ValueError("a sum of no secrets")
    return sum_secrets(summands)


def _weight(key: GroupKey, helper: SignerId, helpers: Collection[SignerId], lost: SignerId) -> Scalar:
    """lambda_j(r); never zero, since r is none of the helpers."""
    if len(helpers) != key.threshold or not set(helpers) <= key.signers:
        raise ValueError(f"a share of this key is repaired by exactly {key.threshold} of its holders")
    if lost not in key.signers or lost in helpers:
        raise ValueError("the lost seat is one of the key's, and not among its own helpers")
    return lagrange_coefficient(helper, helpers, at=lost)
