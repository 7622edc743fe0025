"""Answers added up under the R that signers state: one verification, no bad signature, and every liar named."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.crypto import Scalar, SigningPackage
from custody.crypto.curve import times_generator
from custody.crypto.frost import aggregate, verify
from custody.errors import FaultySigner
from custody.identifiers import SignerId
from custody.protocol.combining import combine
from custody.protocol.signing_messages import ShareResponse
from tests.builders import a_key, seats, signature_shares
from tests.crypto.recording import recording

MESSAGE = b"message"
T, N = 3, 5
SIGNERS = seats(N)[1:4]


def a_session(label="claims"):
    """(shares, a package that has computed nothing yet, each signer's honest claim)."""
    package, answers = signature_shares(a_key(threshold=T, n=N, label=label), SIGNERS)
    unused = SigningPackage(key=package.key, message=MESSAGE, commitments=tuple(package.commitments.values()))
    return answers, unused, dict.fromkeys(SIGNERS, package.R.to_bytes_compressed())


def combined(answers, package, claims):
    """What the coordinator makes of these shares and claims."""
    responses = {
        seat: ShareResponse(
            digest=MESSAGE, list_hash=bytes(32), share=share.to_bytes32(), group_commitment=claims[seat], following=b""
        )
        for seat, share in answers.items()
    }
    return combine(responses, lambda: package, digest=MESSAGE, key=package.key)


OTHER_R = times_generator(Scalar(7)).to_bytes_compressed()
wrong_claims = st.sampled_from([OTHER_R, b"", bytes(33), b"\x02" + b"\xff" * 32, b"\x04" + OTHER_R[1:], OTHER_R[:32]])


class TestGivenHonestSigners:
    def test_when_all_claim_the_same_r_then_the_signature_is_that_of_the_recomputed_one(self):
        answers, package, claims = a_session()
        signature = combined(answers, package, claims)
        verify(signature, MESSAGE, package.key.public)
        assert signature == aggregate(answers, package)

    def test_when_all_claim_the_same_r_then_nothing_is_multiplied_and_the_work_is_one_recovery(self):
        answers, package, claims = a_session()
        with recording() as secp:
            combined(answers, package, claims)
        assert "secp256k1_ec_pubkey_tweak_mul" not in secp.calls
        assert secp.calls.count("secp256k1_ecdsa_recover") == 1
        assert secp.calls.count("secp256k1_ec_pubkey_parse") == 1

    @pytest.mark.parametrize("who", [SIGNERS[:2], ()])
    def test_when_a_seat_of_the_list_did_not_answer_then_it_is_refused(self, who):
        answers, package, claims = a_session()
        with pytest.raises(ValueError, match="exactly one share"):
            combined({seat: answers[seat] for seat in who}, package, claims)


class TestGivenLiars:
    @settings(max_examples=60, deadline=None, database=None)
    @given(
        st.sets(st.sampled_from(SIGNERS)),
        st.sets(st.sampled_from(SIGNERS)),
        wrong_claims,
        st.booleans(),
        st.integers(0, 9),
    )
    def test_when_some_claim_another_r_or_send_bad_shares_then_exactly_those_are_named(
        self, liars, bad, wrong, same, label
    ):
        answers, package, claims = a_session(label)
        for position, seat in enumerate(sorted(liars)):
            claims[seat] = wrong if same else times_generator(Scalar(100 + position)).to_bytes_compressed()
        for position, seat in enumerate(sorted(bad), start=1):
            answers[seat] = Scalar.reduce(answers[seat] + 2**position)
        if not liars and not bad:
            verify(combined(answers, package, claims), MESSAGE, package.key.public)
            return
        with pytest.raises(FaultySigner) as raised:
            combined(answers, package, claims)
        assert raised.value.culprits == liars | bad

    def test_when_only_claims_were_wrong_then_without_them_the_signature_comes_out(self):
        answers, package, claims = a_session()
        claims[SIGNERS[0]] = OTHER_R
        with pytest.raises(FaultySigner):
            combined(answers, package, claims)
        verify(aggregate(answers, package), MESSAGE, package.key.public)

    def test_when_all_claim_one_wrong_r_then_no_signature_comes_out_and_all_are_named(self):
        answers, package, claims = a_session()
        with pytest.raises(FaultySigner) as raised:
            combined(answers, package, dict.fromkeys(claims, OTHER_R))
        assert raised.value.culprits == set(SIGNERS)

    def test_when_a_share_is_of_another_list_then_only_its_signer_is_named(self):
        answers, package, claims = a_session()
        others, _, _ = a_session("another session")
        with pytest.raises(FaultySigner) as raised:
            combined({**answers, SignerId(3): others[SignerId(3)]}, package, claims)
        assert raised.value.culprits == {3}
