"""How does the code of modules run, so that nothing it does ends the process or its event loop?

Functions run in threads, coroutines on the loop; whatever they raise, `sys.exit()` too, arrives as
a `UserError`, which says what the app is told.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import logging
from collections.abc import Callable
from typing import Any

from plugwright_runtime.errors import PluginAPIError, PlugwrightError, text_of
from plugwright_runtime.failure_log import report
from plugwright_runtime.loops.calling import ends_the_call
from plugwright_runtime.loops.crossing import adopt
from plugwright_runtime.loops.pool import HandlerPool

TEXT_LENGTH = 10_000  # of an error; what is longer helps nobody
_MAX_CODE = 2**63 - 1


class UserError(Exception):
    """The code of a module has raised `cause`. `text`, `code`: what the app is told."""

    def __init__(self, cause: BaseException) -> None:
        super().__init__()
        self.cause = cause
        # Asked of the type: an exception may fail to say what it is.
        self.meant = issubclass(type(cause), PlugwrightError)
        text = text_of(cause)
        if self.meant and isinstance(cause, PluginAPIError):
            text = str(cause.message) or text
        elif not self.meant:
            text = f"{type(cause).__name__}: {text}".removesuffix(": ")
        self.text = readable(text) or type(cause).__name__
        self.code = 1
        if self.meant and isinstance(cause, PluginAPIError):
            code: Any = cause.error_code
            if isinstance(code, int) and 1 < code <= _MAX_CODE:
                self.code = int(code)


def readable(text: str) -> str:
    """`text` as a message can carry it."""
    text = text if len(text) <= TEXT_LENGTH else text[:TEXT_LENGTH] + "…"
    return text.encode("utf-8", "replace").decode()


class Runner:
    """Runs the code of modules. `logger`: where unexpected failures are told."""

    def __init__(self, logger: logging.Logger) -> None:
        self._pool = HandlerPool()
        self._logger = logger

    async def run(self, function: Callable[..., Any], *args: Any) -> Any:
        """The result of a function or coroutine function; raises UserError.

        If the call is given up meanwhile, a coroutine is cancelled. A thread cannot be: it is
        waited for, so that nothing else touches the session until it is done.
        """
        if inspect.iscoroutinefunction(function):
            return await self._awaited(function(*args))
        variables = contextvars.copy_context()
        job = asyncio.get_running_loop().run_in_executor(
            self._pool, lambda: variables.run(_outcome, function, args)
        )
        try:
            result, error = await asyncio.shield(job)
        except asyncio.CancelledError:
            await asyncio.wait({job})
            raise
        if error is not None:
            raise UserError(error)
        if not inspect.isawaitable(result):
            return result
        adopt(variables)
        return await self._awaited(result)

    async def _awaited(self, awaitable: Any) -> Any:
        try:
            return await awaitable
        except (GeneratorExit, UserError):
            raise
        except BaseException as error:
            if ends_the_call(error):
                raise
            raise UserError(error) from error

    def log(self, what: str, error: UserError) -> None:
        """Tell the log of a failure that nobody meant."""
        if not error.meant:
            report(self._logger, error.cause, "%s failed", what)

    def stop(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)


def _outcome(
    function: Callable[..., Any], args: tuple[Any, ...]
) -> tuple[Any, BaseException | None]:
    # A future cannot hold every exception: StopIteration would leave its awaiter hanging.
    try:
        return function(*args), None
    except BaseException as error:
        return None, error
