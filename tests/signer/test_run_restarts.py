"""Custodians that restart, crash and are told two stories while a run goes on: one run has one history at each."""

import sqlite3

import pytest

from custody.errors import StoreError
from custody.protocol.messages import Refusal
from custody.protocol.run_messages import (
    RunProposal,
)
from custody.store import Database, NodeStore
from tests.signer.runs import COORDINATOR, HOSTS, custodians
from tests.signer.situations import Situation, another_story, message_of


@pytest.fixture(params=["ceremony", "refresh", "reshare", "repair"])
def situation(request, tmp_path):
    return Situation(request.param, tmp_path)


class TestGivenCustodiansThatRestartBetweenAnyTwoRounds:
    def test_when_every_request_comes_twice_then_the_answer_is_the_same_bytes_and_the_run_ends_well(self, situation):
        requests = []

        def restarting(party):
            async def handle(encoded):
                party.restart()
                answer = await party.handle(encoded)
                assert await party.handle(encoded) == answer
                party.restart()
                assert await party.handle(encoded) == answer
                requests.append((party, encoded, answer))
                return answer

            return handle

        result = situation.run(restarting)
        for party in situation.parties:
            assert [held.tenure.certificate for held in party.held()] == [result.tenure.certificate]
            assert all(held.share.matches_public_share() for held in party.held())
        rounds = 6 if situation.kind == "repair" else 5
        assert len(requests) == rounds * len(situation.parties)
        for party, encoded, answer in requests:  # and long after its end
            party.restart()
            assert party.answer_to(encoded).encoded == answer

    def test_when_another_input_comes_for_a_round_then_it_is_refused_and_the_answer_stays(self, situation):
        requests = []

        def telling_two_stories(party):
            async def handle(encoded):
                answer = await party.handle(encoded)
                other = another_story(encoded)
                refusal = message_of(await party.handle(other))
                assert isinstance(refusal, Refusal)
                assert refusal.reasons[0].startswith("conflict"), refusal
                party.restart()
                assert isinstance(message_of(await party.handle(other)), Refusal)
                assert await party.handle(encoded) == answer
                requests.append(encoded)
                return answer

            return handle

        result = situation.run(telling_two_stories)
        assert len(requests) == (6 if situation.kind == "repair" else 5) * len(situation.parties)
        assert all(held.tenure.certificate == result.tenure.certificate for p in situation.parties for held in p.held())

    def test_when_a_round_is_left_out_then_it_is_refused(self, situation):
        late = []

        def skipping(party):
            async def handle(encoded):
                late.append((party, encoded))
                return await party.handle(encoded)

            return handle

        situation.run(skipping)
        [stranger] = custodians(situation.parties[0].folder.parent, 1, "late")
        stranger.agree(situation.committee)
        for _, encoded in late:
            if not isinstance(message_of(encoded), RunProposal):
                assert isinstance(stranger.answer_to(encoded).message, Refusal)


class FailingDatabase(Database):
    """A disk that refuses one statement: the `left`-th write from when it is armed."""

    left: int | None = None

    def execute(self, statement, arguments=()):
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise sqlite3.OperationalError("disk I/O error")
        super().execute(statement, arguments)


class TestGivenADiskThatFailsAtAnyStatement:
    def test_when_a_round_is_not_durable_then_nothing_of_it_is_there_and_it_comes_again(self, situation):
        failures = []

        def failing(party):
            async def handle(encoded):
                for at in range(1_000):
                    databases = []

                    def open_store(folder, make_cipher, databases=databases):
                        database = FailingDatabase(folder)
                        databases.append(database)
                        return NodeStore(database, make_cipher(salt=database.meta("salt")))

                    party.restart(open_store)
                    before = situation.tables(party)
                    databases[0].left = at
                    request = HOSTS.authenticate(encoded, {COORDINATOR.keys.id: COORDINATOR.keys})
                    root = party.root if isinstance(request.message, RunProposal) else None
                    try:
                        answer, _ = party.desk.answer(request, root=root)
                    except StoreError:
                        databases[0].left = None
                        assert situation.tables(party) == before
                        failures.append(at)
                        continue
                    databases[0].left = None
                    return answer
                raise AssertionError("a round has fewer writes than this")

            return handle

        result = situation.run(failing)
        assert len(failures) > 5 * len(situation.parties)
        for party in situation.parties:
            party.restart()
            assert [held.tenure.certificate for held in party.held()] == [result.tenure.certificate]
            party.store.journal.verify()
