"""THRESHOLD §2: in a whole run of any kind, no secret of any party reaches a variable-time call of the library."""

import pytest

from custody.crypto.possession import ProofOfPossession
from custody.crypto.scalars import Scalar
from custody.protocol.derivation import child_shares, child_tenure
from tests.builders import a_committee, committee_with
from tests.crypto.recording import SecretLeaked, recording
from tests.protocol.running import a_ceremony, after

DEALERS = ((1, 3),)


def ceremony():
    return a_ceremony(a_committee(3, (2,)), label="constant time")


def begun(kind):
    """A run that has not been told yet, on keys whose ceremony is over."""
    before = ceremony()
    if kind == "ceremony":
        return before
    assert before.certified, "its keys are there"
    if kind == "refresh":
        return after(before, kind, dealers=DEALERS)
    if kind == "reshare":
        return after(before, kind, committee_with((1, 2, 3, "newcomer"), (3,)), dealers=DEALERS)
    return after(before, kind, committee_with((1, "replacement", 3), (2,)), dealers=DEALERS, lost=2)


def proofs(run):
    """The responses of proofs of possession, which are made of secrets and shown."""
    return {
        ProofOfPossession.from_bytes(key.proof).response.to_bytes32()
        for message in run.honest.third
        for key in getattr(message.message, "keys", ())
        if getattr(key, "proof", b"")
    }


class TestGivenARecorderAtTheDoorOfTheLibrary:
    @pytest.mark.parametrize("kind", ["ceremony", "refresh", "reshare", "repair"])
    def test_when_a_run_goes_from_terms_to_certificate_then_no_secret_reaches_a_variable_time_call(self, kind):
        run = begun(kind)
        with recording() as secp:
            shares = {share.secret.to_secret_bytes() for end in run.certified for share in end.shares}
        assert len(shares) == len(run.setting.committee.hosts)
        if kind != "repair":
            assert shares <= secp.results, "the recorder saw the secrets that were really used"
        assert "secp256k1_ec_pubkey_tweak_mul" in secp.calls
        secp.require_hidden((secp.results | shares) - proofs(run))

    def test_when_shares_of_children_are_derived_then_neither_they_nor_their_parents_are_shown(self):
        run = ceremony()
        tenure = run.tenure
        held = run.certified[0].shares
        with recording() as secp:
            children = child_shares(tenure, held, 0)
            assert all(child.matches_public_share() for child in children)
            child_tenure(tenure, 1)
        secrets = {share.secret.to_secret_bytes() for share in (*held, *children)}
        assert {share.secret.to_secret_bytes() for share in children} <= secp.results
        secp.require_hidden(secrets | secp.results)

    def test_when_a_share_is_used_as_a_public_factor_then_the_recorder_says_so(self):
        run = ceremony()
        share = run.certified[0].shares[0]
        with recording() as secp:
            run.tenure.keys[0].public.times(Scalar.from_bytes_checked(share.secret.to_secret_bytes()))
        with pytest.raises(SecretLeaked):
            secp.require_hidden({share.secret.to_secret_bytes()})
