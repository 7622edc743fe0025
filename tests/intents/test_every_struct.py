"""Every typed struct: the contracts' type string, eth_account's digest, one encoding, nothing malformed taken."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from eth_account.messages import encode_typed_data
from eth_utils import keccak

from custody.errors import EncodingError
from custody.identifiers import Address
from custody.intents import ActionClass, Call, Operation, Recovery
from custody.intents.codec import INTENT_NAMES, STRUCTS, decode_struct
from custody.intents.examples import CHAIN_ID, CONTRACT, EXAMPLES
from custody.intents.typed import CustodianIntent, TermedIntent
from custody.intents.typed_data import typed_data
from tests.intents.random_structs import MAKERS, a_recovery
from tests.intents.test_order_and_liquidation import a_number

TYPES = Path(__file__).resolve().parents[2] / "contracts" / "types"
TYPE_STRING = re.compile(r'_TYPEHASH\s*=\s*keccak256\(\s*"([^"]+)"')
TERMS = "uint64 epoch,uint8 class,uint8 threshold,uint256 nonce,uint64 deadline)"
CASES = 300
WORD = 32
EVERY = pytest.mark.parametrize("name", STRUCTS)


def of_eth_account(data: dict[str, Any]) -> bytes:
    """Its digest of the JSON that we write: two implementations and one document."""
    message = encode_typed_data(full_message=data)
    return keccak(b"\x19" + message.version + message.header + message.body)


class TestGivenTheTypesOfTheContracts:
    def test_when_their_type_strings_are_read_then_each_is_ours_and_none_is_missing(self) -> None:
        found = {
            string.partition("(")[0]: string
            for path in TYPES.glob("*.sol")
            for string in TYPE_STRING.findall(path.read_text())
        }
        assert found.pop("Call") == Call.TYPE
        assert found == {name: struct.TYPE for name, struct in STRUCTS.items()}

    def test_when_calls_are_counted_then_as_many_fit_as_the_contract_takes(self) -> None:
        library = (TYPES.parent / "libraries" / "OperationCalls.sol").read_text()
        [most] = re.findall(r"uint256 internal constant MAX_CALLS = (\d+);", library)
        operation = EXAMPLES["Operation"]
        assert isinstance(operation, Operation)
        calls = operation.calls[:1] * int(most)
        assert replace(operation, calls=calls).calls == calls
        with pytest.raises(EncodingError, match=f"from 1 to {most} calls, not {len(calls) + 1}"):
            replace(operation, calls=(*calls, calls[0]))

    @EVERY
    def test_when_it_has_terms_then_its_type_string_ends_with_them(self, name: str) -> None:
        assert issubclass(STRUCTS[name], TermedIntent) == STRUCTS[name].TYPE.endswith(TERMS)

    def test_when_makers_and_examples_are_counted_then_there_is_one_of_each(self) -> None:
        assert set(MAKERS) == set(EXAMPLES) == set(STRUCTS)
        assert len(STRUCTS) == 14


class TestGivenRandomStructsOfEveryKind:
    @EVERY
    def test_when_hashed_then_each_digest_is_that_of_eth_account(self, name: str) -> None:
        source = Random(f"712 {name}")
        for _ in range(CASES):
            struct = MAKERS[name](source)
            chain_id, contract = a_number(source, 64), Address(source.randbytes(20))
            data = typed_data(struct, chain_id=chain_id, contract=contract)
            assert struct.digest(chain_id=chain_id, contract=contract) == of_eth_account(data), struct

    @EVERY
    def test_when_encoded_and_decoded_then_each_comes_back(self, name: str) -> None:
        source = Random(f"713 {name}")
        for _ in range(CASES):
            struct = MAKERS[name](source)
            decoded = decode_struct(name, struct.encode())
            assert decoded == struct
            assert decoded.encode() == struct.encode()

    def test_when_a_recovery_is_encoded_and_decoded_then_it_comes_back(self) -> None:
        source = Random(714)
        for _ in range(CASES):
            recovery = a_recovery(source)
            assert Recovery.decode(recovery.encode()) == recovery

    @EVERY
    def test_when_any_bit_of_an_encoding_is_another_then_refused_or_another_struct(self, name: str) -> None:
        source = Random(f"715 {name}")
        taken = 0
        for _ in range(CASES):
            encoded = bytearray(MAKERS[name](source).encode())
            encoded[source.randrange(len(encoded))] ^= 1 << source.randrange(8)
            try:
                assert decode_struct(name, bytes(encoded)).encode() == encoded
                taken += 1
            except EncodingError:
                continue
        assert taken < CASES

    @EVERY
    @pytest.mark.parametrize("change", [-WORD, -1, 1, WORD])
    def test_when_an_encoding_is_longer_or_shorter_then_refused(self, name: str, change: int) -> None:
        encoded = EXAMPLES[name].encode()
        with pytest.raises(EncodingError):
            decode_struct(name, (encoded + bytes(WORD))[: len(encoded) + change])


def changed(name: str, **fields: Any) -> Any:
    return replace(EXAMPLES[name], **fields)  # type: ignore[type-var]


class TestGivenMembersThatCannotBe:
    @pytest.mark.parametrize(
        ("name", "action"),
        [
            (name, action)
            for name, struct in STRUCTS.items()
            for action in ActionClass
            if hasattr(struct, "CLASSES") and action not in struct.CLASSES and name not in INTENT_NAMES
        ],
    )
    def test_when_the_class_is_another_then_no_such_struct_is_built_or_decoded(
        self, name: str, action: ActionClass
    ) -> None:
        with pytest.raises(EncodingError, match="class"):
            changed(name, action_class=action)
        encoded = EXAMPLES[name].encode()
        own = int(EXAMPLES[name].action_class).to_bytes(WORD, "big")  # type: ignore[attr-defined]
        spoiled = encoded.replace(own, int(action).to_bytes(WORD, "big"))
        with pytest.raises(EncodingError):
            decode_struct(name, spoiled)

    @pytest.mark.parametrize("name", sorted(INTENT_NAMES))
    def test_when_a_nodes_intent_has_another_class_then_its_policy_or_a_person_is_told(self, name: str) -> None:
        """Built it is, since the policy names the reason; no person is shown one."""
        with pytest.raises(EncodingError, match="is of class"):
            changed(name, action_class=ActionClass.D).require_possible()
        EXAMPLES[name].require_possible()

    @pytest.mark.parametrize(
        ("name", "fields"),
        [
            ("Pause", {"threshold": 0}),
            ("Pause", {"threshold": 2}),
            ("Pause", {"guardian": bytes(19)}),
            ("ReleaseBatch", {"to": ()}),
            ("ReleaseBatch", {"release_ids": (1, 1)}),
            ("ReleaseBatch", {"amounts": (1,)}),
            ("ReleaseBatch", {"release_ids": (), "to": (), "amounts": ()}),
            ("ReleaseBatch", {"release_ids": tuple(range(65)), "to": (bytes(20),) * 65, "amounts": (1,) * 65}),
            ("ReleaseBatch", {"amounts": (1, 1 << 256)}),
            ("ReleaseBatch", {"amounts": [1, 2]}),
            ("ParameterChange", {"parameter": ""}),
            ("ParameterChange", {"parameter": "x" * 65}),
            ("ParameterChange", {"parameter": "\ud800"}),
            ("ParameterChange", {"parameter": b"cap"}),
            ("ParameterChange", {"current": -1}),
            ("ParameterChange", {"next": 1 << 256}),
            ("SigningWindow", {"windowed_class": ActionClass.A}),
            ("SigningWindow", {"windowed_class": 2}),
            ("SigningWindow", {"opens_at": 5, "closes_at": 4}),
            ("SigningWindow", {"limited": 1}),
            ("EpochRotation", {"low_threshold": 5}),
            ("EpochRotation", {"low_threshold": 4}),
            ("EpochRotation", {"certificate_hash": bytes(31)}),
            ("EpochRotation", {"next_epoch": 1 << 64}),
            ("Unpause", {"paused_until": 1 << 64}),
            ("Successor", {"successor": 5}),
            ("SettlementOverride", {"instrument": 1 << 16}),
            ("SettlementOverride", {"price": -1}),
            ("Heartbeat", {"epoch": (1,)}),
            ("Heartbeat", {"deadline": True}),
            ("Heartbeat", {"nonce": "1"}),
            ("Operation", {"calls": ()}),
            ("Operation", {"calls": (EXAMPLES["Operation"].calls[0],) * 65}),  # type: ignore[attr-defined]
            ("Operation", {"calls": ("call",)}),
            ("Operation", {"set_epoch": 1 << 64}),
            ("CancelRecoveries", {"round": -1}),
        ],
    )
    def test_when_built_then_refused(self, name: str, fields: dict[str, Any]) -> None:
        with pytest.raises(EncodingError):
            changed(name, **fields)

    @pytest.mark.parametrize("length", [0, 2, 2**16, 2**64, 2**256 - 1])
    def test_when_an_operation_says_another_number_of_calls_then_refused(self, length: int) -> None:
        encoded = length.to_bytes(WORD, "big") + EXAMPLES["Operation"].encode()[WORD:]
        with pytest.raises(EncodingError):
            decode_struct("Operation", encoded)

    @pytest.mark.parametrize("length", [0, 10, 33, 2**64, 2**256 - 1])
    def test_when_a_name_says_another_length_then_refused(self, length: int) -> None:
        encoded = length.to_bytes(WORD, "big") + EXAMPLES["ParameterChange"].encode()[WORD:]
        with pytest.raises(EncodingError):
            decode_struct("ParameterChange", encoded)

    @pytest.mark.parametrize("byte", [WORD - 1, 2 * WORD - 1])
    def test_when_bits_stand_behind_a_name_or_it_is_no_utf_8_then_refused(self, byte: int) -> None:
        encoded = bytearray(EXAMPLES["ParameterChange"].encode())
        encoded[WORD if byte < WORD else byte] = 0xFF
        with pytest.raises(EncodingError):
            decode_struct("ParameterChange", bytes(encoded))

    @pytest.mark.parametrize("name", ["", "expedite", "Call", "Recovery", "EIP712Domain", "Expedite "])
    def test_when_the_name_is_no_struct_that_is_signed_then_refused(self, name: str) -> None:
        with pytest.raises(EncodingError, match="no typed struct is called"):
            decode_struct(name, b"")


class TestGivenAPersonWhoReads:
    @EVERY
    def test_when_rendered_then_terms_and_limits_are_said_in_plain_characters(self, name: str) -> None:
        source = Random(f"716 {name}")
        for _ in range(50):
            struct = MAKERS[name](source)
            said = struct.render()
            assert said.isascii()
            assert said.isprintable()
            if isinstance(struct, TermedIntent):
                assert f"class {struct.action_class.name}, " in said
                assert f"epoch {struct.epoch}, nonce {struct.nonce}, before unix time {struct.deadline} (" in said
        assert STRUCTS[name].CANNOT.endswith(".")

    def test_when_a_name_would_fool_the_reader_then_it_is_written_as_numbers(self) -> None:
        said = changed("ParameterChange", parameter='cap"\u202e\x1b[2J\n\\оutflow').render()
        assert '"cap\\u{22}\\u{202e}\\u{1b}[2J\\u{a}\\u{5c}\\u{43e}utflow"' in said

    def test_when_custodians_structs_are_rendered_then_they_say_custodians_and_the_others_do_not(self) -> None:
        for struct in EXAMPLES.values():
            if isinstance(struct, CustodianIntent):
                assert f"{struct.threshold} custodians" in struct.render()
        for name in ("Unpause", "ParameterChange", "SigningWindow"):
            assert ", members of weight 4, " in EXAMPLES[name].render()

    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("ReleaseBatch", "pay 2 releases early, 251 USDC in all: 250 USDC of release 1 to 0x3333"),
            ("Pause", "stop outflows for 72 h, in the name of guardian 0x2222"),
            ("Unpause", "end the pause that would last until 1700259200 (2023-11-17 22:13:20 UTC)"),
            ("ParameterChange", 'change the parameter "outflow cap" from 100,000 to 250,000'),
            ("SigningWindow", "class B only from 1700000000 (2023-11-14 22:13:20 UTC) until 1700028800 (2023-11-15"),
            ("EpochRotation", "the key 0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798 of 3 cus"),
            ("Heartbeat", "say that the custodians still sign"),
            ("Successor", "name 0x3333333333333333333333333333333333333333 as the next deployment, for ever"),
            ("SettlementOverride", "instrument 0, expired at 1700000000 (2023-11-14 22:13:20 UTC), at 6,500,000 ticks"),
            ("Operation", "make 1 call together: 1. 0x3333333333333333333333333333333333333333: 0xa9059cbb 0000"),
            ("CancelRecoveries", "call off every recovery of round 2"),
        ],
    )
    def test_when_rendered_then_it_says_what_would_happen(self, name: str, words: str) -> None:
        assert words in EXAMPLES[name].render()

    def test_when_a_window_is_lifted_then_no_span_is_shown(self) -> None:
        said = changed("SigningWindow", limited=False).render()
        assert said.startswith("let custodians sign intents of class B at any time again; class C")

    def test_when_one_key_serves_both_thresholds_then_it_is_named_once(self) -> None:
        example: Any = EXAMPLES["EpochRotation"]
        said = changed("EpochRotation", low_threshold=4, low_x=example.high_x, low_y=example.high_y).render()
        assert said.count("the key ") == 1


def test_when_examples_are_hashed_then_where_they_are_signed_tells_them_apart() -> None:
    digests = {
        struct.digest(chain_id=chain, contract=contract)
        for struct in EXAMPLES.values()
        for chain in (1, CHAIN_ID)
        for contract in (CONTRACT, Address(b"\x12" * 20))
    }
    assert len(digests) == 4 * len(EXAMPLES)
