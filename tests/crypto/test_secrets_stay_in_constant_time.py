"""THRESHOLD §2: no buffer that holds a secret reaches a variable-time call of the library."""

import pytest
from coincurve._libsecp256k1 import ffi, lib

from custody.crypto import GroupKey, KeyShare, Scalar, curve
from custody.crypto.curve import sum_points
from custody.crypto.frost import SigningPackage, aggregate, draw_nonces, sign, verify_share
from custody.crypto.polynomial import SecretPolynomial, evaluate_commitment
from custody.crypto.possession import DealerStatement, prove_possession, verify_possession
from custody.crypto.scalars import ORDER
from custody.crypto.suite import CONTEXT, expand_message_xmd
from custody.identifiers import RunId, SignerId
from tests.builders import fresh, seats
from tests.crypto.recording import CONSTANT_TIME, SecretLeaked, recording

THRESHOLD, N = 3, 5


def secret_hash(message, tag):
    """The reference: hash_to_field with plain integers, as only a test may compute it."""
    return int.from_bytes(expand_message_xmd(message, dst=CONTEXT + tag, length=48), "big") % ORDER


def known_coefficients(randomness, domain):
    messages = (randomness + power.to_bytes(2, "big") + domain for power in range(THRESHOLD))
    return [secret_hash(message, b"custody-coefficient") for message in messages]


def as_bytes(numbers):
    return {(number % ORDER).to_bytes(32, "big") for number in numbers}


def dealt():
    """A key dealt by one dealer, and its secrets by the reference."""
    polynomial = SecretPolynomial.from_randomness(fresh("dealer"), degree=THRESHOLD - 1, domain=b"tests")
    commitment = polynomial.commit()
    public_shares = {seat: evaluate_commitment(commitment, seat) for seat in seats(N)}
    key = GroupKey(public=commitment[0], threshold=THRESHOLD, public_shares=public_shares)
    shares = {seat: KeyShare(signer=seat, secret=polynomial.evaluate(seat), key=key) for seat in seats(N)}
    coefficients = known_coefficients(fresh("dealer"), b"tests")
    values = {seat: sum(a * seat**power for power, a in enumerate(coefficients)) % ORDER for seat in seats(N)}
    return polynomial, shares, coefficients, values


class TestGivenARecorderAtTheDoorOfTheLibrary:
    def test_when_a_key_is_dealt_then_no_coefficient_or_share_reaches_a_variable_time_call(self):
        with recording() as secp:
            _, shares, coefficients, values = dealt()
        assert all(shares[seat].secret.to_secret_bytes() in as_bytes([values[seat]]) for seat in shares)
        assert as_bytes(coefficients) <= secp.results, "the reference knows the secrets that were really used"
        assert "secp256k1_ec_pubkey_tweak_mul" in secp.calls
        secp.require_hidden(as_bytes([*coefficients, *values.values()]) | secp.results)

    def test_when_possession_is_proven_and_checked_then_neither_secret_nor_nonce_reaches_a_variable_time_call(self):
        polynomial, _, coefficients, _ = dealt()
        statement = DealerStatement(run=RunId(fresh("run")), dealer=SignerId(1), threshold=3, committee=fresh("c"))
        hashed = fresh("proof") + coefficients[0].to_bytes(32, "big") + statement.encode()
        nonce = secret_hash(hashed, b"custody-dkg-nonce")
        with recording() as secp:
            proof = prove_possession(polynomial.coefficients[0], statement, randomness=fresh("proof"))
            verify_possession(proof, polynomial.commit()[0], statement)
        assert as_bytes([nonce]) <= secp.results
        public = {proof.response.to_bytes32()}
        challenge = (proof.response - nonce) * pow(coefficients[0], -1, ORDER)
        secp.require_hidden(as_bytes([*coefficients, nonce, challenge * coefficients[0]]) | secp.results - public)

    def test_when_a_quorum_signs_and_its_shares_are_checked_then_no_secret_reaches_a_variable_time_call(self):
        _, shares, coefficients, values = dealt()
        signers = [SignerId(number) for number in (1, 3, 5)]
        with recording() as secp:
            nonces = {
                seat: draw_nonces(
                    shares[seat], hiding_randomness=fresh(("d", seat)), binding_randomness=fresh(("e", seat))
                )
                for seat in signers
            }
            package = SigningPackage(
                key=shares[signers[0]].key,
                message=b"m",
                commitments=tuple(pair.commitment for pair in nonces.values()),
            )
            answers = {seat: sign(shares[seat], nonces[seat], package) for seat in signers}
            for seat, z_i in answers.items():
                verify_share(z_i, signer=seat, package=package)
            aggregate(answers, package)
        secrets = [*coefficients, *values.values()]
        for seat in signers:
            share = values[seat].to_bytes(32, "big")
            d, e = (secret_hash(fresh((letter, seat)) + share, b"nonce") for letter in "de")
            rho, weight = package.binding_factor(seat), package.lagrange(seat) * package.c
            assert answers[seat] == (d + rho * e + weight * values[seat]) % ORDER
            secrets += [d, e, rho * e, d + rho * e, weight * values[seat]]
            assert as_bytes([d, e]) <= secp.results
        disclosed = {z_i.to_bytes32() for z_i in answers.values()}
        secp.require_hidden(as_bytes(secrets) | secp.results - disclosed)


class TestGivenCodeThatBreaksTheRule:
    """The recorder must catch what it is there for."""

    def test_when_a_point_is_multiplied_by_a_secret_then_the_recorder_says_so(self):
        _, shares, _, _ = dealt()
        secret = shares[SignerId(1)].secret
        with recording() as secp:
            shares[SignerId(2)].key.public.times(Scalar.from_bytes_checked(secret.to_secret_bytes()))
        with pytest.raises(SecretLeaked):
            secp.require_hidden({secret.to_secret_bytes()})

    def test_when_a_point_is_tweaked_by_the_buffer_of_a_secret_then_the_recorder_says_so(self):
        _, shares, _, _ = dealt()
        secret = shares[SignerId(1)].secret
        raw = ffi.new("secp256k1_pubkey *", shares[SignerId(1)].key.public._raw[0])
        with recording() as secp:
            curve._secp.secp256k1_ec_pubkey_tweak_add(curve._CONTEXT, raw, secret._buffer)
        with pytest.raises(SecretLeaked):
            secp.require_hidden({secret.to_secret_bytes()})

    def test_when_the_negative_of_a_secret_is_given_then_the_recorder_says_so(self):
        _, shares, _, values = dealt()
        with recording() as secp:
            shares[SignerId(2)].key.public.times(Scalar(ORDER - values[SignerId(1)]))
        with pytest.raises(SecretLeaked):
            secp.require_hidden(as_bytes([values[SignerId(1)]]))

    def test_when_a_secret_hides_in_a_list_of_arguments_then_the_recorder_looks_inside(self):
        _, shares, _, _ = dealt()
        public = shares[SignerId(1)].key.public
        with recording() as secp:
            sum_points((public, public))
        combined = [content for name, content in secp.seen if name == "secp256k1_ec_pubkey_combine"]
        assert combined.count(bytes(ffi.buffer(public._raw))) == 2

    def test_when_recover_is_called_then_it_counts_as_variable_time(self):
        signature = ffi.new("secp256k1_ecdsa_recoverable_signature *")
        secret = fresh("a secret as message")
        with recording() as secp:
            curve._secp.secp256k1_ecdsa_recover(curve._CONTEXT, ffi.new("secp256k1_pubkey *"), signature, secret)
        with pytest.raises(SecretLeaked):
            secp.require_hidden({secret})

    def test_when_the_list_of_constant_time_calls_is_read_then_each_exists_in_the_library(self):
        assert all(hasattr(lib, name) for name in CONSTANT_TIME)
