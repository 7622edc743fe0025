"""Seeds as SLIP-39 shares: the published vectors, every quorum, and every way to hand in the wrong shares."""

import secrets
from itertools import combinations

import pytest

from custody.errors import UsageError
from custody.host.backup import MOST_SHARES, fingerprint, join_secret, join_seed, split_seed
from tests.builders import fresh
from tests.crypto.vector_files import vectors

VECTORS = "slip39-trezor-vectors.json"
SEED = fresh("seed")
SHARES = split_seed(SEED, threshold=2, count=3)
OTHERS = split_seed(fresh("another seed"), threshold=2, count=3)


def refusal_of(shares):
    """Compared word for word below, so that no word of a share can stand in it."""
    with pytest.raises(UsageError) as caught:
        join_seed(shares)
    return str(caught.value)


class TestGivenThePublishedVectors:
    def test_when_joined_then_all_45_give_the_published_secret_or_a_refusal(self):
        cases = vectors(VECTORS)
        valid = 0
        for name, shares, secret, _ in cases:
            if secret:
                assert join_secret(shares, passphrase=b"TREZOR").hex() == secret, name
                valid += 1
            else:
                with pytest.raises(UsageError):
                    join_secret(shares, passphrase=b"TREZOR")
        assert (len(cases), valid) == (45, 15)

    def test_when_a_secret_of_16_bytes_is_joined_as_a_seed_then_it_is_refused(self):
        shares = next(shares for _, shares, secret, _ in vectors(VECTORS) if len(secret) == 32)
        with pytest.raises(UsageError, match="these are shares of 16 bytes; a seed has 32"):
            join_seed(shares, passphrase=b"TREZOR")

    @pytest.mark.parametrize(
        ("case", "sentence"),
        [
            ("3.", "share 1: its checksum is right, but no program that keeps to SLIP-39 wrote it"),
            ("11.", "shares 1 and 2 have one number and other words: they are of two backups"),
            ("12.", "shares 1 and 2 are of different backups"),
            ("13.", "the shares do not fit together: at least one of them is of another backup"),
            ("14.", "shares of 2 groups are needed, of 1 were given"),
            ("16.", "2 shares of group 4 are needed, 1 given"),
            ("39.", "share 1: no share has 19 words; that of a 32-byte seed has 33"),
        ],
    )
    def test_when_one_is_invalid_then_the_sentence_says_which_and_why(self, case, sentence):
        shares = next(shares for name, shares, *_ in vectors(VECTORS) if name.startswith(case))
        with pytest.raises(UsageError) as caught:
            join_secret(shares, passphrase=b"TREZOR")
        assert str(caught.value) == sentence


class TestGivenASeed:
    @pytest.mark.parametrize(("threshold", "count"), [(2, 2), (2, 3), (3, 5), (4, 5), (MOST_SHARES, MOST_SHARES)])
    def test_when_split_then_any_quorum_in_any_order_joins_it_and_one_share_fewer_does_not(self, threshold, count):
        seed = secrets.token_bytes(32)
        shares = split_seed(seed, threshold=threshold, count=count)
        assert len(set(shares)) == count
        assert {len(share.split()) for share in shares} == {33}
        for quorum in combinations(shares, threshold):
            assert join_seed(quorum[::-1]) == seed
        assert refusal_of(shares[: threshold - 1]) == f"{threshold} shares are needed, {threshold - 1} given"

    def test_when_split_twice_then_the_shares_are_others_and_do_not_mix(self):
        again = split_seed(SEED, threshold=2, count=3)
        assert not set(again) & set(SHARES)
        assert refusal_of([SHARES[0], again[1]]) == "shares 1 and 2 are of different backups"

    def test_when_a_passphrase_is_wrong_then_only_the_fingerprint_tells(self):
        shares = split_seed(SEED, threshold=2, count=2, passphrase=b"right")
        assert join_seed(shares, passphrase=b"right") == SEED
        for wrong in (b"wrong", b""):
            assert fingerprint(join_seed(shares, passphrase=wrong)) != fingerprint(SEED)

    def test_when_its_fingerprint_is_taken_then_it_is_eight_digits_of_this_seed(self):
        # By openssl: the digest of the tag twice, then 32 zeros.
        assert fingerprint(bytes(32)) == "485e4c7f"
        assert fingerprint(SEED) != fingerprint(fresh("another seed"))

    @pytest.mark.parametrize(("threshold", "count"), [(1, 1), (1, 3), (0, 2), (3, 2), (2, 17), (-1, 2)])
    def test_when_the_shares_asked_for_cannot_be_then_it_is_refused(self, threshold, count):
        with pytest.raises(UsageError, match="cannot be made"):
            split_seed(SEED, threshold=threshold, count=count)

    @pytest.mark.parametrize("length", [0, 16, 31, 33, 64])
    def test_when_it_has_another_length_then_it_is_no_seed(self, length):
        with pytest.raises(ValueError):
            split_seed(bytes(length), threshold=2, count=3)

    @pytest.mark.parametrize("passphrase", [b"tab\t", "grün".encode(), b"\0", b"line\n"])
    def test_when_the_passphrase_is_not_printable_ascii_then_it_is_refused(self, passphrase):
        with pytest.raises(UsageError, match="ASCII"):
            split_seed(SEED, threshold=2, count=2, passphrase=passphrase)
        with pytest.raises(UsageError, match="ASCII"):
            join_seed(SHARES[:2], passphrase=passphrase)


class TestGivenWrongShares:
    def test_when_a_word_is_not_in_the_list_then_its_share_and_place_are_named(self):
        words = SHARES[1].split()
        words[6] = words[20] = "custodian"
        assert refusal_of([SHARES[0], " ".join(words)]) == "share 2: words 7 and 21 are not in the word list of SLIP-39"
        words[20] = SHARES[1].split()[20]
        assert refusal_of([SHARES[0], " ".join(words)]) == "share 2: word 7 is not in the word list of SLIP-39"

    def test_when_any_word_is_replaced_by_another_then_the_checksum_names_the_share(self):
        for place in range(33):
            words = SHARES[1].split()
            words[place] = "academic" if words[place] != "academic" else "acid"
            said = refusal_of([SHARES[0], " ".join(words)])
            assert said == "share 2: its checksum is wrong: a word was misread, or stands in another's place", place

    def test_when_two_words_change_places_then_the_checksum_names_the_share(self):
        words = SHARES[0].split()
        place = next(place for place in range(8, 32) if words[place] != words[place + 1])
        words[place], words[place + 1] = words[place + 1], words[place]
        assert refusal_of([" ".join(words), SHARES[1]]).startswith("share 1: its checksum is wrong")

    @pytest.mark.parametrize("length", [0, 1, 19, 21, 32])
    def test_when_words_are_missing_then_the_share_is_named(self, length):
        short = " ".join(SHARES[2].split()[:length])
        said = refusal_of([SHARES[0], short])
        assert said.startswith(("share 2: no share has", "share 2: its checksum is wrong"))

    def test_when_one_is_of_another_backup_then_it_is_named(self):
        assert refusal_of([SHARES[0], OTHERS[1], SHARES[2]]) == "share 2 is of another backup than the others"
        assert refusal_of([*SHARES, *OTHERS[:2]]) == "shares 4 and 5 are of another backup than the others"
        assert refusal_of([SHARES[0], OTHERS[1]]) == "shares 1 and 2 are of different backups"

    def test_when_one_is_given_twice_then_both_places_are_named(self):
        assert refusal_of([SHARES[0], SHARES[1], SHARES[0].upper()]) == "shares 1 and 3 are the same share"
        assert refusal_of([SHARES[0], SHARES[0]]) == "shares 1 and 2 are the same share"

    def test_when_more_are_given_than_needed_then_it_says_how_many(self):
        assert refusal_of(SHARES) == "2 shares are needed, 3 given"

    def test_when_none_are_given_then_it_says_so(self):
        assert refusal_of([]) == "no shares were given"

    def test_when_written_with_capitals_and_line_breaks_then_they_are_read_all_the_same(self):
        assert join_seed([SHARES[0].upper(), "  " + SHARES[1].replace(" ", "\n")]) == SEED
