"""How does a handler look at the failures of its calls, and never lose one that it did not look at?

Clients raise. Inside a `CallScope`, `attempt` returns a `Result` instead, which may be tested, or
not: a failure that nobody has looked at is raised by the next attempt, or at the end of the scope.

    with CallScope():
        user = attempt(api.get_user, id)
        if not user: ...                     # a look: this failure is dealt with
        attempt(api.create_post, post)       # if it fails, the scope does

What a peer answers is a result. That it cannot be reached, or in time, is raised at once.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Any, Generic, ParamSpec, Self, TypeVar, cast

import grpc

from ..exceptions import PlugwrightError
from .failures import PluginAPIError

P = ParamSpec("P")
T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])

_UNREACHABLE = (
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.CANCELLED,
)
_current: ContextVar[CallScope | None] = ContextVar("call_scope", default=None)


class PreviousCallFailed(PlugwrightError):
    """A call was not made, as the failure of one before it was not looked at: `result`."""

    def __init__(self, result: Result[Any]) -> None:
        self.result = result
        super().__init__(f"previous call failed: {result.failure}")

    def __reduce__(self) -> Any:
        return type(self), (self.result,)


class Result(Generic[T]):
    """The outcome of a call: a value, or the exception that the client would have raised.

    A failure has been looked at once its truth, `ok`, `error`, `exception` or `unwrap_or` was asked
    for, or `value` has raised it. `error_code`, `failure` and `repr` tell without that.
    """

    __slots__ = ("_value", "failure", "pending")
    __match_args__ = ("ok",)

    def __init__(self, value: T, failure: PluginAPIError | None = None) -> None:
        self._value = value
        self.failure = failure
        self.pending = False

    @classmethod
    def failed(cls, failure: PluginAPIError) -> Result[Any]:
        """A result made by hand; it is never pending."""
        return Result[Any](None, failure)

    def __bool__(self) -> bool:
        self.pending = False
        return self.failure is None

    @property
    def ok(self) -> bool:
        """Whether there is a value."""
        return bool(self)

    @property
    def exception(self) -> PluginAPIError | None:
        """What the client would have raised."""
        self.pending = False
        return self.failure

    @property
    def error(self) -> str | None:
        """The text of the failure, None on success."""
        failure = self.exception
        return None if failure is None else failure.message or str(failure)

    @property
    def error_code(self) -> int:
        """0 on success, 1 for a failure without a code of its own."""
        return 0 if self.failure is None else self.failure.error_code or 1

    @property
    def value(self) -> T:
        """The value; raises the failure."""
        self.pending = False
        if self.failure is not None:
            raise self.failure
        return self._value

    def unwrap_or(self, default: T) -> T:
        """The value, `default` on failure."""
        return self._value if self else default

    def __repr__(self) -> str:
        if self.failure is None:
            return f"Result({self._value!r})"
        return f"Result.failed({self.failure!r})"


class CallScope:
    """Where attempts belong to: the part of a program that must not lose a failure.

    For `with`, in functions and coroutines. At its end the first failure that nobody has looked at
    is raised, with the others as notes; an exception that is on its way is not replaced. Scopes do
    not see each other's failures.
    """

    def __init__(self) -> None:
        self._results: list[Result[Any]] = []
        self._tokens: list[Token[CallScope | None]] = []

    def pending(self) -> list[Result[Any]]:
        """The failures that nobody has looked at, oldest first."""
        self._results = [result for result in self._results if result.pending]
        return list(self._results)

    def check(self) -> None:
        """Raise PreviousCallFailed if there is such a failure."""
        for result in self.pending():
            raise PreviousCallFailed(result) from result.failure

    def add(self, failure: PluginAPIError) -> Result[Any]:
        """The result of a call that has failed, to be looked at."""
        result = Result.failed(failure)
        result.pending = True
        self._results.append(result)
        return result

    def __enter__(self) -> Self:
        self._tokens.append(_current.set(self))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        _current.reset(self._tokens.pop())
        if error is not None:
            return
        failures = [r.failure for r in self.pending() if r.failure is not None]
        if failures:
            for other in failures[1:]:
                failures[0].add_note(f"another call failed, too: {other}")
            raise failures[0]


def attempt(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Result[T]:
    """The result of a client's method; outside of a `CallScope` it raises as the method does.

    Raises PreviousCallFailed, and does not call, if an earlier failure was not looked at.
    """
    scope = _current.get()
    if scope is None:
        return Result(call(*args, **kwargs))
    _permit(call, args, kwargs)
    scope.check()
    try:
        return Result(call(*args, **kwargs))
    except PluginAPIError as error:
        return _noted(scope, error)


async def attempt_async(
    call: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs
) -> Result[T]:
    """`attempt` for a method of an async client. Calls under way are not stopped by a failure."""
    scope = _current.get()
    if scope is None:
        return Result(await call(*args, **kwargs))
    _permit(call, args, kwargs)
    scope.check()
    try:
        return Result(await call(*args, **kwargs))
    except PluginAPIError as error:
        return _noted(scope, error)


def _permit(call: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
    """A refusal by the policy of a guarded client comes before the failure of an earlier call."""
    permit = getattr(call, "__permit__", None)
    if permit is not None:
        permit(*args, **kwargs)


def _noted(scope: CallScope, error: PluginAPIError) -> Result[Any]:
    if error.code in _UNREACHABLE:
        raise error
    return scope.add(error)


def scoped(on_error: Callable[..., Any] | None = None) -> Callable[[F], F]:
    """Run each call of a function or coroutine function in a `CallScope` of its own.

    `on_error`: called with the function's arguments and the failed `Result` if a call has failed
    and nobody handled it, in a scope of its own; what it returns is the answer instead.
    """

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> Any:
            try:
                with CallScope():
                    return function(*args, **kwargs)
            except (PluginAPIError, PreviousCallFailed) as error:
                if on_error is None:
                    raise
                with CallScope():
                    return on_error(*args, _failed(error), **kwargs)

        @functools.wraps(function)
        async def run_async(*args: Any, **kwargs: Any) -> Any:
            try:
                with CallScope():
                    return await function(*args, **kwargs)
            except (PluginAPIError, PreviousCallFailed) as error:
                if on_error is None:
                    raise
                with CallScope():
                    answer = on_error(*args, _failed(error), **kwargs)
                    return await answer if inspect.isawaitable(answer) else answer

        return cast("F", run_async if inspect.iscoroutinefunction(function) else run)

    return decorate


def _failed(error: PluginAPIError | PreviousCallFailed) -> Result[Any]:
    if isinstance(error, PreviousCallFailed):
        return error.result
    return Result.failed(error)
