"""What does an app get from a call, and what becomes of a failure that it does not look at?

As on the server: a request has one place for a failure. A failed call fills it; looking at whether
it failed, or at its error, empties it. While it is full the next call of any module is not made,
and a handler that returns has failed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from plugwright_runtime.errors import PluginAPIError


class RequestFailed(PluginAPIError):
    """The request of the app fails, with HTTP status 500; its `error_handler` is not asked."""


class PreviousCallFailed(PluginAPIError):
    """The app has not looked at the failure of a call before this one."""


@dataclass(slots=True)
class Pending:
    """The failure that the app has not looked at; one for a request."""

    error: PluginAPIError | None = None

    def check(self) -> None:
        """Raises `PreviousCallFailed`."""
        if self.error is not None:
            text = f"previous plugin call failed: {self.error.message}"
            raise PreviousCallFailed(text)


@dataclass(frozen=True, slots=True, eq=False)
class Response:
    """The outcome of a call: true if it succeeded.

    `error_code`: 0 after success, 1 if the failure has no code of its own; it can be read without
    having looked at the failure.
    """

    error_code: int
    _value: Any = None
    _failure: PluginAPIError | None = None
    _pending: Pending = field(default_factory=Pending)

    def __bool__(self) -> bool:
        return self.error is None

    @property
    def error(self) -> str | None:
        """The text of the failure, None after success."""
        if self._failure is None:
            return None
        # The place is the request's: this also forgets the failure of a later call.
        self._pending.error = None
        return self._failure.message

    @property
    def value(self) -> Any:
        """The result. Raises the failure, which is still to be looked at."""
        if self._failure is not None:
            raise self._failure
        return self._value


def succeeded(value: Any, pending: Pending) -> Response:
    return Response(0, value, None, pending)


def failed(failure: PluginAPIError, pending: Pending) -> Response:
    """The response of a failed call, which the app has to look at."""
    pending.error = failure
    code: Any = failure.error_code
    known = isinstance(code, int) and code > 1
    return Response(code if known else 1, None, failure, pending)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a request ends: the HTTP `status`; what the handler returned, or the error's text."""

    status: int
    body: Any
