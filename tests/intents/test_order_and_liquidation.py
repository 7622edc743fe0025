"""Order and LiquidationOrder: one digest with eth_account, one encoding, and nothing that could not be signed."""

from __future__ import annotations

import random
from typing import Any

import pytest
from eth_account.messages import encode_typed_data
from eth_utils import keccak, to_checksum_address
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.errors import EncodingError
from custody.identifiers import Address
from custody.intents import ActionClass, LiquidationOrder, Order, decode_intent
from custody.intents.eip712 import members
from custody.intents.liquidation import MOST_ACCOUNTS
from custody.intents.words import decode_word, encode_word

WORD = 32
CONTRACT = Address(b"\x11" * 20)
FIELDS = {
    "limitPrice": "limit_price",
    "minFill": "min_fill",
    "reduceOnly": "reduce_only",
    "class": "action_class",
}


def an_order(**changes: Any) -> Order:
    fields = {
        "account": Address(b"\x33" * 20),
        "instrument": 0,
        "lots": 12_000,
        "limit_price": 6_500_000,
        "expiry": 1_700_000_000,
        "min_fill": 1,
        "reduce_only": False,
        "salt": 7,
    }
    return Order(**(fields | changes))


def a_liquidation(**changes: Any) -> LiquidationOrder:
    fields = {
        "accounts": (Address(b"\x33" * 20), Address(b"\x44" * 20)),
        "epoch": 1,
        "action_class": ActionClass.A,
        "threshold": 3,
        "nonce": 5,
        "deadline": 1_700_000_600,
    }
    return LiquidationOrder(**(fields | changes))


def a_number(source: random.Random, bits: int) -> int:
    """Random, with the edges of the type more often than chance gives them."""
    edge = source.choice((0, 1, -1, -2, None, None, None))
    return source.getrandbits(bits) if edge is None else edge % (1 << bits)


def an_integer(source: random.Random, bits: int) -> int:
    """The same for a signed type."""
    return a_number(source, bits) - (1 << (bits - 1))


def a_random_order(source: random.Random) -> Order:
    return an_order(
        account=Address(a_number(source, 160).to_bytes(20, "big")),
        instrument=a_number(source, 16),
        lots=an_integer(source, 64),
        limit_price=a_number(source, 64),
        expiry=a_number(source, 64),
        min_fill=a_number(source, 64),
        reduce_only=source.random() < 0.5,
        salt=a_number(source, 256),
    )


def a_random_liquidation(source: random.Random) -> LiquidationOrder:
    count = source.choice((1, 1, 2, 3, 8, 40))
    accounts = {a_number(source, 160).to_bytes(20, "big") for _ in range(count)}
    return a_liquidation(
        accounts=tuple(Address(account) for account in accounts),
        epoch=a_number(source, 64),
        action_class=source.choice(list(ActionClass)),
        threshold=a_number(source, 8),
        nonce=a_number(source, 256),
        deadline=a_number(source, 64),
    )


def digest_of_eth_account(struct: Order | LiquidationOrder, chain_id: int, contract: Address) -> bytes:
    fields = members(struct.TYPE)
    values = {name: getattr(struct, FIELDS.get(name, name)) for _, name in fields}
    if isinstance(struct, LiquidationOrder):
        values |= {"class": int(struct.action_class), "accounts": list(struct.accounts)}
    name = "MarginVenue" if isinstance(struct, Order) else "Liquidation"
    signable = encode_typed_data(
        domain_data={"name": name, "version": "1", "chainId": chain_id, "verifyingContract": contract},
        message_types={struct.NAME: [{"name": name, "type": kind} for kind, name in fields]},
        message_data=values,
    )
    return keccak(b"\x19" + signable.version + signable.header + signable.body)


MAKERS = pytest.mark.parametrize("make", [a_random_order, a_random_liquidation], ids=["Order", "LiquidationOrder"])


class TestGivenAThousandRandomStructs:
    @MAKERS
    def test_when_hashed_then_each_digest_is_that_of_eth_account(self, make: Any) -> None:
        source = random.Random(712)
        for _ in range(1_000):
            struct = make(source)
            chain_id, contract = a_number(source, 64), Address(a_number(source, 160).to_bytes(20, "big"))
            given = struct.digest(chain_id=chain_id, contract=contract)
            assert given == digest_of_eth_account(struct, chain_id, contract), struct

    @MAKERS
    def test_when_encoded_and_decoded_then_each_comes_back(self, make: Any) -> None:
        source = random.Random(713)
        for _ in range(1_000):
            struct = make(source)
            decoded = type(struct).decode(struct.encode())
            assert decoded == struct
            assert [type(getattr(decoded, name)) for name in struct.__slots__] == [
                type(getattr(struct, name)) for name in struct.__slots__
            ]

    def test_when_custodians_decode_then_they_know_a_liquidation_and_no_traders_order(self) -> None:
        order = a_liquidation()
        assert decode_intent("LiquidationOrder", order.encode()) == order
        with pytest.raises(EncodingError):
            decode_intent("Order", an_order().encode())


class TestGivenOneMemberChanged:
    @pytest.mark.parametrize(
        "changed",
        [
            {"accounts": (Address(b"\x44" * 20), Address(b"\x33" * 20))}, {"accounts": (Address(b"\x33" * 20),)},
            {"epoch": 2}, {"action_class": ActionClass.D}, {"threshold": 4}, {"nonce": 6}, {"deadline": 1},
        ],
    )  # fmt: skip
    def test_when_a_liquidation_is_hashed_then_the_digest_changes(self, changed: dict[str, Any]) -> None:
        before, after = (
            order.digest(chain_id=1, contract=CONTRACT) for order in (a_liquidation(), a_liquidation(**changed))
        )
        assert before != after

    @pytest.mark.parametrize(
        "changed",
        [
            {"account": CONTRACT}, {"instrument": 1}, {"lots": -12_000}, {"limit_price": 1}, {"expiry": 1},
            {"min_fill": 2}, {"reduce_only": True}, {"salt": 8},
        ],
    )  # fmt: skip
    def test_when_an_order_is_hashed_then_the_digest_changes(self, changed: dict[str, Any]) -> None:
        before, after = (order.digest(chain_id=1, contract=CONTRACT) for order in (an_order(), an_order(**changed)))
        assert before != after


class TestGivenWordsOfALiquidation:
    def test_when_written_then_the_length_stands_before_the_accounts(self) -> None:
        encoded = a_liquidation().encode()
        assert len(encoded) == WORD * (1 + 2 + 5)
        assert int.from_bytes(encoded[:WORD], "big") == 2
        assert encoded[WORD : 2 * WORD] == bytes(12) + b"\x33" * 20

    @pytest.mark.parametrize("change", [-WORD, -1, 1, WORD])
    def test_when_their_number_is_another_then_they_are_refused(self, change: int) -> None:
        encoded = a_liquidation().encode()
        with pytest.raises(EncodingError):
            LiquidationOrder.decode((encoded + bytes(WORD))[: len(encoded) + change])

    @pytest.mark.parametrize("length", [0, 1, 3, 7, 8, 2**32, 2**64, 2**256 - 1])
    def test_when_the_length_is_another_then_they_are_refused(self, length: int) -> None:
        encoded = length.to_bytes(WORD, "big") + a_liquidation().encode()[WORD:]
        with pytest.raises(EncodingError):
            LiquidationOrder.decode(encoded)

    @pytest.mark.parametrize("position", [1, 2, 3, 4, 5, 7])  # the sixth, the nonce, fills its word
    def test_when_a_word_has_a_bit_too_many_then_they_are_refused(self, position: int) -> None:
        encoded = bytearray(a_liquidation().encode())
        encoded[WORD * position] |= 0x80
        with pytest.raises(EncodingError):
            LiquidationOrder.decode(bytes(encoded))

    @pytest.mark.parametrize("number", [7, 255])
    def test_when_the_class_is_none_of_ours_then_they_are_refused(self, number: int) -> None:
        encoded = bytearray(a_liquidation().encode())
        encoded[WORD * 5 - 1] = number
        with pytest.raises(EncodingError):
            LiquidationOrder.decode(bytes(encoded))

    @settings(max_examples=500, deadline=None, database=None)
    @given(st.integers(0, 12), st.binary(min_size=WORD, max_size=WORD * 8), st.integers(0, WORD * 8))
    def test_when_any_bytes_are_read_then_they_are_refused_or_the_one_encoding(
        self, length: int, noise: bytes, at: int
    ) -> None:
        for words in (noise, length.to_bytes(WORD, "big") + noise, _spliced(a_liquidation().encode(), noise, at)):
            try:
                order = LiquidationOrder.decode(words)
            except EncodingError:
                continue
            assert order.encode() == words


def _spliced(encoded: bytes, noise: bytes, at: int) -> bytes:
    return encoded[:at] + noise[:3] + encoded[at + 3 :]


class TestGivenMembersThatCouldNotBeSigned:
    @pytest.mark.parametrize("count", [0, MOST_ACCOUNTS + 1])
    def test_when_accounts_are_none_or_too_many_then_refused(self, count: int) -> None:
        with pytest.raises(EncodingError):
            a_liquidation(accounts=tuple(Address(number.to_bytes(20, "big")) for number in range(count)))

    def test_when_accounts_are_as_many_as_may_be_then_they_come_back(self) -> None:
        order = a_liquidation(accounts=tuple(Address(number.to_bytes(20, "big")) for number in range(MOST_ACCOUNTS)))
        assert LiquidationOrder.decode(order.encode()) == order

    def test_when_an_account_stands_twice_then_refused_built_or_decoded(self) -> None:
        twice = (Address(b"\x33" * 20),) * 2
        with pytest.raises(EncodingError):
            a_liquidation(accounts=twice)
        encoded = a_liquidation().encode()
        with pytest.raises(EncodingError):
            LiquidationOrder.decode(encoded[: 2 * WORD] + encoded[WORD : 2 * WORD] + encoded[3 * WORD :])

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("accounts", [Address(b"\x33" * 20)]), ("accounts", b"\x33" * 20), ("accounts", (bytes(19),)),
            ("accounts", (5,)), ("epoch", 1 << 64), ("epoch", (1,)), ("action_class", 0), ("action_class", 200),
            ("threshold", 256), ("nonce", -1), ("deadline", 1 << 64),
        ],
    )  # fmt: skip
    def test_when_a_liquidation_is_built_then_refused(self, name: str, value: object) -> None:
        with pytest.raises(EncodingError):
            a_liquidation(**{name: value})

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("lots", 1 << 63), ("lots", -(1 << 63) - 1), ("lots", True), ("instrument", 1 << 16), ("limit_price", -1),
            ("reduce_only", 1), ("salt", 1 << 256), ("account", bytes(21)), ("min_fill", (1,)),
        ],
    )  # fmt: skip
    def test_when_an_order_is_built_then_refused(self, name: str, value: object) -> None:
        with pytest.raises(EncodingError):
            an_order(**{name: value})


class TestGivenSignedWords:
    @pytest.mark.parametrize(
        ("kind", "value"),
        [
            ("int64", -1), ("int64", -(1 << 63)), ("int64", (1 << 63) - 1), ("int64", 0), ("int8", -128),
            ("int256", -1), ("int256", -(1 << 255)), ("int256", (1 << 255) - 1), ("int128", -5),
        ],
    )  # fmt: skip
    def test_when_encoded_and_decoded_then_the_value_comes_back(self, kind: str, value: int) -> None:
        assert encode_word(kind, value) == (value % (1 << 256)).to_bytes(WORD, "big")
        assert decode_word(kind, encode_word(kind, value)) == value

    @pytest.mark.parametrize(
        "word", [1 << 63, (1 << 64) - 1, (1 << 255), (1 << 256) - (1 << 63) - 1, (1 << 256) - (1 << 64)]
    )
    def test_when_the_sign_is_not_extended_then_it_is_refused(self, word: int) -> None:
        with pytest.raises(EncodingError):
            decode_word("int64", word.to_bytes(WORD, "big"))

    @pytest.mark.parametrize("kind", ["int", "int0", "int7", "int264", "uint0", "uint12", "uint264", "sint8"])
    def test_when_solidity_has_no_such_number_then_it_is_refused(self, kind: str) -> None:
        with pytest.raises(EncodingError):
            encode_word(kind, 0)
        with pytest.raises(EncodingError):
            decode_word(kind, bytes(WORD))


class TestGivenAPersonWhoApproves:
    def test_when_a_liquidation_is_rendered_then_every_account_and_term_is_shown(self) -> None:
        shown = a_liquidation().render()
        assert "2 accounts" in shown
        assert ", ".join(to_checksum_address(byte * 20) for byte in (b"\x33", b"\x44")) in shown
        assert "class A, 3 custodians, epoch 1, nonce 5, before unix time 1700000600" in shown

    def test_when_an_order_is_rendered_then_direction_size_and_limit_are_shown(self) -> None:
        assert "buy 12,000 lots of instrument 0 for at most 6,500,000 ticks" in an_order().render()
        selling = an_order(lots=-12_000, reduce_only=True).render()
        assert "sell 12,000 lots of instrument 0 for at least 6,500,000 ticks" in selling
        assert "only to reduce" in selling
