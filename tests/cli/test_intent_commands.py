"""`custody intent show` and `example`, as whoever is asked to sign uses them."""

import json

import pytest

from custody.identifiers import to_hex
from custody.intents.examples import CHAIN_ID, CONTRACT, EXAMPLES
from custody.intents.keccak import checksum_address
from tests.cli.nodes import custody, refused

__all__ = ["custody"]


@pytest.fixture
def example(custody, tmp_path):
    """A file with the example of this name, its document changed by a function if one is given."""

    def write(name, change=None):
        document = json.loads(custody("intent", "example", name).out)
        if change is not None:
            change(document)
        file = tmp_path / f"{name}.json"
        file.write_text(json.dumps(document))
        return file

    return write


class TestGivenAnExample:
    @pytest.mark.parametrize("name", EXAMPLES)
    def test_when_shown_then_struct_domain_members_meaning_and_digest_are_printed(self, custody, example, name):
        said = custody("intent", "show", example(name))
        assert said.code == 0, said
        struct = EXAMPLES[name]
        lines = dict(line.strip().split(None, 1) for line in said.out.splitlines())
        assert lines["struct"] == name
        assert lines["domain"] == (
            f"{struct.CONTRACT}, version 1, chain {CHAIN_ID}, contract {checksum_address(CONTRACT)}"
        )
        assert lines["digest"] == to_hex(struct.digest(chain_id=CHAIN_ID, contract=CONTRACT))
        assert struct.render() in said.out
        assert struct.CANNOT in said.out
        assert said.out.isascii()

    def test_when_members_are_shown_then_each_stands_in_its_unit(self, custody, example):
        out = custody("intent", "show", example("Expedite")).out
        lines = [" ".join(line.split()) for line in out.splitlines()]
        for line in (
            "releaseId 1",
            "owner 0x2222222222222222222222222222222222222222",
            "amount 250000000 (250 USDC)",
            "class 2 (class B)",
            "deadline 1700000000 (2023-11-14 22:13:20 UTC)",
        ):
            assert line in lines

    def test_when_a_name_holds_control_characters_then_none_reaches_the_terminal(self, custody, example):
        def spoil(document):
            document["message"]["parameter"] = "cap\x1b[8m\u202e\r"

        out = custody("intent", "show", example("ParameterChange", spoil)).out
        assert '"cap\\u{1b}[8m\\u{202e}\\u{d}"' in out
        assert not {"\x1b", "\u202e", "\r"} & set(out)

    def test_when_the_options_say_the_same_place_then_it_is_shown(self, custody, example):
        options = ("--chain-id", CHAIN_ID, "--contract", to_hex(CONTRACT))
        assert custody("intent", "show", example("Pause"), *options).code == 0

    @pytest.mark.parametrize(
        ("options", "says"),
        [
            (("--chain-id", "1"), "for chain 31337, not 1"),
            (("--contract", "0x" + "12" * 20), "not the one of --contract"),
            (("--contract", "0x12"), "is no address"),
            (("--contract", "11" * 20), "is no address"),
            (("--contract", "0x 11" + "11" * 19), "is no address"),
            (("--contract", "0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"), "has a wrong checksum"),
        ],
    )
    def test_when_the_options_say_another_place_then_one_sentence_and_code_2(self, custody, example, options, says):
        refused(custody("intent", "show", example("Pause"), *options), says)


class TestGivenTheWireForm:
    @pytest.fixture
    def file(self, tmp_path):
        file = tmp_path / "wire.json"
        file.write_text(json.dumps({"intent_type": "Heartbeat", "intent": to_hex(EXAMPLES["Heartbeat"].encode())}))
        return file

    def test_when_the_place_is_given_then_it_is_shown_with_the_digest_of_that_place(self, custody, file):
        said = custody("intent", "show", file, "--chain-id", 1, "--contract", to_hex(CONTRACT))
        assert said.code == 0, said
        assert to_hex(EXAMPLES["Heartbeat"].digest(chain_id=1, contract=CONTRACT)) in said.out

    @pytest.mark.parametrize("options", [(), ("--chain-id", 1), ("--contract", "0x" + "11" * 20)])
    def test_when_a_part_of_the_place_is_missing_then_one_sentence_and_code_2(self, custody, file, options):
        refused(custody("intent", "show", file, *options), "add --chain-id and --contract")

    @pytest.mark.parametrize("chain_id", [-1, 2**256])
    def test_when_there_is_no_such_chain_then_one_sentence_and_code_2(self, custody, file, chain_id):
        refused(custody("intent", "show", file, "--chain-id", chain_id, "--contract", "0x" + "11" * 20), "no chain")


def put(part, name, value):
    def change(document):
        document[part][name] = value

    return change


class TestGivenAFileThatIsNothingToSign:
    @pytest.mark.parametrize(
        ("change", "says"),
        [
            (lambda document: document.update(primaryType="Permit"), "no typed struct is called"),
            (put("types", "Expedite", []), "type string of Expedite"),
            (put("message", "memo", "\x1b[31m"), "message has"),
            (lambda document: document["message"].pop("nonce"), "message lacks nonce"),
            (put("message", "amount", -1), "out of the range"),
            (put("message", "class", 5), "is of class B or B2, not D"),
            (put("domain", "name", "USD Coin"), "CollateralVault"),
        ],
        ids=["struct", "types", "extra", "missing", "range", "class", "domain"],
    )
    def test_when_shown_then_one_sentence_and_code_2(self, custody, example, change, says):
        error = refused(custody("intent", "show", example("Expedite", change)), "is nothing to sign", says)
        assert "\x1b" not in error

    @pytest.mark.parametrize(
        ("raw", "says"), [(b"", "not JSON"), (b"\x00\xff", "not JSON"), (b" " * 300_000, "larger than")]
    )
    def test_when_it_is_no_json_or_too_large_then_one_sentence_and_code_2(self, custody, tmp_path, raw, says):
        file = tmp_path / "file.json"
        file.write_bytes(raw)
        refused(custody("intent", "show", file), says)

    def test_when_it_is_missing_or_a_folder_then_one_sentence_and_code_2(self, custody, tmp_path):
        refused(custody("intent", "show", tmp_path / "missing.json"), "cannot be read")
        refused(custody("intent", "show", tmp_path), "cannot be read")

    def test_when_an_example_has_no_such_name_then_one_sentence_and_code_2(self, custody):
        refused(custody("intent", "example", "Permit"), "no typed struct is called", "Expedite")
