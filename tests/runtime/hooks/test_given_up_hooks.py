"""Is a hook that its host gives up no failure of the plugin?"""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from kit.mattermost.hooks import hosted, scripted

NAME = "UserHasBeenCreated"


@pytest.mark.parametrize("coroutines", [True, False], ids=["async", "def that returns one"])
def test_a_hook_that_its_host_gives_up_is_stopped_and_not_complained_of(coroutines: bool) -> None:
    started, ended = threading.Event(), threading.Event()

    async def waits(*_: Any) -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    plugin, script = scripted([NAME], coroutines=coroutines)
    script.behave = waits
    with hosted(plugin()) as host:
        call = host.send(NAME, b"")
        assert started.wait(30)
        call.cancel()
        assert ended.wait(30)
        script.behave = lambda *_: None
        host.call(NAME)
        assert host.records == []
