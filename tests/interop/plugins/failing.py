"""Fails in every unary hook, in the way that INTEROP_FAILURE names; INTEROP_CLOSED: fail closed."""

from __future__ import annotations

import asyncio
import os
import time
from typing import Any

from mattermost_plugin import NotFoundError, Plugin, Reject, run_plugin
from mattermost_plugin.hooks import HOOKS

FAILURE = os.environ["INTEROP_FAILURE"]
CLOSED = Reject("not today") if os.environ.get("INTEROP_CLOSED") else None


class Odd:
    """What no hook accepts."""


def function(name: str) -> Any:
    def handle(self: Any, *arguments: Any) -> Any:
        if FAILURE == "raise":
            raise ValueError(f"broken {name}")
        if FAILURE == "api error":
            raise NotFoundError("gone", id="app.gone", where="there", detailed_error="details")
        if FAILURE == "sleep":
            time.sleep(0.6)
        return Odd()

    return handle


def coroutine(name: str) -> Any:
    inner = function(name)

    async def handle(self: Any, *arguments: Any) -> Any:
        if FAILURE == "sleep":
            await asyncio.sleep(30)
        return inner(self, *arguments)

    return handle


members: dict[str, Any] = {}
for number, spec in enumerate(HOOKS.specs.values()):
    if spec.family != "http":
        made = (function, coroutine)[number % 2](spec.name)
        on_error = CLOSED if spec.rejected else None
        members[f"on_{number}"] = HOOKS.hook(spec.name, on_error=on_error)(made)
Failing: type[Plugin] = type("Failing", (Plugin,), members)

if __name__ == "__main__":
    run_plugin(Failing)
