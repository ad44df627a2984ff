"""Is code of the application called where its kind belongs, and its outcome brought back?"""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from typing import Any

import pytest
from plugwright_runtime.loops.calling import Threads, ends_the_call, is_coroutine_function

where: ContextVar[str] = ContextVar("where", default="nowhere")


def on_the_loop() -> bool:
    return threading.current_thread() is threading.main_thread()


def function(word: str) -> tuple[str, bool]:
    return word, on_the_loop()


async def coroutine(word: str) -> tuple[str, bool]:
    await asyncio.sleep(0)
    return word, on_the_loop()


def awaitable(word: str) -> Awaitable[tuple[str, bool]]:
    assert not on_the_loop()
    return coroutine(word)


class Object:
    async def __call__(self, word: str) -> tuple[str, bool]:
        return word, on_the_loop()

    async def method(self, word: str) -> tuple[str, bool]:
        return word, on_the_loop()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


@pytest.mark.parametrize(
    ("called", "on_loop"),
    [
        (function, False),
        (functools.partial(function), False),
        (coroutine, True),
        (functools.partial(coroutine), True),
        (awaitable, True),
        (Object(), True),
        (Object().method, True),
    ],
)
def test_functions_run_in_threads_and_coroutines_here(
    pool: ThreadPoolExecutor, called: Callable[[str], Any], on_loop: bool
) -> None:
    assert asyncio.run(Threads(pool).call(called, "word")) == ("word", on_loop)


def test_a_coroutine_function_takes_no_thread(pool: ThreadPoolExecutor) -> None:
    assert all(map(is_coroutine_function, (coroutine, Object(), Object().method)))
    assert not any(map(is_coroutine_function, (function, awaitable, Object)))
    pool.shutdown()
    assert asyncio.run(Threads(pool).call(coroutine, "word"))[0] == "word"
    with pytest.raises(RuntimeError, match="shutdown"):
        asyncio.run(Threads(pool).call(function, "word"))


@pytest.mark.parametrize("late", [False, True])
def test_a_function_sees_and_sets_the_variables_of_here(
    pool: ThreadPoolExecutor, late: bool
) -> None:
    async def tell() -> str:
        return where.get()

    def move() -> str | Awaitable[str]:
        seen = where.get()
        where.set("in the thread")
        return tell() if late else seen

    async def scenario() -> None:
        where.set("here")
        assert await Threads(pool).call(move) == ("in the thread" if late else "here")
        assert where.get() == "in the thread"

    asyncio.run(scenario())


def test_only_the_cancellation_of_who_calls_ends_the_call() -> None:
    async def scenario() -> None:
        assert not ends_the_call(asyncio.CancelledError())
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await asyncio.sleep(0)
        assert ends_the_call(caught.value)
        assert not ends_the_call(ValueError("meanwhile"))
        task.uncancel()

    asyncio.run(scenario())
