"""How is a provider tested without OpenRun? A host in this process, which plays the server.

    with ProviderHost(Demo, settings={"store": {"path": "test.db"}}) as host:
        with host.session() as session:
            note = session.call("store", "insert", "notes", {"text": "hi"})
            assert list(session.call("store", "select", "notes")) == [...]

It talks gRPC over a real channel on loopback, in the order and by the rules of the server: what a
session leaves open that the app should have closed is an error at its end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Any, Self

from plugwright_runtime.application import instantiate
from plugwright_runtime.errors import PluginAPIError
from plugwright_runtime.handler_loop import Place
from plugwright_runtime.pool import HandlerPool
from plugwright_runtime.servicer import handlers
from plugwright_runtime.testing import BackgroundServer

from .clients import PluginProviderClient
from .decoding import Decoder
from .models import CallRequest, CallResponse, Kwarg, ThreadState
from .models import Cursor as CursorHandle
from .modules import App
from .provider import Provider
from .values import FuncRef, to_star


class ProviderHost:
    """Runs a provider and calls it. `client`: for calls by hand; `provider`: the instance.

    `settings`: by module, or by `module#account`.
    """

    client: PluginProviderClient
    provider: Provider

    def __init__(
        self,
        provider: type[Provider],
        *,
        settings: Mapping[str, Mapping[str, Any]] | None = None,
        app_id: str = "app",
        app_path: str = "/test",
        is_dev: bool = True,
        app_schema: bytes = b"",
    ) -> None:
        self._class = provider
        self._settings = settings or {}
        self._app = App(app_id, app_path, is_dev, app_schema)
        self._initialised: set[str] = set()
        self._count = 0

    def __enter__(self) -> Self:
        self._pool = HandlerPool()
        self.provider = instantiate(self._class)
        self._server = BackgroundServer(self._handlers)
        self.client = PluginProviderClient(self._server.start())
        try:
            app = self._app
            self.client.init_app(
                app_id=app.id,
                app_path=app.path,
                is_dev=app.is_dev,
                app_schema=app.schema,
            )
        except BaseException:
            self.close()
            raise
        return self

    def _handlers(self, place: Place) -> list[Any]:
        return [handlers(self.provider, self._pool, place)]

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End sessions, modules and the server."""
        self.client.close()
        self._server.run(self.provider.on_stop())
        self._server.stop()
        self._pool.shutdown()

    def session(self, thread: ThreadState | None = None) -> AppSession:
        """A request of the app; `thread`: for whom."""
        self._count += 1
        return AppSession(self, f"session-{self._count}", thread or ThreadState())

    def initialise(self, name: str) -> None:
        """Set up `module` or `module#account`, if that was not done yet."""
        if name in self._initialised:
            return
        module, _, account = name.partition("#")
        settings = self._settings.get(name, {})
        encoded = {key: to_star(value, key) for key, value in settings.items()}
        self.client.init_module(module=module, account=account, settings=encoded)
        self._initialised.add(name)


class AppSession:
    """One request of an app. `strict_keys`: what it must still close."""

    def __init__(self, host: ProviderHost, id: str, thread: ThreadState) -> None:
        self.id = id
        self.strict_keys: list[str] = []
        self._host = host
        self._thread = thread
        self._open: dict[str, AppCursor] = {}

    def call(self, module: str, function: str, /, *args: Any, **kwargs: Any) -> Any:
        """Call a function of `module` or `module#account`; its result as an app gets it.

        Iterators and functions without parameters come back as such. Raises PluginAPIError, with
        the function's `error_code`.
        """
        self._host.initialise(module)
        name, _, account = module.partition("#")
        request = CallRequest(
            module=name,
            account=account,
            function=function,
            args=[to_star(a, f"argument {i}") for i, a in enumerate(args, 1)],
            kwargs=[Kwarg(name=k, value=to_star(v, k)) for k, v in kwargs.items()],
            thread=self._thread,
            session_id=self.id,
        )
        return self._result(module, self._sent(request))

    def _sent(self, request: CallRequest) -> CallResponse:
        client = self._host.client
        fields = {name: getattr(request, name) for name in request.__field_names__}
        try:
            response: CallResponse = client.call(**fields)
        except PluginAPIError as error:
            if isinstance(error.response, CallResponse):
                self.strict_keys = error.response.strict_keys
            raise
        self.strict_keys = response.strict_keys
        return response

    def _result(self, module: str, response: CallResponse) -> Any:
        def follow(ref: FuncRef) -> Callable[[], Any]:
            return lambda: self.call(module, ref.function, *ref.args)

        return Decoder(self._cursor, follow).decode(response.value, "result")

    def _cursor(self, handle: CursorHandle) -> AppCursor:
        cursor = AppCursor(self._host.client, self.id, handle)
        self._open[handle.leak_key] = cursor
        return cursor

    def leaks(self) -> list[str]:
        """The keys of what the app should have closed and has not."""
        open_ = [key for key, cursor in self._open.items() if not cursor.closed]
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
        leaks = self.leaks()
        problem = self.end(failed=error is not None)
        if error is None and leaks:
            raise AssertionError(f"the app has not closed {', '.join(leaks)}")
        if error is None and problem:
            raise AssertionError(f"cleanups failed: {problem}")


class AppCursor:
    """An iterator over a result that stays in the provider."""

    def __init__(
        self, client: PluginProviderClient, session_id: str, handle: CursorHandle
    ) -> None:
        self.handle = handle
        self.closed = False
        self._client = client
        self._session_id = session_id

    def __iter__(self) -> Iterator[Any]:
        try:
            done = self.closed
            while not done:
                answer = self._client.cursor_next(
                    session_id=self._session_id,
                    cursor_id=self.handle.cursor_id,
                    max_items=100,
                )
                done = answer.done
                for i, item in enumerate(answer.items):
                    yield Decoder().decode(item, f"item {i}")
        finally:
            self.close()

    def close(self) -> None:
        """Give the cursor up; it can be closed again."""
        if not self.closed:
            self.closed = True
            self._client.cursor_close(
                session_id=self._session_id, cursor_id=self.handle.cursor_id
            )
