"""The key ceremony as pure steps: contributions, dealings, agreement; one run makes a key for each threshold.

    propose -> Contributed -> on_contributions -> Dealing plan -> Dealt -> on_dealings -> Collected
            -> on_opened -> Endorsed -> on_endorsements -> Certified

After SimplPedPop and ChillDKG on the suite of RFC 9591. Every message between steps arrives `Authenticated`; sealing
and opening are effects (`SealTo`, `Open`) that the shell carries out. Any step raises `CeremonyAborted`, and then no
key exists: nobody uses a key whose certificate, an endorsement of every seat, is not whole. A state can be rebuilt
from the durable messages alone, because every dealer seals to itself too: polynomials are never stored.

Refuses to know: the disk, the network, when to give up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import TypeVar

from custody.crypto.curve import INFINITY, Point, SecretScalar, ZeroSecret, sum_points
from custody.crypto.keys import GroupKey, KeyShare
from custody.crypto.polynomial import SecretPolynomial, evaluate_commitment
from custody.crypto.possession import DealerStatement, ProofOfPossession, prove_possession, verify_possession
from custody.errors import CeremonyAborted, EncodingError, FaultySigner
from custody.identifiers import HostId, RunId, SignerId
from custody.protocol.authenticated import Authenticated
from custody.protocol.ceremony_states import (
    Certified,
    Collected,
    Contributed,
    DealingPlan,
    Dealt,
    Endorsed,
    Open,
    SealTo,
)
from custody.protocol.committee import Committee
from custody.protocol.messages import (
    SUITE,
    CeremonyProposal,
    Contribution,
    Dealing,
    Endorsement,
    HostKeysBody,
    Message,
    encode,
)


def proposal_of(committee: Committee, *, salt: bytes) -> CeremonyProposal:
    """The opening message for a committee; `salt` (32 fresh bytes) tells one attempt from the next."""
    return CeremonyProposal(
        hosts=tuple(HostKeysBody(signing=host.signing, sealing=host.sealing) for host in committee.hosts),
        thresholds=committee.thresholds,
        chain_id=committee.chain_id,
        authority=committee.authority,
        salt=salt,
    )


def proposal_id(proposal: CeremonyProposal) -> bytes:
    """32 bytes: the execution that every envelope of this ceremony names."""
    return sha256(b"custody-proposal-v1" + encode(proposal)).digest()


def propose(
    proposal: CeremonyProposal, *, committee: Committee, me: SignerId, randomness: bytes
) -> tuple[Contributed, Contribution]:
    """Join a run that was proposed, if it is the one this custodian configured; `randomness` is 32 fresh bytes.

    Raises:
        CeremonyAborted: other hosts, thresholds, chain or authority than this custodian agreed to.
    """
    if proposal != proposal_of(committee, salt=proposal.salt):
        raise CeremonyAborted("the proposal is not the committee that this custodian configured")
    state = Contributed(committee=committee, me=me, proposal=proposal_id(proposal), contribution=randomness)
    return state, Contribution(contribution=randomness)


def on_contributions(
    state: Contributed, messages: Sequence[Authenticated[Contribution]], *, randomness: bytes
) -> tuple[RunId, tuple[DealingPlan, ...]]:
    """Name the run and plan this seat's dealing for every threshold; `randomness` is 32 fresh bytes.

    Raises:
        CeremonyAborted: not one contribution of every seat, or this seat's own was altered.
    """
    by_seat = _in_order(state.committee, state.proposal, messages)
    contributions = tuple(message.contribution for message in by_seat)
    if contributions[state.me - 1] != state.contribution:
        raise CeremonyAborted("this seat's own contribution was altered")
    run = RunId(sha256(b"custody-run-v1" + state.proposal + b"".join(contributions)).digest())
    plans = tuple(_plan(state, run, threshold, randomness) for threshold in state.committee.thresholds)
    return run, plans


def _plan(state: Contributed, run: RunId, threshold: int, randomness: bytes) -> DealingPlan:
    statement = _statement(state.committee, run, dealer=state.me, threshold=threshold)
    domain = run + threshold.to_bytes(2, "big") + state.me.to_bytes(2, "big")
    polynomial = SecretPolynomial.from_randomness(randomness, degree=threshold - 1, domain=domain)
    commitment = polynomial.commit()
    proof_randomness = sha256(b"custody-proof-randomness" + randomness + domain).digest()
    return DealingPlan(
        threshold=threshold,
        commitment=commitment,
        proof=prove_possession(polynomial.coefficients[0], statement, randomness=proof_randomness),
        seals=tuple(
            SealTo(
                recipient=seat,
                plaintext=polynomial.evaluate(seat),
                info=_sealing_info(statement, recipient=seat, commitment=commitment),
            )
            for seat in state.committee.seats
        ),
    )


def _statement(committee: Committee, run: RunId, *, dealer: SignerId, threshold: int) -> DealerStatement:
    return DealerStatement(run=run, dealer=dealer, threshold=threshold, committee=committee.fingerprint())


def _sealing_info(statement: DealerStatement, *, recipient: SignerId, commitment: Sequence[Point]) -> bytes:
    """Binds a ciphertext to its place: suite, run, phase, dealer, recipient, threshold, committee, commitments."""
    commitments = sha256(b"".join(point.to_bytes_compressed() for point in commitment)).digest()
    numbers = b"".join(number.to_bytes(2, "big") for number in (statement.dealer, recipient, statement.threshold))
    return (
        b"custody-share-v1" + SUITE.encode() + statement.run + b"ceremony" + numbers + statement.committee + commitments
    )


def on_dealings(state: Dealt, messages: Sequence[Authenticated[Dealing]]) -> Collected:
    """Check every dealing's shape and proof, and name the transcript.

    Raises:
        CeremonyAborted: not one dealing of every seat, this seat's own altered, or a dealing that fails a check;
            `suspects` names its dealer.
    """
    committee = state.committee
    dealings = _in_order(committee, state.proposal, messages)
    if sha256(messages[state.me - 1].body).digest() != state.own_dealing:
        raise CeremonyAborted("this seat's own dealing was altered")
    if any(dealing.run != state.run for dealing in dealings):
        # Its dealer may be honest: a seat and the relay can show different seats different contributions.
        raise CeremonyAborted("a dealing is of another run; somebody told two stories")
    commitments: dict[int, dict[SignerId, tuple[Point, ...]]] = {t: {} for t in committee.thresholds}
    opens: list[Open] = []
    for dealer, dealing in zip(committee.seats, dealings, strict=True):
        try:
            _require_shape(committee, dealing)
            for key in dealing.keys:
                statement = _statement(committee, state.run, dealer=dealer, threshold=key.threshold)
                commitment = tuple(Point.from_bytes_compressed(point) for point in key.commitment)
                verify_possession(ProofOfPossession.from_bytes(key.proof), commitment[0], statement)
                commitments[key.threshold][dealer] = commitment
                info = _sealing_info(statement, recipient=state.me, commitment=commitment)
                opens.append(
                    Open(dealer=dealer, threshold=key.threshold, ciphertext=key.sealed[state.me - 1], info=info)
                )
        except (EncodingError, FaultySigner) as error:
            raise CeremonyAborted(f"the dealing of seat {dealer}: {error}", suspects=frozenset({dealer})) from None
    bodies = b"".join(sha256(message.body).digest() for message in messages)
    transcript = sha256(b"custody-transcript-v1" + state.proposal + state.run + bodies).digest()
    return Collected(
        committee=committee,
        me=state.me,
        run=state.run,
        transcript=transcript,
        commitments=commitments,
        opens=tuple(opens),
    )


def _require_shape(committee: Committee, dealing: Dealing) -> None:
    if tuple(key.threshold for key in dealing.keys) != committee.thresholds:
        raise EncodingError("not one part for each threshold")
    for key in dealing.keys:
        if len(key.commitment) != key.threshold:
            raise EncodingError(f"{key.threshold} commitments needed, {len(key.commitment)} given")
        if len(key.sealed) != len(committee.hosts):
            raise EncodingError(f"{len(committee.hosts)} sealed shares needed, {len(key.sealed)} given")


def on_opened(state: Collected, opened: Mapping[tuple[SignerId, int], SecretScalar]) -> Endorsed:
    """Check every opened share against its dealer's commitments and add them up.

    Args:
        opened: (dealer, threshold) -> share; one that did not open, or was zero, is missing.
    Raises:
        CeremonyAborted: `suspects` names the first dealer whose share is missing or wrong, or the keys cannot be used.
    """
    shares = []
    for threshold, commitments in state.commitments.items():
        received = []
        for dealer, commitment in commitments.items():
            share = opened.get((dealer, threshold))
            if share is None or share.times_generator() != evaluate_commitment(commitment, state.me):
                reason = f"seat {dealer} dealt seat {state.me} a share that does not fit its commitments"
                raise CeremonyAborted(reason, suspects=frozenset({dealer}))
            received.append(share)
        shares.append(_share_of(state, threshold, list(commitments.values()), received))
    return Endorsed(committee=state.committee, run=state.run, transcript=state.transcript, shares=tuple(shares))


def _share_of(
    state: Collected, threshold: int, commitments: list[tuple[Point, ...]], received: list[SecretScalar]
) -> KeyShare:
    key = group_key(state.committee, threshold, commitments)
    secret = received[0]
    try:
        for share in received[1:]:
            secret = secret.plus(share)
    except ZeroSecret:
        raise CeremonyAborted("the dealt shares cancel; run the ceremony again") from None
    own = KeyShare(signer=state.me, secret=secret, key=key)
    assert own.matches_public_share(), "shares that fit their commitments add up to one that fits the sum"
    return own


def group_key(committee: Committee, threshold: int, commitments: Sequence[tuple[Point, ...]]) -> GroupKey:
    """The public key that all dealers' commitments for one threshold add up to.

    Raises:
        CeremonyAborted: they cancel, or the chain could not verify the key; run the ceremony again (chance 2^-128).
    """
    summed = tuple(sum_points(column) for column in zip(*commitments, strict=True))
    public_shares = {seat: evaluate_commitment(summed, seat) for seat in committee.seats}
    if INFINITY in (summed[0], *public_shares.values()):
        raise CeremonyAborted("the dealings cancel; run the ceremony again")
    key = GroupKey(public=summed[0], threshold=threshold, public_shares=public_shares)
    if not key.is_verifiable_on_chain:
        raise CeremonyAborted("the group key's x is not below the group order; run the ceremony again")
    return key


def on_endorsements(state: Endorsed, messages: Sequence[Authenticated[Endorsement]], *, proposal: bytes) -> Certified:
    """Close the run once every seat signed the same transcript and keys.

    Raises:
        CeremonyAborted: an endorsement is missing or says something else; that proves nobody's fault.
    """
    expected = state.endorsement()
    for seat, endorsement in zip(state.committee.seats, _in_order(state.committee, proposal, messages), strict=True):
        if endorsement != expected:
            # It may be honest: a dealer and the relay can show different seats different dealings.
            raise CeremonyAborted(f"seat {seat} endorsed another transcript; somebody told two stories")
    return Certified(run=state.run, certificate=certificate_hash(expected), shares=state.shares)


def certificate_hash(endorsement: Endorsement) -> bytes:
    """32 bytes, stored on chain beside the keys: what every seat signed, signatures excluded."""
    return sha256(b"custody-certificate-v1" + encode(endorsement)).digest()


M = TypeVar("M", bound=Message)


def _in_order(committee: Committee, execution: bytes, messages: Sequence[Authenticated[M]]) -> list[M]:
    """The messages' bodies if there is exactly one of each seat, in order, to everybody, for this ceremony."""
    authors = [message.author for message in messages]
    hosts: list[HostId] = [host.id for host in committee.hosts]
    if authors != hosts:
        raise CeremonyAborted("a round has exactly one message of every seat, in order of seats")
    if any(message.execution != execution or message.recipient for message in messages):
        raise CeremonyAborted("a round's messages are addressed to everybody in this ceremony")
    return [message.message for message in messages]
