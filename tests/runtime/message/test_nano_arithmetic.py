"""Are times with nanoseconds rounded, moved and compared exactly?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plugwright_runtime.message.nano_arithmetic import difference, moved, rounded
from plugwright_runtime.message.nanotime import nano_timedelta, total_nanoseconds
from plugwright_runtime.message.wkt import NanoDatetime, NanoTimedelta

_NUMBERS = st.integers(-1000, 1000)
_TIME = datetime(2024, 2, 29, 23, 59, 59, 999_999, tzinfo=UTC)


@pytest.mark.parametrize(
    ("top", "bottom", "quotient"),
    [
        *((1, 2, 0), (3, 2, 2), (5, 2, 2), (7, 2, 4)),  # a tie goes to the even neighbour
        *((-1, 2, 0), (-3, 2, -2), (-5, 2, -2), (1, -2, 0), (3, -2, -2), (-3, -2, 2)),
        *((1, 3, 0), (2, 3, 1), (-1, 3, 0), (-2, 3, -1), (4, 3, 1), (5, -3, -2)),
        *((4, 2, 2), (0, -7, 0), (10**30 + 1, 2, 5 * 10**29)),
    ],
)
def test_half_goes_to_even(top: int, bottom: int, quotient: int) -> None:
    assert rounded(top, bottom) == quotient
    assert rounded(top, bottom) == round(Fraction(top, bottom))


@pytest.mark.parametrize(("nanos", "half"), [(1, 0), (3, 2), (5, 2), (7, 4), (-1, 0), (-3, -2)])
def test_products_and_quotients_are_rounded_so(nanos: int, half: int) -> None:
    value = NanoTimedelta(nanoseconds=nanos)
    assert (value * 0.5).total_nanoseconds() == half
    assert (0.5 * value).total_nanoseconds() == half
    assert (value / 2).total_nanoseconds() == half
    assert (value / -2).total_nanoseconds() == -half


@given(_NUMBERS, _NUMBERS.filter(bool))
def test_quotients_are_those_of_exact_numbers(nanoseconds: int, divisor: int) -> None:
    """As `timedelta` rounds microseconds."""
    expected = round(Fraction(nanoseconds, divisor))
    assert total_nanoseconds(nano_timedelta(nanoseconds) / divisor) == expected
    micro = timedelta(microseconds=nanoseconds) / divisor
    assert micro == timedelta(microseconds=expected)


@given(_NUMBERS, _NUMBERS)
def test_products_with_halves(nanoseconds: int, halves: int) -> None:
    expected = round(Fraction(nanoseconds * halves, 2))
    assert total_nanoseconds(nano_timedelta(nanoseconds) * (halves / 2)) == expected


@pytest.mark.parametrize(
    ("nanos", "micros", "beside"),
    [(0, 0, 0), (1, 0, 1), (999, 0, 999), (1000, 1, 0), (-1, -1, 999), (-1000, -1, 0)],
)
def test_a_time_moves_by_nanoseconds(nanos: int, micros: int, beside: int) -> None:
    assert moved(_TIME, nanos) == (_TIME + timedelta(microseconds=micros), beside)


def test_a_move_starts_at_the_nanosecond() -> None:
    start = NanoDatetime(2024, 1, 1, tzinfo=UTC, nanosecond=600)
    assert moved(start, 400) == (datetime(2024, 1, 1, 0, 0, 0, 1, tzinfo=UTC), 0)
    assert moved(start, -601) == (datetime(2023, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC), 999)


def test_the_difference_counts_zones_and_nanoseconds() -> None:
    zone = timezone(timedelta(hours=2))
    early = NanoDatetime(2024, 1, 1, 2, tzinfo=zone, nanosecond=3)
    late = NanoDatetime(2024, 1, 1, 0, 0, 1, tzinfo=UTC, nanosecond=1)
    assert difference(late, early) == 10**9 - 2
    assert difference(early, late) == 2 - 10**9
    assert difference(NanoTimedelta(nanoseconds=5), timedelta(microseconds=1)) == -995


@pytest.mark.parametrize("other", [None, 1, timedelta(1), "2024"])
def test_there_is_no_difference_to_another_kind(other: object) -> None:
    assert difference(_TIME, other) is None
    assert difference(other, _TIME) is None
