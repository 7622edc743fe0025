"""The whole ceremony by its pure steps, with real signatures and real sealing: everybody ends with the same keys."""

from itertools import combinations

import pytest
from msgspec.structs import replace

from custody.crypto.frost import InvalidSignature, aggregate, verify
from custody.errors import CeremonyAborted
from custody.identifiers import SignerId
from custody.protocol import ceremony
from custody.protocol.committee import Committee
from tests.builders import AUTHORITY, CHAIN_ID, a_committee, fresh, signature_shares
from tests.protocol.running import Run, an_honest_run

SIZES = [(3, (2,)), (5, (3, 4)), (5, (4,)), (4, (3,))]


@pytest.mark.parametrize(("n", "thresholds"), SIZES)
class TestGivenAnHonestCommittee:
    def test_when_it_runs_then_every_seat_holds_the_same_certificate_and_keys(self, n, thresholds):
        run = an_honest_run(n, thresholds)
        endorsements = run.endorsements()
        certified = [run.certify(seat, endorsements) for seat in run.committee.seats]
        assert len({result.certificate for result in certified}) == 1
        assert certified[0].certificate == ceremony.certificate_hash(endorsements[0].message)
        for position, threshold in enumerate(thresholds):
            keys = [result.shares[position].key for result in certified]
            assert len({key.id for key in keys}) == 1
            assert all(key.public_shares == keys[0].public_shares for key in keys)
            assert {key.threshold for key in keys} == {threshold}
            assert all(result.shares[position].matches_public_share() for result in certified)

    def test_when_any_quorum_signs_then_the_signature_verifies_under_the_certified_key(self, n, thresholds):
        run = an_honest_run(n, thresholds)
        endorsed = {seat: run.endorse(seat) for seat in run.committee.seats}
        for position, threshold in enumerate(thresholds):
            shares = {seat: state.shares[position] for seat, state in endorsed.items()}
            for signers in combinations(run.committee.seats, threshold):
                package, answers = signature_shares(shares, signers)
                verify(aggregate(answers, package), b"message", shares[SignerId(1)].key.public)

    def test_when_the_contributions_differ_then_so_do_run_and_keys(self, n, thresholds):
        one, other = an_honest_run(n, thresholds), Run(n, thresholds, label="another")
        assert one.run != other.run
        assert not {key.public for key in one.endorse(1).endorsement().keys} & {
            key.public for key in other.endorse(1).endorsement().keys
        }


class TestGivenTwoThresholdsInOneRun:
    def test_when_it_ends_then_the_keys_have_nothing_in_common(self):
        low, high = an_honest_run(5, (3, 4)).endorse(1).shares
        assert low.key.id != high.key.id
        assert low.secret.to_secret_bytes() != high.secret.to_secret_bytes()
        assert not set(low.key.public_shares.values()) & set(high.key.public_shares.values())

    def test_when_the_low_quorum_uses_its_low_shares_then_the_high_key_does_not_verify_them(self):
        run = an_honest_run(5, (3, 4))
        shares = {seat: run.endorse(seat).shares for seat in run.committee.seats}
        package, answers = signature_shares({seat: pair[0] for seat, pair in shares.items()}, (1, 2, 3))
        with pytest.raises(InvalidSignature):
            verify(aggregate(answers, package), b"message", shares[SignerId(1)][1].key.public)


class TestGivenWhatIsSealed:
    def test_when_its_infos_are_compared_then_no_two_places_of_any_run_share_one(self):
        runs = [an_honest_run(5, (3, 4)), Run(5, (3, 4), label="another")]
        infos = [effect.info for run in runs for plans in run.plans.values() for plan in plans for effect in plan.seals]
        assert len(infos) == len(set(infos)) == 2 * 5 * 2 * 5

    def test_when_its_dealer_changes_the_commitments_then_what_it_sealed_for_others_opens_no_more(self):
        run = an_honest_run(5, (3, 4))
        honest = run.dealings[2].message
        first = honest.keys[0]
        other = replace(first, commitment=(*first.commitment[:-1], first.commitment[0]))
        altered = [*run.dealings]
        altered[2] = run.signed(3, replace(honest, keys=(other, honest.keys[1])))
        assert (3, 3) not in run.open(1, run.collect(1, altered))


class TestGivenAStateThatIsPrinted:
    def test_when_each_is_shown_then_no_share_is_in_it(self):
        run = an_honest_run()
        endorsed = run.endorse(2)
        shown = repr((endorsed, run.plans[SignerId(2)], run.collect(2, run.dealings)))
        for share in endorsed.shares:
            assert share.secret.to_secret_bytes().hex() not in shown
        for plan in run.plans[SignerId(2)]:
            for effect in plan.seals:
                assert effect.plaintext.to_secret_bytes().hex() not in shown


class TestGivenAProposal:
    @pytest.mark.parametrize(
        "other",
        [
            pytest.param(lambda c: Committee(**_members(c) | {"chain_id": CHAIN_ID + 1}), id="chain"),
            pytest.param(lambda c: Committee(**_members(c) | {"authority": b"\x01" * 20}), id="authority"),
            pytest.param(lambda c: Committee(**_members(c) | {"thresholds": (3,)}), id="thresholds"),
            pytest.param(lambda c: Committee(**_members(c) | {"hosts": c.hosts[::-1]}), id="order-of-seats"),
            pytest.param(lambda c: Committee(**_members(c) | {"hosts": a_committee(6, (4,)).hosts[1:]}), id="hosts"),
        ],
    )
    def test_when_it_is_of_another_committee_then_the_custodian_does_not_join(self, other):
        mine = a_committee(5, (3, 4))
        proposal = ceremony.proposal_of(other(mine), salt=fresh("salt"))
        with pytest.raises(CeremonyAborted) as raised:
            ceremony.propose(proposal, committee=mine, me=SignerId(1), randomness=fresh("r"))
        assert raised.value.suspects == frozenset()

    def test_when_only_the_salt_differs_then_it_is_another_execution(self):
        committee = a_committee()
        ids = {ceremony.proposal_id(ceremony.proposal_of(committee, salt=fresh(n))) for n in range(3)}
        assert len(ids) == 3


def _members(committee):
    return {
        "hosts": committee.hosts,
        "thresholds": committee.thresholds,
        "chain_id": CHAIN_ID,
        "authority": AUTHORITY,
    }
