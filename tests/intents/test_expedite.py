"""Expedite: one digest with eth_account, one encoding, no malformed word taken."""

import random

import pytest
from eth_account.messages import encode_typed_data
from eth_utils import keccak, to_checksum_address
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.errors import EncodingError
from custody.intents import ActionClass, Expedite, decode_intent
from custody.intents.eip712 import members
from custody.intents.keccak import checksum_address, keccak256
from custody.intents.words import decode_word, encode_word
from tests.builders import an_expedite

MEMBERS = members(Expedite.TYPE)
BITS = {"uint256": 256, "uint64": 64, "uint8": 8, "address": 160}
EDGES = (0, 1, -1, -2)


def a_number(source, bits):
    """Random, with the edges of the type more often than chance gives them."""
    edge = source.choice((*EDGES, None, None, None))
    return source.getrandbits(bits) if edge is None else edge % (1 << bits)


def random_expedite(source):
    return an_expedite(
        release_id=a_number(source, 256),
        owner=a_number(source, 160).to_bytes(20, "big"),
        to=a_number(source, 160).to_bytes(20, "big"),
        amount=a_number(source, 256),
        epoch=a_number(source, 64),
        action_class=source.choice(list(ActionClass)),
        threshold=a_number(source, 8),
        nonce=a_number(source, 256),
        deadline=a_number(source, 64),
    )


def digest_of_eth_account(intent, chain_id, contract):
    values = {
        "releaseId": intent.release_id, "owner": intent.owner, "to": intent.to, "amount": intent.amount,
        "epoch": intent.epoch, "class": int(intent.action_class), "threshold": intent.threshold,
        "nonce": intent.nonce, "deadline": intent.deadline,
    }  # fmt: skip
    domain = {"name": "CollateralVault", "version": "1", "chainId": chain_id, "verifyingContract": contract}
    types = {"Expedite": [{"name": name, "type": kind} for kind, name in MEMBERS]}
    signable = encode_typed_data(domain_data=domain, message_types=types, message_data=values)
    return keccak(b"\x19" + signable.version + signable.header + signable.body)


class TestGivenAThousandRandomExpedites:
    def test_when_hashed_then_each_digest_is_that_of_eth_account(self):
        source = random.Random(712)
        for _ in range(1_000):
            intent = random_expedite(source)
            chain_id, contract = a_number(source, 64), a_number(source, 160).to_bytes(20, "big")
            assert intent.digest(chain_id=chain_id, contract=contract) == digest_of_eth_account(
                intent, chain_id, contract
            ), intent

    def test_when_encoded_and_decoded_then_each_comes_back(self):
        source = random.Random(713)
        for _ in range(1_000):
            intent = random_expedite(source)
            decoded = decode_intent("Expedite", intent.encode())
            assert decoded == intent
            assert type(decoded.action_class) is ActionClass

    def test_when_one_member_changes_then_the_digest_does(self):
        base = an_expedite()
        where = {"chain_id": 1, "contract": b"\x01" * 20}
        changed = [
            an_expedite(release_id=8), an_expedite(owner=b"\x01" * 20), an_expedite(to=b"\x01" * 20),
            an_expedite(amount=2), an_expedite(epoch=2), an_expedite(action_class=ActionClass.B2),
            an_expedite(threshold=3), an_expedite(nonce=6), an_expedite(deadline=1),
        ]  # fmt: skip
        digests = {intent.digest(**where) for intent in [base, *changed]}
        digests |= {base.digest(chain_id=2, contract=b"\x01" * 20), base.digest(chain_id=1, contract=b"\x02" * 20)}
        assert len(digests) == 12


class TestGivenNineWords:
    @pytest.mark.parametrize("position", [at for at, (kind, _) in enumerate(MEMBERS) if kind != "uint256"])
    def test_when_a_word_has_the_lowest_bit_too_many_then_it_is_refused(self, position):
        kind = MEMBERS[position][0]
        words = bytearray(an_expedite().encode())
        lowest = 32 * position + 31 - BITS[kind] // 8
        for at in (lowest, 32 * position):
            altered = bytearray(words)
            altered[at] |= 1
            with pytest.raises(EncodingError):
                decode_intent("Expedite", bytes(altered))

    @pytest.mark.parametrize("number", [7, 8, 255])
    def test_when_the_class_is_none_of_ours_then_it_is_refused(self, number):
        words = bytearray(an_expedite().encode())
        words[32 * 5 + 31] = number
        with pytest.raises(EncodingError):
            decode_intent("Expedite", bytes(words))

    @pytest.mark.parametrize("length", [0, 31, 32, 287, 289, 320])
    def test_when_there_are_not_exactly_nine_then_they_are_refused(self, length):
        with pytest.raises(EncodingError):
            decode_intent("Expedite", (an_expedite().encode() * 2)[:length])

    @pytest.mark.parametrize("name", ["", "expedite", "Expedite ", "Release", "x" * 5_000])
    def test_when_the_type_is_unknown_then_they_are_refused(self, name):
        with pytest.raises(EncodingError):
            decode_intent(name, an_expedite().encode())

    @settings(max_examples=300, deadline=None, database=None)
    @given(st.binary(min_size=288, max_size=288))
    def test_when_they_are_any_bytes_then_they_are_refused_or_are_the_one_encoding(self, words):
        try:
            intent = decode_intent("Expedite", words)
        except EncodingError:
            return
        assert intent.encode() == words


class TestGivenMembersThatDoNotFit:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("release_id", -1), ("release_id", 1 << 256), ("amount", -1), ("amount", 1 << 256), ("epoch", 1 << 64),
            ("epoch", -1), ("threshold", 256), ("threshold", -1), ("nonce", 1 << 256), ("deadline", 1 << 64),
            ("owner", b""), ("owner", bytes(19)), ("to", bytes(21)), ("to", bytes(32)), ("owner", 5),
            ("amount", "5"), ("amount", 5.0), ("amount", None),
        ],
    )  # fmt: skip
    def test_when_an_expedite_is_built_then_it_is_refused(self, name, value):
        with pytest.raises(EncodingError):
            an_expedite(**{name: value})

    def test_when_the_class_is_a_number_of_no_class_then_it_is_refused(self):
        """Valid from construction on: what cannot be decoded must not be built."""
        with pytest.raises((EncodingError, ValueError)):
            an_expedite(action_class=200)

    def test_when_a_truth_value_stands_for_a_number_then_it_is_refused(self):
        with pytest.raises(EncodingError):
            encode_word("uint256", True)


class TestGivenSingleWords:
    @pytest.mark.parametrize(
        ("kind", "value"),
        [("bool", True), ("bool", False), ("bytes32", b"\x01" * 32), ("uint8", 255), ("address", b"\x01" * 20)],
    )
    def test_when_encoded_and_decoded_then_the_value_comes_back(self, kind, value):
        assert decode_word(kind, encode_word(kind, value)) == value

    @pytest.mark.parametrize("word", [bytes(31) + b"\x02", b"\x01" + bytes(31), b"\x01" + bytes(30) + b"\x01"])
    def test_when_a_bool_is_neither_zero_nor_one_then_it_is_refused(self, word):
        with pytest.raises(EncodingError):
            decode_word("bool", word)

    @pytest.mark.parametrize("kind", ["int12", "bytes", "string", "uint", "", "uint256[]", "bytes4"])
    def test_when_the_type_is_none_of_ours_then_it_is_refused(self, kind):
        with pytest.raises(EncodingError):
            decode_word(kind, bytes(32))


class TestGivenAPersonWhoApproves:
    def test_when_rendered_then_amount_and_checksummed_addresses_are_exact(self):
        shown = an_expedite(amount=1_234_567_890_001).render()
        assert "1,234,567.890001 USDC" in shown
        assert to_checksum_address(b"\x44" * 20) in shown

    def test_when_addresses_are_checksummed_then_they_equal_those_of_eth_utils(self):
        source = random.Random(55)
        for _ in range(200):
            account = source.randbytes(20)
            assert checksum_address(account) == to_checksum_address(account)

    def test_when_hashed_then_it_is_keccak_and_not_sha3(self):
        assert keccak256(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
