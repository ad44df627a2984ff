"""The exceptions that need no gRPC, and the root of all. Programs import `errors`."""

from __future__ import annotations

import enum
from typing import Any


class PlugwrightError(Exception):
    """The root of every exception that plugwright and its SDKs raise on purpose."""


class FieldError(PlugwrightError, TypeError, ValueError):
    """A model holds a value that its field cannot: `User.create_at: expected int, got str`.

    Of a field that is `hidden`, a secret, `value` is `HIDDEN` and the text says its type alone.
    """

    def __init__(self, path: str, expected: str, value: object, *, hidden: bool = False) -> None:
        self.path = path
        self.expected = expected
        self.value = HIDDEN if hidden else value
        shown = type(value).__name__ if hidden else _shown(value)
        super().__init__(f"{path}: expected {expected}, got {shown}")

    def __reduce__(self) -> Any:
        state = (self.path, self.expected, self.value, self.args)
        return field_error, (type(self), *state)


def field_error(cls: type[FieldError], *state: Any) -> FieldError:
    """A FieldError as it was pickled; how much of its value it told is not decided again."""
    error = cls.__new__(cls)
    error.path, error.expected, error.value, error.args = state
    return error


class Hidden(enum.Enum):
    """What stands for the value of a secret field."""

    HIDDEN = enum.auto()

    def __repr__(self) -> str:
        return "[hidden]"


HIDDEN = Hidden.HIDDEN


def _shown(value: object) -> str:
    """The type of a value; numbers that are merely out of range are shown."""
    name = type(value).__name__
    if isinstance(value, int) and value.bit_length() > 200:  # Python prints no 5,000 digits
        return f"{name} of {value.bit_length()} bits"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{name} {value!r}"[:80]
    return name


class DecodeError(PlugwrightError, ValueError):
    """Bytes or JSON text that are no message of the class asked for."""


class UnknownTypeError(PlugwrightError, LookupError):
    """A package has no type of that name."""


class HookRegistrationError(PlugwrightError, TypeError):
    """A plugin class declares hooks that cannot work; raised when the class is defined."""


class BrokerError(PlugwrightError):
    """A connection between host and plugin could not be arranged; the text says which and why."""


class LaunchError(PlugwrightError):
    """The process cannot start as a plugin; the text says why and what to do. Exit code 1."""
