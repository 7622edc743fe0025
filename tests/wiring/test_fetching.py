"""The public record of a committee's keys, asked of custodians of whom one lies."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace

from custody.coordinator import Asker
from custody.errors import UsageError
from custody.identifiers import SignerId
from custody.net import LoopbackTransport
from custody.protocol.encoding import decode_exactly, encode
from custody.protocol.messages import decode_envelope
from custody.protocol.run_messages import Certificate, KeysHeld
from custody.wiring.custodians import Custodians
from tests.signer.runs import COORDINATOR, HOSTS
from tests.signer.situations import Situation, signed_by


class InOneProcess(Custodians):
    """Asks custodians that listen on no port."""

    def __init__(self, parties, said):
        super().__init__(COORDINATOR, [], say=said.append)
        self.parties = parties

    @asynccontextmanager
    async def asker(self, committee):
        transport = LoopbackTransport({SignerId(n): p.handle for n, p in enumerate(self.parties, start=1)})
        yield Asker(committee=committee, identity=COORDINATOR, hosts=HOSTS, transport=transport)


def of_dealers_that_never_sat(certificate):
    terms = replace(certificate.terms, kind="refresh", generation=1, previous=bytes(32), dealers=((1, 0xFFFF),))
    return replace(certificate, terms=terms)


LIES = {
    "no certificate": lambda lineage: (b"nothing",),
    "dealers that never sat": lambda lineage: (
        *lineage, encode(of_dealers_that_never_sat(decode_exactly(Certificate, lineage[0]))),
    ),
    "too many": lambda lineage: (*lineage, *lineage),
    "none": lambda lineage: (),
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
class TestGivenACustodianThatShowsCertificatesThatDoNotHold:
    def lying(self, party, lineage, lie):
        shown = KeysHeld(lineages=(LIES[lie](lineage),))
        party.tamper = lambda encoded: signed_by(party, shown, decode_envelope(encoded).execution)

    def test_when_fetched_then_the_others_are_believed_and_it_is_named(self, tmp_path, lie):
        situation, said = Situation("refresh", tmp_path), []
        self.lying(situation.parties[0], situation.lineage, lie)
        custodians = InOneProcess(situation.parties, said)
        assert asyncio.run(custodians.fetch(situation.committee)) == situation.lineage
        assert len(said) == 1
        assert said[0].startswith("custodian 1 shows")

    def test_when_all_lie_then_it_is_a_sentence(self, tmp_path, lie):
        situation = Situation("refresh", tmp_path)
        for party in situation.parties:
            self.lying(party, situation.lineage, lie)
        with pytest.raises(UsageError, match="shows a certificate"):
            asyncio.run(InOneProcess(situation.parties, []).fetch(situation.committee))
