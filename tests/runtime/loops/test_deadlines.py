"""Is a task stopped when its time is up, no sooner, and is it whole afterwards?"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable

import pytest
from plugwright_runtime.loops.deadlines import Deadlines, lift, remaining

HOUR = 3600.0


async def timed(
    deadlines: Deadlines, seconds: float, work: Callable[[], Awaitable[object]]
) -> bool:
    """Whether the time of `work` was up."""
    task = deadlines.start(seconds)
    try:
        await work()
    except asyncio.CancelledError:
        if deadlines.stop(task):
            return True
        raise
    return deadlines.stop(task)


async def for_ever() -> None:
    await asyncio.Event().wait()


async def nothing() -> None:
    pass


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        await asyncio.wait_for(scenario(), 60)

    asyncio.run(bounded())


def test_a_task_goes_on_after_its_time_was_up_as_if_nothing_had_been() -> None:
    async def scenario() -> None:
        task = asyncio.current_task()
        assert task is not None
        assert await timed(Deadlines(), 0.01, for_ever)
        assert task.cancelling() == 0
        async with asyncio.timeout(HOUR):  # which looks at that number, too
            await asyncio.sleep(0)

    run(scenario)


def test_the_earliest_is_first_whatever_began_first() -> None:
    async def scenario() -> None:
        deadlines = Deadlines()
        late = asyncio.create_task(timed(deadlines, HOUR, for_ever))
        await asyncio.sleep(0)
        assert await asyncio.create_task(timed(deadlines, 0.01, for_ever))
        middle = asyncio.create_task(timed(deadlines, 0.02, for_ever))
        assert await middle
        assert not late.done()
        late.cancel()
        with pytest.raises(asyncio.CancelledError):
            await late

    run(scenario)


def test_a_second_deadline_comes_after_the_first() -> None:
    async def scenario() -> None:
        deadlines = Deadlines()
        both = [asyncio.create_task(timed(deadlines, s, for_ever)) for s in (0.01, 0.05)]
        assert await asyncio.gather(*both) == [True, True]

    run(scenario)


def test_who_is_done_in_time_is_not_cancelled_later() -> None:
    async def scenario() -> None:
        deadlines = Deadlines()
        assert not await timed(deadlines, 0.01, nothing)
        await asyncio.sleep(0.05)
        task = asyncio.current_task()
        assert task is not None
        assert task.cancelling() == 0

    run(scenario)


def test_what_a_handler_calls_gets_the_time_it_has_left() -> None:
    async def scenario() -> None:
        seen: list[float] = []

        async def work() -> None:
            seen.append(remaining())
            later = asyncio.create_task(asyncio.to_thread(remaining))
            seen.append(await later)
            lift()
            seen.append(remaining())

        assert remaining() == math.inf
        await timed(Deadlines(), HOUR, work)
        assert HOUR - 60 < seen[1] <= seen[0] <= HOUR
        assert seen[2] == math.inf

    run(scenario)
