"""What if all threads of a pool wait, or never come back? Calls are refused or named, not lost."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import pytest
from plugwright_runtime.loops import pool as pools
from plugwright_runtime.loops import stall
from plugwright_runtime.loops.crossing import Overloaded
from plugwright_runtime.loops.pool import HandlerPool, waiting

MOST = 24


@pytest.fixture
def pool() -> Iterator[HandlerPool]:
    pool = HandlerPool(threads=8, most=MOST, name="under-test")
    yield pool
    pool.shutdown()


def outcomes(futures: list[Future[Any]]) -> list[Any]:
    return [future.exception(60) or future.result() for future in futures]


def test_nested_calls_beyond_the_threads_cost_a_few_and_no_time(
    pool: HandlerPool, caplog: Any
) -> None:
    """Each call waits for its host, which waits for a call of its own."""

    def nested() -> str:
        return "done"

    def call() -> Any:
        with waiting():
            if arrivals.acquire(blocking=False):
                everywhere.wait(30)  # until no thread is left
            all_there.wait(30)  # the newest calls are nested ones
            return pool.submit(nested).result(30)

    arrivals, everywhere = threading.Semaphore(MOST), threading.Barrier(MOST)
    all_there = threading.Event()
    begun = time.monotonic()
    calls = [pool.submit(call) for _ in range(10 * MOST)]
    all_there.set()
    results = outcomes(calls)
    assert time.monotonic() - begun < 25
    refused = [r for r in results if isinstance(r, Overloaded)]
    assert 0 < len(refused) <= MOST
    assert results.count("done") == len(results) - len(refused)
    assert "threads wait for the host" in str(refused[0])
    assert "threads wait for the host" in caplog.text


def test_a_burst_for_a_slow_host_is_queued(
    pool: HandlerPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All threads wait time and again, but the host answers."""
    monkeypatch.setattr(pools, "STUCK_SECONDS", 5.0)

    def call() -> str:
        with waiting():
            time.sleep(0.02)
        return "done"

    assert set(outcomes([pool.submit(call) for _ in range(40 * MOST)])) == {"done"}


def test_the_newest_calls_are_refused_until_one_gets_free(pool: HandlerPool) -> None:
    go, held_up = threading.Event(), threading.Semaphore(0)

    def stays() -> None:
        with waiting():
            held_up.release()
            go.wait(60)

    held = [pool.submit(stays) for _ in range(MOST)]
    for _ in held:
        assert held_up.acquire(timeout=30)
    futures = [pool.submit(len, "") for _ in range(20)]
    assert isinstance(futures[-1].exception(60), Overloaded)
    assert isinstance(futures[0].exception(60), Overloaded)
    go.set()
    assert outcomes(held) == [None] * MOST
    assert pool.submit(len, "abc").result(10) == 3


def test_a_pool_that_is_stuck_without_a_further_thread_is_relieved_later(
    pool: HandlerPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, held_up = threading.Event(), threading.Semaphore(0)

    def stays() -> None:
        with waiting():
            held_up.release()
            go.wait(60)

    def refuses(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    held = [pool.submit(stays) for _ in range(MOST)]
    for _ in held:
        assert held_up.acquire(timeout=30)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuses)
        futures = [pool.submit(len, "")]
    futures.append(pool.submit(len, ""))
    for future in futures:
        assert isinstance(future.exception(60), Overloaded)
    go.set()
    assert outcomes(held) == [None] * MOST


def test_functions_that_never_return_are_named(pool: HandlerPool, caplog: Any) -> None:
    go, running = threading.Event(), threading.Semaphore(0)

    def query_without_a_timeout() -> None:
        running.release()
        go.wait(60)

    held = [pool.submit(query_without_a_timeout) for _ in range(8)]
    for _ in held:
        assert running.acquire(timeout=30)
    with caplog.at_level(logging.WARNING):
        tick()
        assert not caplog.records, "nobody waits"
        queued = pool.submit(len, "")
        tick()
        tick()
    (record,) = caplog.records
    assert "1 calls wait for one of 8 threads; 8 of them are here" in record.getMessage()
    assert "query_without_a_timeout" in record.getMessage()
    go.set()
    assert queued.result(30) == 0
    assert outcomes(held) == [None] * 8


def tick() -> None:
    for _ in range(stall.STALLED_TICKS + 2):
        stall.tick(0.25)


def test_a_pool_that_gets_no_thread_says_so_and_recovers(
    pool: HandlerPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuses)
        with pytest.raises(RuntimeError, match="new thread"):
            pool.submit(len, "")
    assert pool.submit(len, "ab").result(10) == 2
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuses)
        queued = [pool.submit(len, "abc") for _ in range(5)]
    assert outcomes(queued) == [3] * 5
