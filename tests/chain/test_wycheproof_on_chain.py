"""Wycheproof's ECDSA on secp256k1, judged by the chain as a member's approvals, and edge cases of P-256 by hand.

An approval is r ‖ s ‖ v: what the vectors do not say is v, so each is tried with both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from hashlib import sha256
from random import Random
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from custody.identifiers import Address
from custody.intents.keccak import keccak256
from custody.intents.members import Member, MemberKind, MemberSet, encode_approvals
from tests.chain.parity_chain import ParityChain, refusals
from tests.chain.signing_members import P256_ORDER, SECP256K1_ORDER, word
from tests.crypto.vector_files import vectors

P1363 = "wycheproof-ecdsa_secp256k1_sha256_p1363_test.json.gz"
DER = "wycheproof-ecdsa_secp256k1_sha256_test.json.gz"
BITCOIN = "wycheproof-ecdsa_secp256k1_sha256_bitcoin_test.json.gz"

P = 2**256 - 2**224 + 2**192 + 2**96 - 1
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
"""P-256: SEC 2 §2.4.2; a = -3."""
G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
FIELD = 2**256 - 2**32 - 977
"""Of secp256k1."""
PointOrInfinity = tuple[int, int] | None


def add(left: PointOrInfinity, right: PointOrInfinity) -> PointOrInfinity:
    """Affine addition on P-256, for public numbers of tests. Source: SEC 1 §2.2.1."""
    if left is None or right is None:
        return left or right
    (x1, y1), (x2, y2) = left, right
    if x1 == x2 and (y1 + y2) % P == 0:
        return None
    slope = (3 * x1 * x1 - 3) * pow(2 * y1, -1, P) if left == right else (y2 - y1) * pow(x2 - x1, -1, P)
    x = (slope * slope - x1 - x2) % P
    return x, (slope * (x1 - x) - y1) % P


def times(factor: int, point: PointOrInfinity) -> PointOrInfinity:
    product = None
    for bit in bin(factor % P256_ORDER)[2:]:
        product = add(product, product)
        if bit == "1":
            product = add(product, point)
    return product


@pytest.fixture(scope="module")
def judge(parity: ParityChain) -> Address:
    return parity.deploy("MemberJudge")


@pytest.fixture(scope="module")
def verifier(parity: ParityChain) -> Address:
    return parity.deploy("P256Verifier")


Question = tuple[Member, bytes, bytes]
"""(the only member, its signature, the digest)"""


def verdicts(parity: ParityChain, judge: Address, questions: Iterable[Question]) -> list[str]:
    asked = [
        (MemberSet.of([member], low=1, high=1).encode(), encode_approvals({0: signature}), digest, 1)
        for member, signature, digest in questions
    ]
    return refusals(parity.ask("MemberJudge", judge, "judge", asked))


def account_of(group: dict[str, Any]) -> Member:
    public = bytes.fromhex(group["publicKey"]["uncompressed"])
    return Member(kind=MemberKind.ACCOUNT, account=Address(keccak256(public[1:])[12:]))


def cases_of(name: str) -> Iterator[tuple[Member, dict[str, Any]]]:
    for group in vectors(name)["testGroups"]:
        assert group["sha"] == "SHA-256"
        for case in group["tests"]:
            yield account_of(group), case


def is_taken(parity: ParityChain, judge: Address, member: Member, signature: bytes, message: bytes) -> bool:
    """Whether r ‖ s is taken with one v or the other."""
    digest = sha256(message).digest()
    ended = verdicts(parity, judge, [(member, signature + bytes([v]), digest) for v in (27, 28)])
    assert set(ended) <= {"accepted", "InvalidApproval"}
    assert ended.count("accepted") <= 1  # another parity is another key
    return "accepted" in ended


def outcome(parity: ParityChain, judge: Address, member: Member, case: dict[str, Any], signature: bytes) -> str:
    """How a vector ends on the chain, which is as it must end: valid and with the smaller s, and only so, it is taken.

    ECDSA takes s and its negative, the chain only the smaller (EIP-2). And where the x of R is not below the order, so
    that r is x - n, ECDSA takes what `ecrecover` cannot say: v would have to be 29 or 30.
    """
    message, half = bytes.fromhex(case["msg"]), len(signature) // 2
    taken = is_taken(parity, judge, member, signature, message)
    if case["result"] != "valid":
        assert not taken, case["tcId"]
        return "invalid"
    r, s = (int.from_bytes(part) for part in (signature[:half], signature[half:]))
    high = s > SECP256K1_ORDER // 2
    assert not (high and taken), case["tcId"]
    twin = word(r) + word(SECP256K1_ORDER - s if high else s)
    if not is_taken(parity, judge, member, twin, message):
        assert r < FIELD - SECP256K1_ORDER, case["tcId"]
        return "not recoverable"
    return "high s" if high else "taken"


class TestGivenEveryVectorOfTwoScalars:
    def test_when_judged_then_exactly_the_valid_ones_with_a_low_s_are_taken(
        self, parity: ParityChain, judge: Address
    ) -> None:
        counted = Counter(
            outcome(parity, judge, member, case, bytes.fromhex(case["sig"])) for member, case in cases_of(P1363)
        )
        assert counted == {"taken": 95, "high s": 70, "not recoverable": 2, "invalid": 85}

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            (DER, {"taken": 96, "high s": 70, "not recoverable": 2, "invalid": 74, "no two words": 234}),
            (BITCOIN, {"taken": 161, "not recoverable": 1, "invalid": 69, "no two words": 232}),
        ],
        ids=["sha256", "bitcoin"],
    )
    def test_when_der_is_read_strictly_and_judged_then_exactly_the_valid_ones_with_a_low_s_are_taken(
        self, parity: ParityChain, judge: Address, name: str, expected: dict[str, int]
    ) -> None:
        counted: Counter[str] = Counter()
        for member, case in cases_of(name):
            try:
                r, s = decode_dss_signature(bytes.fromhex(case["sig"]))
                signature = word(r) + word(s)
            except (ValueError, OverflowError):  # no DER, or numbers that no word holds: no chain is ever asked
                assert case["result"] == "invalid"
                counted["no two words"] += 1
            else:
                counted[outcome(parity, judge, member, case, signature)] += 1
        assert counted == expected

    def test_when_v_is_any_other_byte_then_none_is_taken(self, parity: ParityChain, judge: Address) -> None:
        member, case = next((m, c) for m, c in cases_of(BITCOIN) if c["result"] == "valid")
        r, s = decode_dss_signature(bytes.fromhex(case["sig"]))
        digest = sha256(bytes.fromhex(case["msg"])).digest()
        questions = [(member, word(r) + word(s) + bytes([v]), digest) for v in range(256)]
        taken = [v for v, ended in enumerate(verdicts(parity, judge, questions)) if ended == "accepted"]
        assert len(taken) == 1
        assert taken[0] in (27, 28)


def a_key(verifier: Address, point: tuple[int, int]) -> Member:
    return Member(kind=MemberKind.KEY, account=verifier, key=word(point[0]) + word(point[1]))


def forged(point: tuple[int, int], source: Random) -> tuple[int, int, bytes]:
    """(r, smaller s, digest) that hold under any public key: the digest is what comes out, so nothing is forged.

    r = x(u_1·G + u_2·Q), s = r/u_2, e = u_1·s. Source: SEC 1 §4.1.4, read backwards.
    """
    u_1, u_2 = source.randrange(1, P256_ORDER), source.randrange(1, P256_ORDER)
    product = add(times(u_1, G), times(u_2, point))
    assert product is not None
    r = product[0] % P256_ORDER
    s = r * pow(u_2, -1, P256_ORDER) % P256_ORDER
    if s > P256_ORDER // 2:  # the negative of both factors: the other point with this x
        s, u_1 = P256_ORDER - s, P256_ORDER - u_1
    return r, s, word(u_1 * s % P256_ORDER)


KEY = times(0xC0FFEE, G)
AT_ZERO = (0, pow(B, (P + 1) // 4, P))
"""The point with x = 0, which P-256 has: y is a root of b."""


class TestGivenEdgeCasesOfP256:
    """After the kinds of case that Wycheproof has for ECDSA (`RangeCheck`, `InvalidSignature`, `PointDuplication`,
    `EdgeCasePublicKey`, `EdgeCaseShamirMultiplication`) and SEC 1 §3.2.2.1 for keys; the numbers are made here."""

    @pytest.mark.parametrize(
        "point",
        [KEY, G, (G[0], P - G[1]), AT_ZERO, (0, P - AT_ZERO[1]), times(2, G), times(P256_ORDER - 2, G)],
        ids=["any", "G", "-G", "x = 0", "x = 0, other y", "2G", "-2G"],
    )
    def test_when_the_key_is_a_point_of_the_curve_then_what_holds_is_taken_and_its_twin_is_not(
        self, parity: ParityChain, judge: Address, verifier: Address, point: tuple[int, int]
    ) -> None:
        r, s, digest = forged(point, Random("p256"))
        member = a_key(verifier, point)
        good, high, swapped = (word(r) + word(s), word(r) + word(P256_ORDER - s), word(s) + word(r))
        assert verdicts(parity, judge, [(member, each, digest) for each in (good, high, swapped)]) == [
            "accepted",
            "InvalidApproval",
            "InvalidApproval",
        ]

    @pytest.mark.parametrize(
        "key",
        [
            (0, 0),
            (KEY[0], KEY[1] ^ 1),
            (KEY[0] ^ 1, KEY[1]),
            (0, 1),
            (1, 0),
            (KEY[1], KEY[0]),
            (KEY[0], 0),
            (0, KEY[1]),
            (P, AT_ZERO[1]),
            (KEY[0], P),
            (2**256 - 1, 2**256 - 1),
            (P - 1, P - 1),
        ],
        ids=["infinity", "y", "x", "0, 1", "1, 0", "swapped", "y = 0", "x = 0", "x = p", "y = p", "ones", "p - 1"],
    )
    def test_when_the_key_is_no_point_then_nothing_is_taken(
        self, parity: ParityChain, judge: Address, verifier: Address, key: tuple[int, int]
    ) -> None:
        r, s, digest = forged(KEY, Random("no point"))
        assert verdicts(parity, judge, [(a_key(verifier, key), word(r) + word(s), digest)]) == ["InvalidApproval"]

    @pytest.mark.parametrize("which", [0, 1], ids=["r", "s"])
    @pytest.mark.parametrize(
        "value",
        [0, 1, P256_ORDER - 1, P256_ORDER, P256_ORDER + 1, P256_ORDER // 2 + 1, P - 1, P, P + 1, 2**255, 2**256 - 1],
        ids=["0", "1", "n - 1", "n", "n + 1", "n/2 + 1", "p - 1", "p", "p + 1", "2^255", "ones"],
    )
    def test_when_a_scalar_is_an_edge_then_refused(
        self, parity: ParityChain, judge: Address, verifier: Address, which: int, value: int
    ) -> None:
        r, s, digest = forged(KEY, Random("scalars"))
        scalars = (value, s) if which == 0 else (r, value)
        signature = word(scalars[0]) + word(scalars[1])
        assert verdicts(parity, judge, [(a_key(verifier, KEY), signature, digest)]) == ["InvalidApproval"]

    @pytest.mark.parametrize("r", [0, 1, G[0] % P256_ORDER, P256_ORDER - 1])
    def test_when_the_sum_is_infinity_then_refused(
        self, parity: ParityChain, judge: Address, verifier: Address, r: int
    ) -> None:
        """u_1·G + u_2·Q = 0, with Q = d·G and e = -r·d: there is no x that r could be."""
        d = 0xC0FFEE
        digest = word(-r * d % P256_ORDER)
        questions = [(a_key(verifier, KEY), word(r) + word(s), digest) for s in (1, 2, P256_ORDER // 2)]
        assert verdicts(parity, judge, questions) == ["InvalidApproval"] * 3

    def test_when_both_summands_are_equal_or_opposite_points_then_the_equation_alone_decides(
        self, parity: ParityChain, judge: Address, verifier: Address
    ) -> None:
        """u_1·G = ±u_2·Q: where adding must double, and where a shortcut of Shamir's trick meets infinity."""
        d = 5
        point = times(d, G)
        assert point is not None
        for u_2 in (1, 2, P256_ORDER - 1):
            u_1 = u_2 * d % P256_ORDER
            # None stands for infinity, which 2 * u_1 * G is not: u_1 is neither zero nor half the order.
            r = times(2 * u_1, G)[0] % P256_ORDER  # type: ignore[index]
            s = r * pow(u_2, -1, P256_ORDER) % P256_ORDER
            low = min(s, P256_ORDER - s)
            digest = word(u_1 * s % P256_ORDER)
            negated = word(-u_1 * s % P256_ORDER)  # the other sum is infinity
            questions = [(a_key(verifier, point), word(r) + word(low), each) for each in (digest, negated)]
            assert verdicts(parity, judge, questions) == ["accepted", "InvalidApproval"]

    @pytest.mark.parametrize("signature", [b"", bytes(63), bytes(64), bytes(65), bytes(128)], ids=len)
    def test_when_it_is_zeros_of_any_length_then_refused(
        self, parity: ParityChain, judge: Address, verifier: Address, signature: bytes
    ) -> None:
        assert verdicts(parity, judge, [(a_key(verifier, KEY), signature, bytes(32))]) == ["InvalidApproval"]
