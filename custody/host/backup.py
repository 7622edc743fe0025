"""Seeds on paper, as SLIP-39 shares: the one door to `shamir_mnemonic`.

Any `threshold` of the shares give the seed back, fewer tell nothing of it. SLIP-39 cannot tell a wrong passphrase: it
gives another seed. So the fingerprint of the seed is kept beside the shares, and whoever joins them compares it.

No message here repeats a word of a share. The library computes on Python integers and tables, in variable time: it is
for a quiet machine, at a ceremony or a restore, and no running node calls it.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from shamir_mnemonic import MnemonicError, Share, combine_mnemonics, generate_mnemonics
from shamir_mnemonic.constants import MAX_SHARE_COUNT, METADATA_LENGTH_WORDS, MIN_MNEMONIC_LENGTH_WORDS, RADIX_BITS
from shamir_mnemonic.wordlist import WORD_INDEX_MAP, WORDLIST

from custody.errors import UsageError
from custody.host.identity import SEED_BYTES

MOST_SHARES: Final = MAX_SHARE_COUNT
FINGERPRINT_BYTES: Final = 4
WORDS: Final[Sequence[str]] = WORDLIST
"""1024 words; no two begin with the same four letters."""
_FINGERPRINT_TAG: Final = hashlib.sha256(b"custody-seed-fingerprint-v1").digest()


def split_seed(seed: bytes, *, threshold: int, count: int, passphrase: bytes = b"") -> list[str]:
    """`count` shares of 33 words each, any `threshold` of which give the 32-byte seed back. Fresh at every call.

    Raises:
        UsageError: not 2 <= threshold <= count <= 16, or a passphrase that SLIP-39 does not allow.
    """
    if len(seed) != SEED_BYTES:
        raise ValueError(f"a seed has {SEED_BYTES} bytes")
    if not 2 <= threshold <= count <= MOST_SHARES:
        raise UsageError(
            f"{threshold} of {count} shares cannot be made: at least 2 must be needed, at most {MOST_SHARES} exist, "
            "and no more be needed than exist"
        )
    _check_passphrase(passphrase)
    shares: list[str]
    (shares,) = generate_mnemonics(1, [(threshold, count)], seed, passphrase)
    return shares


def join_seed(shares: Sequence[str], *, passphrase: bytes = b"") -> bytes:
    """The 32-byte seed of exactly as many shares as are needed. **Compare its fingerprint**: see `fingerprint`.

    Raises:
        UsageError: names the shares at fault, counted from 1 in the order given, and says why.
    """
    seed = join_secret(shares, passphrase=passphrase)
    if len(seed) != SEED_BYTES:
        raise UsageError(f"these are shares of {len(seed)} bytes; a seed has {SEED_BYTES}")
    return seed


def fingerprint(seed: bytes) -> str:
    """Eight hex digits to be kept beside the shares: the first 4 bytes of SHA256(tag ‖ tag ‖ seed), tag hashed.

    It tells nothing of a random seed. It does let a holder of enough shares try out passphrases, as the host's public
    key would: a passphrase must stand on its own.
    """
    return hashlib.sha256(_FINGERPRINT_TAG * 2 + seed).digest()[:FINGERPRINT_BYTES].hex()


def join_secret(shares: Sequence[str], *, passphrase: bytes = b"") -> bytes:
    """What any SLIP-39 program has split: of 16 bytes or more, in one group or several.

    Raises:
        UsageError: as `join_seed`.
    """
    _check_passphrase(passphrase)
    parsed = [_parse(number, share) for number, share in enumerate(shares, start=1)]
    _check_one_set(parsed)
    _check_distinct(parsed)
    _check_count(parsed)
    try:
        secret: bytes = combine_mnemonics(shares, passphrase)
    except (MnemonicError, ValueError):
        raise UsageError("the shares do not fit together: at least one of them is of another backup") from None
    return secret


def _check_passphrase(passphrase: bytes) -> None:
    if not all(0x20 <= sign <= 0x7E for sign in passphrase):
        raise UsageError("the passphrase of a backup has letters, digits, signs and spaces of ASCII only")


def _parse(number: int, share: str) -> Share:
    words = share.split()
    unknown = [place for place, word in enumerate(words, start=1) if word.lower() not in WORD_INDEX_MAP]
    if unknown:
        raise UsageError(f"share {number}: {_listed('word', unknown)} not in the word list of SLIP-39")
    # The secret is a whole number of 16 bits, padded to whole words of 10.
    padding = RADIX_BITS * (len(words) - METADATA_LENGTH_WORDS) % 16
    if len(words) < MIN_MNEMONIC_LENGTH_WORDS or padding > 8:
        raise UsageError(f"share {number}: no share has {len(words)} words; that of a {SEED_BYTES}-byte seed has 33")
    try:
        return Share.from_mnemonic(share)
    except MnemonicError as error:
        if "checksum" in str(error):
            why = "its checksum is wrong: a word was misread, or stands in another's place"
        else:
            why = "its checksum is right, but no program that keeps to SLIP-39 wrote it"
        raise UsageError(f"share {number}: {why}") from None


def _check_one_set(shares: Sequence[Share]) -> None:
    """All of one backup; the set that most are of is taken for the right one."""
    if not shares:
        raise UsageError("no shares were given")
    sets = [(*share.common_parameters(), len(share.value)) for share in shares]
    _refuse_the_odd_ones([*range(1, len(shares) + 1)], sets, "of another backup than the others")
    groups = defaultdict(list)
    for number, share in enumerate(shares, start=1):
        groups[share.group_index].append((number, share.member_threshold))
    for members in groups.values():
        numbers, thresholds = zip(*members, strict=True)
        _refuse_the_odd_ones(numbers, thresholds, "of another backup than the others of the group")


def _refuse_the_odd_ones(numbers: Sequence[int], marks: Sequence[object], why: str) -> None:
    (usual, most), *others = Counter(marks).most_common()
    if not others:
        return
    if others[0][1] == most:
        raise UsageError(f"shares {_joined(numbers)} are of different backups")
    odd = [number for number, mark in zip(numbers, marks, strict=True) if mark != usual]
    raise UsageError(f"{_listed('share', odd)} {why}")


def _check_distinct(shares: Sequence[Share]) -> None:
    first: dict[tuple[int, int], int] = {}
    for number, share in enumerate(shares, start=1):
        earlier = first.setdefault((share.group_index, share.index), number)
        if earlier == number:
            continue
        if shares[earlier - 1] == share:
            raise UsageError(f"shares {earlier} and {number} are the same share")
        raise UsageError(f"shares {earlier} and {number} have one number and other words: they are of two backups")


def _check_count(shares: Sequence[Share]) -> None:
    """SLIP-39 takes exactly as many as are needed. A share does not say how many of them were made."""
    needed, given = shares[0].group_threshold, Counter(share.group_index for share in shares)
    if needed > 1 and len(given) != needed:
        raise UsageError(f"shares of {needed} groups are needed, of {len(given)} were given")
    threshold = {share.group_index: share.member_threshold for share in shares}
    for group, count in sorted(given.items()):
        if count != threshold[group]:
            where = f" of group {group + 1}" if needed > 1 else ""
            raise UsageError(f"{threshold[group]} shares{where} are needed, {count} given")


def _listed(what: str, numbers: Sequence[int]) -> str:
    return f"{what} {numbers[0]} is" if len(numbers) == 1 else f"{what}s {_joined(numbers)} are"


def _joined(numbers: Iterable[int]) -> str:
    *most, last = map(str, numbers)
    return f"{', '.join(most)} and {last}" if most else last
