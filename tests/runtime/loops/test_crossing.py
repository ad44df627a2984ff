"""Does work reach a loop or a thread from elsewhere, in order, and its outcome come back?"""

from __future__ import annotations

import asyncio
import contextvars
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any

import pytest
from kit.handler_calls import run
from plugwright_runtime.loops.crossing import Mailbox, abandoned, in_thread, mailbox
from plugwright_runtime.loops.pool import HandlerPool


class CountingLoop(asyncio.SelectorEventLoop):
    wakes = 0

    def call_soon_threadsafe(self, *args: Any, **options: Any) -> asyncio.Handle:
        self.wakes += 1
        return super().call_soon_threadsafe(*args, **options)


class OtherLoop:
    """A loop in a thread, which `hold` keeps busy until `release`."""

    def __init__(self) -> None:
        self.loop = CountingLoop()
        self.mailbox = Mailbox(self.loop)
        self.held = threading.Event()
        self._release = threading.Event()
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    def _work(self) -> None:
        self.mailbox.belongs_here()
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()
        self.loop.close()

    def hold(self) -> None:
        self.mailbox.post(self._wait)
        assert self.held.wait(5)

    def _wait(self) -> None:
        self.held.set()
        assert self._release.wait(10)

    def release(self) -> None:
        self._release.set()

    def end(self) -> None:
        self.release()
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(5)
        assert not self._thread.is_alive()


@pytest.fixture
def other() -> Iterator[OtherLoop]:
    loop = OtherLoop()
    yield loop
    loop.end()


def test_letters_of_many_threads_arrive_in_the_order_of_each(other: OtherLoop) -> None:
    seen: list[tuple[int, int]] = []
    done = threading.Event()

    def post(thread: int) -> None:
        for number in range(2000):
            other.mailbox.post(seen.append, (thread, number))

    threads = [threading.Thread(target=post, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    other.mailbox.post(done.set)
    assert done.wait(5)
    for thread in range(4):
        assert [n for t, n in seen if t == thread] == list(range(2000))


def test_letters_under_way_share_one_wake_up(other: OtherLoop) -> None:
    done = threading.Event()
    other.hold()
    before = other.loop.wakes
    for _ in range(1000):
        other.mailbox.post(int)
    other.mailbox.post(done.set)
    other.release()
    assert done.wait(5)
    assert other.loop.wakes == before + 1


def test_a_letter_that_raises_takes_no_others_along(other: OtherLoop) -> None:
    reports: list[dict[str, Any]] = []
    other.loop.set_exception_handler(lambda _, context: reports.append(context))
    done = threading.Event()
    other.hold()
    other.mailbox.post(int, "no number")
    other.mailbox.post(done.set)
    other.release()
    assert done.wait(5)
    assert [type(report["exception"]) for report in reports] == [ValueError]


def test_a_loop_that_has_ended_takes_no_letters(other: OtherLoop) -> None:
    async def nothing() -> None:
        pass

    async def scenario() -> None:
        with pytest.raises(RuntimeError, match="closed"):
            await other.mailbox.run(nothing)

    other.end()
    for _ in range(2):
        with pytest.raises(RuntimeError, match="closed"):
            other.mailbox.post(int)
    run(scenario)


def test_loops_call_each_other_by_the_thousand(other: OtherLoop) -> None:
    """Both wake each other all the time, which no two threads may do in one context."""

    async def back(number: int, home: Mailbox) -> int:
        return await home.run(asyncio.sleep, 0, number + 1)

    async def calls(start: int) -> None:
        for number in range(start, start + 200):
            assert await other.mailbox.run(back, number, mailbox()) == number + 1

    async def scenario() -> None:
        await asyncio.gather(*(calls(start) for start in range(20)))

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)  # so that threads meet anywhere
    try:
        run(scenario)
    finally:
        sys.setswitchinterval(interval)


variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="")


def test_a_task_elsewhere_sees_the_variables_of_here(other: OtherLoop) -> None:
    async def look() -> str:
        found = variable.get()
        variable.set("from there")
        return found

    async def scenario() -> None:
        variable.set("from here")
        assert await other.mailbox.run(look) == "from here"
        assert variable.get() == "from here"

    run(scenario)


def test_work_that_nobody_waits_for_is_not_begun(
    other: OtherLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loop may come to it after it was given up, and before it is told so."""
    ran = threading.Event()
    late: list[Any] = []
    post = Mailbox.post

    def withheld(self: Mailbox, *letter: Any) -> None:
        if self is other.mailbox and late:
            late.append(letter)
        else:
            late.append(None)
            post(self, *letter)

    async def works() -> None:
        ran.set()

    async def scenario() -> None:
        with monkeypatch.context() as patch:
            patch.setattr(Mailbox, "post", withheld)
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(other.mailbox.run(works), 0.05)
        assert len(late) == 2
        other.release()
        await other.mailbox.run(asyncio.sleep, 0)

    other.hold()
    run(scenario)
    assert not ran.is_set()


def test_who_gives_up_before_the_start_prevents_it(other: OtherLoop) -> None:
    ran = threading.Event()

    async def works() -> None:
        ran.set()

    async def scenario() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(other.mailbox.run(works), 0.05)
        other.release()
        await other.mailbox.run(asyncio.sleep, 0)

    other.hold()
    run(scenario)
    assert not ran.is_set()


@pytest.mark.parametrize("make", [HandlerPool, ThreadPoolExecutor])
def test_a_cancelled_job_never_runs(make: Callable[..., Executor]) -> None:
    release, ran = threading.Event(), threading.Event()

    async def scenario() -> None:
        with make(1) as pool:
            busy = asyncio.ensure_future(in_thread(pool, release.wait, 10))
            queued = asyncio.ensure_future(in_thread(pool, ran.set))
            await asyncio.sleep(0)
            queued.cancel()
            release.set()
            assert await busy
            assert await in_thread(pool, str, "next") == "next"

    run(scenario)
    assert not ran.is_set()


@pytest.mark.parametrize("make", [HandlerPool, ThreadPoolExecutor])
def test_jobs_that_a_pool_drops_are_cancelled(make: Callable[..., Executor]) -> None:
    release = threading.Event()

    async def scenario() -> None:
        pool = make(1)
        busy = asyncio.ensure_future(in_thread(pool, release.wait, 10))
        queued = [asyncio.ensure_future(in_thread(pool, int)) for _ in range(3)]
        await asyncio.sleep(0)
        pool.shutdown(wait=False, cancel_futures=True)
        for reply in queued:
            with pytest.raises(asyncio.CancelledError):
                await asyncio.wait_for(reply, 5)
        release.set()
        assert await busy
        with pytest.raises(RuntimeError):
            await in_thread(pool, int)

    run(scenario)


def test_a_thread_knows_that_nobody_waits_any_more() -> None:
    begun, cancelled, told = (threading.Event() for _ in range(3))
    found: list[bool] = []

    def works() -> None:
        found.append(abandoned())
        begun.set()
        assert cancelled.wait(5)
        found.append(abandoned())
        told.set()

    async def scenario() -> None:
        with HandlerPool(1) as pool:
            reply = asyncio.ensure_future(in_thread(pool, works))
            assert await asyncio.to_thread(begun.wait, 5)
            reply.cancel()
            cancelled.set()
            assert await asyncio.to_thread(told.wait, 5)
            assert await in_thread(pool, abandoned) is False  # the next job's own
        assert not abandoned()

    run(scenario)
    assert found == [False, True]


@pytest.mark.parametrize(
    "error", [StopIteration(), GeneratorExit(), SystemExit(1), KeyboardInterrupt()]
)
def test_exceptions_that_would_end_a_loop_stay_behind(
    error: BaseException, other: OtherLoop
) -> None:
    def function() -> None:
        raise error

    async def coroutine() -> None:
        raise error

    async def scenario() -> None:
        name = type(error).__name__
        with HandlerPool(1) as pool:
            with pytest.raises(RuntimeError, match=name) as raised:
                await in_thread(pool, function)
            assert raised.value.__cause__ is error
            assert await in_thread(pool, str, "next") == "next"
        if isinstance(error, StopIteration):
            name = "coroutine raised StopIteration"
        with pytest.raises(RuntimeError, match=name):
            await other.mailbox.run(coroutine)
        assert await other.mailbox.run(asyncio.sleep, 0, "next") == "next"

    run(scenario)
