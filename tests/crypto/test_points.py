"""Points: one encoding each, infinity without one, sums that may cancel."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.crypto import Point, Scalar
from custody.crypto.curve import INFINITY, sum_points, times_generator
from custody.crypto.scalars import FIELD, ORDER
from custody.errors import EncodingError

G = times_generator(Scalar(1))
GX, GY = G.coordinates()
numbers = st.integers(0, ORDER - 1)


def point(number):
    return times_generator(Scalar.reduce(number))


def word(number):
    return number.to_bytes(32, "big")


class TestGivenTheGenerator:
    def test_when_encoded_then_it_is_that_of_sec_2(self):
        assert G.to_bytes_compressed().hex() == "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"

    def test_when_its_coordinates_are_read_then_they_lie_on_the_curve(self):
        assert (GY * GY - GX**3 - 7) % FIELD == 0


class TestGivenBytesThatAreNoPoint:
    @pytest.mark.parametrize(
        "encoded",
        [
            pytest.param(b"", id="empty"),
            pytest.param(b"\x00", id="infinity-one-byte"),
            pytest.param(bytes(33), id="infinity-33-bytes"),
            pytest.param(b"\x02" + bytes(32), id="x-is-zero"),
            pytest.param(b"\x04" + word(GX) + word(GY), id="uncompressed"),
            pytest.param(b"\x06" + word(GX) + word(GY), id="hybrid-even"),
            pytest.param(b"\x07" + word(GX) + word(GY), id="hybrid-odd"),
            pytest.param(b"\x04" + word(GX), id="uncompressed-prefix-33-bytes"),
            pytest.param(b"\x06" + word(GX), id="hybrid-prefix-33-bytes"),
            pytest.param(b"\x02" + word(FIELD), id="x-is-p"),
            pytest.param(b"\x02" + word(FIELD + 1), id="x-overflows-to-one"),
            pytest.param(b"\x03" + b"\xff" * 32, id="x-all-ones"),
            pytest.param(b"\x02" + word(5), id="x-not-on-curve"),
            pytest.param(b"\x02" + word(GX)[:-1], id="short"),
            pytest.param(b"\x02" + word(GX) + b"\x00", id="long"),
            pytest.param(b"\x01" + word(GX), id="prefix-1"),
            pytest.param(b"\x82" + word(GX), id="prefix-130"),
        ],
    )
    def test_when_parsed_then_they_are_refused(self, encoded):
        with pytest.raises(EncodingError):
            Point.from_bytes_compressed(encoded)

    def test_when_x_is_one_then_the_point_exists_so_that_the_overflow_case_is_a_real_one(self):
        assert Point.from_bytes_compressed(b"\x02" + word(1)).coordinates()[0] == 1


class TestGivenAnUncompressedEncoding:
    @settings(max_examples=60, deadline=None, database=None)
    @given(st.integers(1, ORDER - 1))
    def test_when_parsed_then_it_is_the_point_under_the_same_bytes_of_both_forms(self, a):
        encoded = point(a).to_bytes_uncompressed()
        x, y = point(a).coordinates()
        assert encoded == b"\x04" + word(x) + word(y)
        parsed = Point.from_bytes_uncompressed(encoded)
        assert parsed == point(a)
        assert parsed.to_bytes_uncompressed() == encoded
        assert parsed.to_bytes_compressed() == point(a).to_bytes_compressed()

    @pytest.mark.parametrize(
        "encoded",
        [
            pytest.param(b"", id="nothing"),
            pytest.param(bytes(65), id="zeros"),
            pytest.param(b"\x04" + bytes(64), id="zero-coordinates"),
            pytest.param(b"\x04" + word(GX) + word(GY ^ 1), id="not-on-curve"),
            pytest.param(b"\x04" + word(GY) + word(GX), id="swapped"),
            pytest.param(b"\x06" + word(GX) + word(GY), id="hybrid-even"),
            pytest.param(b"\x07" + word(GX) + word(GY), id="hybrid-odd"),
            pytest.param(b"\x02" + word(GX) + word(GY), id="compressed-prefix"),
            pytest.param(
                b"\x04" + word(FIELD + 1) + Point.from_bytes_compressed(b"\x02" + word(1)).to_bytes_uncompressed()[33:],
                id="x-overflows-to-one",
            ),
            pytest.param(b"\x04" + word(GX) + word(GY)[:-1], id="short"),
            pytest.param(b"\x04" + word(GX) + word(GY) + b"\0", id="long"),
            pytest.param(G.to_bytes_compressed(), id="compressed"),
        ],
    )
    def test_when_it_is_no_point_then_it_is_refused(self, encoded):
        with pytest.raises(EncodingError):
            Point.from_bytes_uncompressed(encoded)


class TestGivenInfinity:
    def test_when_encoded_then_it_is_refused(self):
        for attempt in (INFINITY.to_bytes_compressed, INFINITY.to_bytes_uncompressed, INFINITY.coordinates):
            with pytest.raises(EncodingError):
                attempt()

    def test_when_added_multiplied_or_negated_then_it_is_neutral(self):
        assert sum_points((INFINITY, G, INFINITY)) == G
        assert sum_points(()) == sum_points((INFINITY,)) == INFINITY
        assert INFINITY.times(Scalar(5)) == INFINITY.negated() == G.times(Scalar(0)) == INFINITY
        assert INFINITY.is_infinity
        assert not G.is_infinity
        assert G != INFINITY

    def test_when_hashed_and_printed_then_it_behaves_as_a_value(self):
        assert len({INFINITY, sum_points(()), G, point(1)}) == 2
        assert repr(INFINITY) == "Point(infinity)"


class TestGivenAnyNumbers:
    @settings(max_examples=60, deadline=None, database=None)
    @given(numbers, numbers)
    def test_when_points_are_added_then_the_sum_is_that_of_their_logarithms(self, a, b):
        assert sum_points((point(a), point(b))) == point(a + b)

    @settings(max_examples=60, deadline=None, database=None)
    @given(numbers, numbers)
    def test_when_a_point_is_multiplied_then_the_product_is_that_of_its_logarithm(self, a, b):
        assert point(a).times(Scalar(b)) == point(a * b)

    @settings(max_examples=60, deadline=None, database=None)
    @given(st.integers(1, ORDER - 1))
    def test_when_encoded_and_parsed_then_it_is_the_same_point_under_the_same_bytes(self, a):
        encoded = point(a).to_bytes_compressed()
        assert Point.from_bytes_compressed(encoded) == point(a)
        assert Point.from_bytes_compressed(encoded).to_bytes_compressed() == encoded
        assert hash(Point.from_bytes_compressed(encoded)) == hash(point(a))

    @settings(max_examples=60, deadline=None, database=None)
    @given(st.lists(st.integers(1, ORDER - 1), min_size=1, max_size=6))
    def test_when_terms_cancel_then_infinity_comes_out_and_the_terms_stay(self, terms):
        points = [point(a) for a in terms]
        before = [term.to_bytes_compressed() for term in points]
        assert sum_points([*points, *(term.negated() for term in points)]) == INFINITY
        assert sum_points([*points, point(-sum(terms))]) == INFINITY
        assert [term.to_bytes_compressed() for term in points] == before
