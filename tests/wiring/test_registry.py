"""The registry of derived keys: what it says is what follows from the certificate, whoever wrote the file."""

import asyncio

import msgspec
import pytest

from custody.errors import UsageError
from custody.identifiers import Address
from custody.protocol.derivation import child_tenure
from custody.protocol.messages import decode_body, decode_envelope
from custody.protocol.run_messages import Derived
from custody.protocol.tenure import follow_lineage
from tests.builders import CHAIN_ID, fresh
from tests.signer.runs import HOSTS, query
from tests.signer.situations import Situation, signed_by
from tests.wiring.test_fetching import InOneProcess

CONTRACT = Address(fresh("contract")[:20])
ATTACKER = fresh("attacker").hex()


@pytest.fixture
def registered(tmp_path):
    situation = Situation("refresh", tmp_path)
    tenure = follow_lineage(situation.lineage, HOSTS.authenticate)
    custodians = InOneProcess(situation.parties, [])
    line = asyncio.run(custodians.derive(tenure, chain_id=CHAIN_ID, contract=CONTRACT, taken=[]))
    return situation, tenure, custodians, line


class TestGivenARegistryThatSomebodyEdited:
    def test_when_told_as_it_is_then_every_seat_agrees(self, registered):
        _, tenure, custodians, line = registered
        asyncio.run(custodians.register(tenure, [line]))
        assert line.keys == [key.id.hex() for key in child_tenure(tenure, 0).keys]

    @pytest.mark.parametrize(
        "change", [{"keys": ["02" + ATTACKER]}, {"keys": []}, {"index": 1}, {"index": 1 << 31}, {"index": -1}]
    )
    def test_when_a_line_has_other_keys_or_another_index_then_it_is_refused(self, registered, change):
        situation, tenure, custodians, line = registered
        with pytest.raises(UsageError, match="index"):
            asyncio.run(custodians.register(tenure, [msgspec.structs.replace(line, **change)]))
        assert query(situation.parties[0].folder, "SELECT child FROM children") == [(0,)]


class TestGivenACustodianThatSignsAnotherLine:
    def test_when_derived_then_no_line_is_made_and_it_is_named(self, registered):
        situation, tenure, custodians, _ = registered
        liar = situation.parties[1]

        def tamper(encoded):
            envelope = decode_envelope(encoded)
            said = decode_body(envelope.kind, envelope.body)
            if not isinstance(said, Derived):
                return encoded
            other = msgspec.structs.replace(said, keys=(bytes.fromhex("02" + ATTACKER),))
            return signed_by(liar, other, envelope.execution)

        liar.tamper = tamper
        another = Address(fresh("another contract")[:20])
        with pytest.raises(UsageError, match="custodian 2: signed something else"):
            asyncio.run(custodians.derive(tenure, chain_id=CHAIN_ID, contract=another, taken=[0]))
