"""Messages: one encoding each, and only EncodingError for everything else."""

import random
from typing import get_type_hints

import msgspec
import pytest

from custody.errors import EncodingError
from custody.protocol import messages
from custody.protocol.messages import (
    KINDS,
    LARGEST_MESSAGE,
    SUITE,
    VERSION,
    Envelope,
    decode_body,
    decode_envelope,
    encode,
)
from tests.builders import fresh

HOST = messages.HostKeysBody(signing=fresh("signing"), sealing=bytes(1216))
KEY = messages.GroupKeyBody(threshold=3, public=b"\x02" * 33)
DEALT = messages.KeyDealing(
    threshold=3, commitment=(b"\x02" * 33,) * 3, proof=bytes(65), sealed=(b"one", b"two", b"three")
)
ENVELOPES = (b"one envelope", b"another")
SAMPLES = {
    type(sample).__name__: sample
    for sample in (
        messages.CeremonyProposal(
            hosts=(HOST, HOST), thresholds=(2, 3), chain_id=1, authority=bytes(20), salt=fresh("salt")
        ),
        messages.Contribution(contribution=fresh("c")),
        messages.ContributionSet(contributions=ENVELOPES),
        messages.Dealing(run=fresh("run"), keys=(DEALT, DEALT)),
        messages.DealingSet(dealings=ENVELOPES),
        messages.Endorsement(run=fresh("run"), transcript=fresh("transcript"), keys=(KEY,)),
        messages.EndorsementSet(endorsements=ENVELOPES),
        messages.Certified(certificate=fresh("certificate")),
        messages.ApprovalRequest(
            intent_type="Expedite", intent=bytes(288), chain_id=1, contract=bytes(20), key=b"\x02" * 33,
            block_hash=fresh("block"),
        ),
        messages.Approval(
            digest=fresh("digest"), key=b"\x02" * 33, commitment=bytes(66), boot=1, boot_random=bytes(16), index=1
        ),
        messages.ShareRequest(digest=fresh("digest"), approvals=ENVELOPES),
        messages.ShareResponse(digest=fresh("digest"), list_hash=fresh("list"), share=fresh("share")),
        messages.StatusRequest(),
        messages.Status(boot=1, keys=(KEY,), journal_length=0, journal_head=bytes(32)),
        messages.Refusal(reasons=("no", "and no")),
    )
}  # fmt: skip
NAMES = sorted(KINDS)


def an_envelope(**changes):
    fields = {
        "version": VERSION, "suite": SUITE, "kind": "StatusRequest", "author": fresh("author"), "recipient": b"",
        "execution": fresh("execution"), "body": encode(messages.StatusRequest()), "signature": bytes(64),
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
        for other in NAMES:
            if other != name:
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
        free = {"intent"}  # has a greatest length only
        for field, value in fields.items():
            if isinstance(value, bytes) and field not in free:
                for altered in (value[:-1], value + b"\0"):
                    refuses(decode_body, name, msgspec.msgpack.encode(fields | {field: altered}))

    def test_when_counts_leave_their_range_then_they_are_refused(self):
        status = msgspec.msgpack.decode(encode(SAMPLES["Status"]))
        for boot in (-1, 2**63, 2**64 - 1, True, 1.0, "1", None):
            refuses(decode_body, "Status", msgspec.msgpack.encode(status | {"boot": boot}))

    @pytest.mark.parametrize("count", [0, 33])
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
            {"version": 0}, {"version": 2}, {"version": -1}, {"version": 2**64 - 1}, {"version": True},
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
            an_envelope(version=2), an_envelope(suite="x"), an_envelope(kind="Status"), an_envelope(author=bytes(32)),
            an_envelope(recipient=bytes(32)), an_envelope(execution=bytes(32)), an_envelope(body=b""),
        ]  # fmt: skip
        signed = {envelope.signed_bytes(bytes(32)) for envelope in (base, *changed)} | {base.signed_bytes(b"\1" * 32)}
        assert len(signed) == 9
        assert an_envelope(signature=b"\1" * 64).signed_bytes(bytes(32)) == base.signed_bytes(bytes(32))

    def test_when_a_field_grows_at_the_cost_of_its_neighbour_then_the_signed_bytes_differ(self):
        one, other = an_envelope(kind="ab", suite="c"), an_envelope(kind="a", suite="bc")
        assert one.signed_bytes(bytes(32)) != other.signed_bytes(bytes(32))


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
        body = encode(messages.Dealing(run=bytes(32), keys=()))[:-1] + b"\xdd" + count.to_bytes(4, "big")
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
