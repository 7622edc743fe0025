"""Who holds which keys, and the unbroken line of signed certificates that proves it.

A `Tenure` is one generation of one committee's keys, as its certificate states it. A certificate of a ceremony is
signed by every seat. One of a refresh, a reshare or a repair is signed by every seat of the new committee and by every
dealer under the certificate before it, of whom there are as many as the key needs: so that whoever trusts the first
certificate, whose hash the chain stores, can follow the line to the last.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from custody.crypto.curve import Point, sum_points
from custody.crypto.keys import GroupKey
from custody.crypto.polynomial import lagrange_coefficient
from custody.errors import EncodingError, ProtocolError
from custody.identifiers import Address, HostId, SignerId
from custody.protocol.authenticated import Authenticated
from custody.protocol.committee import Committee, HostKeys
from custody.protocol.encoding import Message, decode_exactly, encode
from custody.protocol.run_messages import Certificate, Endorsement, HostKeysBody, KeyBody, RunTerms
from custody.protocol.signing_messages import Holding


class BrokenLineage(ProtocolError):
    """A certificate does not follow from the one before it, or is not signed by whom it must be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenure:
    """One generation of a committee's keys, one key for each threshold, in order.

    `certificate`: its hash. `root`: hash of the ceremony's certificate, which the chain stores; names the lineage.
    `origin`: transcript of the ceremony, from which chain codes come.
    """

    committee: Committee
    generation: int
    certificate: bytes
    root: bytes
    origin: bytes
    keys: tuple[GroupKey, ...]

    @property
    def by_threshold(self) -> dict[int, GroupKey]:
        return {key.threshold: key for key in self.keys}

    def key_of(self, public: bytes) -> GroupKey | None:
        """The key of 33 bytes, or None."""
        return next((key for key in self.keys if key.id == public), None)

    def holding(self, key: GroupKey) -> Holding:
        """How messages name this generation of this key."""
        return Holding(key=key.id, generation=self.generation, holders=holders_hash(self.committee, key))

    @property
    def holdings(self) -> tuple[Holding, ...]:
        return tuple(self.holding(key) for key in self.keys)


def holders_hash(committee: Committee, key: GroupKey) -> bytes:
    """32 bytes over the ordered host keys and Y_1 ... Y_n."""
    shares = b"".join(key.public_shares[seat].to_bytes_compressed() for seat in committee.seats)
    return sha256(b"custody-holders-v1" + committee.hosts_hash() + key.id + shares).digest()


def key_bodies(committee: Committee, keys: Sequence[GroupKey]) -> tuple[KeyBody, ...]:
    """The keys as an endorsement states them."""
    return tuple(KeyBody(threshold=key.threshold, public=key.id, holders=holders_hash(committee, key)) for key in keys)


def certificate_hash(endorsement: Endorsement) -> bytes:
    """32 bytes: what every party signed, signatures excluded. The ceremony's is stored on chain beside the keys."""
    return sha256(b"custody-certificate-v2" + encode(endorsement)).digest()


# --- terms ---


def host_bodies(committee: Committee) -> tuple[HostKeysBody, ...]:
    return tuple(HostKeysBody(signing=host.signing, post_quantum=host.post_quantum) for host in committee.hosts)


def committee_of(terms: RunTerms) -> Committee:
    """The committee that will hold the keys. Raises: EncodingError: there can be no such committee."""
    return Committee(
        hosts=tuple(HostKeys(signing=host.signing, post_quantum=host.post_quantum) for host in terms.hosts),
        thresholds=terms.thresholds,
        chain_id=terms.chain_id,
        authority=Address(terms.authority),
    )


def run_name(terms: RunTerms) -> bytes:
    """32 bytes: the execution that every envelope of this run names."""
    return sha256(b"custody-run-terms-v1" + encode(terms)).digest()


def leaving_dealers(terms: RunTerms, before: Committee | None) -> tuple[HostKeys, ...]:
    """Dealers of the previous committee that have no seat in the new one, in order of their old seats.

    Raises:
        BrokenLineage: a dealer that had no seat in the previous one either.
    """
    if before is None:
        return ()
    if any(seat not in before.seats for dealers in terms.dealers for seat in dealers):
        raise BrokenLineage("a dealer has no seat in the committee before")
    staying = {(host.signing, host.post_quantum) for host in terms.hosts}
    hosts = (before.host(SignerId(seat)) for seat in sorted({seat for dealers in terms.dealers for seat in dealers}))
    return tuple(host for host in hosts if (host.signing, host.post_quantum) not in staying)


def require_sound(terms: RunTerms, committee: Committee, before: Tenure | None) -> None:
    """Whether these terms describe a run, and one that follows from `before`; None before a ceremony.

    Raises:
        BrokenLineage: see the message.
    """
    if before is None:
        if terms.kind != "ceremony" or terms.generation or terms.previous or terms.dealers or terms.lost:
            raise BrokenLineage("a run without certified keys is a ceremony, of generation 0")
        return
    old = before.committee
    if terms.kind == "ceremony" or terms.generation != before.generation + 1 or terms.previous != before.certificate:
        raise BrokenLineage("it does not follow from the newest certificate known here")
    if (committee.chain_id, committee.authority) != (old.chain_id, old.authority):
        raise BrokenLineage("keys do not move to another chain or authority; make new ones")
    require_dealers(terms, before)
    _require_whole_hosts(committee, old)
    replaced = [seat for seat in old.seats if seat > len(committee.hosts) or committee.host(seat) != old.host(seat)]
    same = len(committee.hosts) == len(old.hosts) and committee.thresholds == old.thresholds
    if terms.kind == "refresh" and (committee != old or terms.lost):
        raise BrokenLineage("a refresh keeps its committee")
    if terms.kind == "reshare" and (committee == old or terms.lost):
        raise BrokenLineage("a reshare has another committee; for the same one it is a refresh")
    if terms.kind == "repair":
        if not same or replaced != [terms.lost] or old.seat_of(committee.host(SignerId(terms.lost)).id) is not None:
            raise BrokenLineage("a repair puts a new host on one seat and changes nothing else")
        if any(terms.lost in dealers for dealers in terms.dealers):
            raise BrokenLineage("the lost seat cannot help itself")


def _require_whole_hosts(committee: Committee, old: Committee) -> None:
    """No host takes over one key of a pair from a host of the committee before: whose word would a signature be?"""
    before = {half for host in old.hosts for half in (host.signing, host.post_quantum)}
    for host in committee.hosts:
        if old.seat_of(host.id) is None and (host.signing in before or host.post_quantum in before):
            raise BrokenLineage("a new host has no key of a host before it")


# --- certificates ---


def tenure_of(
    certificate: Certificate, endorsements: Sequence[Authenticated[Endorsement]], *, before: Tenure | None
) -> Tenure:
    """Check one certificate against the one before it; `endorsements` are its envelopes, authenticated.

    Raises:
        BrokenLineage: signatures are missing or of others, statements differ, or it does not follow from `before`.
    """
    terms = certificate.terms
    if tuple(message.encoded for message in endorsements) != certificate.endorsements:
        raise BrokenLineage("these are not the endorsements of this certificate")
    try:
        committee = committee_of(terms)
        require_sound(terms, committee, before)
        if len(certificate.public_shares) != len(terms.thresholds):
            raise BrokenLineage("a certificate states the public shares of each of its keys")
        keys = tuple(_group_key(certificate, committee, index) for index in range(len(terms.thresholds)))
    except (EncodingError, ValueError, IndexError) as error:
        raise BrokenLineage(f"a certificate that no run makes: {error}") from None
    statement = _one_statement(terms, committee, endorsements, before)
    if statement.keys != key_bodies(committee, keys):
        raise BrokenLineage("the certificate's public shares are not those that were endorsed")
    _require_follows(terms, statement, keys, before)
    digest = certificate_hash(statement)
    return Tenure(
        committee=committee,
        generation=statement.generation,
        certificate=digest,
        root=digest if before is None else before.root,
        origin=statement.origin,
        keys=keys,
    )


Authenticate = Callable[[bytes, Mapping[HostId, HostKeys]], Authenticated[Message]]
"""(envelope, known hosts) -> proven message (implemented by `ports.identity.Hosts.authenticate`)"""


def follow_lineage(lineage: Sequence[bytes], authenticate: Authenticate) -> Tenure:
    """The newest tenure of a line of encoded certificates, the ceremony's first.

    Raises:
        BrokenLineage: a link does not hold. EncodingError, ProtocolError: one is malformed, or not authentic.
    """
    tenure: Tenure | None = None
    for encoded in lineage:
        certificate = decode_exactly(Certificate, encoded)
        before = None if tenure is None else tenure.committee
        hosts = (*committee_of(certificate.terms).hosts, *leaving_dealers(certificate.terms, before))
        known = {host.id: host for host in hosts}
        endorsements = [_endorsement(authenticate(each, known)) for each in certificate.endorsements]
        tenure = tenure_of(certificate, endorsements, before=tenure)
    if tenure is None:
        raise BrokenLineage("a lineage has at least the certificate of its ceremony")
    return tenure


def _endorsement(message: Authenticated[Message]) -> Authenticated[Endorsement]:
    if not isinstance(message.message, Endorsement):
        raise BrokenLineage("a certificate is made of endorsements")
    return message  # type: ignore[return-value]  # its message was checked


def _group_key(certificate: Certificate, committee: Committee, index: int) -> GroupKey:
    shares = certificate.public_shares[index]
    points = {seat: Point.from_bytes_compressed(share) for seat, share in zip(committee.seats, shares, strict=True)}
    threshold = committee.thresholds[index]
    return GroupKey(public=_public(points, threshold), threshold=threshold, public_shares=points)


def _public(points: dict[SignerId, Point], threshold: int) -> Point:
    """The key that the first t public shares interpolate to. The rest were checked by whoever endorsed them."""
    first = list(points)[:threshold]
    return sum_points(points[seat].times(lagrange_coefficient(seat, first)) for seat in first)


def _one_statement(
    terms: RunTerms,
    committee: Committee,
    endorsements: Sequence[Authenticated[Endorsement]],
    before: Tenure | None,
) -> Endorsement:
    """What every party of the run signed alike."""
    parties: list[HostId] = [host.id for host in committee.hosts]
    parties += [host.id for host in leaving_dealers(terms, None if before is None else before.committee)]
    if [message.author for message in endorsements] != parties:
        raise BrokenLineage("a certificate has one endorsement of every party, in order")
    name = run_name(terms)
    first = endorsements[0].message
    if not isinstance(first, Endorsement):
        raise BrokenLineage("a certificate is made of endorsements")
    if any(message.execution != name or message.recipient or message.message != first for message in endorsements):
        raise BrokenLineage("the endorsements are of another run, or differ")
    return first


def _require_follows(
    terms: RunTerms, statement: Endorsement, keys: tuple[GroupKey, ...], before: Tenure | None
) -> None:
    """That the statement is of these terms, which were found sound."""
    if contradicts(terms, statement, before):
        raise BrokenLineage("the endorsements are of another generation, or another origin, than the terms")
    if before is None:
        return
    if [key.id for key in keys] != [key.id for key in before.keys]:
        raise BrokenLineage("the keys are not those of the certificate before")
    if terms.kind == "repair" and any(
        new.public_shares != old.public_shares for new, old in zip(keys, before.keys, strict=True)
    ):
        raise BrokenLineage("a repair leaves every share what it is")


def contradicts(terms: RunTerms, statement: Endorsement, before: Tenure | None) -> bool:
    """Whether an endorsement of this run says by itself what no transcript of the run can give: proof against its
    author, who signed it under the name of these terms."""
    origin = statement.transcript if before is None else before.origin
    stated = statement.generation, statement.previous, statement.origin
    return stated != (terms.generation, terms.previous, origin)


def require_dealers(terms: RunTerms, before: Tenure) -> None:
    """Exactly as many dealers for each key as it needs.

    Raises:
        BrokenLineage: others.
    """
    for dealers, key in zip(terms.dealers, before.keys, strict=False):
        if len(dealers) != key.threshold or list(dealers) != sorted(set(dealers)) or not set(dealers) <= key.signers:
            raise BrokenLineage(f"a key of threshold {key.threshold} is dealt on by exactly that many of its seats")
    if len(terms.dealers) != len(before.keys) or len(terms.thresholds) != len(before.keys):
        raise BrokenLineage("a run deals on every key of the committee")
