#!/usr/bin/env python3
"""A provider for the tests: it tells what it got, echoes values, fails, and keeps things open."""

import logging
import os
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict
from typing import Any, ClassVar

from openrun_plugin import (
    App,
    Call,
    FuncRef,
    Module,
    PluginAPIError,
    Provider,
    Struct,
    Thunk,
    function,
    run_provider,
)

log = logging.getLogger("interop")
gate = threading.Event()


class Probe(Module):
    constants: ClassVar = {"LIMIT": 2**70, "PAIR": (1, 2.0), "NAMES": {"a": b"\0"}}

    def on_init(self) -> None:
        if "refuse" in self.settings:
            raise PluginAPIError("these settings are refused")
        log.info("initialised %r", self.account)

    @function(is_read=True)
    def seen(self, call: Call, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Everything that the calls so far have told."""
        user = call.user
        return {
            "app": asdict(self.app),
            "account": self.account,
            "settings": self.settings,
            "args": list(args),
            "kwargs": kwargs,
            "function": call.function,
            "thread": {name: getattr(user, name) for name in user.__field_names__},
            "session": call.session.id,
        }

    @function(is_read=True)
    async def echo(self, value: Any) -> Any:
        return value

    @function
    def functions(self) -> Struct:
        return Struct(
            "functions",
            thunk=Thunk("thunk", (1,)),
            broken=Thunk("broken", error="no"),
            ref=FuncRef("_internal", (20, "x")),
            method=self._internal,
        )

    @function
    def _internal(self, number: int = 1, text: str = "") -> list[Any]:
        return [number, text]

    @function
    def fail(self, text: str, code: int = 0) -> None:
        raise PluginAPIError(text, error_code=code)

    @function
    def raises(self) -> None:
        raise KeyError("unexpected")

    @function
    def exits(self) -> None:
        sys.exit(5)

    @function
    def dies(self) -> None:
        os._exit(7)

    @function
    def begin(self, call: Call) -> None:
        call.session.state["log"] = ["begun"]
        call.session.defer("transaction", lambda: log.info("rolled back"), strict=True)

    @function
    def commit(self, call: Call) -> list[str]:
        call.session.forget("transaction")
        found: list[str] = call.session.state["log"]
        return found

    @function
    def defer(self, call: Call, name: str, fails: bool = False) -> None:
        def cleanup() -> None:
            log.info("cleanup %s", name)
            if fails:
                raise ValueError(f"{name} fails")

        call.session.defer(name, cleanup)

    @function
    def count(self, until: int) -> Iterator[int]:
        try:
            yield from range(until)
        finally:
            log.info("generator closed")

    @function
    async def broken_rows(self) -> AsyncIterator[int]:
        yield 1
        raise PluginAPIError("lost the connection")

    @function
    def wait(self) -> str:
        log.info("waiting")
        gate.wait(20)
        return "waited"

    @function
    def open_gate(self) -> None:
        gate.set()

    @function
    def large(self, size: int) -> bytes:
        print("printed by a function")
        return bytes(size)

    def on_stop(self) -> None:
        log.info("stopped %r", self.account)


class Tested(Provider):
    version = "3.1.4"
    modules: ClassVar = [Probe]

    def on_app(self, app: App) -> None:
        if app.schema == b"unsupported":
            raise PluginAPIError("the schema is not supported")

    def on_health_check(self) -> None:
        if gate.is_set():
            raise PluginAPIError("the gate is open")


if __name__ == "__main__":
    run_provider(Tested)
