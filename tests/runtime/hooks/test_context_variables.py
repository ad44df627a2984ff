"""Does what a handler runs see its context variables, and no other call's?

Request ids, structlog and OpenTelemetry live in them.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from kit.mattermost.hooks import hosted, logged, scripted, web
from mattermost_plugin import StreamingResponse
from plugwright_runtime.loops.bridged_channel import BridgedCall
from plugwright_runtime.loops.crossing import in_thread, mailbox
from plugwright_runtime.loops.places import HandlerLoop
from plugwright_runtime.loops.pool import HandlerPool

request_id = contextvars.ContextVar("request_id", default="none")


def test_a_function_sees_them_and_gives_none_to_the_next() -> None:
    seen: list[str] = []

    def look(new: str) -> None:
        seen.append(request_id.get())
        request_id.set(new)

    async def call(pool: HandlerPool, number: int) -> None:
        request_id.set(f"outer {number}")
        await in_thread(pool, look, f"inner {number}")
        assert request_id.get() == f"outer {number}"

    async def scenario() -> None:
        with HandlerPool(threads=1) as pool:
            await asyncio.gather(*(call(pool, number) for number in range(3)))

    asyncio.run(scenario())
    assert sorted(seen) == ["outer 0", "outer 1", "outer 2"]


@pytest.mark.parametrize("coroutines", [False, True], ids=["def", "async"])
def test_one_call_of_a_hook_leaves_nothing_to_the_next(coroutines: bool) -> None:
    plugin, script = scripted(["OnActivate"], coroutines=coroutines)
    seen: list[str] = []

    def behave() -> None:
        seen.append(request_id.get())
        request_id.set("left behind")

    script.behave = behave
    with hosted(plugin(), threads=1) as host:
        for _ in range(3):
            host.call("OnActivate")
    assert seen == ["none"] * 3


def test_what_a_hook_returns_to_be_awaited_sees_what_it_set() -> None:
    plugin, script = scripted(["OnActivate"], coroutines=False)

    async def late() -> None:
        raise ValueError(request_id.get())

    def behave() -> Any:
        request_id.set("of the function")
        return late()

    script.behave = behave
    with hosted(plugin()) as host:
        assert host.call("OnActivate").error.message == "ValueError: of the function"
        logged(host)


def plain() -> Iterator[bytes]:
    for step in "ab":
        yield request_id.get().encode() + b" "
        request_id.set(step)


async def later() -> AsyncIterator[bytes]:
    for part in plain():
        yield part


@pytest.mark.parametrize("body", [plain, later])
def test_the_body_of_a_response_sees_what_the_handler_set(body: Any) -> None:
    plugin, script = scripted(["ServeHTTP"], coroutines=False)

    def behave(request: Any) -> Any:
        request_id.set("of the handler")
        return StreamingResponse(body())

    script.behave = behave
    with hosted(plugin()) as host:
        answer = b"".join(part.body_chunk for part in web(host, "/"))
    assert answer == b"of the handler a "


def test_a_call_of_a_coroutine_begins_in_its_variables() -> None:
    """There interceptors look for the span of the caller."""

    async def scenario() -> str:
        handlers = HandlerLoop()
        seen = asyncio.get_running_loop().create_future()
        transport = mailbox()

        async def caller() -> None:
            request_id.set("of the caller")
            BridgedCall(transport, lambda: seen.set_result(request_id.get()))

        await handlers.run(caller)
        try:
            return await asyncio.wait_for(seen, 10)
        finally:
            await handlers.stop()

    assert asyncio.run(scenario()) == "of the caller"
