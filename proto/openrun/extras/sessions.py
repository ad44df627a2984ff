"""What does a provider keep during one request of an app, and how is it released?

A `Session` is what a module sees: its own state and its deferred cleanups. A `RequestSession` is
all of one request: the sessions of its modules, and cursors. Calls of one request never overlap.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from openrun_plugin import models

from .cursors import OpenCursor
from .running import Runner, UserError
from .values import Cursor, FuncRef

# How long the end of a session waits for a call that the app has given up.
END_SECONDS = 5.0
CALLBACK = "_callback"

_cursor_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class _Deferred:
    cleanup: Callable[[], Any]
    strict: bool


class Session:
    """One request of the app, as one module and account see it.

    `id`: names the request. `state`: what the module keeps between the calls of the request; gone
    when it ends.
    """

    def __init__(self, request: RequestSession, owner: str) -> None:
        self._request = request
        self._owner = owner
        self.id = request.id
        self.state: dict[str, Any] = {}

    def defer(self, key: str, cleanup: Callable[[], Any], *, strict: bool = False) -> None:
        """Call `cleanup`, a function or coroutine function, when the request ends.

        Cleanups run in reverse order, each of them whether others fail or not. `strict`: the app
        must see to it before (commit, say), or its request fails with an error that names `key`.
        ValueError if something is deferred under `key` already, RuntimeError after the end.
        """
        self._request.defer(self._key(key), cleanup, strict)

    def forget(self, key: str) -> bool:
        """Do not call the cleanup of `key` any more; whether there was one."""
        return self._request.forget(self._key(key))

    def _key(self, key: str) -> str:
        return f"{self._owner}:{key}"


class RequestSession:
    """One request of the app, in all modules. The lock is held during each call."""

    def __init__(self, id: str, runner: Runner) -> None:
        self.id = id
        self.lock = asyncio.Lock()
        self.ended = False
        self._runner = runner
        self._deferred: dict[str, _Deferred] = {}
        self._sessions: dict[str, Session] = {}
        self._cursors: dict[str, OpenCursor] = {}
        self._callbacks: dict[tuple[str, int], Callable[[], Any]] = {}

    def of(self, owner: str) -> Session:
        """The session that the module and account `owner` sees."""
        if owner not in self._sessions:
            self._sessions[owner] = Session(self, owner)
        return self._sessions[owner]

    def defer(self, key: str, cleanup: Callable[[], Any], strict: bool) -> None:
        if self.ended:
            raise RuntimeError("the request has ended: nothing can be deferred")
        if key in self._deferred:
            raise ValueError(f"{key} is deferred already; forget it first")
        self._deferred[key] = _Deferred(cleanup, strict)

    def forget(self, key: str) -> bool:
        return self._deferred.pop(key, None) is not None

    def strict_keys(self) -> list[str]:
        """The keys of what the app must still release, oldest first."""
        return [key for key, entry in self._deferred.items() if entry.strict]

    def open_cursor(self, cursor: Cursor, name: str) -> models.Cursor:
        """Keep `cursor`, the result of the function `name`; its handle."""
        key = f"{name} cursor {next(_cursor_numbers)}"
        opened = OpenCursor(cursor.items, name, self._runner)
        self.defer(key, opened.close, False)
        self._cursors[key] = opened
        return models.Cursor(cursor_id=key, type_name=cursor.type_name or name, leak_key=key)

    def cursor(self, cursor_id: str) -> OpenCursor | None:
        return self._cursors.get(cursor_id)

    async def close_cursor(self, cursor_id: str) -> None:
        """Close a cursor, if it is open; raises UserError if that fails."""
        opened = self._cursors.pop(cursor_id, None)
        if opened is not None:
            self.forget(cursor_id)
            await self._runner.run(opened.close)

    def keep_callback(self, owner: str, callback: Callable[[], Any]) -> FuncRef:
        """Keep `callback` until the request ends; what the app calls it by."""
        number = len(self._callbacks)
        self._callbacks[owner, number] = callback
        return FuncRef(CALLBACK, (number,))

    def callback(self, owner: str, number: Any) -> Callable[[], Any] | None:
        known = isinstance(number, int)
        return self._callbacks.get((owner, number)) if known else None

    async def end(self, seconds: float = END_SECONDS) -> list[str]:
        """Run the cleanups, the last one first; what failed. A call that runs gets `seconds`."""
        self.ended = True
        waited = await self._wait_for_call(seconds)
        problems: list[str] = []
        while self._deferred:
            key, entry = self._deferred.popitem()
            try:
                await self._runner.run(entry.cleanup)
            except UserError as error:
                self._runner.log(f"the cleanup of {key}", error)
                problems.append(f"{key}: {error.text}")
        if waited:
            self.lock.release()
        return problems

    async def _wait_for_call(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self.lock.acquire(), seconds)
        except TimeoutError:
            return False
        return True
