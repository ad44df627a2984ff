"""What may a handler on another loop ask of its call's context, and what once the call is over?"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from plugwright_runtime.loops.crossing import mailbox
from plugwright_runtime.rpc.bridged_calls import BridgedContext

ACTS: dict[str, tuple[Any, ...]] = {
    "read": (),
    "write": (b"message",),
    "send_initial_metadata": ((("key", "value"),),),
    "abort": (5, "text", (("key", b"value"),)),
    "abort_with_status": ("status",),
}


class Context:
    """gRPC's, which notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.callbacks: list[Any] = []

    def invocation_metadata(self) -> Any:
        return (("key", "value"),)

    def peer(self) -> str:
        return "unix:"

    def code(self) -> int:
        return 7

    def add_done_callback(self, callback: Any) -> None:
        self.callbacks.append(callback)

    def __getattr__(self, name: str) -> Any:
        async def act(*args: Any) -> str:
            self.asked.append((name, *args))
            return "done"

        return act


@pytest.mark.parametrize("act", ACTS)
def test_what_a_handler_does_reaches_the_call_until_it_is_over(act: str) -> None:
    async def scenario() -> None:
        context = Context()
        far = BridgedContext(context, mailbox())
        await getattr(far, act)(*ACTS[act])
        assert context.asked == [(act, *ACTS[act])]
        far.end()
        with pytest.raises(RuntimeError, match="the call is over"):
            await getattr(far, act)(*ACTS[act])
        assert len(context.asked) == 1

    asyncio.run(asyncio.wait_for(scenario(), 30))


def test_what_a_call_began_with_can_be_read_for_ever() -> None:
    async def scenario() -> None:
        far = BridgedContext(Context(), mailbox())
        far.end()
        assert far.invocation_metadata() == (("key", "value"),)
        assert far.peer() == "unix:"
        assert far.code() == 7
        with pytest.raises(AttributeError, match="has no 'auth_context' here"):
            far.auth_context()

    asyncio.run(scenario())


def test_a_callback_at_the_end_runs_where_it_was_added() -> None:
    async def scenario() -> None:
        context = Context()
        far = BridgedContext(context, mailbox())
        ended: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        far.add_done_callback(ended.set_result)
        [callback] = context.callbacks
        await asyncio.to_thread(callback, context)
        assert await asyncio.wait_for(ended, 30) is far

    asyncio.run(scenario())
