"""Messages: one encoding each, and only EncodingError for everything else."""

import random
from typing import get_type_hints

import msgspec
import pytest

from custody.errors import EncodingError
from custody.protocol import run_messages as run
from custody.protocol import signing_messages as signing
from custody.protocol.encoding import MOST_PARTIES, encode
from custody.protocol.messages import (
    ED25519_BYTES,
    KINDS,
    LARGEST_MESSAGE,
    ML_DSA_BYTES,
    PAIRED,
    SUITE,
    VERSION,
    Envelope,
    Refusal,
    decode_body,
    decode_envelope,
)
from tests.builders import fresh

POINT = b"\x02" * 33
HOST = run.HostKeysBody(signing=fresh("signing"), post_quantum=bytes(1952))
KEY = run.KeyBody(threshold=3, public=POINT, holders=fresh("holders"))
TERMS = run.RunTerms(
    kind="reshare", hosts=(HOST, HOST), thresholds=(2, 3), chain_id=1, authority=bytes(20), generation=1,
    previous=fresh("previous"), dealers=((1, 2), (1, 2, 3)), lost=0, salt=fresh("salt"),
)  # fmt: skip
DEALT = run.KeyDealing(threshold=3, commitment=(POINT,) * 3, proof=bytes(65), sealed=(b"one", b"two", b"three"))
SPLIT = run.KeySplitting(threshold=3, points=(POINT,) * 3, sealed=(b"one", b"two", b"three"))
ENVELOPES = (b"one envelope", b"another")
MARK = signing.Mark(boot=1, boot_random=bytes(16), journal_length=9, journal_head=fresh("head"))
HOLDING = signing.Holding(key=POINT, generation=1, holders=fresh("holders"))
ORDER = signing.Order(
    intent_type="Expedite", intent=bytes(288), chain_id=1, contract=bytes(20), block_hash=fresh("block")
)
CERTIFICATE = {"certificate": fresh("certificate")}
SAMPLES = {
    type(sample).__name__: sample
    for sample in (
        run.RunProposal(terms=TERMS, lineage=(b"certificate",)),
        run.Contribution(contribution=fresh("c")),
        run.ContributionSet(contributions=ENVELOPES),
        run.Preparation(run=fresh("run"), sealing_keys=((bytes(1216),) * 2, ()), opening=fresh("opening")),
        run.PreparationSet(preparations=ENVELOPES),
        run.Dealing(run=fresh("run"), preparations=fresh("p"), keys=(DEALT, DEALT)),
        run.DealingSet(dealings=ENVELOPES),
        run.Splitting(run=fresh("run"), preparations=fresh("p"), keys=(SPLIT,)),
        run.SplittingSet(splittings=ENVELOPES),
        run.Summing(
            run=fresh("run"), splittings=fresh("s"), keys=(run.KeySumming(threshold=3, sealed=b"sealed"),)
        ),
        run.SummingSet(summings=ENVELOPES),
        run.Complaint(
            run=fresh("run"), seen=fresh("seen"), accused=2, threshold=3, fault="sealed", secret=bytes(96)
        ),
        run.Endorsement(
            run=fresh("run"), transcript=fresh("transcript"), generation=1, previous=fresh("previous"),
            origin=fresh("origin"), keys=(KEY,),
        ),
        run.EndorsementSet(endorsements=ENVELOPES),
        run.Certified(**CERTIFICATE),
        run.BackupQuery(**CERTIFICATE),
        run.BackupTested(**CERTIFICATE),
        run.EraseRequest(**CERTIFICATE, tested=ENVELOPES),
        run.Erased(**CERTIFICATE),
        run.KeysQuery(),
        run.KeysHeld(lineages=((b"certificate",),)),
        run.DeriveRequest(root=fresh("root"), chain_id=1, contract=bytes(20), index=7),
        run.Derived(root=fresh("root"), chain_id=1, contract=bytes(20), index=7, keys=(POINT,)),
        signing.ApprovalRequest(order=ORDER, holding=HOLDING),
        signing.Approval(
            digest=fresh("digest"), holding=HOLDING, commitment=bytes(66), mark=MARK, batch=0, index=1
        ),
        signing.ShareRequest(digest=fresh("digest"), approvals=ENVELOPES),
        signing.ShareResponse(
            digest=fresh("digest"), list_hash=fresh("list"), share=fresh("share"), group_commitment=POINT, following=b""
        ),
        signing.BatchRequest(holding=HOLDING, count=5),
        signing.NonceBatch(holding=HOLDING, mark=MARK, batch=1, commitments=(bytes(66), bytes(66))),
        signing.OneTripRequest(order=ORDER, holding=HOLDING, picks=(signing.Pick(batch=b"batch", index=3),)),
        signing.MarkQuery(host=fresh("host"), challenge=bytes(16)),
        signing.PeerMark(host=fresh("host"), challenge=bytes(16), seen=(b"an envelope",)),
        signing.WakeRequest(marks=ENVELOPES),
        signing.Awake(boot=1),
        signing.StatusRequest(),
        signing.Status(mark=MARK, holdings=(HOLDING,), waiting=True),
        Refusal(reasons=("no", "and no")),
    )
}  # fmt: skip
FREE_LENGTH = {"opening", "previous", "secret", "following"}
"""Bytes that a step checks and the wire does not: empty or whole, by what the message's author is."""
NAMES = sorted(KINDS)


def an_envelope(**changes):
    fields = {
        "version": VERSION, "suite": SUITE, "kind": "StatusRequest", "author": fresh("author"), "recipient": b"",
        "execution": fresh("execution"), "body": encode(signing.StatusRequest()), "signature": bytes(64),
    }  # fmt: skip
    return Envelope(**(fields | changes))


def refuses(decode, *arguments):
    with pytest.raises(EncodingError):
        decode(*arguments)


class TestGivenEveryKindOfMessage:
    def test_when_listed_then_each_has_a_sample_here(self):
        assert sorted(SAMPLES) == NAMES

    @pytest.mark.parametrize("name", NAMES)
    def test_when_encoded_and_decoded_then_it_is_the_same(self, name):
        assert decode_body(name, encode(SAMPLES[name])) == SAMPLES[name]

    @pytest.mark.parametrize("name", NAMES)
    def test_when_read_as_any_other_kind_then_it_is_refused(self, name):
        """Kinds with the same fields say the same bytes; which was said is signed."""
        fields = KINDS[name].__struct_fields__
        for other in NAMES:
            if KINDS[other].__struct_fields__ != fields:
                refuses(decode_body, other, encode(SAMPLES[name]))

    @pytest.mark.parametrize("name", NAMES)
    def test_when_bytes_follow_or_are_missing_then_it_is_refused(self, name):
        encoded = encode(SAMPLES[name])
        for altered in (encoded + b"\x00", encoded + b"\xc0", encoded + encoded, b"", encoded[1:]):
            refuses(decode_body, name, altered)
        for end in range(0, len(encoded), max(1, len(encoded) // 50)):
            refuses(decode_body, name, encoded[:end])

    @pytest.mark.parametrize("name", NAMES)
    def test_when_a_field_is_unknown_missing_twice_or_elsewhere_then_it_is_refused(self, name):
        fields = msgspec.msgpack.decode(encode(SAMPLES[name]))
        refuses(decode_body, name, msgspec.msgpack.encode(fields | {"extra": 1}))
        refuses(decode_body, name, msgspec.msgpack.encode(list(fields.values())))
        for field in fields:
            refuses(decode_body, name, msgspec.msgpack.encode({k: v for k, v in fields.items() if k != field}))
        if fields:
            first = next(iter(fields))
            twice = encode(SAMPLES[name])[1:] + msgspec.msgpack.encode(first) + msgspec.msgpack.encode(fields[first])
            refuses(decode_body, name, bytes([0x80 + len(fields) + 1]) + twice)
        if len(fields) > 1:
            refuses(decode_body, name, msgspec.msgpack.encode(dict(reversed(fields.items()))))

    @pytest.mark.parametrize("name", NAMES)
    def test_when_any_number_or_length_is_encoded_longer_than_needed_then_it_is_refused(self, name):
        encoded = encode(SAMPLES[name])
        longer_map = b"\xde\x00" + bytes([encoded[0] - 0x80]) + encoded[1:]
        refuses(decode_body, name, longer_map)

    @pytest.mark.parametrize("name", NAMES)
    def test_when_one_byte_changes_then_it_is_refused_or_says_something_else(self, name):
        encoded, source = encode(SAMPLES[name]), random.Random(name)
        for _ in range(200):
            altered = bytearray(encoded)
            altered[source.randrange(len(altered))] ^= 1 << source.randrange(8)
            try:
                message = decode_body(name, bytes(altered))
            except EncodingError:
                continue
            assert message != SAMPLES[name]
            assert encode(message) == altered

    @pytest.mark.parametrize("name", NAMES)
    def test_when_a_field_has_a_length_the_wire_refuses_then_no_seat_could_read_it(self, name):
        """Every fixed-size field: one byte less and one more."""
        fields = msgspec.msgpack.decode(encode(SAMPLES[name]))
        for field, value in fields.items():
            if isinstance(value, bytes) and field not in FREE_LENGTH:
                for altered in (value[:-1], value + b"\0"):
                    refuses(decode_body, name, msgspec.msgpack.encode(fields | {field: altered}))

    def test_when_counts_leave_their_range_then_they_are_refused(self):
        awake = msgspec.msgpack.decode(encode(SAMPLES["Awake"]))
        for boot in (-1, 2**63, 2**64 - 1, True, 1.0, "1", None):
            refuses(decode_body, "Awake", msgspec.msgpack.encode(awake | {"boot": boot}))

    @pytest.mark.parametrize("count", [0, MOST_PARTIES + 1])
    def test_when_a_round_has_no_envelope_or_too_many_then_it_is_refused(self, count):
        body = msgspec.msgpack.encode({"contributions": [b"x"] * count})
        refuses(decode_body, "ContributionSet", body)

    @pytest.mark.parametrize("kind", ["", "Envelope", "Message", "KeyDealing", "HostKeysBody", "dealing", "x" * 99_999])
    def test_when_the_kind_is_unknown_then_it_is_refused(self, kind):
        refuses(decode_body, kind, encode(SAMPLES["Dealing"]))


class TestGivenAnEnvelope:
    def test_when_encoded_and_decoded_then_it_is_the_same(self):
        for recipient in (b"", fresh("recipient")):
            assert decode_envelope(encode(an_envelope(recipient=recipient))) == an_envelope(recipient=recipient)

    @pytest.mark.parametrize(
        "changes",
        [
            {"version": 0}, {"version": VERSION - 1}, {"version": VERSION + 1}, {"version": -1}, {"version": 2**64 - 1},
            {"version": True},
            {"version": 1.0},
            {"suite": ""}, {"suite": SUITE + " "}, {"suite": SUITE.lower()}, {"suite": b"FROST"},
            {"author": bytes(31)}, {"author": bytes(33)}, {"author": b""}, {"recipient": bytes(1)},
            {"recipient": bytes(31)}, {"recipient": bytes(33)}, {"execution": bytes(31)}, {"execution": b""},
            {"signature": bytes(63)}, {"signature": bytes(65)}, {"signature": b""}, {"kind": 5}, {"body": "text"},
        ],
        ids=str,
    )  # fmt: skip
    def test_when_a_field_is_not_what_it_must_be_then_it_is_refused(self, changes):
        fields = {name: getattr(an_envelope(), name) for name in Envelope.__struct_fields__} | changes
        refuses(decode_envelope, msgspec.msgpack.encode(list(fields.values())))

    def test_when_it_has_a_field_too_many_or_too_few_or_names_them_then_it_is_refused(self):
        fields = {name: getattr(an_envelope(), name) for name in Envelope.__struct_fields__}
        for altered in ([*fields.values(), 1], list(fields.values())[:-1], [], fields, None, 5):
            refuses(decode_envelope, msgspec.msgpack.encode(altered))

    def test_when_bytes_follow_then_it_is_refused(self):
        refuses(decode_envelope, encode(an_envelope()) + b"\0")

    def test_when_it_is_longer_than_any_message_then_it_is_refused_before_it_is_read(self):
        at_limit = LARGEST_MESSAGE - len(encode(an_envelope(body=bytes(2**20)))) + 2**20
        assert decode_envelope(encode(an_envelope(body=bytes(at_limit))))
        refuses(decode_envelope, encode(an_envelope(body=bytes(at_limit + 1))))

    def test_when_the_signed_bytes_of_two_envelopes_differ_in_one_field_then_they_are_not_the_same(self):
        base = an_envelope()
        changed = [
            an_envelope(version=9), an_envelope(suite="x"), an_envelope(kind="Status"), an_envelope(author=bytes(32)),
            an_envelope(recipient=bytes(32)), an_envelope(execution=bytes(32)), an_envelope(body=b""),
        ]  # fmt: skip
        keys, others = (
            (bytes(32), bytes(1952)),
            ((b"\1" * 32, bytes(1952)), (bytes(32), b"\1" * 1952), (bytes(32), b"")),
        )
        signed = {envelope.signed_bytes(*keys) for envelope in (base, *changed)}
        signed |= {base.signed_bytes(*other) for other in others}
        assert len(signed) == 11
        assert an_envelope(signature=b"\1" * 64).signed_bytes(*keys) == base.signed_bytes(*keys)

    @pytest.mark.parametrize("kind", NAMES)
    def test_when_it_carries_one_signature_where_two_must_be_or_two_where_one_then_it_is_refused(self, kind):
        whole = ED25519_BYTES + ML_DSA_BYTES * (kind in PAIRED)
        for length in (ED25519_BYTES, ED25519_BYTES + ML_DSA_BYTES, ML_DSA_BYTES, whole - 1):
            encoded = msgspec.msgpack.encode(an_envelope(kind=kind, signature=bytes(length)))
            if length == whole:
                assert decode_envelope(encoded).kind == kind
            else:
                refuses(decode_envelope, encoded)

    def test_when_a_field_grows_at_the_cost_of_its_neighbour_then_the_signed_bytes_differ(self):
        one, other = an_envelope(kind="ab", suite="c"), an_envelope(kind="a", suite="bc")
        assert one.signed_bytes(bytes(32), b"") != other.signed_bytes(bytes(32), b"")


class TestGivenTenThousandRandomBytes:
    def test_when_read_as_an_envelope_or_any_body_then_only_encoding_errors_escape(self):
        source = random.Random(2_026)
        samples = [encode(sample) for sample in SAMPLES.values()] + [encode(an_envelope())]
        for number in range(10_000):
            raw = source.randbytes(source.randrange(80)) if number % 2 else mutated(source, source.choice(samples))
            for decode in (decode_envelope, lambda raw: decode_body(source.choice(NAMES), raw)):
                try:
                    message = decode(raw)
                except EncodingError:
                    continue
                assert encode(message) == raw

    @pytest.mark.parametrize("depth", [10, 1_000, 100_000, 1_000_000])
    def test_when_lists_or_maps_are_nested_deep_then_they_are_refused(self, depth):
        for opening in (b"\x91", b"\x81\xa3run", b"\xdd\xff\xff\xff\xff"):
            refuses(decode_envelope, opening * depth if len(opening) * depth < LARGEST_MESSAGE else opening * 1_000)
            refuses(decode_body, "Dealing", opening * (depth // 10 + 1))

    @pytest.mark.parametrize("count", [2**20, 2**28, 2**32 - 1])
    def test_when_a_list_claims_more_entries_than_there_are_bytes_then_it_is_refused(self, count):
        body = (
            encode(run.Dealing(run=bytes(32), preparations=bytes(32), keys=()))[:-1]
            + b"\xdd"
            + count.to_bytes(4, "big")
        )
        refuses(decode_body, "Dealing", body)


def mutated(source, raw):
    """A real message with a few bytes changed, cut out or put in."""
    altered = bytearray(raw)
    for _ in range(source.randrange(1, 4)):
        at = source.randrange(len(altered) + 1)
        altered[at : at + source.randrange(3)] = source.randbytes(source.randrange(3))
    return bytes(altered)


class TestGivenAllBodies:
    def test_when_their_fields_are_read_then_none_is_optional_or_unconstrained_text(self):
        for kind in KINDS.values():
            assert all(field.required for field in msgspec.structs.fields(kind)), kind
            assert all(hint is not str for hint in get_type_hints(kind, include_extras=True).values()), kind
