"""Vector files of others: RFC 9591, ZF frost, RFC 9380, Wycheproof."""

from contextlib import suppress

import pytest

from custody.crypto import GroupKey, KeyShare, Point, Scalar, SecretScalar
from custody.crypto.curve import sum_points
from custody.crypto.frost import SigningPackage, aggregate, draw_nonces, sign, verify_share
from custody.crypto.polynomial import SecretPolynomial, evaluate_commitment
from custody.crypto.scalars import ORDER
from custody.crypto.suite import CONTEXT, expand_message_xmd, h4, h5, hash_to_scalar
from custody.errors import EncodingError
from custody.identifiers import SignerId
from tests.crypto.vector_files import vectors

FROST_FILES = (
    "rfc9591-frost-secp256k1-sha256.json",
    "zf-frost-secp256k1.vectors.json",
    "zf-frost-secp256k1.vectors-big-identifier.json",
)
EXPAND_FILES = ("rfc9380-expand_message_xmd_SHA256_38.json", "rfc9380-expand_message_xmd_SHA256_256.json")


def raw(digits):
    return bytes.fromhex(digits)


def secret(digits):
    return SecretScalar.from_secret_bytes(raw(digits))


@pytest.mark.parametrize("name", FROST_FILES)
class TestGivenAFileOfFrostVectors:
    def test_when_its_signers_sign_then_every_value_is_the_published_one(self, name):
        file = vectors(name)
        inputs = file["inputs"]
        message = raw(inputs["message"])
        dealt = {
            SignerId(entry["identifier"]): secret(entry["participant_share"]) for entry in inputs["participant_shares"]
        }
        polynomial = SecretPolynomial(
            (secret(inputs["group_secret_key"]), *map(secret, inputs["share_polynomial_coefficients"]))
        )
        commitment = polynomial.commit()
        public = raw(inputs.get("group_public_key") or inputs["verifying_key_key"])
        assert commitment[0].to_bytes_compressed() == public
        for seat, share in dealt.items():
            assert polynomial.evaluate(seat).to_secret_bytes() == share.to_secret_bytes()
            assert evaluate_commitment(commitment, seat) == share.times_generator()
        key = GroupKey(
            public=commitment[0],
            threshold=int(file["config"]["MIN_PARTICIPANTS"]),
            public_shares={seat: share.times_generator() for seat, share in dealt.items()},
        )
        first = {SignerId(entry["identifier"]): entry for entry in file["round_one_outputs"]["outputs"]}
        assert list(first) == inputs["participant_list"]
        nonces = {}
        for seat, entry in first.items():
            nonces[seat] = draw_nonces(
                KeyShare(signer=seat, secret=dealt[seat], key=key),
                hiding_randomness=raw(entry["hiding_nonce_randomness"]),
                binding_randomness=raw(entry["binding_nonce_randomness"]),
            )
            made = nonces[seat].commitment
            assert made.hiding.to_bytes_compressed() == raw(entry["hiding_nonce_commitment"])
            assert made.binding.to_bytes_compressed() == raw(entry["binding_nonce_commitment"])
        commitments = tuple(pair.commitment for pair in nonces.values())
        package = SigningPackage(key=key, message=message, commitments=commitments)
        prefix = key.id + h4(message) + h5(b"".join(commitment.encode() for commitment in commitments))
        answers = {}
        for seat, entry in first.items():
            assert prefix + seat.to_bytes(32, "big") == raw(entry["binding_factor_input"])
            assert package.binding_factor(seat).to_bytes32() == raw(entry["binding_factor"])
            answers[seat] = sign(KeyShare(signer=seat, secret=dealt[seat], key=key), nonces[seat], package)
            verify_share(answers[seat], signer=seat, package=package)
        for entry in file["round_two_outputs"]["outputs"]:
            assert answers[entry["identifier"]].to_bytes32() == raw(entry["sig_share"])
        assert aggregate(answers, package).to_bytes() == raw(file["final_output"]["sig"])


class TestGivenTheKeyGenerationOfZfFrost:
    def test_when_its_dealings_are_added_then_every_share_and_the_key_are_the_published_ones(self):
        inputs = vectors("zf-frost-secp256k1.vectors_dkg.json")["inputs"]
        dealers = {SignerId(int(name)): entry for name, entry in inputs.items() if name.isdigit()}
        commitments = {}
        for dealer, entry in dealers.items():
            polynomial = SecretPolynomial((secret(entry["signing_key"]), secret(entry["coefficient"])))
            commitments[dealer] = polynomial.commit()
            assert [point.to_bytes_compressed().hex() for point in commitments[dealer]] == entry["vss_commitments"]
            for recipient, other in dealers.items():
                if recipient != dealer:
                    published = other["signing_shares"][str(dealer)]
                    assert polynomial.evaluate(recipient).to_secret_bytes().hex() == published
            self._check_proof(dealer, entry, commitments[dealer][0])
        summed = [sum_points(column) for column in zip(*commitments.values(), strict=True)]
        assert summed[0].to_bytes_compressed().hex() == inputs["verifying_key"]
        for seat, entry in dealers.items():
            own = SecretPolynomial((secret(entry["signing_key"]), secret(entry["coefficient"]))).evaluate(seat)
            for received in entry["signing_shares"].values():
                own = own.plus(secret(received))
            assert own.to_secret_bytes().hex() == entry["signing_share"]
            assert evaluate_commitment(summed, seat).to_bytes_compressed().hex() == entry["verifying_share"]
            assert own.times_generator() == evaluate_commitment(summed, seat)

    def _check_proof(self, dealer, entry, public):
        """ZF's proof: challenge over id, public, R under the tag "dkg", not bound to a run (ours is "custody-dkg")."""
        encoded = raw(entry["proof_of_knowledge"])
        R, mu = Point.from_bytes_compressed(encoded[:33]), Scalar.from_bytes_checked(encoded[33:])
        stated = dealer.to_bytes(32, "big") + public.to_bytes_compressed() + encoded[:33]
        c = hash_to_scalar(stated, tag=b"dkg")
        assert SecretScalar.from_secret_bytes(mu.to_bytes32()).times_generator() == sum_points((R, public.times(c)))


class TestGivenTheElementsOfZfFrost:
    def test_when_the_invalid_element_is_parsed_then_it_is_refused(self):
        invalid = raw(vectors("zf-frost-secp256k1.elements.json")["elements"]["invalid_element"])
        with pytest.raises(EncodingError):
            Point.from_bytes_compressed(invalid)

    def test_when_its_samples_are_parsed_then_they_encode_to_the_same_bytes(self):
        samples = vectors("zf-frost-secp256k1.samples.json")
        for name in ("element1", "element2"):
            assert Point.from_bytes_compressed(raw(samples[name])).to_bytes_compressed() == raw(samples[name])
        assert Scalar.from_bytes_checked(raw(samples["scalar1"])).to_bytes32() == raw(samples["scalar1"])

    def test_when_repair_shares_are_added_then_the_sums_are_the_published_ones(self):
        file = vectors("zf-frost-secp256k1.repair-share.json")
        for group, parts in (("scalar_generation", "random_scalar"), ("sigma_generation", "sigma")):
            entries = file[group]
            terms = [secret(value) for name, value in entries.items() if not name.endswith("_sum")]
            total = terms[0]
            for term in terms[1:]:
                total = total.plus(term)
            assert total.to_secret_bytes().hex() == entries[f"{parts}_sum"]


@pytest.mark.parametrize("name", EXPAND_FILES)
class TestGivenAFileOfExpandMessageVectors:
    def test_when_messages_are_expanded_then_the_published_bytes_come_out(self, name):
        file = vectors(name)
        assert file["tests"]
        for case in file["tests"]:
            length = int(case["len_in_bytes"], 16)
            expanded = expand_message_xmd(case["msg"].encode(), dst=file["DST"].encode(), length=length)
            assert expanded.hex() == case["uniform_bytes"]


SPKI = "3056301006072a8648ce3d020106052b8104000a034200"
SPKI_COMPRESSED = "3036301006072a8648ce3d020106052b8104000a032200"


class TestGivenTheEcdhPointsOfWycheproof:
    def test_when_points_of_well_formed_keys_are_parsed_then_exactly_those_on_the_curve_are_taken(self):
        taken = refused = 0
        for case in self._cases():
            public = case["public"]
            if public.startswith(SPKI + "04") and len(public) == 176 and case["result"] != "acceptable":
                x, y = int(public[48:112], 16), int(public[112:], 16)
                encoded = bytes([2 + y % 2]) + x.to_bytes(32, "big")
                if case["result"] == "valid":
                    taken += 1
                    assert Point.from_bytes_compressed(encoded).coordinates() == (x, y)
                else:  # compressing repairs y: such a point must never come out as the one that was sent
                    refused += 1
                    with suppress(EncodingError):
                        assert Point.from_bytes_compressed(encoded).coordinates() != (x, y)
                with pytest.raises(EncodingError):
                    Point.from_bytes_compressed(raw(public[46:]))
            elif public.startswith(SPKI_COMPRESSED) and len(public) == 112:
                encoded = raw(public[46:])
                if case["result"] == "invalid":
                    refused += 1
                    with pytest.raises(EncodingError):
                        Point.from_bytes_compressed(encoded)
                else:
                    assert Point.from_bytes_compressed(encoded).to_bytes_compressed() == encoded
                    taken += 1
        assert taken > 400
        assert refused > 10

    def test_when_points_are_multiplied_then_the_published_x_comes_out(self):
        """Both halves are public here, as no code of ours multiplies a secret with a foreign point."""
        checked = 0
        for case in self._cases():
            public = case["public"]
            if case["result"] != "valid" or not public.startswith(SPKI + "04"):
                continue
            factor = Scalar.reduce(int(case["private"], 16))
            assert 0 < factor < ORDER
            encoded = bytes([2 + int(public[-1], 16) % 2]) + raw(public[48:112])
            assert Point.from_bytes_compressed(encoded).times(factor).to_bytes_compressed()[1:].hex() == case["shared"]
            checked += 1
        assert checked > 400

    def _cases(self):
        file = vectors("wycheproof-ecdh_secp256k1_test.json.gz")
        return [case for group in file["testGroups"] for case in group["tests"]]


class TestGivenTheContextString:
    def test_when_read_then_it_is_that_of_rfc_9591_section_6_5(self):
        assert CONTEXT == b"FROST-secp256k1-SHA256-v1"
