"""Which hooks does a plugin's process call itself, before the host's first call of another?

Some hosts leave a call to the process of the plugin, such as that of "the configuration may have
changed" before "you are active". `with_preludes` takes what serves each hook and the table that
says which hook comes before which; out come the same, of which those concerned do so. A hook that
the host has called already is not called again; a failure is logged and nothing else.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

Serve: TypeAlias = Callable[[bytes, Any], Awaitable[bytes]]


def with_preludes(
    calls: Mapping[str, Serve],
    before: Mapping[str, tuple[str, ...]],
    log: logging.Logger,
) -> dict[str, Serve]:
    """`calls`, and what serves the hooks that the plugin does not handle itself but must hear of.

    `before`: hook -> hooks without arguments that come before it. Their answers, and that of the
    hook, are empty unless they tell of a failure.
    """
    made = dict(calls)
    for hook, names in before.items():
        early = {name: made[name] for name in names if name in made}
        if early:
            prelude = _Prelude(hook, made.get(hook, _nothing), early, log)
            made[hook] = prelude.serve
            made |= {name: prelude.noticed(name) for name in early}
    return made


async def _nothing(data: bytes, context: Any) -> bytes:
    return b""


class _Prelude:
    """The hooks `early`, before the first call of `hook`."""

    def __init__(
        self, hook: str, serve: Serve, early: Mapping[str, Serve], log: logging.Logger
    ) -> None:
        self.hook = hook
        self._serve = serve
        self._early = early
        self._due = list(early)
        self._log = log

    def noticed(self, name: str) -> Serve:
        """What serves the hook `name`, which then need not be called from here."""
        call = self._early[name]

        async def serve(data: bytes, context: Any) -> bytes:
            if name in self._due:
                self._due.remove(name)
            return await call(data, context)

        return serve

    async def serve(self, data: bytes, context: Any) -> bytes:
        while self._due:
            await self._call(self._due.pop(0), context)
        return await self._serve(data, context)

    async def _call(self, name: str, context: Any) -> None:
        try:
            failed = await self._early[name](b"", _Unended(context))
        except Exception:
            self._log.exception("%s failed; %s goes on", name, self.hook)
            return
        if failed:
            self._log.error("%s failed; %s goes on", name, self.hook)


class _Unended:
    """The context of a call that goes on whatever becomes of the calls before it."""

    def __init__(self, context: Any) -> None:
        self._context = context

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)

    async def abort(self, code: Any, details: str = "", *more: Any) -> None:
        raise RuntimeError(f"{code.name}: {details}")
