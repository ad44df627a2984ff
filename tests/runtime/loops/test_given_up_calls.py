"""What becomes of calls that blocked handlers do not come to before they are given up?"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import threading
import weakref
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future
from typing import Any

import pytest
from kit.handler_calls import aio, run, served
from plugwright_runtime.loops import places as handler_loop
from plugwright_runtime.loops import pool
from plugwright_runtime.loops.crossing import Overloaded, in_thread
from plugwright_runtime.loops.places import HandlerLoop
from plugwright_runtime.loops.pool import HandlerPool


class Blocked:
    """A handlers' loop that does nothing until `release`."""

    def __init__(self, loop: HandlerLoop) -> None:
        self.loop = loop
        self._held: Future[None] = Future()
        self._release = threading.Event()

    async def __aenter__(self) -> Blocked:
        self._call = asyncio.ensure_future(self.loop.run(self._wait))
        await asyncio.wrap_future(self._held)
        return self

    async def _wait(self) -> None:
        self._held.set_result(None)
        assert self._release.wait(10)

    def release(self) -> None:
        self._release.set()

    async def wait_for_calls(self, number: int) -> None:
        """Until so many wait for the loop."""
        handlers = self.loop._handlers
        while handlers is None or handlers.waiting < number:
            await asyncio.sleep(0.005)

    async def __aexit__(self, *_: object) -> None:
        self.release()
        await self._call


async def look(request: bytes, context: Any) -> bytes:
    """Looks at its call, and at the end tries to do something with it."""
    seen.append((context.peer(), dict(context.invocation_metadata())))
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.sleep(0)  # where a call that was given up ends
    with pytest.raises(RuntimeError, match="the call is over"):
        await context.send_initial_metadata(())
    tried.set()
    return b""


seen: list[Any] = []
tried = threading.Event()


def test_a_call_that_is_over_when_its_handler_begins() -> None:
    """grpc frees what belongs to a call at its end: the handler must not look there."""
    first = threading.Event()
    begun = threading.Event()

    async def block(request: bytes, context: Any) -> bytes:
        begun.set()
        assert first.wait(10)
        return b""

    async def scenario() -> None:
        async with served(("unary_unary", block), ("unary_unary", look)) as app:
            async with Blocked(app.loop) as blocked:
                held = app.call("block")(b"")
                await blocked.wait_for_calls(1)
                call = app.call("look")(b"", metadata=(("k", "v"),))
                await blocked.wait_for_calls(2)
                # Both begin in one turn of the loop; while the first blocks it, the second ends.
                blocked.release()
                await asyncio.to_thread(begun.wait, 5)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            await asyncio.sleep(0.05)  # for the server to hear of it
            first.set()
            await held
            assert await asyncio.to_thread(tried.wait, 5)

    run(scenario)
    [(peer, metadata)] = seen
    assert peer.startswith("ipv4:127.0.0.1")
    assert metadata["k"] == "v"


class Large:
    """An argument that can be seen to be gone."""


@contextlib.contextmanager
def without_collector() -> Iterator[None]:
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


async def check_that_nothing_is_kept(begin: Callable[[Large], Awaitable[Any]]) -> None:
    """Give up the call that `begin` makes, and see its argument gone."""
    given_up = Large()
    kept = weakref.ref(given_up)
    with without_collector():
        call = asyncio.ensure_future(begin(given_up))
        await asyncio.sleep(0)
        call.cancel()
        del given_up
        await asyncio.wait({call})
        del call
        assert kept() is None


async def nothing(*_: object) -> None:
    """A coroutine of no interest."""


def test_a_loop_that_is_blocked_keeps_no_arguments_of_calls_given_up() -> None:
    async def scenario() -> None:
        loop = HandlerLoop()
        async with Blocked(loop):
            await check_that_nothing_is_kept(lambda large: loop.run(nothing, large))
        await loop.stop()

    run(scenario)


def test_threads_that_are_blocked_keep_no_arguments_of_calls_given_up() -> None:
    async def scenario() -> None:
        threads, release = HandlerPool(threads=1), threading.Event()
        blocking = asyncio.ensure_future(in_thread(threads, release.wait, 10))
        await asyncio.sleep(0)
        await check_that_nothing_is_kept(lambda large: in_thread(threads, id, large))
        release.set()
        await blocking
        threads.shutdown()

    run(scenario)


def test_a_loop_takes_only_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler_loop, "MOST_WAITING", 3)

    async def answer(request: bytes, context: Any) -> bytes:
        return request

    async def outcome(call: Any) -> str:
        try:
            return str(await call)
        except aio.AioRpcError as error:
            return f"{error.code().name}: {error.details()}"

    async def scenario() -> list[str]:
        async with served(("unary_unary", answer)) as app:
            async with Blocked(app.loop):
                calls = {
                    asyncio.ensure_future(outcome(app.call("answer")(b"a"))) for _ in range(20)
                }
                refused: set[asyncio.Task[str]] = set()
                while len(refused) < 16:
                    done, calls = await asyncio.wait(
                        calls, timeout=5, return_when=asyncio.FIRST_COMPLETED
                    )
                    assert done
                    refused |= done
            outcomes = [*await asyncio.gather(*calls), *(r.result() for r in refused)]
            assert await app.call("answer")(b"b") == b"b"
            return outcomes

    outcomes = run(scenario)
    assert outcomes[:4] == ["b'a'"] * 4
    text = "RESOURCE_EXHAUSTED: the plugin's coroutines are blocked: too many calls wait"
    assert outcomes[4:] == [text] * 16


def test_threads_take_only_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "MOST_WAITING", 3)
    threads, release = HandlerPool(threads=1), threading.Event()
    first = threads.submit(release.wait, 10)
    while threads.pending:
        threading.Event().wait(0.001)
    jobs = [threads.submit(int) for _ in range(3)]
    with pytest.raises(Overloaded, match="threads are blocked"):
        threads.submit(int)
    release.set()
    assert first.result(5)
    assert [job.result(5) for job in jobs] == [0, 0, 0]
    assert threads.submit(int).result(5) == 0
    threads.shutdown()


def test_a_call_that_another_cancels_before_it_begins() -> None:
    """As user code may, which cancels all tasks of its loop: nobody waits for ever."""

    async def cancel_all() -> None:
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    async def scenario() -> None:
        loop = HandlerLoop()
        async with Blocked(loop):
            both = [asyncio.ensure_future(loop.run(cancel_all)) for _ in range(2)]
            never = asyncio.ensure_future(loop.run(nothing))
            await asyncio.sleep(0.01)
        _, left = await asyncio.wait({never, *both}, timeout=5)
        await loop.stop()
        assert not left

    run(scenario)
