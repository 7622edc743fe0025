"""The whole ceremony by its pure steps, with real signatures and real sealing: everybody ends with the same keys."""

from itertools import combinations

import pytest
from msgspec.structs import replace

from custody.crypto.frost import InvalidSignature, aggregate, verify
from custody.errors import EncodingError, RunAborted
from custody.identifiers import SignerId
from custody.protocol.encoding import encode
from custody.protocol.run import RunSetting
from custody.protocol.tenure import certificate_hash, follow_lineage
from tests.builders import a_committee, an_identity, signature_shares
from tests.protocol.running import HOSTS, a_ceremony, honest_ceremony, sign, terms_of

SIZES = [(3, (2,)), (5, (3, 4)), (5, (4,)), (4, (3,))]


@pytest.mark.parametrize(("n", "thresholds"), SIZES)
class TestGivenAnHonestCommittee:
    def test_when_it_runs_then_every_seat_holds_the_same_certificate_and_keys(self, n, thresholds):
        run = honest_ceremony(n, thresholds)
        assert len({end.tenure.certificate for end in run.certified}) == 1
        assert run.tenure.certificate == certificate_hash(run.honest.endorsements[0].message) == run.tenure.root
        assert run.tenure.origin == run.honest.endorsements[0].message.transcript
        assert run.tenure.generation == 0
        for index, threshold in enumerate(thresholds):
            keys = [end.shares[index].key for end in run.certified]
            assert len({key.id for key in keys}) == 1
            assert all(key.public_shares == keys[0].public_shares for key in keys)
            assert {key.threshold for key in keys} == {threshold}
            assert all(end.shares[index].matches_public_share() for end in run.certified)

    def test_when_any_quorum_signs_then_the_signature_verifies_under_the_certified_key(self, n, thresholds):
        run = honest_ceremony(n, thresholds)
        for index, threshold in enumerate(thresholds):
            for signers in combinations(run.setting.committee.seats, threshold):
                sign(run.shares(index), signers)

    def test_when_a_stranger_reads_the_certificate_then_it_states_the_same_keys(self, n, thresholds):
        run = honest_ceremony(n, thresholds)
        read = follow_lineage([encode(run.certified[0].certificate)], HOSTS.authenticate)
        assert (read.certificate, read.root, read.origin) == (
            run.tenure.certificate,
            run.tenure.root,
            run.tenure.origin,
        )
        assert read.keys == run.tenure.keys
        assert read.committee == run.setting.committee

    def test_when_the_contributions_differ_then_so_do_run_and_keys(self, n, thresholds):
        one, other = honest_ceremony(n, thresholds), a_ceremony(a_committee(n, thresholds), label="another")
        assert one.honest.endorsements[0].message.run != other.honest.endorsements[0].message.run
        assert not {key.public for key in one.tenure.keys} & {key.public for key in other.tenure.keys}


class TestGivenTwoThresholdsInOneRun:
    def test_when_it_ends_then_the_keys_have_nothing_in_common(self):
        low, high = honest_ceremony().certified[0].shares
        assert low.key.id != high.key.id
        assert low.secret.to_secret_bytes() != high.secret.to_secret_bytes()
        assert not set(low.key.public_shares.values()) & set(high.key.public_shares.values())

    def test_when_the_low_quorum_uses_its_low_shares_then_the_high_key_does_not_verify_them(self):
        run = honest_ceremony()
        package, answers = signature_shares(run.shares(0), (1, 2, 3))
        with pytest.raises(InvalidSignature):
            verify(aggregate(answers, package), b"message", run.tenure.keys[1].public)


class TestGivenWhatIsSealed:
    def test_when_its_infos_are_compared_then_no_two_places_of_any_run_share_one(self):
        infos = []
        for run in (honest_ceremony(), a_ceremony(a_committee(5, (3, 4)), label="another")):
            infos += [effect.info for party in run.parties for effect in party.collected(run.honest).opens]
        assert len(infos) == len(set(infos)) == 2 * 5 * 2 * 5

    def test_when_its_places_are_compared_then_each_recipient_has_a_key_for_each_dealer_and_threshold(self):
        run = honest_ceremony()
        keys = [key for each in run.honest.preparations for row in each.message.sealing_keys for key in row]
        assert len(keys) == len(set(keys)) == 5 * 2 * 5

    def test_when_one_key_is_revealed_then_it_opens_that_share_and_no_other(self):
        run = honest_ceremony()
        opens = run.party(1).collected(run.honest).opens
        revealed = run.party(1).one_time.reveal(opens[0].place)
        HOSTS.open_with(revealed, opens[0].ciphertext, info=opens[0].info)
        for other in opens[1:]:
            with pytest.raises(EncodingError):
                HOSTS.open_with(revealed, other.ciphertext, info=other.info)


class TestGivenTermsOfNoCeremony:
    @pytest.mark.parametrize(
        "changes",
        [
            {"generation": 1}, {"previous": bytes(32)}, {"dealers": ((1, 2),)}, {"lost": 1}, {"kind": "refresh"},
            {"kind": "reshare"}, {"kind": "repair"}, {"thresholds": (1_000,)}, {"thresholds": (4, 3)},
            {"thresholds": (3, 3)}, {"thresholds": ()}, {"chain_id": 0}, {"hosts": ()},
        ],
        ids=str,
    )  # fmt: skip
    def test_when_proposed_then_every_party_refuses(self, changes):
        with pytest.raises(RunAborted):
            RunSetting.of(replace(terms_of("ceremony", a_committee(5, (3, 4))), **changes), None)

    def test_when_this_host_has_no_part_in_it_then_it_refuses(self):
        with pytest.raises(RunAborted):
            honest_ceremony().setting.party_of(an_identity("stranger").keys)

    def test_when_the_host_has_a_seat_then_it_knows_its_number(self):
        assert honest_ceremony().setting.party_of(an_identity(SignerId(4)).keys) == 4
