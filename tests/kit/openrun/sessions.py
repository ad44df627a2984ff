"""A provider whose modules defer, keep, stream and wait, for the tests of sessions.

What happens is told to `events`; what waits, waits for its gate in `gates`.
"""

from __future__ import annotations

import asyncio
import functools
import threading
import weakref
from collections.abc import AsyncIterator, Iterator
from typing import Any

from openrun_plugin import (
    Call,
    Cursor,
    FuncRef,
    Module,
    PluginAPIError,
    Provider,
    Struct,
    Thunk,
    function,
    models,
)
from openrun_plugin.extras.testing import AppCursor, AppSession

events: list[str] = []  # what has happened, in order
gates: dict[str, threading.Event] = {}


class Broken(BaseException):
    pass


class Kept:
    """Something whose end can be observed."""


class Work(Module):
    @function
    def remember(self, call: Call, key: str, value: Any) -> None:
        call.session.state[key] = value

    @function
    async def recall(self, call: Call, key: str) -> Any:
        return call.session.state.get(key)

    @function
    def defer(self, call: Call, key: str, how: str = "", strict: bool = False) -> None:
        def plain() -> None:
            events.append(key)
            if how == "raise":
                raise ValueError(key)
            if how == "exit":
                raise Broken(key)

        async def coroutine() -> None:
            await asyncio.sleep(0)
            plain()

        call.session.defer(key, coroutine if how == "async" else plain, strict=strict)

    @function
    def forget(self, call: Call, key: str) -> bool:
        return call.session.forget(key)

    @function
    def slow(self, name: str) -> None:
        events.append(f"{name} begins")
        gates[name].wait(10)
        events.append(f"{name} ends")

    @function
    async def wait(self) -> None:
        events.append("wait begins")
        try:
            await asyncio.sleep(30)
        finally:
            events.append("wait ends")

    @function
    def count(self, until: int, fail_at: int = -1, close_fails: bool = False) -> Iterator[int]:
        try:
            events.append("open")
            for number in range(until):
                if number == fail_at:
                    raise PluginAPIError(f"no {number}")
                yield number
        finally:
            events.append("closed")
            if close_fails:
                raise ValueError("cannot close")

    @function
    async def count_async(self, until: int) -> AsyncIterator[int]:
        try:
            events.append("open")
            for number in range(until):
                await asyncio.sleep(0)
                yield number
        finally:
            events.append("closed")

    @function
    def exits(self) -> Iterator[int]:
        yield 1
        raise SystemExit("from a generator")

    @function
    def rows(self, size: int, count: int) -> Cursor:
        return Cursor([bytes(size)] * count, type_name="blob")

    @function
    def odd(self) -> Iterator[Any]:
        yield 1
        yield {"x": object()}

    @function
    def odd_cursor(self) -> Any:
        return Cursor([len])

    @function
    def trickle(self) -> Iterator[int]:
        for number in range(3):
            gates["trickle"].wait(10)
            gates["trickle"].clear()
            yield number

    @function
    def nested(self) -> dict[str, Any]:
        return {"small": Cursor(range(3)), "also": (x for x in "ab")}

    @function
    def response(self, call: Call) -> Struct:
        kept = Kept()
        weakref.finalize(kept, events.append, "collected")
        count = iter(range(100))
        return Struct(
            "response",
            json=Thunk("json", {"a": 1}),
            broken=Thunk("broken", error="no JSON"),
            body=functools.partial(self.body, 3),
            text=self.text,
            internal=FuncRef("_internal", (1,)),
            next=lambda: (kept, next(count))[1],
            later=functools.partial(self.later, call),
        )

    @function
    def body(self, size: int) -> bytes:
        return bytes(size)

    @function
    def text(self) -> str:
        return "text"

    @function
    def _internal(self, number: int) -> int:
        return number + 1

    async def later(self, call: Call) -> str:
        return f"later in {call.session.id}"

    @function
    def unknown_reference(self) -> FuncRef:
        return FuncRef("nowhere")

    @function
    def stream(self) -> Any:
        return lambda: (x for x in "abc")

    def on_stop(self) -> None:
        events.append(f"stop {self.account}")


class Other(Module):
    @function
    def recall(self, call: Call, key: str) -> Any:
        return call.session.state.get(key)

    @function
    def defer(self, call: Call, key: str) -> None:
        call.session.defer(key, lambda: events.append(f"other {key}"), strict=True)

    @function
    def callback(self) -> Any:
        return lambda: "other"


class Sessions(Provider):
    modules = (Work, Other)


def next_items(app: AppSession, cursor: AppCursor, most: int) -> models.CursorNextResponse:
    return app._host.client.cursor_next(  # pyright: ignore[reportPrivateUsage]
        session_id=app.id, cursor_id=cursor.handle.cursor_id, max_items=most
    )


def started(name: str) -> None:
    """Wait until an event has happened."""
    for _ in range(1000):
        if name in events:
            return
        threading.Event().wait(0.005)
    raise AssertionError(f"{name} has not happened: {events}")
