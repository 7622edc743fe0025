"""Approvals and proofs of the people: the one order, and what has no room."""

import pytest

from custody.errors import EncodingError
from custody.identifiers import Address
from custody.intents.members import accounts_set, encode_approvals, encode_proof


class TestGivenSignatures:
    def test_when_encoded_then_they_stand_by_ascending_index_with_their_lengths(self):
        assert encode_approvals({3: b"\xaa" * 2, 0: b"\xbb"}) == bytes.fromhex("000001bb" + "030002aaaa")

    @pytest.mark.parametrize("given", [{-1: b""}, {256: b""}, {0: bytes(65_536)}])
    def test_when_one_has_no_room_then_refused(self, given):
        with pytest.raises(EncodingError):
            encode_approvals(given)


class TestGivenASetAndItsApprovals:
    def test_when_a_proof_is_made_then_the_length_of_the_set_stands_first(self):
        encoded = accounts_set([Address(bytes([n]) * 20) for n in (1, 2, 3)], low=2, high=2).encode()
        assert encode_proof(encoded, b"\x01") == len(encoded).to_bytes(2, "big") + encoded + b"\x01"

    def test_when_the_set_is_too_long_then_refused(self):
        with pytest.raises(EncodingError):
            encode_proof(bytes(65_536), b"")
