"""Evidence in bytes: whoever reads it comes to the verdict of those who were there; anything else names nobody."""

import pytest
from msgspec.structs import replace

from custody.errors import EncodingError, ProtocolError
from custody.protocol.blame import Equivocation, RunEvidence, judge_equivocation, judge_run
from custody.protocol.encoding import decode_exactly, encode
from custody.protocol.evidence import evidence_of, judge_evidence, setting_of
from custody.protocol.run import Fault, PartyFault
from custody.protocol.run_messages import Contribution, HostKeysBody
from custody.protocol.tenure import BrokenLineage, follow_lineage
from tests.builders import fresh
from tests.protocol.faults.dealings import seals
from tests.protocol.faults.entry import CAST
from tests.protocol.faults.repairs import seals_part
from tests.protocol.faults.sealing import SEALED
from tests.protocol.running import HOSTS, KINDS, honest_ceremony, transcript_of


def lineage_of(run):
    return () if run.setting.before is None else (encode(honest_ceremony().certified[0].certificate),)


def complained(phase, *, falsely=False):
    """A run in which the cheat sealed garbage to the victim, who complains; or the cheat complains of nothing."""
    run, cast = KINDS[phase](), CAST[phase]
    garbage = SEALED["garbage"][1]
    made = seals_part(garbage) if phase == "repair" else seals(garbage, cheat=cast.cheat, victim=cast.victim)
    story = run.prefix("third") if falsely else run.tell(made.rounds, until="third")
    accused = cast.other if falsely else cast.cheat
    threshold = run.setting.committee.thresholds[0]
    fault = PartyFault(accused, Fault.SEALED, "", threshold=threshold)
    complaint = run.party(cast.cheat if falsely else cast.victim).complain(story, fault)
    evidence = evidence_of(run.setting, lineage_of(run), transcript_of(run, story), complaint)
    return run, evidence, judge_run(run.setting, transcript_of(run, story), complaint, HOSTS)


def named_by(evidence):
    """Whom the evidence names; nobody where it is none."""
    try:
        return judge_evidence(evidence, HOSTS).culprit
    except (EncodingError, ProtocolError):
        return None


@pytest.mark.parametrize("phase", KINDS)
class TestGivenAComplaintWithItsEvidence:
    @pytest.mark.parametrize("falsely", [False, True])
    def test_when_a_stranger_judges_its_bytes_then_the_same_party_is_named(self, phase, falsely):
        run, evidence, verdict = complained(phase, falsely=falsely)
        read = decode_exactly(RunEvidence, encode(evidence))
        assert judge_evidence(read, HOSTS) == verdict
        assert verdict.culprit == run.setting.parties[CAST[phase].cheat - 1].id

    def test_when_any_part_of_it_is_missing_then_nobody_is_named(self, phase):
        _, evidence, _ = complained(phase)
        for name in ("contributions", "preparations", "third"):
            short = getattr(evidence, name)[:-1]
            assert named_by(replace(evidence, **{name: short})) is None
            assert named_by(replace(evidence, **{name: ()})) is None

    def test_when_a_message_stands_in_another_round_then_nobody_is_named(self, phase):
        _, evidence, _ = complained(phase)
        for changes in (
            {"third": evidence.preparations},
            {"preparations": evidence.third},
            {"contributions": evidence.preparations},
            {"summings": evidence.third},
            {"complaint": evidence.third[0]},
            {"complaint": b""},
        ):
            assert named_by(replace(evidence, **changes)) is None

    def test_when_its_terms_or_its_lineage_are_others_then_nobody_is_named(self, phase):
        _, evidence, _ = complained(phase)
        other = replace(evidence.terms, salt=fresh("other"))
        assert named_by(replace(evidence, terms=other)) is None
        lineage = () if evidence.lineage else (encode(honest_ceremony().certified[0].certificate),)
        assert named_by(replace(evidence, lineage=lineage)) is None
        assert named_by(replace(evidence, lineage=(b"no certificate",))) is None

    def test_when_the_setting_is_read_from_it_then_it_is_that_of_the_run(self, phase):
        run, evidence, _ = complained(phase)
        assert setting_of(evidence.terms, evidence.lineage, HOSTS) == run.setting


class TestGivenALineageInBytes:
    @pytest.mark.parametrize("phase", KINDS)
    def test_when_followed_then_it_comes_to_the_newest_certificate(self, phase):
        run = KINDS[phase]()
        lineage = (*lineage_of(run), encode(run.certified[0].certificate))
        assert follow_lineage(lineage, HOSTS.authenticate) == run.tenure

    def test_when_there_is_none_then_it_comes_to_nothing(self):
        with pytest.raises(BrokenLineage):
            follow_lineage((), HOSTS.authenticate)

    def test_when_its_certificates_hold_other_messages_than_endorsements_then_it_is_refused(self):
        run = honest_ceremony()
        dealings = tuple(message.encoded for message in run.honest.third)
        with pytest.raises((EncodingError, ProtocolError)):
            follow_lineage([encode(replace(run.certified[0].certificate, endorsements=dealings))], HOSTS.authenticate)


class TestGivenTwoEnvelopes:
    def shown(self, first, second):
        keys = honest_ceremony().setting.parties[2]
        host = HostKeysBody(signing=keys.signing, post_quantum=keys.post_quantum)
        return judge_equivocation(Equivocation(host=host, first=first, second=second), HOSTS.authenticate)

    def test_when_one_party_said_two_things_in_one_place_then_it_is_named(self):
        run = honest_ceremony()
        other = run.signed(3, Contribution(contribution=fresh("another")))
        verdict = self.shown(run.honest.contributions[2].encoded, other.encoded)
        assert verdict.culprit == run.setting.parties[2].id

    def test_when_they_are_one_body_signed_twice_then_nobody_is_named(self):
        """ML-DSA-65 draws randomness: two signatures on one body are two envelopes, and no contradiction."""
        run = honest_ceremony()
        again = run.signed(3, run.honest.contributions[2].message)
        assert again.encoded != run.honest.contributions[2].encoded
        assert self.shown(run.honest.contributions[2].encoded, again.encoded).culprit is None

    def test_when_they_are_of_two_rounds_or_two_runs_then_nobody_is_named(self):
        run = honest_ceremony()
        first = run.honest.contributions[2].encoded
        elsewhere = run.signed(3, Contribution(contribution=fresh("another")), execution=fresh("elsewhere"))
        for second in (run.honest.preparations[2].encoded, elsewhere.encoded):
            assert self.shown(first, second).culprit is None

    def test_when_one_is_of_another_party_or_no_envelope_then_it_is_no_evidence(self):
        run = honest_ceremony()
        first = run.honest.contributions[2].encoded
        for second in (run.honest.contributions[0].encoded, b""):
            with pytest.raises((EncodingError, ProtocolError)):
                self.shown(first, second)
