"""How is code of the application called, be it a function or a coroutine function?

A coroutine runs on the loop of who calls it, a function in a thread, and what that returns to be
awaited is awaited on the loop. Hooks, servicers, web handlers and the end of a plugin all ask here;
it stands below `http`, which knows nothing of gRPC. How a unary call of gRPC gets its answer in
time, `rpc.calling` knows.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any, TypeVar, TypeVarTuple, Unpack

from .crossing import adopt, given_up, in_thread

A = TypeVarTuple("A")
T = TypeVar("T")


def is_coroutine_function(function: object) -> bool:
    """Whether a call of `function`, which may be an object with `__call__`, gives a coroutine."""
    method = inspect.getattr_static(type(function), "__call__", None)
    return any(map(inspect.iscoroutinefunction, (function, method)))


def ends_the_call(error: BaseException) -> bool:
    """Whether `error` says that the one who called gave up, and is no failure of the application.

    That can cancel its own task, or leak the cancellation of another.
    """
    return given_up() and isinstance(error, asyncio.CancelledError)


class Threads:
    """The threads that functions of the application run in, for one loop."""

    def __init__(self, executor: Executor) -> None:
        self.executor = executor

    async def run(self, function: Callable[[Unpack[A]], T], *args: *A) -> T:
        """The outcome of a function, which sees and sets the context variables of here."""
        variables = contextvars.copy_context()
        result = await in_thread(self.executor, function, *args, variables=variables)
        adopt(variables)
        return result

    async def call(self, function: Callable[[Unpack[A]], Any], *args: *A) -> Any:
        """What `function(*args)` gives in the end: a coroutine runs here, all else in a thread."""
        if is_coroutine_function(function):
            return await function(*args)
        result = await self.run(function, *args)
        return await result if inspect.isawaitable(result) else result
