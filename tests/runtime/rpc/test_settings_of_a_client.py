"""Does each setting of a client do what it says, and does closing one leave other things alone?"""

from __future__ import annotations

import asyncio
from typing import Any

import mattermost_plugin as sdk
import pytest
from kit.bridged_loop import Run, each_loop
from kit.mattermost.facts import message_class
from kit.mattermost.host import SURFACES, ScriptedHost, Surface
from mattermost_plugin import AsyncPluginAPIClient
from plugwright_runtime.message import codec

each_surface = pytest.mark.parametrize("surface", SURFACES, ids=lambda s: s.name)

# Field 999 of a team, which this SDK does not know.
NEWER = b"\xba\x3e\x05newer"


def answer() -> bytes:
    team = message_class("Team")(id="t")
    team.MergeFromString(NEWER)
    return bytes(message_class("GetTeamResponse")(team=team).SerializeToString())


@each_surface
def test_what_a_newer_host_sends_is_kept_unless_a_client_says_otherwise(
    surface: type[Surface], host: ScriptedHost, connect: Any
) -> None:
    host.answer = answer()
    kept = connect(surface).call("get_team", "t")
    dropped = connect(surface, keep_unknown=False).call("get_team", "t")
    assert kept.id == dropped.id == "t"
    assert NEWER in codec.encode(kept)
    assert NEWER not in codec.encode(dropped)


@each_loop
def test_a_task_that_is_cancelled_while_its_client_is_closed_is_cancelled(
    host: ScriptedHost, run: Run
) -> None:
    """The application's own cancellation is no failure of the call."""

    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        arrived = asyncio.Event()

        async def never(context: Any) -> bytes:
            loop.call_soon_threadsafe(arrived.set)
            await asyncio.Event().wait()
            return b""

        host.answer = never
        client = AsyncPluginAPIClient(host.address)
        call = asyncio.create_task(client.get_team("id"))
        await arrived.wait()
        call.cancel()
        await client.close()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert call.cancelled()

    run(scenario())


@each_surface
def test_the_timeout_of_a_call_comes_before_that_of_its_client(
    surface: type[Surface], host: ScriptedHost, connect: Any
) -> None:
    api = connect(surface, timeout=0.05)

    async def late(context: Any) -> bytes:
        await asyncio.sleep(0.3)
        return b""

    host.answer = late
    api.call("delete_team", "id", timeout=60)
    with pytest.raises(sdk.UnavailableError):
        api.call("delete_team", "id")
