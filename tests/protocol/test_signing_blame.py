"""Evidence of signing: what convinces a stranger who has the tenure, and what must not."""

import pytest
from msgspec.structs import replace

from custody.protocol.encoding import decode_exactly, encode
from custody.protocol.signing import TenuredKey
from custody.protocol.signing_blame import (
    Equivocations,
    SigningEvidence,
    Unproven,
    check_evidence,
    find_equivocation,
    judge_share,
)
from custody.protocol.signing_messages import (
    Approval,
    ApprovalRequest,
    BatchRequest,
    NonceBatch,
    OneTripRequest,
    Pick,
    ShareRequest,
    ShareResponse,
    StatusRequest,
)
from tests.builders import an_expedite, an_identity, fresh
from tests.signer.scene import HOSTS, Scene, a_tenure, the_key

SESSION = fresh("session")
KEY = the_key()


@pytest.fixture(scope="module")
def talk(tmp_path_factory):
    talk = Talk(Scene(tmp_path_factory.mktemp("scene")))
    yield talk
    talk.scene.close()


class Talk:
    """One honest session of seats 1, 2 and 3, and one honest trip of 3, 4 and 5: everything they said."""

    def __init__(self, scene):
        self.scene = scene
        request = scene.request()
        order = request.order()
        asks = ApprovalRequest(order=order, holding=KEY.holding)
        self.approvals = [self.ask(seat, asks) for seat in (1, 2, 3)]
        envelopes = tuple(approval.encoded for approval in self.approvals)
        share = ShareRequest(digest=request.digest, approvals=envelopes)
        self.answers = {seat: self.ask(seat, share) for seat in (1, 2, 3)}
        self.batches = [self.ask(seat, BatchRequest(holding=KEY.holding, count=2)) for seat in (3, 4, 5)]
        picks = tuple(Pick(batch=batch.encoded, index=1) for batch in self.batches)
        trip = OneTripRequest(order=order, holding=KEY.holding, picks=picks)
        self.trips = {seat: self.ask(seat, trip, session=fresh("trip")) for seat in (3, 4, 5)}

    def ask(self, seat, message, *, session=SESSION):
        return self.scene.custodians[seat].ask(message, session=session)

    @property
    def picks(self):
        return [(batch, 1) for batch in self.batches]


def said_by(seat, message, execution=SESSION):
    identity = an_identity(seat)
    return HOSTS.authenticate(identity.sign(message, execution=execution), {identity.keys.id: identity.keys})


def check(evidence, tenure=None):
    known = {host.id: host for host in KEY.committee.hosts}
    return check_evidence(
        evidence, tenure=tenure or KEY.tenure, authenticate=lambda encoded: HOSTS.authenticate(encoded, known)
    )


def share_evidence(talk, said, /, **changes):
    fields = {
        "kind": "share", "accused": said.author, "key": KEY.key.id,
        "listed": tuple(approval.encoded for approval in talk.approvals), "indices": (), "said": (said.encoded,),
    }  # fmt: skip
    return SigningEvidence(**(fields | changes))


class TestGivenHonestAnswers:
    @pytest.mark.parametrize("seat", [1, 2, 3])
    def test_when_judged_by_their_list_then_they_are_as_they_must_be(self, talk, seat):
        assert judge_share(talk.approvals, talk.answers[seat], key=KEY) is None

    @pytest.mark.parametrize("seat", [3, 4, 5])
    def test_when_judged_by_their_picks_then_they_are_as_they_must_be(self, talk, seat):
        assert judge_share(talk.picks, talk.trips[seat], key=KEY) is None

    def test_when_somebody_makes_evidence_of_them_then_it_proves_nothing(self, talk):
        """Every honest answer with every list that honest messages and a colluding seat 2 make."""
        mark = talk.approvals[1].message
        other = said_by(2, replace(mark, commitment=talk.batches[1].message.commitments[0]))
        digest = said_by(2, replace(mark, digest=fresh("another digest")))
        key = said_by(2, replace(mark, holding=KEY.tenure.holding(KEY.tenure.keys[1])))
        first, _, third = talk.approvals
        lists = [
            [first, other, third], [first, digest, third], [first, key, third], [first, third], [third, first],
            [first, first, third], [], talk.picks, talk.picks[:2], [*talk.picks, *talk.picks],
            [first, *talk.picks[1:]], talk.approvals[::-1],
        ]  # fmt: skip
        for listed in lists:
            for seat in (1, 3):
                with pytest.raises(Unproven):
                    judge_share(listed, talk.answers[seat], key=KEY)

    def test_when_judged_under_another_key_or_generation_then_it_proves_nothing(self, talk):
        tenure = KEY.tenure
        for key in (TenuredKey.of(tenure, tenure.keys[1]), the_key(generation=1)):
            with pytest.raises(Unproven):
                judge_share(talk.approvals, talk.answers[1], key=key)

    def test_when_laid_side_by_side_then_nobody_said_two_things(self, talk):
        following = [
            HOSTS.authenticate(answer.message.following, {host.id: host for host in KEY.committee.hosts})
            for answer in [*talk.answers.values(), *talk.trips.values()]
        ]
        everything = [*talk.approvals, *talk.answers.values(), *talk.batches, *talk.trips.values(), *following]
        assert all(isinstance(message.message, Approval) for message in following)
        assert find_equivocation([*everything, *everything]) is None


WRONG = {"share": bytes(32), "group_commitment": KEY.key.id, "digest": fresh("another digest")}


class TestGivenAShareThatIsWrong:
    @pytest.mark.parametrize("field", WRONG)
    def test_when_judged_then_its_author_is_the_culprit(self, talk, field):
        wrong = said_by(2, replace(talk.answers[2].message, **{field: WRONG[field]}))
        culprit = judge_share(talk.approvals, wrong, key=KEY)
        assert (culprit.seat, culprit.host) == (2, an_identity(2).keys.id)

    @pytest.mark.parametrize("field", ["share", "group_commitment"])
    def test_when_it_was_made_in_one_trip_then_too(self, talk, field):
        wrong = said_by(4, replace(talk.trips[4].message, **{field: WRONG[field]}), fresh("trip"))
        assert judge_share(talk.picks, wrong, key=KEY).seat == 4

    def test_when_another_signs_it_then_that_one_is_the_culprit(self, talk):
        """Seat 1 cannot make seat 2 guilty by saying what it said."""
        wrong = said_by(1, talk.answers[2].message)
        assert judge_share(talk.approvals, wrong, key=KEY).seat == 1

    def test_when_it_names_another_list_or_session_then_it_proves_nothing(self, talk):
        message = replace(talk.answers[2].message, share=bytes(32))
        elsewhere = said_by(2, message, fresh("another session"))
        other_list = said_by(2, replace(message, list_hash=fresh("another list")))
        for wrong in (elsewhere, other_list, said_by(5, message)):
            with pytest.raises(Unproven):
                judge_share(talk.approvals, wrong, key=KEY)


class TestGivenEvidenceInAFile:
    def wrong(self, talk, seat=2):
        return said_by(seat, replace(talk.answers[seat].message, share=bytes(32)))

    def test_when_read_and_checked_with_the_tenure_alone_then_it_names_the_seat(self, talk):
        evidence = share_evidence(talk, self.wrong(talk))
        assert check(decode_exactly(SigningEvidence, encode(evidence))).seat == 2

    def test_when_it_is_of_a_trip_then_it_has_the_batches_and_their_indices(self, talk):
        wrong = said_by(4, replace(talk.trips[4].message, share=bytes(32)), fresh("trip"))
        listed = tuple(batch.encoded for batch in talk.batches)
        assert check(share_evidence(talk, wrong, listed=listed, indices=(1, 1, 1))).seat == 4
        for indices in ((), (1, 1), (0, 1, 1), (1, 1, 2)):
            with pytest.raises(Unproven):
                check(share_evidence(talk, wrong, listed=listed, indices=indices))

    @pytest.mark.parametrize(
        "changes",
        [
            {"accused": an_identity(1).keys.id}, {"key": the_key(3, (2,)).key.id}, {"listed": ()},
            {"indices": (0, 0, 0)}, {"said": (b"\xc0",)}, {"kind": "equivocation"}, {"listed": (b"\xc0",)},
        ],
        ids=str,
    )  # fmt: skip
    def test_when_anything_of_it_is_altered_then_it_proves_nothing(self, talk, changes):
        with pytest.raises(Unproven):
            check(share_evidence(talk, self.wrong(talk), **changes))

    def test_when_the_answer_was_honest_then_it_proves_nothing(self, talk):
        with pytest.raises(Unproven):
            check(share_evidence(talk, talk.answers[2]))

    def test_when_a_signature_is_changed_then_it_proves_nothing(self, talk):
        encoded = self.wrong(talk).encoded
        with pytest.raises(Unproven):
            check(share_evidence(talk, self.wrong(talk), said=(encoded[:-1] + bytes([encoded[-1] ^ 1]),)))

    def test_when_the_tenure_is_of_another_generation_then_it_proves_nothing(self, talk):
        with pytest.raises(Unproven):
            check(share_evidence(talk, self.wrong(talk)), tenure=a_tenure(generation=1))


class TestGivenTwoMessagesInOnePlace:
    def two(self, message, execution=SESSION, **changes):
        return said_by(2, message, execution), said_by(2, replace(message, **changes), execution)

    def cases(self, talk):
        approval, answer, batch = talk.approvals[1].message, talk.answers[2].message, talk.batches[1].message
        return [
            self.two(approval, commitment=bytes(66)), self.two(approval, digest=fresh("another")),
            self.two(answer, share=bytes(32)), self.two(answer, following=b""),
            self.two(batch, commitments=batch.commitments[:1]), self.two(batch, commitments=()),
        ]  # fmt: skip

    def test_when_their_bodies_differ_then_it_is_found_and_proves_it(self, talk):
        for one, other in self.cases(talk):
            assert find_equivocation([*talk.approvals[2:], one, *talk.batches, other]) == (one, other)
            evidence = share_evidence(talk, one, kind="equivocation", listed=(), said=(one.encoded, other.encoded))
            assert check(evidence).seat == 2

    def test_when_more_was_said_than_is_remembered_then_the_oldest_is_forgotten_and_the_rest_is_not(self, talk):
        batch = talk.batches[1].message
        seen = Equivocations(most=3)
        for number in range(5):
            assert seen.add(said_by(2, replace(batch, batch=number))) is None
        assert len(seen._seen) == 3
        assert seen.add(said_by(2, replace(batch, batch=1, commitments=()))) is None
        assert seen.add(said_by(2, replace(batch, batch=4, commitments=()))).message.batch == 4

    def test_when_one_approval_was_said_in_two_sessions_then_it_is_one_body(self, talk):
        message = talk.approvals[1].message
        assert find_equivocation([said_by(2, message), said_by(2, message, fresh("elsewhere"))]) is None

    @pytest.mark.parametrize("field", ["index", "batch", "boot", "start", "generation", "key"])
    def test_when_the_place_is_another_then_it_is_none(self, talk, field):
        message = talk.approvals[1].message
        other = {
            "index": lambda: replace(message, index=10**6),
            "batch": lambda: replace(message, batch=7),
            "boot": lambda: replace(message, mark=replace(message.mark, boot=9)),
            "start": lambda: replace(message, mark=replace(message.mark, boot_random=bytes(16)), commitment=bytes(66)),
            "generation": lambda: replace(message, holding=replace(message.holding, generation=9)),
            "key": lambda: replace(message, holding=replace(message.holding, key=bytes(33))),
        }[field]()
        assert find_equivocation([said_by(2, message), said_by(2, other)]) is None

    def test_when_two_authors_said_them_or_they_bind_nothing_then_it_is_none(self, talk):
        message = talk.approvals[1].message
        assert find_equivocation([said_by(2, message), said_by(3, replace(message, commitment=bytes(66)))]) is None
        assert (
            find_equivocation([said_by(2, StatusRequest()), said_by(2, BatchRequest(holding=KEY.holding, count=1))])
            is None
        )

    def test_when_they_are_of_two_kinds_then_it_is_none(self, talk):
        assert isinstance(talk.batches[0].message, NonceBatch)
        assert isinstance(talk.answers[3].message, ShareResponse)
        assert find_equivocation([talk.batches[0], talk.answers[3], talk.approvals[2]]) is None

    def test_when_an_intent_is_signed_for_again_then_it_is_none(self, talk):
        request = talk.scene.request(an_expedite(threshold=3, nonce=8))
        asks = ApprovalRequest(order=request.order(), holding=KEY.holding)
        again = [talk.ask(2, asks, session=fresh(name)) for name in ("one", "two")]
        assert find_equivocation([*talk.approvals, *again]) is None
