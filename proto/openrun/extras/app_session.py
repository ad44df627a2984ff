"""What is one request of an app, as the server runs it? For tests.

`AppSession` calls functions of the provider, `AppCursor` reads a result that stays there. What the
server refuses is refused here, at the same point of a call: permissions, a failure that nobody has
looked at, the call itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, NoReturn, Protocol, Self

from openrun_plugin.clients import PluginProviderClient
from openrun_plugin.models import CallRequest, CallResponse, Kwarg, ThreadState
from openrun_plugin.models import Cursor as CursorHandle
from plugwright_runtime.errors import PluginAPIError

from .app_permissions import plain_name
from .app_responses import (
    Outcome,
    Pending,
    RequestFailed,
    Response,
    failed,
    succeeded,
)
from .decoding import Decoder
from .values import FuncRef, to_star


class Host(Protocol):
    """What a request needs of the `ProviderHost`. `name`: of the provider."""

    client: PluginProviderClient
    name: str

    def permit(
        self, module: str, function: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None: ...

    def initialise(self, name: str) -> None: ...


Handler = Callable[["AppSession"], Any]
ErrorHandler = Callable[["AppSession", dict[str, str]], Any]


class AppSession:
    """One request of an app. `strict_keys`: what it must still close."""

    def __init__(self, host: Host, id: str, thread: ThreadState) -> None:
        self.id = id
        self.strict_keys: list[str] = []
        self._host = host
        self._thread = thread
        self._open: dict[str, AppCursor] = {}
        self._pending = Pending()

    def call(self, module: str, function: str, /, *args: Any, **kwargs: Any) -> Any:
        """Call a function of `module` or `module#account`; its result as an app gets it.

        Iterators and functions without parameters come back as such. Raises PluginAPIError, with
        the function's `error_code`; that failure has then been looked at.
        """
        self._prepare(module, function, args, kwargs)
        return self._called(module, function, args, kwargs)

    def ask(self, module: str, function: str, /, *args: Any, **kwargs: Any) -> Response:
        """As `call`, with the `Response` that an app gets: a failure that it does not look at
        fails the next call, or the request.
        """
        self._prepare(module, function, args, kwargs)
        try:
            value = self._called(module, function, args, kwargs)
        except RequestFailed:
            raise
        except PluginAPIError as error:
            return failed(error, self._pending)
        return succeeded(value, self._pending)

    def run(self, handler: Handler, error_handler: ErrorHandler | None) -> Outcome:
        """The request from its handler to its end. What is no PluginAPIError passes through."""
        try:
            outcome = self._handled(handler, error_handler)
        except BaseException:
            self.end(failed=True)
            raise
        leaks = self.leaks()
        problem = self.end(failed=outcome.status != 200)
        if problem:
            raise AssertionError(f"cleanups failed: {problem}")
        if leaks and outcome.status == 200:
            return Outcome(500, f"the app has not closed {', '.join(leaks)}")
        return outcome

    def _handled(self, handler: Handler, error_handler: ErrorHandler | None) -> Outcome:
        try:
            body = handler(self)
            if self._pending.error is not None:
                raise self._pending.error
        except PluginAPIError as error:
            if error_handler is None or isinstance(error, RequestFailed):
                return Outcome(500, error.message)
            try:
                body = error_handler(self, {"error": error.message})
            except PluginAPIError as second:
                return Outcome(500, second.message)
        return Outcome(200, body)

    def _prepare(
        self, module: str, function: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        """What comes before a call, in the server's order."""
        self._host.permit(plain_name(module), function, args, kwargs)
        self._pending.check()

    def _called(
        self, module: str, function: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        module = plain_name(module)
        self._host.initialise(module)
        response = self._sent(self._request(module, function, args, kwargs))

        def follow(ref: FuncRef) -> Callable[[], Any]:
            return lambda: self._followed(module, ref)

        def cursor(handle: CursorHandle) -> AppCursor:
            return self._cursor(handle, leaks="#" in module)

        return Decoder(cursor, follow).decode(response.value, "result")

    def _followed(self, module: str, ref: FuncRef) -> Any:
        """The result of a function that the app got as a value."""
        response = self._sent(self._request(module, ref.function, ref.args, {}))

        def follow(ref: FuncRef) -> Callable[[], Any]:
            return lambda: self._followed(module, ref)

        return Decoder(_no_cursor, follow).decode(response.value, "result")

    def _request(
        self, module: str, function: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> CallRequest:
        name, _, account = module.partition("#")
        return CallRequest(
            module=name,
            account=account,
            function=function,
            args=[to_star(a, f"argument {i}") for i, a in enumerate(args, 1)],
            kwargs=[Kwarg(name=k, value=to_star(v, k)) for k, v in kwargs.items()],
            thread=self._thread,
            session_id=self.id,
        )

    def _sent(self, request: CallRequest) -> CallResponse:
        fields = {name: getattr(request, name) for name in request.__field_names__}
        try:
            response: CallResponse = self._host.client.call(**fields)
        except PluginAPIError as error:
            if isinstance(error.response, CallResponse):
                self.strict_keys = error.response.strict_keys
                raise
            # A status ends the process, and that is a failure of the call.
            text = f"plugin provider {self._host.name} failed: {error.message}"
            raise PluginAPIError(text, error_code=1) from error
        self.strict_keys = response.strict_keys
        return response

    def _cursor(self, handle: CursorHandle, leaks: bool) -> AppCursor:
        cursor = AppCursor(self._host.client, self.id, handle, leaks)
        self._open[handle.leak_key] = cursor
        return cursor

    def leaks(self) -> list[str]:
        """The keys of what the app should have closed and has not.

        Among them each cursor of a module that was loaded with an account, closed or not: the
        server loses count of these.
        """
        open_ = [key for key, cursor in self._open.items() if cursor.leaks]
        return [*self.strict_keys, *open_]

    def end(self, *, failed: bool = False) -> str:
        """End the request; what went wrong with its cleanups, "" if nothing did."""
        try:
            self._host.client.end_session(session_id=self.id, failed=failed)
        except PluginAPIError as error:
            return error.message
        return ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        leaks, pending = self.leaks(), self._pending.error
        problem = self.end(failed=error is not None or pending is not None)
        if error is not None:
            return
        if pending is not None:
            raise AssertionError(f"the app has not looked at: {pending.message}")
        if leaks:
            raise AssertionError(f"the app has not closed {', '.join(leaks)}")
        if problem:
            raise AssertionError(f"cleanups failed: {problem}")


class AppCursor:
    """An iterator over a result that stays in the provider; it can be read once."""

    def __init__(
        self,
        client: PluginProviderClient,
        session_id: str,
        handle: CursorHandle,
        account: bool = False,
    ) -> None:
        self.handle = handle
        self.closed = False
        self._client = client
        self._session_id = session_id
        self._account = account

    @property
    def leaks(self) -> bool:
        """Whether the server will say that the app has not closed it."""
        return self._account or not self.closed

    def __iter__(self) -> Iterator[Any]:
        decoder = Decoder(_no_cursor, _no_reference)
        try:
            done = False
            while not done:
                answer = self._next()
                done = answer.done
                for i, item in enumerate(answer.items):
                    yield decoder.decode(item, f"item {i}")
        finally:
            self.close()

    def _next(self) -> Any:
        """A batch. Raises RequestFailed: an app cannot catch the errors of a cursor."""
        try:
            return self._client.cursor_next(
                session_id=self._session_id,
                cursor_id=self.handle.cursor_id,
                max_items=100,
            )
        except PluginAPIError as error:
            raise RequestFailed(error.message, error_code=error.error_code) from error

    def close(self) -> None:
        """Give the cursor up; it can be closed again."""
        if not self.closed:
            self.closed = True
            self._client.cursor_close(session_id=self._session_id, cursor_id=self.handle.cursor_id)


def _no_cursor(handle: CursorHandle) -> NoReturn:
    raise RequestFailed("cursor values are not valid here")


def _no_reference(ref: FuncRef) -> NoReturn:
    raise RequestFailed("func ref values are not valid here")
