"""Each way to spoil an account's or a wallet's approval, one after another: the good one is taken, none of these is."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import coincurve
import pytest

from custody.intents.members import Member, MemberKind
from tests.chain.parity_chain import ParityChain
from tests.chain.signing_members import SECP256K1_ORDER, EcdsaKey, word
from tests.chain.test_wycheproof_on_chain import verdicts

KEY = EcdsaKey(coincurve.PrivateKey(word(0xC0FFEE)))
DIGEST = Random("ecdsa").randbytes(32)
N = SECP256K1_ORDER
Spoil = Callable[[int, int, int], bytes]


def rsv(r: int, s: int, v: int) -> bytes:
    return word(r) + word(s) + bytes([v])


SPOILED: dict[str, Spoil] = {
    "v of the other point": lambda r, s, v: rsv(r, s, v ^ 7),
    "v = 0": lambda r, s, v: rsv(r, s, v - 27),
    "v = 29": lambda r, s, v: rsv(r, s, 29),
    "v = 30": lambda r, s, v: rsv(r, s, 30),
    "v of a chain": lambda r, s, v: rsv(r, s, 35 + v - 27),
    "high s": lambda r, s, v: rsv(r, N - s, v ^ 7),
    "high s, same v": lambda r, s, v: rsv(r, N - s, v),
    "r = 0": lambda r, s, v: rsv(0, s, v),
    "r = n": lambda r, s, v: rsv(N, s, v),
    "r = n + 1": lambda r, s, v: rsv(N + 1, s, v),
    "r of ones": lambda r, s, v: rsv(2**256 - 1, s, v),
    "r + 1": lambda r, s, v: rsv(r + 1, s, v),
    "s = 0": lambda r, s, v: rsv(r, 0, v),
    "s = n": lambda r, s, v: rsv(r, N, v),
    "s = n + 1": lambda r, s, v: rsv(r, N + 1, v),
    "s of ones": lambda r, s, v: rsv(r, 2**256 - 1, v),
    "s + 1": lambda r, s, v: rsv(r, s + 1, v),
    "r and s swapped": lambda r, s, v: rsv(s, r, v),
    "v first": lambda r, s, v: bytes([v]) + word(r) + word(s),
    "without v": lambda r, s, v: word(r) + word(s),
    "a byte more": lambda r, s, v: rsv(r, s, v) + b"\0",
    "compact": lambda r, s, v: word(r) + word(s | (v - 27) << 255),  # EIP-2098
    "nothing": lambda r, s, v: b"",
    "zeros": lambda r, s, v: bytes(65),
}


@pytest.fixture(scope="module", params=["account", "wallet"])
def member(request: pytest.FixtureRequest, parity: ParityChain) -> Member:
    if request.param == "account":
        return Member(kind=MemberKind.ACCOUNT, account=KEY.address)
    return Member(kind=MemberKind.CONTRACT, account=parity.deploy("Wallet", KEY.address))


class TestGivenAGoodApproval:
    @pytest.mark.parametrize("how", SPOILED)
    def test_when_it_is_spoiled_then_refused_and_the_good_one_is_taken(
        self, parity: ParityChain, member: Member, how: str
    ) -> None:
        good = KEY.sign(DIGEST)
        r, s, v = int.from_bytes(good[:32]), int.from_bytes(good[32:64]), good[64]
        questions = [(member, each, DIGEST) for each in (good, SPOILED[how](r, s, v))]
        assert verdicts(parity, parity.deploy("MemberJudge"), questions) == ["accepted", "InvalidApproval"]

    @pytest.mark.parametrize("other", [bytes(32), b"\xff" * 32, DIGEST[::-1]], ids=["zeros", "ones", "another"])
    def test_when_the_digest_is_another_then_refused(self, parity: ParityChain, member: Member, other: bytes) -> None:
        questions = [(member, KEY.sign(DIGEST), other)]
        assert verdicts(parity, parity.deploy("MemberJudge"), questions) == ["InvalidApproval"]
