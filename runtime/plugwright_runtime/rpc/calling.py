"""How does a unary call get its answer, whatever the method of the application does?

The bytes of a request in, those of an answer out. A coroutine runs in the place of coroutines, a
function in a thread. A method that raises, takes too long, cancels itself or finds no thread is
answered as its kind of call tells failures, in time: nothing here waits for what does not end.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import math
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any

import grpc

from ..failure_log import FAILED_BADLY, report
from ..limits import STATUS_BYTES
from ..loops.calling import ends_the_call, is_coroutine_function
from ..loops.crossing import Overloaded, adopt, cancelled, in_thread
from ..loops.deadlines import Deadlines, lift
from ..loops.places import Here, Place
from .ended import Ended


@dataclass(frozen=True, slots=True)
class Running:
    """How methods run: functions in `executor`, coroutines in `place`, all of them by one timer.

    `status_bytes`: of the details of an error that callers take.
    """

    executor: Executor
    place: Place = field(default_factory=Here)
    status_bytes: int = STATUS_BYTES
    deadlines: Deadlines = field(default_factory=Deadlines)


class UserCall(ABC):
    """A method of the application, as it is called from afar.

    `arguments` makes those of the method of what `seen` has, `encode` the answer of its result.
    `timeout`: seconds. `last_resort`: the answer where nothing can be told of a failure, None if
    that is a status.
    """

    arguments: Callable[..., Iterable[Any]]
    encode: Callable[[Any], bytes]
    timeout: float = math.inf
    last_resort: bytes | None = None

    def __init__(
        self, name: str, method: Callable[..., Any], running: Running, log: logging.Logger
    ) -> None:
        self.name = name
        self.method = method
        self.is_async = is_coroutine_function(method)
        self.executor = running.executor
        self.place = running.place
        self.deadlines = running.deadlines
        self.most = running.status_bytes
        self.log = log

    @abstractmethod
    def seen(self, data: bytes, context: Any) -> tuple[Any, ...]:
        """What the method may see of a call, of which nothing can be asked from elsewhere."""

    @abstractmethod
    def told(self, error: BaseException) -> bytes:
        """The answer to a call that failed; raises `Ended` if a status says it.

        An `error` that is an `Ended` says what befell the call beside its method.
        """

    async def serve(self, data: bytes, context: Any) -> bytes:
        """The handler of grpc.aio."""
        try:
            return await self._in_time(*self.seen(data, context))
        except Ended as ended:
            await context.abort(*ended.status(self.most))  # which raises
            raise

    async def _in_time(self, *seen: Any) -> bytes:
        task = self.deadlines.start(self.timeout)
        timed_out = False
        try:
            try:
                if self.is_async:
                    return await self.place.run(self.awaited, None, *seen)
                return await self._in_thread(*seen)
            finally:
                timed_out = self.deadlines.stop(task)
        except (Ended, GeneratorExit):  # the latter ends the loop
            raise
        except BaseException as error:
            if timed_out and isinstance(error, asyncio.CancelledError):
                text = f"the handler of {self.name} took longer than {self.timeout:g} s"
                return self.failed(Ended(grpc.StatusCode.DEADLINE_EXCEEDED, text))
            if cancelled():
                raise
            return self.failed(error)  # there is no thread for it, or its task ended before it

    async def _in_thread(self, *seen: Any) -> bytes:
        variables = contextvars.copy_context()
        answer = await in_thread(self.executor, self._function, *seen, variables=variables)
        if isinstance(answer, bytes):
            return answer
        adopt(variables)
        return await self.place.run(self.awaited, answer)

    def _function(self, *seen: Any) -> bytes | Awaitable[Any]:
        """In a thread: the answer, or what is to be awaited for it."""
        try:
            result = self.method(*self.arguments(*seen))
            return result if isinstance(result, Awaitable) else self.encode(result)
        except BaseException as error:
            return self.failed(error)
        finally:
            lift()

    async def awaited(self, begun: Awaitable[Any] | None, *seen: Any) -> bytes:
        """The answer that comes of `begun`, or if that is None of a coroutine of the method."""
        try:
            result = self.method(*self.arguments(*seen)) if begun is None else begun
            return self.encode(await result)
        except BaseException as error:
            if ends_the_call(error):
                raise
            return self.failed(error)
        finally:
            lift()

    def failed(self, error: BaseException) -> bytes:
        """As `told`, but raises nothing but `Ended`, whatever the application made of `error`."""
        try:
            if isinstance(error, Overloaded):
                error = Ended(grpc.StatusCode.RESOURCE_EXHAUSTED, str(error), error)
            return self.told(error)
        except Ended:
            raise
        except BaseException as failure:
            report(self.log, failure, "%s: %s", self.name, FAILED_BADLY)
            if self.last_resort is None:
                raise Ended(grpc.StatusCode.INTERNAL, FAILED_BADLY) from None
            return self.last_resort
