"""Wycheproof on secp256k1: which points and scalars our parsers take, and that our arithmetic decides as it says."""

from collections import Counter
from contextlib import suppress
from hashlib import sha256

import pytest

from custody.crypto import Point, Scalar
from custody.crypto.curve import sum_points, times_generator
from custody.crypto.scalars import ORDER
from custody.errors import EncodingError
from tests.crypto.vector_files import vectors

ECDH = "wycheproof-ecdh_secp256k1_test.json.gz"
ECDSA = "wycheproof-ecdsa_secp256k1_sha256_p1363_test.json.gz"
# File: how many groups of signatures, each with its public key.
ECDSA_KEYS = {
    "wycheproof-ecdsa_secp256k1_sha256_p1363_test.json.gz": 108,
    "wycheproof-ecdsa_secp256k1_sha256_test.json.gz": 109,
    "wycheproof-ecdsa_secp256k1_sha256_bitcoin_test.json.gz": 99,
}

# SubjectPublicKeyInfo of a point on the named curve secp256k1, up to the point.
SPKI = "3056301006072a8648ce3d020106052b8104000a034200"
SPKI_COMPRESSED = "3036301006072a8648ce3d020106052b8104000a032200"


def cases_of(name):
    return [case for group in vectors(name)["testGroups"] for case in group["tests"]]


def compressed(x, y):
    return bytes([2 + y % 2]) + x.to_bytes(32, "big")


class TestGivenThePublicKeysOfEcdh:
    def test_when_well_formed_keys_are_counted_then_all_the_others_are_no_bare_points_of_this_curve(self):
        """Other curves, explicit parameters and broken ASN.1 are for a reader of keys, which does not exist here."""
        counted = Counter(
            "uncompressed" if public.startswith(SPKI + "04") and len(public) == 176
            else "compressed" if public.startswith(SPKI_COMPRESSED) and len(public) == 112
            else "none"
            for public in (case["public"] for case in cases_of(ECDH))
        )  # fmt: skip
        assert counted == {"uncompressed": 492, "compressed": 4, "none": 256}

    def test_when_compressed_points_are_parsed_then_exactly_those_on_the_curve_are_taken(self):
        done = Counter()
        for case in cases_of(ECDH):
            if case["public"].startswith(SPKI_COMPRESSED) and len(case["public"]) == 112:
                encoded = bytes.fromhex(case["public"][46:])
                if case["result"] == "invalid":  # not on the curve; two are of low order on the twist
                    with pytest.raises(EncodingError):
                        Point.from_bytes_compressed(encoded)
                else:
                    assert Point.from_bytes_compressed(encoded).to_bytes_compressed() == encoded
                done[case["result"]] += 1
        assert done == {"invalid": 3, "acceptable": 1}

    def test_when_uncompressed_points_are_given_then_the_parser_of_33_bytes_refuses_every_one(self):
        refused = 0
        for case in cases_of(ECDH):
            if case["public"].startswith(SPKI + "04"):
                with pytest.raises(EncodingError):
                    Point.from_bytes_compressed(bytes.fromhex(case["public"][46:]))
                refused += 1
        assert refused == 493

    def test_when_valid_points_are_compressed_and_parsed_then_the_same_points_come_out(self):
        done = Counter()
        for case, x, y in self._uncompressed():
            if case["result"] == "valid":
                assert Point.from_bytes_compressed(compressed(x, y)).coordinates() == (x, y)
                done[case["flags"][0]] += 1
        assert done == {
            "Normal": 1,
            "EdgeCaseSharedSecret": 48,
            "EdgeCaseEphemeralKey": 48,
            "EdgeCaseDoubling": 360,
            "AdditionChain": 16,
        }

    def test_when_invalid_points_are_compressed_and_parsed_then_none_comes_out_as_it_was_sent(self):
        """Compressing repairs y: what is taken lies on the curve, so it is another point than the one of the attack."""
        done = Counter()
        for case, x, y in self._uncompressed():
            if case["result"] == "invalid":
                outcome = "refused"
                with suppress(EncodingError):
                    assert Point.from_bytes_compressed(compressed(x, y)).coordinates() != (x, y)
                    outcome = "repaired"
                done[outcome] += 1
        assert done.total() == 18
        assert done["refused"] > 0

    def test_when_points_are_multiplied_then_the_published_x_comes_out(self):
        """Both halves are public here, as no code of ours multiplies a secret with a foreign point."""
        checked = 0
        for case, x, y in self._uncompressed():
            if case["result"] == "valid":
                factor = Scalar(int(case["private"], 16))
                assert 0 < factor < ORDER
                product = Point.from_bytes_compressed(compressed(x, y)).times(factor)
                assert product.to_bytes_compressed()[1:].hex() == case["shared"]
                checked += 1
        assert checked == 473

    def _uncompressed(self):
        for case in cases_of(ECDH):
            public = case["public"]
            if public.startswith(SPKI + "04") and len(public) == 176:
                yield case, int(public[48:112], 16), int(public[112:], 16)


class TestGivenThePublicKeysOfEcdsa:
    @pytest.mark.parametrize(("name", "count"), ECDSA_KEYS.items())
    def test_when_parsed_then_each_is_the_point_it_says(self, name, count):
        groups = vectors(name)["testGroups"]
        for group in groups:
            assert key_of(group).coordinates() == (int(group["publicKey"]["wx"], 16), int(group["publicKey"]["wy"], 16))
        assert len(groups) == count


class TestGivenSignaturesOfTwoScalars:
    """r ‖ s of IEEE P1363: the shape in which our own scalars travel."""

    def test_when_r_and_s_are_parsed_then_exactly_those_of_32_bytes_below_the_order_are_taken(self):
        done = Counter()
        for case in cases_of(ECDSA):
            encoded = bytes.fromhex(case["sig"])
            for half in (encoded[: len(encoded) // 2], encoded[len(encoded) // 2 :]):
                if len(half) == 32 and int.from_bytes(half, "big") < ORDER:
                    assert Scalar.from_bytes_checked(half).to_bytes32() == half
                    done["taken"] += 1
                else:
                    assert case["result"] == "invalid"
                    done["another length" if len(half) != 32 else "not below the order"] += 1
                    with pytest.raises(EncodingError):
                        Scalar.from_bytes_checked(half)
        assert done.total() == 2 * 252
        assert done == {"taken": 408, "not below the order": 60, "another length": 36}

    def test_when_verified_by_our_points_and_scalars_then_exactly_the_valid_ones_hold(self):
        """ECDSA is not built here: its equation drives our u_1·G + u_2·Q into its corners, infinity among them."""
        done: Counter[str] = Counter()
        for group in vectors(ECDSA)["testGroups"]:
            public = key_of(group)
            for case in group["tests"]:
                holds = ecdsa_holds(bytes.fromhex(case["sig"]), bytes.fromhex(case["msg"]), public)
                assert holds == (case["result"] == "valid"), case["tcId"]
                done[case["result"]] += 1
        assert done == {"valid": 167, "invalid": 85}


def key_of(group):
    uncompressed = bytes.fromhex(group["publicKey"]["uncompressed"])
    return Point.from_bytes_compressed(bytes([2 + uncompressed[64] % 2]) + uncompressed[1:33])


def ecdsa_holds(signature, message, public):
    half = len(signature) // 2
    try:
        r, s = Scalar.from_bytes_checked(signature[:half]), Scalar.from_bytes_checked(signature[half:])
    except EncodingError:
        return False
    if r == 0 or s == 0:
        return False
    digest, inverse = Scalar.reduce_bytes(sha256(message).digest()), s.inverse()
    u_1, u_2 = Scalar.reduce(digest * inverse), Scalar.reduce(r * inverse)
    point = sum_points((times_generator(u_1), public.times(u_2)))
    return not point.is_infinity and point.coordinates()[0] % ORDER == r
