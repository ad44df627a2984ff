"""What does a Timestamp or a Duration become that no `datetime` or `timedelta` can hold?

A peer may send any two numbers, and one bad time must not cost the rest of its message. What is
outside of the limits of google/protobuf/timestamp.proto and duration.proto becomes a `RawDatetime`
or a `RawTimedelta`. To type checkers these are a `datetime` and a `timedelta`, so a field keeps its
type; `isinstance(value, RawDatetime)` tells them apart. They have `raw`, the two numbers as they
came, and go out again as they came. `==`, order (exact, among themselves and with times that fit),
hash, `repr`, `str`, `copy` and `pickle` work. All that would need the time itself (`year`,
`isoformat`, `+`, ...) raises ValueError, and so does JSON.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, NamedTuple, NoReturn, final

GIGA = 1_000_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def below_microsecond(value: datetime | timedelta) -> int:
    """The nanoseconds, 0 to 999, that a subclass of the standard types adds to `value`.

    Other libraries' subclasses (pandas) call them as `nanotime` does.
    """
    name = "nanosecond" if isinstance(value, datetime) else "nanoseconds"
    extra: int = getattr(value, name, 0)
    return extra


def total_nanoseconds(value: timedelta) -> int:
    """The length of any timedelta, exact."""
    seconds = value.days * 86_400 + value.seconds
    micros = seconds * 1_000_000 + value.microseconds
    return micros * 1000 + below_microsecond(value)


class RawTime(NamedTuple):
    """The fields of a google.protobuf.Timestamp or Duration."""

    seconds: int
    nanos: int


class Raw:
    """What `RawDatetime` and `RawTimedelta` have in common."""

    __slots__ = ()
    raw: RawTime

    def refuse(self, *_args: object, **_kwargs: object) -> NoReturn:
        """Stands for all that would show a time: raises ValueError."""
        seconds, nanos = self.raw
        fits = self.__class__.__bases__[1].__name__
        raise ValueError(f"seconds={seconds}, nanos={nanos} does not fit {fits}")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Raw) and (
            self.__class__ is other.__class__ and self.raw == other.raw
        )

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self.raw)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(seconds={self.raw[0]}, nanos={self.raw[1]})"

    __str__ = __repr__

    def __format__(self, _spec: str) -> str:
        return repr(self)

    def __reduce_ex__(self, _protocol: Any, /) -> tuple[Any, ...]:
        return type(self), tuple(self.raw)


def _since(value: object, kind: type) -> int | None:
    """Nanoseconds: since the epoch of a datetime, of a timedelta; None if `value` is no `kind`."""
    if not isinstance(value, kind):
        return None
    if isinstance(value, Raw):
        return value.raw.seconds * GIGA + value.raw.nanos
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise TypeError("a datetime without time zone has no place among these")
        return total_nanoseconds(datetime.__sub__(value, EPOCH)) + (below_microsecond(value))
    assert isinstance(value, timedelta)
    return total_nanoseconds(value)


def _order(holds: Callable[[int, int], bool], kind: type) -> Callable[..., Any]:
    def method(self: Any, other: object, /) -> Any:
        mine, theirs = _since(self, kind), _since(other, kind)
        if mine is None or theirs is None:
            return NotImplemented
        return holds(mine, theirs)

    return method


class _NoZone(tzinfo):
    """The time zone of a time that is none: who asks for its offset gets an error."""

    def utcoffset(self, dt: datetime | None, /) -> timedelta:
        if isinstance(dt, RawDatetime):
            dt.refuse()
        raise ValueError("a time that does not fit datetime has no time zone")

    def dst(self, dt: datetime | None, /) -> timedelta:
        return self.utcoffset(dt)

    def tzname(self, dt: datetime | None, /) -> str:
        return str(self.utcoffset(dt))


_NO_ZONE = _NoZone()


@final
class RawDatetime(Raw, datetime):
    """The `raw` fields of a google.protobuf.Timestamp that no `datetime` can hold."""

    __slots__ = ("raw",)

    def __new__(cls, seconds: int, nanos: int) -> RawDatetime:
        """Any two numbers that the fields can hold."""
        year = 9999 if seconds > 0 else 1
        self = datetime.__new__(cls, year, 1, 1, tzinfo=_NO_ZONE)
        self.raw = RawTime(operator.index(seconds), operator.index(nanos))
        return self

    __lt__ = _order(operator.lt, datetime)
    __le__ = _order(operator.le, datetime)
    __gt__ = _order(operator.gt, datetime)
    __ge__ = _order(operator.ge, datetime)


@final
class RawTimedelta(Raw, timedelta):
    """The `raw` fields of a google.protobuf.Duration that is none, or too long for one."""

    __slots__ = ("raw",)

    def __new__(cls, seconds: int, nanos: int) -> RawTimedelta:
        """Any two numbers that the fields can hold."""
        # So long that a plain datetime, which asks nobody, fails to add it.
        self = timedelta.__new__(cls, 999_999_999 if seconds > 0 else -999_999_999)
        self.raw = RawTime(operator.index(seconds), operator.index(nanos))
        return self

    __lt__ = _order(operator.lt, timedelta)
    __le__ = _order(operator.le, timedelta)
    __gt__ = _order(operator.gt, timedelta)
    __ge__ = _order(operator.ge, timedelta)


# What would show the time of the standard type that is underneath: attributes, then methods.
_OF_DATETIME = "year month day hour minute second microsecond"
_ON_DATETIME = """
date time timetz timetuple utctimetuple timestamp astimezone replace isoformat strftime ctime
toordinal weekday isoweekday isocalendar __add__ __radd__ __sub__ __rsub__ __replace__
"""
_OF_TIMEDELTA = "days seconds microseconds"
_ON_TIMEDELTA = """
total_seconds __add__ __radd__ __sub__ __rsub__ __mul__ __rmul__ __truediv__ __rtruediv__
__floordiv__ __rfloordiv__ __mod__ __rmod__ __divmod__ __rdivmod__ __neg__ __pos__ __abs__
"""


def _hide(cls: type, attributes: str, methods: str) -> None:
    refuse = Raw.refuse
    for name in attributes.split():
        setattr(cls, name, property(refuse))
    for name in methods.split():
        setattr(cls, name, refuse)


_hide(RawDatetime, _OF_DATETIME, _ON_DATETIME)
_hide(RawTimedelta, _OF_TIMEDELTA, _ON_TIMEDELTA)
