"""deploy.toml: what a deployer writes becomes the terms of a deployment, or is refused in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from custody.chain.deployment import group_keys
from custody.config.documents import KeysDocument, write_document
from custody.errors import UsageError
from custody.identifiers import Address
from custody.intents.members import Member, MemberClass, MemberKind, MemberSet
from custody.protocol.encoding import encode
from custody.wiring.custodians import tenure_of_lineage
from custody.wiring.deploying import read_terms
from tests.protocol.running import honest_ceremony

CEREMONY = honest_ceremony(5, (3, 4)).certified[0]
TENURE = tenure_of_lineage((encode(CEREMONY.certificate),))


def hexed(byte: int, length: int = 20) -> str:
    return "0x" + bytes([byte] * length).hex()


TEXT = f"""
token = "{hexed(1)}"
feed = "{hexed(2)}"
keys = "keys.json"
guardians = ["{hexed(9)}", "{hexed(7)}", "{hexed(8)}"]
backstops = ["{hexed(6)}", "{hexed(5)}"]
cure = 600
open_after = 60
grace = 1200
[people]
low = 2
high = 3
least_hardware = 1
[[people.members]]
kind = "account"
address = "{hexed(0x11)}"
hardware = true
[[people.members]]
kind = "contract"
address = "{hexed(0x12)}"
[[people.members]]
kind = "key"
address = "{hexed(0x13)}"
key = "{hexed(0x44, 64)}"
hardware = true
weight = 2
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_document(tmp_path / "keys.json", KeysDocument.of((encode(CEREMONY.certificate),)))
    return tmp_path


def written(folder: Path, text: str = TEXT) -> Path:
    file = folder / "deploy.toml"
    file.write_text(text)
    return file


class TestGivenAWholeFile:
    def test_when_read_then_every_term_is_as_it_says_and_the_keys_are_the_ceremonys(self, folder: Path) -> None:
        terms = read_terms(written(folder))
        assert (terms.token, terms.feed) == (b"\x01" * 20, b"\x02" * 20)
        assert terms.guardians == (b"\x07" * 20, b"\x08" * 20, b"\x09" * 20)
        assert terms.backstops == (b"\x06" * 20, b"\x05" * 20)
        assert (terms.cure, terms.open_after, terms.heartbeat, terms.grace) == (600, 60, 3_600, 1_200)
        assert terms.keys == group_keys(TENURE.by_threshold)
        assert (terms.signers, terms.certificate) == (5, TENURE.root)
        hardware = MemberClass.HARDWARE
        members = [
            Member(kind=MemberKind.ACCOUNT, member_class=hardware, account=Address(b"\x11" * 20)),
            Member(kind=MemberKind.CONTRACT, account=Address(b"\x12" * 20)),
            Member(
                kind=MemberKind.KEY, member_class=hardware, weight=2, account=Address(b"\x13" * 20), key=b"\x44" * 64
            ),
        ]
        assert terms.member_set == MemberSet.of(members, low=2, high=3, least_hardware=1).encode()


class TestGivenAFileThatIsNotWhatItMustBe:
    @pytest.mark.parametrize(
        ("before", "after", "says"),
        [
            ('token = "0x01', 'token = "0x', "an address has 20 bytes"),
            ("cure = 600", "", "cure"),
            ("cure = 600", 'cure = "600"', "cure"),
            ("cure = 600", "cure = 600\nowner = 5", "owner"),
            ('kind = "contract"', 'kind = "proxy"', "proxy"),
            ("weight = 2", "weight = 0", "weight is between 1 and 255"),
            ('key = "0x44', 'key = "0xzz', "hexadecimal"),
            ("low = 2", "low = 256", "between 0 and 255"),
            ('keys = "keys.json"', 'keys = "missing.json"', "missing.json cannot be read"),
            ("[people]", "[people", "deploy.toml is not what it should be"),
        ],
    )
    def test_when_read_then_one_sentence_says_what_is_wrong(
        self, folder: Path, before: str, after: str, says: str
    ) -> None:
        assert before in TEXT
        with pytest.raises(UsageError, match=says):
            read_terms(written(folder, TEXT.replace(before, after)))

    def test_when_the_keys_do_not_prove_themselves_then_refused(self, folder: Path) -> None:
        encoded = bytearray(encode(CEREMONY.certificate))
        encoded[len(encoded) // 2] ^= 1
        write_document(folder / "keys.json", KeysDocument.of((bytes(encoded),)))
        with pytest.raises(UsageError, match="does not prove who holds the keys"):
            read_terms(written(folder))
