"""What runs leave in a node's store: rounds byte for byte, secrets while they last, certificates, sealed shares.

The store is one that a real ceremony and a real refresh wrote, of one of five custodians.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

from custody.coordinator import RunResult
from custody.errors import CustodyError, RunAborted, StoreDamaged, StoreError
from custody.host import HostDirectory, PassphraseCipher
from custody.identifiers import Address
from custody.ports.ledger import Round, RunSecrets
from custody.protocol.encoding import decode_exactly
from custody.protocol.run_messages import Certificate
from custody.protocol.tenure import Tenure, run_name
from custody.signer.run_desk import held_keys
from custody.store import Database, NodeStore
from tests.builders import VAULT, fresh
from tests.signer.runs import PASSPHRASE, a_committee_of, a_run, custodians
from tests.store.stores import OTHER_CIPHER, query

HOSTS = HostDirectory()
RUN = fresh("run")
ROUND = Round(input=b"in", output=b"out")
SECRETS = RunSecrets(generation_seed=fresh("generation seed"), randomness=fresh("randomness"))


@cache
def cipher(salt: bytes) -> PassphraseCipher:
    return PassphraseCipher(PASSPHRASE, salt=salt)


@contextmanager
def opened(folder: Path) -> Iterator[NodeStore]:
    store = NodeStore.open(folder, lambda *, salt: cipher(salt))
    try:
        yield store
    finally:
        store.close()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RunResult, RunResult]:
    """The folder of seat 2, and the ceremony and the refresh that it went through."""
    members = custodians(tmp_path_factory.mktemp("nodes"), 5)
    committee = a_committee_of(members)
    first = a_run(members, "ceremony", committee)
    second = a_run(members, "refresh", committee, first.lineage)
    for member in members:
        member.stop()
    return members[1].folder, first, second


@pytest.fixture
def folder(made: tuple[Path, RunResult, RunResult], tmp_path: Path) -> Path:
    shutil.copytree(made[0], tmp_path / "node")
    return tmp_path / "node"


@pytest.fixture
def first(made: tuple[Path, RunResult, RunResult]) -> RunResult:
    return made[1]


@pytest.fixture
def second(made: tuple[Path, RunResult, RunResult]) -> RunResult:
    return made[2]


def runs_of(result: RunResult) -> list[bytes]:
    """The names of the runs that a lineage's certificates came from."""
    return [run_name(decode_exactly(Certificate, encoded).terms) for encoded in result.lineage]


def secret_bytes(store: NodeStore, tenure: Tenure) -> list[bytes]:
    return [share.secret.to_secret_bytes() for share in store.runs.shares(tenure)]


class TestGivenACeremonyAndARefresh:
    def test_when_opened_again_then_lineage_shares_and_seeds_of_both_generations_are_there(
        self, folder: Path, first: RunResult, second: RunResult
    ) -> None:
        with opened(folder) as store:
            assert store.runs.lineages() == [second.lineage]
            for result in (first, second):
                shares = store.runs.shares(result.tenure)
                assert [share.key for share in shares] == list(result.tenure.keys)
                assert all(share.signer == 2 and share.matches_public_share() for share in shares)
                assert store.runs.generation_seed(result.tenure.certificate) is not None
            assert not set(secret_bytes(store, first.tenure)) & set(secret_bytes(store, second.tenure))
            assert [held.tenure.certificate for held in held_keys(store.runs, HOSTS)] == [second.tenure.certificate] * 2

    def test_when_its_rounds_are_read_then_each_run_has_all_five_and_no_secrets_any_more(
        self, folder: Path, second: RunResult
    ) -> None:
        with opened(folder) as store:
            for name in runs_of(second):
                assert sorted(store.runs.run_rounds(name)) == [1, 2, 3, 4, 5]
                with pytest.raises(RunAborted, match="has ended"):
                    store.runs.run_secrets(name)
            assert store.runs.run_count() == 2
            assert store.runs.run_rounds(fresh("another")) == {}

    def test_when_the_newest_certificate_is_looked_up_then_its_run_and_its_place_are_known(
        self, folder: Path, first: RunResult, second: RunResult
    ) -> None:
        with opened(folder) as store:
            found = [store.runs.run_of(result.tenure.certificate) for result in (first, second)]
            assert found == runs_of(second)
            assert store.runs.run_of(fresh("another")) is None
            assert store.runs.successor(first.tenure.certificate) == found[1]
            assert store.runs.successor(second.tenure.certificate) is None

    def test_when_the_file_is_searched_then_no_secret_stands_in_it(
        self, folder: Path, first: RunResult, second: RunResult
    ) -> None:
        with opened(folder) as store:
            secrets = [store.identity_seed(), *secret_bytes(store, first.tenure), *secret_bytes(store, second.tenure)]
            seeds = [store.runs.generation_seed(result.tenure.certificate) for result in (first, second)]
            secrets += [seed for seed in seeds if seed is not None]
            raw = b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())
        assert len(secrets) == 7
        assert all(secret not in raw and secret[::-1] not in raw for secret in secrets)

    def test_when_opened_with_a_wrong_passphrase_then_neither_shares_nor_seeds_come_out(
        self, folder: Path, second: RunResult
    ) -> None:
        store = NodeStore.open(folder, lambda *, salt: OTHER_CIPHER)
        try:
            certificate = second.tenure.certificate
            for read in (
                store.identity_seed,
                lambda: store.runs.shares(second.tenure),
                lambda: store.runs.generation_seed(certificate),
            ):
                with pytest.raises(StoreDamaged):
                    read()
        finally:
            store.close()


SHARE_EDITS = {
    "shares-swapped-between-keys": "UPDATE shares SET sealed = (SELECT sealed FROM shares o WHERE "
    "o.certificate = shares.certificate AND o.threshold != shares.threshold)",
    "share-of-the-generation-before": "UPDATE shares SET sealed = (SELECT sealed FROM shares o WHERE "
    "o.certificate != shares.certificate AND o.threshold = shares.threshold) "
    "WHERE certificate = (SELECT certificate FROM certificates WHERE generation = 1)",
    "identity-seed-as-share": "UPDATE shares SET sealed = (SELECT sealed FROM secrets)",
    "generation-seed-as-share": "UPDATE shares SET sealed = (SELECT sealed FROM generation_seeds g WHERE "
    "g.certificate = shares.certificate)",
    "emptied": "UPDATE shares SET sealed = x''",
    "threshold-lowered": "UPDATE shares SET threshold = 2 WHERE threshold = 3",
    "threshold-negative": "UPDATE shares SET threshold = -1 WHERE threshold = 3",
    "threshold-huge": "UPDATE shares SET threshold = 70000 WHERE threshold = 3",
    "seat-moved": "UPDATE shares SET seat = 3",
    "seat-negative": "UPDATE shares SET seat = -1",
    "seat-huge": "UPDATE shares SET seat = 70000",
}
LINEAGE_EDITS = {
    "certificate-cut": "UPDATE certificates SET encoded = substr(encoded, 1, 500)",
    "certificate-emptied": "UPDATE certificates SET encoded = x''",
    "certificates-swapped": "UPDATE certificates SET encoded = (SELECT encoded FROM certificates o WHERE "
    "o.generation != certificates.generation)",
    "first-doubled": "UPDATE certificates SET encoded = (SELECT encoded FROM certificates o WHERE o.generation = 0)",
    "another-root": "UPDATE certificates SET root = zeroblob(32) WHERE generation = 1",
}


class TestGivenARowThatSomebodyEdited:
    @pytest.mark.parametrize("edit", SHARE_EDITS)
    def test_when_shares_are_read_then_the_store_is_damaged(self, folder: Path, second: RunResult, edit: str) -> None:
        query(folder, SHARE_EDITS[edit])
        with opened(folder) as store, pytest.raises(StoreDamaged):
            store.runs.shares(second.tenure)

    @pytest.mark.parametrize("edit", LINEAGE_EDITS)
    def test_when_a_node_starts_on_it_then_the_store_is_damaged(self, folder: Path, edit: str) -> None:
        query(folder, LINEAGE_EDITS[edit])
        with opened(folder) as store, pytest.raises(StoreDamaged):
            held_keys(store.runs, HOSTS)

    def test_when_a_generation_seed_is_moved_to_another_generation_then_it_does_not_open(
        self, folder: Path, first: RunResult, second: RunResult
    ) -> None:
        for to, taken in ((first, second), (second, first)):
            names = (to.tenure.certificate, taken.tenure.certificate)
            (kept,) = query(folder, "SELECT sealed FROM generation_seeds WHERE certificate = ?", names[:1])
            move = "UPDATE generation_seeds SET sealed = (SELECT sealed FROM generation_seeds WHERE certificate = ?)"
            query(folder, move + " WHERE certificate = ?", names[::-1])
            with opened(folder) as store, pytest.raises(StoreDamaged):
                store.runs.generation_seed(to.tenure.certificate)
            query(folder, "UPDATE generation_seeds SET sealed = ? WHERE certificate = ?", (kept[0], names[0]))

    def test_when_the_newest_certificate_is_cut_away_then_no_share_of_it_is_used(
        self, folder: Path, first: RunResult
    ) -> None:
        """The generation before is what the store proves then. Peers, who know better, call it stale."""
        query(folder, "PRAGMA foreign_keys = OFF")
        query(folder, "DELETE FROM certificates WHERE generation = 1")
        with opened(folder) as store:
            assert {held.tenure.certificate for held in held_keys(store.runs, HOSTS)} == {first.tenure.certificate}


class TestGivenARunThatGoesOn:
    @pytest.fixture
    def going(self, folder: Path) -> Path:
        with opened(folder) as store:
            store.runs.begin_run(RUN, ROUND, SECRETS)
        return folder

    def test_when_opened_again_then_its_secrets_are_there(self, going: Path) -> None:
        with opened(going) as store:
            assert store.runs.run_secrets(RUN) == SECRETS

    def test_when_its_rounds_are_recorded_again_then_it_is_refused_in_our_words_and_the_first_stays(
        self, going: Path
    ) -> None:
        other = Round(input=b"other", output=b"other")
        with opened(going) as store:
            store.runs.record_round(RUN, 2, ROUND, ends=False)
            for again in (
                lambda: store.runs.begin_run(RUN, other, SECRETS),
                lambda: store.runs.record_round(RUN, 2, other, ends=True),
            ):
                with pytest.raises(CustodyError):
                    again()
            assert store.runs.run_rounds(RUN) == {1: ROUND, 2: ROUND}
            assert store.runs.run_secrets(RUN) == SECRETS

    def test_when_it_ends_without_a_certificate_then_its_secrets_are_gone_and_its_rounds_stay(
        self, going: Path
    ) -> None:
        with opened(going) as store:
            store.runs.record_round(RUN, 2, ROUND, ends=True)
            with pytest.raises(RunAborted, match="has ended"):
                store.runs.run_secrets(RUN)
            assert store.runs.run_rounds(RUN) == {1: ROUND, 2: ROUND}

    @pytest.mark.parametrize(
        "edit",
        [
            "UPDATE run_secrets SET sealed = (SELECT sealed FROM run_secrets o WHERE o.kind != run_secrets.kind)",
            "UPDATE run_secrets SET run = zeroblob(32)",
            "UPDATE run_secrets SET sealed = (SELECT sealed FROM secrets)",
        ],
    )
    def test_when_its_secrets_are_moved_then_they_do_not_open(self, going: Path, edit: str) -> None:
        query(going, edit)
        with opened(going) as store, pytest.raises(StoreDamaged):
            store.runs.run_secrets(bytes(32) if "zeroblob" in edit else RUN)

    def test_when_the_certificate_cannot_be_written_then_neither_are_round_shares_nor_promise(
        self, going: Path, second: RunResult
    ) -> None:
        """Shares of a generation that is there already: the whole commit is refused, and the run goes on."""
        with opened(going) as store:
            shares = store.runs.shares(second.tenure)
            before = query(going, "SELECT count(*) FROM shares")
            with pytest.raises(StoreError):
                store.runs.record_certified(RUN, 2, ROUND, lineage=second.lineage, tenure=second.tenure, shares=shares)
            assert store.runs.run_rounds(RUN) == {1: ROUND}
            assert store.runs.run_secrets(RUN) == SECRETS
            assert query(going, "SELECT count(*) FROM shares") == before


class TestGivenARunThatWasEndorsed:
    def test_when_another_is_endorsed_after_it_then_the_first_stays_until_it_is_abandoned(
        self, folder: Path, second: RunResult
    ) -> None:
        certificate = second.tenure.certificate
        with opened(folder) as store:
            store.runs.begin_run(RUN, ROUND, SECRETS)
            store.runs.record_round(RUN, 2, ROUND, follows=certificate)
            store.runs.begin_run(fresh("another run"), ROUND, SECRETS)
            store.runs.record_round(fresh("another run"), 2, ROUND, follows=certificate)
            assert store.runs.successor(certificate) == RUN
            assert store.runs.unfinished() == [RUN]
            store.runs.abandon(RUN)
            assert store.runs.successor(certificate) is None
            assert store.runs.unfinished() == []
            with pytest.raises(RunAborted):
                store.runs.run_secrets(RUN)
            assert store.journal.verify() == store.journal_head()[0]
        kinds = [kind for (kind,) in query(folder, "SELECT kind FROM journal ORDER BY sequence DESC LIMIT 3")]
        assert "abandoned" in kinds


class TestGivenTwoGenerations:
    def test_when_the_first_is_erased_then_the_second_alone_signs_and_the_bytes_are_out_of_the_file(
        self, folder: Path, first: RunResult, second: RunResult
    ) -> None:
        sealed = [
            row[0]
            for row in query(folder, "SELECT sealed FROM shares WHERE certificate = ?", (first.tenure.certificate,))
        ]
        with opened(folder) as store:
            kept = secret_bytes(store, second.tenure)
            assert store.runs.erase_before(second.tenure) == 2
            assert store.runs.shares(first.tenure) == []
            assert secret_bytes(store, second.tenure) == kept
            assert store.runs.generation_seed(first.tenure.certificate) is None
            assert store.runs.generation_seed(second.tenure.certificate) is not None
            assert store.runs.lineages() == [second.lineage], "certificates are public, and prove the newest"
            raw = b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())
            assert not any(old in raw for old in sealed), "not in the write-ahead log either"
            assert store.runs.erase_before(second.tenure) == 0, "again is safe"

    def test_when_a_backup_is_tested_then_it_is_of_that_generation_alone(
        self, folder: Path, first: RunResult, second: RunResult
    ) -> None:
        with opened(folder) as store:
            assert not store.runs.backup_tested(second.tenure.certificate)
            store.runs.record_backup_tested(second.tenure.certificate)
            store.runs.record_backup_tested(second.tenure.certificate)
            assert store.runs.backup_tested(second.tenure.certificate)
            assert not store.runs.backup_tested(first.tenure.certificate)


class TestGivenDerivedKeys:
    def test_when_opened_again_then_each_contract_has_its_index_and_no_index_two_contracts(
        self, folder: Path, second: RunResult
    ) -> None:
        root, other = second.tenure.root, Address(bytes(range(20)))
        with opened(folder) as store:
            store.runs.record_child(root, 1, VAULT, 0)
            store.runs.record_child(root, 2, VAULT, 1)
            for chain, contract, index in ((1, other, 0), (1, VAULT, 2)):
                with pytest.raises(CustodyError):
                    store.runs.record_child(root, chain, contract, index)
        with opened(folder) as store:
            assert store.runs.children(root) == [(1, VAULT, 0), (2, VAULT, 1)]
            assert store.runs.child_index(root, 2, VAULT) == 1
            assert store.runs.child_index(root, 1, other) is None
            assert store.runs.children(fresh("another root")) == []


class TestGivenADiskThatRefuses:
    @pytest.mark.parametrize(
        "refusal", ["PRAGMA max_page_count = 1", "PRAGMA query_only = ON"], ids=["full", "read-only"]
    )
    def test_when_a_run_writes_then_it_is_a_store_error_and_nothing_is_half_there(
        self, folder: Path, second: RunResult, refusal: str
    ) -> None:
        large = Round(input=bytes(1_000_000), output=b"")
        with Database(folder) as database:
            store = NodeStore(database, cipher(database.meta("salt") or b""))
            store.runs.begin_run(RUN, ROUND, SECRETS)
            database.execute(refusal)
            writes = [
                lambda: store.runs.begin_run(fresh("other run"), large, SECRETS),
                lambda: store.runs.record_round(RUN, 2, large, ends=True),
                lambda: store.runs.record_certified(
                    RUN, 2, large, lineage=second.lineage, tenure=second.tenure, shares=()
                ),
            ]
            for write in writes:
                with pytest.raises(StoreError):
                    write()
            assert store.runs.run_rounds(RUN) == {1: ROUND}
            assert store.runs.run_rounds(fresh("other run")) == {}
            assert store.runs.run_secrets(RUN) == SECRETS
