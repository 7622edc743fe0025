"""A quorum signs under every BIP-32 child of its key; hardened and unusable indices have none."""

import hmac

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.crypto import GroupKey, KeyShare, Point, Scalar, SecretScalar
from custody.crypto.curve import INFINITY, ZeroSecret, sum_points, times_generator
from custody.crypto.derivation import (
    HARDENED,
    UnusableIndex,
    _child_of,
    _first_usable,
    chain_code_of,
    derive,
    derive_share,
    next_usable,
)
from custody.crypto.frost import InvalidSignature, verify
from custody.crypto.scalars import FIELD, ORDER
from custody.errors import EncodingError, FaultySigner
from custody.identifiers import SignerId
from tests.builders import a_key, fresh, seats
from tests.crypto.extended_keys import read_extended_key
from tests.crypto.lifecycle import key_of, sign_with
from tests.crypto.recording import recording

CODE = fresh("chain code")
indices = st.integers(0, HARDENED - 1)
paths = st.lists(indices, max_size=4).map(tuple)

# BIP-32, test vector 2: m and m/0; test vector 1: m/0'/1/2' and two steps below it.
PUBLISHED = {
    (
        "xpub661MyMwAqRbcFW31YEwpkMuc5THy2PSt5bDMsktWQcFF8syAmRUapSCGu8ED9W6oDMSgv6Zz8idoc4a6mr8BDzTJY47LJhkJ8UB7WEGuduB",
        "xpub69H7F5d8KSRgmmdJg2KhpAK8SR3DjMwAdkxj3ZuxV27CprR9LgpeyGmXUbC6wb7ERfvrnKZjXoUmmDznezpbZb7ap6r1D3tgFxHmwMkQTPH",
    ): (0,),
    (
        "xpub6D4BDPcP2GT577Vvch3R8wDkScZWzQzMMUm3PWbmWvVJrZwQY4VUNgqFJPMM3No2dFDFGTsxxpG5uJh7n7epu4trkrX7x7DogT5Uv6fcLW5",
        "xpub6H1LXWLaKsWFhvm6RVpEL9P4KfRZSW7abD2ttkWP3SSQvnyA8FSVqNTEcYFgJS2UaFcxupHiYkro49S8yGasTvXEYBVPamhGW6cFJodrTHy",
    ): (2, 1_000_000_000),
}


def reference(public, chain_code, path):
    """CKDpub by the text of BIP-32, with integers and the library's points."""
    tweak = 0
    for index in path:
        digest = hmac.new(chain_code, public.to_bytes_compressed() + index.to_bytes(4, "big"), "sha512").digest()
        step, chain_code = int.from_bytes(digest[:32], "big"), digest[32:]
        assert step < ORDER
        public, tweak = sum_points((public, times_generator(Scalar(step)))), (tweak + step) % ORDER
    return public, chain_code, tweak


def a_key_around(public):
    """A 2-of-2 whose group key is any given point: seat 1 holds 5, and seat 2 whatever fits."""
    one = times_generator(Scalar(5))  # PK = 2·Y_1 - Y_2
    return GroupKey(
        public=public,
        threshold=2,
        public_shares={SignerId(1): one, SignerId(2): sum_points((one.times(Scalar(2)), public.negated()))},
    )


def a_point_beyond_the_order():
    """A point of the curve with n <= x < p: about half of these x have one, and no known discrete logarithm."""
    for x in range(ORDER, FIELD):
        try:
            return Point.from_bytes_compressed(b"\x02" + x.to_bytes(32, "big"))
        except EncodingError:
            continue
    raise AssertionError


class TestGivenAnyKeyAndAnyPath:
    @settings(max_examples=30, deadline=None, database=None)
    @given(st.integers(2, 5), st.data(), paths, st.integers(0, 2**32))
    def test_when_derived_then_any_quorum_signs_under_the_bip32_child(self, n, data, path, label):
        threshold = data.draw(st.integers(2, n))
        shares = a_key(threshold=threshold, n=n, label=label)
        parent = key_of(shares)
        child_public, child_code, tweak = reference(parent.public, CODE, path)
        children = {seat: derive_share(share, CODE, path) for seat, share in shares.items()}
        child = derive(parent, CODE, path)
        assert (child.key.public, child.chain_code, child.tweak) == (child_public, child_code, tweak)
        assert (child.key.threshold, child.key.signers) == (threshold, parent.signers)
        assert all(share.matches_public_share() for share in children.values())
        assert all(share.key == child.key for share in children.values())
        quorum = data.draw(st.permutations(seats(n)))[:threshold]
        signature = sign_with(children, quorum)
        verify(signature, b"message", child_public)
        if path:
            with pytest.raises(InvalidSignature):
                verify(signature, b"message", parent.public)

    @settings(max_examples=20, deadline=None, database=None)
    @given(paths, paths, st.integers(0, 2**32))
    def test_when_derived_in_two_stretches_then_it_is_the_same_key(self, first, second, label):
        share = a_key(threshold=2, n=3, label=label)[SignerId(2)]
        middle = derive(share.key, CODE, first)
        whole, rest = derive(share.key, CODE, first + second), derive(middle.key, middle.chain_code, second)
        assert (whole.key, whole.chain_code) == (rest.key, rest.chain_code)
        assert whole.tweak == (middle.tweak + rest.tweak) % ORDER
        stepwise = derive_share(derive_share(share, CODE, first), middle.chain_code, second)
        assert stepwise.secret.to_secret_bytes() == derive_share(share, CODE, first + second).secret.to_secret_bytes()


class TestGivenThePublishedChainsOfBip32:
    @pytest.mark.parametrize(("ends", "path"), PUBLISHED.items())
    def test_when_the_parent_is_derived_then_the_published_child_comes_out(self, ends, path):
        parent, child = map(read_extended_key, ends)
        key = a_key_around(Point.from_bytes_compressed(parent.data))
        derived = derive(key, parent.chain_code, path)
        assert derived.key.public.to_bytes_compressed() == child.data
        assert derived.chain_code == child.chain_code


class TestGivenATwoOfThreeKey:
    @pytest.fixture(scope="class")
    def shares(self):
        return a_key(threshold=2, n=3)

    def test_when_children_are_compared_then_each_path_has_its_own_key(self, shares):
        key = key_of(shares)
        children = {derive(key, CODE, path).key.id for path in ((0,), (1,), (0, 0), (0, 1), (1, 0), (HARDENED - 1,))}
        assert len(children | {key.id}) == 7

    def test_when_the_path_is_empty_then_the_key_itself_comes_out(self, shares):
        child = derive(key_of(shares), CODE, ())
        assert (child.key, child.chain_code, child.tweak) == (key_of(shares), CODE, 0)
        own = derive_share(shares[SignerId(1)], CODE, ())
        assert own.secret.to_secret_bytes() == shares[SignerId(1)].secret.to_secret_bytes()
        assert own.secret is not shares[SignerId(1)].secret

    def test_when_shares_of_two_children_are_mixed_then_the_signature_fails(self, shares):
        one, other = derive_share(shares[SignerId(1)], CODE, (0,)), derive_share(shares[SignerId(2)], CODE, (1,))
        mixed = {SignerId(1): one, SignerId(2): KeyShare(signer=SignerId(2), secret=other.secret, key=one.key)}
        with pytest.raises(FaultySigner) as raised:
            sign_with(mixed, seats(2))
        assert raised.value.culprits == {2}

    @pytest.mark.parametrize("index", [HARDENED, HARDENED + 1, 2**32 - 1, 2**32, -1])
    def test_when_an_index_is_hardened_or_negative_then_it_is_refused(self, shares, index):
        for path in ((index,), (0, index), (index, 0)):
            with pytest.raises(ValueError):
                derive(key_of(shares), CODE, path)
            with pytest.raises(ValueError):
                derive_share(shares[SignerId(1)], CODE, path)
        with pytest.raises(ValueError):
            next_usable(key_of(shares), CODE, index)

    @pytest.mark.parametrize("length", [0, 31, 33, 64])
    def test_when_the_chain_code_has_another_length_then_it_is_refused(self, shares, length):
        for path in ((), (0,)):
            with pytest.raises(ValueError):
                derive(key_of(shares), bytes(length), path)

    def test_when_the_chain_code_is_another_then_the_child_is_another(self, shares):
        assert derive(key_of(shares), CODE, (0,)).key.id != derive(key_of(shares), fresh("other"), (0,)).key.id

    @pytest.mark.parametrize("index", [0, 7, HARDENED - 1])
    def test_when_the_next_usable_index_is_asked_then_it_is_this_one(self, shares, index):
        assert next_usable(key_of(shares), CODE, index) == index


class TestGivenAnIndexWithoutAChild:
    def test_when_the_hash_is_not_below_the_order_then_it_is_unusable(self):
        for left in (ORDER, ORDER + 1, 2**256 - 1):
            with pytest.raises(UnusableIndex):
                _child_of(times_generator(Scalar(3)), left.to_bytes(32, "big"))

    def test_when_the_hash_is_at_the_edge_then_it_is_usable(self):
        for left in (0, 1, ORDER - 1):
            step, child = _child_of(times_generator(Scalar(3)), left.to_bytes(32, "big"))
            assert (step, child) == (left, times_generator(Scalar.reduce(3 + left)))

    def test_when_the_child_is_infinity_then_it_is_unusable(self):
        with pytest.raises(UnusableIndex):
            _child_of(times_generator(Scalar(3)), (ORDER - 3).to_bytes(32, "big"))

    def test_when_the_child_has_its_x_beyond_the_order_then_it_is_unusable(self):
        beyond = a_point_beyond_the_order()
        assert beyond.coordinates()[0] >= ORDER
        parent = sum_points((beyond, times_generator(Scalar(ORDER - 77))))
        assert parent.coordinates()[0] < ORDER
        with pytest.raises(UnusableIndex):
            _child_of(parent, (77).to_bytes(32, "big"))
        assert _child_of(parent, (78).to_bytes(32, "big"))[0] == 78

    def test_when_one_seat_would_hold_zero_then_the_index_is_unusable(self):
        """A tweak that takes one share to zero: that seat's term would be missing from every signature."""
        public = times_generator(fresh_scalar("public"))
        _, _, tweak = reference(public, CODE, (4,))
        vanishing = times_generator(Scalar(ORDER - tweak))
        key = GroupKey(public=public, threshold=2, public_shares={SignerId(1): vanishing, SignerId(2): public})
        assert sum_points((vanishing, times_generator(Scalar(tweak)))) == INFINITY
        with pytest.raises(UnusableIndex):
            derive(key, CODE, (4,))
        assert next_usable(key, CODE, 4) == 5
        assert next_usable(key, CODE, 3) == 3

    def test_when_several_are_unusable_then_the_first_usable_one_is_named(self):
        def child_at(index):
            if index < 12 or index == HARDENED - 1:
                raise UnusableIndex
            return index

        assert _first_usable(child_at, 9) == 12
        with pytest.raises(ValueError, match="left"):
            _first_usable(child_at, HARDENED - 1)


class TestGivenATranscript:
    def test_when_its_chain_code_is_taken_then_it_is_the_frozen_one(self):
        assert chain_code_of(b"transcript").hex() == "a3dc5c5185c3f6e8e12a54bea72df806cc4424aa0de0469bc1d27022e106b4dc"

    def test_when_transcripts_differ_then_their_chain_codes_do(self):
        assert len({chain_code_of(text) for text in (b"", b"a", b"b", b"ab")}) == 4


class TestGivenASecretAndAPublicTweak:
    @settings(max_examples=60, deadline=None, database=None)
    @given(st.integers(1, ORDER - 1), st.integers(0, ORDER - 1))
    def test_when_added_then_the_sum_is_that_of_integers_and_the_secret_stays(self, number, tweak):
        secret = SecretScalar.from_secret_bytes(number.to_bytes(32, "big"))
        if (number + tweak) % ORDER:
            expected = ((number + tweak) % ORDER).to_bytes(32, "big")
            assert secret.plus_public(Scalar(tweak)).to_secret_bytes() == expected
        assert secret.to_secret_bytes() == number.to_bytes(32, "big")

    def test_when_the_tweak_is_zero_then_a_copy_comes_out(self):
        secret = SecretScalar.from_secret_bytes(fresh("s"))
        copy = secret.plus_public(Scalar(0))
        secret.wipe()
        assert copy.to_secret_bytes() == fresh("s")

    def test_when_they_cancel_then_it_is_refused(self):
        with pytest.raises(ZeroSecret):
            SecretScalar.from_secret_bytes((7).to_bytes(32, "big")).plus_public(Scalar(ORDER - 7))

    def test_when_the_secret_was_wiped_then_it_is_refused(self):
        secret = SecretScalar.from_secret_bytes(fresh("s"))
        secret.wipe()
        for tweak in (0, 1):
            with pytest.raises(ZeroSecret):
                secret.plus_public(Scalar(tweak))


class TestGivenARecorderAtTheDoorOfTheLibrary:
    def test_when_a_share_is_derived_then_neither_it_nor_its_parent_reaches_a_variable_time_call(self):
        share = a_key(threshold=2, n=3)[SignerId(1)]
        with recording() as secp:
            child = derive_share(share, CODE, (1, 2))
        assert child.secret.to_secret_bytes() in secp.results
        assert "secp256k1_ec_pubkey_combine" in secp.calls
        secp.require_hidden({share.secret.to_secret_bytes()} | secp.results)


def fresh_scalar(label):
    return Scalar.reduce_bytes(fresh(label))
