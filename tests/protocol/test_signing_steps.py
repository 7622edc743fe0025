"""The two rounds of signing as pure steps: what makes a list unacceptable, and that it costs no nonce."""

import pytest
from msgspec.structs import replace

from custody.crypto.frost import aggregate, verify
from custody.crypto.scalars import Scalar
from custody.errors import FaultyCoordinator, NonceReused
from custody.identifiers import SessionId, SignerId
from custody.protocol.messages import Approval
from custody.protocol.signing import answer, offer, package_of
from tests.builders import a_committee, a_key, an_approval_of, an_expedite, an_identity, fresh, nonces_of, seats
from tests.protocol.running import authenticated

N, THRESHOLD = 5, 3
COMMITTEE = a_committee(N, (THRESHOLD, 4))
SHARES = a_key(threshold=THRESHOLD, n=N)
KEY = SHARES[SignerId(1)].key
OTHER_KEY = a_key(threshold=THRESHOLD, n=N, label="another key")[SignerId(1)].key
SESSION = SessionId(fresh("session"))
APPROVED = an_approval_of(an_expedite(threshold=THRESHOLD), KEY, thresholds=(3, 4))


class Session:
    """Every seat offered; approvals are kept signed, so that a test can hand on altered lists."""

    def __init__(self):
        self.offered = {
            seat: offer(
                APPROVED,
                session=SESSION,
                share=SHARES[seat],
                hiding_randomness=fresh(("hiding", seat)),
                binding_randomness=fresh(("binding", seat)),
            )
            for seat in seats(N)
        }

    def approval(self, seat, *, by=None, execution=SESSION, **changes):
        said = Approval(
            digest=APPROVED.digest, key=KEY.id, commitment=self.offered[seat].commitment_id, boot=1,
            boot_random=bytes(16), index=1,
        )  # fmt: skip
        return authenticated(replace(said, **changes), by=by or an_identity(seat), execution=execution)

    def approvals(self, *signers):
        return [self.approval(seat) for seat in signers]

    def package(self, approvals):
        return package_of(approvals, session=SESSION, digest=APPROVED.digest, key=KEY, committee=COMMITTEE)

    def answers_an_honest_list(self, seat=1):
        """Whether the pair is still there: shown by using it."""
        return answer(self.offered[seat], self.package(self.approvals(1, 2, 3))).response


LISTS = {
    "a-stranger": lambda s: [*s.approvals(1, 2), s.approval(3, by=an_identity("stranger"))],
    "another-session": lambda s: [*s.approvals(1, 2), s.approval(3, execution=fresh("another session"))],
    "another-digest": lambda s: [*s.approvals(1, 2), s.approval(3, digest=fresh("another digest"))],
    "another-key": lambda s: [*s.approvals(1, 2), s.approval(3, key=OTHER_KEY.id)],
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
        package = package_of(approvals, session=SESSION, digest=other, key=KEY, committee=COMMITTEE)
        self.refused(session, package)

    def test_when_it_is_of_another_key_then_no_nonce_is_spent(self):
        session = Session()
        approvals = [session.approval(seat, key=OTHER_KEY.id) for seat in (1, 2, 3)]
        package = package_of(approvals, session=SESSION, digest=APPROVED.digest, key=OTHER_KEY, committee=COMMITTEE)
        self.refused(session, package)


class TestGivenAnHonestList:
    @pytest.mark.parametrize("signers", [(1, 2, 3), (2, 3, 5), (1, 2, 3, 4), (1, 2, 3, 4, 5)], ids=str)
    def test_when_its_seats_answer_then_the_shares_add_up_to_a_signature(self, signers):
        session = Session()
        package = session.package(session.approvals(*signers))
        answered = {seat: answer(session.offered[seat], package) for seat in signers}
        assert {done.list_hash for done in answered.values()} == {package.list_hash}
        shares = {seat: Scalar.from_bytes_checked(done.response.share) for seat, done in answered.items()}
        verify(aggregate(shares, package), APPROVED.digest, KEY.public)

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
        assert (done.response.digest, done.response.list_hash) == (APPROVED.digest, package.list_hash)

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
            offer(APPROVED, session=SESSION, share=other, hiding_randomness=bytes(32), binding_randomness=bytes(32))
