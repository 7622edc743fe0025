"""Our FROST and that of @noble/curves speak one language: their shares sign with ours, on one signature.

Both call themselves FROST-secp256k1-SHA256-v1 of RFC 9591; what either deals, commits to, signs, adds up and verifies
the other must take.
"""

from pathlib import Path

import pytest

from custody.crypto import Commitment, GroupKey, KeyShare, Point, Scalar, SecretScalar, Signature, SigningPackage
from custody.crypto.frost import InvalidSignature, aggregate, draw_nonces, sign, verify, verify_share
from custody.errors import FaultySigner
from custody.identifiers import SignerId
from custody.wiring.noble import Noble, PeerFailed, PeerMissing
from tests.builders import a_key, fresh

ROOT = Path(__file__).resolve().parents[2]
MESSAGE = fresh("what both sign")
THRESHOLD, N = 3, 5
# Which of the three signers are noble's.
MIXTURES = {
    "one": {SignerId(2)},
    "two": {SignerId(1), SignerId(5)},
    "all": {SignerId(1), SignerId(2), SignerId(5)},
    "none": set(),
}
SIGNERS = [SignerId(1), SignerId(2), SignerId(5)]


@pytest.fixture(scope="module")
def noble():
    try:
        peer = Noble(ROOT)
    except PeerMissing as error:
        pytest.skip(f"INTEROPERATION WITH NOBLE NOT CHECKED: {error}")
    with peer:
        yield peer


def dealt_by_us(noble):
    return a_key(threshold=THRESHOLD, n=N, label="ours")


def dealt_by_noble(noble):
    dealt = noble.ask("deal", threshold=THRESHOLD, n=N)
    key = GroupKey(
        public=Point.from_bytes_compressed(bytes.fromhex(dealt["public"])),
        threshold=THRESHOLD,
        public_shares={
            SignerId(int(seat)): Point.from_bytes_compressed(bytes.fromhex(point))
            for seat, point in dealt["shares"].items()
        },
    )
    return {
        SignerId(int(seat)): KeyShare(
            signer=SignerId(int(seat)), secret=SecretScalar.from_secret_bytes(bytes.fromhex(secret)), key=key
        )
        for seat, secret in dealt["secrets"].items()
    }


DEALERS = {"our dealer": dealt_by_us, "noble's dealer": dealt_by_noble}


def as_noble(key):
    return {
        "threshold": key.threshold,
        "public": key.public.to_bytes_compressed().hex(),
        "shares": {seat: point.to_bytes_compressed().hex() for seat, point in key.public_shares.items()},
    }


class MixedQuorum:
    """Some seats sign with noble's code, the others with ours."""

    def __init__(self, noble, shares, by_noble):
        self.noble, self.shares = noble, shares
        self.key = shares[SIGNERS[0]].key
        self.handles, self.nonces, listed = {}, {}, []
        for seat in SIGNERS:
            if seat in by_noble:
                made = noble.ask("commit", seat=seat, secret=self.secret(seat))
                self.handles[seat] = made["handle"]
                points = bytes.fromhex(made["hiding"] + made["binding"])
                listed.append(Commitment.from_points_bytes(points, signer=seat))
            else:
                self.nonces[seat] = draw_nonces(
                    shares[seat], hiding_randomness=fresh(("d", seat)), binding_randomness=fresh(("e", seat))
                )
                listed.append(self.nonces[seat].commitment)
        self.package = SigningPackage(key=self.key, message=MESSAGE, commitments=tuple(listed))
        self.facts = {
            "key": as_noble(self.key),
            "message": MESSAGE.hex(),
            "commitments": [
                {
                    "seat": commitment.signer,
                    "hiding": commitment.hiding.to_bytes_compressed().hex(),
                    "binding": commitment.binding.to_bytes_compressed().hex(),
                }
                for commitment in listed
            ],
        }

    def secret(self, seat):
        return self.shares[seat].secret.to_secret_bytes().hex()

    def sign(self):
        answers = {}
        for seat in SIGNERS:
            if seat in self.handles:
                made = self.noble.ask(
                    "sign", handle=self.handles[seat], seat=seat, secret=self.secret(seat), **self.facts
                )
                answers[seat] = Scalar.from_bytes_checked(bytes.fromhex(made["share"]))
            else:
                answers[seat] = sign(self.shares[seat], self.nonces[seat], self.package)
        return answers

    def aggregated_by_noble(self, answers):
        return self.noble.ask(
            "aggregate", shares={seat: z_i.to_bytes32().hex() for seat, z_i in answers.items()}, **self.facts
        )

    def is_valid_to_noble(self, signature, message=MESSAGE):
        return self.noble.ask(
            "verify",
            signature=signature.to_bytes().hex(),
            message=message.hex(),
            public=self.key.public.to_bytes_compressed().hex(),
        )["valid"]


@pytest.fixture(params=sorted(DEALERS))
def shares(request, noble):
    return DEALERS[request.param](noble)


class TestGivenAQuorumOfNoblesSignersAndOurs:
    @pytest.mark.parametrize("mixture", sorted(MIXTURES))
    def test_when_it_signs_then_both_add_up_the_same_signature_and_both_verify_it(self, noble, shares, mixture):
        quorum = MixedQuorum(noble, shares, MIXTURES[mixture])
        answers = quorum.sign()
        ours = aggregate(answers, quorum.package)
        theirs = quorum.aggregated_by_noble(answers)["signature"]
        assert ours.to_bytes().hex() == theirs
        verify(Signature.from_bytes(bytes.fromhex(theirs)), MESSAGE, quorum.key.public)
        assert quorum.is_valid_to_noble(ours)

    @pytest.mark.parametrize("mixture", sorted(MIXTURES))
    def test_when_single_shares_are_checked_then_both_take_each(self, noble, shares, mixture):
        quorum = MixedQuorum(noble, shares, MIXTURES[mixture])
        for seat, z_i in quorum.sign().items():
            verify_share(z_i, signer=seat, package=quorum.package)
            assert noble.ask("verifyShare", seat=seat, share=z_i.to_bytes32().hex(), **quorum.facts)["valid"]

    @pytest.mark.parametrize("bad", [{1}, {2}, {5}, {1, 5}, {1, 2, 5}], ids=str)
    def test_when_shares_are_altered_then_both_name_the_same_culprits(self, noble, shares, bad):
        quorum = MixedQuorum(noble, shares, MIXTURES["one"])
        answers = quorum.sign()
        for seat in bad:
            answers[seat] = Scalar.reduce(answers[seat] + 2**seat)
        with pytest.raises(FaultySigner) as raised:
            aggregate(answers, quorum.package)
        assert raised.value.culprits == bad
        assert set(quorum.aggregated_by_noble(answers)["culprits"]) == bad

    def test_when_another_message_is_shown_then_both_refuse_the_signature(self, noble, shares):
        quorum = MixedQuorum(noble, shares, MIXTURES["two"])
        signature = aggregate(quorum.sign(), quorum.package)
        with pytest.raises(InvalidSignature):
            verify(signature, MESSAGE + b"!", quorum.key.public)
        assert not quorum.is_valid_to_noble(signature, MESSAGE + b"!")


class TestGivenThePeer:
    def test_when_it_is_asked_nonsense_then_it_says_so_and_goes_on(self, noble):
        with pytest.raises(PeerFailed):
            noble.ask("no such question")
        assert noble.ask("hello")["noble"] == noble.version

    def test_when_the_package_is_not_installed_then_one_sentence_says_so(self, tmp_path):
        with pytest.raises(PeerMissing, match="not installed"):
            Noble(tmp_path)
