"""Does a time that does not fit say so, whoever asks it, and get out as it came in?"""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from plugwright_runtime.message.nanotime import NanoDatetime, NanoTimedelta
from plugwright_runtime.message.rawtime import RawDatetime, RawTime, RawTimedelta
from pydantic import TypeAdapter
from pydantic_core import PydanticSerializationError

LATE, EARLY = RawDatetime(2**62, 5), RawDatetime(-(2**63), 0)
LONG, MIXED = RawTimedelta(2**62, 0), RawTimedelta(1, -1)
VALUES = [LATE, EARLY, LONG, MIXED]
NOW = datetime(2026, 1, 1, tzinfo=UTC)
NANO = NanoDatetime(2026, 1, 1, tzinfo=UTC, nanosecond=1)

every_value = pytest.mark.parametrize("value", VALUES, ids=repr)


@every_value
def test_a_time_that_does_not_fit_is_still_of_the_type_of_its_field(value: Any) -> None:
    assert isinstance(value, datetime if value in (LATE, EARLY) else timedelta)
    assert value.raw == RawTime(value.raw.seconds, value.raw.nanos)


@every_value
@pytest.mark.parametrize(
    "copier", [copy.copy, copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v))]
)
def test_copies_are_equal(value: Any, copier: Callable[[Any], Any]) -> None:
    made = copier(value)
    assert type(made) is type(value)
    assert made == value
    assert hash(made) == hash(value)


def test_equality_is_that_of_the_two_numbers() -> None:
    assert LATE == RawDatetime(2**62, 5) != RawDatetime(2**62, 6)
    assert RawDatetime(1, -1) != RawTimedelta(1, -1)
    for other in (NOW, NANO, datetime.max, datetime(2026, 1, 1), None):
        assert other != LATE
        assert other != LATE
    for length in (timedelta(1), NanoTimedelta(nanoseconds=1), timedelta.max):
        assert length != LONG
        assert length != LONG


@pytest.mark.parametrize("fits", [NOW, NANO, datetime.max.replace(tzinfo=UTC)])
def test_a_late_time_sorts_after_every_datetime(fits: datetime) -> None:
    assert sorted([LATE, fits, EARLY]) == [EARLY, fits, LATE]
    assert fits < LATE > EARLY < fits
    assert fits <= LATE >= EARLY <= fits


@pytest.mark.parametrize("fits", [timedelta(1), NanoTimedelta(1), timedelta.max])
def test_a_long_duration_sorts_after_every_timedelta(fits: timedelta) -> None:
    assert sorted([LONG, fits, MIXED]) == [MIXED, fits, LONG]


def test_it_says_what_it_is() -> None:
    text = "RawDatetime(seconds=4611686018427387904, nanos=5)"
    assert repr(LATE) == str(LATE) == f"{LATE}" == f"{LATE:%Y}" == text
    assert eval(repr(MIXED)) == MIXED


@pytest.mark.parametrize(
    "ask",
    [
        lambda v: v.year,
        lambda v: v.isoformat(),
        lambda v: v.timestamp(),
        lambda v: v.astimezone(UTC),
        lambda v: v.strftime("%Y"),
        lambda v: v.utcoffset(),
        lambda v: v.date(),
        lambda v: v.replace(year=2000),
        lambda v: v + timedelta(1),
        lambda v: timedelta(1) + v,
        lambda v: v - NOW,
        lambda v: NOW - v,
        lambda v: NANO - v,
        lambda v: datetime.isoformat(v),
    ],
)
def test_what_needs_the_moment_is_an_error(ask: Callable[[Any], Any]) -> None:
    with pytest.raises(ValueError, match=r"seconds=\d+, nanos=5 does not fit datetime"):
        ask(LATE)


@pytest.mark.parametrize(
    "ask",
    [
        lambda v: v.days,
        lambda v: v.total_seconds(),
        lambda v: v + timedelta(1),
        lambda v: timedelta(1) + v,
        lambda v: NanoTimedelta(1) + v,
        lambda v: v * 2,
        lambda v: v / 2,
        lambda v: -v,
    ],
)
def test_what_needs_the_length_is_an_error(ask: Callable[[Any], Any]) -> None:
    with pytest.raises(ValueError, match="seconds=1, nanos=-1 does not fit timedelta"):
        ask(MIXED)


@pytest.mark.parametrize("time", [NOW, date(2026, 1, 1)])
def test_a_plain_time_cannot_be_moved_by_it(time: Any) -> None:
    for move in (lambda: time + LONG, lambda: time - MIXED):
        with pytest.raises(OverflowError):
            move()


def test_order_with_what_is_no_moment_is_a_type_error() -> None:
    for other in (1, "x", datetime(2026, 1, 1), timedelta(1)):
        with pytest.raises(TypeError):
            assert other > LATE  # type: ignore[operator]


@dataclasses.dataclass
class Holder:
    at: datetime
    length: timedelta


def test_pydantic_hands_it_on_and_refuses_to_write_it() -> None:
    adapter = TypeAdapter(Holder)
    made = adapter.validate_python({"at": LATE, "length": LONG})
    assert (made.at, made.length) == (LATE, LONG)
    assert adapter.dump_python(made) == {"at": LATE, "length": LONG}
    for holder in (Holder(LATE, timedelta(1)), Holder(NOW, MIXED)):
        with pytest.raises(PydanticSerializationError, match="does not fit"):
            adapter.dump_json(holder)
