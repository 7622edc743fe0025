"""A coordinator with an allowed key that asks for what it must not have, and strangers without one: no share leaves."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from custody.chain.authority import Authority, Criterion
from custody.chain.node_reader import NodeReader
from custody.chain.rpc import Rpc
from custody.coordinator import SigningCoordinator, SigningRequest
from custody.coordinator.asking import Refused, Silent
from custody.errors import NotEnoughSigners, Reverted, TransportError
from custody.host import HostIdentity
from custody.identifiers import BlockHash, SignerId
from custody.intents.classes import ActionClass
from custody.intents.codec import Intent
from custody.intents.expedite import Expedite
from custody.intents.rotation import Heartbeat
from custody.policy.facts import AcceptanceState, HeartbeatFacts
from custody.policy.reasons import ReasonCode
from custody.protocol.signing_messages import (
    Approval,
    ApprovalRequest,
    Awake,
    BatchRequest,
    MarkQuery,
    NonceBatch,
    PeerMark,
    ShareRequest,
    ShareResponse,
    Status,
    StatusRequest,
    WakeRequest,
)
from custody.units import DAY, HOUR, USDC, MicroUsdc, Ppm
from custody.wiring.heartbeats import Heartbeats, draft_heartbeat
from custody.wiring.payouts import draft_expedite
from custody.wiring.stage import Stage
from tests.wiring.conftest import Run, owners, wake_up

SEAT = SignerId(2)


@pytest.fixture(scope="module")
def intent(stage: Stage) -> Expedite:
    """A good intent for an open request, which each test spoils in one place."""
    release_id = stage.vault.request_release(owners(stage)[0], MicroUsdc(100 * USDC))
    return draft_expedite(stage.vault, stage.client, release_id)


def order_of(stage: Stage, intent: Intent, **changes: Any) -> SigningRequest:
    order = SigningRequest(
        intent=intent,
        chain_id=stage.client.chain_id(),
        contract=stage.vault.deployment.vault,
        tenure=stage.ceremony.tenure,
        key=changes.pop("key", None) or stage.ceremony.tenure.by_threshold[intent.threshold],
        newest_block=lambda: stage.client.head()[1],
    )
    return replace(order, **changes)


def approval_request(order: SigningRequest) -> ApprovalRequest:
    """Round A of an order, as a coordinator asks every seat."""
    return ApprovalRequest(order=order.order(), holding=order.tenure.holding(order.key))


def ask(
    stage: Stage, run: Run[Any], message: Any, kind: Any, *, seat: SignerId = SEAT, session: bytes | None = None
) -> Any:
    execution = session or secrets.token_bytes(32)
    return run(stage.asker().ask(seat, message, kind, execution=execution, seconds=10))


def restart(stage: Stage) -> None:
    custodian = stage.custodians[SEAT - 1]
    custodian.kill()
    custodian.start(stage.children)
    custodian.await_ready()


def refusal_codes(answer: Any) -> set[str]:
    assert isinstance(answer, Refused), answer
    return {part.split(":")[0] for part in answer.why.split("; ")}


class TestGivenAnIntentSpoiledInOnePlace:
    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"epoch": 2}, ReasonCode.WRONG_EPOCH),
            ({"action_class": ActionClass.A}, ReasonCode.WRONG_CLASS),
            ({"action_class": ActionClass.D}, ReasonCode.WRONG_CLASS),
            ({"action_class": ActionClass.B2}, ReasonCode.THRESHOLD_TOO_LOW),
            ({"deadline": 1}, ReasonCode.DEADLINE_PASSED),
            ({"deadline": 2**40}, ReasonCode.DEADLINE_TOO_FAR),
            ({"amount": MicroUsdc(101 * USDC)}, ReasonCode.REQUEST_DIFFERS),
            ({"to": bytes([7]) * 20}, ReasonCode.REQUEST_DIFFERS),
            ({"owner": bytes([7]) * 20}, ReasonCode.REQUEST_DIFFERS),
            ({"release_id": 10**9}, ReasonCode.NO_SUCH_REQUEST),
            ({"amount": MicroUsdc(100_001 * USDC)}, ReasonCode.AMOUNT_TOO_LARGE),
        ],
    )
    def test_when_approval_is_asked_then_it_is_refused_by_that_name(
        self, everybody_alive: Stage, run: Run[Any], intent: Expedite, changes: dict[str, Any], code: ReasonCode
    ) -> None:
        spoiled = replace(intent, **changes)
        answer = ask(everybody_alive, run, approval_request(order_of(everybody_alive, spoiled)), Approval)
        assert code in refusal_codes(answer)

    def test_when_it_names_the_key_of_another_threshold_then_it_is_refused(
        self, everybody_alive: Stage, run: Run[Any], intent: Expedite
    ) -> None:
        order = order_of(everybody_alive, intent, key=everybody_alive.ceremony.tenure.by_threshold[4])
        assert ReasonCode.WRONG_KEY in refusal_codes(ask(everybody_alive, run, approval_request(order), Approval))

    def test_when_it_is_for_another_chain_then_it_is_refused(
        self, everybody_alive: Stage, run: Run[Any], intent: Expedite
    ) -> None:
        order = order_of(everybody_alive, intent, chain_id=1)
        assert refusal_codes(ask(everybody_alive, run, approval_request(order), Approval)) == {
            ReasonCode.NO_RULE_ALLOWS
        }

    def test_when_it_is_for_another_contract_then_it_is_refused(
        self, everybody_alive: Stage, run: Run[Any], intent: Expedite
    ) -> None:
        order = order_of(everybody_alive, intent, contract=everybody_alive.vault.deployment.token)
        assert isinstance(ask(everybody_alive, run, approval_request(order), Approval), Refused)

    def test_when_the_block_is_unknown_then_it_is_refused_as_stale(
        self, everybody_alive: Stage, run: Run[Any], intent: Expedite
    ) -> None:
        order = order_of(everybody_alive, intent, newest_block=lambda: BlockHash(bytes(32)))
        codes = refusal_codes(ask(everybody_alive, run, approval_request(order), Approval))
        assert codes & {ReasonCode.STALE_READ, ReasonCode.CHAIN_UNAVAILABLE}

    def test_when_the_block_is_four_behind_then_it_is_refused_as_stale(
        self, everybody_alive: Stage, run: Run[Any], intent: Expedite
    ) -> None:
        request = approval_request(order_of(everybody_alive, intent))
        for _ in range(4):
            everybody_alive.client.advance(1)
        assert refusal_codes(ask(everybody_alive, run, request, Approval)) == {ReasonCode.STALE_READ}

    def test_when_the_intent_is_not_words_then_it_is_refused_as_malformed(
        self, everybody_alive: Stage, run: Run[Any], intent: Expedite
    ) -> None:
        request = approval_request(order_of(everybody_alive, intent))
        for name, encoded in (("Expedite", request.order.intent[:-1]), ("Steal", request.order.intent)):
            order = msgspec.structs.replace(request.order, intent_type=name, intent=encoded)
            message = ApprovalRequest(order=order, holding=request.holding)
            assert refusal_codes(ask(everybody_alive, run, message, Approval)) == {ReasonCode.MALFORMED}


class TestGivenApprovalsOfThree:
    @pytest.fixture
    def session(self) -> bytes:
        return secrets.token_bytes(32)

    @pytest.fixture
    def approvals(self, everybody_alive: Stage, run: Run[Any], intent: Expedite, session: bytes) -> list[Any]:
        request = approval_request(order_of(everybody_alive, intent))
        return [ask(everybody_alive, run, request, Approval, seat=SignerId(s), session=session) for s in (1, 2, 3)]

    def share(self, stage: Stage, run: Run[Any], session: bytes, digest: bytes, approvals: list[Any]) -> Any:
        request = ShareRequest(digest=digest, approvals=tuple(a.encoded for a in approvals))
        return ask(stage, run, request, ShareResponse, session=session)

    def test_when_the_list_is_spoiled_then_no_share_leaves_and_the_good_list_still_gets_one(
        self, everybody_alive: Stage, run: Run[Any], intent: Expedite, session: bytes, approvals: list[Any]
    ) -> None:
        stage, digest = everybody_alive, approvals[0].message.digest
        other = ask(
            stage,
            run,
            approval_request(order_of(stage, intent)),
            Approval,
            seat=SignerId(3),
            session=secrets.token_bytes(32),
        )
        stranger = HostIdentity(secrets.token_bytes(32))
        forged = stranger.sign(approvals[2].message, execution=session)
        for spoiled in (
            approvals[:2],  # too short
            approvals[::-1],  # unsorted
            [*approvals, approvals[2]],  # repeated
            [approvals[0], approvals[1], other],  # of another session
            [approvals[0], approvals[2]],  # without its own
            [approvals[0], approvals[1], replace(approvals[2], encoded=forged)],  # a stranger's
        ):
            assert isinstance(self.share(stage, run, session, digest, spoiled), Refused)
        assert isinstance(self.share(stage, run, session, bytes(32), approvals), Refused)
        good = self.share(stage, run, session, digest, approvals)
        assert isinstance(good.message, ShareResponse)

    def test_when_the_same_list_comes_again_then_the_same_bytes_come_back_and_another_list_gets_nothing(
        self, everybody_alive: Stage, run: Run[Any], intent: Expedite, session: bytes, approvals: list[Any]
    ) -> None:
        stage, digest = everybody_alive, approvals[0].message.digest
        first = self.share(stage, run, session, digest, approvals)
        again = self.share(stage, run, session, digest, approvals)
        assert again.encoded == first.encoded
        request = approval_request(order_of(stage, intent))
        fourth = ask(stage, run, request, Approval, seat=SignerId(4), session=session)
        another = self.share(stage, run, session, digest, [approvals[0], approvals[1], fourth])
        assert refusal_codes(another) == {ReasonCode.NONCE_SPENT}

    def test_when_the_node_restarts_then_it_gives_nothing_until_its_peers_vouch_for_its_memory(
        self, everybody_alive: Stage, run: Run[Any], intent: Expedite, session: bytes, approvals: list[Any]
    ) -> None:
        stage, digest = everybody_alive, approvals[0].message.digest
        self.share(stage, run, session, digest, approvals)
        restart(stage)
        assert ask(stage, run, StatusRequest(), Status).message.waiting
        request = approval_request(order_of(stage, intent))
        for answer in (
            self.share(stage, run, session, digest, approvals),
            ask(stage, run, request, Approval, session=secrets.token_bytes(32)),
            ask(stage, run, BatchRequest(holding=request.holding, count=4), NonceBatch),
        ):
            assert refusal_codes(answer) == {ReasonCode.WAITING}

    def test_when_the_relay_forges_or_withholds_what_peers_say_then_a_restarted_node_goes_on_waiting(
        self, everybody_alive: Stage, run: Run[Any]
    ) -> None:
        stage = everybody_alive
        restart(stage)
        challenge = ask(stage, run, StatusRequest(), Status).message.mark.boot_random
        query = MarkQuery(host=stage.committee.host(SEAT).id, challenge=challenge)
        stale = MarkQuery(host=stage.committee.host(SEAT).id, challenge=bytes(16))
        marks = [ask(stage, run, query, PeerMark, seat=SignerId(seat)).encoded for seat in (1, 3, 4, 5)]
        of_another_boot = [ask(stage, run, stale, PeerMark, seat=SignerId(seat)).encoded for seat in (1, 3, 4, 5)]
        stranger = HostIdentity(secrets.token_bytes(32))
        message = PeerMark(host=stage.committee.host(SEAT).id, challenge=challenge, seen=())
        forged = [stranger.sign(message, execution=bytes(32)) for _ in range(4)]
        for spoiled in (marks[:2], [marks[0]] * 4, of_another_boot, forged, [*marks[:2], *forged]):
            answer = ask(stage, run, WakeRequest(marks=tuple(spoiled)), Awake)
            assert refusal_codes(answer) == {ReasonCode.WAITING}
        assert isinstance(ask(stage, run, WakeRequest(marks=tuple(marks[:3])), Awake).message, Awake)
        assert not ask(stage, run, StatusRequest(), Status).message.waiting

    def test_when_the_node_restarts_then_a_given_share_is_repeated_and_a_promised_one_is_void(
        self, everybody_alive: Stage, run: Run[Any], intent: Expedite, session: bytes, approvals: list[Any]
    ) -> None:
        stage, digest = everybody_alive, approvals[0].message.digest
        given = self.share(stage, run, session, digest, approvals)
        promised_session = secrets.token_bytes(32)
        request = approval_request(order_of(stage, intent))
        promised = [ask(stage, run, request, Approval, seat=SignerId(s), session=promised_session) for s in (1, 2, 3)]
        restart(stage)
        run(wake_up(stage, SEAT))
        repeated = self.share(stage, run, session, digest, approvals)
        assert not isinstance(repeated, Refused | Silent), repeated.why
        assert repeated.encoded == given.encoded
        void = self.share(stage, run, promised_session, digest, promised)
        assert refusal_codes(void) == {ReasonCode.UNKNOWN_SESSION}

    def test_when_another_digest_takes_the_same_intent_nonce_then_it_is_refused_until_the_first_can_never_count(
        self, everybody_alive: Stage, run: Run[Any], intent: Expedite, session: bytes, approvals: list[Any]
    ) -> None:
        stage, digest = everybody_alive, approvals[0].message.digest
        self.share(stage, run, session, digest, approvals)
        other = replace(intent, deadline=intent.deadline + 1)
        answer = ask(stage, run, approval_request(order_of(stage, other)), Approval)
        assert refusal_codes(answer) == {ReasonCode.NONCE_TAKEN}
        stage.client.advance(2 * HOUR)
        late = replace(intent, deadline=stage.client.head()[2] + HOUR)
        answer = ask(stage, run, approval_request(order_of(stage, late)), Approval)
        assert refusal_codes(answer) == {ReasonCode.NONCE_TAKEN}, "past its deadline, but not at final depth"
        for _ in range(13):
            stage.client.advance(1)
        assert isinstance(ask(stage, run, approval_request(order_of(stage, late)), Approval).message, Approval)
        stage.client.advance(DAY)


class TestGivenARequestThatIsNotOfTheAllowedCoordinator:
    def test_when_it_is_signed_by_a_stranger_then_it_is_not_answered(
        self, everybody_alive: Stage, run: Run[Any]
    ) -> None:
        stage = everybody_alive
        host = stage.committee.host(SEAT)
        stranger = HostIdentity(secrets.token_bytes(32), sits=False)
        request = stranger.sign(StatusRequest(), execution=bytes(32), recipient=host.id)
        with pytest.raises(TransportError, match="the author is nobody we know"):
            run(stage.transport.ask(SEAT, request))

    def test_when_it_is_for_another_host_then_it_is_not_answered(self, everybody_alive: Stage, run: Run[Any]) -> None:
        stage = everybody_alive
        other = stage.committee.host(SignerId(1))
        request = stage.coordinator.sign(StatusRequest(), execution=bytes(32), recipient=other.id)
        with pytest.raises(TransportError, match="for another host"):
            run(stage.transport.ask(SEAT, request))

    def test_when_it_is_noise_or_too_long_then_the_node_lives_on(self, everybody_alive: Stage, run: Run[Any]) -> None:
        stage = everybody_alive
        for noise in (b"", b"\x00", b"\xff" * 1_000, secrets.token_bytes(5_000), b"\x98" * 5 * 1024 * 1024):
            with pytest.raises(TransportError):
                run(stage.transport.ask(SEAT, noise))
        answer = ask(stage, run, StatusRequest(), Status)
        assert not isinstance(answer, Silent)
        assert len(answer.message.holdings) == 2


class TestGivenHeartbeats:
    """The custodians' sign of life, which must not be had for later."""

    @pytest.fixture
    def authority(self, everybody_alive: Stage) -> Authority:
        return Authority(everybody_alive.client, everybody_alive.vault.deployment.authority)

    @pytest.fixture
    def heartbeats(self, everybody_alive: Stage, authority: Authority) -> Heartbeats:
        return Heartbeats(
            authority=authority,
            client=everybody_alive.client,
            coordinator=SigningCoordinator(everybody_alive.asker()),
            tenure=everybody_alive.ceremony.tenure,
        )

    def latest(self, stage: Stage, authority: Authority, ahead: int = HOUR) -> Heartbeat:
        """As late a deadline as this."""
        return replace(draft_heartbeat(authority, stage.client), deadline=stage.client.head()[2] + ahead)

    def test_when_four_sign_one_then_the_chain_hears_it_once_and_nobody_signs_it_again(
        self, everybody_alive: Stage, run: Run[Any], authority: Authority, heartbeats: Heartbeats
    ) -> None:
        stage, anybody = everybody_alive, everybody_alive.client.accounts()[9]
        stage.client.advance(15 * DAY)
        assert authority.pulse().silent
        intent = draft_heartbeat(authority, stage.client)
        signed = run(heartbeats.sign(intent))
        assert len(signed.signers) == 4
        assert signed.digest == authority.digest_of(intent)
        mined = authority.heartbeat(intent, signed.signature, sender=anybody)
        pulse = authority.pulse()
        assert pulse.last_heard == mined.timestamp
        assert (pulse.silent, pulse.is_due) == (False, False)
        assert (pulse.due_at, pulse.silent_after) == (mined.timestamp + 7 * DAY, mined.timestamp + 14 * DAY)
        with pytest.raises(Reverted, match="DigestUsed"):
            authority.heartbeat(intent, signed.signature, sender=anybody)
        with pytest.raises(NotEnoughSigners) as caught:
            run(heartbeats.sign(intent))
        assert len(caught.value.refused) == 5
        assert all(why.startswith(ReasonCode.ALREADY_USED) for why in caught.value.refused.values())

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"epoch": 2}, ReasonCode.WRONG_EPOCH),
            ({"action_class": ActionClass.D}, ReasonCode.WRONG_CLASS),
            ({"threshold": 3}, ReasonCode.THRESHOLD_TOO_LOW),
            ({"threshold": 5}, ReasonCode.WRONG_KEY),
            ({"deadline": 1}, ReasonCode.DEADLINE_PASSED),
        ],
    )
    def test_when_it_is_spoiled_in_one_place_then_it_is_refused_by_that_name(
        self, everybody_alive: Stage, run: Run[Any], authority: Authority, changes: dict[str, Any], code: ReasonCode
    ) -> None:
        stage = everybody_alive
        spoiled = replace(draft_heartbeat(authority, stage.client), **changes)
        key = stage.ceremony.tenure.by_threshold[3 if spoiled.threshold == 3 else 4]
        order = order_of(stage, spoiled, contract=authority.address, key=key)
        assert refusal_codes(ask(stage, run, approval_request(order), Approval)) == {code}

    def test_when_many_are_asked_for_ahead_of_time_then_none_counts_an_hour_later(
        self, everybody_alive: Stage, run: Run[Any], authority: Authority, heartbeats: Heartbeats
    ) -> None:
        stage = everybody_alive
        for ahead in (HOUR + 1, DAY, 7 * DAY):
            with pytest.raises(NotEnoughSigners) as caught:
                run(heartbeats.sign(self.latest(stage, authority, ahead)))
            assert len(caught.value.refused) == 5
            assert all(why.startswith(ReasonCode.DEADLINE_TOO_FAR) for why in caught.value.refused.values())
        hoard = [run(heartbeats.sign(self.latest(stage, authority))) for _ in range(3)]
        before = authority.pulse().last_heard
        stage.client.advance(HOUR + 1)
        for signed in hoard:
            with pytest.raises(Reverted, match="DeadlinePassed"):
                authority.heartbeat(signed.intent, signed.signature, sender=stage.client.accounts()[9])
        assert authority.pulse().last_heard == before

    def test_when_it_names_another_contract_then_a_node_looks_at_its_own_authority(
        self, everybody_alive: Stage, run: Run[Any], authority: Authority
    ) -> None:
        """Which the policy then compares: a vault answers nothing of what is asked here."""
        stage = everybody_alive
        vault = stage.vault.deployment.vault
        intent = draft_heartbeat(authority, stage.client)
        digest = intent.digest(chain_id=stage.client.chain_id(), contract=vault)

        async def read() -> Any:
            async with Rpc(stage.processes.url) as rpc:
                _, head, _ = stage.client.head()
                reading = await NodeReader(rpc).read(
                    intent, contract=vault, authority=authority.address, digest=digest, block_hash=head
                )
                return reading.facts

        facts = run(read())
        assert isinstance(facts, HeartbeatFacts)
        assert facts.address == authority.address
        assert (facts.authority.epoch, facts.authority.acceptance) == (1, AcceptanceState.UNSET)
        assert facts.authority.group_key == stage.ceremony.tenure.by_threshold[4].public.coordinates()

    def test_when_the_authority_explains_one_then_it_says_what_is_asked_and_what_is_not_met(
        self, authority: Authority
    ) -> None:
        epoch = authority.epoch()

        def unmet(epoch: int, threshold: int) -> Criterion:
            verdict = authority.explain(ActionClass.D0, epoch=epoch, threshold=threshold, value=Ppm(0))
            assert (verdict.action, verdict.threshold, verdict.delay) == (ActionClass.D0, 4, 0)
            return verdict.unmet

        assert unmet(epoch, 4) is Criterion.NONE
        assert unmet(epoch + 1, 4) is Criterion.WRONG_EPOCH
        assert unmet(epoch, 5) is Criterion.UNKNOWN_THRESHOLD
        assert unmet(epoch, 3) is Criterion.THRESHOLD_TOO_LOW
