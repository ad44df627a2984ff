"""A provider for tests of what the server does around calls, and what its functions were asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from openrun_plugin import (
    Call,
    Cursor,
    FuncRef,
    Module,
    PluginAPIError,
    Provider,
    Struct,
    function,
)

made: list[str] = []  # the calls that reached the provider


class Store(Module):
    """Loaded as `store.ex`."""

    @function(is_read=True)
    def get(self, *args: Any, **kwargs: Any) -> list[Any]:
        made.append("get")
        return list(args)

    @function
    def put(self, text: str = "") -> str:
        made.append("put")
        return text

    @function(is_read=True)
    def fail(self, text: str, code: int = 1) -> None:
        made.append("fail")
        raise PluginAPIError(text, error_code=code)

    @function
    def lock(self, call: Call) -> None:
        call.session.defer("lock", lambda: None, strict=True)

    @function
    def bad_cleanup(self, call: Call) -> None:
        call.session.defer("x", lambda: 1 / 0)

    @function
    def rows(self, fail: bool = False) -> Iterator[int]:
        yield from (1, 2)
        if fail:
            raise PluginAPIError("no third row")

    @function
    def functions(self) -> Iterator[Any]:
        yield Struct("row", load=FuncRef("_hidden"))

    @function
    def callables(self) -> Iterator[Any]:
        yield lambda: 1

    @function
    def hidden_rows(self) -> FuncRef:
        return FuncRef("_hidden_rows")

    @function
    def rows_later(self) -> FuncRef:
        return FuncRef("rows")

    @function
    def hidden(self) -> FuncRef:
        return FuncRef("_hidden")

    @function
    def _hidden(self) -> int:
        return 1

    @function
    def _hidden_rows(self) -> Cursor:
        return Cursor([1, 2])

    @function(is_read=True)
    def who(self) -> list[Any]:
        return [self.account, dict(self.settings)]


class Other(Module):
    @function(is_read=True)
    def ping(self) -> str:
        made.append("ping")
        return "pong"


class Refusing(Module):
    """Opens something, and closes it whatever happens then."""

    events: ClassVar[list[str]] = []

    def __init__(self) -> None:
        self.events.append("opened")
        if self.settings.get("init"):
            raise PluginAPIError("cannot be made")
        self.ready = True

    def on_init(self) -> None:
        if self.settings.get("on_init"):
            raise PluginAPIError("not this account")

    def on_stop(self) -> None:
        self.events.append("closed")
        assert self.ready

    @function(is_read=True)
    def ping(self) -> str:
        return "pong"


class Demo(Provider):
    modules: ClassVar = [Store, Other, Refusing]
