"""A lineage of certificates holds from the root that the chain stores to the last, or it is refused.

Everything that a stranger could do to the bytes is tried, and what whoever signed could have signed instead.
"""

import random
from functools import cache

import pytest
from msgspec.structs import replace

from custody.errors import EncodingError, ProtocolError
from custody.identifiers import SignerId
from custody.protocol.encoding import decode_exactly, encode
from custody.protocol.run_messages import Certificate
from custody.protocol.tenure import BrokenLineage, follow_lineage, host_bodies, key_bodies, run_name, tenure_of
from tests.builders import a_committee, an_identity, committee_with, fresh
from tests.protocol.running import (
    HOSTS,
    a_ceremony,
    after,
    authenticated,
    honest_ceremony,
    honest_refresh,
    honest_repair,
    honest_reshare,
    sign,
)


@cache
def a_life():
    """Ceremony, refresh, repair of seat 4, reshare to 3 of 4: the runs in order."""
    repaired = after(
        honest_refresh(),
        "repair",
        committee_with((1, 2, 3, "4th", 5), (3, 4)),
        dealers=((1, 2, 3), (1, 2, 3, 5)),
        lost=4,
    )
    committee = committee_with((2, "4th", "newcomer", 3), (3,))
    single = a_ceremony(a_committee(4, (3,)), label="one key")
    one = after(single, "reshare", committee, dealers=((1, 2, 4),))
    moved = after(
        repaired, "reshare", committee_with((2, "4th", "newcomer", 3, 5), (3, 4)), dealers=((1, 2, 4), (1, 2, 3, 4))
    )
    return (honest_ceremony(), honest_refresh(), repaired, moved), (single, one)


def follow(line, *, root=None):
    """What a newcomer believes that trusts the root alone."""
    found = follow_lineage(line, HOSTS.authenticate)
    if root is not None and found.root != root:
        raise BrokenLineage("another root")
    return found


def lineage(runs):
    return [encode(run.certified[0].certificate) for run in runs]


def decoded(run):
    return run.certified[0].certificate


class TestGivenAnUnbrokenLineage:
    @pytest.mark.parametrize("which", [0, 1])
    def test_when_a_newcomer_follows_it_then_it_holds_what_the_last_certificate_says(self, which):
        runs = a_life()[which]
        followed = follow(lineage(runs), root=runs[0].tenure.root)
        assert followed == runs[-1].tenure
        assert followed.generation == len(runs) - 1

    def test_when_another_party_kept_it_then_it_says_the_same(self):
        runs = a_life()[0]
        for end in runs[-1].certified:
            assert follow([*lineage(runs)[:-1], encode(end.certificate)]) == runs[-1].tenure

    def test_when_the_chain_codes_are_asked_for_then_they_come_from_the_ceremony(self):
        runs = a_life()[0]
        assert {run.tenure.origin for run in runs} == {runs[0].honest.endorsements[0].message.transcript}


REORDERED = {
    "empty": lambda line: [],
    "without its ceremony": lambda line: line[1:],
    "without the second": lambda line: [line[0], *line[2:]],
    "without the third": lambda line: [*line[:2], line[3]],
    "two swapped": lambda line: [line[0], line[2], line[1], line[3]],
    "one twice": lambda line: [*line[:2], line[1], *line[2:]],
    "ceremony twice": lambda line: [line[0], *line],
    "another ceremony before": lambda line: [lineage([honest_ceremony(5, (4,))])[0], *line[1:]],
    "another run in the second place": lambda line: [line[0], *lineage([honest_repair()]), *line[2:]],
    "a fork after the second": lambda line: [*line[:2], *lineage([honest_reshare()])],
}


@pytest.mark.parametrize("how", REORDERED)
class TestGivenALineageThatIsNotWhole:
    def test_when_followed_then_it_is_refused(self, how):
        with pytest.raises(ProtocolError):
            follow(REORDERED[how](lineage(a_life()[0])))


class TestGivenALifeAtRandom:
    @pytest.mark.parametrize("seed", range(3))
    def test_when_refreshed_reshared_and_repaired_then_the_key_stays_and_the_lineage_holds(self, seed):
        source = random.Random(seed)
        names = [(seed, number) for number in range(5)]
        runs = [a_ceremony(committee_with(names, (3,)), label=("life", seed))]
        for step in range(6):
            names, run = lived(source, names, runs[-1], (seed, step))
            runs.append(run)
            key = run.tenure.keys[0]
            assert key.id == runs[0].tenure.keys[0].id
            sign(run.shares(), source.sample(sorted(key.signers), key.threshold))
        assert follow(lineage(runs), root=runs[0].tenure.root) == runs[-1].tenure


def lived(source, names, run, label):
    """One more run on the keys, of any kind; who holds them afterwards."""
    key, kind = run.tenure.keys[0], source.choice(["refresh", "reshare", "repair"])
    dealers = tuple(sorted(source.sample(sorted(key.signers), key.threshold)))
    if kind == "refresh":
        return names, after(run, "refresh", dealers=(dealers,), label=label)
    if kind == "repair":
        lost = source.choice([seat for seat in key.signers if seat not in dealers])
        names = [*names[: lost - 1], ("new host", label), *names[lost:]]
        return names, after(
            run, "repair", committee_with(names, (key.threshold,)), dealers=(dealers,), lost=lost, label=label
        )
    size = source.choice((4, 5, 6))
    names = source.sample([*names, ("newcomer", label), ("second", label)], size)
    threshold = source.randrange(size // 2 + 1, size)
    return names, after(run, "reshare", committee_with(names, (threshold,)), dealers=(dealers,), label=label)


class TestGivenAnotherRoot:
    def test_when_followed_from_it_then_the_lineage_is_refused(self):
        with pytest.raises(BrokenLineage):
            follow(lineage(a_life()[0]), root=fresh("root"))


# --- tampering with a certificate: what can be done without anybody's keys ---

TAMPERED = {
    "kind": lambda c: replace(c, terms=replace(c.terms, kind="reshare")),
    "chain": lambda c: replace(c, terms=replace(c.terms, chain_id=1)),
    "authority": lambda c: replace(c, terms=replace(c.terms, authority=bytes(20))),
    "generation": lambda c: replace(c, terms=replace(c.terms, generation=2)),
    "previous": lambda c: replace(c, terms=replace(c.terms, previous=fresh("previous"))),
    "dealers": lambda c: replace(c, terms=replace(c.terms, dealers=((1, 2, 3), c.terms.dealers[1]))),
    "lost": lambda c: replace(c, terms=replace(c.terms, lost=2)),
    "salt": lambda c: replace(c, terms=replace(c.terms, salt=fresh("salt"))),
    "thresholds": lambda c: replace(c, terms=replace(c.terms, thresholds=(4, 3))),
    "a threshold fewer": lambda c: replace(c, terms=replace(c.terms, thresholds=(3,))),
    "a host replaced": lambda c: replace(
        c, terms=replace(c.terms, hosts=host_bodies(committee_with((1, 2, 3, 4, "mallory"), (3, 4))))
    ),
    "hosts reordered": lambda c: replace(
        c, terms=replace(c.terms, hosts=(c.terms.hosts[1], c.terms.hosts[0], *c.terms.hosts[2:]))
    ),
    "a host fewer": lambda c: replace(c, terms=replace(c.terms, hosts=c.terms.hosts[:-1])),
    "public shares swapped": lambda c: replace(
        c, public_shares=((c.public_shares[0][1], c.public_shares[0][0], *c.public_shares[0][2:]), c.public_shares[1])
    ),
    "the last public share changed": lambda c: replace(
        c, public_shares=((*c.public_shares[0][:-1], c.public_shares[0][0]), c.public_shares[1])
    ),
    "a public share that is no point": lambda c: replace(
        c, public_shares=((b"\x05" * 33, *c.public_shares[0][1:]), c.public_shares[1])
    ),
    "a public share too few": lambda c: replace(c, public_shares=(c.public_shares[0][:-1], c.public_shares[1])),
    "keys swapped": lambda c: replace(c, public_shares=c.public_shares[::-1]),
    "a key fewer": lambda c: replace(c, public_shares=c.public_shares[:1]),
    "a key more": lambda c: replace(c, public_shares=(*c.public_shares, c.public_shares[0])),
    "an endorsement missing": lambda c: replace(c, endorsements=c.endorsements[:-1]),
    "an endorsement twice": lambda c: replace(c, endorsements=(*c.endorsements[:-1], c.endorsements[0])),
    "an endorsement more": lambda c: replace(c, endorsements=(*c.endorsements, c.endorsements[0])),
    "endorsements reordered": lambda c: replace(c, endorsements=c.endorsements[::-1]),
    "an endorsement of the ceremony": lambda c: replace(
        c, endorsements=(decoded(honest_ceremony()).endorsements[0], *c.endorsements[1:])
    ),
    "a signature altered": lambda c: replace(c, endorsements=(flipped(c.endorsements[0]), *c.endorsements[1:])),
}


def flipped(envelope):
    """Its last bit, which is one of the ML-DSA signature."""
    return envelope[:-1] + bytes([envelope[-1] ^ 1])


@pytest.mark.parametrize("how", TAMPERED)
class TestGivenACertificateThatWasTamperedWith:
    def test_when_the_lineage_is_followed_then_it_is_refused(self, how):
        runs = a_life()[0]
        line = lineage(runs[:2])
        tampered = TAMPERED[how](decoded(runs[1]))
        with pytest.raises((EncodingError, ProtocolError)):
            follow([line[0], encode(tampered)])


class TestGivenBytesThatWereTamperedWith:
    @pytest.mark.parametrize("part", range(24))
    def test_when_any_byte_is_another_then_the_lineage_is_refused(self, part):
        line = lineage(a_life()[0][:2])
        place = part * len(line[1]) // 24
        with pytest.raises((EncodingError, ProtocolError)):
            follow([line[0], line[1][:place] + bytes([line[1][place] ^ 1]) + line[1][place + 1 :]])


# --- certificates that every party of the run signed, and that are nevertheless of no run ---


def all_sign(run, *, by=None, terms=None, **changes):
    """The run's certificate with another statement, signed by everybody (or `by` these): one conspiracy of all."""
    setting = run.setting
    certificate = run.certified[0].certificate
    said = replace(run.honest.endorsements[0].message, **changes)
    identities = [party.identity for party in run.parties] if by is None else by
    name = setting.name if terms is None else run_name(terms)
    endorsements = [authenticated(said, by=identity, execution=name) for identity in identities]
    encoded = tuple(message.encoded for message in endorsements)
    certificate = replace(certificate, endorsements=encoded, terms=terms or setting.terms)
    return certificate, endorsements


SIGNED_BY_ALL = {
    "generation": {"generation": 2},
    "previous": {"previous": fresh("previous")},
    "no previous": {"previous": b""},
    "origin": {"origin": fresh("origin")},
}


@pytest.mark.parametrize("run", [honest_ceremony, honest_refresh, honest_reshare, honest_repair])
class TestGivenAStatementThatDoesNotFollow:
    @pytest.mark.parametrize("what", SIGNED_BY_ALL)
    def test_when_everybody_signed_it_then_it_is_refused_all_the_same(self, run, what):
        run = run()
        changes = SIGNED_BY_ALL[what]
        if changes == {"previous": b""} and run.setting.before is None:
            changes = {"previous": bytes(32)}
        certificate, endorsements = all_sign(run, **changes)
        with pytest.raises(BrokenLineage):
            tenure_of(certificate, endorsements, before=run.setting.before)

    def test_when_a_key_is_another_then_it_is_refused(self, run):
        run = run()
        first, second = run.honest.endorsements[0].message.keys
        for keys in ((second, first), (first,), (replace(first, holders=fresh("holders")), second)):
            certificate, endorsements = all_sign(run, keys=keys)
            with pytest.raises(BrokenLineage):
                tenure_of(certificate, endorsements, before=run.setting.before)

    def test_when_one_party_signed_for_another_then_it_is_refused(self, run):
        run = run()
        by = [party.identity for party in run.parties]
        certificate, endorsements = all_sign(run, by=[*by[:-1], an_identity("mallory")])
        with pytest.raises(BrokenLineage):
            tenure_of(certificate, endorsements, before=run.setting.before)

    def test_when_the_certificate_carries_other_envelopes_than_were_checked_then_it_is_refused(self, run):
        run = run()
        certificate, _ = all_sign(run)
        with pytest.raises(BrokenLineage):
            tenure_of(certificate, run.honest.endorsements, before=run.setting.before)

    def test_when_it_is_compared_with_another_certificate_before_it_then_it_is_refused(self, run):
        run = run()
        other = None if run.setting.before else honest_refresh().tenure
        with pytest.raises(BrokenLineage):
            tenure_of(run.certified[0].certificate, run.honest.endorsements, before=other)


class TestGivenAReshareThatItsLeavingDealersDidNotSign:
    def test_when_the_new_committee_alone_signed_then_it_is_refused(self):
        run = honest_reshare()
        by = [party.identity for party in run.parties[:7]]
        certificate, endorsements = all_sign(run, by=by)
        with pytest.raises(BrokenLineage):
            tenure_of(certificate, endorsements, before=run.setting.before)


class TestGivenTermsThatNoHonestPartyTakes:
    """Everybody signed under them, and still a newcomer refuses: it checks the terms as every party must have."""

    @pytest.mark.parametrize(
        "changes",
        [{"kind": "reshare"}, {"kind": "repair"}, {"chain_id": 1}, {"authority": bytes(20)}, {"lost": 4},
         {"dealers": ((1, 2), (1, 2, 3, 4))}],
        ids=str,
    )  # fmt: skip
    def test_when_a_newcomer_reads_them_then_the_certificate_is_refused(self, changes):
        run = honest_refresh()
        terms = replace(run.setting.terms, **changes)
        certificate, endorsements = all_sign(run, terms=terms)
        with pytest.raises(BrokenLineage):
            tenure_of(certificate, endorsements, before=run.setting.before)

    def test_when_a_refresh_states_the_keys_of_another_ceremony_then_it_is_refused(self):
        """Of one piece in itself, and signed by everybody: but not the keys that the chain knows."""
        run, other = honest_refresh(), a_ceremony(a_committee(5, (3, 4)), label="other keys")
        keys = key_bodies(run.setting.committee, other.tenure.keys)
        certificate, endorsements = all_sign(run, keys=keys)
        certificate = replace(certificate, public_shares=decoded(other).public_shares)
        with pytest.raises(BrokenLineage):
            tenure_of(certificate, endorsements, before=run.setting.before)

    def test_when_a_repair_states_other_shares_than_before_then_it_is_refused(self):
        """The keys are the same and everybody signed; but a repair that moves a share is a refresh in disguise."""
        repaired, refreshed = honest_repair(), honest_refresh()
        keys = key_bodies(repaired.setting.committee, refreshed.tenure.keys)
        certificate, endorsements = all_sign(repaired, keys=keys)
        certificate = replace(certificate, public_shares=decoded(refreshed).public_shares)
        with pytest.raises(BrokenLineage):
            tenure_of(certificate, endorsements, before=repaired.setting.before)


class TestGivenACertificateInBytes:
    @pytest.mark.parametrize("run", [honest_ceremony, honest_refresh, honest_reshare, honest_repair])
    def test_when_encoded_and_decoded_then_it_is_the_same(self, run):
        certificate = run().certified[0].certificate
        assert decode_exactly(Certificate, encode(certificate)) == certificate

    def test_when_a_seat_asks_then_it_knows_its_key_by_its_name(self):
        tenure = honest_ceremony().tenure
        assert tenure.key_of(tenure.keys[1].id) == tenure.keys[1]
        assert tenure.key_of(b"\x02" * 33) is None
        assert [holding.generation for holding in tenure.holdings] == [0, 0]

    def test_when_one_signature_of_a_pair_is_altered_then_the_door_refuses(self):
        envelope = honest_ceremony().honest.endorsements[0].encoded
        known = {an_identity(SignerId(1)).keys.id: an_identity(SignerId(1)).keys}
        HOSTS.authenticate(envelope, known)
        with pytest.raises(ProtocolError):
            HOSTS.authenticate(flipped(envelope), known)


class TestGivenACertificateWhoseDealersNeverSat:
    @pytest.mark.parametrize("seat", [4, 0xFFFF])
    def test_when_followed_then_it_is_broken_and_no_error_of_ours(self, seat):
        made = a_ceremony(a_committee(3, (2,)), label="dealers that never sat")
        first = made.certified[0].certificate
        terms = replace(first.terms, kind="refresh", generation=1, previous=bytes(32), dealers=((1, seat),))
        forged = encode(replace(first, terms=terms))
        with pytest.raises(BrokenLineage, match="no seat"):
            follow_lineage((*lineage([made]), forged), HOSTS.authenticate)
