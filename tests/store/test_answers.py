"""One nonce pair answers once, one digest holds an intent's nonce, and an answer is written whole or not at all."""

import sqlite3
from contextlib import suppress

import pytest
from msgspec.structs import replace

from custody.errors import CustodyError, NonceReused, ProtocolError, StoreError
from custody.ports.ledger import Held, Round, RunSecrets, SeenMark
from custody.protocol.signing_messages import Mark
from custody.store import Database, NodeStore
from tests.builders import CHAIN_TIME, fresh
from tests.store.stores import (
    CIPHER,
    a_node,
    a_slot,
    an_answer,
    given,
    holders,
    opened,
    query,
    record,
)


@pytest.fixture
def folder(tmp_path):
    return a_node(tmp_path / "node")


@pytest.fixture
def store(folder):
    with opened(folder) as store:
        yield store


def everything(folder):
    return [query(folder, f"SELECT * FROM {table}") for table in ("answers", "intent_slots", "journal", "meta")]


class TestGivenAPairThatHasAnswered:
    def test_when_it_answers_another_session_then_reuse_is_refused_and_nothing_is_written(self, store, folder):
        record(store, 1)
        before = everything(folder)
        with pytest.raises(NonceReused):
            record(store, 2, answer=an_answer(2, commitment_id=an_answer(1).commitment_id))
        assert everything(folder) == before

    def test_when_the_very_same_answer_is_recorded_again_then_reuse_is_refused(self, store):
        record(store, 1)
        with pytest.raises(NonceReused):
            record(store, 1)

    def test_when_its_list_answers_with_another_pair_then_reuse_is_refused(self, store):
        record(store, 1)
        with pytest.raises(NonceReused):
            record(store, 2, answer=an_answer(2, session=an_answer(1).session, list_hash=an_answer(1).list_hash))
        assert holders(store, a_slot(2)) == set()

    def test_when_its_session_answers_another_list_with_a_fresh_pair_then_both_are_kept(self, store):
        record(store, 1)
        record(store, 2, answer=an_answer(2, session=an_answer(1).session))
        assert given(store, 1) == an_answer(1)
        assert store.ledger.answer_for(an_answer(1).session, an_answer(2).list_hash).encoded == an_answer(2).encoded

    def test_when_asked_whether_a_pair_is_spent_then_only_those_that_answered_are(self, store):
        record(store, 1)
        assert store.ledger.is_spent(an_answer(1).commitment_id)
        assert not store.ledger.is_spent(an_answer(2).commitment_id)

    def test_when_the_node_restarts_then_reuse_is_refused_still(self, folder):
        with opened(folder) as store:
            record(store, 1)
        with opened(folder) as store, pytest.raises(NonceReused):
            record(store, 2, answer=an_answer(2, commitment_id=an_answer(1).commitment_id))


class TestGivenASlotThatADigestHolds:
    def test_when_another_digest_wants_it_then_it_is_refused_and_nothing_is_written(self, store, folder):
        record(store, 1)
        before = everything(folder)
        with pytest.raises(ProtocolError):
            record(store, 2, slot=a_slot(1))
        assert everything(folder) == before
        assert given(store, 2) is None

    def test_when_another_digest_was_refused_then_no_later_commit_says_it_was_answered(self, store, folder):
        """Nothing was written, says `record_answer`: neither then nor with the next commit."""
        record(store, 1)
        with pytest.raises(ProtocolError):
            record(store, 2, slot=a_slot(1))
        store.runs.begin_run(
            fresh("run"), Round(input=b"", output=b""), RunSecrets(generation_seed=bytes(32), randomness=bytes(32))
        )
        assert query(folder, "SELECT detail FROM journal WHERE kind = 'answered'") == [("decision 1",)]

    def test_when_the_same_digest_is_signed_again_then_it_keeps_the_slot(self, store):
        record(store, 1)
        record(store, 2, answer=an_answer(2, digest=an_answer(1).digest), slot=a_slot(1))
        assert store.ledger.claims(a_slot(1)) == (Held(digest=an_answer(1).digest, deadline=CHAIN_TIME + 2),)

    def test_when_another_replaces_it_by_name_then_it_gets_the_slot(self, store):
        record(store, 1)
        record(store, 2, slot=a_slot(1), replaces=frozenset({an_answer(1).digest}))
        assert holders(store, a_slot(1)) == {an_answer(2).digest}

    def test_when_another_replaces_one_that_holds_no_more_then_it_is_refused(self, store):
        record(store, 1)
        record(store, 2, slot=a_slot(1), replaces=frozenset({an_answer(1).digest}))
        with pytest.raises(ProtocolError):
            record(store, 3, slot=a_slot(1), replaces=frozenset({an_answer(1).digest}))
        assert holders(store, a_slot(1)) == {an_answer(2).digest}

    @pytest.mark.parametrize("change", [{"chain_id": 1}, {"contract": bytes(20)}, {"epoch": 2}, {"nonce": 2}], ids=str)
    def test_when_chain_contract_epoch_or_nonce_differ_then_it_is_another_slot(self, store, change):
        record(store, 1)
        record(store, 2, slot=a_slot(1, **change))
        assert holders(store, a_slot(1)) == {an_answer(1).digest}

    def test_when_the_digest_of_answer_and_slot_differ_then_it_is_refused(self, store):
        with pytest.raises((ProtocolError, ValueError)):
            record(store, 1, held=Held(digest=an_answer(2).digest, deadline=CHAIN_TIME))


class TestGivenNumbersAtTheirEdge:
    @pytest.mark.parametrize("nonce", [0, 2**63, 2**64, 2**256 - 1])
    def test_when_the_intent_nonce_is_any_uint256_then_its_slot_is_kept(self, store, nonce):
        record(store, 1, slot=a_slot(nonce=nonce))
        assert holders(store, a_slot(nonce=nonce)) == {an_answer(1).digest}

    @pytest.mark.parametrize("epoch", [0, 2**63 - 1, 2**63, 2**64 - 1])
    def test_when_the_epoch_is_any_uint64_then_its_slot_is_asked_and_kept(self, store, epoch):
        """A coordinator names the epoch, and `held` is asked before the policy compares it with the chain's."""
        assert holders(store, a_slot(epoch=epoch)) == set()
        record(store, 1, slot=a_slot(epoch=epoch))
        assert holders(store, a_slot(epoch=epoch)) == {an_answer(1).digest}

    @pytest.mark.parametrize("deadline", [0, 2**63, 2**64 - 1])
    def test_when_the_deadline_is_any_uint64_then_it_is_kept(self, store, deadline):
        record(store, 1, held=Held(digest=an_answer(1).digest, deadline=deadline))
        assert store.ledger.claims(a_slot(1))[0].deadline == deadline

    def test_when_chain_time_goes_back_then_the_latest_stays(self, store):
        assert store.ledger.latest_chain_time() == 0
        record(store, 1, chain_time=CHAIN_TIME)
        record(store, 2, chain_time=CHAIN_TIME - 100)
        assert store.ledger.latest_chain_time() == CHAIN_TIME

    @pytest.mark.parametrize("wrong", [{"commitment_id": bytes(65)}, {"session": bytes(31)}], ids=["pair", "session"])
    def test_when_an_identifier_has_another_length_then_it_is_not_called_a_reuse(self, store, wrong):
        """`NonceReused` stops the node and sends its operator looking for a restored backup."""
        with pytest.raises((CustodyError, ValueError)) as raised:
            record(store, 1, answer=an_answer(1, **wrong))
        assert not isinstance(raised.value, NonceReused)


class TestGivenADiskThatRefuses:
    FULL = "PRAGMA max_page_count = 1"
    READ_ONLY = "PRAGMA query_only = ON"

    @pytest.mark.parametrize("refusal", [FULL, READ_ONLY], ids=["full", "read-only"])
    def test_when_an_answer_is_recorded_then_it_is_a_store_error_and_nothing_is_written(self, folder, refusal):
        with Database(folder) as database:
            store = NodeStore(database, CIPHER)
            record(store, 1)
            before = everything(folder)
            database.execute(refusal)
            with pytest.raises(StoreError):
                record(store, 2, answer=an_answer(2, encoded=bytes(1_000_000)))
            assert everything(folder) == before
            assert given(store, 2) is None
            assert holders(store, a_slot(2)) == set()

    def test_when_it_takes_writes_again_then_the_store_goes_on(self, folder):
        with Database(folder) as database:
            store = NodeStore(database, CIPHER)
            database.execute("PRAGMA query_only = ON")
            with suppress(StoreError):
                record(store, 1)
            database.execute("PRAGMA query_only = OFF")
            record(store, 1)
            assert store.journal.verify() == 2

    def test_when_another_connection_writes_at_the_same_time_then_it_is_a_store_error(self, folder):
        with Database(folder) as database:
            store = NodeStore(database, CIPHER)
            database.execute("PRAGMA busy_timeout = 10")
            intruder = sqlite3.connect(folder / "node.sqlite", isolation_level=None)
            intruder.execute("BEGIN IMMEDIATE")
            try:
                with pytest.raises(StoreError):
                    record(store, 1)
            finally:
                intruder.close()


def approve(store, number, *, slot):
    held = Held(digest=an_answer(number).digest, deadline=CHAIN_TIME + number)
    store.ledger.record_approval(slot=slot, held=held, decision=f"approval {number}")


class TestGivenApprovalsThatNeverBecameAShare:
    def test_when_the_node_runs_on_then_they_hold_nothing(self, store):
        approve(store, 1, slot=a_slot(1))
        assert holders(store, a_slot(1)) == set()
        record(store, 2, slot=a_slot(1))

    def test_when_the_node_restarts_then_each_may_have_been_signed(self, folder):
        """A restored store cannot tell whether the share of an approval that it remembers has left."""
        with opened(folder) as store:
            approve(store, 1, slot=a_slot(1))
            approve(store, 2, slot=a_slot(1))
        with opened(folder) as store:
            assert holders(store, a_slot(1)) == {an_answer(1).digest, an_answer(2).digest}
            with pytest.raises(ProtocolError):
                record(store, 1)

    def test_when_one_can_never_take_effect_then_another_may_replace_it(self, folder):
        with opened(folder) as store:
            approve(store, 1, slot=a_slot(1))
        with opened(folder) as store:
            record(store, 2, slot=a_slot(1), replaces=frozenset({an_answer(1).digest}))
            assert holders(store, a_slot(1)) == {an_answer(2).digest}


def a_mark(**changes):
    members = {"boot": 1, "boot_random": bytes(16), "journal_length": 5, "journal_head": fresh("head")}
    return Mark(**(members | changes))


def seen(host, **changes):
    mark = a_mark(**changes)
    return SeenMark(host=fresh(host), mark=mark, envelope=b"%d %d" % (mark.boot, mark.journal_length))


class TestGivenMarksOfPeers:
    def test_when_none_was_seen_then_there_is_none(self, store):
        assert store.ledger.furthest_mark(fresh("peer")) is None

    @pytest.mark.parametrize(
        ("first", "then", "kept"),
        [((1, 5), (1, 6), b"1 6"), ((1, 6), (1, 5), b"1 6"), ((1, 9), (2, 2), b"2 2"), ((2, 2), (1, 9), b"2 2")],
    )
    def test_when_two_were_seen_then_the_furthest_is_kept(self, store, first, then, kept):
        for number, (boot, length) in enumerate((first, then), start=1):
            record(store, number, seen=[seen("peer", boot=boot, journal_length=length), seen("another", boot=7)])
        assert store.ledger.furthest_mark(fresh("peer")) == kept

    def test_when_the_answer_is_refused_then_its_marks_are_not_kept_either(self, store):
        record(store, 1)
        with pytest.raises(NonceReused):
            record(store, 1, seen=[seen("peer")])
        assert store.ledger.furthest_mark(fresh("peer")) is None


class TestGivenAMarkOfThisNodeItself:
    def test_when_it_is_of_a_known_start_and_on_this_journal_then_it_is_remembered(self, folder):
        with opened(folder) as store:
            record(store, 1)
            marks = [store.ledger.mark()]
            record(store, 2)
            marks.append(store.ledger.mark())
        with opened(folder) as store:
            assert all(store.ledger.remembers(mark) for mark in marks)
            assert store.ledger.remembers(store.ledger.mark()), "it may have signed since it started"
            for change in (
                {"boot": 2}, {"boot": 3}, {"boot": 9}, {"boot": 0}, {"boot_random": bytes(16)},
                {"journal_length": 10_000}, {"journal_length": 1}, {"journal_length": 0},
                {"journal_head": fresh("another")},
            ):  # fmt: skip
                assert not store.ledger.remembers(replace(marks[1], **change)), change

    def test_when_an_answer_is_about_to_be_recorded_then_its_mark_is_known_before(self, store):
        store.note("refused", "a note that waits")
        expected = store.ledger.mark_after("decision 1")
        record(store, 1)
        assert store.ledger.mark() == expected

    def test_when_an_approval_is_recorded_then_it_is_on_the_disk(self, store, folder):
        approve(store, 1, slot=a_slot(1))
        assert query(folder, "SELECT detail FROM journal WHERE kind = 'approved'") == [("approval 1",)]
        assert store.ledger.mark().journal_length == store.journal.verify()
