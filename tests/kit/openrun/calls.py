"""A provider whose functions fail in every way, and its host: what several test modules need."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from typing import Any

from openrun_plugin import (
    Call,
    Module,
    NotFoundError,
    PluginAPIError,
    Provider,
    Struct,
    Unimplemented,
    function,
    models,
    to_star,
)
from openrun_plugin.clients import PluginProviderClient
from openrun_plugin.extras.testing import ProviderHost


class Odd(Exception):
    """Ends the program when somebody looks at it."""

    def __getattribute__(self, name: str) -> Any:
        raise SystemExit(name)


class Silent(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


class Last(BaseException):
    """Beyond Exception, as some libraries raise."""


FAILURES: dict[str, Any] = {
    "text": lambda: PluginAPIError("no such record"),
    "code": lambda: PluginAPIError("gone", error_code=404),
    "largest code": lambda: PluginAPIError("x", error_code=2**63 - 1),
    "code 1": lambda: PluginAPIError("x", error_code=1),
    "code 0": lambda: PluginAPIError("x", error_code=0),
    "negative code": lambda: PluginAPIError("x", error_code=-5),
    "code too large": lambda: PluginAPIError("x", error_code=2**63),
    "no text": lambda: PluginAPIError(""),
    "not found": lambda: NotFoundError("nothing"),
    "status": lambda: Unimplemented("not here"),
    "key": lambda: KeyError("k"),
    "empty": ValueError,
    "surrogate": lambda: ValueError("a\ud800"),
    "long": lambda: ValueError("x" * 100_000),
    "silent": Silent,
    "stop iteration": lambda: StopIteration(1),
    "stop async": StopAsyncIteration,
    "exit": lambda: SystemExit(3),
    "interrupt": KeyboardInterrupt,
    "cancelled": asyncio.CancelledError,
    "base": lambda: Last("beyond"),
    "recursion": lambda: RecursionError("deep"),
    "memory": MemoryError,
    "code of a wrong type": lambda: PluginAPIError("x", error_code="404"),  # type: ignore[arg-type]
    "group": lambda: ExceptionGroup("many", [ValueError("a")]),
    "odd": Odd,
}


@dataclass
class Picky:
    size: int

    def __post_init__(self) -> None:
        if self.size > 5:
            raise ValueError("too large")


class Failing(Module):
    @function
    def plain(self, kind: str) -> None:
        raise FAILURES[kind]()

    @function
    async def coroutine(self, kind: str) -> None:
        await asyncio.sleep(0)
        raise FAILURES[kind]()

    @function
    def awaitable(self, kind: str) -> Any:
        return self.coroutine(kind)

    @function
    def leave(self) -> None:
        sys.exit("bye")

    @function
    def defer_and_fail(self, call: Call) -> None:
        call.session.defer("lock", lambda: None, strict=True)
        raise PluginAPIError("failed", error_code=7)

    @function
    def wrong_result(self) -> Any:
        return [1, {"x": object()}]

    @function
    async def wrong_result_later(self) -> Any:
        return [1, {"x": object()}]

    @function
    def picky(self, picky: Picky) -> int:
        return picky.size

    @function
    def shared(self, levels: int) -> Any:
        """Few objects, but 2 to the power of `levels` values."""
        value: Any = 1
        for _ in range(levels):
            value = [value, value]
        return value

    @function
    def large_items(self, *sizes: int) -> Any:
        for size in sizes:
            yield bytes(size)

    @function
    def large(self, size: int) -> bytes:
        return bytes(size)

    @function
    async def large_later(self, size: int) -> bytes:
        return bytes(size)

    @function
    def echo(self, value: Any) -> Any:
        return value


class Broken(Module):
    """Cannot be initialised, in one way or another."""

    def __init__(self) -> None:
        if "init" in self.settings:
            raise FAILURES[self.settings["init"]]()

    async def on_init(self) -> None:
        if "on_init" in self.settings:
            raise FAILURES[self.settings["on_init"]]()


class Who(Module):
    @function
    async def am_i(self, call: Call) -> Struct:
        user = call.user
        fields = {name: getattr(user, name) for name in user.__field_names__}
        return Struct("user", fields, session=call.session.id, function=call.function)


class Calls(Provider):
    version = "1"
    modules = (Failing, Broken, Who)
    health = ""

    def on_app(self, app: Any) -> None:
        if app.schema == b"bad":
            raise PluginAPIError("this schema is not supported")
        if app.schema == b"worse":
            raise SystemExit

    async def on_health_check(self) -> None:
        if self.health:
            raise FAILURES[self.health]()


def call(
    host: ProviderHost, name: str, *args: Any, session: str = "s", **fields: Any
) -> models.CallResponse:
    """The response of `module.function` as it is on the wire, whether it failed or not."""
    module, _, function_name = name.partition(".")
    host.initialise(module)
    client: PluginProviderClient = host.client
    try:
        response: models.CallResponse = client.call(
            module=module,
            function=function_name,
            args=[to_star(arg) for arg in args],
            session_id=session,
            **fields,
        )
    except PluginAPIError as error:
        if not isinstance(error.response, models.CallResponse):
            raise
        return error.response
    return response
