"""BIP-32's own test vectors: every public derivation in them, and every refusal that concerns a point or a scalar.

Extended keys are read by the tests only. What else makes one invalid (version, depth, checksum) has no reader here.
"""

import pytest

from custody.crypto import GroupKey, KeyShare, Point, SecretScalar
from custody.crypto.curve import ZeroSecret
from custody.crypto.derivation import HARDENED, derive, derive_share, next_usable
from custody.crypto.frost import verify
from custody.crypto.polynomial import SecretPolynomial, evaluate_commitment
from custody.errors import EncodingError
from custody.identifiers import SignerId
from tests.builders import fresh, seats
from tests.crypto.extended_keys import read_extended_key
from tests.crypto.lifecycle import key_of, sign_with
from tests.crypto.vector_files import vectors

FILE = "bip32-test-vectors.json"

POINTS_REFUSED = {
    "pubkey version / prvkey mismatch",  # its 33 bytes begin with 00
    "invalid pubkey prefix 04",
    "invalid pubkey prefix 01",
    "invalid pubkey 020000000000000000000000000000000000000000000000000000000000000007",
}
SCALARS_REFUSED = {"private key 0 not in 1..n-1", "private key n not in 1..n-1"}
NO_READER_HERE = {
    "prvkey version / pubkey mismatch",
    "invalid prvkey prefix 04",
    "invalid prvkey prefix 01",
    "zero depth with non-zero parent fingerprint",
    "zero depth with non-zero index",
    "unknown extended key version",
    "invalid checksum",
}


def chains():
    """(vector, path, (public, private)) of every published chain, with the path as indices."""
    for vector in vectors(FILE)["valid"]:
        for chain in vector["chains"]:
            steps = chain["path"].split("/")[1:]
            path = tuple(int(step.rstrip("'")) + HARDENED * step.endswith("'") for step in steps)
            yield vector["vector"], path, tuple(map(read_extended_key, (chain["ext_pub"], chain["ext_prv"])))


def descents():
    """(parent, child, path between them) of every pair with only non-hardened steps between, itself included."""
    known = {(vector, path): keys for vector, path, keys in chains()}
    for (vector, path), child in known.items():
        for length in range(len(path) + 1):
            between = path[length:]
            if all(index < HARDENED for index in between):
                yield known[vector, path[:length]], child, between


def dealt(private, *, label):
    """A published private key in the hands of a 2-of-3."""
    secret = SecretScalar.from_secret_bytes(private.data[1:])
    polynomial = SecretPolynomial.with_constant(secret, randomness=fresh(label), degree=1, domain=b"tests")
    commitment = polynomial.commit()
    public_shares = {seat: evaluate_commitment(commitment, seat) for seat in seats(3)}
    key = GroupKey(public=commitment[0], threshold=2, public_shares=public_shares)
    return {seat: KeyShare(signer=seat, secret=polynomial.evaluate(seat), key=key) for seat in seats(3)}


class TestGivenThePublishedChains:
    def test_when_their_public_keys_are_parsed_then_each_is_that_of_its_private_key(self):
        checked = 0
        for _, path, (public, private) in chains():
            secret = SecretScalar.from_secret_bytes(private.data[1:])
            assert Point.from_bytes_compressed(public.data) == secret.times_generator()
            assert (public.depth, public.chain_code) == (len(path), private.chain_code)
            checked += 1
        assert checked == 17

    def test_when_a_threshold_key_holds_a_parent_then_every_public_descendant_is_the_published_one(self):
        lengths = []
        for (parent_public, parent_private), (child_public, child_private), path in descents():
            shares = dealt(parent_private, label=parent_public.data)
            child = derive(key_of(shares), parent_public.chain_code, path)
            assert key_of(shares).public.to_bytes_compressed() == parent_public.data
            assert child.key.public.to_bytes_compressed() == child_public.data
            assert child.chain_code == child_public.chain_code
            parent_secret = SecretScalar.from_secret_bytes(parent_private.data[1:])
            assert parent_secret.plus_public(child.tweak).to_secret_bytes() == child_private.data[1:]
            children = {seat: derive_share(share, parent_public.chain_code, path) for seat, share in shares.items()}
            signature = sign_with(children, (SignerId(1), SignerId(3)))
            verify(signature, b"message", Point.from_bytes_compressed(child_public.data))
            for index in path[-1:]:
                assert next_usable(key_of(shares), parent_public.chain_code, index) == index
            lengths.append(len(path))
        assert sorted(lengths) == [0] * 17 + [1] * 6 + [2]

    def test_when_a_step_is_hardened_then_there_is_no_child(self):
        refused = 0
        known = {(vector, path): keys for vector, path, keys in chains()}
        for vector, path in known:
            if path and path[-1] >= HARDENED:
                public, private = known[vector, path[:-1]]
                with pytest.raises(ValueError):
                    derive(key_of(dealt(private, label=path)), public.chain_code, path[-1:])
                refused += 1
        assert refused == 7


class TestGivenTheInvalidExtendedKeys:
    def test_when_their_points_and_scalars_are_parsed_then_each_that_is_wrong_is_refused(self):
        refused = {"point": 0, "scalar": 0, "no reader": 0}
        for case in vectors(FILE)["invalid"]:
            if case["reason"] in POINTS_REFUSED:
                with pytest.raises(EncodingError):
                    Point.from_bytes_compressed(read_extended_key(case["key"]).data)
                refused["point"] += 1
            elif case["reason"] in SCALARS_REFUSED:
                with pytest.raises(ZeroSecret):
                    SecretScalar.from_secret_bytes(read_extended_key(case["key"]).data[1:])
                refused["scalar"] += 1
            else:
                assert case["reason"] in NO_READER_HERE
                refused["no reader"] += 1
        assert refused == {"point": 4, "scalar": 2, "no reader": 10}
