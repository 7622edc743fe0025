"""Vector files of others: RFC 9591, ZF frost, RFC 9380; and that no file of the folder is forgotten.

Wycheproof and BIP-32 have files of their own. What was checked is counted, so that an empty loop fails.
"""

from pathlib import Path

import pytest

from custody.crypto import GroupKey, KeyShare, Point, Scalar, SecretScalar
from custody.crypto.curve import sum_points
from custody.crypto.frost import SigningPackage, aggregate, draw_nonces, sign, verify_share
from custody.crypto.polynomial import SecretPolynomial, evaluate_commitment
from custody.crypto.possession import ProofOfPossession
from custody.crypto.repairing import add_all, check_split
from custody.crypto.suite import CONTEXT, expand_message_xmd, h4, h5, hash_to_scalar
from custody.errors import EncodingError
from custody.identifiers import SignerId
from tests.crypto.vector_files import vector_names, vectors

# File: (holders, signers).
FROST_FILES = {
    "rfc9591-frost-secp256k1-sha256.json": (3, (1, 3)),
    "zf-frost-secp256k1.vectors.json": (3, (1, 3)),
    "zf-frost-secp256k1.vectors-big-identifier.json": (257, (129, 256, 257)),
}
# File: (cases, length of the domain in bytes).
EXPAND_FILES = {
    "rfc9380-expand_message_xmd_SHA256_38.json": (10, 38),
    "rfc9380-expand_message_xmd_SHA256_256.json": (10, 256),
}
# How a file begins that nothing here reads, and why.
READ_BY_NOTHING_HERE = {
    "bip340-": "signatures with x-only keys",
    "bip374-": "proofs of equal discrete logarithms",
    "bip39-": "mnemonics of whole secrets",
    "bip445-": "FROST with x-only keys: another challenge and other nonces than RFC 9591",
    "chilldkg-": "another suite and other messages; the ceremony here follows its order only",
    "rfc9380-secp256k1_XMD": "hashing to a point",
    "slip39-": "shares of a backup, which have tests of their own",
}


def raw(digits):
    return bytes.fromhex(digits)


def secret(digits):
    return SecretScalar.from_secret_bytes(raw(digits))


@pytest.mark.parametrize(("name", "figures"), FROST_FILES.items())
class TestGivenAFileOfFrostVectors:
    def test_when_its_signers_sign_then_every_value_is_the_published_one(self, name, figures):
        file = vectors(name)
        holders, signers = figures
        inputs = file["inputs"]
        message = raw(inputs["message"])
        dealt = {
            SignerId(entry["identifier"]): secret(entry["participant_share"]) for entry in inputs["participant_shares"]
        }
        assert len(dealt) == holders
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
        assert list(first) == inputs["participant_list"] == list(signers)
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
        published = {entry["identifier"]: raw(entry["sig_share"]) for entry in file["round_two_outputs"]["outputs"]}
        assert {seat: z_i.to_bytes32() for seat, z_i in answers.items()} == published
        assert aggregate(answers, package).to_bytes() == raw(file["final_output"]["sig"])


class TestGivenTheKeyGenerationOfZfFrost:
    def test_when_its_dealings_are_added_then_every_share_and_the_key_are_the_published_ones(self):
        inputs = vectors("zf-frost-secp256k1.vectors_dkg.json")["inputs"]
        dealers = {SignerId(int(name)): entry for name, entry in inputs.items() if name.isdigit()}
        assert sorted(dealers) == [1, 2, 3]
        assert all(len(entry["signing_shares"]) == 2 for entry in dealers.values())
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
            own = add_all([own, *map(secret, entry["signing_shares"].values())])
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
        for prefix in (b"\x02", b"\x03"):  # it lacks its first byte, and is no x coordinate either
            with pytest.raises(EncodingError):
                Point.from_bytes_compressed(prefix + invalid)

    def test_when_its_samples_are_parsed_then_they_encode_to_the_same_bytes(self):
        samples = vectors("zf-frost-secp256k1.samples.json")
        for name in ("element1", "element2"):
            assert Point.from_bytes_compressed(raw(samples[name])).to_bytes_compressed() == raw(samples[name])
        assert Scalar.from_bytes_checked(raw(samples["scalar1"])).to_bytes32() == raw(samples["scalar1"])
        assert ProofOfPossession.from_bytes(raw(samples["proof_of_knowledge"])).to_bytes() == raw(
            samples["proof_of_knowledge"]
        )

    def test_when_repair_shares_are_added_then_the_sums_are_the_published_ones(self):
        file = vectors("zf-frost-secp256k1.repair-share.json")
        for group, parts, count in (("scalar_generation", "random_scalar", 3), ("sigma_generation", "sigma", 4)):
            entries = file[group]
            terms = [secret(value) for name, value in entries.items() if not name.endswith("_sum")]
            assert len(terms) == count
            total = add_all(terms)
            assert total.to_secret_bytes().hex() == entries[f"{parts}_sum"]
            points = {SignerId(seat): term.times_generator() for seat, term in enumerate(terms, start=1)}
            assert check_split(points, total.times_generator())


@pytest.mark.parametrize(("name", "figures"), EXPAND_FILES.items())
class TestGivenAFileOfExpandMessageVectors:
    def test_when_messages_are_expanded_then_the_published_bytes_come_out(self, name, figures):
        file = vectors(name)
        assert (len(file["tests"]), len(file["DST"])) == figures
        for case in file["tests"]:
            length = int(case["len_in_bytes"], 16)
            expanded = expand_message_xmd(case["msg"].encode(), dst=file["DST"].encode(), length=length)
            assert expanded.hex() == case["uniform_bytes"]


class TestGivenTheContextString:
    def test_when_read_then_it_is_that_of_rfc_9591_section_6_5(self):
        assert CONTEXT == b"FROST-secp256k1-SHA256-v1"


class TestGivenTheFolderOfVectors:
    def test_when_listed_then_every_file_is_read_by_a_test_or_named_with_its_reason(self):
        names = vector_names()
        tests = Path(__file__).parents[1]
        sources = "".join(path.read_text(encoding="utf-8") for path in tests.rglob("*.py"))
        read = {name for name in names if f'"{name}"' in sources}
        left = {name for name in names if name.startswith(tuple(READ_BY_NOTHING_HERE))}
        assert names - read - left == set()
        assert len(read) >= 13
        assert all(any(name.startswith(start) for name in names) for start in READ_BY_NOTHING_HERE)
