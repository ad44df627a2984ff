"""How do Timestamp and Duration become `datetime` and `timedelta`?

Exactly: no step goes through a float. The limits are those of
google/protobuf/timestamp.proto and duration.proto; a message outside of them is
neither refused nor clipped, but kept as it is (`rawtime`).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from .nanotime import nano_datetime, nano_timedelta
from .rawtime import EPOCH, GIGA, RawDatetime, RawTimedelta, below_microsecond, total_nanoseconds
from .unknown import Inside
from .wire import UnknownFieldSet
from .wkt_json import expect

_FIRST = -62_135_596_800  # 0001-01-01T00:00:00Z
_LAST = 253_402_300_799  # 9999-12-31T23:59:59Z
_LONGEST = 315_576_000_000  # seconds, about 10,000 years


def read_timestamp(m: Any, inside: Inside = None) -> datetime:
    """The aware UTC datetime of a google.protobuf.Timestamp.

    A `NanoDatetime` if the nanoseconds are no whole microseconds. A `RawDatetime` if the
    message is not valid: seconds outside of the years 1 to 9999, nanos outside of
    0..999999999.
    """
    if inside is not None and UnknownFieldSet(m):
        inside.append(m)
    seconds, nanos = m.seconds, m.nanos
    if not (_FIRST <= seconds <= _LAST and 0 <= nanos < GIGA):
        return RawDatetime(seconds, nanos)
    base = EPOCH + timedelta(0, seconds, nanos // 1000)
    return nano_datetime(base, rest) if (rest := nanos % 1000) else base


def write_timestamp(value: datetime, m: Any) -> None:
    """Fill a google.protobuf.Timestamp from an aware datetime of any time zone.

    TypeError for anything but a datetime; ValueError for a naive one, and for one that
    is not in the years 1 to 9999 in UTC.
    """
    if type(value) is RawDatetime:
        m.seconds, m.nanos = value.raw
        return
    expect(datetime, value, "datetime.datetime")
    if value.utcoffset() is None:
        raise ValueError(
            f"datetime without time zone: {value.isoformat()};"
            " give it one, e.g. tzinfo=datetime.UTC"
        )
    since = datetime.__sub__(value, EPOCH)
    seconds = since.days * 86_400 + since.seconds
    if not _FIRST <= seconds <= _LAST:
        raise ValueError(f"{value.isoformat()} is not in the years 1 to 9999 in UTC")
    m.seconds = seconds
    m.nanos = since.microseconds * 1000 + below_microsecond(value)


def read_duration(m: Any, inside: Inside = None) -> timedelta:
    """The timedelta of a google.protobuf.Duration.

    A `NanoTimedelta` if the nanoseconds are no whole microseconds. A `RawTimedelta` if the
    message is not valid: more than 315576000000 seconds either way, more than 999999999
    nanos, or one part positive and the other negative.
    """
    if inside is not None and UnknownFieldSet(m):
        inside.append(m)
    seconds, nanos = m.seconds, m.nanos
    if (
        not (-_LONGEST <= seconds <= _LONGEST and -GIGA < nanos < GIGA)
        or (seconds < 0 < nanos)
        or (nanos < 0 < seconds)
    ):
        return RawTimedelta(seconds, nanos)
    if nanos % 1000:
        return nano_timedelta(seconds * GIGA + nanos)
    return timedelta(0, seconds, nanos // 1000)


def write_duration(value: timedelta, m: Any) -> None:
    """Fill a google.protobuf.Duration.

    TypeError for anything but a timedelta; ValueError for more than 315576000000 whole
    seconds either way.
    """
    if type(value) is RawTimedelta:
        m.seconds, m.nanos = value.raw
        return
    expect(timedelta, value, "datetime.timedelta")
    total = total_nanoseconds(value)
    seconds, nanos = divmod(abs(total), GIGA)
    if seconds > _LONGEST:
        raise ValueError(
            f"{value} is too long for google.protobuf.Duration;" f" the limit is {_LONGEST} seconds"
        )
    m.seconds, m.nanos = (-seconds, -nanos) if total < 0 else (seconds, nanos)
