"""The frozen life of one key: resharing, repair and derivation give the values that plain integers give."""

import json

import pytest

from custody.crypto import GroupKey, KeyShare, Point, SecretScalar
from custody.crypto.derivation import chain_code_of, derive, derive_share
from custody.crypto.polynomial import SecretPolynomial
from custody.crypto.repairing import add_all, check_split, expected_sum, split
from custody.crypto.resharing import expected_constant, reshared_key, weighted_secret
from custody.identifiers import SignerId
from tests.crypto import life_reference


def secrets(entries):
    return {SignerId(int(seat)): SecretScalar.from_secret_bytes(bytes.fromhex(text)) for seat, text in entries.items()}


def points(entries):
    return {SignerId(int(seat)): Point.from_bytes_compressed(bytes.fromhex(text)) for seat, text in entries.items()}


def raw(entries):
    return {SignerId(int(seat)): bytes.fromhex(text) for seat, text in entries.items()}


def shown(entries):
    return {str(seat): entry.to_secret_bytes().hex() for seat, entry in entries.items()}


class TestGivenTheFrozenLife:
    @pytest.fixture(scope="class")
    def life(self):
        return json.loads(life_reference.FILE.read_text(encoding="utf-8"))

    @pytest.fixture(scope="class")
    def domain(self, life):
        return bytes.fromhex(life["domain"])

    @pytest.fixture(scope="class")
    def old(self, life):
        return self._shares(life, life["old"])

    @pytest.fixture(scope="class")
    def new(self, life):
        return self._shares(life, life["reshare"])

    def test_when_computed_again_by_plain_integers_then_the_file_does_not_change(self):
        assert life_reference.text() == life_reference.FILE.read_text(encoding="utf-8")

    def test_when_reshared_then_every_constant_commitment_and_share_is_the_frozen_one(self, life, domain, old, new):
        frozen = life["reshare"]
        dealers = raw(frozen["randomness"])
        constants = {dealer: weighted_secret(old[dealer], dealers.keys()) for dealer in dealers}
        assert shown(constants) == frozen["constants"]
        dealt = {
            dealer: SecretPolynomial.with_constant(
                constants[dealer], randomness=randomness, degree=frozen["threshold"] - 1, domain=domain
            )
            for dealer, randomness in dealers.items()
        }
        commitments = {dealer: polynomial.commit() for dealer, polynomial in dealt.items()}
        encoded = {str(d): [point.to_bytes_compressed().hex() for point in commitments[d]] for d in commitments}
        assert encoded == frozen["commitments"]
        old_key = old[SignerId(1)].key
        assert all(expected_constant(old_key, d, dealers.keys()) == commitments[d][0] for d in dealers)
        assert reshared_key(old_key, frozen["threshold"], commitments, tuple(new)) == new[SignerId(2)].key
        received = {seat: add_all(dealt[dealer].evaluate(seat) for dealer in dealers) for seat in new}
        assert shown(received) == frozen["shares"]
        assert points(frozen["public_shares"]) == new[SignerId(2)].key.public_shares

    def test_when_a_share_is_repaired_then_every_part_and_sum_is_the_frozen_one(self, life, domain, new):
        frozen, key = life["repair"], new[SignerId(2)].key
        helpers, lost = raw(frozen["randomness"]), SignerId(frozen["lost"])
        parts = {
            j: split(new[j], helpers=helpers.keys(), lost=lost, randomness=helpers[j], domain=domain) for j in helpers
        }
        assert {str(j): shown(parts[j]) for j in parts} == frozen["parts"]
        for j, expected in points(frozen["expected_sums"]).items():
            assert expected_sum(key, j, helpers.keys(), lost) == expected
            assert check_split({k: part.times_generator() for k, part in parts[j].items()}, expected)
        sums = {k: add_all(parts[j][k] for j in helpers) for k in helpers}
        assert shown(sums) == frozen["sums"]
        assert add_all(sums.values()).to_secret_bytes() == new[lost].secret.to_secret_bytes()

    def test_when_a_child_is_derived_then_key_code_and_shares_are_the_frozen_ones(self, life, new):
        frozen = life["derive"]
        code = chain_code_of(bytes.fromhex(frozen["transcript"]))
        assert code.hex() == frozen["chain_code"]
        children = {seat: derive_share(share, code, tuple(frozen["path"])) for seat, share in new.items()}
        assert shown({seat: child.secret for seat, child in children.items()}) == frozen["shares"]
        child = derive(new[SignerId(2)].key, code, tuple(frozen["path"]))
        assert (child.tweak.to_bytes32().hex(), child.chain_code.hex()) == (frozen["tweak"], frozen["child_chain_code"])
        assert children[SignerId(2)].key == child.key
        assert child.key.id.hex() == frozen["public"]
        assert all(child.matches_public_share() for child in children.values())

    def _shares(self, life, generation):
        held = secrets(generation["shares"])
        key = GroupKey(
            public=Point.from_bytes_compressed(bytes.fromhex(life["public"])),
            threshold=generation["threshold"],
            public_shares={seat: secret.times_generator() for seat, secret in held.items()},
        )
        return {seat: KeyShare(signer=seat, secret=secret, key=key) for seat, secret in held.items()}
