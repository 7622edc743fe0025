"""Typed data out of JSON: what we wrote comes back, and whatever is ambiguous is refused in one sentence."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from custody.errors import EncodingError
from custody.identifiers import Address
from custody.intents.examples import CHAIN_ID, CONTRACT, EXAMPLES
from custody.intents.typed_data import LARGEST, read_typed, typed_data
from tests.intents.random_structs import MAKERS

Change = Callable[[dict[str, Any]], object]


def written(name: str = "Expedite") -> dict[str, Any]:
    return copy.deepcopy(typed_data(EXAMPLES[name], chain_id=CHAIN_ID, contract=CONTRACT))


def read(document: Any) -> Any:
    return read_typed(json.dumps(document).encode())


class TestGivenRandomStructsOfEveryKind:
    @pytest.mark.parametrize("name", MAKERS)
    def test_when_written_and_read_then_each_comes_back_with_its_place(self, name: str) -> None:
        source = Random(f"717 {name}")
        read_back = 0
        for _ in range(100):
            struct, chain_id, contract = MAKERS[name](source), source.getrandbits(64), Address(source.randbytes(20))
            try:
                struct.require_possible()
            except EncodingError:  # a class that the policy would name, and a person is not shown
                continue
            asked = read(typed_data(struct, chain_id=chain_id, contract=contract))
            assert (asked.struct, asked.chain_id, asked.contract) == (struct, chain_id, contract)
            read_back += 1
        assert read_back > 5

    @pytest.mark.parametrize("name", EXAMPLES)
    def test_when_in_our_wire_form_then_each_comes_back_with_and_without_a_place(self, name: str) -> None:
        document = {"intent_type": name, "intent": "0x" + EXAMPLES[name].encode().hex()}
        asked = read(document)
        assert (asked.struct, asked.chain_id, asked.contract) == (EXAMPLES[name], None, None)
        asked = read(document | {"chain_id": 1, "contract": "0x" + "11" * 20})
        assert (asked.struct, asked.chain_id, asked.contract) == (EXAMPLES[name], 1, CONTRACT)


class TestGivenNumbersAsWalletsWriteThem:
    @pytest.mark.parametrize("amount", [250_000_000, "250000000", "0xee6b280", "0x0EE6B280"])
    def test_when_it_is_a_number_or_text_then_the_same_struct_is_read(self, amount: object) -> None:
        document = written()
        document["message"]["amount"] = amount
        assert read(document).struct == EXAMPLES["Expedite"]

    @pytest.mark.parametrize(
        "amount",
        [
            1.0,
            1e6,
            -1,
            "-1",
            "",
            " 1",
            "1 ",
            "01",
            "+1",
            "1e6",
            "1_000",
            "0x",
            "0X1",
            "٣",
            None,
            True,
            [1],
            {},
            "9" * 79,
            str(1 << 256),
            "0x1" + "0" * 64,
        ],
    )
    def test_when_it_is_none_or_out_of_range_then_refused(self, amount: object) -> None:
        document = written()
        document["message"]["amount"] = amount
        with pytest.raises(EncodingError, match=r"amount is (no whole number|out of the range of uint256)|no whole"):
            read(document)

    @pytest.mark.parametrize("amount", [2**53, 2**53 + 1, -(2**53), 10**60])
    def test_when_a_bare_number_is_more_than_every_reader_keeps_then_refused(self, amount: int) -> None:
        document = written()
        document["message"]["amount"] = amount
        with pytest.raises(EncodingError, match=r"above 2\^53 - 1.* write it as text"):
            read(document)

    @pytest.mark.parametrize("amount", [2**53 - 1, str(2**53 - 1), str(2**53 + 1), hex(2**53 + 1)])
    def test_when_it_is_exact_or_text_then_read(self, amount: int | str) -> None:
        document = written()
        document["message"]["amount"] = amount
        assert read(document).struct.amount == (amount if isinstance(amount, int) else int(amount, 0))


def put(*path: Any) -> Change:
    """Put the last of `path` where the rest of it leads."""

    def change(document: dict[str, Any]) -> None:
        *way, last, value = path
        for step in way:
            document = document[step]
        document[last] = value

    return change


def drop(*path: Any) -> Change:
    def change(document: dict[str, Any]) -> None:
        *way, last = path
        for step in way:
            document = document[step]
        del document[last]

    return change


class TestGivenADocumentThatIsNotExactlyOneStructOfOurs:
    @pytest.mark.parametrize(
        ("change", "says"),
        [
            (put("primaryType", "Transfer"), "no typed struct is called"),
            (put("primaryType", "Call"), "no typed struct"),
            (put("primaryType", 5), "primaryType is no name"),
            (drop("primaryType"), "lacks primaryType"),
            (drop("domain"), "lacks domain"),
            (drop("types"), "lacks types"),
            (put("signature", "0x"), "nobody would look"),
            (drop("types", "Expedite"), "types lacks Expedite"),
            (drop("types", "EIP712Domain"), "types lacks EIP712Domain"),
            (put("types", "Extra", []), "nobody would look at"),
            (put("types", []), "types is no JSON object"),
            (put("types", "Expedite", {}), "Expedite is no list"),
            (put("types", "Expedite", 0, "type", "uint128"), "type string of Expedite is another than Expedite"),
            (put("types", "Expedite", 0, "name", "releaseID"), "type string of Expedite is another"),
            (put("types", "Expedite", 0, "type", 5), "type string of Expedite is another"),
            (drop("types", "Expedite", 0), "type string of Expedite is another"),
            (put("types", "Expedite", 0, "indexed", True), "nobody would look at"),
            (drop("types", "EIP712Domain", 3), "type string of EIP712Domain is another"),
            (put("domain", "name", "Liquidation"), "a domain with the name 'CollateralVault'"),
            (put("domain", "version", "2"), "a domain with the version '1'"),
            (put("domain", "version", 1), "version '1'"),
            (put("domain", "salt", "0x00"), "nobody would look at"),
            (drop("domain", "chainId"), "domain lacks chainId"),
            (put("domain", "chainId", -1), "chainId is out of the range"),
            (put("domain", []), "domain is no JSON object"),
            (put("domain", "verifyingContract", "0x11"), "verifyingContract is no address"),
            (drop("message", "to"), "message lacks to"),
            (put("message", "memo", "x"), "nobody would look at"),
            (put("message", "to", "0x" + "33" * 19), "message.to is no address"),
            (put("message", "to", 5), "no address"),
            (put("message", "to", "33" * 20), "message.to is no address"),
            (put("message", "to", "0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"), "message.to has a wrong checksum"),
            (put("message", "class", 7), "there is no class 7"),
            (put("message", "class", "B"), "class is no whole number"),
            (put("message", "class", 0), "Expedite is of class B or B2, not A"),
            (put("message", "epoch", str(1 << 64)), "message.epoch is out of the range of uint64"),
            (put("message", []), "message is no JSON object"),
        ],
    )
    def test_when_read_then_refused_with_what_is_wrong(self, change: Change, says: str) -> None:
        document = written()
        change(document)
        with pytest.raises(EncodingError, match=says):
            read(document)

    @pytest.mark.parametrize(
        ("name", "change", "says"),
        [
            ("Operation", put("types", "Call", 2, "type", "string"), "type string of Call is another than Call"),
            ("Operation", drop("types", "Call"), "types lacks Call"),
            ("Operation", put("message", "calls", {}), "message.calls is no list"),
            ("Operation", drop("message", "calls", 0, "data"), r"message.calls\[0\] lacks data"),
            ("Operation", put("message", "calls", 0, "data", "0x0"), r"calls\[0\].data is not 0x"),
            ("Operation", put("message", "calls", 0, "delegate", True), "nobody would look at"),
            ("Operation", put("message", "calls", []), "from 1 to 16 calls"),
            ("Operation", put("message", "class", 2), "class C or D"),
            ("Heartbeat", put("message", "class", 5), "Heartbeat is of class D0, not D"),
            ("Pause", put("message", "threshold", 3), "one guardian"),
            ("ParameterChange", put("message", "parameter", 5), "parameter is no string"),
            ("ParameterChange", put("message", "parameter", "\ud800"), "UTF-8"),
            ("SigningWindow", put("message", "limited", 1), "limited is no bool"),
            ("SigningWindow", put("message", "limited", "true"), "limited is no bool"),
            ("EpochRotation", put("message", "certificateHash", "0x" + "44" * 31), "has 31 bytes, not 32"),
            ("Order", put("message", "lots", str(1 << 63)), "lots is out of the range of int64"),
            ("ReleaseBatch", put("message", "to", ["0x" + "33" * 20]), "one payout address and one amount"),
        ],
    )
    def test_when_another_struct_is_read_then_refused_with_what_is_wrong(
        self, name: str, change: Change, says: str
    ) -> None:
        document = written(name)
        change(document)
        with pytest.raises(EncodingError, match=says):
            read(document)

    @pytest.mark.parametrize(
        ("raw", "says"),
        [
            (b"", "not JSON"),
            (b"{", "not JSON"),
            (b"\xff\xfe", "not JSON"),
            (b"[" * 100_000, "not JSON"),
            (b"[]", "no JSON object"),
            (b'"Expedite"', "no JSON object"),
            (b"NaN", "no whole number"),
            (b"{}", "lacks domain, message, primaryType, types"),
            (b'{"a": 1.5}', "no whole number"),
            (b" " * (LARGEST + 1), "larger than"),
            (b'{"a": ' + b"9" * 5_000 + b"}", "longer than any word"),
            (b'{"types": {}, "types": {}}', "stands twice"),
            (b'{"intent_type": "Expedite"}', "lacks intent"),
            (b'{"intent_type": 5, "intent": "0x"}', "is no name"),
            (b'{"intent_type": "Expedite", "intent": "0x"}', "bytes expected"),
            (b'{"intent_type": "Expedite", "intent": "ab"}', "pairs of hexadecimal"),
            (b'{"intent_type": "Expedite", "intent": "0x", "note": ""}', "nobody would look"),
        ],
    )
    def test_when_the_file_is_something_else_then_refused(self, raw: bytes, says: str) -> None:
        with pytest.raises(EncodingError, match=says):
            read_typed(raw)

    def test_when_it_has_as_many_names_as_fit_then_one_that_stands_twice_is_found_at_once(self) -> None:
        names = [f'"{number:05x}":0' for number in range(26_000)]
        raw = "{" + ",".join([*names, names[-1]]) + "}"
        assert len(raw) < LARGEST
        began = time.process_time()
        with pytest.raises(EncodingError, match="stands twice"):
            read_typed(raw.encode())
        assert time.process_time() - began < 1  # looked for name by name, it takes ten

    def test_when_a_member_stands_twice_then_refused(self) -> None:
        raw = json.dumps(written()).replace('"amount": "250000000"', '"amount": "1", "amount": "250000000"')
        with pytest.raises(EncodingError, match='"amount" stands twice'):
            read_typed(raw.encode())
