"""Do times survive the way to protobuf and back to the nanosecond, as values that Python knows?"""

from __future__ import annotations

import copy
import itertools
import math
import operator
import pickle
import sys
from datetime import UTC, date, datetime, timedelta, timezone
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from google.protobuf import (
    descriptor_pool,
    duration_pb2,
    message_factory,
    timestamp_pb2,
)
from hypothesis import assume, example, given
from hypothesis import strategies as st
from plugwright_runtime.message.nanotime import NanoDatetime, NanoTimedelta, total_nanoseconds
from plugwright_runtime.message.rawtime import RawDatetime, RawTimedelta
from plugwright_runtime.message.wkt import (
    read_duration,
    read_timestamp,
    write_duration,
    write_timestamp,
)

_POOL = descriptor_pool.DescriptorPool()
_POOL.AddSerializedFile(timestamp_pb2.DESCRIPTOR.serialized_pb)
_POOL.AddSerializedFile(duration_pb2.DESCRIPTOR.serialized_pb)
_GIGA = 10**9
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST, _LAST = -62135596800, 253402300799
_LONGEST = 315576000000


def timestamp(seconds: int = 0, nanos: int = 0) -> Any:
    descriptor = _POOL.FindMessageTypeByName("google.protobuf.Timestamp")
    return message_factory.GetMessageClass(descriptor)(seconds=seconds, nanos=nanos)


def duration(seconds: int = 0, nanos: int = 0) -> Any:
    descriptor = _POOL.FindMessageTypeByName("google.protobuf.Duration")
    return message_factory.GetMessageClass(descriptor)(seconds=seconds, nanos=nanos)


def at(year: int = 2024, nanosecond: int = 0, **more: Any) -> NanoDatetime:
    more.setdefault("tzinfo", UTC)
    return NanoDatetime(year, 1, 2, 3, 4, 5, 678901, nanosecond=nanosecond, **more)


# ------------------------------------------------------------------ the wire


@given(st.integers(_FIRST, _LAST), st.integers(0, _GIGA - 1))
@example(_FIRST, 0)
@example(_LAST, _GIGA - 1)
@example(-1, 1)
def test_timestamps_are_exact(seconds: int, nanos: int) -> None:
    value = read_timestamp(timestamp(seconds, nanos))
    since = datetime.__sub__(value, _EPOCH)  # plain, checked in whole microseconds
    micros = (since.days * 86400 + since.seconds) * 10**6 + since.microseconds
    assert micros == seconds * 10**6 + nanos // 1000
    assert value.tzinfo is UTC
    assert type(value) is (NanoDatetime if nanos % 1000 else datetime)
    assert getattr(value, "nanosecond", 0) == nanos % 1000
    m = timestamp()
    write_timestamp(value, m)
    assert (m.seconds, m.nanos) == (seconds, nanos)


@pytest.mark.parametrize(
    ("seconds", "nanos"),
    [
        (2**62, 0),
        (-(2**63), 0),
        (_FIRST - 1, 0),
        (_LAST + 1, 0),
        (0, -1),
        (0, _GIGA),
        (5, -(2**31)),
    ],
)
def test_invalid_timestamps_stay_as_they_are(seconds: int, nanos: int) -> None:
    value = read_timestamp(timestamp(seconds, nanos))
    assert value == RawDatetime(seconds, nanos)
    write_timestamp(value, m := timestamp())
    assert (m.seconds, m.nanos) == (seconds, nanos)


_ZONES = st.integers(-86399, 86399).map(lambda s: timezone(timedelta(seconds=s)))


@given(st.datetimes(timezones=_ZONES | st.just(ZoneInfo("Europe/Berlin"))))
def test_any_zone_is_written_as_the_same_instant(value: datetime) -> None:
    m = timestamp()
    try:
        expected = value.astimezone(UTC)
    except OverflowError:
        with pytest.raises(ValueError, match="not in the years 1 to 9999"):
            write_timestamp(value, m)
        return
    write_timestamp(value, m)
    assert read_timestamp(m) == expected


def test_protobuf_reads_the_same_instant() -> None:
    m = timestamp()
    write_timestamp(at(1950, 7), m)
    theirs = timestamp_pb2.Timestamp.FromString(m.SerializeToString())
    assert theirs.ToJsonString() == "1950-01-02T03:04:05.678901007Z"


def test_naive_and_other_values_are_refused() -> None:
    with pytest.raises(ValueError, match=r"2024-01-02T00:00:00.*tzinfo=datetime.UTC"):
        write_timestamp(datetime(2024, 1, 2), timestamp())
    with pytest.raises(ValueError, match=r"tzinfo=datetime.UTC"):
        write_timestamp(at(tzinfo=None), timestamp())
    for value in (date(2024, 1, 2), 0, None, "2024-01-02"):
        with pytest.raises(TypeError, match=r"expected datetime\.datetime, got"):
            write_timestamp(value, timestamp())  # type: ignore[arg-type]
    for other in (0, 1.5, None, "1s"):
        with pytest.raises(TypeError, match=r"expected datetime\.timedelta, got"):
            write_duration(other, duration())  # type: ignore[arg-type]


@given(st.integers(-_LONGEST * _GIGA - _GIGA + 1, _LONGEST * _GIGA + _GIGA - 1))
@example(-1)
@example(-1000)
@example(-_GIGA)
@example(0)
def test_durations_are_exact(total: int) -> None:
    sign = -1 if total < 0 else 1
    seconds, nanos = (sign * part for part in divmod(abs(total), _GIGA))
    value = read_duration(duration(seconds, nanos))
    assert total_nanoseconds(value) == total
    assert type(value) is (NanoTimedelta if total % 1000 else timedelta)
    m = duration()
    write_duration(value, m)
    assert (m.seconds, m.nanos) == (seconds, nanos)


@pytest.mark.parametrize(
    ("seconds", "nanos"),
    [
        (1, -1),
        (-1, 1),
        (_LONGEST + 1, 0),
        (-_LONGEST - 1, 0),
        (2**62, 0),
        (0, _GIGA),
        (0, -_GIGA),
        (0, -(2**31)),
    ],
)
def test_invalid_durations_stay_as_they_are(seconds: int, nanos: int) -> None:
    value = read_duration(duration(seconds, nanos))
    assert value == RawTimedelta(seconds, nanos)
    write_duration(value, m := duration())
    assert (m.seconds, m.nanos) == (seconds, nanos)


def test_too_long_a_duration_is_refused() -> None:
    for value in (timedelta(seconds=_LONGEST + 1), timedelta.max, timedelta.min):
        with pytest.raises(ValueError, match="315576000000 seconds"):
            write_duration(value, duration())


class _PandasLike(datetime):
    nanosecond = 7


class _PandasLikeDelta(timedelta):
    nanoseconds = 7


def test_nanoseconds_of_other_libraries_are_not_lost() -> None:
    m = timestamp()
    write_timestamp(_PandasLike(2024, 1, 1, tzinfo=UTC), m)
    assert m.nanos == 7
    d = duration()
    write_duration(_PandasLikeDelta(0, 1), d)
    assert (d.seconds, d.nanos) == (1, 7)


# ------------------------------------------------------------------ NanoDatetime

_NANOS = st.integers(0, 999)
_TIMES = st.datetimes(timezones=st.just(UTC))


def _nano(base: datetime, nanosecond: int) -> NanoDatetime:
    return NanoDatetime.fromisoformat(base.isoformat()).replace(nanosecond=nanosecond)


def _absolute(value: datetime) -> int:
    """Nanoseconds since the epoch, found without the arithmetic under test."""
    since = datetime.__sub__(value, _EPOCH)
    micros = (since.days * 86400 + since.seconds) * 10**6 + since.microseconds
    return micros * 1000 + int(getattr(value, "nanosecond", 0))


_MIXED = st.builds(_nano, _TIMES, _NANOS) | _TIMES
_PLAIN_CLOSE = st.sampled_from([_EPOCH, _EPOCH + timedelta(microseconds=1)])
_CLOSE = st.builds(_nano, _PLAIN_CLOSE, st.integers(0, 2))
_ORDERS: list[Any] = [
    operator.lt,
    operator.le,
    operator.gt,
    operator.ge,
    operator.eq,
    operator.ne,
]


@given(_MIXED | _CLOSE | _PLAIN_CLOSE, _MIXED | _CLOSE | _PLAIN_CLOSE)
def test_datetimes_compare_by_instant(a: datetime, b: datetime) -> None:
    for order in _ORDERS:
        assert order(a, b) is order(_absolute(a), _absolute(b))
    if a == b:
        assert hash(a) == hash(b)
    between = a - b
    assert total_nanoseconds(between) == _absolute(a) - _absolute(b)


def test_hashes_tell_nanoseconds_apart() -> None:
    assert len({hash(at(nanosecond=n)) for n in range(1000)}) > 990
    east = timezone(timedelta(hours=5))
    assert hash(at(nanosecond=3).astimezone(east)) == hash(at(nanosecond=3))
    assert at(nanosecond=3).astimezone(east) == at(nanosecond=3)


def test_comparing_follows_the_rules_of_datetime() -> None:
    naive = at(nanosecond=1, tzinfo=None)
    assert naive != at(nanosecond=1)
    with pytest.raises(TypeError):
        assert naive < at(nanosecond=1)
    others: list[Any] = [1, date(2024, 1, 2), None, "x"]
    for other in others:
        assert at() != other
        for order in _ORDERS[:4]:
            with pytest.raises(TypeError):
                order(at(), other)
    operations: list[Any] = [operator.add, operator.sub]
    for operation in operations:
        for other in (1, "x", None):
            with pytest.raises(TypeError):
                operation(at(), other)
            with pytest.raises(TypeError):
                operation(other, at())


_LENGTHS = st.integers(-(10**18), 10**18)


@given(_MIXED, _LENGTHS)
def test_shifting_keeps_the_nanosecond(base: datetime, length: int) -> None:
    assume(abs(base.year - 5000) < 4900)
    exact = NanoTimedelta(nanoseconds=length)
    start = _nano(base, getattr(base, "nanosecond", 0))
    for moved in (start + exact, exact + start, exact + base, start - -exact):
        assert isinstance(moved, NanoDatetime)
        assert _absolute(moved) == _absolute(base) + length
        assert moved.tzinfo is not None
    coarse = timedelta(microseconds=length // 1000)
    for moved in (start + coarse, coarse + start, start - -coarse):
        assert moved.nanosecond == start.nanosecond
        assert _absolute(moved) == _absolute(start) + length // 1000 * 1000
    assert (start + exact) - start == exact
    assert base - (start + exact) == -exact


def test_text_has_nine_digits() -> None:
    value = at(nanosecond=7)
    assert value.isoformat() == "2024-01-02T03:04:05.678901007+00:00"
    assert str(value) == "2024-01-02 03:04:05.678901007+00:00"
    assert f"{value}" == str(value)
    assert value.isoformat(timespec="milliseconds") == "2024-01-02T03:04:05.678+00:00"
    assert at(tzinfo=None, nanosecond=70).isoformat().endswith(".678901070")
    assert at().isoformat() == "2024-01-02T03:04:05.678901+00:00"
    assert at().isoformat(timespec="nanoseconds").endswith(".678901000+00:00")
    whole = value.replace(microsecond=0)
    assert whole.isoformat() == "2024-01-02T03:04:05.000000007+00:00"


@pytest.mark.parametrize("zone", [None, UTC, timezone(timedelta(hours=-3, minutes=30))])
@given(nanosecond=_NANOS)
def test_text_reads_back(zone: Any, nanosecond: int) -> None:
    value = at(tzinfo=zone, nanosecond=nanosecond)
    for text in (value.isoformat(), str(value)):
        back = NanoDatetime.fromisoformat(text)
        assert (back, back.nanosecond) == (value, nanosecond)
    shown = eval(repr(value), {"NanoDatetime": NanoDatetime, "datetime": _Module})
    assert (shown, shown.nanosecond) == (value, nanosecond)


class _Module:
    """What `repr` calls `datetime`."""

    timezone = timezone
    timedelta = timedelta


def test_other_iso_forms_are_read_as_datetime_does() -> None:
    read = NanoDatetime.fromisoformat
    assert read("2024-01-02T03:04:05.1234567Z").nanosecond == 700
    assert read("2024-01-02").nanosecond == 0
    assert read("20240102T030405Z") == datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
    with pytest.raises(ValueError, match="isoformat"):
        read("nonsense")


@pytest.mark.parametrize("fold", [0, 1])
@pytest.mark.parametrize("zone", [None, UTC, ZoneInfo("Europe/Berlin")])
def test_datetimes_copy_and_pickle(fold: int, zone: Any) -> None:
    value = NanoDatetime(2024, 10, 27, 2, 30, tzinfo=zone, fold=fold, nanosecond=5)
    twins = [copy.copy(value), copy.deepcopy(value), value.replace()]
    # Older protocols have no room for the fold of any datetime.
    protocols = range(4 if fold else 0, pickle.HIGHEST_PROTOCOL + 1)
    twins += [pickle.loads(pickle.dumps(value, p)) for p in protocols]
    for twin in twins:
        assert type(twin) is NanoDatetime
        assert twin.isoformat() == value.isoformat()
        assert (twin.nanosecond, twin.fold, twin.tzinfo) == (5, fold, zone)


def test_replace_and_astimezone() -> None:
    value = at(nanosecond=5)
    assert value.replace(year=2000) == at(2000, 5)
    assert value.replace(2000, nanosecond=6) == at(2000, 6)
    assert value.replace(tzinfo=None).tzinfo is None
    berlin = value.astimezone(ZoneInfo("Europe/Berlin"))
    assert (berlin.hour, berlin.nanosecond) == (4, 5)
    assert berlin == value
    if sys.version_info >= (3, 13):
        assert copy.replace(value, nanosecond=9) == at(nanosecond=9)
    for bad in (-1, 1000):
        with pytest.raises(ValueError, match=f"nanosecond must be in 0..999, got {bad}"):
            at(nanosecond=bad)
    with pytest.raises(TypeError):
        at(nanosecond=1.5)  # type: ignore[arg-type]


def test_constructors_of_datetime_work() -> None:
    assert NanoDatetime.now(UTC).nanosecond == 0
    assert NanoDatetime.fromtimestamp(0, UTC) == _EPOCH
    assert NanoDatetime.strptime("2024", "%Y") == datetime(2024, 1, 1)
    assert NanoDatetime.resolution == NanoTimedelta(nanoseconds=1)


def test_the_edges_overflow_as_datetime_does() -> None:
    last = _nano(datetime.max.replace(tzinfo=UTC), 999)
    with pytest.raises(OverflowError):
        _ = last + NanoTimedelta(nanoseconds=1)
    assert (last - NanoTimedelta(nanoseconds=999)).nanosecond == 0


# ------------------------------------------------------------------ NanoTimedelta

_DELTAS = st.integers(-(10**15), 10**15) | st.integers(-3000, 3000)


@given(_DELTAS, _DELTAS)
def test_timedeltas_calculate_in_nanoseconds(a: int, b: int) -> None:
    nano_a, nano_b = NanoTimedelta(nanoseconds=a), NanoTimedelta(nanoseconds=b)
    plain_b = timedelta(microseconds=b)
    pairs: list[tuple[timedelta, int, timedelta, int]] = [
        (nano_a, a, nano_b, b),
        (nano_a, a, plain_b, b * 1000),
        (plain_b, b * 1000, nano_a, a),
    ]
    for left, x, right, y in pairs:
        for order in _ORDERS:
            assert order(left, right) is order(x, y)
        if x == y:
            assert hash(left) == hash(right)
        for operation in (operator.add, operator.sub):
            result = operation(left, right)
            assert isinstance(result, NanoTimedelta)
            assert total_nanoseconds(result) == operation(x, y)
        if y:
            assert left // right == x // y
            assert total_nanoseconds(left % right) == x % y
            quotient, rest = divmod(left, right)
            assert (quotient, total_nanoseconds(rest)) == divmod(x, y)
            assert left / right == x / y
    assert (-nano_a).total_nanoseconds() == -a
    assert abs(nano_a).total_nanoseconds() == abs(a)
    assert (+nano_a).total_nanoseconds() == a
    assert bool(nano_a) is (a != 0)
    assert nano_a.total_seconds() == a / 10**9


@given(
    _DELTAS,
    st.integers(-1000, 1000) | st.floats(-1000, 1000).filter(lambda x: abs(x) > 1e-6 or x == 0),
)
def test_timedeltas_scale_to_the_nearest_nanosecond(a: int, factor: Any) -> None:
    value = NanoTimedelta(nanoseconds=a)
    product = round(a * Fraction(factor))
    assert (value * factor).total_nanoseconds() == product
    assert (factor * value).total_nanoseconds() == product
    if factor:
        quotient = round(a / Fraction(factor))
        assume(abs(quotient) < 10**20)
        assert (value / factor).total_nanoseconds() == quotient
        if isinstance(factor, int):
            assert (value // factor).total_nanoseconds() == a // factor
    else:
        with pytest.raises(ZeroDivisionError):
            _ = value / factor


def test_timedeltas_refuse_what_timedeltas_refuse() -> None:
    value = NanoTimedelta(nanoseconds=1)
    operations: list[Any] = [
        *_ORDERS[:4],
        operator.add,
        operator.sub,
        operator.mod,
        divmod,
    ]
    for operation, other in itertools.product(operations, (1, "x", None)):
        with pytest.raises(TypeError):
            operation(value, other)
        with pytest.raises(TypeError):
            operation(other, value)
    for operation in (operator.mul, operator.truediv, operator.floordiv):
        with pytest.raises(TypeError):
            operation(value, "x")
    for operation in (operator.truediv, operator.floordiv):
        with pytest.raises(TypeError):
            operation(1, value)
    with pytest.raises(TypeError):
        _ = value * value
    with pytest.raises((ValueError, OverflowError)):
        _ = value * math.nan
    assert value != 1


@pytest.mark.parametrize(
    ("nanoseconds", "text", "shown"),
    [
        (0, "0:00:00", "NanoTimedelta(0, nanoseconds=0)"),
        (7, "0:00:00.000000007", "NanoTimedelta(0, nanoseconds=7)"),
        (
            -1,
            "-1 day, 23:59:59.999999999",
            "NanoTimedelta(days=-1, seconds=86399, microseconds=999999, nanoseconds=999)",
        ),
        (1_500, "0:00:00.000001500", "NanoTimedelta(microseconds=1, nanoseconds=500)"),
        (2_000, "0:00:00.000002", "NanoTimedelta(microseconds=2, nanoseconds=0)"),
    ],
)
def test_timedeltas_show_nine_digits(nanoseconds: int, text: str, shown: str) -> None:
    value = NanoTimedelta(nanoseconds=nanoseconds)
    assert str(value) == text
    assert repr(value) == shown
    assert eval(shown, {"NanoTimedelta": NanoTimedelta}) == value


def test_timedeltas_copy_and_pickle_and_normalise() -> None:
    value = NanoTimedelta(1, 2, 3, nanoseconds=-1)
    assert (value.days, value.seconds, value.microseconds) == (1, 2, 2)
    assert value.nanoseconds == 999
    twins = [copy.copy(value), copy.deepcopy(value)]
    twins += [pickle.loads(pickle.dumps(value, p)) for p in range(pickle.HIGHEST_PROTOCOL + 1)]
    for twin in twins:
        assert type(twin) is NanoTimedelta
        assert (twin, twin.nanoseconds) == (value, 999)
    assert NanoTimedelta.resolution.total_nanoseconds() == 1  # type: ignore[attr-defined]
    assert len({hash(NanoTimedelta(nanoseconds=n)) for n in range(1000)}) > 990


@pytest.mark.parametrize("sign", [1, -1])
def test_the_documented_loss_is_the_only_one(sign: int) -> None:
    """`datetime` calculates on its own with a timedelta to its right: nanoseconds go."""
    delta = NanoTimedelta(nanoseconds=1500)
    assert _EPOCH + delta == _EPOCH + timedelta(microseconds=1)
    assert (delta * sign + _EPOCH).nanosecond == 500
    assert (at() + delta * sign).nanosecond == 500


def test_pydantic_keeps_the_nanosecond() -> None:
    pydantic = pytest.importorskip("pydantic")
    value = pydantic.TypeAdapter(datetime).validate_python(at(nanosecond=5))
    assert value == at(nanosecond=5)
    length = NanoTimedelta(nanoseconds=5)
    assert pydantic.TypeAdapter(timedelta).validate_python(length) == length
