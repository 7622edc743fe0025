"""What a custodian refuses in a run, and around it: faults, two runs for one place, early erasure, strangers."""

import msgspec
import pytest

from custody.coordinator import PartyAtFault, terms_of
from custody.errors import RunAborted, TransportError
from custody.protocol.blame import find_equivocation
from custody.protocol.messages import Refusal, decode_body, decode_envelope
from custody.protocol.run_messages import (
    BackupQuery,
    BackupTested,
    Complaint,
    Derived,
    DeriveRequest,
    Endorsement,
    Erased,
    EraseRequest,
    RunProposal,
)
from custody.protocol.tenure import follow_lineage, run_name
from custody.signer import run_desk, upkeep_desk
from tests.builders import CHAIN_ID, fresh
from tests.signer.runs import COORDINATOR, HOSTS, a_committee_of, a_run, custodians, query
from tests.signer.situations import Situation, another_story, message_of, sealing_nonsense, signed_by


class TestGivenADealerThatSealsNonsense:
    @pytest.fixture
    def failed(self, tmp_path):
        """(custodians, the error of the run, the round in which the first complained, its complaint)"""
        members = custodians(tmp_path, 3)
        committee = a_committee_of(members, (2,))
        liar, seen = members[1], []
        liar.tamper = sealing_nonsense(liar, recipients=(0,))

        def watching(party):
            async def handle(encoded):
                answer = await party.handle(encoded)
                if party is members[0]:
                    seen.append((encoded, answer))
                return answer

            return handle

        with pytest.raises(PartyAtFault) as caught:
            a_run(members, "ceremony", committee, through=watching)
        return members, caught.value, *seen[-1]

    def test_when_judged_then_the_dealer_is_at_fault(self, failed):
        members, error, _, complaint = failed
        assert isinstance(message_of(complaint), Complaint)
        assert error.verdict.culprit == members[1].keys.id

    def test_when_the_round_comes_again_then_the_complaint_is_the_same_bytes(self, failed):
        members, _, request, complaint = failed
        members[0].restart()
        assert members[0].answer_to(request).encoded == complaint

    def test_when_the_run_has_ended_so_then_its_secrets_are_gone_and_nothing_goes_on(self, failed):
        members, _, _, complaint = failed
        name = decode_envelope(complaint).execution
        assert query(members[0].folder, "SELECT count(*) FROM run_secrets") == [(0,)]
        for restart in (False, True):
            if restart:
                members[0].restart()
            with pytest.raises(RunAborted):
                members[0].store.runs.run_secrets(name)
            endorsed = members[0].ask(
                decode_body("EndorsementSet", msgspec.msgpack.encode({"endorsements": [complaint]})), execution=name
            )
            assert isinstance(endorsed, Refusal)
            assert "complaint" in endorsed.reasons[0]


class TestGivenTwoComplaintsOfWhichTheFirstProvesNothing:
    def test_when_judged_then_the_second_still_names_the_dealer(self, tmp_path):
        members = custodians(tmp_path, 3)
        committee = a_committee_of(members, (2,))
        members[1].tamper = sealing_nonsense(members[1], recipients=(0, 2))

        def elsewhere(encoded):
            envelope = decode_envelope(encoded)
            if envelope.kind != "Complaint":
                return encoded
            message = msgspec.structs.replace(decode_body(envelope.kind, envelope.body), seen=fresh("elsewhere"))
            return signed_by(members[0], message, envelope.execution)

        members[0].tamper = elsewhere
        with pytest.raises(PartyAtFault) as caught:
            a_run(members, "ceremony", committee)
        assert caught.value.verdict.culprit == members[1].keys.id


def without_its_end(parties, kind, committee, lineage=(), kept=None):
    """A run that everybody endorses and whose last round never comes."""

    def dropping(party):
        async def handle(encoded):
            if decode_envelope(encoded).kind == "EndorsementSet":
                if kept is not None:
                    kept.append((party, encoded))
                raise TransportError("the coordinator", "is gone")
            return await party.handle(encoded)

        return handle

    with pytest.raises(RunAborted):
        a_run(parties, kind, committee, lineage, through=dropping)


@pytest.mark.parametrize("kind", ["ceremony", "refresh"])
class TestGivenARunThatWasEndorsedAndNotFinished:
    @pytest.fixture
    def pending(self, kind, tmp_path):
        situation, kept = Situation(kind, tmp_path), []
        without_its_end(situation.parties, kind, situation.committee, situation.lineage, kept)
        return situation, kept

    @pytest.mark.parametrize("restarted", [False, True])
    def test_when_another_takes_its_place_then_nobody_endorses_it(self, pending, restarted):
        situation, _ = pending
        for party in situation.parties:
            party.sent.clear()
            if restarted:
                party.restart()
        with pytest.raises(RunAborted, match="custody node abandon"):
            situation.run()
        said = [message_of(each) for party in situation.parties for each in party.sent]
        assert said
        assert not any(isinstance(message, Endorsement) for message in said)

    def test_when_refused_once_then_another_input_of_that_round_is_not_mixed_with_the_first(self, pending):
        """What a refused round computed must not answer for the next."""
        situation, _ = pending
        refused = []

        def catching(party):
            async def handle(encoded):
                answer = await party.handle(encoded)
                if decode_envelope(encoded).kind == "DealingSet":
                    refused.append((party, encoded))
                return answer

            return handle

        with pytest.raises(RunAborted):
            situation.run(catching)
        for party, encoded in refused:
            [name] = party.store.runs.unfinished()
            party.store.runs.abandon(name)
            assert isinstance(party.answer_to(another_story(encoded)).message, Refusal)
            assert isinstance(party.answer_to(encoded).message, Endorsement)

    def test_when_its_end_comes_at_last_then_it_is_whole(self, pending):
        _, kept = pending
        for party, encoded in kept:
            party.restart()
            assert not isinstance(party.answer_to(encoded).message, Refusal)
            assert party.store.runs.unfinished() == []
            assert [held.share.matches_public_share() for held in party.held()] == [True]

    def test_when_abandoned_then_another_goes_through_and_its_end_never_comes(self, pending):
        situation, kept = pending
        for party in situation.parties:
            [name] = party.store.runs.unfinished()
            party.store.runs.abandon(name)
            party.restart()
            assert party.store.runs.unfinished() == []
        for party, encoded in kept:
            refusal = party.answer_to(encoded).message
            assert isinstance(refusal, Refusal), "not an error of the store, which would stop the node"
            assert "ended" in refusal.reasons[0]
        result = situation.run()
        for party in situation.parties:
            assert {held.tenure.certificate for held in party.held()} == {result.tenure.certificate}


class TestGivenAnOvertakenRun:
    def test_when_another_run_moved_the_lineage_on_then_what_was_drawn_for_it_is_gone(self, tmp_path):
        situation = Situation("refresh", tmp_path)

        def dropping(party):
            async def handle(encoded):
                if decode_envelope(encoded).kind == "DealingSet":
                    raise TransportError("the coordinator", "is gone")
                return await party.handle(encoded)

            return handle

        with pytest.raises(RunAborted):
            situation.run(dropping)
        assert query(situation.parties[0].folder, "SELECT count(*) FROM run_secrets") == [(2,)]
        situation.run()
        for party in situation.parties:
            assert query(party.folder, "SELECT count(*) FROM run_secrets") == [(0,)]

    def test_when_its_next_round_comes_to_a_node_that_never_stopped_then_no_erased_share_is_dealt_on(self, tmp_path):
        """What a run in memory holds is not what the store holds any more."""
        situation, kept = Situation("refresh", tmp_path), []

        def keeping(party):
            async def handle(encoded):
                if decode_envelope(encoded).kind == "PreparationSet":
                    kept.append((party, encoded))
                    raise TransportError("the coordinator", "is gone")
                return await party.handle(encoded)

            return handle

        with pytest.raises(RunAborted):
            situation.run(keeping)
        result = situation.run()
        assert len(kept) == 3
        for party, encoded in kept:
            party.store.runs.erase_before(result.tenure)
            refusal = party.answer_to(encoded).message
            assert isinstance(refusal, Refusal)
            assert "stale-generation" in refusal.reasons[0]


class TestGivenKeysThatWereRefreshed:
    @pytest.fixture(scope="class")
    def refreshed(self, tmp_path_factory):
        members = custodians(tmp_path_factory.mktemp("refreshed"), 3)
        committee = a_committee_of(members, (2,))
        made = a_run(members, "ceremony", committee)
        return members, committee, made, a_run(members, "refresh", committee, made.lineage)

    def answers_of_all(self, members, certificate):
        envelopes = []
        for member in members:
            member.store.runs.record_backup_tested(certificate)
            request = COORDINATOR.sign(
                BackupQuery(certificate=certificate), execution=bytes(32), recipient=member.keys.id
            )
            answer = member.answer_to(request)
            assert isinstance(answer.message, BackupTested)
            envelopes.append(answer.encoded)
        return tuple(envelopes)

    def old_shares(self, member):
        return query(
            member.folder, "SELECT count(*) FROM shares JOIN certificates USING (certificate) WHERE generation = 0"
        )

    def test_when_a_run_comes_from_the_generation_before_then_it_is_stale(self, refreshed):
        members, committee, made, _ = refreshed
        with pytest.raises(RunAborted, match="stale-generation"):
            a_run(members, "refresh", committee, made.lineage)

    def test_when_no_backup_was_tested_then_no_seat_says_so(self, refreshed):
        members, _, _, result = refreshed
        for member in members:
            if not member.store.runs.backup_tested(result.tenure.certificate):
                assert isinstance(member.ask(BackupQuery(certificate=result.tenure.certificate)), Refusal)

    def test_when_erasure_lacks_any_seats_test_then_nothing_is_erased(self, refreshed, tmp_path):
        members, _, made, result = refreshed
        tested = self.answers_of_all(members, result.tenure.certificate)
        before = [signed_by(m, BackupTested(certificate=made.tenure.certificate), bytes(32)) for m in members]
        [stranger] = custodians(tmp_path, 1, "stranger")
        of_stranger = signed_by(stranger, BackupTested(certificate=result.tenure.certificate), bytes(32))
        for wrong in (
            tested[:-1], tested[::-1], (tested[0],) * 3, (*tested, tested[0]), (*tested[:2], before[2]),
            (*tested[:2], of_stranger),
        ):  # fmt: skip
            for member in members:
                request = EraseRequest(certificate=result.tenure.certificate, tested=wrong)
                assert isinstance(member.ask(request), Refusal)
                assert self.old_shares(member) == [(1,)]
        assert isinstance(members[0].ask(EraseRequest(certificate=made.tenure.certificate, tested=before)), Refusal)

    def test_when_every_seat_tested_its_backup_then_the_old_shares_are_gone_and_the_new_ones_stay(self, refreshed):
        members, _, _, result = refreshed
        tested = self.answers_of_all(members, result.tenure.certificate)
        for member in members:
            request = EraseRequest(certificate=result.tenure.certificate, tested=tested)
            assert member.ask(request) == Erased(certificate=result.tenure.certificate)
            assert self.old_shares(member) == [(0,)]
            assert query(member.folder, "SELECT count(*) FROM generation_seeds") == [(1,)]
            assert [held.share.matches_public_share() for held in member.held()] == [True]

    def test_when_contracts_get_keys_then_in_order_and_once_each(self, refreshed):
        member, root = refreshed[0][0], refreshed[3].tenure.root
        contracts = [fresh(("contract", number))[:20] for number in range(3)]

        def ask(contract, index):
            return member.ask(DeriveRequest(root=root, chain_id=CHAIN_ID, contract=contract, index=index))

        assert isinstance(ask(contracts[0], 1), Refusal)
        first = ask(contracts[0], 0)
        assert isinstance(first, Derived)
        assert isinstance(ask(contracts[1], 0), Refusal)
        assert isinstance(ask(contracts[0], 1), Refusal)
        second = ask(contracts[1], 1)
        assert isinstance(second, Derived)
        assert second.keys != first.keys
        member.restart()
        assert ask(contracts[0], 0) == first
        assert isinstance(ask(contracts[2], 1), Refusal)
        assert isinstance(ask(contracts[2], 2), Derived)

    def test_when_contracts_are_named_without_end_then_no_row_is_added_and_those_there_are_answered(
        self, refreshed, monkeypatch
    ):
        monkeypatch.setattr(upkeep_desk, "MOST_CHILDREN", 4)
        member, root = refreshed[0][2], refreshed[3].tenure.root
        asks = [
            DeriveRequest(root=root, chain_id=CHAIN_ID, contract=fresh(("endless", number))[:20], index=number)
            for number in range(6)
        ]
        answers = [member.ask(each) for each in asks]
        assert [type(each) for each in answers] == [Derived] * 4 + [Refusal] * 2
        assert query(member.folder, "SELECT count(*) FROM children") == [(4,)]
        assert [member.ask(each) for each in asks[:4]] == answers[:4]


class TestGivenARepairOfAnotherSeat:
    def test_when_older_generations_are_erased_then_the_seed_that_recovers_the_share_stays(self, tmp_path):
        situation = Situation("repair", tmp_path)
        result = situation.run()
        for number, party in enumerate(situation.parties, start=1):
            party.store.runs.erase_before(result.tenure)
            seeds = query(
                party.folder, "SELECT generation FROM generation_seeds JOIN certificates USING (certificate) ORDER BY 1"
            )
            assert seeds == ([(1,)] if number == 3 else [(0,), (1,)])


class TestGivenASeatThatCameAfterContractsGotKeys:
    def test_when_told_of_every_line_in_order_then_it_has_the_same_keys_as_the_others(self, tmp_path):
        situation = Situation("repair", tmp_path)
        root = situation.run().tenure.root
        lines = [
            DeriveRequest(root=root, chain_id=CHAIN_ID, contract=fresh(("contract", index))[:20], index=index)
            for index in (0, 1)
        ]
        old, newcomer = situation.parties[0], situation.parties[2]
        known = [old.ask(line) for line in lines]
        assert isinstance(newcomer.ask(lines[1]), Refusal)
        newcomer.used.clear()
        assert [newcomer.ask(line) for line in lines] == known
        assert [held.share.matches_public_share() for held in newcomer.used] == [True, True]


class TestGivenACoordinatorThatBeginsRunsWithoutEnd:
    @pytest.fixture
    def flooded(self, tmp_path, monkeypatch):
        monkeypatch.setattr(run_desk, "MOST_OPEN_RUNS", 3)
        situation = Situation("refresh", tmp_path)
        before = follow_lineage(situation.lineage, HOSTS.authenticate)
        for _ in range(3):
            terms = terms_of("refresh", situation.committee, before=before)
            for party in situation.parties:
                proposal = RunProposal(terms=terms, lineage=situation.lineage)
                assert not isinstance(party.ask(proposal, execution=run_name(terms)), Refusal)
        return situation

    def test_when_too_many_are_open_then_another_is_refused_and_adds_no_row(self, flooded):
        before = [flooded.tables(party) for party in flooded.parties]
        with pytest.raises(RunAborted, match="custody node abandon"):
            flooded.run()
        assert [flooded.tables(party) for party in flooded.parties] == before

    def test_when_they_are_forgotten_then_the_keys_move_on(self, flooded):
        for party in flooded.parties:
            for name in party.store.runs.open_runs():
                party.store.runs.abandon(name)
            party.restart()
        assert flooded.run().tenure.generation == 1
        assert all(party.store.runs.open_runs() == [] for party in flooded.parties)

    def test_when_runs_have_ended_then_they_are_not_counted(self, flooded):
        for party in flooded.parties:
            party.store.runs.abandon(party.store.runs.open_runs()[0])
        made = flooded.run()
        for _ in range(4):
            made = a_run(flooded.parties, "refresh", flooded.committee, made.lineage)
        assert made.tenure.generation == 5


class TestGivenWhatACustodianDidNotAgreeTo:
    def test_when_a_reshare_is_toward_another_committee_than_one_configured_then_it_refuses(self, tmp_path):
        situation = Situation("reshare", tmp_path)
        agreed = a_committee_of([*situation.parties[:2], situation.parties[3]], (2,))
        for party in situation.parties:
            party.agree(agreed)
        with pytest.raises(RunAborted, match=r"committee\.json"):
            situation.run()
        assert all(query(party.folder, "SELECT count(*) FROM run_secrets") == [(0,)] for party in situation.parties)

    @pytest.mark.parametrize("until", ["ContributionSet", "PreparationSet", "DealingSet", "EndorsementSet"])
    def test_when_the_operator_takes_it_back_while_it_runs_then_the_custodian_goes_on_only_if_it_endorsed(
        self, until, tmp_path
    ):
        situation = Situation("reshare", tmp_path)
        first = situation.parties[0]

        def taking_back(party):
            async def handle(encoded):
                if party is first and decode_envelope(encoded).kind == until:
                    party.agree(tenure_before.committee)
                return await party.handle(encoded)

            return handle

        tenure_before = follow_lineage(situation.lineage, HOSTS.authenticate)
        if until == "EndorsementSet":  # the others may have the certificate already
            assert situation.run(taking_back).tenure.generation == 1
            return
        with pytest.raises(RunAborted, match=r"committee\.json"):
            situation.run(taking_back)

    @pytest.mark.parametrize("named", [None, fresh("another certificate")])
    def test_when_the_chain_names_another_root_then_a_newcomer_takes_no_part(self, named, tmp_path):
        situation = Situation("reshare", tmp_path)
        situation.parties[3].root = named
        with pytest.raises(RunAborted, match="the chain names"):
            situation.run()
        assert query(situation.parties[3].folder, "SELECT count(*) FROM run_rounds") == [(0,)]

    def test_when_the_committee_has_its_keys_then_another_ceremony_is_refused(self, tmp_path):
        situation = Situation("refresh", tmp_path)
        with pytest.raises(RunAborted, match="has its keys"):
            a_run(situation.parties, "ceremony", situation.committee)


class TestGivenEverythingThatHonestCustodiansSaidThroughRestarts:
    def test_when_searched_for_equivocation_then_there_is_none(self, tmp_path):
        situation = Situation("refresh", tmp_path)
        without_its_end(situation.parties, "refresh", situation.committee, situation.lineage)
        for party in situation.parties:
            party.restart()
            party.store.runs.abandon(party.store.runs.unfinished()[0])
        situation.run()
        known = {party.keys.id: party.keys for party in situation.parties}
        said = [HOSTS.authenticate(each, known) for party in situation.parties for each in party.sent]
        in_runs = [each for each in said if type(each.message).__name__ != "Certified"]
        assert len(in_runs) > 20
        assert find_equivocation(in_runs) is None
