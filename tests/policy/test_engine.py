"""The engine: each refusal alone, all of them together, and nothing signed that no rule allows."""

import pytest

from custody.errors import PolicyDenied
from custody.identifiers import SignerId
from custody.intents import ActionClass
from custody.policy import Policy, approve
from custody.policy.facts import AcceptanceState, ReleaseState
from custody.units import Regime
from tests.builders import (
    CHAIN_ID,
    CHAIN_TIME,
    VAULT,
    a_key,
    a_release,
    a_rule,
    an_expedite,
    some_facts,
)

THRESHOLDS = (3, 4)
KEY3 = a_key(threshold=3, n=5, label="low")[SignerId(1)].key
KEY4 = a_key(threshold=4, n=5, label="high")[SignerId(1)].key
DAY = 86_400


def decide(*, key=KEY3, rules=(), facts=None, chain_time=CHAIN_TIME, contract=VAULT, **intent):
    members = {"threshold": key.threshold} | intent
    return approve(
        an_expedite(**members),
        contract=contract,
        key=key,
        thresholds=THRESHOLDS,
        facts=some_facts(key, **(facts or {})),
        chain_time=chain_time,
        policy=Policy(tuple(rules) or (a_rule(max_deadline_ahead=30 * DAY, max_amount=10**18),)),
    )


def codes(**circumstances):
    with pytest.raises(PolicyDenied) as raised:
        decide(**circumstances)
    return [reason.split(":")[0] for reason in raised.value.reasons]


class TestGivenAnIntentThatEverythingSpeaksFor:
    def test_when_decided_then_it_is_approved_with_the_digest_that_was_derived_here(self):
        approved = decide()
        assert approved.digest == an_expedite(threshold=3).digest(chain_id=CHAIN_ID, contract=VAULT)
        assert (approved.group_key, approved.rule, approved.contract) == (KEY3.id, "small", VAULT)

    @pytest.mark.parametrize("acceptance", [AcceptanceState.UNSET, AcceptanceState.WAITING])
    def test_when_it_was_not_used_up_then_it_may_be_signed_again(self, acceptance):
        assert decide(facts={"acceptance": acceptance})

    def test_when_more_custodians_are_named_than_needed_then_it_is_approved(self):
        assert decide(key=KEY4)

    def test_when_the_deadline_is_this_very_second_then_it_is_approved(self):
        assert decide(deadline=CHAIN_TIME)

    def test_when_the_deadline_is_exactly_the_longest_then_it_is_approved(self):
        assert decide(deadline=CHAIN_TIME + 7 * DAY)


class TestGivenOneThingWrong:
    @pytest.mark.parametrize("state", [ReleaseState.UNSET, ReleaseState.CANCELLED, ReleaseState.PAID])
    def test_when_there_is_no_such_request_then_that_is_the_reason(self, state):
        assert codes(facts={"release": a_release(state=state)}) == ["no-such-request"]

    def test_when_a_guardian_vetoed_the_request_then_that_is_the_reason(self):
        assert codes(facts={"release": a_release(vetoed_at=1)}) == ["request-vetoed"]

    @pytest.mark.parametrize(
        "changed", [{"owner": b"\x01" * 20}, {"to": b"\x01" * 20}, {"amount": 999_999}, {"amount": 1_000_001}]
    )
    def test_when_the_owner_requested_something_else_then_that_is_the_reason(self, changed):
        assert codes(facts={"release": a_release(**changed)}) == ["request-differs"]

    @pytest.mark.parametrize("epoch", [0, 2, 2**64 - 1])
    def test_when_the_epoch_is_another_then_that_is_the_reason(self, epoch):
        assert codes(epoch=epoch) == ["wrong-epoch"]

    @pytest.mark.parametrize("action", [a for a in ActionClass if a not in (ActionClass.B, ActionClass.B2)])
    def test_when_the_class_pays_nothing_out_then_that_is_the_reason(self, action):
        assert codes(action_class=action) == ["wrong-class"]

    def test_when_the_chain_has_another_key_then_that_is_the_reason(self):
        assert codes(facts={"group_key": KEY4.public.coordinates()}) == ["wrong-key"]

    def test_when_the_intent_names_another_threshold_than_the_key_then_that_is_the_reason(self):
        assert codes(key=KEY3, threshold=4) == ["wrong-key"]

    @pytest.mark.parametrize(
        "circumstance",
        [{"regime": Regime.STRESSED}, {"regime_is_stale": True}, {"value": 10_001}],
        ids=["stressed", "stale", "large"],
    )
    def test_when_the_moment_needs_the_higher_key_then_that_is_the_reason(self, circumstance):
        assert codes(facts=circumstance) == ["threshold-too-low"]
        assert decide(key=KEY4, facts=circumstance)

    def test_when_a_larger_release_names_the_lower_key_then_that_is_the_reason(self):
        assert codes(action_class=ActionClass.B2) == ["threshold-too-low"]

    def test_when_the_deadline_has_passed_then_that_is_the_reason(self):
        assert codes(deadline=CHAIN_TIME - 1) == ["deadline-passed"]

    def test_when_the_deadline_is_further_than_any_then_that_is_the_reason(self):
        assert codes(deadline=CHAIN_TIME + 7 * DAY + 1) == ["deadline-too-far"]

    def test_when_the_digest_took_effect_then_that_is_the_reason(self):
        assert codes(facts={"acceptance": AcceptanceState.DONE}) == ["already-used"]

    def test_when_the_amount_is_above_the_rule_then_that_is_the_reason(self):
        assert codes(rules=[a_rule(max_amount=999_999)]) == ["amount-too-large"]
        assert decide(rules=[a_rule(max_amount=1_000_000)])

    def test_when_the_deadline_is_further_than_the_rule_allows_then_that_is_the_reason(self):
        assert codes(rules=[a_rule(max_deadline_ahead=599)]) == ["deadline-too-far"]
        assert decide(rules=[a_rule(max_deadline_ahead=600)])


class TestGivenEverythingWrong:
    def test_when_decided_then_every_reason_is_named(self):
        found = codes(
            key=KEY3,
            threshold=2,
            epoch=9,
            deadline=CHAIN_TIME + 8 * DAY,
            rules=[a_rule(max_amount=1, max_deadline_ahead=1), a_rule(name="other", max_amount=2)],
            facts={
                "release": a_release(owner=b"\x01" * 20, to=b"\x01" * 20, amount=5),
                "regime": Regime.STRESSED,
                "acceptance": AcceptanceState.DONE,
            },
        )
        assert found == [
            *["request-differs"] * 3, "threshold-too-low", "wrong-epoch", "wrong-key", "deadline-too-far",
            "already-used", "amount-too-large", "deadline-too-far", "amount-too-large", "deadline-too-far",
        ]  # fmt: skip


class TestGivenRules:
    @pytest.mark.parametrize(
        "elsewhere",
        [{"intent": "Other"}, {"chain_id": CHAIN_ID + 1}, {"contract": b"\x01" * 20}],
        ids=["type", "chain", "contract"],
    )
    def test_when_none_speaks_of_the_intent_then_it_is_denied(self, elsewhere):
        assert codes(rules=[a_rule(**elsewhere)]) == ["no-rule-allows"]

    def test_when_there_are_none_at_all_then_it_is_denied(self):
        found, against = Policy(()).judge(an_expedite(), chain_id=CHAIN_ID, contract=VAULT, chain_time=CHAIN_TIME)
        assert found is None
        assert [str(reason.code) for reason in against] == ["no-rule-allows"]

    @pytest.mark.parametrize("order", [0, 1])
    def test_when_one_denies_then_no_order_of_rules_allows(self, order):
        rules = [a_rule(), a_rule(name="stop", effect="deny", max_amount=0, max_deadline_ahead=0)]
        assert codes(rules=rules[::-1] if order else rules) == ["no-rule-allows"]

    def test_when_a_denial_speaks_of_something_else_then_it_does_not_deny(self):
        assert decide(rules=[a_rule(), a_rule(name="stop", effect="deny", contract=b"\x01" * 20)])

    def test_when_several_deny_then_each_is_named(self):
        assert codes(rules=[a_rule(name="a", effect="deny"), a_rule(name="b", effect="deny")]) == ["no-rule-allows"] * 2

    def test_when_the_second_allows_then_the_objections_of_the_first_do_not_matter(self):
        assert decide(rules=[a_rule(max_amount=1), a_rule(name="large", max_amount=10**9)]).rule == "large"

    @pytest.mark.parametrize("effect", ["Deny", "DENY", "", "permit", "alow"])
    def test_when_an_effect_is_neither_allow_nor_deny_then_nothing_is_allowed_by_it(self, effect):
        """Doubt is refusal: either such a rule cannot be built, or it allows nothing."""
        try:
            odd = a_rule(effect=effect)
        except ValueError:
            return
        assert codes(rules=[odd])
