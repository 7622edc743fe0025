"""A seat signs and dies at commits, thousands of times: no nonce pair answers twice, and no old store signs again.

Everything that ever left the seat is collected outside of it. The coordinator is hostile: it repeats every request and
asks spent pairs for other lists. `CUSTODY_CRASHES` says how many crashes.
"""

from __future__ import annotations

import os
import random
import secrets
import shutil
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from custody.errors import CustodyError, PolicyDenied
from custody.identifiers import SignerId
from custody.policy.reasons import ReasonCode
from custody.protocol.encoding import Message
from custody.protocol.signing_messages import (
    Approval,
    ApprovalRequest,
    Awake,
    BatchRequest,
    MarkQuery,
    NonceBatch,
    OneTripRequest,
    Order,
    Pick,
    ShareRequest,
    ShareResponse,
    WakeRequest,
)
from custody.signer.judging import slot_of
from tests.builders import CHAIN_ID, CHAIN_TIME, VAULT, an_expedite, fresh
from tests.signer.scene import BLOCK, COORDINATOR, HOSTS, Custodian, a_tenure, finish, the_key
from tests.store.crashing import Crash, CrashingDatabase, Plan, copy_files

pytestmark = pytest.mark.slow
CRASHES = int(os.environ.get("CUSTODY_CRASHES", "300"))
CRASHES_EACH = 500
SUBJECT, PEERS = SignerId(1), (SignerId(2), SignerId(3))
THRESHOLDS = (2,)
KEY = the_key(3, THRESHOLDS)
TENURE = a_tenure(3, THRESHOLDS)


def ask(custodian: Custodian, message: Message, session: bytes) -> Any:
    """One request to a desk; its answer, or the codes of its refusal as a set."""
    encoded = COORDINATOR.sign(message, execution=session, recipient=custodian.identity.keys.id)
    request = HOSTS.authenticate(encoded, {COORDINATOR.keys.id: COORDINATOR.keys})
    try:
        answer = finish(custodian.desk.handle(request))
    except PolicyDenied as denied:
        return {reason.split(":")[0] for reason in denied.reasons}
    except CustodyError as error:
        return {type(error).__name__}
    return HOSTS.authenticate(answer, {custodian.identity.keys.id: custodian.identity.keys})


def is_answer(answer: Any, kind: type[Message]) -> bool:
    return not isinstance(answer, set) and isinstance(answer.message, kind)


def wake(custodian: Custodian, peers: list[Custodian]) -> Any:
    query = MarkQuery(host=custodian.identity.keys.id, challenge=custodian.ledger.boot[1])
    answers = [ask(peer, query, fresh("wake")) for peer in peers]
    return ask(custodian, WakeRequest(marks=tuple(answer.encoded for answer in answers)), fresh("wake"))


class Observer:
    """What ever left the subject: of each pair its answers, of each intent nonce its digests.

    `signed`: of these, the digests whose two-round list was answered by all, so that there is a signature.
    """

    def __init__(self) -> None:
        self.answers: dict[bytes, set[bytes]] = defaultdict(set)
        self.digests: dict[Any, set[bytes]] = defaultdict(set)
        self.signed: dict[Any, bytes] = {}
        self.shares = 0

    def saw(self, commitment: bytes, slot: Any, answer: Any) -> None:
        self.shares += 1
        self.answers[commitment].add(answer.encoded)
        self.digests[slot].add(answer.message.digest)
        assert len(self.answers[commitment]) == 1, "a nonce pair answered twice"
        assert len(self.digests[slot]) == 1, "an intent nonce was signed for twice"


class History:
    """Random signing, with a crash now and then; every commit of the subject may be the last of its process."""

    def __init__(self, root: Path, seed: int) -> None:
        self.random = random.Random(seed)
        self.root = root
        self.plan = Plan(self.random)
        self.observer = Observer()
        self.folders = 0
        self.subject = Custodian(root / "subject-0", SUBJECT, TENURE, database=self._database)
        self.peers = [Custodian(root / f"peer-{seat}", seat, TENURE) for seat in PEERS]
        for peer in self.peers:
            peer.database.execute("PRAGMA synchronous = OFF")
        self.requests: list[tuple[Message, bytes, bytes, Any]] = []
        self.sessions: list[tuple[bytes, Any, list[Any]]] = []
        self.batches: list[Any] = []
        self.snapshots: list[tuple[Path, int]] = []
        self.crashes = dict.fromkeys(("before", "torn", "after"), 0)
        self.refused = self.awake_again = self.tempted = 0

    def _database(self, folder: Path) -> CrashingDatabase:
        return CrashingDatabase(folder, self.plan)

    # --- what a coordinator does ---

    def order(self) -> tuple[Order, Any]:
        """One of two digests for one of the newest intent nonces."""
        nonce = (self.observer.shares + sum(self.crashes.values())) // 3 + self.random.randrange(3)
        deadline = CHAIN_TIME + 600 + (self.random.random() < 0.2)
        intent = an_expedite(threshold=2, nonce=nonce, deadline=deadline)
        order = Order(
            intent_type=intent.NAME, intent=intent.encode(), chain_id=CHAIN_ID, contract=VAULT, block_hash=BLOCK.hash
        )
        return order, slot_of(intent, CHAIN_ID, VAULT)

    def approve(self) -> None:
        """Round A with everybody."""
        order, slot = self.order()
        session = self.random.randbytes(32)
        message = ApprovalRequest(order=order, holding=KEY.holding)
        answers = [ask(custodian, message, session) for custodian in (self.subject, *self.peers)]
        if all(is_answer(answer, Approval) for answer in answers):
            self.sessions.append((session, slot, answers))

    def share(self) -> None:
        """Round B: the subject is asked first and the peers only sometimes, as by a coordinator that dies."""
        if not self.sessions:
            return
        session, slot, approvals = self.random.choice(self.sessions[-5:])
        listed = self.random.choice(([0, 1], [0, 2], [0, 1, 2]))
        message = ShareRequest(
            digest=approvals[0].message.digest, approvals=tuple(approvals[index].encoded for index in listed)
        )
        self.requests.append((message, session, approvals[0].message.commitment, slot))
        answer = self.ask_share(*self.requests[-1])
        answered = 1
        for index in listed[1:]:
            if self.random.random() < 0.8:
                theirs = ask(self.peers[index - 1], message, session)
                if is_answer(theirs, ShareResponse):
                    answered += 1
                    approvals[index] = HOSTS.authenticate(
                        theirs.message.following or approvals[index].encoded,
                        {self.peers[index - 1].identity.keys.id: self.peers[index - 1].identity.keys},
                    )
        if answer is not None and answered == len(listed):
            self.observer.signed[slot] = answer.message.digest
        if answer is not None and answer.message.following and self.random.random() < 0.7:
            own = self.subject.identity.keys
            approvals[0] = HOSTS.authenticate(answer.message.following, {own.id: own})

    def ask_share(self, message: Message, session: bytes, commitment: bytes, slot: Any) -> Any:
        answer = ask(self.subject, message, session)
        if isinstance(answer, set):
            self.tempted += bool(answer & {ReasonCode.NONCE_SPENT, ReasonCode.NONCE_TAKEN, ReasonCode.UNKNOWN_SESSION})
            return None
        self.observer.saw(commitment, slot, answer)
        return answer

    def repeat(self) -> None:
        """What was asked before, of whichever start."""
        for request in self.random.sample(self.requests, min(2, len(self.requests))):
            self.ask_share(*request)

    def publish(self) -> None:
        message = BatchRequest(holding=KEY.holding, count=2)
        session = self.random.randbytes(32)
        answers = [ask(custodian, message, session) for custodian in (self.subject, self.peers[0])]
        if all(is_answer(answer, NonceBatch) for answer in answers):
            self.batches.append(answers)

    def one_trip(self) -> None:
        if not self.batches:
            return
        batches = self.random.choice(self.batches[-3:])
        order, slot = self.order()
        picks = tuple(Pick(batch=batch.encoded, index=self.random.randrange(2)) for batch in batches)
        message = OneTripRequest(order=order, holding=KEY.holding, picks=picks)
        commitment = batches[0].message.commitments[picks[0].index]
        self.requests.append((message, self.random.randbytes(32), commitment, slot))
        self.ask_share(*self.requests[-1])
        if self.random.random() < 0.8:
            ask(self.peers[0], message, self.requests[-1][1])

    # --- what befalls the subject ---

    def step(self) -> None:
        acts = (self.approve, self.share, self.share, self.repeat, self.publish, self.one_trip)
        self.random.choice(acts)()

    def crash(self) -> None:
        """Signs until a commit is the last one; goes on with what the disk has."""
        where = self.random.choice(("before", "torn", "after"))
        image = self._new_folder("subject")
        self.plan.crash(commits=self.random.randrange(6), where=where, image=image)
        while True:
            try:
                self.step()
            except Crash:
                break
        self.crashes[where] += 1
        self._continue_from(image)

    def _continue_from(self, image: Path) -> None:
        self.plan.call_off()
        before = self.subject.folder
        self.subject.stop()
        shutil.rmtree(before)
        self.subject.folder = image
        if self.random.random() < 0.2:  # it crashes while it starts, too
            again = self._new_folder("subject")
            self.plan.crash(commits=0, where=self.random.choice(("before", "torn", "after")), image=again)
            with pytest.raises(Crash):
                self.subject.start()
            self._continue_from(again)
            return
        self.subject.start()
        if self.random.random() < 0.1:
            self.subject.journal.verify()
        assert is_answer(wake(self.subject, self.peers), Awake), "an honest crash is no rollback"

    def _new_folder(self, name: str) -> Path:
        self.folders += 1
        return self.root / f"{name}-{self.folders}"

    # --- a store put back in time ---

    def keep_snapshot(self) -> None:
        folder = self._new_folder("snapshot")
        copy_files(self.subject.folder, folder)
        self.snapshots.append((folder, self.subject.ledger.mark().journal_length))
        if len(self.snapshots) > 20:
            shutil.rmtree(self.snapshots.pop(self.random.randrange(20))[0])

    def seen_length(self) -> int:
        """The furthest that any peer stored of the subject, over all starts: its journal only grows."""
        lengths = [0]
        for peer in self.peers:
            query = MarkQuery(host=self.subject.identity.keys.id, challenge=bytes(16))
            for envelope in ask(peer, query, fresh("look")).message.seen:
                own = self.subject.identity.keys
                lengths.append(HOSTS.authenticate(envelope, {own.id: own}).message.mark.journal_length)  # type: ignore[attr-defined]
        return max(lengths)

    def roll_back(self, snapshot: tuple[Path, int]) -> bool:
        """A copy of an old store starts beside the subject; whether it was refused."""
        folder = self._new_folder("restored")
        copy_files(snapshot[0], folder)
        restored = Custodian.__new__(Custodian)
        restored.__dict__.update(self.subject.__dict__)
        restored.folder = folder
        restored.start()
        try:
            answer = wake(restored, self.peers)
            is_behind = snapshot[1] < self.seen_length()
            if is_behind:
                assert answer == {ReasonCode.ROLLED_BACK}
                order, _ = self.order()
                message = ApprovalRequest(order=order, holding=KEY.holding)
                assert ask(restored, message, fresh("again")) == {ReasonCode.ROLLED_BACK}
                return True
            assert is_answer(answer, Awake)
            for slot, digest in self.observer.signed.items():
                held = {claim.digest for claim in restored.ledger.claims(slot)}
                assert digest in held, "it must not sign anything else for what it helped to sign"
            return False
        finally:
            restored.stop()
            shutil.rmtree(folder)

    def play(self, crashes: int) -> None:
        while sum(self.crashes.values()) < crashes:
            for _ in range(self.random.randrange(3)):
                self.step()
            if self.random.random() < 0.3:
                self.keep_snapshot()
            if self.snapshots and self.random.random() < 0.2:
                if self.roll_back(self.random.choice(self.snapshots)):
                    self.refused += 1
                else:
                    self.awake_again += 1
            self.crash()

    def close(self) -> None:
        for custodian in (self.subject, *self.peers):
            custodian.stop()


@pytest.fixture(scope="module")
def histories(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Each of a node of its own, so that stores stay small and copies quick."""
    seed = int(os.environ.get("CUSTODY_SEED", secrets.randbits(32)))
    print(f"CUSTODY_SEED={seed}")
    histories = []
    for number, begun in enumerate(range(0, CRASHES, CRASHES_EACH)):
        history = History(tmp_path_factory.mktemp("history"), seed + number)
        history.play(min(CRASHES_EACH, CRASHES - begun))
        histories.append(history)
    yield histories
    for history in histories:
        history.close()


class TestGivenASeatThatDiedAtItsCommits:
    def test_when_everything_that_left_it_is_laid_side_by_side_then_no_pair_answered_twice(
        self, histories: list[History]
    ) -> None:
        """Each answer was compared when it left; here: that there was something to compare."""
        crashes = {where: sum(history.crashes[where] for history in histories) for where in ("before", "torn", "after")}
        left = sum(history.observer.shares for history in histories)
        tempted = sum(history.tempted for history in histories)
        print(f"crashes {crashes}, {left} answers left, {tempted} requests for spent or void pairs were refused")
        assert sum(crashes.values()) >= CRASHES
        assert min(crashes.values()) > CRASHES // 5
        assert left > CRASHES // 4
        assert tempted > CRASHES // 4
        for history in histories:
            assert {len(answers) for answers in history.observer.answers.values()} == {1}

    def test_when_every_request_is_repeated_at_the_end_then_only_the_same_shares_come_back(
        self, histories: list[History]
    ) -> None:
        for history in histories:
            before = {commitment: set(answers) for commitment, answers in history.observer.answers.items()}
            for request in history.requests:
                history.ask_share(*request)
            assert {name: history.observer.answers[name] for name in before} == before

    def test_when_old_stores_were_restored_then_those_that_peers_had_seen_further_never_signed(
        self, histories: list[History]
    ) -> None:
        refused = sum(history.refused for history in histories)
        awake = sum(history.awake_again for history in histories)
        print(f"{refused} restored stores were refused, {awake} were as far as any peer saw")
        assert refused > CRASHES // 30

    def test_when_one_more_list_was_signed_then_every_earlier_snapshot_is_refused(
        self, histories: list[History]
    ) -> None:
        for history in histories:
            history.keep_snapshot()
            while history.seen_length() <= history.snapshots[-1][1]:
                history.approve()
                history.share()
            for snapshot in history.snapshots:
                assert history.roll_back(snapshot)
