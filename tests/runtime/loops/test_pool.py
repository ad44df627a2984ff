"""Does the pool stay bounded, grow while its threads wait for a peer, and shrink again?"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from plugwright_runtime.loops.pool import HandlerPool, this_thread_serves, waiting


@pytest.fixture
def pool() -> Iterator[HandlerPool]:
    pool = HandlerPool(threads=2, most=6, name="under-test")
    yield pool
    pool.shutdown()


def alive() -> int:
    return sum(t.name.startswith("under-test") for t in threading.enumerate())


def eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 5
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.005)
    return condition()


def test_results_and_exceptions(pool: HandlerPool) -> None:
    assert pool.submit(divmod, 7, 2).result(5) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        pool.submit(divmod, 7, 0).result(5)
    with pytest.raises(SystemExit):
        pool.submit(exit, 3).result(5)
    assert pool.submit(len, "abc").result(5) == 3
    assert alive() <= 2


def test_work_beyond_the_threads_queues(pool: HandlerPool) -> None:
    go, running = threading.Event(), threading.Semaphore(0)

    def work() -> None:
        running.release()
        assert go.wait(5)

    futures = [pool.submit(work) for _ in range(8)]
    assert running.acquire(timeout=5)
    assert running.acquire(timeout=5)
    assert not running.acquire(timeout=0.1)
    assert alive() == 2
    go.set()
    for future in futures:
        future.result(5)


def test_threads_that_wait_make_room(pool: HandlerPool) -> None:
    def nested(depth: int) -> int:
        if depth == 0:
            return 0
        with waiting():
            return pool.submit(nested, depth - 1).result(5) + 1

    assert pool.submit(nested, 5).result(10) == 5
    assert eventually(lambda: alive() <= 2)
    assert pool.submit(nested, 5).result(10) == 5


def test_there_is_a_bound(pool: HandlerPool) -> None:
    go, running = threading.Event(), threading.Semaphore(0)

    def work() -> None:
        with waiting():
            running.release()
            assert go.wait(10)

    futures = [pool.submit(work) for _ in range(20)]
    for _ in range(6):
        assert running.acquire(timeout=5)
    assert not running.acquire(timeout=0.1)
    assert alive() == 6
    go.set()
    for future in futures:
        future.result(10)
    assert eventually(lambda: alive() <= 2)


def test_a_cancelled_job_never_runs(pool: HandlerPool) -> None:
    go = threading.Event()
    blocking = [pool.submit(go.wait, 5) for _ in range(2)]
    ran = threading.Event()
    future = pool.submit(ran.set)
    assert future.cancel()
    go.set()
    for other in blocking:
        other.result(5)
    assert pool.submit(len, "").result(5) == 0
    assert not ran.is_set()


def test_after_shutdown_nothing_is_taken() -> None:
    pool = HandlerPool(threads=2, name="closed")
    go, running = threading.Event(), threading.Semaphore(0)

    def work() -> None:
        running.release()
        go.wait(5)

    busy = [pool.submit(work) for _ in range(2)]
    for _ in busy:
        assert running.acquire(timeout=5)
    queued = pool.submit(len, "")
    pool.shutdown(wait=False, cancel_futures=True)
    assert queued.cancelled()
    with pytest.raises(RuntimeError, match="stopping"):
        pool.submit(len, "")
    go.set()
    pool.shutdown()
    assert not any(t.name.startswith("closed") for t in threading.enumerate())


def test_the_loop_may_not_wait() -> None:
    """In a thread of its own: the mark stays."""
    seen: list[str] = []

    async def serve() -> None:
        this_thread_serves()
        try:
            with waiting():
                raise AssertionError("it may")
        except RuntimeError as error:
            seen.append(str(error))

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    thread.join()
    assert "would block the event loop" in seen[0]
    with waiting():  # elsewhere it means nothing
        pass
