"""A deployment on a real chain that is stopped at any step and begun again: nothing twice, nothing left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import msgspec
import pytest

from custody.chain.compiler import Artifact, compile_contracts
from custody.chain.deployment_order import EVERYTHING, DeploymentTerms, lay_out
from custody.chain.resumable import Deployer, Done, Entry, Record
from custody.errors import Reverted, UsageError
from custody.identifiers import Address, address, to_hex
from custody.intents import Expedite, Heartbeat, LiquidationOrder, Operation, Order
from custody.intents.eip712 import Domain
from custody.intents.typed import TypedStruct
from custody.wiring.deploying import deploy, devnet_terms
from tests.chain.parity_chain import ROOT, ParityChain

STEPS = [step.name for step in EVERYTHING]
NAMED_BEFOREHAND = ("vault", "delegations", "venue", "liquidation")
"""The vault and the delegations name the venue, and the venue liquidation, before they lie there: all go together."""
ACCOUNTS = [Address(bytes([byte]) * 20) for byte in range(0x21, 0x2B)]
TERMS = devnet_terms(ACCOUNTS)
NUMBERS = count(0x51)


class Stopped(Exception):
    """The process that deployed was killed."""


class Hands:
    """One deployer on the chain, which may be stopped before it sends, or after it sent and before it heard of it."""

    def __init__(self, parity: ParityChain) -> None:
        self._client = parity.client
        self._account = Address(bytes([next(NUMBERS)]) * 20)
        self._client.give_ether(self._account)
        self.sent = 0
        self.stop_before: int | None = None
        self.stop_after: int | None = None
        self.named_chain: int | None = None
        self.knows_the_past = True

    def chain_id(self) -> int:
        return self.named_chain or self._client.chain_id()

    def deployer(self) -> Address:
        return self._account

    def count(self) -> int:
        return self._client.transaction_count(self._account)

    def now(self) -> int:
        return self._client.head()[2]

    def code(self, where: Address) -> bytes:
        return self._client.code(where)

    def said(self, nonce: int) -> bytes:
        return self._client.input_of(self._account, nonce) if self.knows_the_past else b""

    def create(self, artifact: Artifact, arguments: tuple[object, ...]) -> Address:
        with_it = self._sending()
        next(with_it)
        made = self._client.deploy(artifact.name, arguments, sender=self._account).contract
        next(with_it, None)
        assert made is not None
        return made

    def send(self, artifact: Artifact, where: Address, function: str, arguments: tuple[object, ...]) -> None:
        with_it = self._sending()
        next(with_it)
        self._client.send(self._client.at(artifact.name, where).functions[function](*arguments), sender=self._account)
        next(with_it, None)

    def something_else(self) -> None:
        """A transaction that no deployment knows of."""
        self._client.deploy("DevnetUSDC", (), sender=self._account)

    def _sending(self) -> Iterator[None]:
        if self.sent == self.stop_before:
            raise Stopped
        yield
        self.sent += 1
        if self.sent - 1 == self.stop_after:
            raise Stopped


class Site:
    """A deployer and its record, as the file has it."""

    def __init__(self, parity: ParityChain) -> None:
        self.parity = parity
        self.hands = Hands(parity)
        self.artifacts = dict(compile_contracts(ROOT))
        self.record: Record | None = None

    def keep(self, record: Record) -> None:
        self.record = record

    def deploy(self, terms: DeploymentTerms = TERMS) -> Done:
        return Deployer(self.hands, self.artifacts, self.keep).deploy(EVERYTHING, terms, self.record)

    def begin_and_stop(self, *, before: int | None = None, after: int | None = None) -> None:
        self.hands.stop_before, self.hands.stop_after = before, after
        with pytest.raises(Stopped):
            self.deploy()
        self.hands.stop_before = self.hands.stop_after = None

    def require_whole(self, done: Done) -> None:
        """Every part names the others where they lie."""
        at = done.addresses
        for contract, name, views in (
            ("CollateralVault", "vault", ("token", "authority", "people", "oracle", "venue")),
            ("MarginVenue", "venue", ("vault", "oracle", "risk", "liquidation", "delegations", "succession")),
            ("Liquidation", "liquidation", ("venue", "vault", "oracle", "risk", "authority")),
            ("Delegations", "delegations", ("venue",)),
            ("Succession", "succession", ("authority", "people")),
            ("ThresholdAuthority", "authority", ("oracle", "people")),
        ):
            for view in views:
                (found,) = self.parity.call(contract, at[name], view)
                assert address(bytes.fromhex(found[2:])) == at[view], (name, view)
        assert all(self.hands.code(where) for where in at.values())
        assert self.record is not None
        assert set(self.record.steps) == set(STEPS)
        assert list(at) == [name for name in STEPS if name != "first round"]


@pytest.fixture
def site(parity: ParityChain) -> Site:
    return Site(parity)


class TestGivenNothing:
    def test_when_deployed_then_every_part_lies_where_it_was_said_to_and_names_the_others(self, site: Site) -> None:
        expected = lay_out(EVERYTHING, deployer=site.hands.deployer(), count=0)
        done = site.deploy()
        assert done.taken == tuple(STEPS)
        assert done.addresses == expected
        site.require_whole(done)

    def test_when_deployed_twice_then_nothing_is_sent_anew(self, site: Site) -> None:
        first = site.deploy()
        again = site.deploy()
        assert again.taken == ()
        assert again.addresses == first.addresses
        assert site.hands.count() == len(STEPS)

    @pytest.mark.parametrize(
        ("struct", "part"),
        [
            (Expedite, "vault"),
            (Order, "venue"),
            (LiquidationOrder, "liquidation"),
            (Operation, "people"),
            (Heartbeat, "authority"),
        ],
        ids=lambda each: getattr(each, "NAME", each),
    )
    def test_when_a_consumer_tells_its_domain_then_it_is_that_of_its_structs(
        self, site: Site, struct: type[TypedStruct], part: str
    ) -> None:
        where = site.deploy().addresses[part]
        _, name, version, chain_id, contract, salt, extensions = site.parity.call(
            struct.CONTRACT, where, "eip712Domain"
        )
        domain = struct.domain(chain_id=site.parity.client.chain_id(), contract=where)
        told = Domain(name=name, version=version, chain_id=chain_id, contract=address(contract))
        assert told == domain
        assert (salt, extensions) == (bytes(32), ())

    def test_when_the_token_is_given_then_it_is_used_and_none_is_deployed(self, site: Site) -> None:
        token = site.parity.deploy("DevnetUSDC")
        done = site.deploy(replace(TERMS, token=token))
        assert "token" not in done.taken
        assert done.addresses["token"] == token
        assert site.parity.call("CollateralVault", done.addresses["vault"], "token") == ("0x" + token.hex(),)

    def test_when_the_feed_is_given_then_its_first_round_is_not_ours_either(self, site: Site) -> None:
        client, feed = site.parity.client, site.parity.deploy("PriceFeed")
        client.send(
            client.at("PriceFeed", feed).functions.push([(10**12, client.head()[2])]), sender=site.parity.sender
        )
        done = site.deploy(replace(TERMS, feed=feed))
        assert {"feed", "first round"} & set(done.taken) == set()
        assert done.addresses["feed"] == feed

    def test_when_what_is_given_has_no_code_then_refused(self, site: Site) -> None:
        with pytest.raises(UsageError, match="which is to be the token"):
            site.deploy(replace(TERMS, token=Address(b"\x99" * 20)))
        assert site.hands.count() == 0

    def test_when_a_constructor_refuses_then_by_its_name_and_what_was_done_stays(self, site: Site) -> None:
        with pytest.raises(Reverted) as caught:
            site.deploy(replace(TERMS, guardians=()))
        assert caught.value.error.startswith("Guardian") or "Guardian" in caught.value.error
        assert site.record is not None
        assert site.hands.count() == STEPS.index("people")


class TestGivenADeploymentThatWasStopped:
    @pytest.mark.parametrize("step", range(len(STEPS)), ids=STEPS)
    def test_when_before_a_step_was_sent_then_the_rest_is_done(self, site: Site, step: int) -> None:
        site.begin_and_stop(before=step)
        done = site.deploy()
        assert done.taken == tuple(STEPS[step:])
        site.require_whole(done)
        assert site.hands.count() == len(STEPS)

    @pytest.mark.parametrize("step", range(len(STEPS)), ids=STEPS)
    def test_when_after_a_step_was_sent_then_what_it_put_is_found(self, site: Site, step: int) -> None:
        site.begin_and_stop(after=step)
        done = site.deploy()
        assert site.record is not None
        assert all(entry.code_hash or not entry.arguments for entry in site.record.steps.values())
        repeated = STEPS[step] == "first round"  # a call leaves no code: a devnet's feed hears it twice
        assert done.taken[0:1] == tuple(STEPS[step + (not repeated) :][:1])
        assert site.hands.count() >= len(STEPS)
        site.require_whole(done)
        assert site.deploy().taken == ()

    def test_when_its_call_was_heard_and_not_noted_then_only_the_feeds_dependants_are_still_to_do(
        self, site: Site
    ) -> None:
        site.begin_and_stop(after=STEPS.index("first round"))
        done = site.deploy()
        assert set(done.taken) == set(STEPS) - {"token", "feed"}

    def test_when_the_node_cannot_tell_what_put_it_there_then_it_is_put_anew(self, site: Site) -> None:
        site.begin_and_stop(after=STEPS.index("people"))
        assert site.record is not None
        first = site.record.steps["people"].address
        site.hands.knows_the_past = False
        done = site.deploy()
        assert done.taken == tuple(STEPS[STEPS.index("people") :])
        assert to_hex(done.addresses["people"]) != first
        site.require_whole(done)
        assert site.deploy().taken == ()

    def test_when_the_deployer_put_people_of_other_terms_there_then_they_are_not_taken(self, site: Site) -> None:
        """Another folder, other settings, the same hands: a rehearsal."""
        site.begin_and_stop(before=STEPS.index("people"))
        assert site.record is not None
        oracle = address(site.record.steps["oracle"].address)
        others = [Address(bytes([byte]) * 20) for byte in (0xA1, 0xA2, 0xA3)]
        made = site.parity.client.deploy(
            "MultisigAuthority", (TERMS.member_set, others, oracle), sender=site.hands.deployer()
        ).contract
        assert made is not None
        assert to_hex(made) == site.record.steps["people"].address
        done = site.deploy()
        assert done.taken == tuple(STEPS[STEPS.index("people") :])
        ours = done.addresses["people"]
        for guardian, is_one in ((others[0], False), (TERMS.guardians[0], True)):
            assert site.parity.call("MultisigAuthority", ours, "isGuardian", to_hex(guardian)) == (is_one,)
        site.require_whole(done)

    @pytest.mark.parametrize("step", NAMED_BEFOREHAND)
    def test_when_the_deployer_sent_something_else_then_what_named_a_wrong_place_is_put_anew(
        self, site: Site, step: str
    ) -> None:
        site.begin_and_stop(before=STEPS.index(step))
        site.hands.something_else()
        done = site.deploy()
        assert done.taken == NAMED_BEFOREHAND
        site.require_whole(done)
        assert site.deploy().taken == ()


class TestGivenARecordOfSomethingElse:
    def test_when_the_terms_are_others_then_refused(self, site: Site) -> None:
        site.deploy()
        with pytest.raises(UsageError, match=r"other settings; move deployments/31337\.json away"):
            site.deploy(replace(TERMS, cure=1))

    def test_when_another_deploys_then_refused(self, site: Site) -> None:
        site.deploy()
        site.hands = Hands(site.parity)
        with pytest.raises(UsageError, match="was begun by 0x"):
            site.deploy()

    def test_when_a_contract_has_changed_since_then_refused_by_its_name(self, site: Site) -> None:
        site.deploy()
        vault = site.artifacts["CollateralVault"]
        site.artifacts["CollateralVault"] = replace(vault, bytecode=vault.bytecode[:-2] + "00")
        with pytest.raises(UsageError, match="CollateralVault is compiled to other code"):
            site.deploy()

    def test_when_the_local_chain_began_anew_then_everything_is_deployed(self, site: Site) -> None:
        first = site.deploy()
        assert site.record is not None
        gone = {name: replace_entry(entry) for name, entry in site.record.steps.items()}
        site.record = Record(
            chain_id=site.record.chain_id, deployer=site.record.deployer, terms=site.record.terms, steps=gone
        )
        done = site.deploy()
        assert done.taken == tuple(STEPS)
        assert set(done.addresses.values()).isdisjoint(first.addresses.values())

    def test_when_another_chain_does_not_show_what_was_deployed_then_refused(self, site: Site) -> None:
        site.hands.named_chain = 10
        site.deploy()
        assert site.record is not None
        steps = site.record.steps | {"risk": replace_entry(site.record.steps["risk"])}
        record = site.record
        site.record = Record(chain_id=10, deployer=record.deployer, terms=record.terms, given=record.given, steps=steps)
        with pytest.raises(UsageError, match="does not show the risk"):
            site.deploy()


def replace_entry(entry: Entry) -> Entry:
    """The same step, where no code lies."""
    return msgspec.structs.replace(entry, address="0x" + "77" * 20)


class TestGivenAChainThatIsNoDevnet:
    def test_when_there_is_no_config_then_refused_before_anything_is_sent(self, site: Site, tmp_path) -> None:
        site.hands.named_chain = 10
        with pytest.raises(UsageError, match="chain 10 is no devnet: say --config FILE"):
            deploy(ROOT, site.hands, config=None, accounts=ACCOUNTS, folder=tmp_path)
        assert site.hands.count() == 0
        assert not list(tmp_path.iterdir())


def test_when_a_devnet_has_too_few_accounts_then_its_defaults_are_refused() -> None:
    with pytest.raises(UsageError, match="need 10 accounts"):
        devnet_terms(ACCOUNTS[:9])
