"""Every scheme of signature, a thousand times each: made in Python, judged by the contracts, and spoiled by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import pytest

from custody.errors import Reverted
from custody.identifiers import Address
from custody.intents.classes import ActionClass
from custody.intents.members import MemberSet, encode_approvals, encode_proof
from custody.units import Regime
from tests.chain.dealt_keys import deal, sign_together
from tests.chain.parity_chain import ParityChain, refusals
from tests.chain.signing_members import (
    P256_ORDER,
    SECP256K1_ORDER,
    AccountSigner,
    Assertion,
    EcdsaKey,
    GroupSigner,
    P256Signer,
    PasskeySigner,
    Signer,
    WalletSigner,
    proof_of,
    word,
)

CASES = 1_000
EPOCH = 1
HOUR = 3_600
LOW, HIGH = 3, 4
SMALL = 10_000
"""The share of the vault, in ppm, above which B is judged as B2."""
WHOLE = 1_000_000
"""All of the vault."""
Action = tuple[int, int, int]
"""(class, epoch, threshold), as the contract has it."""


def an_ecdsa_key(source: Random) -> EcdsaKey:
    from coincurve import PrivateKey

    return EcdsaKey(PrivateKey(word(source.randrange(1, SECP256K1_ORDER))))


@dataclass
class Custodians:
    """A ThresholdAuthority with keys of 3 and 4 of 5."""

    parity: ParityChain
    authority: Address
    shares: dict[int, list]

    def sign(self, digest: bytes, threshold: int, source: Random) -> bytes:
        return proof_of(sign_together(source.sample(self.shares[threshold], threshold), digest))

    def judge(self, *questions: tuple[Action, bytes, bytes]) -> list[str]:
        """How `authorize` ends for each (action, digest, proof), at no value."""
        asked = [(action, 0, digest, proof) for action, digest, proof in questions]
        return refusals(self.parity.ask("ThresholdAuthority", self.authority, "authorize", asked))


@dataclass
class People:
    """A MultisigAuthority with a member of every kind: any four of the five suffice."""

    parity: ParityChain
    authority: Address
    member_set: MemberSet
    signers: list[Signer]  # in the order of the set

    def index(self, kind: type) -> int:
        return next(index for index, signer in enumerate(self.signers) if type(signer) is kind)

    def signatures(self, digest: bytes, source: Random) -> dict[int, bytes]:
        return {index: signer.sign(digest, source) for index, signer in enumerate(self.signers)}

    def proof(self, signatures: dict[int, bytes]) -> bytes:
        return encode_proof(self.member_set.encode(), encode_approvals(signatures))

    def judge(self, *questions: tuple[Action, bytes, bytes], value: int = 0) -> list:
        """How `authorize` ends for each (action, digest, proof): the delay, or the refusal. `value` in ppm."""
        asked = [(action, value, digest, proof) for action, digest, proof in questions]
        return self.parity.ask("MultisigAuthority", self.authority, "authorize", asked)


GOOD: Action = (ActionClass.A, EPOCH, 3)
OF_PEOPLE: Action = (ActionClass.C, EPOCH, 4)


@pytest.fixture(scope="module")
def oracle(parity: ParityChain) -> Address:
    return parity.deploy("DevnetRegimeOracle")


@pytest.fixture(scope="module")
def people(parity: ParityChain, oracle: Address) -> People:
    source = Random("members")
    owner, frost = an_ecdsa_key(source), parity.deploy("FrostVerifier")
    signers: list[Signer] = [
        AccountSigner(an_ecdsa_key(source)),
        WalletSigner(owner, parity.deploy("Wallet", owner.address)),
        P256Signer(parity.deploy("P256Verifier")),
        PasskeySigner(parity.deploy("WebAuthnVerifier")),
        GroupSigner(frost),
    ]
    member_set = MemberSet.of([signer.member for signer in signers], low=3, high=4, least_hardware=1)
    in_order = [next(s for s in signers if s.member == member) for member in member_set.members]
    guardians = sorted(bytes([byte]) * 20 for byte in (1, 2, 3))
    authority = parity.deploy("MultisigAuthority", member_set.encode(), guardians, oracle)
    return People(parity, authority, member_set, in_order)


@pytest.fixture(scope="module")
def custodians(parity: ParityChain, oracle: Address, people: People) -> Custodians:
    shares = {threshold: list(deal(threshold=threshold, signers=5).values()) for threshold in (3, 4)}
    keys = [(threshold, *held[0].key.public.coordinates()) for threshold, held in shares.items()]
    authority = parity.deploy("ThresholdAuthority", keys, 5, word(1), oracle, people.authority)
    return Custodians(parity, authority, shares)


class TestGivenAThousandSignaturesOfCustodians:
    def test_when_judged_then_the_chain_takes_every_one(self, custodians: Custodians) -> None:
        source = Random("frost")
        questions = []
        for _ in range(CASES):
            digest, threshold = source.randbytes(32), source.choice((3, 4))
            action = (ActionClass.A, EPOCH, threshold)
            questions.append((action, digest, custodians.sign(digest, threshold, source)))
        assert Counter(custodians.judge(*questions)) == {"accepted": CASES}

    def test_when_one_bit_of_any_is_another_then_none_is_taken(self, custodians: Custodians) -> None:
        source = Random("spoiled frost")
        digest = source.randbytes(32)
        proof = custodians.sign(digest, 3, source)
        questions = []
        for _ in range(CASES):
            signed = bytearray(digest + proof)
            signed[source.randrange(len(signed))] ^= 1 << source.randrange(8)
            questions.append((GOOD, bytes(signed[:32]), bytes(signed[32:])))
        counted = Counter(custodians.judge(*questions))
        assert counted.total() == CASES
        assert counted.keys() <= {"InvalidSignature", "ScalarOutOfRange"}

    @pytest.mark.parametrize(
        ("action", "error"),
        [
            ((ActionClass.A, 0, 3), "WrongEpoch"), ((ActionClass.A, 2, 3), "WrongEpoch"),
            ((ActionClass.A, 2**64 - 1, 3), "WrongEpoch"),
            ((ActionClass.A, EPOCH, 0), "UnknownThreshold"), ((ActionClass.A, EPOCH, 2), "UnknownThreshold"),
            ((ActionClass.A, EPOCH, 5), "UnknownThreshold"), ((ActionClass.A, EPOCH, 255), "UnknownThreshold"),
            ((ActionClass.B2, EPOCH, 3), "ThresholdTooLow"), ((ActionClass.D, EPOCH, 3), "ThresholdTooLow"),
            ((ActionClass.D0, EPOCH, 3), "ThresholdTooLow"), ((ActionClass.A, EPOCH, 4), "InvalidSignature"),
            ((ActionClass.A0, EPOCH, 3), "ClassNotServed"), ((ActionClass.C, EPOCH, 3), "ClassNotServed"),
        ],
    )  # fmt: skip
    def test_when_the_action_is_another_then_refused_by_its_own_name(
        self, custodians: Custodians, action: Action, error: str
    ) -> None:
        source = Random("action")
        digest = source.randbytes(32)
        assert custodians.judge((action, digest, custodians.sign(digest, 3, source))) == [error]

    @pytest.mark.parametrize(
        ("spoil", "error"),
        [
            (lambda proof: proof[:64] + word(0), "ScalarZero"),
            (lambda proof: proof[:64] + word(SECP256K1_ORDER), "ScalarOutOfRange"),
            (lambda proof: proof[:64] + word(SECP256K1_ORDER + 1), "ScalarOutOfRange"),
            (lambda proof: proof[:64] + word(2**256 - 1), "ScalarOutOfRange"),
            (lambda proof: proof[:64] + word(SECP256K1_ORDER - int.from_bytes(proof[64:])), "InvalidSignature"),
            (lambda proof: bytes(64) + proof[64:], "InvalidSignature"),
            (lambda proof: proof[32:64] + proof[:32] + proof[64:], "InvalidSignature"),
            (lambda proof: proof[:-1], "MalformedProof"), (lambda proof: proof + b"\0", "MalformedProof"),
            (lambda _: b"", "MalformedProof"),
        ],
    )  # fmt: skip
    def test_when_the_proof_is_malformed_then_refused_by_its_own_name(
        self, custodians: Custodians, spoil: Callable[[bytes], bytes], error: str
    ) -> None:
        source = Random("proof")
        digest = source.randbytes(32)
        assert custodians.judge((GOOD, digest, spoil(custodians.sign(digest, 3, source)))) == [error]

    @pytest.mark.parametrize(
        ("x", "y", "error"),
        [
            (0, 1, "KeyOutOfRange"), (SECP256K1_ORDER, 1, "KeyOutOfRange"), (2**256 - 1, 1, "KeyOutOfRange"),
            (1, 1, "KeyOffCurve"), (5, 0, "KeyOffCurve"),
        ],
    )  # fmt: skip
    def test_when_a_key_is_out_of_range_then_no_authority_and_no_verifier_takes_it(
        self, parity: ParityChain, oracle: Address, people: People, x: int, y: int, error: str
    ) -> None:
        with pytest.raises(Reverted) as caught:
            parity.deploy("ThresholdAuthority", [(3, x, y)], 5, word(1), oracle, people.authority)
        assert caught.value.error == error
        group = people.signers[people.index(GroupSigner)]
        digest = bytes(32)
        asked = [(word(x) + word(y), digest, group.sign(digest, Random("key")))]
        [(answer,)] = parity.ask("FrostVerifier", group.member.account, "verify", asked)
        assert answer == b"\xff" * 4


KINDS = [AccountSigner, WalletSigner, P256Signer, PasskeySigner, GroupSigner]


class TestGivenAThousandProofsOfThePeople:
    def test_when_every_kind_of_member_signed_then_the_chain_takes_every_one(self, people: People) -> None:
        source = Random("people")
        questions, signed = [], Counter()
        for _ in range(CASES):
            digest = source.randbytes(32)
            signatures = people.signatures(digest, source)
            signed.update(type(people.signers[index]) for index in signatures)
            questions.append((OF_PEOPLE, digest, people.proof(signatures)))
        assert Counter(refusals(people.judge(*questions))) == {"accepted": CASES}
        assert signed == dict.fromkeys(KINDS, CASES)

    @pytest.mark.parametrize("kind", KINDS)
    def test_when_one_signature_is_spoiled_then_that_member_is_named(self, people: People, kind: type) -> None:
        """The other four would do: a bad approval is refused, never passed over."""
        source, index = Random(f"spoiled {kind}"), people.index(kind)
        questions = []
        for _ in range(CASES // 10):
            digest = source.randbytes(32)
            signatures = people.signatures(digest, source)
            signatures[index] = spoiled(people.signers[index], digest, signatures[index], source)
            questions.append((OF_PEOPLE, digest, people.proof(signatures)))
        for verdict in people.judge(*questions):
            assert isinstance(verdict, Reverted)
            assert (verdict.error, verdict.arguments) == ("InvalidApproval", {"index": index})


def spoiled(signer: Signer, digest: bytes, signature: bytes, source: Random) -> bytes:
    """Another signature of the same member: of another digest, with a flipped bit, cut, longer, or empty."""
    other = signer.sign(bytes([digest[0] ^ 1]) + digest[1:], source)
    # Of a passkey only the words at the front: bits of the padding between are nobody's.
    at = source.randrange(min(len(signature), 64))
    flipped = signature[:at] + bytes([signature[at] ^ 1 << source.randrange(8)]) + signature[at + 1 :]
    choices = [other, flipped, b"", signature[:-33]]
    if isinstance(signer, AccountSigner | WalletSigner):
        r, s, v = signature[:32], int.from_bytes(signature[32:64]), signature[64]
        high = word(SECP256K1_ORDER - s)
        choices += [r + high + bytes([v ^ 7]), r + high + bytes([v]), r + word(s) + bytes([v ^ 7])]
        choices += [r + word(s) + bytes([bad]) for bad in (0, 1, 26, 29, 255)] + [signature + b"\0"]
        choices += [word(0) + word(s) + bytes([v]), r + word(0) + bytes([v]), r + word(SECP256K1_ORDER) + bytes([v])]
    elif type(signer) is P256Signer:
        r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
        choices += [word(r) + word(P256_ORDER - s), word(r + P256_ORDER & 2**256 - 1) + word(s)]
    return source.choice(choices)


class TestGivenApprovalsThatDoNotStandAsTheyMust:
    @pytest.mark.parametrize(
        ("change", "error"),
        [
            (lambda each: each[0] + each[0] + each[1] + each[2], "ApprovalsNotAscending"),
            (lambda each: each[1] + each[0] + each[2] + each[3], "ApprovalsNotAscending"),
            (lambda each: each[0] + each[1] + each[2] + each[3] + b"\x05" + each[4][1:], "UnknownMember"),
            (lambda each: each[0] + each[1] + each[2] + each[3][:-1], "ApprovalsTruncated"),
            (lambda each: each[0] + each[1] + each[2] + each[3] + b"\x04\xff\xff", "ApprovalsTruncated"),
            (lambda each: each[0] + each[1] + each[2], "WeightTooLow"), (lambda _: b"", "WeightTooLow"),
            (lambda each: b"\x01" + each[0][1:] + each[2] + each[3] + each[4], "InvalidApproval"),
        ],
        ids=["twice", "unsorted", "no member", "cut", "too long", "too few", "none", "another's"],
    )  # fmt: skip
    def test_when_judged_then_refused_by_its_own_name(
        self, people: People, change: Callable[[list[bytes]], bytes], error: str
    ) -> None:
        source = Random("order")
        digest = source.randbytes(32)
        each = [encode_approvals({index: one}) for index, one in people.signatures(digest, source).items()]
        proof = encode_proof(people.member_set.encode(), change(each))
        assert refusals(people.judge((OF_PEOPLE, digest, proof))) == [error]

    @pytest.mark.parametrize(
        ("action", "error"),
        [
            ((ActionClass.C, 0, 4), "WrongEpoch"), ((ActionClass.C, 2, 4), "WrongEpoch"),
            ((ActionClass.C, EPOCH, 3), "ThresholdTooLow"), ((ActionClass.C, EPOCH, 0), "ThresholdTooLow"),
            ((ActionClass.C, EPOCH, 6), "WeightTooLow"), ((ActionClass.A0, EPOCH, 4), "ClassNotServed"),
            ((ActionClass.A, EPOCH, 2), "ThresholdTooLow"), ((ActionClass.B, EPOCH, 2), "ThresholdTooLow"),
            ((ActionClass.B2, EPOCH, 3), "ThresholdTooLow"), ((ActionClass.D, EPOCH, 3), "ThresholdTooLow"),
            ((ActionClass.D0, EPOCH, 3), "ThresholdTooLow"), ((ActionClass.A, 2, 3), "WrongEpoch"),
            ((ActionClass.A, EPOCH, 6), "WeightTooLow"),
        ],
    )  # fmt: skip
    def test_when_the_action_is_another_then_refused_by_its_own_name(
        self, people: People, action: Action, error: str
    ) -> None:
        source = Random("action of people")
        digest = source.randbytes(32)
        assert refusals(people.judge((action, digest, people.proof(people.signatures(digest, source))))) == [error]

    @pytest.mark.parametrize(
        ("action_class", "value", "weight", "delay"),
        [
            (ActionClass.A, 0, LOW, 0), (ActionClass.A, WHOLE, LOW, 0),
            (ActionClass.B, 0, LOW, 0), (ActionClass.B, SMALL, LOW, 0), (ActionClass.B, SMALL + 1, HIGH, 6 * HOUR),
            (ActionClass.B, WHOLE, HIGH, 6 * HOUR), (ActionClass.B2, 0, HIGH, 6 * HOUR),
            (ActionClass.C, 0, HIGH, 24 * HOUR), (ActionClass.D, 0, HIGH, 48 * HOUR), (ActionClass.D0, 0, HIGH, 0),
        ],
    )  # fmt: skip
    def test_when_it_is_served_then_its_weight_suffices_and_neither_less_nor_fewer_do(
        self, people: People, action_class: ActionClass, value: int, weight: int, delay: int
    ) -> None:
        source = Random("weights")
        digest = source.randbytes(32)
        signatures = people.signatures(digest, source)
        hardware = people.index(PasskeySigner)  # the set asks for one that is a device
        others = [index for index in signatures if index != hardware]
        signed = {
            count: people.proof({index: signatures[index] for index in sorted([hardware, *others[: count - 1]])})
            for count in (weight - 1, weight)
        }
        verdicts = people.judge(
            ((action_class, EPOCH, weight), digest, signed[weight]),
            ((action_class, EPOCH, weight), digest, signed[weight - 1]),
            ((action_class, EPOCH, weight - 1), digest, signed[weight]),
            value=value,
        )
        assert verdicts[0] == (delay,)
        assert refusals(verdicts) == ["accepted", "WeightTooLow", "ThresholdTooLow"]

    def test_when_set_or_proof_is_another_then_refused_by_its_own_name(self, people: People) -> None:
        source = Random("set")
        digest = source.randbytes(32)
        approvals = encode_approvals(people.signatures(digest, source))
        encoded = people.member_set.encode()
        weaker = bytes([2, 2]) + encoded[2:]
        proofs = [encode_proof(weaker, approvals), b"", b"\x01", b"\xff\xff" + encoded, encode_proof(b"", approvals)]
        errors = ["WrongSet", "MalformedProof", "MalformedProof", "MalformedProof", "WrongSet"]
        assert refusals(people.judge(*((OF_PEOPLE, digest, proof) for proof in proofs))) == errors

    def test_when_the_oracle_is_stale_then_class_c_is_blocked_by_its_own_name(
        self, people: People, oracle: Address
    ) -> None:
        source, client = Random("stale"), people.parity.client
        digest = source.randbytes(32)
        proof = people.proof(people.signatures(digest, source))
        regime = client.at("DevnetRegimeOracle", oracle).functions
        client.send(regime.set(int(Regime.CALM), True), sender=people.parity.sender)
        assert refusals(people.judge((OF_PEOPLE, digest, proof))) == ["ClassBlocked"]
        client.send(regime.set(int(Regime.CALM), False), sender=people.parity.sender)
        assert refusals(people.judge((OF_PEOPLE, digest, proof))) == ["accepted"]


class TestGivenAPasskeyThatSignedSomethingElse:
    """A signature by the right key over what WebAuthn or the chain does not take: §7.2 of WebAuthn, steps 11 to 17."""

    @pytest.mark.parametrize(
        "change",
        [
            lambda a: Assertion(a.authenticator, a.client_data.replace(b"webauthn.get", b"webauthn.create")),
            lambda a: Assertion(a.authenticator, a.client_data.replace(b'"challenge":"', b'"challenge":"A')),
            lambda a: Assertion(a.authenticator, a.client_data.replace(b'"challenge"', b'"Challenge"')),
            lambda a: Assertion(a.authenticator, b"{}"),
            lambda a: Assertion(a.authenticator[:32] + b"\x04" + a.authenticator[33:], a.client_data),
            lambda a: Assertion(a.authenticator[:32] + b"\x01" + a.authenticator[33:], a.client_data),
            lambda a: Assertion(a.authenticator[:32] + b"\x15" + a.authenticator[33:], a.client_data),
            lambda a: Assertion(a.authenticator[:36], a.client_data),
        ],
        ids=["created", "challenge", "no challenge", "empty", "absent", "unverified", "backed up, not able", "short"],
    )
    def test_when_judged_then_that_member_is_named(
        self, people: People, change: Callable[[Assertion], Assertion]
    ) -> None:
        source, index = Random("passkey"), people.index(PasskeySigner)
        passkey, digest = people.signers[index], source.randbytes(32)
        assert isinstance(passkey, PasskeySigner)
        signatures = people.signatures(digest, source)
        good = passkey.assertion(digest, source)
        verdicts = []
        for assertion in (good, change(good)):
            signatures[index] = passkey.sign_assertion(assertion)
            verdicts += people.judge((OF_PEOPLE, digest, people.proof(signatures)))
        assert refusals(verdicts) == ["accepted", "InvalidApproval"]
        assert verdicts[1].arguments == {"index": index}
