"""How are times with nanoseconds compared, moved and rounded?

Standard times and their subclasses in; whole nanoseconds, or a time and its 0 to 999 nanoseconds,
out. `nanotime` makes its classes of them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from .rawtime import Raw, below_microsecond, total_nanoseconds


def difference(a: object, b: object) -> int | None:
    """Nanoseconds from `b` to `a`, two datetimes or two timedeltas; else None."""
    if isinstance(a, datetime) and isinstance(b, datetime):
        whole = total_nanoseconds(datetime.__sub__(a, b))
        return whole + below_microsecond(a) - below_microsecond(b)
    if isinstance(a, timedelta) and isinstance(b, timedelta):
        return total_nanoseconds(a) - total_nanoseconds(b)
    return None


def comparison(
    holds: Callable[[int, int], bool], native: Callable[[Any, Any], bool]
) -> Callable[[Any, Any], Any]:
    """A method of both classes; `native`: the one to ask about other operands."""

    def method(self: Any, other: Any, /) -> Any:
        if isinstance(other, Raw):
            return NotImplemented
        apart = difference(self, other)
        return native(self, other) if apart is None else holds(apart, 0)

    return method


def moved(base: datetime, nanoseconds: int) -> tuple[datetime, int]:
    """The time so much after `base`: what `datetime` holds of it, and the nanoseconds beside."""
    micros, nanos = divmod(below_microsecond(base) + nanoseconds, 1000)
    plain = datetime.combine(base.date(), base.timetz())
    return plain + timedelta(microseconds=micros), nanos


def rounded(top: int, bottom: int) -> int:
    """`top / bottom`, rounded half to even; `bottom` may be negative."""
    if bottom < 0:
        top, bottom = -top, -bottom
    whole, rest = divmod(top, bottom)
    up = 2 * rest > bottom or (2 * rest == bottom and whole % 2 == 1)
    return whole + up
