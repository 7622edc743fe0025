"""After an error of its own disk a node answers nothing any more: what it could not write down never leaves it."""

import asyncio

import pytest

from custody.protocol.messages import Refusal
from custody.protocol.signing_messages import (
    Approval,
    ApprovalRequest,
    BatchRequest,
    OneTripRequest,
    Pick,
    ShareRequest,
    StatusRequest,
)
from custody.signer import node
from custody.signer.node import REQUEST_BURST, Unanswered
from tests.builders import fresh
from tests.signer.scene import COORDINATOR, finish

SESSION = fresh("session")


def asks(scene):
    """Every request whose answer binds, ready to be sent to seat 1."""
    request, holding = scene.request(), scene.key.holding
    approve = ApprovalRequest(order=request.order(), holding=holding)
    approvals = tuple(scene.custodians[seat].ask(approve, session=SESSION).encoded for seat in (1, 2, 3))
    publish = BatchRequest(holding=holding, count=1)
    batches = [scene.custodians[seat].ask(publish, session=fresh("b")).encoded for seat in (1, 2, 3)]
    picks = tuple(Pick(batch=batch, index=0) for batch in batches)
    return {
        "approval": (approve, fresh("another session")),
        "share": (ShareRequest(digest=request.digest, approvals=approvals), SESSION),
        "batch": (publish, fresh("another batch")),
        "one-trip": (OneTripRequest(order=request.order(), holding=holding, picks=picks), fresh("trip")),
    }


@pytest.mark.parametrize("name", ["approval", "share", "batch", "one-trip"])
class TestGivenADiskThatRefuses:
    def test_when_an_answer_would_bind_then_it_is_not_given_and_the_node_has_stopped(self, scene, name):
        message, session = asks(scene)[name]
        custodian = scene.custodians[1]
        before = custodian.ledger.mark()
        custodian.database.execute("PRAGMA query_only = ON")
        with pytest.raises(Unanswered, match="stopped"):
            custodian.ask(message, session=session)
        custodian.database.execute("PRAGMA query_only = OFF")
        for again in (message, StatusRequest()):
            with pytest.raises(Unanswered, match="stopped"):
                custodian.ask(again, session=session)
        assert custodian.ledger.mark() == before

    def test_when_the_disk_is_well_then_the_same_request_is_answered(self, scene, name):
        message, session = asks(scene)[name]
        answer = scene.custodians[1].ask(message, session=session)
        assert type(answer.message).__name__ != "Refusal"


class TestGivenARequestThatIsNotOfACoordinator:
    def test_when_it_comes_then_it_costs_no_nonce_no_look_at_the_chain_and_no_commit(self, scene):
        custodian = scene.custodians[1]
        message = ApprovalRequest(order=scene.request().order(), holding=scene.key.holding)
        before = custodian.ledger.mark(), custodian.chain.reads
        forged = scene.custodians[2].identity.sign(message, execution=SESSION, recipient=custodian.identity.keys.id)
        with pytest.raises(Unanswered):
            asyncio.run(custodian.handle(forged))
        assert (custodian.ledger.mark(), custodian.chain.reads) == before
        assert isinstance(custodian.ask(message, session=SESSION).message, Approval)

    def test_when_too_many_come_then_the_rest_are_not_answered(self, scene):
        custodian = scene.custodians[1]
        custodian.clock.step = 0.0
        requests = [
            COORDINATOR.sign(StatusRequest(), execution=fresh(number), recipient=custodian.identity.keys.id)
            for number in range(REQUEST_BURST + 1)
        ]
        for request in requests[:-1]:
            finish(custodian.handle(request))
        with pytest.raises(Unanswered, match="too many"):
            finish(custodian.handle(requests[-1]))


class TestGivenACoordinatorThatIsRefusedWithoutEnd:
    def test_when_it_goes_on_then_the_journal_says_how_many_and_stays_short(self, scene, monkeypatch):
        monkeypatch.setattr(node, "REFUSALS_NOTED_AT_ONCE", 5)
        custodian = scene.custodians[1]
        custodian.restart()
        custodian.clock.step = 0.0
        length = custodian.journal.journal_head()[0]

        def refused(number):
            message = ShareRequest(digest=fresh("digest"), approvals=(b"none",) * 3)
            assert isinstance(custodian.ask(message, session=fresh(("refused", number))).message, Refusal)

        for number in range(50):
            refused(number)
        with custodian.journal.commit():
            assert custodian.journal.head_after()[0] == length + 5
        custodian.clock.step = 1.0
        refused(50)
        with custodian.journal.commit():
            pass
        rows = custodian.database.rows("SELECT detail FROM journal ORDER BY sequence DESC LIMIT 2")
        assert rows[1][0].startswith("45 more of coordinator")
