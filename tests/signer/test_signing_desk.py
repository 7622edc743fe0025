"""What a custodian answers in a session: one pair at a time, each once, and every repeat with the same bytes."""

import asyncio

import pytest
from msgspec.structs import replace

from custody.coordinator.waking import wake
from custody.errors import EncodingError, ProtocolError
from custody.identifiers import SignerId
from custody.policy.reasons import ReasonCode
from custody.protocol.encoding import encode
from custody.protocol.messages import decode_body, decode_envelope
from custody.protocol.signing_messages import (
    Approval,
    ApprovalRequest,
    BatchRequest,
    NonceBatch,
    OneTripRequest,
    Pick,
    ShareRequest,
    ShareResponse,
    Status,
    StatusRequest,
)
from custody.signer.batches import MOST_OUTSTANDING
from custody.signer.judging import slot_of
from custody.signer.sessions import MOST_SESSIONS, SESSION_SECONDS
from tests.builders import CHAIN_ID, VAULT, an_expedite, fresh
from tests.signer.scene import HOSTS, a_tenure, codes, the_key

SESSION = fresh("session")


def body_of(encoded):
    envelope = decode_envelope(encoded)
    return decode_body(envelope.kind, envelope.body)


class Talk:
    """A coordinator's requests to each seat of a scene."""

    def __init__(self, scene):
        self.scene = scene
        self.custodians = scene.custodians

    def request(self, intent=None, threshold=3):
        request = self.scene.request(intent, threshold=threshold)
        return request, ApprovalRequest(order=request.order(), holding=self.scene.tenure.holding(request.key))

    def approve(self, seat=1, *, session=SESSION, intent=None, threshold=3):
        return self.custodians[SignerId(seat)].ask(self.request(intent, threshold)[1], session=session)

    def list_of(self, *seats, session=SESSION):
        return [self.approve(seat, session=session).encoded for seat in seats]

    def share(self, approvals, seat=1, *, session=SESSION):
        digest = self.scene.request().digest
        return self.custodians[SignerId(seat)].ask(
            ShareRequest(digest=digest, approvals=tuple(approvals)), session=session
        )


@pytest.fixture
def talk(scene):
    return Talk(scene)


@pytest.fixture
def wakes(talk):
    """Restart a custodian and have its peers vouch."""

    def restart(custodian):
        custodian.restart()
        assert asyncio.run(wake(talk.scene.asker, custodian.seat)).message.boot == custodian.starts

    return restart


class TestGivenASessionThatWasOpened:
    def test_when_asked_again_then_the_same_approval_comes_without_another_look_at_the_chain(self, talk):
        first = talk.approve()
        reads = talk.custodians[1].chain.reads
        assert talk.approve().encoded == first.encoded
        assert talk.custodians[1].chain.reads == reads

    def test_when_asked_for_another_order_then_it_is_refused(self, talk):
        talk.approve()
        assert codes(talk.approve(intent=an_expedite(threshold=3, nonce=6))) == {ReasonCode.CONFLICT}

    def test_when_its_approval_leaves_then_its_mark_is_what_the_disk_has(self, talk):
        approval = talk.approve().message
        assert approval.mark == talk.custodians[1].ledger.mark()
        assert talk.custodians[1].journal.verify() == approval.mark.journal_length

    def test_when_nobody_comes_for_the_share_then_the_pair_is_forgotten(self, talk):
        approvals = talk.list_of(1, 2, 3)
        talk.custodians[1].clock.seconds += SESSION_SECONDS
        assert codes(talk.share(approvals)) == {ReasonCode.UNKNOWN_SESSION}
        assert isinstance(talk.approve().message, Approval)

    def test_when_too_many_others_are_opened_then_the_oldest_is_forgotten(self, talk):
        approvals = talk.list_of(1, 2, 3)
        talk.custodians[1].clock.step = 0.0025  # nobody is over its rate, and nothing expires
        for number in range(MOST_SESSIONS):
            talk.approve(session=fresh(("other", number)))
        assert codes(talk.share(approvals)) == {ReasonCode.UNKNOWN_SESSION}


class TestGivenAShareThatWasGiven:
    def test_when_the_same_list_comes_again_then_the_same_bytes_come_back(self, talk):
        approvals = talk.list_of(1, 2, 3)
        first = talk.share(approvals)
        assert isinstance(first.message, ShareResponse)
        assert talk.share(approvals).encoded == first.encoded

    def test_when_the_node_restarts_then_the_same_bytes_come_back_and_the_next_pair_is_void(self, talk, wakes):
        approvals = talk.list_of(1, 2, 3)
        first = talk.share(approvals)
        wakes(talk.custodians[1])
        assert talk.share(approvals).encoded == first.encoded
        following = [first.message.following, *approvals[1:]]
        assert codes(talk.share(following)) == {ReasonCode.UNKNOWN_SESSION}

    def test_when_another_list_comes_for_the_pair_then_it_is_refused_before_and_after_a_restart(self, talk, wakes):
        approvals = talk.list_of(1, 2, 3)
        talk.share(approvals)
        other = [*approvals[:2], *talk.list_of(4)]
        assert codes(talk.share(other)) == {ReasonCode.NONCE_SPENT}
        wakes(talk.custodians[1])
        assert codes(talk.share(other)) == {ReasonCode.NONCE_SPENT}

    def test_when_the_next_list_has_the_pair_that_followed_then_it_is_answered_without_round_a(self, talk):
        approvals = talk.list_of(1, 2, 3)
        following = talk.share(approvals).message.following
        reads = talk.custodians[1].chain.reads
        answer = talk.share([following, approvals[1], *talk.list_of(4)])
        assert isinstance(answer.message, ShareResponse)
        assert talk.custodians[1].chain.reads == reads

    def test_when_the_approval_is_asked_again_then_it_is_the_one_that_followed(self, talk):
        following = talk.share(talk.list_of(1, 2, 3)).message.following
        assert talk.approve().encoded == following

    def test_when_the_next_pair_was_offered_then_its_mark_is_of_after_the_share(self, talk):
        following = talk.share(talk.list_of(1, 2, 3)).message.following
        assert body_of(following).mark == talk.custodians[1].ledger.mark()

    def test_when_n_minus_t_plus_1_lists_were_answered_then_no_pair_follows(self, talk):
        own, others = talk.approve().encoded, talk.list_of(2, 3, 4, 5)
        answers = []
        for pair in ((0, 1), (0, 2), (1, 2)):
            answers.append(talk.share([own, *(others[index] for index in pair)]))
            own = answers[-1].message.following
        assert [bool(answer.message.following) for answer in answers] == [True, True, False]

    def test_when_the_same_list_is_asked_for_another_digest_then_it_is_refused(self, talk):
        approvals = talk.list_of(1, 2, 3)
        talk.share(approvals)
        request = ShareRequest(digest=fresh("another"), approvals=tuple(approvals))
        assert codes(talk.custodians[1].ask(request, session=SESSION)) == {ReasonCode.MALFORMED}

    def test_when_it_left_then_the_peers_marks_are_stored_with_it(self, talk):
        approvals = talk.list_of(1, 2, 3)
        talk.share(approvals)
        ledger, committee = talk.custodians[1].ledger, talk.scene.tenure.committee
        assert ledger.furthest_mark(committee.host(SignerId(2)).id) == approvals[1]
        assert ledger.furthest_mark(committee.host(SignerId(3)).id) == approvals[2]
        assert ledger.furthest_mark(committee.host(SignerId(1)).id) is None
        assert ledger.furthest_mark(committee.host(SignerId(4)).id) is None


class TestGivenAnotherDigestForTheSameIntentNonce:
    def other(self):
        return an_expedite(threshold=3, deadline=an_expedite().deadline + 1)

    def test_when_the_first_was_signed_then_it_is_refused_until_that_can_never_count(self, talk):
        request, _ = talk.request()
        talk.share(talk.list_of(1, 2, 3))
        answer = talk.approve(session=fresh("other"), intent=self.other())
        assert codes(answer) == {ReasonCode.NONCE_TAKEN}
        talk.custodians[1].chain.void.add(request.digest)
        assert isinstance(talk.approve(session=fresh("other"), intent=self.other()).message, Approval)

    def test_when_both_were_approved_then_only_the_first_that_is_asked_gets_its_share(self, talk):
        approvals = talk.list_of(1, 2, 3)
        session = fresh("other")
        others = [talk.approve(seat, session=session, intent=self.other()).encoded for seat in (1, 2, 3)]
        assert isinstance(talk.share(approvals).message, ShareResponse)
        request = ShareRequest(digest=talk.scene.request(self.other()).digest, approvals=tuple(others))
        assert codes(talk.custodians[1].ask(request, session=session)) == {ReasonCode.NONCE_TAKEN}

    def test_when_the_first_was_only_approved_and_the_node_restarted_then_it_may_have_been_signed(self, talk, wakes):
        talk.approve()
        wakes(talk.custodians[1])
        answer = talk.approve(session=fresh("other"), intent=self.other())
        assert codes(answer) == {ReasonCode.NONCE_TAKEN}
        assert isinstance(talk.approve(session=fresh("again")).message, Approval)

    def test_when_both_were_approved_and_one_signed_then_after_a_restart_that_one_is_signed_again_and_no_other(
        self, talk, wakes
    ):
        approvals = talk.list_of(1, 2, 3)
        talk.approve(session=fresh("other"), intent=self.other())
        assert isinstance(talk.share(approvals).message, ShareResponse)
        wakes(talk.custodians[1])
        assert isinstance(talk.approve(session=fresh("again")).message, Approval)
        answer = talk.approve(session=fresh("another"), intent=self.other())
        assert codes(answer) == {ReasonCode.NONCE_TAKEN}

    def test_when_the_same_digest_is_asked_with_the_higher_key_then_its_slot_is_no_obstacle(self, talk):
        """The digest names its threshold, so that the policy is what decides about another key."""
        request, message = talk.request()
        talk.share(talk.list_of(1, 2, 3))
        higher = talk.scene.tenure.holding(talk.scene.tenure.keys[1])
        answer = talk.custodians[1].ask(ApprovalRequest(order=message.order, holding=higher), session=fresh("higher"))
        assert codes(answer) == {ReasonCode.WRONG_KEY}
        slot = slot_of(request.intent, CHAIN_ID, VAULT)
        assert {claim.digest for claim in talk.custodians[1].ledger.claims(slot)} == {request.digest}


class TestGivenANewerGeneration:
    def test_when_it_is_in_use_then_the_older_one_is_stale_and_its_pairs_are_void(self, talk):
        approvals = talk.list_of(1, 2, 3)
        custodian = talk.custodians[1]
        custodian.desk.use(custodian.held(generation=1))
        assert codes(talk.approve(session=fresh("other"))) == {ReasonCode.STALE_GENERATION}
        assert codes(talk.share(approvals)) == {ReasonCode.STALE_GENERATION}
        newer = the_key(generation=1)
        message = ApprovalRequest(order=talk.scene.request().order(), holding=newer.holding)
        assert custodian.ask(message, session=fresh("newer")).message.holding == newer.holding

    def test_when_it_comes_then_what_was_open_with_the_older_one_is_closed(self, talk):
        talk.approve()
        custodian = talk.custodians[1]
        custodian.desk.use(custodian.held(generation=1))
        message = ApprovalRequest(order=talk.scene.request().order(), holding=the_key(generation=1).holding)
        assert isinstance(custodian.ask(message, session=SESSION).message, Approval), "no conflict: nothing is open"

    def test_when_an_older_one_comes_then_it_is_not_taken_in(self, talk):
        custodian = talk.custodians[1]
        custodian.desk.use(custodian.held(generation=1))
        custodian.desk.use(custodian.held(generation=0))
        assert {held.tenure.generation for held in custodian.desk.keys} == {1}

    def test_when_it_is_not_in_use_yet_then_it_is_stale_too(self, talk):
        message = ApprovalRequest(order=talk.scene.request().order(), holding=the_key(generation=1).holding)
        assert codes(talk.custodians[1].ask(message, session=SESSION)) == {ReasonCode.STALE_GENERATION}

    def test_when_the_key_is_unknown_then_that_is_what_is_said(self, talk):
        other = the_key(3, (2,)).holding
        message = ApprovalRequest(order=talk.scene.request().order(), holding=other)
        assert codes(talk.custodians[1].ask(message, session=SESSION)) == {ReasonCode.UNKNOWN_KEY}

    def test_when_asked_for_its_status_then_it_says_what_it_holds(self, talk):
        status = talk.custodians[1].ask(StatusRequest(), session=SESSION).message
        assert isinstance(status, Status)
        assert status.holdings == a_tenure().holdings
        assert not status.waiting


class TestGivenBatches:
    def batch(self, talk, seat=1, *, count=3, session="batches"):
        message = BatchRequest(holding=talk.scene.key.holding, count=count)
        return talk.custodians[SignerId(seat)].ask(message, session=fresh(session))

    def trip(self, talk, picks, *, session="trip", intent=None, seat=1):
        _, message = talk.request(intent)
        trip = OneTripRequest(order=message.order, holding=message.holding, picks=tuple(picks))
        return talk.custodians[SignerId(seat)].ask(trip, session=fresh(session))

    def picks(self, talk, index=0):
        return [Pick(batch=self.batch(talk, seat).encoded, index=index) for seat in (1, 2, 3)]

    def test_when_published_then_numbers_ascend_and_the_mark_is_what_the_disk_has(self, talk):
        batches = [self.batch(talk, session=name) for name in ("a", "b", "c")]
        assert [batch.message.batch for batch in batches] == [1, 2, 3]
        assert batches[-1].message.mark == talk.custodians[1].ledger.mark()
        commitments = [point for batch in batches for point in batch.message.commitments]
        assert len(set(commitments)) == 9

    def test_when_the_request_is_repeated_then_the_same_batch_comes_back(self, talk):
        assert self.batch(talk).encoded == self.batch(talk).encoded

    def test_when_more_are_asked_than_may_be_outstanding_then_the_oldest_goes(self, talk):
        first = self.batch(talk, count=2, session="first")
        self.batch(talk, count=MOST_OUTSTANDING - 1, session="second")
        picks = [Pick(batch=first.encoded, index=0), *self.picks(talk)[1:]]
        assert codes(self.trip(talk, picks)) == {ReasonCode.UNKNOWN_SESSION}

    def test_when_picked_then_each_pair_answers_once_and_a_repeat_gets_the_same_bytes(self, talk):
        picks = self.picks(talk)
        first = self.trip(talk, picks)
        assert isinstance(first.message, ShareResponse)
        assert self.trip(talk, picks).encoded == first.encoded
        other = [picks[0], picks[1], Pick(batch=picks[2].batch, index=2)]
        assert codes(self.trip(talk, other, session="another")) == {ReasonCode.NONCE_SPENT}
        assert codes(self.trip(talk, picks, session="another")) == {ReasonCode.NONCE_SPENT}

    def test_when_batches_are_used_up_behind_one_that_is_not_then_they_are_not_kept(self, talk):
        self.batch(talk, count=1, session="left over")
        others = self.picks(talk)[1:]
        for number in range(4):
            used = self.batch(talk, count=1, session=("used up", number))
            picks = [Pick(batch=used.encoded, index=0), *others]
            assert isinstance(self.trip(talk, picks, session=("trip", number)).message, ShareResponse)
        self.batch(talk, count=1, session="the last")
        assert len(talk.custodians[1].desk._batches._batches) == 3, "left over, of `picks`, and the last"

    def test_when_a_seat_publishes_more_than_can_be_asked_then_it_is_read_nowhere(self, talk):
        """Everybody keeps what they proved of batches, so that a long one costs memory at every seat."""
        honest = body_of(self.batch(talk, 2).encoded)
        said = {count: replace(honest, commitments=honest.commitments[:1] * count) for count in (1_000, 1_001)}
        longest = talk.custodians[2].identity.sign(said[1_000], execution=SESSION)
        mine, _, third = self.picks(talk)
        with pytest.raises(EncodingError):
            decode_body("NonceBatch", encode(said[1_001]))
        answer = self.trip(talk, [mine, Pick(batch=longest, index=0), third])
        assert isinstance(answer.message, ShareResponse)

    def test_when_the_policy_says_no_then_the_pair_is_not_spent(self, talk):
        picks = self.picks(talk)
        too_much = an_expedite(threshold=3, amount=10_000_001)
        assert codes(self.trip(talk, picks, session="no", intent=too_much)) == {ReasonCode.AMOUNT_TOO_LARGE}
        assert isinstance(self.trip(talk, picks).message, ShareResponse)

    def test_when_a_share_was_given_in_one_trip_then_the_session_goes_on_with_the_pair_that_follows(self, talk):
        following = self.trip(talk, self.picks(talk), session="trip").message.following
        session = fresh("trip")
        approvals = [following, *talk.list_of(4, 5, session=session)]
        assert isinstance(talk.share(approvals, session=session).message, ShareResponse)

    def test_when_the_node_restarted_then_its_batches_are_void_and_given_shares_are_repeated(self, talk, wakes):
        picks = self.picks(talk)
        given = self.trip(talk, picks)
        wakes(talk.custodians[1])
        assert self.trip(talk, picks).encoded == given.encoded
        unused = [Pick(batch=pick.batch, index=1) for pick in picks]
        assert codes(self.trip(talk, unused, session="later")) == {ReasonCode.UNKNOWN_SESSION}

    def test_when_a_newer_generation_comes_then_its_batches_are_of_another_key(self, talk):
        picks = self.picks(talk)
        custodian = talk.custodians[1]
        custodian.desk.use(custodian.held(generation=1))
        assert codes(self.trip(talk, picks)) == {ReasonCode.STALE_GENERATION}

    def test_when_the_session_was_opened_by_an_approval_then_one_trip_is_refused_in_it(self, talk):
        picks = self.picks(talk)
        talk.approve(session=fresh("trip"))
        assert codes(self.trip(talk, picks)) == {ReasonCode.CONFLICT}

    def test_when_a_batch_is_read_then_both_its_signatures_were_made(self, talk):
        batch = self.batch(talk)
        assert isinstance(batch.message, NonceBatch)
        known = {batch.author: talk.scene.tenure.committee.host(SignerId(1))}
        with pytest.raises(ProtocolError, match="signature"):
            HOSTS.authenticate(batch.encoded[:-1] + bytes([batch.encoded[-1] ^ 1]), known)
