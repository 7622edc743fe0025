"""`custody blame verify`, `blame find`, `node transcript`, `fingerprint`: from files alone, as anybody reads them."""

import json

import msgspec
import pytest

from custody.config.documents import CommitteeDocument, EvidenceDocument, write_document
from custody.coordinator import PartyAtFault
from custody.errors import EncodingError, RunAborted
from custody.host.backup import WORDS
from custody.host.words import FINGERPRINT_WORDS, fingerprint_words
from custody.protocol.blame import Equivocation
from custody.protocol.encoding import encode
from custody.protocol.messages import decode_body, decode_envelope
from custody.protocol.run_messages import Complaint, Contribution, HostKeysBody
from tests.builders import fresh
from tests.cli.nodes import custody, refused
from tests.signer.runs import COORDINATOR, a_committee_of, a_run, custodians
from tests.signer.situations import Situation, message_of, sealing_nonsense, signed_by

__all__ = ["custody"]
CANNOT_TELL = 3


def write_evidence(path, kind, encoded):
    write_document(path, EvidenceDocument(kind=kind, evidence=encoded.hex()))
    return path


@pytest.fixture
def failed(tmp_path):
    """(custodians, evidence) of a ceremony in which seat 2 sealed nonsense to seat 1."""
    members = custodians(tmp_path, 3)
    committee = a_committee_of(members, (2,))
    members[1].tamper = sealing_nonsense(members[1], recipients=(0,))
    with pytest.raises(PartyAtFault) as caught:
        a_run(members, "ceremony", committee)
    return members, caught.value.evidence


class TestGivenEvidenceOfARun:
    def test_when_verified_then_the_culprits_seat_and_host_are_named(self, custody, failed, tmp_path):
        members, evidence = failed
        said = custody("blame", "verify", write_evidence(tmp_path / "e.json", "run", encode(evidence)))
        assert said.code == 0
        assert f"seat 2, host {members[1].keys.id.hex()}" in said.out
        assert "sealed" in said.out

    def test_when_the_complaint_is_false_then_the_complainant_is_named(self, custody, failed, tmp_path):
        members, evidence = failed
        envelope = decode_envelope(evidence.complaint)
        accusing = msgspec.structs.replace(decode_body("Complaint", envelope.body), accused=3)
        false = signed_by(members[0], accusing, envelope.execution)
        changed = msgspec.structs.replace(evidence, complaint=false)
        said = custody("blame", "verify", write_evidence(tmp_path / "e.json", "run", encode(changed)))
        assert said.code == 0
        assert f"seat 1, host {members[0].keys.id.hex()}" in said.out

    def test_when_it_was_made_on_other_messages_then_it_cannot_be_told(self, custody, failed, tmp_path):
        members, evidence = failed
        envelope = decode_envelope(evidence.complaint)
        elsewhere = msgspec.structs.replace(decode_body("Complaint", envelope.body), seen=fresh("elsewhere"))
        changed = msgspec.structs.replace(evidence, complaint=signed_by(members[0], elsewhere, envelope.execution))
        said = custody("blame", "verify", write_evidence(tmp_path / "e.json", "run", encode(changed)))
        assert said.code == CANNOT_TELL
        assert "nobody is proven" in said.out

    def test_when_malformed_or_not_authentic_then_one_sentence_and_code_2(self, custody, failed, tmp_path):
        members, evidence = failed
        path = tmp_path / "e.json"
        stranger = signed_by(members[0], Contribution(contribution=fresh("x")), fresh("another run"))
        whole = encode(evidence)
        for content in (b"", whole[:-1], whole + b"\0", encode(msgspec.structs.replace(evidence, complaint=stranger))):
            refused(custody("blame", "verify", write_evidence(path, "run", content)))
        refused(custody("blame", "verify", write_evidence(path, "equivocation", whole)))
        refused(custody("blame", "verify", write_evidence(path, "signing", whole)))
        for text in ("", "{}", "[]", '{"kind": "run", "evidence": "xyz"}', '{"kind": "other", "evidence": ""}'):
            path.write_text(text)
            refused(custody("blame", "verify", path), "e.json")
        refused(custody("blame", "verify", tmp_path / "nothing.json"), "cannot be read")


@pytest.fixture
def two_stories(tmp_path):
    """Custodians of whom the second told the third something else: the run came to nothing, nobody complained."""
    members = custodians(tmp_path, 3)
    committee = a_committee_of(members, (2,))
    liar, said = members[1], {}

    def through(party):
        async def handle(encoded):
            envelope = decode_envelope(encoded)
            if envelope.kind == "ContributionSet" and party is members[2]:
                message = decode_body(envelope.kind, envelope.body)
                other = signed_by(liar, Contribution(contribution=fresh("another")), envelope.execution)
                both = (message.contributions[0], other, message.contributions[2])
                changed = msgspec.structs.replace(message, contributions=both)
                encoded = COORDINATOR.sign(changed, execution=envelope.execution, recipient=envelope.recipient)
            answer = await party.handle(encoded)
            said[party, envelope.kind] = answer
            return answer

        return handle

    with pytest.raises(RunAborted):
        a_run(members, "ceremony", committee, through=through)
    assert not any(isinstance(message_of(answer), Complaint) for answer in said.values())
    for member in members:
        member.stop()
    return members


def transcripts(custody, members, folder):
    files = []
    for number, member in enumerate(members, start=1):
        out = folder / f"transcript {number}.bin"
        assert custody("node", "transcript", "--home", member.folder, "--out", out).code == 0
        files.append(out)
    return files


class TestGivenTranscriptsOfWhatSeveralWereShown:
    def test_when_a_host_told_two_stories_then_it_is_found_and_the_evidence_proves_itself(
        self, custody, two_stories, tmp_path
    ):
        files, out = transcripts(custody, two_stories, tmp_path), tmp_path / "found.json"
        said = custody("blame", "find", *files, "--out", out)
        assert said.code == 0, said
        liar = two_stories[1].keys.id.hex()
        assert f"host {liar}" in said.out
        verified = custody("blame", "verify", out)
        assert verified.code == 0
        assert f"host {liar}" in verified.out
        refused(custody("blame", "find", *files, "--out", out), "exists already")

    def test_when_one_of_them_alone_is_searched_then_it_cannot_be_told(self, custody, two_stories, tmp_path):
        for file in transcripts(custody, two_stories, tmp_path):
            if file.name != "transcript 2.bin":
                assert custody("blame", "find", file).code in (0, CANNOT_TELL)
        first = tmp_path / "transcript 1.bin"
        assert custody("blame", "find", first).code == CANNOT_TELL
        assert custody("blame", "find", first, first).code == CANNOT_TELL

    def test_when_everybody_was_honest_then_there_is_none(self, custody, tmp_path):
        situation = Situation("repair", tmp_path)
        situation.run()
        for party in situation.parties:
            party.stop()
        said = custody("blame", "find", *transcripts(custody, situation.parties, tmp_path))
        assert said.code == CANNOT_TELL
        assert int(said.out.split()[-2]) > 40

    def test_when_evidence_and_transcripts_are_mixed_then_all_are_searched(self, custody, failed, tmp_path):
        members, evidence = failed
        for member in members:
            member.stop()
        honest = write_evidence(tmp_path / "evidence.json", "run", encode(evidence))
        said = custody("blame", "find", honest, *transcripts(custody, members, tmp_path))
        # The dealer sent the others what its own store does not have: its own transcript proves it too.
        assert said.code == 0
        assert members[1].keys.id.hex() in said.out

    def test_when_a_file_is_bad_then_one_sentence_and_code_2(self, custody, two_stories, tmp_path):
        [first, *_] = transcripts(custody, two_stories, tmp_path)
        (tmp_path / "cut.bin").write_bytes(first.read_bytes()[:-5])
        refused(custody("blame", "find", first, tmp_path / "cut.bin"), "cut.bin")
        refused(custody("blame", "find", tmp_path / "nothing.bin"), "cannot be read")
        write_evidence(tmp_path / "e.json", "equivocation", b"")
        refused(custody("blame", "find", tmp_path / "e.json"))


class TestGivenEvidenceOfEquivocation:
    def evidence(self, tmp_path, *, second=b"b", author=None, execution=b"2"):
        [liar, other] = custodians(tmp_path, 2)
        first, then = (
            signed_by(who, Contribution(contribution=fresh(label)), fresh(run))
            for who, label, run in ((liar, b"a", b"1"), ((author and other) or liar, second, execution))
        )
        host = HostKeysBody(signing=liar.keys.signing, post_quantum=liar.keys.post_quantum)
        return write_evidence(
            tmp_path / "e.json", "equivocation", encode(Equivocation(host=host, first=first, second=then))
        )

    def test_when_two_bodies_stand_in_one_place_then_its_host_is_at_fault(self, custody, tmp_path):
        assert custody("blame", "verify", self.evidence(tmp_path, execution=b"1")).code == 0

    def test_when_it_is_one_body_or_two_places_then_nobody_is(self, custody, tmp_path):
        for number, how in enumerate([{"execution": b"2"}, {"second": b"a", "execution": b"1"}]):
            (tmp_path / str(number)).mkdir()
            assert custody("blame", "verify", self.evidence(tmp_path / str(number), **how)).code == CANNOT_TELL

    def test_when_somebody_else_said_one_of_them_then_it_is_refused(self, custody, tmp_path):
        refused(custody("blame", "verify", self.evidence(tmp_path, author=True, execution=b"1")))


class TestGivenACommitteeFile:
    @pytest.fixture
    def committee(self, tmp_path):
        members = custodians(tmp_path, 3)
        committee = a_committee_of(members, (2,))
        for member in members:
            member.stop()
        return committee

    def path(self, tmp_path, committee, urls=("http://a", "http://b", "http://c")):
        write_document(tmp_path / "committee.json", CommitteeDocument.of(committee, list(urls)))
        return tmp_path / "committee.json"

    def test_when_asked_then_its_fingerprint_is_13_words_and_hangs_on_what_was_agreed_alone(
        self, custody, committee, tmp_path
    ):
        said = custody("fingerprint", self.path(tmp_path, committee))
        assert said.code == 0
        words = said.out.split()
        assert words == fingerprint_words(committee.fingerprint())
        assert len(words) == FINGERPRINT_WORDS
        assert custody("fingerprint", self.path(tmp_path, committee, ("x", "y", "z"))).out.split() == words
        document = json.loads(self.path(tmp_path, committee).read_text())
        for change in ({"chain_id": 5}, {"authority": "0x" + "11" * 20}, {"seats": document["seats"][::-1]}):
            (tmp_path / "other.json").write_text(json.dumps(document | change))
            assert custody("fingerprint", tmp_path / "other.json").out.split() != words

    def test_when_malformed_then_one_sentence(self, custody, committee, tmp_path):
        path = self.path(tmp_path, committee)
        document = json.loads(path.read_text())
        for change in ({"thresholds": [9]}, {"authority": "0x1"}, {"seats": []}, {"more": 1}):
            path.write_text(json.dumps(document | change))
            refused(custody("fingerprint", path), "committee.json")

    def test_when_bits_are_read_back_from_the_words_then_they_are_the_first_130_of_the_digest(self):
        digest = fresh("a digest")
        bits = "".join(format(WORDS.index(word), "010b") for word in fingerprint_words(digest))
        assert bits == format(int.from_bytes(digest, "big"), "0256b")[:130]
        with pytest.raises((ValueError, EncodingError)):
            fingerprint_words(digest[:16])
