"""How does Python hold a time finer than a microsecond?

In subclasses that carry the nanoseconds. Protobuf counts nanoseconds, `datetime` and
`timedelta` microseconds; what the wire holds and they cannot becomes a `NanoDatetime`
or a `NanoTimedelta`: the plain value, rounded down to the microsecond, plus 0 to 999
nanoseconds that take part in `==`, order, hash, arithmetic, `repr`, `str`, `isoformat`,
`replace`, `astimezone`, `copy` and `pickle`.

What belongs to the standard library alone cannot see the nanoseconds, and drops them:

- `a + d` and `a - d` for a plain `datetime` a and a `NanoTimedelta` d (`d + a` keeps
  them);
- `date()`, `time()`, `timetz()`, `timetuple()`, `timestamp()`, `strftime()`, and an
  `isoformat` or `replace` that is asked to.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from typing import Any, final

from .nano_arithmetic import comparison, difference, moved, rounded
from .rawtime import Raw, below_microsecond, total_nanoseconds

_FRACTION = r"(\d{4}-\d\d-\d\d.\d\d:\d\d:\d\d[.,]\d{6})(\d{1,3})(\D.*)?"


def nano_datetime(base: datetime, nanosecond: int) -> NanoDatetime:
    """`base` and 0 to 999 nanoseconds."""
    day = base.year, base.month, base.day
    time = base.hour, base.minute, base.second, base.microsecond
    return NanoDatetime(*day, *time, base.tzinfo, fold=base.fold, nanosecond=nanosecond)


def nano_timedelta(nanoseconds: int) -> NanoTimedelta:
    """A duration of so many nanoseconds."""
    return NanoTimedelta(nanoseconds=nanoseconds)


def _apart(a: object, b: object) -> NanoTimedelta:
    apart = difference(a, b)
    return NotImplemented if apart is None else nano_timedelta(apart)


def _shifted(base: datetime, by: object, sign: int) -> NanoDatetime:
    return (
        nano_datetime(*moved(base, sign * total_nanoseconds(by)))
        if isinstance(by, timedelta)
        else NotImplemented
    )


def _combined(operation: Callable[[int, int], int], a: timedelta, b: object) -> NanoTimedelta:
    """`operation` on the nanoseconds of two timedeltas."""
    return (
        nano_timedelta(operation(total_nanoseconds(a), total_nanoseconds(b)))
        if isinstance(b, timedelta)
        else NotImplemented
    )


def _reflected(name: str) -> Callable[[Any, Any], Any]:
    """A method for `timedelta <operation> NanoTimedelta`."""

    def method(self: Any, other: object, /) -> Any:
        if not isinstance(other, timedelta):
            return NotImplemented
        return getattr(nano_timedelta(total_nanoseconds(other)), name)(self)

    return method


@final
class NanoDatetime(datetime):
    """A `datetime` with `nanosecond`: 0 to 999, on top of `microsecond`.

    Equal to, and hashed like, a plain `datetime` if `nanosecond` is 0. `+` and `-` a
    timedelta give a `NanoDatetime`, `-` a datetime a `NanoTimedelta`. `replace` keeps
    the nanosecond unless it names it, even where it sets the microsecond.
    """

    __slots__ = ("_nanosecond",)
    _nanosecond: int

    def __new__(
        cls,
        year: int,
        month: int,
        day: int,
        hour: int = 0,
        minute: int = 0,
        second: int = 0,
        microsecond: int = 0,
        tzinfo: tzinfo | None = None,
        *,
        fold: int = 0,
        nanosecond: int = 0,
    ) -> NanoDatetime:
        """As `datetime`; ValueError if `nanosecond` is not in 0..999."""
        nanosecond = operator.index(nanosecond)
        if not 0 <= nanosecond <= 999:
            raise ValueError(f"nanosecond must be in 0..999, got {nanosecond}")
        self = datetime.__new__(
            cls, year, month, day, hour, minute, second, microsecond, tzinfo, fold=fold
        )
        self._nanosecond = nanosecond
        return self

    @property
    def nanosecond(self) -> int:
        """Nanoseconds after the microsecond, 0 to 999."""
        return self._nanosecond

    def _plain(self) -> datetime:
        return datetime.combine(self.date(), self.timetz())

    @classmethod
    def fromisoformat(cls, date_string: str, /) -> NanoDatetime:
        """As `datetime.fromisoformat`; reads the nine digits of `isoformat`."""
        if match := re.fullmatch(_FRACTION, date_string):
            head, digits, zone = match.groups("")
            plain = datetime.fromisoformat(head + zone)
            return nano_datetime(plain, int(digits.ljust(3, "0")))
        return nano_datetime(datetime.fromisoformat(date_string), 0)

    def replace(self, *args: Any, nanosecond: int | None = None, **kwargs: Any) -> NanoDatetime:
        """As `datetime.replace`, with `nanosecond`."""
        if nanosecond is None:
            nanosecond = self._nanosecond
        return nano_datetime(self._plain().replace(*args, **kwargs), nanosecond)

    __replace__ = replace

    def astimezone(self, tz: tzinfo | None = None) -> NanoDatetime:
        """As `datetime.astimezone`, with the same nanosecond."""
        return nano_datetime(self._plain().astimezone(tz), self._nanosecond)

    def isoformat(self, sep: str = "T", timespec: str = "auto") -> str:
        """As `datetime.isoformat`, with nine digits if there is a nanosecond.

        `timespec` "nanoseconds" always writes nine; the others cut, as for `datetime`.
        """
        auto = timespec == "auto" and self._nanosecond
        if not auto and timespec != "nanoseconds":
            return datetime.isoformat(self, sep, timespec)
        text = datetime.isoformat(self, sep, "microseconds")
        return f"{text[:26]}{self._nanosecond:03}{text[26:]}"

    def __repr__(self) -> str:
        return f"{datetime.__repr__(self)[:-1]}, nanosecond={self._nanosecond})"

    def __reduce_ex__(self, protocol: Any, /) -> tuple[Any, ...]:
        return nano_datetime, (self._plain(), self._nanosecond)

    def __hash__(self) -> int:
        base = datetime.__hash__(self)
        return hash((base, self._nanosecond)) if self._nanosecond else base

    def __eq__(self, other: object) -> bool:
        if isinstance(other, datetime) and (
            isinstance(other, Raw) or below_microsecond(other) != self._nanosecond
        ):
            return False
        return datetime.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other  # datetime's own does not ask __eq__

    __lt__ = comparison(operator.lt, datetime.__lt__)
    __le__ = comparison(operator.le, datetime.__le__)
    __gt__ = comparison(operator.gt, datetime.__gt__)
    __ge__ = comparison(operator.ge, datetime.__ge__)

    def __add__(self, other: timedelta, /) -> NanoDatetime:
        return _shifted(self, other, +1)

    def __radd__(self, other: timedelta, /) -> NanoDatetime:
        return _shifted(self, other, +1)

    def __sub__(self, other: Any, /) -> Any:
        if isinstance(other, timedelta):
            return _shifted(self, other, -1)
        return _apart(self, other)

    def __rsub__(self, other: datetime, /) -> NanoTimedelta:
        return _apart(other, self)


@final
class NanoTimedelta(timedelta):
    """A `timedelta` with `nanoseconds`: 0 to 999, on top of `microseconds`.

    As with plain ones, a negative duration has negative `days` only: -1 ns is the
    timedelta -1 us and 999 nanoseconds. Equal to, and hashed like, a plain `timedelta`
    if `nanoseconds` is 0. Arithmetic gives a `NanoTimedelta`, exact or rounded half to
    even to the nanosecond.
    """

    __slots__ = ("_nanoseconds",)
    _nanoseconds: int

    def __new__(
        cls,
        days: float = 0,
        seconds: float = 0,
        microseconds: float = 0,
        milliseconds: float = 0,
        minutes: float = 0,
        hours: float = 0,
        weeks: float = 0,
        *,
        nanoseconds: int = 0,
    ) -> NanoTimedelta:
        """As `timedelta`, plus any number of `nanoseconds`."""
        micros, nanos = divmod(operator.index(nanoseconds), 1000)
        base = timedelta(
            days, seconds, microseconds, milliseconds, minutes, hours, weeks
        ) + timedelta(microseconds=micros)
        self = timedelta.__new__(cls, base.days, base.seconds, base.microseconds)
        self._nanoseconds = nanos
        return self

    @property
    def nanoseconds(self) -> int:
        """Nanoseconds on top of the microseconds, 0 to 999."""
        return self._nanoseconds

    def total_nanoseconds(self) -> int:
        """The whole duration in nanoseconds, exact."""
        return total_nanoseconds(self)

    def total_seconds(self) -> float:
        """The whole duration in seconds: the float that is nearest."""
        return total_nanoseconds(self) / 10**9

    def __repr__(self) -> str:
        return f"{timedelta.__repr__(self)[:-1]}, nanoseconds={self._nanoseconds})"

    def __str__(self) -> str:
        text = timedelta.__str__(self)
        if self._nanoseconds and not self.microseconds:
            text += ".000000"
        return f"{text}{self._nanoseconds:03}" if self._nanoseconds else text

    def __reduce__(self) -> tuple[Any, ...]:
        return nano_timedelta, (total_nanoseconds(self),)

    def __hash__(self) -> int:
        base = timedelta.__hash__(self)
        return hash((base, self._nanoseconds)) if self._nanoseconds else base

    def __bool__(self) -> bool:
        return total_nanoseconds(self) != 0

    __eq__ = comparison(operator.eq, timedelta.__eq__)
    __ne__ = comparison(operator.ne, timedelta.__ne__)
    __lt__ = comparison(operator.lt, timedelta.__lt__)
    __le__ = comparison(operator.le, timedelta.__le__)
    __gt__ = comparison(operator.gt, timedelta.__gt__)
    __ge__ = comparison(operator.ge, timedelta.__ge__)

    def __neg__(self) -> NanoTimedelta:
        return nano_timedelta(-total_nanoseconds(self))

    def __pos__(self) -> NanoTimedelta:
        return self

    def __abs__(self) -> NanoTimedelta:
        return nano_timedelta(abs(total_nanoseconds(self)))

    def __add__(self, other: Any, /) -> Any:
        if isinstance(other, datetime):
            return _shifted(other, self, +1)
        return _combined(operator.add, self, other)

    def __sub__(self, other: timedelta, /) -> NanoTimedelta:
        return _combined(operator.sub, self, other)

    def __mul__(self, factor: Any, /) -> NanoTimedelta:
        if isinstance(factor, int | float):
            top, bottom = factor.as_integer_ratio()
            return nano_timedelta(rounded(total_nanoseconds(self) * top, bottom))
        return NotImplemented

    def __truediv__(self, other: Any, /) -> Any:
        if isinstance(other, timedelta):
            return total_nanoseconds(self) / total_nanoseconds(other)
        if isinstance(other, int | float):
            top, bottom = other.as_integer_ratio()
            return nano_timedelta(rounded(total_nanoseconds(self) * bottom, top))
        return NotImplemented

    def __floordiv__(self, other: Any, /) -> Any:
        if isinstance(other, timedelta):
            return total_nanoseconds(self) // total_nanoseconds(other)
        if isinstance(other, int):
            return nano_timedelta(total_nanoseconds(self) // other)
        return NotImplemented

    def __mod__(self, other: timedelta, /) -> NanoTimedelta:
        return _combined(operator.mod, self, other)

    def __divmod__(self, other: timedelta, /) -> tuple[int, NanoTimedelta]:
        return self // other, self % other

    __rmul__ = __mul__
    __radd__ = _reflected("__add__")
    __rsub__ = _reflected("__sub__")
    __rtruediv__ = _reflected("__truediv__")
    __rfloordiv__ = _reflected("__floordiv__")
    __rmod__ = _reflected("__mod__")
    __rdivmod__ = _reflected("__divmod__")


NanoDatetime.resolution = NanoTimedelta.resolution = NanoTimedelta(nanoseconds=1)
