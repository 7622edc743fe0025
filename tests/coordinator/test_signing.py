"""t honest custodians sign, whatever the others do; who spoils a list is named, and in no further one."""

import asyncio
import random

import pytest
from msgspec.structs import replace

from custody.coordinator import SigningCoordinator
from custody.crypto.frost import verify
from custody.errors import NotEnoughSigners, TransportError
from custody.policy.reasons import ReasonCode
from custody.protocol.encoding import decode_exactly, encode
from custody.protocol.messages import Refusal, decode_body, decode_envelope
from custody.protocol.signing_blame import SigningEvidence, check_evidence
from tests.builders import an_expedite, an_identity
from tests.signer.scene import HOSTS, Scene


def is_signed(signed, request):
    verify(signed.signature, request.digest, request.key.public)
    return True


def kind_of(encoded):
    return decode_envelope(encoded).kind


async def silent(request, honest):
    await asyncio.Event().wait()


async def unreachable(request, honest):
    raise TransportError("custodian", "connection refused")


async def stalls(request, honest):
    if kind_of(request) == "ShareRequest":
        await asyncio.Event().wait()
    return await honest(request)


def cheats(seat):
    """Every share of this seat is wrong."""

    async def cheat(request, honest):
        answer = await honest(request)
        envelope = decode_envelope(answer)
        if envelope.kind != "ShareResponse":
            return answer
        message = decode_body(envelope.kind, envelope.body)
        return an_identity(seat).sign(replace(message, share=bytes(32)), execution=envelope.execution)

    return cheat


async def says_no(request, honest):
    envelope = decode_envelope(request)
    return an_identity(3).sign(Refusal(reasons=("amount-too-large: no",)), execution=envelope.execution)


def culprit_of(evidence, scene):
    """Checked offline, with the tenure alone."""
    known = {host.id: host for host in scene.tenure.committee.hosts}
    return check_evidence(
        evidence, tenure=scene.tenure, authenticate=lambda encoded: HOSTS.authenticate(encoded, known)
    )


class TestGivenHonestCustodians:
    def test_when_asked_then_t_of_them_sign_in_one_list(self, scene):
        request = scene.request()
        signed = scene.sign(request)
        assert is_signed(signed, request)
        assert len(signed.signers) == 3
        assert signed.sessions == 1
        assert scene.sets == [signed.signers]
        assert scene.evidence == []

    def test_when_the_same_order_is_asked_again_then_it_is_signed_again_with_fresh_nonces(self, scene):
        request = scene.request()
        first, second = scene.sign(request), scene.sign(request)
        assert is_signed(second, request)
        assert first.signature.R != second.signature.R

    def test_when_the_higher_threshold_is_asked_then_its_key_signs(self, scene):
        request = scene.request(threshold=4)
        signed = scene.sign(request)
        assert is_signed(signed, request)
        assert len(signed.signers) == 4

    def test_when_the_key_is_of_another_committee_then_it_is_a_wrong_argument(self, scene, tmp_path):
        other = Scene(tmp_path / "other", 3, (2,))
        with pytest.raises(ValueError):
            scene.sign(other.request())
        other.close()


class TestGivenSeatsThatStallOrCheat:
    @pytest.mark.parametrize("number", range(12))
    def test_when_up_to_n_minus_t_do_then_the_others_sign_in_at_most_n_minus_t_plus_1_lists(self, scene, number):
        source = random.Random(number)
        bad = source.sample(range(1, 6), source.randrange(3))
        cheating = []
        for seat in bad:
            behaviour = source.choice((silent, stalls, cheats(seat)))
            if behaviour not in (silent, stalls):
                cheating.append(seat)
            scene.put_between(seat, behaviour)
        request = scene.request()
        signed = scene.sign(request)
        assert is_signed(signed, request)
        assert signed.sessions <= 3
        assert set(signed.faulty) <= set(cheating)
        assert not set(signed.signers) & set(signed.faulty)

    def test_when_more_than_that_stall_then_it_ends_and_says_who(self, scene):
        for seat in (1, 2):
            scene.put_between(seat, unreachable)
        scene.put_between(3, says_no)
        with pytest.raises(NotEnoughSigners) as raised:
            scene.sign()
        assert raised.value.silent == (1, 2)
        assert list(raised.value.refused) == [3]
        assert set(raised.value.approved) == {4, 5}

    def test_when_a_seat_was_proven_faulty_then_it_is_asked_for_no_later_order(self, scene):
        scene.put_between(2, cheats(2))
        first = scene.sign()
        assert set(first.faulty) == {2}
        [evidence] = scene.evidence
        asked = []

        async def watch(request, honest):
            asked.append(request)
            return await honest(request)

        scene.put_between(2, watch)
        assert scene.sign(scene.request(an_expedite(threshold=3, nonce=6))).sessions == 1
        assert asked == []
        assert evidence.accused == an_identity(2).keys.id

    def test_when_evidence_was_told_then_it_survives_a_file_and_names_the_seat(self, scene):
        scene.put_between(2, cheats(2))
        scene.sign()
        read = decode_exactly(SigningEvidence, encode(scene.evidence[0]))
        culprit = culprit_of(read, scene)
        assert (culprit.seat, culprit.fault) == (2, "sent a bad share")

    def test_when_a_seat_restarts_between_the_rounds_and_is_needed_then_it_comes_back(self, scene):
        """1 and 5 do not sign; 1 still says how far it saw the others."""
        crashed = []

        async def crash(request, honest):
            if kind_of(request) == "ShareRequest" and not crashed:
                crashed.append(True)
                scene.custodians[2].restart()
            return await scene.custodians[2].handle(request)

        async def only_vouches(request, honest):
            if kind_of(request) != "MarkQuery":
                return await unreachable(request, honest)
            return await honest(request)

        scene.put_between(1, only_vouches)
        scene.put_between(2, crash)
        scene.put_between(5, unreachable)
        request = scene.request()
        signed = scene.sign(request)
        assert is_signed(signed, request)
        assert crashed
        assert signed.signers == (2, 3, 4)
        assert signed.faulty == {}


class TestGivenSeatsThatNeverComeBack:
    """It ends, whatever they do when they are asked again."""

    def too_few(self, scene, behaviour):
        for seat in (4, 5):
            scene.put_between(seat, unreachable)
        scene.put_between(2, behaviour)
        with pytest.raises(NotEnoughSigners) as raised:
            scene.sign()
        assert len(scene.sets) <= 2
        said = {why.split(":")[0] for why in raised.value.refused.values()}
        assert said <= {"nonce-spent", "unknown-session", "waiting"}, "what a seat says of the moment; none is faulty"

    def test_when_one_dies_between_the_rounds_then_the_order_fails(self, scene):
        dead = []

        async def dies(request, honest):
            if kind_of(request) == "ShareRequest" or dead:
                dead.append(True)
                raise TransportError("custodian 2", "connection refused")
            return await honest(request)

        self.too_few(scene, dies)

    def test_when_a_relay_repeats_its_first_approval_for_ever_then_the_order_fails(self, scene):
        kept = []

        async def repeats(request, honest):
            if kind_of(request) == "ApprovalRequest" and kept:
                return kept[0]
            answer = await honest(request)
            if kind_of(answer) == "Approval":
                kept.append(answer)
            if kind_of(answer) == "ShareResponse":
                raise TransportError("custodian 2", "lost")
            return answer

        self.too_few(scene, repeats)

    def test_when_it_says_for_ever_that_its_session_is_unknown_then_the_order_fails(self, scene):
        async def forgets(request, honest):
            if kind_of(request) != "ShareRequest":
                return await honest(request)
            refusal = Refusal(reasons=("unknown-session: no approval of this session lives here",))
            return an_identity(2).sign(refusal, execution=decode_envelope(request).execution)

        self.too_few(scene, forgets)

    def test_when_it_waits_for_ever_then_the_order_fails(self, scene):
        async def waits(request, honest):
            refusal = Refusal(reasons=("waiting: 3 peers have yet to vouch",))
            return an_identity(2).sign(refusal, execution=decode_envelope(request).execution)

        self.too_few(scene, waits)


class TestGivenCommitmentsPublishedAhead:
    @pytest.fixture
    def stocked(self, scene):
        assert len(asyncio.run(scene.coordinator.stock_up(scene.key, count=4))) == 5
        return scene

    def watched(self, scene):
        kinds = []
        for seat in scene.custodians:

            async def watch(request, honest):
                kinds.append(kind_of(request))
                return await honest(request)

            scene.put_between(seat, watch)
        return kinds

    def test_when_signing_then_one_trip_is_enough(self, stocked):
        kinds = self.watched(stocked)
        request = stocked.request()
        signed = stocked.sign(request)
        assert is_signed(signed, request)
        assert kinds == ["OneTripRequest"] * 3

    def test_when_they_are_used_up_then_two_rounds_do_it(self, stocked):
        kinds = self.watched(stocked)
        for nonce in range(12):
            request = stocked.request(an_expedite(threshold=3, nonce=nonce))
            assert is_signed(stocked.sign(request), request)
        assert kinds[:3] == ["OneTripRequest"] * 3
        assert kinds[-3:] == ["ShareRequest"] * 3
        picks = [kind for kind in kinds if kind == "OneTripRequest"]
        assert 12 <= len(picks) <= 20, "each commitment is picked once"

    @pytest.mark.parametrize("behaviour", [silent, says_no, cheats(2)], ids=["silent", "no", "bad-share"])
    def test_when_a_picked_seat_does_not_help_then_the_session_goes_on_in_two_rounds(self, stocked, behaviour):
        seat = 3 if behaviour is says_no else 2
        stocked.put_between(seat, behaviour)
        request = stocked.request()
        signed = stocked.sign(request)
        assert is_signed(signed, request)
        assert signed.sessions == 2
        assert set(signed.faulty) == (set() if behaviour in (silent, says_no) else {2})
        assert all(culprit_of(evidence, stocked).seat == 2 for evidence in stocked.evidence)
        assert len(stocked.evidence) == len(signed.faulty)

    def test_when_a_seat_restarted_since_then_its_picks_are_void_and_signing_goes_on(self, stocked):
        stocked.custodians[2].restart()
        request = stocked.request()
        signed = stocked.sign(request)
        assert is_signed(signed, request)
        assert signed.faulty == {}

    def test_when_a_newer_generation_is_asked_then_what_was_published_for_the_older_is_not_picked(self, stocked):
        kinds = self.watched(stocked)
        assert stocked.sign(stocked.request(threshold=4)).sessions == 1
        assert "OneTripRequest" not in kinds


class TestGivenASeatThatPublishesTwoBatchesOfOneNumber:
    def test_when_the_second_comes_then_it_is_proven_and_the_seat_is_asked_no_more(self, scene):
        async def renumbers(request, honest):
            answer = await honest(request)
            envelope = decode_envelope(answer)
            if envelope.kind != "NonceBatch":
                return answer
            message = decode_body(envelope.kind, envelope.body)
            return an_identity(2).sign(replace(message, batch=1), execution=envelope.execution)

        scene.put_between(2, renumbers)
        assert len(asyncio.run(scene.coordinator.stock_up(scene.key, count=2))) == 5
        assert asyncio.run(scene.coordinator.stock_up(scene.key, count=2)) == (1, 3, 4, 5)
        assert culprit_of(scene.evidence[0], scene).seat == 2
        assert 2 not in scene.sign().signers


class TestGivenAnotherGeneration:
    def test_when_seats_have_moved_on_then_it_is_said_and_nobody_is_at_fault(self, scene):
        for custodian in scene.custodians.values():
            custodian.desk.use(custodian.held(generation=1))
        with pytest.raises(NotEnoughSigners) as raised:
            scene.sign()
        assert all(ReasonCode.STALE_GENERATION in why for why in raised.value.refused.values())
        assert scene.evidence == []


class TestGivenTwoCoordinatorsAtOnce:
    def test_when_both_ask_for_the_same_order_then_both_get_it(self, scene):
        other = SigningCoordinator(scene.asker)
        request = scene.request()

        async def both():
            return await asyncio.gather(scene.coordinator.sign(request), other.sign(request))

        assert all(is_signed(signed, request) for signed in asyncio.run(both()))
