"""A host's signatures, sealing and identity, with the real library."""

import pickle

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace

from custody.errors import EncodingError, ProtocolError, StoreDamaged
from custody.host import HostDirectory, HostIdentity, PassphraseCipher
from custody.host.authentication import NotAuthentic
from custody.host.sealing import SealingKey, seal
from custody.protocol.committee import HostKeys
from custody.protocol.messages import Contribution, Status, StatusRequest, decode_envelope, encode
from tests.builders import an_identity, fresh

HOSTS = HostDirectory()
ALICE, BOB = an_identity("alice"), an_identity("bob")
KNOWN = {host.keys.id: host.keys for host in (ALICE, BOB)}
EXECUTION, INFO, SECRET = fresh("execution"), b"where it belongs", fresh("a secret share")
MESSAGE = Contribution(contribution=fresh("contribution"))
CIPHER = PassphraseCipher(b"correct horse", salt=bytes(16))


def signed(message=MESSAGE, **changes):
    return ALICE.sign(message, **{"execution": EXECUTION} | changes)


def altered(**changes):
    """Alice's envelope with a field changed after she signed."""
    return encode(replace(decode_envelope(signed()), **changes))


class TestGivenASignedMessage:
    def test_when_authenticated_then_author_place_and_message_are_what_was_signed(self):
        for recipient in (b"", BOB.keys.id):
            proven = HOSTS.authenticate(signed(recipient=recipient), KNOWN)
            assert (proven.author, proven.recipient, proven.execution) == (ALICE.keys.id, recipient, EXECUTION)
            assert proven.message == MESSAGE
            assert (proven.body, proven.encoded) == (encode(MESSAGE), signed(recipient=recipient))

    def test_when_signed_again_then_the_bytes_are_the_same(self):
        assert signed() == signed()

    @pytest.mark.parametrize(
        "changes",
        [
            pytest.param({"kind": "Certified"}, id="kind"),
            pytest.param({"kind": "Unheard"}, id="unknown-kind"),
            pytest.param({"author": BOB.keys.id}, id="author"),
            pytest.param({"author": fresh("nobody")}, id="stranger"),
            pytest.param({"recipient": BOB.keys.id}, id="recipient"),
            pytest.param({"execution": fresh("another")}, id="execution"),
            pytest.param({"body": encode(Contribution(contribution=fresh("x")))}, id="body"),
            pytest.param({"body": b"no body at all"}, id="garbage-body"),
            pytest.param({"signature": bytes(64)}, id="no-signature"),
            pytest.param({"signature": b"\xff" * 64}, id="full-signature"),
            pytest.param({"signature": decode_envelope(BOB.sign(MESSAGE, execution=EXECUTION)).signature}, id="bobs"),
        ],
    )
    def test_when_a_field_is_changed_then_it_is_not_authentic(self, changes):
        with pytest.raises(NotAuthentic):
            HOSTS.authenticate(altered(**changes), KNOWN)

    @pytest.mark.parametrize("changes", [{"version": 2}, {"suite": "another"}], ids=str)
    def test_when_version_or_suite_is_changed_then_it_is_not_spoken_here(self, changes):
        with pytest.raises(EncodingError):
            HOSTS.authenticate(altered(**changes), KNOWN)

    def test_when_any_single_bit_is_flipped_then_it_is_refused(self):
        encoded = signed()
        for bit in range(8 * len(encoded)):
            flipped = bytearray(encoded)
            flipped[bit // 8] ^= 1 << bit % 8
            with pytest.raises((EncodingError, ProtocolError)):
                HOSTS.authenticate(bytes(flipped), KNOWN)

    def test_when_s_is_raised_by_the_group_order_then_the_second_form_of_the_signature_is_refused(self):
        order = 2**252 + 27742317777372353535851937790883648493
        signature = decode_envelope(signed()).signature
        raised = int.from_bytes(signature[32:], "little") + order
        with pytest.raises(NotAuthentic):
            HOSTS.authenticate(altered(signature=signature[:32] + raised.to_bytes(32, "little")), KNOWN)

    def test_when_its_author_is_unknown_here_then_it_is_not_authentic(self):
        with pytest.raises(NotAuthentic):
            HOSTS.authenticate(signed(), {BOB.keys.id: BOB.keys})

    def test_when_the_author_s_signing_key_is_paired_with_another_sealing_key_then_it_is_another_host(self):
        keys = HostKeys(signing=ALICE.keys.signing, sealing=BOB.keys.sealing)
        with pytest.raises(NotAuthentic):
            HOSTS.authenticate(signed(), {keys.id: keys})

    def test_when_the_known_signing_key_is_no_point_then_it_is_not_authentic(self):
        keys = HostKeys(signing=b"\xff" * 32)
        envelope = encode(replace(decode_envelope(signed()), author=keys.id))
        with pytest.raises(NotAuthentic):
            HOSTS.authenticate(envelope, {keys.id: keys})

    def test_when_the_known_signing_key_has_small_order_then_a_forgery_for_everything_is_refused(self):
        """Under the neutral point R = neutral, S = 0 verifies any message, unless the library refuses such keys."""
        neutral = (1).to_bytes(32, "little")
        keys = HostKeys(signing=neutral)
        envelope = encode(replace(decode_envelope(signed()), author=keys.id, signature=neutral + bytes(32)))
        with pytest.raises(NotAuthentic):
            HOSTS.authenticate(envelope, {keys.id: keys})


class TestGivenAMessageThatNobodyCouldRead:
    @pytest.mark.parametrize(
        "sign",
        [
            pytest.param(lambda: ALICE.sign(Contribution(contribution=b"short"), execution=EXECUTION), id="body"),
            pytest.param(lambda: ALICE.sign(StatusRequest(), execution=b"short"), id="execution"),
            pytest.param(lambda: ALICE.sign(StatusRequest(), execution=EXECUTION, recipient=b"bob"), id="recipient"),
            pytest.param(
                lambda: ALICE.sign(Status(boot=-1, keys=(), journal_length=0, journal_head=b""), execution=EXECUTION),
                id="count",
            ),
        ],
    )
    def test_when_it_is_signed_then_the_author_notices_and_not_its_peers(self, sign):
        with pytest.raises(ValueError):
            sign()


class TestGivenASealedSecret:
    @pytest.fixture
    def sealed(self):
        return HOSTS.seal(SECRET, recipient=ALICE.keys, info=INFO)

    def test_when_its_recipient_opens_it_then_the_secret_comes_out(self, sealed):
        assert ALICE.open(sealed, info=INFO) == SECRET

    def test_when_sealed_again_then_the_ciphertext_is_another(self, sealed):
        assert HOSTS.seal(SECRET, recipient=ALICE.keys, info=INFO) != sealed

    def test_when_another_host_opens_it_then_it_stays_closed(self, sealed):
        with pytest.raises(EncodingError):
            BOB.open(sealed, info=INFO)

    @pytest.mark.parametrize("info", [b"", INFO[:-1], INFO + b"\0", b"elsewhere"])
    def test_when_the_info_is_another_then_it_stays_closed(self, sealed, info):
        with pytest.raises(EncodingError):
            ALICE.open(sealed, info=info)

    def test_when_it_is_truncated_anywhere_then_it_stays_closed(self, sealed):
        for end in [*range(0, len(sealed), 7), 1, 32, 1088, 1119, 1120, 1121, len(sealed) - 1]:
            with pytest.raises(EncodingError):
                ALICE.open(sealed[:end], info=INFO)

    def test_when_bytes_follow_or_precede_then_it_stays_closed(self, sealed):
        for longer in (sealed + b"\0", b"\0" + sealed, sealed + sealed):
            with pytest.raises(EncodingError):
                ALICE.open(longer, info=INFO)

    def test_when_any_byte_is_altered_then_it_stays_closed(self, sealed):
        for at in range(len(sealed)):
            flipped = bytearray(sealed)
            flipped[at] ^= 1 << at % 8
            with pytest.raises(EncodingError):
                ALICE.open(bytes(flipped), info=INFO)

    def test_when_its_x25519_half_is_a_point_of_small_order_then_it_stays_closed(self, sealed):
        for point in (bytes(32), (1).to_bytes(32, "little")):
            for at in (0, 1088):
                with pytest.raises(EncodingError):
                    ALICE.open(sealed[:at] + point + sealed[at + 32 :], info=INFO)

    @pytest.mark.parametrize("length", [0, 1215, 1217])
    def test_when_the_recipient_s_key_has_another_length_then_nothing_is_sealed(self, length):
        with pytest.raises(EncodingError):
            seal(SECRET, recipient=bytes(length), info=INFO)

    @pytest.mark.parametrize(
        "key", [b"\xff" * 1216, ALICE.keys.sealing[:1184] + bytes(32), b"\xff" * 1184 + ALICE.keys.sealing[1184:]]
    )
    def test_when_the_recipient_s_key_is_malformed_then_nothing_is_sealed(self, key):
        with pytest.raises(EncodingError):
            HOSTS.seal(SECRET, recipient=HostKeys(signing=ALICE.keys.signing, sealing=key), info=INFO)

    def test_when_a_coordinator_is_to_open_then_it_cannot(self, sealed):
        with pytest.raises(ValueError):
            HostIdentity(fresh("coordinator"), seals=False).open(sealed, info=INFO)


class TestGivenASeed:
    def test_when_two_identities_are_made_of_it_then_they_are_one(self):
        again = HostIdentity(fresh(("host", "alice")))
        assert again.keys == ALICE.keys
        assert again.sign(MESSAGE, execution=EXECUTION) == signed()
        assert again.open(HOSTS.seal(SECRET, recipient=ALICE.keys, info=INFO), info=INFO) == SECRET

    def test_when_the_seed_differs_then_so_do_both_keys(self):
        assert ALICE.keys.signing != BOB.keys.signing
        assert ALICE.keys.sealing != BOB.keys.sealing

    def test_when_signing_and_sealing_are_derived_then_neither_key_is_the_seed_itself(self):
        own = Ed25519PrivateKey.from_private_bytes(fresh(("host", "alice"))).public_key().public_bytes_raw()
        assert ALICE.keys.signing != own

    @pytest.mark.parametrize("length", [0, 31, 33, 64])
    def test_when_it_has_another_length_then_it_is_refused(self, length):
        with pytest.raises(ValueError):
            HostIdentity(bytes(length))
        with pytest.raises(ValueError):
            SealingKey(bytes(length))

    def test_when_anything_made_of_it_is_printed_then_it_does_not_show(self):
        seed = fresh(("host", "alice"))
        shown = repr((ALICE, ALICE.keys, ALICE._sealing, ALICE._signing, CIPHER)) + str(ALICE) + str(CIPHER)
        assert seed.hex() not in shown
        assert repr(seed)[2:-1] not in shown
        assert "correct horse" not in shown

    def test_when_anything_made_of_it_is_pickled_then_it_refuses(self):
        for holder in (ALICE, ALICE._sealing, CIPHER):
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
