"""How is a provider tested without OpenRun? A host in this process, which plays the server.

    with ProviderHost(Demo, settings={"store": {"path": "test.db"}}) as host:
        with host.session() as app:
            note = app.call("store", "insert", "notes", {"text": "hi"})
            assert list(app.call("store", "select", "notes")) == [...]

It talks gRPC over a real channel on loopback, in the order and by the rules of the server: it
refuses what the server refuses, and what a session leaves open that the app should have closed is
an error at its end. `ask` and `request` are for apps that handle failures as apps do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from openrun_plugin.clients import PluginProviderClient
from openrun_plugin.models import ThreadState
from plugwright_runtime.errors import PluginAPIError
from plugwright_runtime.loops.places import Place
from plugwright_runtime.loops.pool import HandlerPool
from plugwright_runtime.process.application import instantiate, is_plugin
from plugwright_runtime.rpc.servicer import handlers
from plugwright_runtime.testing import BackgroundServer

from .app_accounts import accounts
from .app_permissions import Permission, Permissions, Refused, full_name
from .app_responses import Outcome, PreviousCallFailed, RequestFailed, Response
from .app_session import AppCursor, AppSession
from .modules import App
from .provider import Provider
from .values import to_star

__all__ = [
    "AppCursor",
    "AppSession",
    "Outcome",
    "Permission",
    "Permissions",
    "PreviousCallFailed",
    "ProviderHost",
    "Refused",
    "RequestFailed",
    "Response",
]


class ProviderHost:
    """Runs a provider and calls it. `client`: for calls by hand; `provider`: the instance.

    `settings`: by module, or by `module#account`. `links`: the accounts that an administrator has
    linked to what the app loads, `{"store": "archive"}`; without a link an account gets the
    settings of the module. `permissions`: what the app may do; everything, if there are none.
    """

    client: PluginProviderClient
    name: str
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
        links: Mapping[str, str] | None = None,
        permissions: Permissions | None = None,
    ) -> None:
        if not is_plugin(provider):
            text = "as in ProviderHost(MyProvider)"
            raise TypeError(f"it takes a provider class, {text}, not {provider!r}")
        self.name = provider.__name__
        self._class = provider
        self._accounts = accounts(settings or {}, links or {})
        self._permissions = permissions or Permissions()
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
            modules = self.client.describe().modules
        except BaseException:
            self.close()
            raise
        self._functions = {
            (module.name, function.name): function.is_read
            for module in modules
            for function in module.functions
        }
        self._reads = tuple(
            f"{full_name(module)}.{function}"
            for (module, function), is_read in self._functions.items()
            if is_read
        )
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

    def request(
        self,
        handler: Callable[[AppSession], Any],
        error_handler: Callable[[AppSession, dict[str, str]], Any] | None = None,
        thread: ThreadState | None = None,
    ) -> Outcome:
        """Run the handler of an app as the server does, to the end of the request.

        A failure that the handler does not look at, and any that is raised, is given to
        `error_handler`, whose result is the answer; without one the status is 500, as it is for
        actions. The errors of cursors, and what was not closed, are always 500.
        """
        return self.session(thread).run(handler, error_handler)

    def permit(
        self, module: str, function: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        """Raises `Refused` if the app may not make this call."""
        loaded = full_name(module)
        self._permissions.check_load(loaded)
        name = module.partition("#")[0]
        if (name, function) not in self._functions:
            raise Refused(f"{full_name(name)} has no function {function!r}")
        replace(self._permissions, reads=self._reads).check(loaded, function, *args, **kwargs)

    def initialise(self, name: str) -> None:
        """Set up `module` or `module#account`, if that was not done yet."""
        if name in self._initialised:
            return
        module, _, account = name.partition("#")
        settings = self._accounts.settings(full_name(name))
        encoded = {key: to_star(value, key) for key, value in settings.items()}
        try:
            self.client.init_module(module=module, account=account, settings=encoded)
        except PluginAPIError as error:
            text = f"error initializing plugin {full_name(name)}: {error.message}"
            raise PluginAPIError(text, error_code=1, response=error.response) from error
        self._initialised.add(name)
