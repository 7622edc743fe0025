"""Ceremony, refresh and reshare as pure steps: everybody contributes, dealers promise, deal, all endorse one
transcript.

    name_run -> Named -> prepare -> Preparation            every party
             -> on_preparations -> Prepared -> deal        dealers seal to the recipients' one-time keys
             -> on_dealings -> Collected -> on_opened -> Endorsed -> on_endorsements -> Certified

After SimplPedPop and ChillDKG on the suite of RFC 9591. In a ceremony every seat deals a fresh secret, and proves that
it knows it. In a refresh or reshare exactly t seats deal λ_i·s_i, and everybody checks that each constant commitment is
λ_i·Y_i: the group key cannot move. Dealers promise a hash of their commitments before anybody shows any. Every message
between steps arrives `Authenticated`; sealing and opening are effects (`SealTo`, `Open`) that the shell carries out. A
party at fault is named by `PartyFault`; any other end is `RunAborted`. No key exists, or moves, before the certificate,
which every party signed, is whole. What is dealt is a function of 32 random bytes that the shell keeps for the run.

Refuses to know: the disk, the network, when to give up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256

from custody.crypto.curve import Point, SecretScalar, ZeroSecret
from custody.crypto.keys import GroupKey, KeyShare
from custody.crypto.polynomial import (
    SecretPolynomial,
    check_dealt_shares,
    evaluate_commitment,
    sum_commitments,
)
from custody.crypto.possession import DealerStatement, ProofOfPossession, prove_possession, verify_possession
from custody.crypto.repairing import add_all
from custody.crypto.resharing import expected_constant, reshared_key, weighted_secret
from custody.errors import EncodingError, FaultySigner, RunAborted
from custody.identifiers import RunId, SignerId
from custody.protocol.authenticated import Authenticated
from custody.protocol.committee import Committee
from custody.protocol.run import (
    Fault,
    PartyFault,
    RunSetting,
    bodies_hash,
    check_preparation,
    in_order,
    place_of,
    require_run,
    sealing_info,
    sealing_key,
)
from custody.protocol.run_messages import Certificate, Dealing, Endorsement, KeyDealing, Preparation
from custody.protocol.run_states import (
    Certified,
    Collected,
    Commitments,
    DealingPlan,
    Endorsed,
    Named,
    Open,
    Opened,
    Prepared,
    SealTo,
)
from custody.protocol.tenure import contradicts, key_bodies, tenure_of

_PHASE = b"dealing"
Held = Mapping[int, KeyShare]
"""index of a key -> this party's share of it; empty in a ceremony"""


# --- preparing ---


def prepare(state: Named, sealing_keys: Sequence[Sequence[bytes]], *, randomness: bytes, shares: Held) -> Preparation:
    """Publish one-time keys for `run.places`, and promise the commitments that `randomness` (32 fresh bytes) gives.

    A helper in a repair promises nothing: its parts have to add up to a point that everybody knows beforehand.
    """
    indices = () if state.setting.terms.kind == "repair" else state.setting.deals_in(state.me)
    dealt = [_polynomial(state, index, randomness, shares).commit() for index in indices]
    opening = opening_hash(state.run, state.me, dealt) if dealt else b""
    return Preparation(run=state.run, sealing_keys=tuple(map(tuple, sealing_keys)), opening=opening)


def opening_hash(run: RunId, party: int, commitments: Sequence[Sequence[Point]]) -> bytes:
    """32 bytes that bind a dealer to its commitments before it has seen any other's."""
    points = b"".join(len(c).to_bytes(2, "big") + b"".join(p.to_bytes_compressed() for p in c) for c in commitments)
    return sha256(b"custody-opening-v1" + run + party.to_bytes(2, "big") + points).digest()


def _polynomial(state: Named, index: int, randomness: bytes, shares: Held) -> SecretPolynomial:
    setting = state.setting
    threshold = setting.committee.thresholds[index]
    domain = state.run + threshold.to_bytes(2, "big") + state.me.to_bytes(2, "big")
    if setting.before is None:
        return SecretPolynomial.from_randomness(randomness, degree=threshold - 1, domain=domain)
    constant = weighted_secret(shares[index], setting.dealers(index))
    return SecretPolynomial.with_constant(constant, randomness=randomness, degree=threshold - 1, domain=domain)


def on_preparations(state: Named, messages: Sequence[Authenticated[Preparation]], *, own: bytes) -> Prepared:
    """Check everybody's keys and promises; `own` is the body of this party's.

    Raises:
        PartyFault, RunAborted.
    """
    preparations = in_order(state.setting, Preparation, messages)
    if messages[state.me - 1].body != own:
        raise RunAborted("this party's own preparation was altered")
    for party, preparation in enumerate(preparations, start=1):
        check_preparation(state.setting, state.run, party, preparation)
    digest = bodies_hash(b"custody-preparations-v1", messages)
    return Prepared(named=state, preparations=tuple(preparations), digest=digest)


# --- dealing ---


def deal(state: Prepared, *, randomness: bytes, shares: Held) -> tuple[DealingPlan, ...]:
    """This party's dealings, of the same `randomness` as its promise; none if it does not deal."""
    named = state.named
    return tuple(_plan(state, index, randomness, shares) for index in named.setting.deals_in(named.me))


def _plan(state: Prepared, index: int, randomness: bytes, shares: Held) -> DealingPlan:
    named, setting = state.named, state.named.setting
    dealer = setting.dealer_of(named.me)
    assert dealer is not None, "only dealers plan a dealing"
    threshold = setting.committee.thresholds[index]
    polynomial = _polynomial(named, index, randomness, shares)
    commitment = polynomial.commit()
    proof = None
    if setting.before is None:
        domain = b"custody-proof-randomness" + randomness + named.run + threshold.to_bytes(2, "big")
        statement = _statement(setting.committee, named.run, dealer=dealer, threshold=threshold)
        proof = prove_possession(polynomial.coefficients[0], statement, randomness=sha256(domain).digest())
    seals = tuple(
        SealTo(
            recipient=seat,
            plaintext=polynomial.evaluate(seat),
            public=sealing_key(setting, state.preparations, recipient=seat, index=index, dealer=dealer),
            info=_info(setting, named.run, index=index, dealer=dealer, recipient=seat, commitment=commitment),
        )
        for seat in setting.committee.seats
    )
    return DealingPlan(threshold=threshold, commitment=commitment, proof=proof, seals=seals)


def _statement(committee: Committee, run: RunId, *, dealer: SignerId, threshold: int) -> DealerStatement:
    return DealerStatement(run=run, dealer=dealer, threshold=threshold, committee=committee.fingerprint())


def _info(
    setting: RunSetting, run: RunId, *, index: int, dealer: SignerId, recipient: int, commitment: Sequence[Point]
) -> bytes:
    committed = sha256(b"".join(point.to_bytes_compressed() for point in commitment)).digest()
    return sealing_info(
        setting, run, phase=_PHASE, index=index, dealer=dealer, recipient=recipient, committed=committed
    )


# --- collecting ---


def on_dealings(state: Prepared, messages: Sequence[Authenticated[Dealing]], *, own: bytes) -> Collected:
    """Check every dealing as far as it is public, and name the transcript; `own` is the body of this party's.

    Raises:
        PartyFault, RunAborted.
    """
    named = state.named
    dealings = in_order(named.setting, Dealing, messages)
    if messages[named.me - 1].body != own:
        raise RunAborted("this party's own dealing was altered")
    commitments: tuple[dict[SignerId, tuple[Point, ...]], ...] = tuple({} for _ in named.setting.committee.thresholds)
    opens: list[Open] = []
    for party, dealing in enumerate(dealings, start=1):
        for index, dealt in check_dealing(state, party, dealing).items():
            dealer = named.setting.dealer_of(party)
            assert dealer is not None, "who deals in a key has a seat to deal as"
            commitments[index][dealer] = dealt
            if named.me <= len(named.setting.committee.hosts):
                opens.append(open_of(named, dealing, index=index, dealer=dealer, commitment=dealt, recipient=named.me))
    transcript = bodies_hash(b"custody-transcript-v2" + named.setting.name + named.run + state.digest, messages)
    return Collected(named=named, transcript=transcript, commitments=commitments, opens=tuple(opens))


def check_dealing(state: Prepared, party: int, dealing: Dealing) -> dict[int, tuple[Point, ...]]:
    """One party's commitments by index of the key, if they are those it promised and may deal.

    Raises:
        PartyFault: they are not. RunAborted: it dealt to other preparations than these.
    """
    setting, run = state.named.setting, state.named.run
    require_run(run, dealing.run)
    if dealing.preparations != state.digest:
        raise RunAborted("a dealing was made to other preparations; somebody told two stories")
    indices = setting.deals_in(party)
    _require_shape(setting, party, indices, dealing)
    committed = {}
    for index, key in zip(indices, dealing.keys, strict=True):
        try:
            committed[index] = tuple(Point.from_bytes_compressed(point) for point in key.commitment)
        except EncodingError as error:
            raise PartyFault(party, Fault.POINT, str(error), threshold=key.threshold) from None
    if indices and opening_hash(run, party, list(committed.values())) != state.preparations[party - 1].opening:
        raise PartyFault(party, Fault.OPENING, "its commitments are not those that it promised")
    for index, key in zip(indices, dealing.keys, strict=True):
        _require_constant(state.named, party, index, key, committed[index])
    return committed


def _require_shape(setting: RunSetting, party: int, indices: Sequence[int], dealing: Dealing) -> None:
    thresholds = [setting.committee.thresholds[index] for index in indices]
    if [key.threshold for key in dealing.keys] != thresholds:
        raise PartyFault(party, Fault.SHAPE, "not one part for each key that it deals in")
    for key in dealing.keys:
        if len(key.commitment) != key.threshold or len(key.sealed) != len(setting.committee.hosts):
            detail = f"{key.threshold} commitments and a sealed share for every seat are needed"
            raise PartyFault(party, Fault.SHAPE, detail, threshold=key.threshold)


def _require_constant(named: Named, party: int, index: int, key: KeyDealing, commitment: tuple[Point, ...]) -> None:
    """The dealer knows the secret it shares, or shares the one it holds."""
    setting = named.setting
    dealer = setting.dealer_of(party)
    assert dealer is not None, "only dealers have a dealing to check"
    if setting.before is not None:
        if key.proof:
            raise PartyFault(party, Fault.SHAPE, "a reshare carries no proof", threshold=key.threshold)
        if commitment[0] != expected_constant(setting.before.keys[index], dealer, setting.dealers(index)):
            detail = "deals on another secret than its share"
            raise PartyFault(party, Fault.CONSTANT, detail, threshold=key.threshold)
        return
    statement = _statement(setting.committee, named.run, dealer=dealer, threshold=key.threshold)
    try:
        verify_possession(ProofOfPossession.from_bytes(key.proof), commitment[0], statement)
    except (EncodingError, FaultySigner) as error:
        raise PartyFault(party, Fault.PROOF, f"proof of possession: {error}", threshold=key.threshold) from None


def open_of(
    named: Named, dealing: Dealing, *, index: int, dealer: SignerId, commitment: Sequence[Point], recipient: int
) -> Open:
    """What a recipient has to open in a dealing."""
    threshold = named.setting.committee.thresholds[index]
    key = next(key for key in dealing.keys if key.threshold == threshold)
    return Open(
        dealer=dealer,
        threshold=threshold,
        place=place_of(named.run, threshold, dealer),
        ciphertext=key.sealed[recipient - 1],
        info=_info(named.setting, named.run, index=index, dealer=dealer, recipient=recipient, commitment=commitment),
    )


# --- endorsing ---


def on_opened(state: Collected, opened: Opened) -> Endorsed:
    """Check every opened share against its dealer's commitments and add them up.

    Raises:
        PartyFault: SEALED, of the first dealer whose share is missing or wrong. RunAborted: the keys cannot be used.
    """
    setting = state.named.setting
    keys = tuple(group_key(setting, index, commitments) for index, commitments in enumerate(state.commitments))
    if state.named.me > len(setting.committee.hosts):
        return Endorsed(named=state.named, transcript=state.transcript, keys=keys, shares=())
    seat = SignerId(state.named.me)
    shares = []
    for key, commitments in zip(keys, state.commitments, strict=True):
        received = {
            dealer: opened[dealer, key.threshold] for dealer in commitments if (dealer, key.threshold) in opened
        }
        wrong = check_dealt_shares(commitments, received, seat)
        if wrong:
            detail = f"dealt seat {seat} a share that does not fit its commitments"
            raise PartyFault(setting.dealer_party(min(wrong)), Fault.SEALED, detail, threshold=key.threshold)
        shares.append(_sum(list(received.values()), seat, key))
    return Endorsed(named=state.named, transcript=state.transcript, keys=keys, shares=tuple(shares))


def _sum(received: Sequence[SecretScalar], seat: SignerId, key: GroupKey) -> KeyShare:
    try:
        own = KeyShare(signer=seat, secret=add_all(received), key=key)
    except ZeroSecret:
        raise RunAborted("the dealt shares cancel; start the run again") from None
    assert own.matches_public_share(), "shares that fit their commitments add up to one that fits the sum"
    return own


def group_key(setting: RunSetting, index: int, commitments: Commitments) -> GroupKey:
    """The public key that all dealers' commitments for one threshold add up to.

    Raises:
        RunAborted: they cancel, or the chain could not verify the key; start the run again (chance 2^-128).
    """
    threshold, seats = setting.committee.thresholds[index], setting.committee.seats
    try:
        if setting.before is not None:
            return reshared_key(setting.before.keys[index], threshold, commitments, seats)
        summed = sum_commitments(commitments.values())
        public_shares = {seat: evaluate_commitment(summed, seat) for seat in seats}
        key = GroupKey(public=summed[0], threshold=threshold, public_shares=public_shares)
    except ValueError:
        raise RunAborted("the dealings cancel; start the run again") from None
    if not key.is_verifiable_on_chain:
        raise RunAborted("the group key's x is not below the group order; run the ceremony again")
    return key


def on_endorsements(state: Endorsed, messages: Sequence[Authenticated[Endorsement]]) -> Certified:
    """Close the run once every party signed the same transcript and keys.

    Raises:
        RunAborted: an endorsement is missing or says something else. `suspects` names who is proven to have done that
            (`blame.judge_endorsement`); no complaint is made of it, since this party has endorsed already.
    """
    setting = state.named.setting
    expected = state.endorsement()
    for party, endorsement in enumerate(in_order(setting, Endorsement, messages), start=1):
        if endorsement == expected:
            continue
        same = endorsement.transcript == expected.transcript
        if same or contradicts(setting.terms, endorsement, setting.before):
            suspects = frozenset({party})
            raise RunAborted("an endorsement is of what its own transcript does not give", suspects=suspects)
        # It may be honest: a dealer and the relay can show different parties different dealings.
        raise RunAborted(f"party {party} endorsed another transcript; somebody told two stories")
    certificate = certificate_of(setting, state.keys, messages)
    tenure = tenure_of(certificate, messages, before=setting.before)
    assert tenure.keys == state.keys or key_bodies(tenure.committee, tenure.keys) == expected.keys
    return Certified(tenure=tenure, certificate=certificate, shares=state.shares)


def certificate_of(
    setting: RunSetting, keys: Sequence[GroupKey], messages: Sequence[Authenticated[Endorsement]]
) -> Certificate:
    """The public end of a run, to be kept and shown to whoever asks who holds the keys."""
    return Certificate(
        terms=setting.terms,
        public_shares=tuple(
            tuple(key.public_shares[seat].to_bytes_compressed() for seat in setting.committee.seats) for key in keys
        ),
        endorsements=tuple(message.encoded for message in messages),
    )
