"""A host's signatures, sealing and identity, with the real library."""

import pickle

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey
from msgspec.structs import replace

from custody.errors import EncodingError, ProtocolError, StoreDamaged
from custody.host import HostDirectory, HostIdentity, PassphraseCipher
from custody.host.authentication import NotAuthentic
from custody.host.sealing import SEALING_KEY_BYTES, SealingKey, SeedOneTimeKeys, seal
from custody.protocol.committee import HostKeys
from custody.protocol.encoding import encode
from custody.protocol.messages import ED25519_BYTES, decode_envelope
from custody.protocol.run_messages import Contribution
from custody.protocol.signing_messages import Mark, Status, StatusRequest
from tests.builders import an_identity, fresh

HOSTS = HostDirectory()
ALICE, BOB = an_identity("alice"), an_identity("bob")
KNOWN = {host.keys.id: host.keys for host in (ALICE, BOB)}
EXECUTION, INFO, SECRET = fresh("execution"), b"where it belongs", fresh("a secret share")
PAIRED_MESSAGE = Contribution(contribution=fresh("contribution"))
"""Outlives its session, so that both signatures count."""
PASSING_MESSAGE = Status(
    mark=Mark(boot=3, boot_random=bytes(16), journal_length=7, journal_head=fresh("head")), holdings=(), waiting=False
)
"""Of a session: Ed25519 alone."""
MESSAGES = pytest.mark.parametrize("message", [PASSING_MESSAGE, PAIRED_MESSAGE], ids=["passing", "paired"])
CIPHER = PassphraseCipher(b"correct horse", salt=bytes(16))
NEUTRAL = (1).to_bytes(32, "little")


def signed(message=PASSING_MESSAGE, author=ALICE, **changes):
    return author.sign(message, **{"execution": EXECUTION} | changes)


def altered(encoded, **changes):
    """An envelope with a field changed after it was signed."""
    return encode(replace(decode_envelope(encoded), **changes))


def signature_of(encoded):
    return decode_envelope(encoded).signature


class TestGivenASignedMessage:
    @MESSAGES
    def test_when_authenticated_then_author_place_and_message_are_what_was_signed(self, message):
        for recipient in (b"", BOB.keys.id):
            encoded = signed(message, recipient=recipient)
            proven = HOSTS.authenticate(encoded, KNOWN)
            assert (proven.author, proven.recipient, proven.execution) == (ALICE.keys.id, recipient, EXECUTION)
            assert proven.message == message
            assert (proven.body, proven.encoded) == (encode(message), encoded)

    def test_when_a_message_of_a_session_is_signed_again_then_the_bytes_are_the_same(self):
        assert signed() == signed()

    @MESSAGES
    @pytest.mark.parametrize(
        "changes",
        [
            pytest.param({"author": BOB.keys.id}, id="author"),
            pytest.param({"author": fresh("nobody")}, id="stranger"),
            pytest.param({"recipient": BOB.keys.id}, id="recipient"),
            pytest.param({"execution": fresh("another")}, id="execution"),
            pytest.param({"body": encode(Contribution(contribution=fresh("x")))}, id="body"),
            pytest.param({"body": b"no body at all"}, id="garbage-body"),
        ],
    )
    def test_when_a_field_is_changed_then_it_is_not_authentic(self, message, changes):
        with pytest.raises(NotAuthentic):
            HOSTS.authenticate(altered(signed(message), **changes), KNOWN)

    @MESSAGES
    @pytest.mark.parametrize("kind", ["Awake", "Endorsement", "StatusRequest", "Unheard"])
    def test_when_its_kind_is_another_then_it_is_refused_whatever_that_kind_carries(self, message, kind):
        with pytest.raises((NotAuthentic, EncodingError)):
            HOSTS.authenticate(altered(signed(message), kind=kind), KNOWN)

    @pytest.mark.parametrize(
        "signature",
        [
            pytest.param(lambda message: bytes(len(signature_of(signed(message)))), id="none"),
            pytest.param(lambda message: b"\xff" * len(signature_of(signed(message))), id="full"),
            pytest.param(lambda message: signature_of(signed(message, BOB)), id="bobs"),
            pytest.param(lambda message: signature_of(signed(message, execution=bytes(32))), id="of-another-execution"),
        ],
    )
    @MESSAGES
    def test_when_its_signature_is_another_then_it_is_not_authentic(self, message, signature):
        with pytest.raises(NotAuthentic):
            HOSTS.authenticate(altered(signed(message), signature=signature(message)), KNOWN)

    @MESSAGES
    @pytest.mark.parametrize("changes", [{"version": 1}, {"version": 3}, {"suite": "another"}], ids=str)
    def test_when_version_or_suite_is_changed_then_it_is_not_spoken_here(self, message, changes):
        with pytest.raises(EncodingError):
            HOSTS.authenticate(altered(signed(message), **changes), KNOWN)

    def test_when_any_single_bit_is_flipped_then_it_is_refused(self):
        encoded = signed()
        for bit in range(8 * len(encoded)):
            flipped = bytearray(encoded)
            flipped[bit // 8] ^= 1 << bit % 8
            with pytest.raises((EncodingError, ProtocolError)):
                HOSTS.authenticate(bytes(flipped), KNOWN)

    def test_when_a_bit_of_any_byte_of_a_pair_is_flipped_then_it_is_refused(self):
        encoded = signed(PAIRED_MESSAGE)
        for at in range(len(encoded)):
            flipped = bytearray(encoded)
            flipped[at] ^= 1 << at % 8
            with pytest.raises((EncodingError, ProtocolError)):
                HOSTS.authenticate(bytes(flipped), KNOWN)

    @MESSAGES
    def test_when_s_is_raised_by_the_group_order_then_the_second_form_of_the_signature_is_refused(self, message):
        order = 2**252 + 27742317777372353535851937790883648493
        encoded = signed(message)
        signature = signature_of(encoded)
        raised = int.from_bytes(signature[32:ED25519_BYTES], "little") + order
        second = signature[:32] + raised.to_bytes(32, "little") + signature[ED25519_BYTES:]
        with pytest.raises(NotAuthentic):
            HOSTS.authenticate(altered(encoded, signature=second), KNOWN)

    def test_when_its_author_is_unknown_here_then_it_is_not_authentic(self):
        with pytest.raises(NotAuthentic):
            HOSTS.authenticate(signed(), {BOB.keys.id: BOB.keys})

    @MESSAGES
    def test_when_the_author_s_signing_key_is_paired_with_another_post_quantum_key_then_it_is_another_host(
        self, message
    ):
        keys = HostKeys(signing=ALICE.keys.signing, post_quantum=BOB.keys.post_quantum)
        for encoded in (signed(message), altered(signed(message), author=keys.id)):
            with pytest.raises(NotAuthentic):
                HOSTS.authenticate(encoded, {keys.id: keys})

    def test_when_the_known_signing_key_is_no_point_then_it_is_not_authentic(self):
        keys = HostKeys(signing=b"\xff" * 32)
        envelope = altered(signed(), author=keys.id)
        with pytest.raises(NotAuthentic):
            HOSTS.authenticate(envelope, {keys.id: keys})

    def test_when_the_known_signing_key_has_small_order_then_a_forgery_for_everything_is_refused(self):
        """Under the neutral point R = neutral, S = 0 verifies any message, unless the library refuses such keys."""
        keys = HostKeys(signing=NEUTRAL)
        envelope = altered(signed(), author=keys.id, signature=NEUTRAL + bytes(32))
        with pytest.raises(NotAuthentic):
            HOSTS.authenticate(envelope, {keys.id: keys})


class TestGivenAMessageThatOutlivesItsSession:
    """Both signatures or none: whoever breaks one of the two schemes forges nothing."""

    @pytest.fixture
    def pair(self):
        return signed(PAIRED_MESSAGE)

    @pytest.mark.parametrize("half", ["ed25519", "ml-dsa-65"])
    def test_when_one_half_is_of_somebody_else_then_it_is_not_authentic(self, pair, half):
        other = signature_of(signed(PAIRED_MESSAGE, BOB))
        own = signature_of(pair)
        halves = {
            "ed25519": other[:ED25519_BYTES] + own[ED25519_BYTES:],
            "ml-dsa-65": own[:ED25519_BYTES] + other[ED25519_BYTES:],
        }
        with pytest.raises(NotAuthentic):
            HOSTS.authenticate(altered(pair, signature=halves[half]), KNOWN)

    def test_when_one_half_is_missing_then_it_is_malformed(self, pair):
        own = signature_of(pair)
        for shorter in (own[:ED25519_BYTES], own[:-1], own + b"\0"):
            with pytest.raises((EncodingError, ProtocolError)):
                HOSTS.authenticate(altered_raw(pair, shorter), KNOWN)

    def test_when_a_message_of_a_session_brings_a_pair_then_it_is_malformed(self, pair):
        with pytest.raises(EncodingError):
            HOSTS.authenticate(altered_raw(signed(), signature_of(pair)), KNOWN)

    def test_when_its_author_is_known_without_a_post_quantum_key_then_it_is_not_authentic(self, pair):
        keys = HostKeys(signing=ALICE.keys.signing)
        with pytest.raises(NotAuthentic):
            HOSTS.authenticate(altered(pair, author=keys.id), {keys.id: keys})

    def test_when_a_coordinator_is_to_say_it_then_it_cannot(self):
        with pytest.raises(ValueError, match="without a seat"):
            HostIdentity(fresh("coordinator"), sits=False).sign(PAIRED_MESSAGE, execution=EXECUTION)


def altered_raw(encoded, signature):
    """`altered` for a signature of a length that no host writes."""
    return encode(replace(decode_envelope(encoded), signature=signature))


class TestGivenAMessageThatNobodyCouldRead:
    @pytest.mark.parametrize(
        "sign",
        [
            pytest.param(lambda: signed(Contribution(contribution=b"short")), id="body"),
            pytest.param(lambda: ALICE.sign(StatusRequest(), execution=b"short"), id="execution"),
            pytest.param(lambda: ALICE.sign(StatusRequest(), execution=EXECUTION, recipient=b"bob"), id="recipient"),
            pytest.param(
                lambda: signed(replace(PASSING_MESSAGE, mark=replace(PASSING_MESSAGE.mark, boot=-1))), id="count"
            ),
        ],
    )
    def test_when_it_is_signed_then_the_author_notices_and_not_its_peers(self, sign):
        with pytest.raises(ValueError):
            sign()


PLACE = b"run, threshold, dealer"


class TestGivenASealedSecret:
    """Sealed to the one-time key that a generation seed has for one place."""

    @pytest.fixture(scope="class")
    def keys(self):
        return HOSTS.one_time_keys(fresh("generation seed"))

    @pytest.fixture(scope="class")
    def sealed(self, keys):
        return HOSTS.seal(SECRET, public=keys.public(PLACE), info=INFO)

    def test_when_its_recipient_opens_it_then_the_secret_comes_out(self, keys, sealed):
        assert keys.open(sealed, place=PLACE, info=INFO) == SECRET

    def test_when_sealed_again_then_the_ciphertext_is_another(self, keys, sealed):
        assert HOSTS.seal(SECRET, public=keys.public(PLACE), info=INFO) != sealed

    def test_when_another_seed_opens_it_then_it_stays_closed(self, sealed):
        with pytest.raises(EncodingError):
            HOSTS.one_time_keys(fresh("another seed")).open(sealed, place=PLACE, info=INFO)

    @pytest.mark.parametrize("place", [b"", PLACE[:-1], PLACE + b"\0"])
    def test_when_the_key_of_another_place_opens_it_then_it_stays_closed(self, keys, sealed, place):
        with pytest.raises(EncodingError):
            keys.open(sealed, place=place, info=INFO)

    @pytest.mark.parametrize("info", [b"", INFO[:-1], INFO + b"\0", b"elsewhere"])
    def test_when_the_info_is_another_then_it_stays_closed(self, keys, sealed, info):
        with pytest.raises(EncodingError):
            keys.open(sealed, place=PLACE, info=info)

    def test_when_it_is_truncated_anywhere_then_it_stays_closed(self, keys, sealed):
        for end in [*range(0, len(sealed), 7), 1, 32, 1088, 1119, 1120, 1121, len(sealed) - 1]:
            with pytest.raises(EncodingError):
                keys.open(sealed[:end], place=PLACE, info=INFO)

    def test_when_bytes_follow_or_precede_then_it_stays_closed(self, keys, sealed):
        for longer in (sealed + b"\0", b"\0" + sealed, sealed + sealed):
            with pytest.raises(EncodingError):
                keys.open(longer, place=PLACE, info=INFO)

    def test_when_any_byte_is_altered_then_it_stays_closed(self, keys, sealed):
        for at in range(len(sealed)):
            flipped = bytearray(sealed)
            flipped[at] ^= 1 << at % 8
            with pytest.raises(EncodingError):
                keys.open(bytes(flipped), place=PLACE, info=INFO)

    def test_when_its_x25519_half_is_a_point_of_small_order_then_it_stays_closed(self, keys, sealed):
        for point in (bytes(32), NEUTRAL):
            for at in (0, 1088):
                with pytest.raises(EncodingError):
                    keys.open(sealed[:at] + point + sealed[at + 32 :], place=PLACE, info=INFO)

    @pytest.mark.parametrize("length", [0, 1215, 1217])
    def test_when_the_recipient_s_key_has_another_length_then_nothing_is_sealed(self, length):
        with pytest.raises(EncodingError):
            seal(SECRET, recipient=bytes(length), info=INFO)
        assert not HOSTS.can_seal_to(bytes(length))

    def test_when_the_recipient_s_key_is_malformed_then_nothing_is_sealed(self, keys):
        public = keys.public(PLACE)
        for key in (b"\xff" * 1216, public[:1184] + bytes(32), b"\xff" * 1184 + public[1184:]):
            assert len(key) == SEALING_KEY_BYTES
            with pytest.raises(EncodingError):
                HOSTS.seal(SECRET, public=key, info=INFO)
            assert not HOSTS.can_seal_to(key)
        assert HOSTS.can_seal_to(public)

    def test_when_its_one_key_is_revealed_then_anybody_opens_it_and_nothing_else(self, keys, sealed):
        """What a complaint shows: exactly one ciphertext."""
        revealed = keys.reveal(PLACE)
        elsewhere = HOSTS.seal(SECRET, public=keys.public(b"elsewhere"), info=INFO)
        assert HOSTS.public_of(revealed) == keys.public(PLACE)
        assert HOSTS.open_with(revealed, sealed, info=INFO) == SECRET
        with pytest.raises(EncodingError):
            HOSTS.open_with(revealed, elsewhere, info=INFO)

    @pytest.mark.parametrize("length", [0, 95, 97])
    def test_when_what_is_revealed_is_no_key_then_it_is_refused(self, sealed, length):
        with pytest.raises(EncodingError):
            HOSTS.open_with(bytes(length), sealed, info=INFO)


class TestGivenASeed:
    def test_when_two_identities_are_made_of_it_then_they_are_one(self):
        again = HostIdentity(fresh(("host", "alice")))
        assert again.keys == ALICE.keys
        assert again.sign(PASSING_MESSAGE, execution=EXECUTION) == signed()
        assert HOSTS.authenticate(signed(PAIRED_MESSAGE, again), KNOWN).message == PAIRED_MESSAGE

    def test_when_the_seed_differs_then_so_do_both_keys(self):
        assert ALICE.keys.signing != BOB.keys.signing
        assert ALICE.keys.post_quantum != BOB.keys.post_quantum

    def test_when_it_has_no_seat_then_it_has_one_key_and_is_another_host(self):
        coordinator = HostIdentity(fresh(("host", "alice")), sits=False)
        assert coordinator.keys.signing == ALICE.keys.signing
        assert coordinator.keys.post_quantum == b""
        assert coordinator.keys.id != ALICE.keys.id

    def test_when_keys_are_derived_then_none_is_the_seed_itself(self):
        own = Ed25519PrivateKey.from_private_bytes(fresh(("host", "alice"))).public_key().public_bytes_raw()
        other = MLDSA65PrivateKey.from_seed_bytes(fresh(("host", "alice"))).public_key().public_bytes_raw()
        assert ALICE.keys.signing != own
        assert ALICE.keys.post_quantum != other

    @pytest.mark.parametrize("length", [0, 31, 33, 64])
    def test_when_it_has_another_length_then_it_is_refused(self, length):
        for make in (HostIdentity, SeedOneTimeKeys, SealingKey):
            with pytest.raises(ValueError):
                make(bytes(length))

    def test_when_anything_made_of_it_is_printed_then_it_does_not_show(self):
        seed = fresh(("host", "alice"))
        one_time = SeedOneTimeKeys(seed)
        sealing = SealingKey(one_time.reveal(PLACE))
        shown = repr((ALICE, ALICE.keys, ALICE._signing, ALICE._post_quantum, CIPHER, one_time, sealing))
        shown += str(ALICE) + str(CIPHER) + str(one_time) + str(sealing)
        for secret in (seed, one_time.reveal(PLACE)):
            assert secret.hex() not in shown
            assert repr(secret)[2:-1] not in shown
        assert "correct horse" not in shown

    def test_when_anything_made_of_it_is_pickled_then_it_refuses(self):
        one_time = SeedOneTimeKeys(fresh("seed"))
        for holder in (ALICE, CIPHER, SealingKey(one_time.reveal(PLACE)), one_time):
            with pytest.raises(TypeError):
                pickle.dumps(holder)


class TestGivenARecordAtRest:
    @pytest.fixture
    def sealed(self):
        return CIPHER.seal(SECRET, associated=b"row 1")

    def test_when_opened_in_its_place_then_the_secret_comes_out(self, sealed):
        assert CIPHER.open(sealed, associated=b"row 1") == SECRET
        assert PassphraseCipher(b"correct horse", salt=bytes(16)).open(sealed, associated=b"row 1") == SECRET
        assert CIPHER.seal(SECRET, associated=b"row 1") != sealed

    def test_when_place_passphrase_or_salt_is_another_then_it_stays_closed(self, sealed):
        others = (PassphraseCipher(b"wrong horse", salt=bytes(16)), PassphraseCipher(b"correct horse", salt=b"\1" * 16))
        for cipher, row in ((CIPHER, b"row 2"), (CIPHER, b""), (others[0], b"row 1"), (others[1], b"row 1")):
            with pytest.raises(StoreDamaged):
                cipher.open(sealed, associated=row)

    def test_when_it_is_truncated_or_altered_anywhere_then_it_stays_closed(self, sealed):
        for at in range(len(sealed)):
            flipped = bytearray(sealed)
            flipped[at] ^= 1
            for damaged in (bytes(flipped), sealed[:at]):
                with pytest.raises(StoreDamaged):
                    CIPHER.open(damaged, associated=b"row 1")
