"""When does an ASGI application start up and shut down?

`Lifespan` speaks the ASGI lifespan protocol with one application: started before its first request,
once per event loop, stopped by `shutdown`. An application that does not know the protocol is served
without it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final, TypeAlias

from ..exceptions import PlugwrightError
from ..failure_log import report

Message: TypeAlias = MutableMapping[str, Any]
Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
ASGIApp: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

ASGI_VERSION: Final = {"version": "3.0", "spec_version": "2.4"}


class LifespanFailed(PlugwrightError):
    """The application said that it cannot start; each of its requests is answered with 500."""


class Lifespan:
    """One run of an application on the event loop that is running now."""

    def __init__(self, app: ASGIApp, logger: logging.Logger) -> None:
        self.loop = asyncio.get_running_loop()
        self.state: dict[str, Any] = {}
        """What the application keeps for its requests; each gets a shallow copy."""
        self._app = app
        self._logger = logger
        self._events: asyncio.Queue[Message] = asyncio.Queue()
        self._events.put_nowait({"type": "lifespan.startup"})
        self._started: asyncio.Future[str | None] = self.loop.create_future()
        self._task = self.loop.create_task(self._run())

    async def started(self) -> None:
        """Returns when requests may be served. Raises `LifespanFailed` with the application's
        reason.
        """
        reason = await asyncio.shield(self._started)
        if reason is not None:
            raise LifespanFailed(
                f"the ASGI application did not start: {reason or 'no reason given'}"
            )

    async def shutdown(self, grace: float) -> None:
        """Lets the application shut down; after `grace` seconds it is cancelled. Never raises for
        its failures.
        """
        self._events.put_nowait({"type": "lifespan.shutdown"})
        await asyncio.wait({self._task}, timeout=grace)
        if not self._task.done():
            self._logger.warning("asgi application did not shut down within %.1f s", grace)
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=grace)

    async def _run(self) -> None:
        scope = {"type": "lifespan", "asgi": dict(ASGI_VERSION), "state": self.state}
        try:
            await self._app(scope, self._events.get, self._send)
        except (Exception, SystemExit) as error:
            # Before startup.complete this is how an application says that it knows no lifespan.
            if not self._started.done():
                self._logger.debug("asgi application has no lifespan: %r", error)
            elif self._started.result() is None:
                report(self._logger, error, "asgi lifespan failed")
        finally:
            _resolve(self._started, None)

    async def _send(self, message: Message) -> None:
        kind = message["type"]
        if kind == "lifespan.startup.complete":
            _resolve(self._started, None)
        elif kind == "lifespan.startup.failed":
            reason = str(message.get("message", ""))
            self._logger.error("asgi application did not start: %s", reason)
            _resolve(self._started, reason)
        elif kind == "lifespan.shutdown.failed":
            if not self._task.cancelling():  # a cancelled application has said nothing new
                self._logger.error("asgi shutdown failed: %s", message.get("message", ""))
        elif kind != "lifespan.shutdown.complete":
            raise RuntimeError(f"message {kind!r} is not part of the ASGI lifespan protocol")


def _resolve(future: asyncio.Future[str | None], result: str | None) -> None:
    if not future.done():
        future.set_result(result)
