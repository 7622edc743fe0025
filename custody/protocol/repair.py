"""Repair as pure steps: exactly t helpers give one seat its shares back, on a new host, and everybody endorses it.

    Prepared -> split -> Splitting            helper j: parts Δ_jk of λ_j(r)·s_j, with their points
             -> on_splittings -> Split        everybody: the points add up to λ_j(r)·Y_j
             -> on_parts_opened -> Summing    helper k: σ_k = Σ_j Δ_jk, sealed to the lost seat
             -> on_summings -> Summed -> on_sums_opened -> Endorsed -> dealing.on_endorsements -> Certified

Contributions and preparations are those of `dealing`. The shares of the key stay what they are; the generation is a new
one because a host is, and peers refuse the old. σ_k·G must equal Σ_j Δ_jk·G, so a bad helper is named.

Source: Laing and Stinson, eprint 2017/1155; the public points are an addition (`crypto.repairing`).
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from custody.crypto.curve import Point, SecretScalar, ZeroSecret, sum_points
from custody.crypto.keys import KeyShare
from custody.crypto.repairing import add_all, check_split, expected_sum
from custody.crypto.repairing import split as split_share
from custody.errors import EncodingError, RunAborted
from custody.identifiers import SignerId
from custody.protocol.authenticated import Authenticated
from custody.protocol.dealing import Held
from custody.protocol.run import (
    Fault,
    PartyFault,
    RunSetting,
    bodies_hash,
    in_order,
    place_of,
    require_run,
    sealing_info,
    sealing_key,
)
from custody.protocol.run_messages import Splitting, Summing
from custody.protocol.run_states import (
    Commitments,
    Endorsed,
    Named,
    Open,
    Opened,
    Prepared,
    SealTo,
    Split,
    SplittingPlan,
    Summed,
)

# --- splitting ---


def split(state: Prepared, *, randomness: bytes, shares: Held) -> tuple[SplittingPlan, ...]:
    """This helper's parts for every key it helps with, from 32 fresh bytes; none if it does not help."""
    named = state.named
    return tuple(_plan(state, index, randomness, shares[index]) for index in named.setting.deals_in(named.me))


def _plan(state: Prepared, index: int, randomness: bytes, share: KeyShare) -> SplittingPlan:
    named, setting = state.named, state.named.setting
    threshold = setting.committee.thresholds[index]
    helpers = setting.dealers(index)
    parts = split_share(
        share,
        helpers=helpers,
        lost=SignerId(setting.terms.lost),
        randomness=randomness,
        domain=named.run + threshold.to_bytes(2, "big"),
    )
    points = tuple(parts[helper].times_generator() for helper in helpers)
    seals = tuple(
        SealTo(
            recipient=helper,
            plaintext=parts[helper],
            public=sealing_key(setting, state.preparations, recipient=helper, index=index, dealer=share.signer),
            info=_part_info(named, index=index, dealer=share.signer, recipient=helper, points=points),
        )
        for helper in helpers
    )
    return SplittingPlan(threshold=threshold, points=points, seals=seals)


def _part_info(named: Named, *, index: int, dealer: SignerId, recipient: int, points: Sequence[Point]) -> bytes:
    committed = sha256(b"".join(point.to_bytes_compressed() for point in points)).digest()
    return sealing_info(
        named.setting, named.run, phase=b"part", index=index, dealer=dealer, recipient=recipient, committed=committed
    )


def on_splittings(state: Prepared, messages: Sequence[Authenticated[Splitting]], *, own: bytes) -> Split:
    """Check every helper's points; `own` is the body of this party's.

    Raises:
        PartyFault, RunAborted.
    """
    named, setting = state.named, state.named.setting
    splittings = in_order(setting, Splitting, messages)
    if messages[named.me - 1].body != own:
        raise RunAborted("this party's own splitting was altered")
    points: tuple[dict[SignerId, tuple[Point, ...]], ...] = tuple({} for _ in setting.committee.thresholds)
    opens: list[Open] = []
    for party, splitting in enumerate(splittings, start=1):
        for index, parts in check_splitting(state, party, splitting).items():
            helper = SignerId(party)
            points[index][helper] = parts
            if named.me in setting.dealers(index):
                opens.append(part_open(named, splitting, index=index, dealer=helper, points=parts, recipient=named.me))
    digest = bodies_hash(b"custody-splittings-v1" + state.digest, messages)
    return Split(named=named, digest=digest, points=points, opens=tuple(opens))


def check_splitting(state: Prepared, party: int, splitting: Splitting) -> dict[int, tuple[Point, ...]]:
    """One helper's points by index of the key, if they add up to its weighted public share.

    Raises:
        PartyFault: they do not. RunAborted: it split for other preparations than these.
    """
    setting = state.named.setting
    require_run(state.named.run, splitting.run)
    if splitting.preparations != state.digest:
        raise RunAborted("a splitting was made to other preparations; somebody told two stories")
    assert setting.before is not None, "a repair comes from a certificate"
    indices = setting.deals_in(party)
    if [key.threshold for key in splitting.keys] != [setting.committee.thresholds[index] for index in indices]:
        raise PartyFault(party, Fault.SHAPE, "not one part for each key that it helps with")
    found = {}
    for index, key in zip(indices, splitting.keys, strict=True):
        helpers = setting.dealers(index)
        if len(key.points) != len(helpers) or len(key.sealed) != len(helpers):
            raise PartyFault(party, Fault.SHAPE, "a point and a sealed part for every helper", threshold=key.threshold)
        try:
            points = tuple(Point.from_bytes_compressed(point) for point in key.points)
        except EncodingError as error:
            raise PartyFault(party, Fault.POINT, str(error), threshold=key.threshold) from None
        before = setting.before.keys[index]
        expected = expected_sum(before, SignerId(party), helpers, SignerId(setting.terms.lost))
        if not check_split(dict(zip(helpers, points, strict=True)), expected):
            detail = "its parts do not add up to its weighted share"
            raise PartyFault(party, Fault.PARTS, detail, threshold=key.threshold)
        found[index] = points
    return found


def part_open(
    named: Named, splitting: Splitting, *, index: int, dealer: SignerId, points: Sequence[Point], recipient: int
) -> Open:
    """What a helper has to open in another's splitting."""
    threshold = named.setting.committee.thresholds[index]
    key = next(key for key in splitting.keys if key.threshold == threshold)
    return Open(
        dealer=dealer,
        threshold=threshold,
        place=place_of(named.run, threshold, dealer),
        ciphertext=key.sealed[named.setting.dealers(index).index(SignerId(recipient))],
        info=_part_info(named, index=index, dealer=dealer, recipient=recipient, points=points),
    )


# --- summing ---


def on_parts_opened(state: Split, prepared: Prepared, opened: Opened) -> tuple[SealTo, ...]:
    """This helper's σ_k for every key it helps with, to be sealed to the lost seat; none if it does not help.

    Raises:
        PartyFault: SEALED, of the first helper whose part is missing or wrong. RunAborted: the parts cancel.
    """
    named, setting = state.named, state.named.setting
    me = SignerId(named.me)
    plans = []
    for index in setting.deals_in(named.me):
        threshold = setting.committee.thresholds[index]
        received = []
        for helper, points in state.points[index].items():
            part = opened.get((helper, threshold))
            if part is None or part.times_generator() != points[setting.dealers(index).index(me)]:
                detail = f"gave helper {me} a part that does not fit its point"
                raise PartyFault(helper, Fault.SEALED, detail, threshold=threshold)
            received.append(part)
        lost = setting.terms.lost
        plans.append(
            SealTo(
                recipient=lost,
                plaintext=_add(received),
                public=sealing_key(setting, prepared.preparations, recipient=lost, index=index, dealer=me),
                info=_sum_info(state, index=index, helper=me),
            )
        )
    return tuple(plans)


def _sum_info(state: Split, *, index: int, helper: SignerId) -> bytes:
    setting = state.named.setting
    return sealing_info(
        setting,
        state.named.run,
        phase=b"sum",
        index=index,
        dealer=helper,
        recipient=setting.terms.lost,
        committed=state.digest,
    )


def sums_of(state: Split, index: int) -> dict[SignerId, Point]:
    """helper k -> σ_k·G = Σ_j Δ_jk·G."""
    helpers = state.named.setting.dealers(index)
    columns = zip(*(state.points[index][helper] for helper in helpers), strict=True)
    return {helper: sum_points(column) for helper, column in zip(helpers, columns, strict=True)}


def on_summings(state: Split, messages: Sequence[Authenticated[Summing]], *, own: bytes) -> Summed:
    """Check the shape of every helper's sums; only the lost seat opens any. `own` is the body of this party's.

    Raises:
        PartyFault, RunAborted.
    """
    named, setting = state.named, state.named.setting
    summings = in_order(setting, Summing, messages)
    if messages[named.me - 1].body != own:
        raise RunAborted("this party's own summing was altered")
    opens: list[Open] = []
    for party, summing in enumerate(summings, start=1):
        check_summing(state, party, summing)
        if named.me == setting.terms.lost:
            opens += [
                sum_open(state, summing, index=index, helper=SignerId(party)) for index in setting.deals_in(party)
            ]
    transcript = bodies_hash(b"custody-transcript-v2" + setting.name + named.run + state.digest, messages)
    expected = tuple(sums_of(state, index) for index in range(len(setting.committee.thresholds)))
    return Summed(named=named, transcript=transcript, expected=expected, opens=tuple(opens))


def check_summing(state: Split, party: int, summing: Summing) -> None:
    """Raises: PartyFault: not one sum for each key it helps with. RunAborted: of other splittings."""
    setting = state.named.setting
    require_run(state.named.run, summing.run)
    if summing.splittings != state.digest:
        raise RunAborted("a sum was made of other splittings; somebody told two stories")
    thresholds = [setting.committee.thresholds[index] for index in setting.deals_in(party)]
    if [key.threshold for key in summing.keys] != thresholds:
        raise PartyFault(party, Fault.SHAPE, "not one sum for each key that it helps with")


def sum_open(state: Split, summing: Summing, *, index: int, helper: SignerId) -> Open:
    """What the lost seat has to open of one helper."""
    threshold = state.named.setting.committee.thresholds[index]
    return Open(
        dealer=helper,
        threshold=threshold,
        place=place_of(state.named.run, threshold, helper),
        ciphertext=next(key.sealed for key in summing.keys if key.threshold == threshold),
        info=_sum_info(state, index=index, helper=helper),
    )


def on_sums_opened(state: Summed, opened: Opened, *, shares: Held) -> Endorsed:
    """The lost seat adds up its shares; every other seat keeps the ones it has.

    Raises:
        PartyFault: SEALED, of the first helper whose sum is missing or wrong. RunAborted: the sums cancel.
    """
    setting = state.named.setting
    assert setting.before is not None, "a repair comes from a certificate"
    keys = setting.before.keys
    if state.named.me != setting.terms.lost:
        held = tuple(shares[index] for index in range(len(keys)))
        return Endorsed(named=state.named, transcript=state.transcript, keys=keys, shares=held)
    repaired = []
    for key, expected in zip(keys, state.expected, strict=True):
        received = []
        for helper, point in expected.items():
            total = opened.get((helper, key.threshold))
            if total is None or total.times_generator() != point:
                detail = "gave the lost seat a sum that does not fit the parts"
                raise PartyFault(helper, Fault.SEALED, detail, threshold=key.threshold)
            received.append(total)
        share = KeyShare(signer=SignerId(state.named.me), secret=_add(received), key=key)
        assert share.matches_public_share(), "sums that fit their points add up to the share of this seat"
        repaired.append(share)
    return Endorsed(named=state.named, transcript=state.transcript, keys=keys, shares=tuple(repaired))


def _add(received: Sequence[SecretScalar]) -> SecretScalar:
    try:
        return add_all(received)
    except ZeroSecret:
        raise RunAborted("the parts cancel; start the repair again") from None


def expected_part(state: Split, *, index: int, dealer: SignerId, recipient: int) -> Point:
    """Δ_jk·G as helper j published it."""
    points: Commitments = state.points[index]
    setting: RunSetting = state.named.setting
    return points[dealer][setting.dealers(index).index(SignerId(recipient))]
