"""What else is signed: a custodian's node refuses every such struct by its name, whatever its policy says."""

from __future__ import annotations

import pytest

from custody.config.documents import PolicyDocument, read_document
from custody.errors import EncodingError, PolicyDenied, UsageError
from custody.identifiers import SignerId
from custody.intents.codec import INTENT_NAMES, STRUCTS, decode_intent
from custody.intents.examples import EXAMPLES
from custody.policy import Policy, approve
from custody.policy.reasons import ReasonCode
from tests.builders import CHAIN_ID, CHAIN_TIME, VAULT, a_key, a_rule, some_facts

OTHERS = sorted(set(STRUCTS) - INTENT_NAMES)
KEY = a_key(threshold=3, n=5, label="low")[SignerId(1)].key
EVERY_OTHER = pytest.mark.parametrize("name", OTHERS)


class TestGivenAStructThatNodesDoNotConfirm:
    def test_when_they_are_counted_then_all_but_three(self):
        assert {"Expedite", "LiquidationOrder", "Heartbeat"} == INTENT_NAMES
        assert len(OTHERS) == 11

    @EVERY_OTHER
    def test_when_it_arrives_then_it_is_refused_by_its_name(self, name):
        with pytest.raises(EncodingError, match=f"no custodian's node confirms a struct of type {name}"):
            decode_intent(name, EXAMPLES[name].encode())

    @EVERY_OTHER
    def test_when_the_policy_has_no_rule_for_it_then_denied_by_its_name(self, name):
        policy = Policy((a_rule(),))
        assert not policy.speaks_of(EXAMPLES[name], chain_id=CHAIN_ID, contract=VAULT)
        allowing, against = policy.judge(EXAMPLES[name], chain_id=CHAIN_ID, contract=VAULT, chain_time=CHAIN_TIME)
        assert allowing is None
        [reason] = against
        assert reason.code is ReasonCode.NO_RULE_ALLOWS
        assert f"no rule speaks of {name} " in reason.detail

    @EVERY_OTHER
    def test_when_somebody_writes_a_rule_for_it_then_the_file_is_refused_by_its_name(self, name, tmp_path):
        file = tmp_path / "policy.toml"
        file.write_text(
            f'[[rule]]\nname = "more"\neffect = "allow"\nintent = "{name}"\nchain_id = 1\n'
            f'contract = "0x{"11" * 20}"\nmax_deadline_ahead = 60\n'
        )
        with pytest.raises((UsageError, EncodingError), match=name):
            read_document(file, PolicyDocument).policy()

    @EVERY_OTHER
    def test_when_a_rule_allows_it_all_the_same_then_no_facts_approve_it(self, name):
        """Nothing that a node reads today speaks for it: an approval cannot come out."""
        with pytest.raises((ValueError, PolicyDenied)):
            approve(
                EXAMPLES[name],
                contract=VAULT,
                key=KEY,
                thresholds=(3, 4),
                facts=some_facts(KEY),
                chain_time=CHAIN_TIME,
                policy=Policy((a_rule(intent=name),)),
            )
