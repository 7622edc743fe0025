"""What speaks against a Heartbeat: each objection alone, by its code, and nothing signed that no rule allows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from custody.config.documents import PolicyDocument, read_document
from custody.errors import EncodingError, PolicyDenied
from custody.identifiers import Address, SignerId
from custody.intents import ActionClass, Heartbeat, decode_intent
from custody.intents.examples import EXAMPLES
from custody.policy import Approved, Policy, Rule, approve
from custody.policy.facts import AcceptanceState, AuthorityFacts, HeartbeatFacts
from custody.units import DAY, HOUR
from tests.builders import AUTHORITY, CHAIN_ID, CHAIN_TIME, VAULT, a_key, a_rule, some_facts

THRESHOLDS = (3, 4)
LOW = a_key(threshold=3, n=5, label="low")[SignerId(1)].key
HIGH = a_key(threshold=4, n=5, label="high")[SignerId(1)].key
RULE = a_rule(name="alive", intent="Heartbeat", contract=AUTHORITY, max_amount=0, max_deadline_ahead=HOUR)
OF_A_WEEK = a_rule(name="alive", intent="Heartbeat", contract=AUTHORITY, max_amount=0, max_deadline_ahead=7 * DAY)


def decide(
    *,
    key: Any = HIGH,
    contract: Address = AUTHORITY,
    rules: tuple[Rule, ...] = (RULE,),
    facts: dict[str, Any] | None = None,
    **members: Any,
) -> Approved:
    known: dict[str, Any] = {
        "chain_id": CHAIN_ID,
        "acceptance": AcceptanceState.UNSET,
        "epoch": 1,
        "group_key": key.public.coordinates(),
    }
    terms = {"action_class": ActionClass.D0, "threshold": key.threshold, "deadline": CHAIN_TIME + HOUR} | members
    return approve(
        Heartbeat(**({"epoch": 1, "nonce": 7} | terms)),
        contract=contract,
        key=key,
        thresholds=THRESHOLDS,
        facts=HeartbeatFacts(authority=AuthorityFacts(**(known | (facts or {}))), address=AUTHORITY),
        chain_time=CHAIN_TIME,
        policy=Policy(rules),
    )


def codes(**circumstances: Any) -> list[str]:
    with pytest.raises(PolicyDenied) as raised:
        decide(**circumstances)
    return [reason.split(":")[0] for reason in raised.value.reasons]


class TestGivenAHeartbeatOfTheCommitteesOwnAuthority:
    def test_when_everything_speaks_for_it_then_it_is_approved_with_the_digest_that_was_derived_here(self) -> None:
        approved = decide()
        assert approved.digest == approved.intent.digest(chain_id=CHAIN_ID, contract=AUTHORITY)
        assert (approved.group_key, approved.rule, approved.contract) == (HIGH.id, "alive", AUTHORITY)

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"key": LOW}, "threshold-too-low"),
            ({"action_class": ActionClass.A, "deadline": CHAIN_TIME + 600}, "wrong-class"),
            ({"action_class": ActionClass.D}, "wrong-class"),
            ({"epoch": 0}, "wrong-epoch"),
            ({"epoch": 2}, "wrong-epoch"),
            ({"threshold": 5}, "wrong-key"),
            ({"facts": {"group_key": LOW.public.coordinates()}}, "wrong-key"),
            ({"facts": {"group_key": (0, 0)}}, "wrong-key"),
            ({"facts": {"acceptance": AcceptanceState.DONE}}, "already-used"),
            ({"deadline": CHAIN_TIME - 1}, "deadline-passed"),
            ({"deadline": CHAIN_TIME + HOUR + 1}, "deadline-too-far"),
            ({"deadline": CHAIN_TIME + 7 * DAY + 1, "rules": (OF_A_WEEK,)}, "deadline-too-far"),
            ({"rules": ()}, "no-rule-allows"),
            ({"rules": (a_rule(),)}, "no-rule-allows"),
            ({"rules": (RULE, a_rule(intent="Heartbeat", contract=AUTHORITY, effect="deny"))}, "no-rule-allows"),
        ],
    )
    def test_when_one_thing_is_wrong_then_that_is_the_reason(self, changes: dict[str, Any], code: str) -> None:
        assert set(codes(**changes)) == {code}

    def test_when_it_is_for_another_contract_then_no_rule_of_that_contract_helps(self) -> None:
        there = a_rule(intent="Heartbeat", contract=VAULT)
        assert codes(contract=VAULT, rules=(there,), deadline=CHAIN_TIME + 60) == ["wrong-contract"]

    def test_when_everything_is_wrong_then_every_reason_is_named(self) -> None:
        found = codes(
            key=LOW,
            contract=VAULT,
            action_class=ActionClass.B,
            epoch=9,
            threshold=2,
            deadline=CHAIN_TIME + 8 * DAY,
            facts={"acceptance": AcceptanceState.DONE},
        )
        assert found == [
            "wrong-contract", "wrong-class", "threshold-too-low", "wrong-epoch", "wrong-key", "deadline-too-far",
            "already-used", "no-rule-allows",
        ]  # fmt: skip

    def test_when_it_is_judged_by_the_facts_of_a_release_then_nothing_is_approved(self) -> None:
        with pytest.raises(ValueError, match="facts of its own kind"):
            approve(
                Heartbeat(epoch=1, action_class=ActionClass.D0, threshold=4, nonce=7, deadline=CHAIN_TIME + 60),
                contract=AUTHORITY,
                key=HIGH,
                thresholds=THRESHOLDS,
                facts=some_facts(HIGH),
                chain_time=CHAIN_TIME,
                policy=Policy((RULE,)),
            )

    def test_when_it_comes_by_the_wire_then_it_is_decoded(self) -> None:
        assert decode_intent("Heartbeat", EXAMPLES["Heartbeat"].encode()) == EXAMPLES["Heartbeat"]


class TestGivenARuleOfAPolicyFile:
    def read(self, folder: Path, intent: str, limit: str = "") -> Rule:
        file = folder / "policy.toml"
        file.write_text(
            f'[[rule]]\nname = "r"\neffect = "allow"\nintent = "{intent}"\nchain_id = {CHAIN_ID}\n'
            f'contract = "0x{AUTHORITY.hex()}"\n{limit}'
        )
        (rule,) = read_document(file, PolicyDocument).policy().rules
        return rule

    def test_when_it_says_no_distance_then_heartbeats_have_an_hour(self, tmp_path: Path) -> None:
        rule = self.read(tmp_path, "Heartbeat")
        assert decide(rules=(rule,)).rule == "r"
        for ahead in (HOUR + 1, DAY, 7 * DAY):
            assert codes(rules=(rule,), deadline=CHAIN_TIME + ahead) == ["deadline-too-far"]

    def test_when_it_says_one_then_that_one_holds(self, tmp_path: Path) -> None:
        rule = self.read(tmp_path, "Heartbeat", "max_deadline_ahead = 60\n")
        assert decide(rules=(rule,), deadline=CHAIN_TIME + 60)
        assert codes(rules=(rule,), deadline=CHAIN_TIME + 61) == ["deadline-too-far"]

    @pytest.mark.parametrize("intent", ["Expedite", "LiquidationOrder"])
    def test_when_it_is_of_another_intent_then_it_has_to_say_one(self, tmp_path: Path, intent: str) -> None:
        with pytest.raises(EncodingError, match="rule r: max_deadline_ahead is missing"):
            self.read(tmp_path, intent)

    def test_when_its_distance_is_below_zero_then_it_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(EncodingError, match="not below zero"):
            self.read(tmp_path, "Heartbeat", "max_deadline_ahead = -1\n")
