"""The proof of possession: holds for what it states, and for nothing else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.crypto import Scalar, SecretScalar
from custody.crypto.curve import sum_points, times_generator
from custody.crypto.possession import DealerStatement, ProofOfPossession, prove_possession, verify_possession
from custody.crypto.scalars import ORDER
from custody.errors import EncodingError, FaultySigner
from custody.identifiers import RunId, SignerId
from tests.builders import fresh

SECRET = SecretScalar.from_secret_bytes(fresh("secret"))
PUBLIC = SECRET.times_generator()


def a_statement(**changes):
    stated = {"run": RunId(fresh("run")), "dealer": SignerId(2), "threshold": 3, "committee": fresh("committee")}
    return DealerStatement(**(stated | changes))


def a_proof(statement=None, secret=SECRET):
    return prove_possession(secret, statement or a_statement(), randomness=fresh("proof"))


def refuses(proof, public=PUBLIC, statement=None):
    with pytest.raises(FaultySigner) as raised:
        verify_possession(proof, public, statement or a_statement())
    assert raised.value.culprits == {2}


class TestGivenAProof:
    @settings(max_examples=30, deadline=None, database=None)
    @given(st.integers(1, ORDER - 1), st.binary(min_size=32, max_size=32))
    def test_when_it_is_of_any_secret_then_it_verifies_and_survives_its_encoding(self, number, randomness):
        secret = SecretScalar.from_secret_bytes(number.to_bytes(32, "big"))
        proof = prove_possession(secret, a_statement(), randomness=randomness)
        verify_possession(ProofOfPossession.from_bytes(proof.to_bytes()), secret.times_generator(), a_statement())

    @pytest.mark.parametrize(
        "changed",
        [{"run": fresh("another")}, {"threshold": 4}, {"committee": fresh("another")}],
        ids=["run", "threshold", "committee"],
    )
    def test_when_it_is_read_as_about_something_else_then_it_is_refused(self, changed):
        refuses(a_proof(), statement=a_statement(**changed))

    def test_when_it_was_made_by_another_seat_then_it_is_refused(self):
        refuses(a_proof(a_statement(dealer=SignerId(1))))

    def test_when_it_is_of_another_secret_then_it_is_refused(self):
        refuses(a_proof(secret=SecretScalar.from_secret_bytes(fresh("another"))))
        refuses(a_proof(), public=PUBLIC.negated())

    def test_when_response_or_nonce_is_altered_then_it_is_refused(self):
        proof = a_proof()
        refuses(ProofOfPossession(proof.nonce_commitment, Scalar.reduce(proof.response + 1)))
        refuses(ProofOfPossession(proof.nonce_commitment, Scalar(0)))
        refuses(ProofOfPossession(proof.nonce_commitment.negated(), proof.response))

    def test_when_it_is_forged_backwards_from_a_response_then_it_is_refused(self):
        """R = mu·G - c·C_0 for a guessed c: the challenge binds R, so the guess never holds."""
        mu, c = Scalar(5), Scalar(7)
        R = sum_points((times_generator(mu), PUBLIC.times(Scalar(ORDER - c))))
        refuses(ProofOfPossession(R, mu))

    @pytest.mark.parametrize(
        "encoded",
        [b"", bytes(65), b"\x02" + bytes(64), b"\x04" * 65, a_proof().to_bytes()[:-1], a_proof().to_bytes() + b"\0"],
        ids=["empty", "zeros", "x-is-zero", "uncompressed", "short", "long"],
    )
    def test_when_its_encoding_is_malformed_then_it_is_refused(self, encoded):
        with pytest.raises(EncodingError):
            ProofOfPossession.from_bytes(encoded)

    def test_when_its_response_is_not_below_the_order_then_it_is_refused(self):
        with pytest.raises(EncodingError):
            ProofOfPossession.from_bytes(a_proof().to_bytes()[:33] + ORDER.to_bytes(32, "big"))

    @pytest.mark.parametrize("length", [0, 31, 33])
    def test_when_randomness_has_another_length_then_none_is_made(self, length):
        with pytest.raises(ValueError):
            prove_possession(SECRET, a_statement(), randomness=bytes(length))

    def test_when_two_secrets_share_their_randomness_then_their_nonces_differ(self):
        other = a_proof(secret=SecretScalar.from_secret_bytes(fresh("another")))
        assert a_proof().nonce_commitment != other.nonce_commitment

    def test_when_one_secret_proves_two_statements_with_one_randomness_then_the_secret_stays_hidden(self):
        """One nonce under two challenges gives the secret away: mu - mu' over c - c'."""
        one, two = a_proof(a_statement(threshold=3)), a_proof(a_statement(threshold=4))
        assert one.nonce_commitment != two.nonce_commitment
