"""A thousand random structs of every kind, hashed by Python and by the contracts' own functions on a chain."""

from __future__ import annotations

from random import Random

import pytest

from custody.intents.codec import STRUCTS
from custody.intents.eip712 import struct_hash
from tests.chain.parity_chain import ParityChain
from tests.intents.random_structs import MAKERS, a_recovery

CASES = 1_000
AT_ONCE = 125


class TestGivenAThousandRandomStructsOfEveryKind:
    @pytest.mark.parametrize("name", STRUCTS)
    def test_when_hashed_on_chain_and_here_then_every_hash_is_equal(self, parity: ParityChain, name: str) -> None:
        source, hasher = Random(f"parity of {name}"), parity.deploy("IntentHasher")
        compared: set[bytes] = set()
        while len(compared) < CASES:  # all of them different
            structs = [MAKERS[name](source) for _ in range(AT_ONCE)]
            (given,) = parity.call("IntentHasher", hasher, f"each{name}", [struct._values() for struct in structs])
            for struct, theirs in zip(structs, given, strict=True):
                assert theirs == struct_hash(struct.TYPE, struct._values()), struct
            compared |= {struct.encode() for struct in structs}
        assert len(compared) >= CASES

    def test_when_ids_of_recoveries_are_compared_then_equal(self, parity: ParityChain) -> None:
        source, hasher = Random("parity of recoveries"), parity.deploy("IntentHasher")
        for _ in range(CASES // AT_ONCE):
            recoveries = [a_recovery(source) for _ in range(AT_ONCE)]
            (given,) = parity.call("IntentHasher", hasher, "eachRecovery", [each._values() for each in recoveries])
            assert list(given) == [recovery.id() for recovery in recoveries]
