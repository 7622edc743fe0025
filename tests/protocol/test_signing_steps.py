"""The two rounds of signing as pure steps: what makes a list unacceptable, and that it costs no nonce."""

import pytest
from msgspec.structs import replace

from custody.crypto.frost import verify
from custody.errors import FaultyCoordinator, FaultySigner, NonceReused
from custody.identifiers import SessionId, SignerId
from custody.protocol.combining import combine
from custody.protocol.signing import (
    TenuredKey,
    answer,
    list_hash_of,
    listed_approvals,
    listed_picks,
    offer,
    package_of,
)
from custody.protocol.signing_messages import Approval, Mark, NonceBatch
from custody.protocol.tenure import Tenure
from tests.builders import a_committee, a_key, an_approval_of, an_expedite, an_identity, fresh, nonces_of, seats
from tests.signer.scene import HOSTS


def authenticated(message, *, by, execution, recipient=b""):
    """A message as it arrives: signed, carried, and proven to be its author's."""
    return HOSTS.authenticate(by.sign(message, execution=execution, recipient=recipient), {by.keys.id: by.keys})


N, THRESHOLD = 5, 3
SHARES = a_key(threshold=THRESHOLD, n=N)
GROUP = SHARES[SignerId(1)].key
OTHER_GROUP = a_key(threshold=THRESHOLD, n=N, label="another key")[SignerId(1)].key


def tenured(group, generation=0):
    tenure = Tenure(
        committee=a_committee(N, (THRESHOLD, 4)), generation=generation, certificate=fresh("certificate"),
        root=fresh("root"), origin=fresh("origin"), keys=(group,),
    )  # fmt: skip
    return TenuredKey.of(tenure, group)


KEY, OTHER_KEY, NEWER_KEY = tenured(GROUP), tenured(OTHER_GROUP), tenured(GROUP, generation=1)
SESSION = SessionId(fresh("session"))
APPROVED = an_approval_of(an_expedite(threshold=THRESHOLD), GROUP, thresholds=(3, 4))
MARK = Mark(boot=1, boot_random=bytes(16), journal_length=1, journal_head=bytes(32))


class Session:
    """Every seat offered; approvals are kept signed, so that a test can hand on altered lists."""

    def __init__(self):
        self.offered = {
            seat: offer(APPROVED, session=SESSION, share=SHARES[seat], nonces=nonces_of(SHARES[seat]))
            for seat in seats(N)
        }

    def approval(self, seat, *, by=None, execution=SESSION, recipient=b"", **changes):
        said = Approval(
            digest=APPROVED.digest, holding=KEY.holding, commitment=self.offered[seat].commitment_id, mark=MARK,
            batch=0, index=1,
        )  # fmt: skip
        return authenticated(
            replace(said, **changes), by=by or an_identity(seat), execution=execution, recipient=recipient
        )

    def approvals(self, *signers):
        return [self.approval(seat) for seat in signers]

    def package(self, approvals):
        pledges = listed_approvals(approvals, session=SESSION, digest=APPROVED.digest, key=KEY)
        return package_of(pledges, digest=APPROVED.digest, key=KEY)

    def answers_an_honest_list(self, seat=1):
        """Whether the pair is still there: shown by using it."""
        return answer(self.offered[seat], self.package(self.approvals(1, 2, 3))).response(following=b"")

    def batch(self, seat, *, by=None, **changes):
        said = NonceBatch(
            holding=KEY.holding, mark=MARK, batch=1,
            commitments=(nonces_of(SHARES[seat], "unused").commitment.points_bytes(), self.offered[seat].commitment_id),
        )  # fmt: skip
        return authenticated(replace(said, **changes), by=by or an_identity(seat), execution=fresh("batches"))

    def picked(self, picks):
        return package_of(listed_picks(picks, key=KEY), digest=APPROVED.digest, key=KEY)

    def picks(self, *signers):
        return [(self.batch(seat), 1) for seat in signers]


LISTS = {
    "a-stranger": lambda s: [*s.approvals(1, 2), s.approval(3, by=an_identity("stranger"))],
    "another-session": lambda s: [*s.approvals(1, 2), s.approval(3, execution=fresh("another session"))],
    "another-digest": lambda s: [*s.approvals(1, 2), s.approval(3, digest=fresh("another digest"))],
    "another-key": lambda s: [*s.approvals(1, 2), s.approval(3, holding=OTHER_KEY.holding)],
    "another-generation": lambda s: [*s.approvals(1, 2), s.approval(3, holding=NEWER_KEY.holding)],
    "other-holders": lambda s: [*s.approvals(1, 2), s.approval(3, holding=replace(KEY.holding, holders=bytes(32)))],
    "for-one-reader": lambda s: [*s.approvals(1, 2), s.approval(3, recipient=fresh("reader"))],
    "one-of-a-batch": lambda s: [*s.approvals(1, 2), s.approval(3, batch=1)],
    "unsorted": lambda s: s.approvals(1, 3, 2),
    "backwards": lambda s: s.approvals(3, 2, 1),
    "one-seat-twice": lambda s: s.approvals(1, 2, 2),
    "one-seat-twice-among-enough": lambda s: s.approvals(1, 2, 3, 3),
    "too-short": lambda s: s.approvals(1, 2),
    "empty": lambda s: [],
    "a-commitment-that-is-no-point": lambda s: [*s.approvals(1, 2), s.approval(3, commitment=bytes(66))],
    "a-commitment-off-the-curve": lambda s: [
        *s.approvals(1, 2), s.approval(3, commitment=(b"\x02" + (5).to_bytes(32, "big")) * 2)
    ],
    "one-seat-in-the-name-of-another": lambda s: [s.approval(1), s.approval(2), s.approval(3, by=an_identity(2))],
}  # fmt: skip


class TestGivenAListNoHonestCoordinatorSends:
    @pytest.mark.parametrize("fault", LISTS)
    def test_when_the_package_is_built_then_the_coordinator_is_named_and_no_nonce_is_spent(self, fault):
        session = Session()
        with pytest.raises(FaultyCoordinator):
            session.package(LISTS[fault](session))
        assert session.answers_an_honest_list()


PICKS = {
    "a-stranger": lambda s: [*s.picks(1, 2), (s.batch(3, by=an_identity("stranger")), 1)],
    "another-key": lambda s: [*s.picks(1, 2), (s.batch(3, holding=OTHER_KEY.holding), 1)],
    "another-generation": lambda s: [*s.picks(1, 2), (s.batch(3, holding=NEWER_KEY.holding), 1)],
    "no-batch": lambda s: [*s.picks(1, 2), (s.batch(3, batch=0), 1)],
    "beyond-the-batch": lambda s: [*s.picks(1, 2), (s.batch(3), 2)],
    "no-point": lambda s: [*s.picks(1, 2), (s.batch(3, commitments=(bytes(66), bytes(66))), 1)],
    "unsorted": lambda s: s.picks(2, 1, 3),
    "one-seat-twice": lambda s: [*s.picks(1, 2), (s.batch(3), 0), (s.batch(3), 1)],
    "too-short": lambda s: s.picks(1, 2),
    "empty": lambda s: [],
}


class TestGivenPicksNoHonestCoordinatorSends:
    @pytest.mark.parametrize("fault", PICKS)
    def test_when_the_package_is_built_then_the_coordinator_is_named_and_no_nonce_is_spent(self, fault):
        session = Session()
        with pytest.raises(FaultyCoordinator):
            session.picked(PICKS[fault](session))
        assert answer(session.offered[1], session.picked(session.picks(1, 2, 3)))


class TestGivenAPackageThatIsNotTheOneApproved:
    def refused(self, session, package, seat=1):
        with pytest.raises(FaultyCoordinator):
            answer(session.offered[seat], package)
        assert session.answers_an_honest_list(seat)

    @pytest.mark.parametrize("half", ["hiding", "binding", "both", "of-another-seat"])
    def test_when_it_alters_the_own_commitment_then_no_nonce_is_spent(self, half):
        session = Session()
        mine, strange = session.offered[1].commitment_id, nonces_of(SHARES[1], "strange").commitment.points_bytes()
        altered = {
            "hiding": strange[:33] + mine[33:],
            "binding": mine[:33] + strange[33:],
            "both": strange,
            "of-another-seat": session.offered[2].commitment_id,
        }[half]
        self.refused(session, session.package([session.approval(1, commitment=altered), *session.approvals(2, 3)]))

    def test_when_it_leaves_this_seat_out_then_no_nonce_is_spent(self):
        session = Session()
        self.refused(session, session.package(session.approvals(2, 3, 4)))

    def test_when_it_is_of_another_digest_then_no_nonce_is_spent(self):
        session, other = Session(), fresh("another digest")
        approvals = [session.approval(seat, digest=other) for seat in (1, 2, 3)]
        pledges = listed_approvals(approvals, session=SESSION, digest=other, key=KEY)
        package = package_of(pledges, digest=other, key=KEY)
        self.refused(session, package)

    def test_when_it_is_of_another_key_then_no_nonce_is_spent(self):
        session = Session()
        approvals = [session.approval(seat, holding=OTHER_KEY.holding) for seat in (1, 2, 3)]
        pledges = listed_approvals(approvals, session=SESSION, digest=APPROVED.digest, key=OTHER_KEY)
        package = package_of(pledges, digest=APPROVED.digest, key=OTHER_KEY)
        self.refused(session, package)


class TestGivenAnHonestList:
    @pytest.mark.parametrize("signers", [(1, 2, 3), (2, 3, 5), (1, 2, 3, 4), (1, 2, 3, 4, 5)], ids=str)
    def test_when_its_seats_answer_then_the_shares_add_up_to_a_signature(self, signers):
        session = Session()
        package = session.package(session.approvals(*signers))
        responses = {seat: answer(session.offered[seat], package).response(following=b"") for seat in signers}
        assert {response.list_hash for response in responses.values()} == {package.list_hash}
        verify(combine(responses, unneeded, digest=APPROVED.digest, key=GROUP), APPROVED.digest, GROUP.public)

    def test_when_its_hash_is_wanted_before_its_package_then_it_is_the_same(self):
        session = Session()
        pledges = listed_approvals(session.approvals(1, 3, 4), session=SESSION, digest=APPROVED.digest, key=KEY)
        assert list_hash_of(pledges) == package_of(pledges, digest=APPROVED.digest, key=KEY).list_hash

    def test_when_it_is_made_of_picks_then_the_shares_add_up_too(self):
        session = Session()
        package = session.picked(session.picks(2, 3, 5))
        responses = {seat: answer(session.offered[seat], package).response(following=b"") for seat in (2, 3, 5)}
        verify(combine(responses, unneeded, digest=APPROVED.digest, key=GROUP), APPROVED.digest, GROUP.public)

    def test_when_asked_twice_then_the_second_answer_is_refused_for_the_same_and_for_another_list(self):
        session = Session()
        answer(session.offered[1], session.package(session.approvals(1, 2, 3)))
        for signers in ((1, 2, 3), (1, 2, 4)):
            with pytest.raises(NonceReused):
                answer(session.offered[1], session.package(session.approvals(*signers)))

    def test_when_answered_then_the_answer_names_pair_session_digest_and_list(self):
        session = Session()
        package = session.package(session.approvals(1, 2, 3))
        done = answer(session.offered[1], package)
        assert (done.session, done.commitment_id) == (SESSION, session.offered[1].commitment_id)
        assert (done.digest, done.list_hash) == (APPROVED.digest, package.list_hash)
        assert done.group_commitment == package.R.to_bytes_compressed()
        assert done.response(following=b"next").following == b"next"

    def test_when_an_offer_is_printed_then_share_and_nonces_are_hidden(self):
        session = Session()
        hiding, binding = nonces_of(SHARES[1]).spend()
        shown = repr(session.offered[1])
        for secret in (SHARES[1].secret, hiding, binding):
            assert secret.to_secret_bytes().hex() not in shown


class TestGivenAShareOfAnotherKey:
    def test_when_an_offer_is_made_with_it_then_it_is_refused(self):
        other = a_key(threshold=THRESHOLD, n=N, label="another key")[SignerId(1)]
        with pytest.raises(ValueError):
            offer(APPROVED, session=SESSION, share=other, nonces=nonces_of(other))

    def test_when_the_pair_is_of_another_seat_then_it_is_refused(self):
        with pytest.raises(ValueError):
            offer(APPROVED, session=SESSION, share=SHARES[1], nonces=nonces_of(SHARES[2]))


def unneeded():
    raise AssertionError("an honest list's package is not computed by the coordinator")


class TestGivenAnswersOfWhichSomeAreWrong:
    """`combine` names all culprits and nobody else."""

    def answers(self, **changes):
        session = Session()
        package = session.package(session.approvals(1, 2, 3, 4))
        responses = {seat: answer(session.offered[seat], package).response(following=b"") for seat in (1, 2, 3, 4)}
        for name, change in changes.items():
            seat = int(name[-1])
            responses[seat] = replace(responses[seat], **change)
        return responses, lambda: package

    def culprits(self, **changes):
        responses, package = self.answers(**changes)
        with pytest.raises(FaultySigner) as raised:
            combine(responses, package, digest=APPROVED.digest, key=GROUP)
        return raised.value.culprits

    @pytest.mark.parametrize(
        "change",
        [
            {"share": bytes(32)},
            {"share": b"\xff" * 32},
            {"group_commitment": bytes(33)},
            {"group_commitment": GROUP.public.to_bytes_compressed()},
        ],
        ids=["zero", "no-scalar", "no-point", "another-point"],
    )
    @pytest.mark.parametrize("wrong", [(1,), (4,), (2, 3), (1, 2, 3, 4)], ids=str)
    def test_when_added_up_then_exactly_those_are_named(self, change, wrong):
        assert self.culprits(**{f"seat_{seat}": change for seat in wrong}) == set(wrong)

    def test_when_one_states_another_R_and_one_sends_a_bad_share_then_both_are_named(self):
        assert self.culprits(seat_1={"share": bytes(32)}, seat_3={"group_commitment": bytes(33)}) == {1, 3}

    def test_when_one_is_missing_then_it_is_a_wrong_argument(self):
        responses, package = self.answers()
        del responses[2]
        with pytest.raises(ValueError):
            combine(responses, package, digest=APPROVED.digest, key=GROUP)
