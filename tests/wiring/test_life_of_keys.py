"""The life of a committee's keys as its people live it: node processes, `custody` commands, files, a chain.

Every class has a house of its own: five custodians, a coordinator's key, a chain. The tests of a class follow one
another, as the commands do; what a class is about is in its name.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from web3 import HTTPProvider, Web3
from web3.exceptions import ContractLogicError

from custody.chain.authority import Authority
from custody.chain.client import ChainClient
from custody.chain.compiler import compile_contracts
from custody.chain.deployment import Deployment, deploy_devnet, predict_deployment
from custody.chain.vault import Vault
from custody.cli.develop import find_root
from custody.config.documents import (
    CommitteeDocument,
    EvidenceDocument,
    KeysDocument,
    RegistryDocument,
    read_document,
    write_document,
)
from custody.coordinator import Asker, SigningCoordinator
from custody.errors import CustodyError
from custody.host import HostDirectory, HostIdentity, PassphraseCipher
from custody.identifiers import SignerId, to_hex
from custody.intents.keccak import keccak256
from custody.net import HttpTransport, serve
from custody.policy.clock import DEVNET_CHAIN_ID
from custody.protocol.blame import RunEvidence
from custody.protocol.committee import Committee, HostKeys
from custody.protocol.encoding import decode_exactly
from custody.protocol.evidence import judge_evidence
from custody.protocol.tenure import Tenure
from custody.signer.run_desk import RUN_REQUESTS, RunDesk, held_keys
from custody.store import NodeStore
from custody.units import DAY, USDC, MicroUsdc
from custody.wiring.custodians import read_coordinator, tenure_of_lineage
from custody.wiring.devnet import CustodianProcess, connect, expedite_rule, heartbeat_rule, start_anvil
from custody.wiring.payouts import Payout, Payouts, draft_expedite
from custody.wiring.processes import Children
from tests.builders import fresh
from tests.wiring.conftest import A_DAY_AND_A_BUCKET
from tests.wiring.warm_nodes import WarmChildren

COMMAND = [sys.executable, "-m", "custody.cli"]
THRESHOLDS = (3, 4)
ROOT = find_root(Path(__file__).parent)
HOSTS = HostDirectory()


@dataclass
class House:
    """Where everything lies, and what its people do. `seats`: who sits in the newest committee, in order."""

    folder: Path
    children: Children
    warm: WarmChildren
    url: str
    client: ChainClient
    deployment: Deployment
    hosts: dict[Path, HostKeys] = field(default_factory=dict)
    seats: list[CustodianProcess] = field(default_factory=list)
    _vault: Vault | None = None

    @property
    def keys(self) -> Path:
        return self.folder / "keys.json"

    @property
    def coordinator(self) -> Path:
        return self.folder / "coordinator.key"

    @property
    def committee(self) -> Path:
        return self.folder / "committee.json"

    def command(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        command = [*COMMAND, *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    def run(self, name: str, *arguments: object, keys: Path | None = None) -> subprocess.CompletedProcess[str]:
        return self.command(name, "--coordinator", self.coordinator, "--keys", keys or self.keys, *arguments)

    def operate(self, custodian: CustodianProcess, name: str, *options: str) -> subprocess.CompletedProcess[str]:
        """A command of `custody node`, as the custodian's operator gives it."""
        passphrase = custodian.home / "passphrase"
        passphrase.write_bytes(custodian.passphrase)
        return self.command("node", name, "--home", custodian.home, "--passphrase-file", passphrase, *options)

    def refresh(self) -> subprocess.CompletedProcess[str]:
        return self.run("refresh", "--committee", self.committee)

    def a_custodian(self, seat: int, name: str) -> CustodianProcess:
        custodian = CustodianProcess(SignerId(seat), self.folder / name)
        self.hosts[custodian.home] = custodian.init()
        return custodian

    def document(self, seats: list[CustodianProcess]) -> CommitteeDocument:
        committee = Committee(
            hosts=tuple(self.hosts[seat.home] for seat in seats),
            thresholds=THRESHOLDS,
            chain_id=DEVNET_CHAIN_ID,
            authority=self.deployment.authority,
        )
        return CommitteeDocument.of(committee, [seat.url for seat in seats])

    def agree(self, seats: list[CustodianProcess], file: Path) -> None:
        """Every party puts this committee.json into its home and starts its node anew."""
        document = self.document(seats)
        write_document(file, document)
        rules = expedite_rule(self.deployment.vault, max_amount=MicroUsdc(100_000 * USDC))
        rules += heartbeat_rule(self.deployment.authority)
        for seat in seats:
            seat.kill()
            seat.configure(
                rpc=self.url, committee=document, coordinator=read_coordinator(self.coordinator).keys, rules=rules
            )
            seat.start(self.warm)  # type: ignore[arg-type]  # starts what `Children` would
        for seat in seats:
            seat.await_ready()

    def restart(self, custodian: CustodianProcess) -> None:
        custodian.kill()
        custodian.start(self.warm)  # type: ignore[arg-type]
        custodian.await_ready()

    def tenure(self) -> Tenure:
        return tenure_of_lineage(read_document(self.keys, KeysDocument).lineage())

    def deploy(self) -> None:
        tenure = self.tenure()
        deployment, _ = deploy_devnet(
            self.client,
            deployer=self.client.accounts()[0],
            keys=tenure.by_threshold,
            signers=len(tenure.committee.hosts),
            certificate=tenure.root,
        )
        assert deployment == self.deployment
        self._vault = Vault(self.client, deployment)
        self._vault.mint_and_deposit(self.client.accounts()[1], MicroUsdc(500_000 * USDC))
        self.client.advance(A_DAY_AND_A_BUCKET)

    def pay(self) -> Payout:
        """A payout through the custodians of now, with the key that the chain has known from the beginning."""
        vault, client = self._vault, self.client
        assert vault is not None
        release = vault.request_release(client.accounts()[1], MicroUsdc(100 * USDC))

        async def paying() -> Payout:
            tenure = self.tenure()
            addresses = {SignerId(seat): each.url for seat, each in enumerate(self.seats, start=1)}
            async with HttpTransport(addresses) as transport:
                asker = Asker(
                    committee=tenure.committee,
                    identity=read_coordinator(self.coordinator),
                    hosts=HOSTS,
                    transport=transport,
                )
                payouts = Payouts(vault=vault, client=client, coordinator=SigningCoordinator(asker), tenure=tenure)
                return await payouts.pay(draft_expedite(vault, client, release), sender=client.accounts()[9])

        return asyncio.run(paying())

    def in_store(self, custodian: CustodianProcess, act: Callable[[NodeStore], Any]) -> Any:
        """What its operator does to a node that is stopped; it runs again afterwards."""
        custodian.kill()
        store = opened(custodian)
        try:
            return act(store)
        finally:
            store.close()
            custodian.start(self.warm)  # type: ignore[arg-type]
            custodian.await_ready()

    def certificates(self) -> list[set[bytes]]:
        """The certificates of the shares that each seat would sign with after a restart."""

        def held(store: NodeStore) -> set[bytes]:
            return {key.tenure.certificate for key in held_keys(store.runs, HOSTS)}

        return [self.in_store(seat, held) for seat in self.seats]


@pytest.fixture(scope="class")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Five custodians who agreed on a committee, their nodes running; no keys yet."""
    folder = tmp_path_factory.mktemp("house")
    with ExitStack() as stack:
        children = stack.enter_context(Children())
        warm = stack.enter_context(WarmChildren())
        artifacts = compile_contracts(ROOT)
        _, url = start_anvil(children, root=ROOT, folder=folder)
        client = connect(url, artifacts)
        house = House(folder, children, warm, url, client, predict_deployment(client, client.accounts()[0]))
        made = house.command("coordinator", "init", "--file", house.coordinator)
        assert made.returncode == 0, made.stderr
        assert made.stdout.startswith('coordinators = ["')
        house.seats = [house.a_custodian(seat, f"custodian-{seat}") for seat in range(1, 6)]
        house.agree(house.seats, house.committee)
        yield house


@pytest.fixture(scope="class")
def with_keys(house: House) -> House:
    done = house.run("ceremony", "--committee", house.committee)
    assert done.returncode == 0, done.stderr
    return house


def one_sentence(done: subprocess.CompletedProcess[str], code: int, says: str) -> None:
    assert done.returncode == code, (done.stdout, done.stderr)
    assert done.stderr.startswith("custody: ")
    assert len(done.stderr.strip().splitlines()) == 1
    assert says in done.stderr


def public_keys(tenure: Tenure) -> list[bytes]:
    return [key.id for key in tenure.keys]


class TestGivenAWholeLife:
    """In order: each test goes on where the one before it stopped."""

    def test_when_the_ceremony_is_run_then_keys_json_proves_itself_and_the_chain_pays(self, house: House) -> None:
        done = house.run("ceremony", "--committee", house.committee)
        assert done.returncode == 0, done.stderr
        assert [line for line in done.stdout.splitlines() if line.startswith("round ")][-1].startswith("round 5 of 5")
        assert "next, every custodian backs up" in done.stdout
        shown = house.command("keys", "show", "--keys", house.keys)
        assert shown.returncode == 0
        assert "generation 0 of 5 custodians" in shown.stdout
        assert all(key.hex() in shown.stdout for key in public_keys(house.tenure()))
        house.deploy()
        assert house.pay().paid

    def test_when_the_ceremony_is_run_again_then_it_is_refused_in_one_sentence(self, house: House) -> None:
        one_sentence(house.run("ceremony", "--committee", house.committee), 2, "exists already")
        again = house.run("ceremony", "--committee", house.committee, keys=house.folder / "other.json")
        one_sentence(again, 1, "this committee has its keys")
        assert not (house.folder / "other.json").exists()

    def test_when_refreshed_then_the_same_keys_pay_with_other_shares(self, house: House) -> None:
        before = house.tenure()
        done = house.refresh()
        assert done.returncode == 0, done.stderr
        assert "`custody erase`" in done.stdout
        after = house.tenure()
        assert (after.generation, public_keys(after)) == (1, public_keys(before))
        assert all(
            new.public_shares[seat] != old.public_shares[seat]
            for new, old in zip(after.keys, before.keys, strict=True)
            for seat in new.public_shares
        )
        assert house.pay().paid

    def test_when_a_week_has_passed_then_a_heartbeat_is_signed_and_heard_and_none_is_due(self, house: House) -> None:
        authority = Authority(house.client, house.deployment.authority)
        sender = to_hex(house.client.accounts()[9])

        def beat(*options: str) -> list[str]:
            done = house.run("heartbeat", "--committee", house.committee, "--rpc", house.url, *options)
            assert done.returncode == 0, done.stderr
            return done.stdout.splitlines()

        begun = authority.pulse().last_heard
        assert beat("--sender", sender)[-1].startswith("none is due yet")
        assert authority.pulse().last_heard == begun
        house.client.advance(7 * DAY)
        said = beat("--sender", sender)
        assert any(line.startswith("custodians ") and line.split(" signed ")[0].count(",") == 3 for line in said)
        heard = authority.pulse().last_heard
        assert heard >= begun + 7 * DAY
        assert beat("--sender", sender)[-1].startswith("none is due yet"), "again is safe"
        assert authority.pulse().last_heard == heard

    def test_when_a_heartbeat_cannot_be_had_then_one_sentence_says_why(self, house: House) -> None:
        authority = Authority(house.client, house.deployment.authority)
        before = authority.pulse().last_heard
        command = ("heartbeat", "--committee", house.committee, "--force")
        one_sentence(house.run(*command, "--rpc", house.url, "--sender", "0x1"), 2, "--sender")
        one_sentence(house.run(*command, "--rpc", "http://127.0.0.1:1"), 1, "http://127.0.0.1:1")
        gone = house.seats[:2]
        for seat in gone:
            seat.kill()
        too_few = "needs 4 of 5 custodians, 3 approved; silent: 1, 2"
        one_sentence(house.run(*command, "--rpc", house.url), 1, too_few)
        for seat in gone:
            house.restart(seat)
        assert authority.pulse().last_heard == before

    def test_when_nobody_is_to_hand_it_in_then_a_transaction_is_printed_that_counts_once(self, house: House) -> None:
        authority = Authority(house.client, house.deployment.authority)
        before = authority.pulse().last_heard
        done = house.run("heartbeat", "--committee", house.committee, "--rpc", house.url, "--force")
        assert done.returncode == 0, done.stderr
        assert authority.pulse().last_heard == before
        printed = json.loads(done.stdout.splitlines()[-1])
        assert printed["chainId"] == DEVNET_CHAIN_ID
        chain = Web3(HTTPProvider(house.url)).eth
        transaction: Any = {"from": chain.accounts[8], "to": printed["to"], "data": printed["data"]}
        assert chain.wait_for_transaction_receipt(chain.send_transaction(transaction))["status"] == 1
        after = authority.pulse().last_heard
        assert after > before
        with pytest.raises(ContractLogicError) as caught:
            chain.send_transaction(transaction)
        assert str(caught.value.data).startswith(to_hex(keccak256(b"DigestUsed(bytes32)")[:4]))
        assert authority.pulse().last_heard == after

    def test_when_a_seat_is_to_go_then_a_reshare_is_refused_until_erasure_is_trusted(self, house: House) -> None:
        before = house.tenure()
        newcomer = house.a_custodian(5, "newcomer")
        leaver, seats = house.seats[4], [*house.seats[:4], newcomer]
        to = house.folder / "with-newcomer.json"
        house.agree(seats, to)
        arguments = ("reshare", "--from", house.committee, "--to", to)
        one_sentence(house.run(*arguments), 2, "seat 5 would go")
        done = house.run(*arguments, "--trusts-erasure")
        assert done.returncode == 0, done.stderr
        after = house.tenure()
        assert (after.generation, public_keys(after)) == (2, public_keys(before))
        house.seats = seats
        house.committee.write_bytes(to.read_bytes())
        house.seats[1].kill()
        payout = house.pay()
        assert payout.paid
        house.restart(house.seats[1])
        leaver.kill()

    def test_when_a_machine_is_lost_then_a_repair_gives_its_seat_a_new_host_and_the_same_share(
        self, house: House
    ) -> None:
        before = house.tenure()
        lost = house.seats[1]
        lost.kill()
        replacement = house.a_custodian(2, "replacement")
        seats = [house.seats[0], replacement, *house.seats[2:]]
        to = house.folder / "repaired.json"
        house.agree(seats, to)
        done = house.run("repair", "--from", house.committee, "--to", to)
        assert done.returncode == 0, done.stderr
        after = house.tenure()
        assert (after.generation, public_keys(after)) == (3, public_keys(before))
        assert [key.public_shares for key in after.keys] == [key.public_shares for key in before.keys]
        house.seats = seats
        house.committee.write_bytes(to.read_bytes())
        for gone in (house.seats[0], house.seats[3]):
            gone.kill()
        payout = house.pay()
        assert payout.signed.signers == (2, 3, 5), "the seat that was repaired signs"
        assert payout.paid
        for gone in (house.seats[0], house.seats[3]):
            house.restart(gone)

    def test_when_contracts_get_keys_of_their_own_then_each_has_an_index_signed_by_every_seat(
        self, house: House
    ) -> None:
        registry = house.folder / "registry.json"

        def derive(contract: str) -> subprocess.CompletedProcess[str]:
            return house.run("derive", "--committee", house.committee, "--contract", contract, "--registry", registry)

        first, again, second = derive("0x" + "11" * 20), derive("0x" + "11" * 20), derive("0x" + "22" * 20)
        assert first.returncode == second.returncode == 0, (first.stderr, second.stderr)
        assert again.stdout.splitlines()[-2:] == first.stdout.splitlines()[-2:]
        lines = read_document(registry, RegistryDocument).lines
        assert [line.index for line in lines] == [0, 1]
        assert all(len(line.signed) == 5 for line in lines)
        assert not {*lines[0].keys} & {*lines[1].keys}
        one_sentence(derive("0x12"), 2, "")

    def test_when_old_shares_are_to_be_erased_then_every_seat_has_tested_its_backup_first(self, house: House) -> None:
        arguments = ("erase", "--committee", house.committee)
        one_sentence(house.run(*arguments), 2, "no backup of this generation was tested here")
        certificate = house.tenure().certificate
        for seat in house.seats[:4]:
            house.in_store(seat, lambda store: store.runs.record_backup_tested(certificate))
        one_sentence(house.run(*arguments), 2, "custodian 5: ")
        house.in_store(house.seats[4], lambda store: store.runs.record_backup_tested(certificate))
        for _ in range(2):  # again is safe
            done = house.run(*arguments)
            assert done.returncode == 0, done.stderr

        def older(store: NodeStore) -> int:
            lineage = store.runs.lineages()[0]
            return sum(len(store.runs.shares(tenure_of_lineage(lineage[:length]))) for length in range(1, len(lineage)))

        assert [house.in_store(seat, older) for seat in house.seats] == [0] * 5
        assert house.pay().paid

    def test_when_keys_json_is_lost_then_the_custodians_give_it_back(self, house: House) -> None:
        kept = house.keys.read_bytes()
        house.keys.unlink()
        done = house.command(
            "keys", "fetch", "--committee", house.committee, "--coordinator", house.coordinator, "--keys", house.keys
        )
        assert done.returncode == 0, done.stderr
        assert house.keys.read_bytes() == kept
        assert "generation 3" in done.stdout


class TestGivenAPartyThatDies:
    def test_when_one_is_dead_from_the_start_then_nothing_moves_and_the_same_command_succeeds_later(
        self, with_keys: House
    ) -> None:
        house, before = with_keys, with_keys.tenure()
        house.seats[3].kill()
        failed = house.refresh()
        one_sentence(failed, 1, "custodian 4: not reachable")
        assert "say the same command again" in failed.stderr
        assert house.tenure().certificate == before.certificate
        house.restart(house.seats[3])
        assert house.refresh().returncode == 0
        assert house.tenure().generation == before.generation + 1

    @pytest.mark.parametrize("round_", [2, 3, 4, 5])
    def test_when_one_dies_between_rounds_and_comes_back_then_the_run_ends_whole_or_is_ended_by_a_second_command(
        self, with_keys: House, round_: int
    ) -> None:
        house, before = with_keys, with_keys.tenure()
        victim = house.seats[round_ - 1]
        arguments = ("--committee", house.committee, "--coordinator", house.coordinator, "--keys", house.keys)
        command = [*COMMAND, "refresh", *map(str, arguments)]
        running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert running.stdout is not None
        for line in running.stdout:
            if line.startswith(f"round {round_} "):
                victim.kill()
                break
        _, errors = running.communicate(timeout=120)
        house.restart(victim)
        if running.returncode != 0:
            done = subprocess.CompletedProcess(command, running.returncode, "", errors)
            one_sentence(done, 1, "say the same command again")
            assert house.tenure().certificate == before.certificate
            again = house.refresh()
            assert again.returncode == 0, again.stderr
            assert "going on with the refresh that was begun before" in again.stdout
        after = house.tenure()
        assert after.generation == before.generation + 1
        assert house.certificates() == [{after.certificate}] * 5, "never half"

    @pytest.mark.parametrize("round_", [2, 4, 5])
    def test_when_the_command_itself_is_killed_then_said_again_it_goes_on(self, with_keys: House, round_: int) -> None:
        house, before = with_keys, with_keys.tenure()
        arguments = ("--committee", house.committee, "--coordinator", house.coordinator, "--keys", house.keys)
        running = subprocess.Popen(
            [*COMMAND, "refresh", *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert running.stdout is not None
        for line in running.stdout:
            if line.startswith(f"round {round_} "):
                break
        running.kill()
        running.communicate()
        again = house.refresh()
        assert again.returncode == 0, again.stderr
        after = house.tenure()
        assert after.generation == before.generation + 1
        assert house.certificates() == [{after.certificate}] * 5


class TestGivenAPartyThatDealsAWrongShare:
    def test_when_a_refresh_is_run_then_the_command_names_it_and_leaves_evidence_that_convinces_offline(
        self, with_keys: House
    ) -> None:
        house, before = with_keys, with_keys.tenure()
        bad = house.seats[1]
        bad.kill()
        store = opened(bad)
        identity = HostIdentity(store.identity_seed())
        desk = RunDesk(
            committee=before.committee,
            identity=identity,
            hosts=WrongSealer(),
            log=store.runs,
            keys=store.runs,
            randomness=lambda count: fresh("a party that cheats")[:count],
        )
        coordinator = read_coordinator(house.coordinator).keys

        async def handle(encoded: bytes) -> bytes:
            request = HOSTS.authenticate(encoded, {coordinator.id: coordinator})
            if not isinstance(request.message, RUN_REQUESTS):
                raise CustodyError("not now")
            return desk.answer(request)[0]  # type: ignore[arg-type]  # narrowed above

        async def refreshing() -> subprocess.CompletedProcess[str]:
            async with serve(handle, host="127.0.0.1", port=bad.port):
                return await asyncio.to_thread(house.refresh)

        try:
            done = asyncio.run(refreshing())
        finally:
            store.close()
        one_sentence(done, 1, f"at fault is host {identity.keys.id.hex()}")
        assert house.tenure().certificate == before.certificate
        (file,) = house.folder.glob("evidence-*.json")
        assert file.name in done.stderr
        evidence = read_document(file, EvidenceDocument)
        verdict = judge_evidence(decode_exactly(RunEvidence, evidence.encoded()), HOSTS)
        assert (evidence.kind, verdict.culprit) == ("run", identity.keys.id)

    def test_when_everybody_agrees_that_the_run_is_dead_then_an_honest_refresh_succeeds(self, with_keys: House) -> None:
        """Who endorsed it endorses no other, until its operator says so."""
        house = with_keys
        house.restart(house.seats[1])
        one_sentence(house.refresh(), 1, "custody node abandon")
        (house.folder / "keys.json.run").unlink()
        said = []
        for seat in house.seats:
            one_sentence(house.operate(seat, "abandon", "--yes"), 1, "another process holds")
            seat.kill()
            said.append(house.operate(seat, "abandon", "--yes"))
            house.restart(seat)
        assert {each.returncode for each in said} <= {0, 2}, "2: nothing was endorsed there"
        assert any(each.stdout.endswith("is forgotten\n") for each in said)
        done = house.refresh()
        assert done.returncode == 0, done.stderr
        assert house.certificates() == [{house.tenure().certificate}] * 5


def opened(custodian: CustodianProcess) -> NodeStore:
    """The store of a stopped node, as its operator opens it."""
    return NodeStore.open(custodian.home, lambda *, salt: PassphraseCipher(custodian.passphrase, salt=salt))


class WrongSealer(HostDirectory):
    """Seals another share than it committed to, to one recipient."""

    def __init__(self) -> None:
        self._sealed = 0

    def seal(self, plaintext: bytes, *, public: bytes, info: bytes) -> bytes:
        self._sealed += 1
        wrong = self._sealed == 3
        return super().seal(fresh("a wrong share") if wrong else plaintext, public=public, info=info)


class TestGivenAMistakeOfAPerson:
    def test_when_a_file_is_missing_or_another_then_one_sentence_and_code_2(self, with_keys: House) -> None:
        house, absent = with_keys, with_keys.folder / "absent.json"
        committee, keys, key = house.committee, house.keys, house.coordinator
        for arguments in (
            ("--committee", absent, "--coordinator", key, "--keys", keys),
            ("--committee", committee, "--coordinator", absent, "--keys", keys),
            ("--committee", committee, "--coordinator", key, "--keys", absent),
            ("--committee", keys, "--coordinator", key, "--keys", keys),
            ("--committee", committee, "--coordinator", keys, "--keys", keys),
            ("--committee", committee, "--coordinator", key, "--keys", committee),
        ):
            one_sentence(house.command("refresh", *arguments), 2, "json")
            one_sentence(house.command("erase", *arguments), 2, "json")
        for text in ('{"certificates": ["zz"]}', '{"certificates": []}', '{"certificates": ["00"]}', "{"):
            absent.write_text(text)
            one_sentence(house.run("refresh", "--committee", committee, keys=absent), 2, "")
        broken = committee.read_text().replace('"signing": "', '"signing": "zz', 1)
        absent.write_text(broken)
        for name in ("refresh", "erase"):
            one_sentence(house.run(name, "--committee", absent), 2, "absent.json is not what it should be")
        one_sentence(
            house.run("repair", "--from", absent, "--to", committee), 2, "absent.json is not what it should be"
        )
        absent.unlink()
        one_sentence(house.command("keys", "show", "--keys", absent), 2, "absent.json")
        one_sentence(house.command("keys", "show", "--keys", committee), 2, "committee.json")

    def test_when_the_committee_file_is_of_others_then_one_sentence_and_nothing_moves(self, with_keys: House) -> None:
        house, before = with_keys, with_keys.tenure()
        stranger = house.a_custodian(5, "stranger")
        other = house.folder / "other-committee.json"
        write_document(other, house.document([*house.seats[:4], stranger]))
        one_sentence(house.run("refresh", "--committee", other), 2, "refresh")
        one_sentence(house.run("repair", "--from", house.committee, "--to", house.committee), 2, "exactly one seat")
        assert not (house.folder / "keys.json.run").exists(), "what cannot be run is not begun"
        assert house.tenure().certificate == before.certificate
        assert house.refresh().returncode == 0

    def test_when_the_coordinator_is_nobody_s_then_one_sentence_and_nothing_moves(self, with_keys: House) -> None:
        house, before = with_keys, with_keys.tenure()
        stranger = house.folder / "stranger.key"
        assert house.command("coordinator", "init", "--file", stranger).returncode == 0
        one_sentence(house.command("coordinator", "init", "--file", stranger), 2, "exists already")
        arguments = ("--committee", house.committee, "--coordinator", stranger, "--keys", house.keys)
        one_sentence(house.command("refresh", *arguments), 1, "the author is nobody we know")
        assert house.tenure().certificate == before.certificate
        assert house.refresh().returncode == 0

    def test_when_a_key_file_was_edited_then_it_does_not_prove_itself(self, with_keys: House) -> None:
        house = with_keys
        document = read_document(house.keys, KeysDocument)
        spoiled = house.folder / "spoiled.json"
        text = house.keys.read_text()
        digits = document.certificates[0]
        spoiled.write_text(text.replace(digits[:400], digits[:399] + ("0" if digits[399] != "0" else "1")))
        one_sentence(house.command("keys", "show", "--keys", spoiled), 2, "does not prove who holds the keys")
