"""From price files to bars to rounds."""

from __future__ import annotations

import gzip
import os
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custody.config.bars import read_bars
from custody.errors import UsageError
from custody.risk.feed import HEARTBEAT, Bar, Bars, Round, rounds_of, window
from custody.units import Seconds

HEADER = "timestamp_unix,open,high,low,close,volume"
DATA = os.environ.get("CUSTODY_DATA")
START = 1_600_000_000
USD = 10**8


def a_bar(time: int, open_: int, high: int, low: int, close: int) -> Bar:
    return Bar(time=time, open=open_, high=high, low=low, close=close)


def flat_bars(closes: list[int], *, length: int = 60) -> Bars:
    """Bars that stand at their close."""
    bars = tuple(a_bar(START + i * length, c, c, c, c) for i, c in enumerate(closes))
    return Bars(length=Seconds(length), bars=bars)


def write(folder: Path, *rows: str, header: str = HEADER) -> Path:
    path = folder / "prices.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


@st.composite
def some_bars(draw: st.DrawFn, *, lengths: tuple[int, ...] = (1, 7, 60, 300, 3_600), most: int = 300) -> Bars:
    """Bars with moves small and absurd, from 100 to `most` dollars, some of them missing."""
    length = draw(st.sampled_from(lengths))
    time, bars = START, []
    price = st.integers(100 * USD, 101 * USD) | st.integers(100 * USD, most * USD)
    for _ in range(draw(st.integers(1, 12))):
        prices = sorted(draw(st.lists(price, min_size=4, max_size=4)))
        open_, close = draw(st.permutations(prices[1:3]))
        bars.append(a_bar(time, open_, prices[3], prices[0], close))
        time += length * draw(st.sampled_from([1, 1, 1, 2, 40]))
    return Bars(length=Seconds(length), bars=tuple(bars))


class TestGivenBars:
    @given(bars=some_bars())
    def test_when_turned_into_rounds_then_in_order_inside_the_bars_and_an_hour_apart_at_most(self, bars: Bars) -> None:
        rounds = rounds_of(bars)
        assert all(before.updated_at < after.updated_at for before, after in pairwise(rounds))
        assert rounds[0].updated_at == bars.bars[0].time
        last = bars.bars[-1].time + bars.length - 1
        assert rounds[-1].updated_at <= last
        gaps = [after.updated_at - before.updated_at for before, after in pairwise(rounds)]
        assert max([*gaps, last - rounds[-1].updated_at]) <= HEARTBEAT
        lowest, highest = min(bar.low for bar in bars.bars), max(bar.high for bar in bars.bars)
        assert all(lowest <= round_.answer <= highest for round_ in rounds)

    @given(bars=some_bars())
    def test_when_the_path_ends_then_the_last_round_is_within_half_a_percent_of_the_close(self, bars: Bars) -> None:
        last = rounds_of(bars)[-1].answer
        assert abs(bars.bars[-1].close - last) * 1_000 < 5 * last

    @given(bars=some_bars(lengths=(300, 3_600), most=120))
    def test_when_two_rounds_are_closer_than_an_hour_then_half_a_percent_apart_and_no_more(self, bars: Bars) -> None:
        # The bars have seconds enough for every step, so none is merged: at most 4·37 of 300.
        for before, after in pairwise(rounds_of(bars)):
            distance = abs(after.answer - before.answer)
            step = -(-5 * before.answer // 1_000)
            assert distance == step or (after.updated_at - before.updated_at == HEARTBEAT and distance < step)

    def test_when_the_price_rises_by_two_percent_then_every_half_percent_is_told(self) -> None:
        bars = Bars(length=Seconds(61), bars=(a_bar(START, 1_000_000, 1_020_000, 1_000_000, 1_020_000),))
        assert rounds_of(bars) == (
            Round(1_000_000, START),
            Round(1_005_000, START + 15),
            Round(1_010_025, START + 30),
            Round(1_015_076, START + 45),
        )

    def test_when_one_extreme_is_nearer_to_the_open_then_it_comes_first(self) -> None:
        assert a_bar(START, 100, 103, 90, 95).path == (100, 103, 90, 95)
        assert a_bar(START, 100, 120, 95, 95).path == (100, 95, 120, 95)
        assert a_bar(START, 100, 105, 95, 95).path == (100, 105, 95, 95)

    def test_when_the_price_stands_still_then_a_round_an_hour(self) -> None:
        rounds = rounds_of(flat_bars([USD] * 180))
        assert rounds == (Round(USD, START), Round(USD, START + 3_600), Round(USD, START + 7_200))

    def test_when_bars_are_missing_then_the_last_close_is_told_every_hour(self) -> None:
        first, second = a_bar(START, USD, USD, USD, USD), a_bar(START + 9_000, 2 * USD, 2 * USD, 2 * USD, 2 * USD)
        rounds = rounds_of(Bars(length=Seconds(60), bars=(first, second)))
        assert rounds[:3] == (Round(USD, START), Round(USD, START + 3_600), Round(USD, START + 7_200))
        assert rounds[3].updated_at >= START + 9_000

    def test_when_more_is_crossed_than_a_bar_has_seconds_then_merged_into_the_last(self) -> None:
        bars = Bars(length=Seconds(5), bars=(a_bar(START, USD, 2 * USD, USD, 2 * USD),))
        rounds = rounds_of(bars)
        assert [round_.updated_at - START for round_ in rounds] == [0, 1, 2, 3, 4]
        assert abs(2 * USD - rounds[-1].answer) * 1_000 < 5 * rounds[-1].answer

    def test_when_they_are_none_or_out_of_order_then_refused(self) -> None:
        with pytest.raises(ValueError, match="no bars"):
            Bars(length=Seconds(60), bars=())
        bar = a_bar(START, USD, USD, USD, USD)
        with pytest.raises(ValueError, match="overlap"):
            Bars(length=Seconds(60), bars=(bar, bar))
        with pytest.raises(ValueError, match="low"):
            a_bar(START, 2, 1, 1, 1)


class TestGivenAPriceFile:
    def test_when_read_then_prices_have_eight_decimals_and_the_length_is_inferred(self, tmp_path: Path) -> None:
        path = write(tmp_path, "1600000000,1.5,2,1.25,1.75,3", "1600000300,1.75,1.75,1.75,1.75,0")
        bars = read_bars(path)
        assert bars.length == 300
        assert bars.bars[0] == a_bar(START, 150_000_000, 200_000_000, 125_000_000, 175_000_000)

    def test_when_it_is_gzip_then_the_same(self, tmp_path: Path) -> None:
        path = write(tmp_path, "1600000000,1,1,1,1,3", "1600000060,1,1,1,1,0")
        packed = tmp_path / "prices.csv.gz"
        packed.write_bytes(gzip.compress(path.read_bytes()))
        assert read_bars(packed) == read_bars(path)

    def test_when_bars_are_missing_then_it_is_read_all_the_same(self, tmp_path: Path) -> None:
        rows = [f"{START + at},1,1,1,1,0" for at in (0, 60, 600)]
        assert read_bars(write(tmp_path, *rows)).length == 60

    @pytest.mark.parametrize(
        ("rows", "what"),
        [
            ((), "no bars"),
            (("1600000000,1,1,1,1,0",), "one bar"),
            (("1600000060,1,1,1,1,0", "1600000000,1,1,1,1,0"), "line 3: the timestamp 1600000000 comes before"),
            (("1600000000,1,1,1,1,0", "1600000000,1,1,1,1,0"), "line 3: the timestamp 1600000000 repeats"),
            (("1600000000,1,1,1,1,0", "1600086401,1,1,1,1,0"), "more than a day is missing"),
            (("1600000000,1,1,1,1,0", "1600000060,1,1,1,1,0", "1600000130,1,1,1,1,0"), "not on the grid of 60 s"),
            (("1600000000,0,1,0,1,0",), "line 2: the open '0' is not a positive price"),
            (("1600000000,1,1,-1,1,0",), "the low '-1' is not a positive price"),
            (("1600000000,1,nan,1,1,0",), "the high 'nan' is not a positive price"),
            (("1600000000,1,inf,1,1,0",), "the high 'inf' is not a positive price"),
            (("1600000000,1,1e99,1,1,0",), "the high '1e99' is not a positive price"),
            (("1600000000,1,1,1,,0",), "the close '' is not a positive price"),
            (("1600000000,1,1,1,0.000000001,0",), "the close '0.000000001' is not a positive price"),
            (("1600000000,1,1,1,1,x",), "the volume 'x' is not a number"),
            (("1600000000,1,1,1,1,-1",), "the volume '-1' is not a number"),
            (("1600000000.5,1,1,1,1,0",), "the timestamp '1600000000.5' is not a whole number"),
            (("-5,1,1,1,1,0",), "the timestamp '-5' is not a whole number"),
            (("1600000000,1,2,1.5,1.5,0",), "open and close must lie between low and high"),
            (("1600000000,1,1,1,1",), "line 2: 5 fields"),
            (("1600000000,1,1,1,1,0,9",), "line 2: 7 fields"),
            (("", "1600000000,1,1,1,1,0"), "line 2: 0 fields"),
            (('1600000000,"1,1,1,1,0',), "is not CSV"),
        ],
    )
    def test_when_a_row_is_wrong_then_one_sentence_says_which(
        self, tmp_path: Path, rows: tuple[str, ...], what: str
    ) -> None:
        with pytest.raises(UsageError) as caught:
            read_bars(write(tmp_path, *rows))
        assert what in str(caught.value)
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize("header", [HEADER + ",trades", "time,open,high,low,close,volume", "open", ""])
    def test_when_the_columns_are_others_then_refused(self, tmp_path: Path, header: str) -> None:
        with pytest.raises(UsageError, match="must have the columns timestamp_unix,open,high,low,close,volume"):
            read_bars(write(tmp_path, "1600000000,1,1,1,1,0", header=header))

    def test_when_it_is_no_such_file_then_refused(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="does not exist"):
            read_bars(tmp_path / "none.csv")
        with pytest.raises(UsageError, match="cannot be read"):
            read_bars(tmp_path)
        broken = tmp_path / "broken.csv.gz"
        for content in (b"\x1f\x8b\x00", b"\x1f\x8b" + bytes(30), gzip.compress(b"x" * 99)[:-9], b"\xff\xfe"):
            broken.write_bytes(content)
            with pytest.raises(UsageError, match=r"neither CSV text nor that in gzip|cannot be read"):
                read_bars(broken)

    def test_when_it_is_empty_then_the_columns_are_missing(self, tmp_path: Path) -> None:
        path = tmp_path / "empty.csv"
        path.write_text("")
        with pytest.raises(UsageError):
            read_bars(path)


class TestGivenADeepFall:
    closes = [100 * USD] * 100 + [150 * USD] * 100 + [60 * USD] + [90 * USD] * 199

    def test_when_a_window_is_asked_then_a_quarter_of_it_follows_the_bottom(self) -> None:
        bars = flat_bars(self.closes)
        chosen = window(bars, minutes=40)
        assert len(chosen.bars) == 40
        assert chosen.bars[-1].time == START + (200 + 10) * 60
        assert chosen.length == 60

    def test_when_the_bottom_is_near_an_end_then_the_window_moves_inside(self) -> None:
        bars = flat_bars(self.closes[:203])
        assert window(bars, minutes=40).bars == bars.bars[-40:]
        bars = flat_bars(self.closes[195:])
        assert window(bars, minutes=40).bars == bars.bars[:40]

    def test_when_the_file_is_shorter_then_it_comes_back_whole(self) -> None:
        bars = flat_bars(self.closes)
        assert window(bars, minutes=10_000) == bars

    def test_when_a_bar_is_longer_than_the_window_then_the_bottoms_bar(self) -> None:
        bars = flat_bars(self.closes, length=3_600)
        (only,) = window(bars, minutes=1).bars
        assert only.close == 60 * USD

    def test_when_the_later_low_is_higher_above_a_higher_peak_then_the_share_decides(self) -> None:
        bars = flat_bars([100 * USD, 50 * USD, 300 * USD, 120 * USD, 300 * USD, 300 * USD])
        assert window(bars, minutes=1).bars[0].close == 120 * USD

    def test_when_the_window_has_no_length_then_refused(self) -> None:
        with pytest.raises(UsageError, match="at least one minute"):
            window(flat_bars([USD, USD]), minutes=0)


@pytest.mark.slow
@pytest.mark.skipif(DATA is None, reason="CUSTODY_DATA names no folder with price files: NOT READ")
class TestGivenRecordedCrashes:
    def test_when_read_then_every_file_is_whole_and_no_round_is_far_from_the_last(self) -> None:
        paths = sorted(Path(DATA or "").glob("*_1m_*.csv.gz"))
        assert paths
        for path in paths:
            bars = read_bars(path)
            assert bars.length == 60
            rounds = rounds_of(window(bars, minutes=1_440))
            apart = [abs(after.answer - before.answer) / before.answer for before, after in pairwise(rounds)]
            assert max(apart) < 0.0051, path.name
