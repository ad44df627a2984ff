"""Are nanoseconds rounded as `timedelta` rounds microseconds? Ties go to the even neighbour."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plugwright_runtime.message.nanotime import nano_timedelta, total_nanoseconds

NUMBERS = st.integers(-1000, 1000)


@pytest.mark.parametrize(
    ("nanoseconds", "divisor", "expected"),
    [(1, 2, 0), (3, 2, 2), (5, 2, 2), (7, 2, 4), (-1, 2, 0), (-3, 2, -2), (5, -2, -2), (3, -2, -2)],
)
def test_a_tie_goes_to_the_even_neighbour(nanoseconds: int, divisor: int, expected: int) -> None:
    assert total_nanoseconds(nano_timedelta(nanoseconds) / divisor) == expected


@given(NUMBERS, NUMBERS.filter(bool))
def test_quotients_are_those_of_exact_numbers(nanoseconds: int, divisor: int) -> None:
    expected = round(Fraction(nanoseconds, divisor))
    assert total_nanoseconds(nano_timedelta(nanoseconds) / divisor) == expected
    micro = timedelta(microseconds=nanoseconds) / divisor
    assert micro == timedelta(microseconds=expected)


@given(NUMBERS, NUMBERS)
def test_products_with_halves(nanoseconds: int, halves: int) -> None:
    expected = round(Fraction(nanoseconds * halves, 2))
    assert total_nanoseconds(nano_timedelta(nanoseconds) * (halves / 2)) == expected
