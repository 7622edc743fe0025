"""A node that starts with keys signs after its peers vouched for its memory, and never with an older store."""

import asyncio
import shutil
from dataclasses import replace as replace_fields

import pytest
from msgspec.structs import replace

from custody.coordinator.asking import Refused
from custody.coordinator.waking import wake
from custody.identifiers import SignerId
from custody.policy.reasons import ReasonCode
from custody.ports.ledger import HeldKey
from custody.protocol.messages import Refusal
from custody.protocol.signing_messages import (
    Approval,
    ApprovalRequest,
    Awake,
    BatchRequest,
    MarkQuery,
    OneTripRequest,
    PeerMark,
    Pick,
    ShareRequest,
    StatusRequest,
    WakeRequest,
)
from custody.signer.memory import ADVICE, vouchers_needed
from tests.builders import a_committee, a_key, an_identity, fresh
from tests.signer.scene import HOSTS, a_tenure, codes

ME = SignerId(1)


@pytest.fixture
def restarted(scene):
    """It signed, was stopped and started: everything it knew is still there."""
    assert ME in scene.sign().signers
    scene.custodians[ME].restart()
    return scene


def marks_of(scene, *seats, host=None, challenge=None):
    custodian = scene.custodians[ME]
    query = MarkQuery(host=host or custodian.identity.keys.id, challenge=challenge or custodian.ledger.boot[1])
    return [scene.custodians[SignerId(seat)].ask(query, session=fresh("wake")) for seat in seats]


def woken(scene, marks):
    request = WakeRequest(marks=tuple(mark if isinstance(mark, bytes) else mark.encoded for mark in marks))
    return scene.custodians[ME].ask(request, session=fresh("wake"))


def is_waiting(scene):
    return scene.custodians[ME].ask(StatusRequest(), session=fresh("status")).message.waiting


class TestGivenANodeThatStartsWithKeys:
    def test_when_asked_to_sign_in_any_way_then_it_waits(self, restarted):
        order, holding = restarted.request().order(), restarted.key.holding
        batch = restarted.custodians[2].ask(BatchRequest(holding=holding, count=1), session=fresh("b")).encoded
        approval = (
            restarted.custodians[2].ask(ApprovalRequest(order=order, holding=holding), session=fresh("s")).encoded
        )
        for message in (
            ApprovalRequest(order=order, holding=holding),
            ShareRequest(digest=restarted.request().digest, approvals=(approval,)),
            BatchRequest(holding=holding, count=1),
            OneTripRequest(order=order, holding=holding, picks=(Pick(batch=batch, index=0),)),
        ):
            assert codes(restarted.custodians[ME].ask(message, session=fresh("s"))) == {ReasonCode.WAITING}
        assert is_waiting(restarted)

    def test_when_enough_peers_vouch_then_it_is_awake(self, restarted):
        assert vouchers_needed(restarted.tenure) == 3
        answer = woken(restarted, marks_of(restarted, 2, 3, 4))
        assert answer.message == Awake(boot=2)
        assert not is_waiting(restarted)

    def test_when_a_peer_that_waits_itself_is_asked_then_it_answers_from_its_store(self, restarted):
        for seat in (2, 3, 4, 5):
            restarted.custodians[seat].restart()
        assert isinstance(woken(restarted, marks_of(restarted, 2, 3, 4)).message, Awake)

    @pytest.mark.parametrize("vouching", [(2,), (2, 3), (2, 2, 2), (2, 3, 3)], ids=str)
    def test_when_too_few_vouch_then_it_waits_on(self, restarted, vouching):
        assert codes(woken(restarted, marks_of(restarted, *vouching))) == {ReasonCode.WAITING}
        assert is_waiting(restarted)

    def test_when_marks_are_of_an_earlier_start_of_another_host_or_of_nobody_then_they_do_not_count(self, restarted):
        good = marks_of(restarted, 2, 3)
        earlier = marks_of(restarted, 4, challenge=bytes(16))
        other = marks_of(restarted, 4, host=an_identity(5).keys.id)
        own = marks_of(restarted, 1)
        stranger = [an_identity("stranger").sign(good[0].message, execution=fresh("wake"))]
        garbage = [b"\xc0"]
        another_kind = [restarted.custodians[4].ask(StatusRequest(), session=fresh("wake"))]
        for useless in (earlier, other, own, stranger, garbage, another_kind):
            assert codes(woken(restarted, [*good, *useless])) == {ReasonCode.WAITING}

    def test_when_it_holds_keys_of_another_committee_too_then_each_is_woken_by_its_own_peers(self, restarted):
        custodian = restarted.custodians[ME]
        share = a_key(threshold=5, n=9, label="another committee's")[ME]
        tenure = replace_fields(
            a_tenure(),
            committee=a_committee(9, (5,)),
            root=fresh("other"),
            certificate=fresh("other"),
            keys=(share.key,),
        )
        custodian.desk.load([HeldKey(share=share, tenure=tenure)])
        assert isinstance(woken(restarted, marks_of(restarted, 2, 3, 4)).message, Awake)
        approved, waits = (
            custodian.ask(ApprovalRequest(order=restarted.request().order(), holding=holding), session=fresh(holding))
            for holding in (restarted.key.holding, tenure.holding(share.key))
        )
        assert isinstance(approved.message, Approval)
        assert codes(waits) == {ReasonCode.WAITING}
        assert is_waiting(restarted)

    def test_when_its_store_was_empty_then_it_is_awake(self, scene):
        assert not is_waiting(scene)

    def test_when_it_signed_since_then_what_peers_saw_of_this_start_is_no_rollback(self, restarted):
        """Two orders at once wake a seat at once, and the marks of one may be fetched after the other was signed."""
        assert isinstance(woken(restarted, marks_of(restarted, 2, 3, 4)).message, Awake)
        away = {seat: restarted.transport.handlers.pop(SignerId(seat)) for seat in (4, 5)}
        assert ME in restarted.sign().signers
        restarted.transport.handlers |= away
        seen = marks_of(restarted, 2, 3)
        boots = {HOSTS.authenticate(each.message.seen[0], self.me(restarted)).message.mark.boot for each in seen}
        assert boots == {2}, "they saw this start"
        assert isinstance(woken(restarted, [*seen, *marks_of(restarted, 4)]).message, Awake)
        assert not is_waiting(restarted)

    def me(self, scene):
        keys = scene.custodians[ME].identity.keys
        return {keys.id: keys}

    def test_when_a_coordinator_asks_it_to_sign_then_it_is_woken_by_the_way(self, restarted):
        for seat in (2, 3):
            restarted.custodians[SignerId(seat)].restart()
        signed = restarted.sign()
        assert set(signed.signers) & {1, 2, 3}, "4 and 5 alone are too few"
        assert signed.faulty == {}
        assert {
            each.desk._memory.is_waiting for each in restarted.custodians.values() if each.seat in signed.signers
        } == {False}

    def test_when_everybody_restarted_at_once_then_all_are_woken_and_sign(self, restarted):
        for seat in (2, 3, 4, 5):
            restarted.custodians[SignerId(seat)].restart()
        assert len(restarted.sign().signers) == 3

    def test_when_one_peer_never_answers_then_it_is_not_waited_for(self, restarted):
        async def silent(request, honest):
            await asyncio.Event().wait()

        async def woken_in_time():
            async with asyncio.timeout(30):
                return await wake(restarted.asker, ME, seconds=3_600)

        restarted.put_between(5, silent)
        assert isinstance(asyncio.run(woken_in_time()).message, Awake)

    @pytest.mark.parametrize("slow", [(3, 4, 5), (2, 3, 4, 5)], ids=str)
    def test_when_peers_are_slow_then_they_are_asked_again_with_more_patience(self, restarted, slow, monkeypatch):
        monkeypatch.setattr("custody.coordinator.waking.MARK_SECONDS", 0.05)

        async def late(request, honest):
            await asyncio.sleep(0.2)
            return await honest(request)

        for seat in slow:
            restarted.put_between(seat, late)
        assert isinstance(asyncio.run(wake(restarted.asker, ME)).message, Awake)

    def test_when_too_few_peers_can_be_reached_then_it_is_said_to_wait(self, restarted):
        for seat in (3, 4, 5):
            restarted.transport.handlers.pop(SignerId(seat))
        answer = asyncio.run(wake(restarted.asker, ME))
        assert isinstance(answer, Refused)
        assert answer.codes == {ReasonCode.WAITING}


def rolled_back(scene, *, lists=1):
    """The node starts from a copy of its files that was made before it signed `lists` more times."""
    custodian = scene.custodians[ME]
    custodian.database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    copy = custodian.folder / "copy.sqlite"
    shutil.copyfile(custodian.folder / "node.sqlite", copy)
    for _ in range(lists):
        assert ME in scene.sign().signers
    custodian.stop()
    shutil.move(copy, custodian.folder / "node.sqlite")
    custodian.start()
    return custodian


class TestGivenAStoreThatIsOlderThanWhatPeersSaw:
    @pytest.mark.parametrize("lists", [1, 3])
    def test_when_it_is_woken_then_it_refuses_for_ever_and_says_what_to_do(self, scene, lists):
        scene.sign()
        custodian = rolled_back(scene, lists=lists)
        answer = woken(scene, marks_of(scene, 2, 3, 4, 5))
        assert codes(answer) == {ReasonCode.ROLLED_BACK}
        assert ADVICE in answer.message.reasons[0]
        message = ApprovalRequest(order=scene.request().order(), holding=scene.key.holding)
        assert codes(custodian.ask(message, session=fresh("s"))) == {ReasonCode.ROLLED_BACK}
        unknowing = [mark for mark in marks_of(scene, 2, 3, 4, 5) if not mark.message.seen]
        assert codes(woken(scene, unknowing or marks_of(scene, 5))) == {ReasonCode.ROLLED_BACK}
        assert is_waiting(scene)

    def test_when_it_starts_again_then_it_is_asked_again_and_found_again(self, scene):
        custodian = rolled_back(scene)
        assert codes(woken(scene, marks_of(scene, 2, 3, 4))) == {ReasonCode.ROLLED_BACK}
        custodian.restart()
        assert codes(woken(scene, marks_of(scene, 2, 3, 4))) == {ReasonCode.ROLLED_BACK}

    def test_when_the_coordinator_wakes_it_then_it_is_refused_and_the_others_sign(self, scene):
        rolled_back(scene)
        answer = asyncio.run(wake(scene.asker, ME))
        assert isinstance(answer, Refused)
        assert answer.codes == {ReasonCode.ROLLED_BACK}
        assert ME not in scene.sign().signers

    def test_when_only_one_peer_saw_it_further_then_any_quorum_that_has_it_is_enough(self, scene):
        """n - t + 1 peers always have one of the t - 1 that sat in the list; here all of them do."""
        rolled_back(scene)
        saw = [seat for seat in (2, 3, 4, 5) if marks_of(scene, seat)[0].message.seen]
        assert len(saw) == 2
        for others in ((2, 4, 5), (3, 4, 5), (2, 3, 4)):
            assert set(others) & set(saw)
            assert codes(woken(scene, marks_of(scene, *others))) == {ReasonCode.ROLLED_BACK}


class TestGivenAPeerThatLies:
    def lie(self, scene, seen):
        honest = marks_of(scene, 5)[0]
        return an_identity(5).sign(replace(honest.message, seen=seen), execution=honest.execution)

    def test_when_it_invents_a_mark_then_its_answer_does_not_count_and_the_node_wakes_by_the_others(self, restarted):
        forged = an_identity(5).sign(Refusal(reasons=("x",)), execution=fresh("x"))
        other = restarted.custodians[3].ledger
        theirs = other.furthest_mark(an_identity(2).keys.id)
        for seen in ((forged,), (b"\xc0",), (theirs,)):
            assert codes(woken(restarted, [*marks_of(restarted, 2, 3), self.lie(restarted, seen)])) == {
                ReasonCode.WAITING
            }
        assert isinstance(
            woken(restarted, [*marks_of(restarted, 2, 3, 4), self.lie(restarted, (forged,))]).message, Awake
        )

    def test_when_it_answers_then_what_it_saw_is_signed_by_the_host_it_is_about(self, restarted):
        answer = marks_of(restarted, 2)[0].message
        assert isinstance(answer, PeerMark)
        own = restarted.custodians[ME].identity.keys
        assert HOSTS.authenticate(answer.seen[0], {own.id: own}).author == own.id
