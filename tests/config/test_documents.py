"""policy.toml read strictly: a rule that is misspelt must not look like one that says nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from custody.config.documents import PolicyDocument, read_document
from custody.errors import EncodingError

RULE = (
    '[[rule]]\nname = "r"\neffect = "deny"\nintent = "{intent}"\nchain_id = {chain}\n'
    'contract = "0x1111111111111111111111111111111111111111"\nmax_deadline_ahead = 60\nmax_amount = {amount}\n'
)


class TestGivenARule:
    def read(self, folder: Path, *, intent: str = "Expedite", chain: int = 1, amount: int = 1) -> int:
        file = folder / "policy.toml"
        file.write_text(RULE.format(intent=intent, chain=chain, amount=amount))
        return len(read_document(file, PolicyDocument).policy().rules)

    def test_when_it_is_well_written_then_it_is_read(self, tmp_path: Path) -> None:
        assert self.read(tmp_path) == 1

    def test_when_its_intent_is_misspelt_then_it_is_refused_with_what_there_is(self, tmp_path: Path) -> None:
        with pytest.raises(EncodingError, match="no intent is called 'expedite'; there are Expedite"):
            self.read(tmp_path, intent="expedite")

    def test_when_a_limit_is_below_zero_or_the_chain_has_no_number_then_it_is_refused(self, tmp_path: Path) -> None:
        for wrong in ({"amount": -5}, {"chain": 0}):
            with pytest.raises(EncodingError):
                self.read(tmp_path, **wrong)
