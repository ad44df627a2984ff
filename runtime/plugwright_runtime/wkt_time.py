"""How do Timestamp and Duration become `datetime` and `timedelta`?

Exactly: no step goes through a float. The limits are those of
google/protobuf/timestamp.proto and duration.proto; a message outside of them is
refused, not clipped.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from .nanotime import (
    below_microsecond,
    nano_datetime,
    nano_timedelta,
    total_nanoseconds,
)
from .wkt_json import expect

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST = -62_135_596_800  # 0001-01-01T00:00:00Z
_LAST = 253_402_300_799  # 9999-12-31T23:59:59Z
_LONGEST = 315_576_000_000  # seconds, about 10,000 years
_GIGA = 1_000_000_000


def read_timestamp(m: Any) -> datetime:
    """The aware UTC datetime of a google.protobuf.Timestamp.

    A `NanoDatetime` if the nanoseconds are no whole microseconds. ValueError if the
    message is not valid: seconds outside of the years 1 to 9999, nanos outside of
    0..999999999.
    """
    seconds, nanos = m.seconds, m.nanos
    if not (_FIRST <= seconds <= _LAST and 0 <= nanos < _GIGA):
        raise ValueError(
            f"invalid google.protobuf.Timestamp: seconds={seconds}, nanos={nanos};"
            f" seconds must be in {_FIRST}..{_LAST}, nanos in 0..999999999"
        )
    base = _EPOCH + timedelta(0, seconds, nanos // 1000)
    return nano_datetime(base, rest) if (rest := nanos % 1000) else base


def write_timestamp(value: datetime, m: Any) -> None:
    """Fill a google.protobuf.Timestamp from an aware datetime of any time zone.

    TypeError for anything but a datetime; ValueError for a naive one, and for one that
    is not in the years 1 to 9999 in UTC.
    """
    expect(datetime, value, "datetime.datetime")
    if value.utcoffset() is None:
        raise ValueError(
            f"datetime without time zone: {value.isoformat()};"
            " give it one, e.g. tzinfo=datetime.UTC"
        )
    since = datetime.__sub__(value, _EPOCH)
    seconds = since.days * 86_400 + since.seconds
    if not _FIRST <= seconds <= _LAST:
        raise ValueError(f"{value.isoformat()} is not in the years 1 to 9999 in UTC")
    m.seconds = seconds
    m.nanos = since.microseconds * 1000 + below_microsecond(value)


def read_duration(m: Any) -> timedelta:
    """The timedelta of a google.protobuf.Duration.

    A `NanoTimedelta` if the nanoseconds are no whole microseconds. ValueError if the
    message is not valid: more than 315576000000 seconds either way, more than 999999999
    nanos, or one part positive and the other negative.
    """
    seconds, nanos = m.seconds, m.nanos
    if (
        not (-_LONGEST <= seconds <= _LONGEST and -_GIGA < nanos < _GIGA)
        or (seconds < 0 < nanos)
        or (nanos < 0 < seconds)
    ):
        raise ValueError(
            f"invalid google.protobuf.Duration: seconds={seconds}, nanos={nanos};"
            f" seconds must be in -{_LONGEST}..{_LONGEST}, nanos in"
            " -999999999..999999999, both of the same sign"
        )
    if nanos % 1000:
        return nano_timedelta(seconds * _GIGA + nanos)
    return timedelta(0, seconds, nanos // 1000)


def write_duration(value: timedelta, m: Any) -> None:
    """Fill a google.protobuf.Duration.

    TypeError for anything but a timedelta; ValueError for more than 315576000000 whole
    seconds either way.
    """
    expect(timedelta, value, "datetime.timedelta")
    total = total_nanoseconds(value)
    seconds, nanos = divmod(abs(total), _GIGA)
    if seconds > _LONGEST:
        raise ValueError(
            f"{value} is too long for google.protobuf.Duration;"
            f" the limit is {_LONGEST} seconds"
        )
    m.seconds, m.nanos = (-seconds, -nanos) if total < 0 else (seconds, nanos)
