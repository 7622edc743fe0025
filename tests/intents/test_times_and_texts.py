"""Times and texts as a person reads them: the calendar of the standard library, and no character that hides."""

import random
from datetime import UTC, datetime

import pytest

from custody.errors import EncodingError
from custody.identifiers import address, hash32
from custody.units import format_text, format_time, format_utc

LAST = 253_402_300_799
"""The last second of the year 9999."""


class TestGivenMoments:
    def test_when_written_then_as_the_standard_library_writes_them(self):
        source = random.Random(1970)
        edges = [0, 1, LAST, 951_782_399, 951_782_400, 951_868_800, 4_107_542_399, 4_107_542_400, 13_569_465_600]
        for moment in edges + [source.randrange(LAST) for _ in range(5_000)]:
            expected = datetime.fromtimestamp(moment, UTC)
            assert format_utc(moment) == f"{expected.year:04}-{expected:%m-%d %H:%M:%S} UTC"

    @pytest.mark.parametrize("moment", [LAST + 1, 2**63, 2**64 - 1, 2**256 - 1])
    def test_when_they_lie_past_the_calendar_then_that_is_said(self, moment):
        assert format_time(moment) == f"{moment} (after the year 9999)"


class TestGivenTexts:
    @pytest.mark.parametrize(
        "text", ["\u202e", "\x00", "\x7f", "\x9b", "\u200b", "ａ", "\ud800", "\U0001f511", '"', "\\"]
    )
    def test_when_a_character_is_not_plainly_visible_then_its_number_stands_there(self, text):
        assert format_text(f"a{text}b") == f'"a\\u{{{ord(text):x}}}b"'

    def test_when_it_is_plain_then_it_stands_as_it_is(self):
        assert format_text("outflow cap [1], {2}'~") == '"outflow cap [1], {2}\'~"'


class TestGivenDigitsAsAPersonWritesThem:
    @pytest.mark.parametrize("text", ["0x" + "ab" * 20, "ab" * 20, "0x" + "AB" * 20])
    def test_when_they_are_twenty_bytes_then_they_are_an_address(self, text: str) -> None:
        assert address(text) == b"\xab" * 20

    @pytest.mark.parametrize(
        "text",
        [
            "0x ab" + "ab" * 19,
            "ab " * 20,
            "0x" + "ab" * 20 + "\n",
            " 0x" + "ab" * 20,
            "0x" + "ab" * 19 + "\u2003ab",
            "",
        ],
    )
    def test_when_there_is_white_space_or_nothing_then_refused(self, text: str) -> None:
        with pytest.raises(EncodingError, match="address"):
            address(text)

    @pytest.mark.parametrize("text", ["0x " + "ab" * 32, "0x" + "ab" * 32 + "\t", "ab" * 16 + "\n" + "ab" * 16])
    def test_when_white_space_stands_in_a_hash_then_refused(self, text: str) -> None:
        with pytest.raises(EncodingError, match="is not a hash"):
            hash32(text)
