"""Does the loop of the handlers start when needed, go on whatever runs on it, and end?"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from typing import Any

import pytest
from kit.handler_calls import (
    THREAD,
    Watch,
    aio,
    here,
    one_by_coroutine,
    run,
    served,
)
from plugwright_runtime.loops.places import HandlerLoop


def test_a_task_of_its_own_cannot_end_the_loop(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def exits() -> None:
        sys.exit("enough")

    tasks: list[asyncio.Task[None]] = []

    async def stops(request: bytes, context: Any) -> bytes:
        loop = asyncio.get_running_loop()
        tasks.append(loop.create_task(exits()))
        await asyncio.sleep(0)
        loop.call_soon(sys.exit)
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        loop.stop()
        await asyncio.sleep(0)
        return b"still here"

    async def scenario() -> None:
        async with served(("unary_unary", stops)) as app:
            for _ in range(2):
                assert await app.call("stops")(b"", timeout=5) == b"still here"

    run(scenario)
    assert "a coroutine tried to end the event loop" in caplog.text
    # Looked at here, or the log of whichever test runs when they are collected has them.
    assert [type(task.exception()) for task in tasks] == [SystemExit] * 2


def alive() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == THREAD]


def test_a_loop_starts_when_first_needed_and_leaves_nothing() -> None:
    async def scenario() -> None:
        unused, used = HandlerLoop(), HandlerLoop()
        assert not alive()
        assert await used.run(asyncio.sleep, 0, "result") == "result"
        assert len(alive()) == 1
        for loop in (unused, used, used):  # stopping twice is no error
            await loop.stop()

    run(scenario)
    assert not alive()


def test_a_loop_that_gets_no_thread_starts_with_a_later_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuses(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    async def scenario() -> None:
        loop = HandlerLoop()
        for _ in range(2):
            with monkeypatch.context() as patch:
                patch.setattr(threading.Thread, "start", refuses)
                with pytest.raises(RuntimeError, match="new thread"):
                    await loop.run(asyncio.sleep, 0)
        await loop.stop()
        assert await loop.run(asyncio.sleep, 0, "result") == "result"
        await loop.stop()

    run(scenario)
    assert not alive()


def test_stop_cancels_what_is_left() -> None:
    watch = Watch()

    async def waits() -> None:
        with watch:
            watch.begun.set()
            await asyncio.Event().wait()

    tasks: list[asyncio.Task[None]] = []

    async def leaves() -> None:
        tasks.append(asyncio.create_task(waits()))

    async def scenario() -> None:
        loop = HandlerLoop()
        await loop.run(leaves)
        assert watch.begun.wait(5)
        await loop.stop()
        assert watch.ended.is_set()

    run(scenario)
    assert isinstance(watch.error, asyncio.CancelledError)


def test_who_waits_for_a_blocked_loop_sets_the_limit() -> None:
    release, begun = threading.Event(), threading.Event()

    async def blocks() -> None:
        begun.set()
        release.wait(10)

    async def scenario() -> None:
        loop = HandlerLoop()
        blocking = asyncio.ensure_future(loop.run(blocks))
        await asyncio.to_thread(begun.wait, 5)
        began = time.monotonic()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(loop.stop(), 0.2)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(blocking, 0.2)
        assert time.monotonic() - began < 2
        release.set()
        await loop.stop()

    run(scenario)
    assert not alive()


def test_grpc_aio_on_both_loops_leaves_the_log_clean(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """grpcio 1.66 reports that its loops get in each other's way, which is harmless."""

    async def directly(target: str) -> None:
        async with aio.insecure_channel(target) as channel:
            call = channel.unary_unary("/test.App/one_by_coroutine")
            for _ in range(200):
                assert await call(b"direct") == b"direct in coroutines"

    async def scenario() -> None:
        async with served(("unary_unary", one_by_coroutine)) as app:
            calls = (app.loop.run(directly, app.target) for _ in range(4))
            await asyncio.gather(*calls, *(directly(app.target) for _ in range(4)))

    run(scenario)
    assert "PollerCompletionQueue" not in caplog.text


def test_other_reports_of_both_loops_are_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def fails() -> None:
        asyncio.get_running_loop().call_soon(int, here())
        await asyncio.sleep(0)

    async def scenario() -> None:
        loop = HandlerLoop()
        await loop.run(fails)
        await fails()
        await loop.stop()

    run(scenario)
    texts = [str(record.exc_info) for record in caplog.records]
    assert len(texts) == 2
    assert any(f"b'{THREAD}'" in text for text in texts)
