"""Does a unary call get the answer it is due, whatever its method, threads and loop do?

A call whose answers are words: what the method returned, or what was told of a failure.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import math
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any

import grpc
import pytest
from plugwright_runtime.failure_log import FAILED_BADLY
from plugwright_runtime.loops.crossing import Overloaded
from plugwright_runtime.loops.deadlines import remaining
from plugwright_runtime.loops.places import HandlerLoop, Here, Place
from plugwright_runtime.rpc.calling import Running, UserCall
from plugwright_runtime.rpc.ended import Ended


class WordCall(UserCall):
    """Every failure is told in the answer, unless `status` makes a status of it."""

    status = False

    def __init__(self, method: Callable[..., Any], running: Running) -> None:
        super().__init__("Say", method, running, logging.getLogger("test"))
        self.arguments = lambda data, peer: (data.decode(), peer)
        self.encode = lambda result: result.encode()

    def seen(self, data: bytes, context: Any) -> tuple[bytes, str]:
        return data, context.peer()

    def told(self, error: BaseException) -> bytes:
        ended = error if isinstance(error, Ended) else None
        code = ended.code if ended else grpc.StatusCode.INTERNAL
        if self.status:
            raise ended or Ended(code, str(error), error)
        return f"{code.name}: {type(error).__name__}: {error}".encode()


class Aborted(Exception):
    pass


class Context:
    """Of a call, for the loop that serves."""

    def __init__(self) -> None:
        self.thread = threading.get_ident()

    def peer(self) -> str:
        assert threading.get_ident() == self.thread
        return "peer"

    async def abort(self, code: grpc.StatusCode, text: str, trailers: Any) -> None:
        raise Aborted(f"{code.name}: {text}")


class NoThreads(Executor):
    def __init__(self, error: BaseException) -> None:
        self._error = error

    def submit(self, *args: Any, **kwargs: Any) -> Future[Any]:
        raise self._error


@pytest.fixture(params=[Here, HandlerLoop])
def kind(request: pytest.FixtureRequest) -> type[Place]:
    kind: type[Place] = request.param
    return kind


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


def answer(
    kind: type[Place], executor: Executor, method: Callable[..., Any], **attributes: Any
) -> str:
    """What a call of `method` is answered with."""

    async def scenario() -> str:
        place = kind()
        call = WordCall(method, Running(executor, place))
        for name, value in attributes.items():
            setattr(call, name, value)
        try:
            return (await call.serve(b"word", Context())).decode()
        finally:
            if isinstance(place, HandlerLoop):
                await place.stop()

    return asyncio.run(scenario())


def say(word: str, peer: str) -> str:
    return f"{word} to {peer}"


async def say_async(word: str, peer: str) -> str:
    await asyncio.sleep(0)
    return say(word, peer)


def say_late(word: str, peer: str) -> Awaitable[str]:
    return say_async(word, peer)


def fail(word: str, peer: str) -> str:
    raise ValueError(word)


async def fail_async(word: str, peer: str) -> str:
    return fail(word, peer)


@pytest.mark.parametrize("method", [say, say_async, say_late])
def test_what_the_method_returns_is_the_answer(
    kind: type[Place], pool: Executor, method: Any
) -> None:
    assert answer(kind, pool, method) == "word to peer"


@pytest.mark.parametrize("method", [fail, fail_async])
def test_what_it_raises_is_told(kind: type[Place], pool: Executor, method: Any) -> None:
    assert answer(kind, pool, method) == "INTERNAL: ValueError: word"
    with pytest.raises(Aborted, match="INTERNAL: word"):
        answer(kind, pool, method, status=True)


def test_a_call_without_a_thread_is_told_why(kind: type[Place]) -> None:
    full = NoThreads(Overloaded("too many calls wait"))
    assert answer(kind, full, say) == "RESOURCE_EXHAUSTED: Ended: too many calls wait"
    with pytest.raises(Aborted, match="RESOURCE_EXHAUSTED: too many calls wait"):
        answer(kind, full, say, status=True)
    closed = NoThreads(RuntimeError("the pool is closed"))
    assert answer(kind, closed, say) == "INTERNAL: RuntimeError: the pool is closed"


def test_a_method_that_is_too_slow_is_not_waited_for(kind: type[Place], pool: Executor) -> None:
    over = threading.Event()

    async def sleep(word: str, peer: str) -> str:
        await asyncio.sleep(math.inf)
        return word

    def wait(word: str, peer: str) -> str:
        assert over.wait(60)
        return word

    expected = "DEADLINE_EXCEEDED: Ended: the handler of Say took longer than 0.01 s"
    assert answer(kind, pool, sleep, timeout=0.01) == expected
    assert answer(kind, pool, wait, timeout=0.01) == expected
    over.set()


def test_a_method_without_a_timeout_has_all_the_time(pool: Executor) -> None:
    async def time_left(word: str, peer: str) -> str:
        return str(remaining())

    async def scenario() -> None:
        call = WordCall(time_left, Running(pool))
        assert await call.serve(b"word", Context()) == b"inf"
        call.timeout = 1000
        assert 900 < float(await call.serve(b"word", Context())) <= 1000

    asyncio.run(scenario())


@pytest.mark.parametrize("method", ["function", "coroutine"])
def test_what_a_method_leaves_behind_is_free_of_its_time(pool: Executor, method: str) -> None:
    left: list[contextvars.Context] = []

    def leave(word: str, peer: str) -> str:
        left.append(contextvars.copy_context())
        assert remaining() <= 1000
        return word

    async def leave_async(word: str, peer: str) -> str:
        return leave(word, peer)

    chosen = leave if method == "function" else leave_async
    assert answer(Here, pool, chosen, timeout=1000) == "word"
    assert left.pop().run(remaining) == math.inf


def test_what_a_function_returns_to_be_awaited_sees_its_variables(
    kind: type[Place], pool: Executor
) -> None:
    variable = contextvars.ContextVar("variable", default="unset")

    async def tell() -> str:
        return variable.get()

    def late(word: str, peer: str) -> Awaitable[str]:
        variable.set("set in the thread")
        return tell()

    assert answer(kind, pool, late) == "set in the thread"


def test_a_call_ends_with_the_loop_that_serves_it(pool: Executor) -> None:
    async def scenario() -> Any:
        return WordCall(say_async, Running(pool)).serve(b"word", Context())

    with asyncio.Runner() as runner:
        serving = runner.run(scenario())
        loop = runner.get_loop()
        task = loop.create_task(serving)
        loop.call_soon(loop.stop)
        loop.run_forever()
        assert not task.done()
        serving.close()  # as the interpreter does: nothing can be awaited any more


@pytest.mark.parametrize("method", [fail, fail_async])
@pytest.mark.parametrize("last", [None, b"last"])
def test_a_failure_that_cannot_be_told_has_the_last_resort(
    kind: type[Place],
    pool: Executor,
    method: Any,
    last: bytes | None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def told(error: BaseException) -> bytes:
        raise SystemExit(3)

    if last is None:
        with pytest.raises(Aborted, match=f"INTERNAL: {FAILED_BADLY}"):
            answer(kind, pool, method, told=told)
    else:
        assert answer(kind, pool, method, told=told, last_resort=last) == "last"
    assert [r.getMessage() for r in caplog.records] == [f"Say: {FAILED_BADLY}"]


@pytest.mark.parametrize("method", ["function", "coroutine"])
def test_a_caller_that_gives_up_is_told_nothing(
    kind: type[Place], pool: Executor, method: str
) -> None:
    begun, over = threading.Event(), threading.Event()

    async def sleep(word: str, peer: str) -> str:
        begun.set()
        await asyncio.sleep(math.inf)
        return word

    def wait(word: str, peer: str) -> str:
        begun.set()
        assert over.wait(60)
        return word

    async def scenario() -> None:
        place = kind()
        call = WordCall(sleep if method == "coroutine" else wait, Running(pool, place))
        task = asyncio.create_task(call.serve(b"word", Context()))
        while not begun.is_set():
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        over.set()
        if isinstance(place, HandlerLoop):
            await place.stop()

    asyncio.run(scenario())


def test_a_task_that_ends_before_its_method_begins_is_a_failure(pool: Executor) -> None:
    async def scenario() -> None:
        call = WordCall(say_async, Running(pool))
        before = asyncio.all_tasks()
        serving = asyncio.create_task(call.serve(b"word", Context()))
        while not (own := asyncio.all_tasks() - before - {serving}):
            await asyncio.sleep(0)
        own.pop().cancel()
        assert await serving == b"INTERNAL: CancelledError: "

    asyncio.run(scenario())
