"""Our own vectors: the plain layer comes out the same, what was sealed opens, and what was signed verifies."""

import pytest

from custody.crypto import GroupKey, KeyShare, Point, Scalar, SecretScalar
from custody.errors import CustodyError
from custody.host import HostDirectory
from custody.identifiers import SignerId
from custody.protocol.committee import HostKeys
from custody.protocol.encoding import decode_exactly
from custody.protocol.run_messages import Endorsement, RunTerms
from custody.protocol.tenure import certificate_hash, run_name
from tests.crypto.lifecycle import sign_with
from tests.protocol.vectors import FOLDER, KINDS, frozen, generate, text_of

VECTORS = frozen()
HOSTS = HostDirectory()
SEALED = [(kind, entry) for kind, vector in VECTORS.items() for entry in vector["decrypt_only"]]
SIGNED = [(kind, entry) for kind, vector in VECTORS.items() for entry in vector["verify_only"]]


class TestGivenTheVectors:
    def test_when_generated_again_then_there_is_no_difference(self):
        assert set(VECTORS) == set(KINDS)
        for kind, vector in generate(VECTORS).items():
            assert (FOLDER / f"{kind}.json").read_text() == text_of(vector), f"{kind}: run scripts/generate_vectors.py"

    def test_when_nothing_is_kept_then_the_ceremony_differs_in_nothing_that_its_randomness_gives(self):
        fresh, kept = generate({})["ceremony"]["plain"], VECTORS["ceremony"]["plain"]
        assert fresh["transcript"] != kept["transcript"]
        for name in ("terms", "name", "run", "parties", "group_keys", "public_shares"):
            assert fresh[name] == kept[name]

    @pytest.mark.parametrize("kind", KINDS)
    def test_when_its_hashes_are_computed_from_its_bytes_then_they_are_those(self, kind):
        plain = VECTORS[kind]["plain"]
        terms = decode_exactly(RunTerms, bytes.fromhex(plain["terms"]))
        statement = decode_exactly(Endorsement, bytes.fromhex(plain["endorsement"]))
        assert run_name(terms).hex() == plain["name"]
        assert certificate_hash(statement).hex() == plain["certificate"]
        assert statement.transcript.hex() == plain["transcript"]
        assert [key.public.hex() for key in statement.keys] == plain["group_keys"]

    @pytest.mark.parametrize("kind", KINDS)
    def test_when_its_shares_sign_then_they_sign_under_the_key_of_the_ceremony(self, kind):
        plain = VECTORS[kind]["plain"]
        assert plain["group_keys"] == VECTORS["ceremony"]["plain"]["group_keys"]
        assert plain["root"] == VECTORS["ceremony"]["plain"]["certificate"]
        points = [Point.from_bytes_compressed(bytes.fromhex(share)) for share in plain["public_shares"][0]]
        key = GroupKey(
            public=Point.from_bytes_compressed(bytes.fromhex(plain["group_keys"][0])),
            threshold=3 if kind == "reshare" else 2,
            public_shares={SignerId(seat): point for seat, point in enumerate(points, start=1)},
        )
        secrets = [bytes.fromhex(party["shares"][0]) for party in plain["parties"] if party["shares"]]
        shares = {
            SignerId(seat): KeyShare(signer=SignerId(seat), secret=SecretScalar.from_secret_bytes(secret), key=key)
            for seat, secret in enumerate(secrets, start=1)
        }
        sign_with(shares, sorted(shares)[-key.threshold :])

    def test_when_the_dealt_shares_are_added_by_hand_then_they_are_the_shares(self):
        """By plain numbers modulo the order: an answer that no code of ours computes."""
        for kind in ("ceremony", "refresh", "reshare"):
            parties = VECTORS[kind]["plain"]["parties"]
            for place, party in enumerate(party for party in parties if party["shares"]):
                dealt = [int(deal["dealt"][place], 16) for dealer in parties for deal in dealer["deals"]]
                assert Scalar.reduce(sum(dealt)) == int(party["shares"][0], 16)

    def test_when_the_sums_of_a_repair_are_added_by_hand_then_they_are_the_lost_share(self):
        parties = VECTORS["repair"]["plain"]["parties"]
        sums = [int(deal["sum"][0], 16) for helper in parties for deal in helper["deals"]]
        parts = [int(part, 16) for helper in parties for deal in helper["deals"] for part in deal["parts"]]
        lost = int(parties[1]["shares"][0], 16)
        assert Scalar.reduce(sum(sums)) == Scalar.reduce(sum(parts)) == lost
        assert lost == int(VECTORS["ceremony"]["plain"]["parties"][1]["shares"][0], 16)


class TestGivenWhatWasSealedOnce:
    def test_when_opened_with_its_one_time_key_then_it_is_its_plaintext(self):
        assert len(SEALED) == 9 + 6 + 8 + 6
        for _, entry in SEALED:
            secret, info = bytes.fromhex(entry["secret"]), bytes.fromhex(entry["info"])
            opened = HOSTS.open_with(secret, bytes.fromhex(entry["ciphertext"]), info=info)
            assert opened.hex() == entry["plaintext"]

    def test_when_opened_under_another_info_then_it_does_not_open(self):
        for _, entry in SEALED:
            secret, info = bytes.fromhex(entry["secret"]), bytes.fromhex(entry["info"])
            with pytest.raises(CustodyError):
                HOSTS.open_with(secret, bytes.fromhex(entry["ciphertext"]), info=info + b"\0")


class TestGivenWhatWasSignedOnce:
    @pytest.mark.parametrize(("kind", "entry"), SIGNED, ids=[f"{kind}-{entry['kind']}" for kind, entry in SIGNED])
    def test_when_authenticated_then_it_is_its_authors_word(self, kind, entry):
        keys = HostKeys(
            signing=bytes.fromhex(entry["author_ed25519"]), post_quantum=bytes.fromhex(entry["author_ml_dsa_65"])
        )
        message = HOSTS.authenticate(bytes.fromhex(entry["envelope"]), {keys.id: keys})
        assert type(message.message).__name__ == entry["kind"]
        assert message.body.hex() == entry["body"]
        assert message.execution.hex() == entry["execution"] == VECTORS[kind]["plain"]["name"]
