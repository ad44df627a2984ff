"""When does a client connect, who may share it, and what happens when it or its server closes?"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from typing import Any

import grpc
import grpc.aio
import mattermost_plugin as sdk
import pytest
from kit.bridged_loop import Run, each_loop
from kit.mattermost.facts import message_class
from kit.mattermost.host import SURFACES, AsyncSurface, ScriptedHost, Status, Surface
from mattermost_plugin import AsyncPluginAPIClient, PluginAPIClient, models

each_surface = pytest.mark.parametrize("surface", SURFACES, ids=lambda s: s.name)

Connect = Callable[..., Surface]

# ------------------------------------------------------------------ the connection


class _Counted(PluginAPIClient):
    """Counts how often a channel is made."""

    connected = 0

    def _connect(self, address: str, options: list[tuple[str, Any]]) -> Any:
        type(self).connected += 1
        return super()._connect(address, options)


class _AsyncCounted(AsyncPluginAPIClient):
    connected = 0

    def _connect(self, address: str, options: list[tuple[str, Any]]) -> Any:
        type(self).connected += 1
        return super()._connect(address, options)


def test_connects_at_the_first_call_and_once(host: ScriptedHost) -> None:
    _Counted.connected = 0
    with _Counted(host.address) as client:
        assert _Counted.connected == 0
        client.delete_team("id")
        client.delete_user("id")
    assert _Counted.connected == 1


@each_loop
def test_async_connects_at_the_first_call_and_once(host: ScriptedHost, run: Run) -> None:
    async def scenario() -> None:
        async with _AsyncCounted(host.address) as client:
            assert _AsyncCounted.connected == 0
            await client.delete_team("id")
            await client.delete_user("id")

    _AsyncCounted.connected = 0
    run(scenario())
    assert _AsyncCounted.connected == 1


def test_nothing_is_dialled_before_the_first_call() -> None:
    """A listener sees no connection of a client that is made and closed."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        with PluginAPIClient(f"127.0.0.1:{listener.getsockname()[1]}"):
            pass
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_threads_share_a_client(host: ScriptedHost) -> None:
    _Counted.connected = 0
    start = threading.Barrier(16)
    failed: list[BaseException] = []
    with _Counted(host.address) as client:

        def work() -> None:
            start.wait()
            try:
                for method in ("delete_team", "delete_user", "delete_post"):
                    getattr(client, method)("id")
            except BaseException as error:
                failed.append(error)

        threads = [threading.Thread(target=work) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not failed
    assert _Counted.connected == 1
    assert len(host.seen) == 48


@each_loop
def test_many_coroutines_share_a_client(host: ScriptedHost, run: Run) -> None:
    async def scenario() -> None:
        async with AsyncPluginAPIClient(host.address) as client:
            await asyncio.gather(*(client.delete_team(f"{i}") for i in range(100)))

    run(scenario())
    seen = [message_class("DeleteTeamRequest").FromString(c.data) for c in host.seen]
    assert {m.team_id for m in seen} == {f"{i}" for i in range(100)}


# ------------------------------------------------------------------ closing


@each_surface
def test_a_closed_client(surface: type[Surface], connect: Connect) -> None:
    api = connect(surface)
    api.call("delete_team", "id")
    api.close()
    api.close()
    for method in ("delete_team", "delete_user"):
        with pytest.raises(sdk.UnavailableError, match="closed"):
            api.call(method, "id")


@each_surface
def test_closed_before_use(surface: type[Surface], connect: Connect) -> None:
    api = connect(surface)
    api.close()
    with pytest.raises(sdk.UnavailableError, match="closed"):
        api.call("delete_team", "id")


def test_closing_ends_calls_under_way(host: ScriptedHost) -> None:
    arrived = threading.Event()
    caught: list[BaseException] = []

    async def never(context: Any) -> bytes:
        arrived.set()
        await asyncio.Event().wait()
        return b""

    host.answer = never
    client = PluginAPIClient(host.address)

    def call() -> None:
        try:
            client.get_team("id")
        except BaseException as error:
            caught.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    assert arrived.wait(10)
    client.close()
    thread.join(10)
    assert [type(e) for e in caught] == [sdk.UnavailableError]
    assert "closed" in str(caught[0])


@each_loop
def test_closing_ends_async_calls_under_way(host: ScriptedHost, run: Run) -> None:
    """With an exception of the SDK: a cancellation would end the task that waits."""

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
        await client.close()
        with pytest.raises(sdk.UnavailableError, match="closed"):
            await asyncio.wait_for(call, 10)
        assert not call.cancelled()

    run(scenario())


@each_loop
def test_cancelling_a_task_cancels_the_call(host: ScriptedHost, run: Run) -> None:
    """Cancellation is asyncio's, and stays it; the server learns of it."""
    cancelled = threading.Event()

    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        arrived = asyncio.Event()

        async def never(context: Any) -> bytes:
            loop.call_soon_threadsafe(arrived.set)
            try:
                await asyncio.Event().wait()
            finally:
                cancelled.set()
            return b""

        host.answer = never
        async with AsyncPluginAPIClient(host.address) as client:
            call = asyncio.create_task(client.get_team("id"))
            await arrived.wait()
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            host.answer = b""
            await client.delete_team("id")

    run(scenario())
    assert cancelled.wait(10)


def test_a_channel_of_the_users_own(host: ScriptedHost) -> None:
    """It stays open when the client closes; when it is closed, the error is the SDK's."""
    with grpc.insecure_channel(host.address) as channel:
        with PluginAPIClient(channel=channel) as client:
            client.delete_team("id")
        client = PluginAPIClient(channel=channel)
        client.delete_team("id")
    for method in ("delete_team", "delete_user"):
        with pytest.raises(sdk.UnavailableError, match="closed"):
            getattr(client, method)("id")
    assert len(host.seen) == 2


@each_loop
def test_an_async_channel_of_the_users_own(host: ScriptedHost, run: Run) -> None:
    async def scenario() -> None:
        async with grpc.aio.insecure_channel(host.address) as channel:
            async with AsyncPluginAPIClient(channel=channel) as client:
                await client.delete_team("id")
            client = AsyncPluginAPIClient(channel=channel)
            await client.delete_team("id")
        for method in ("delete_team", "delete_user"):
            with pytest.raises(sdk.UnavailableError, match="closed"):
                await getattr(client, method)("id")

    run(scenario())
    assert len(host.seen) == 2


@each_surface
def test_the_server_goes_away(surface: type[Surface]) -> None:
    """A call under way fails; the client connects again by itself when the server is back."""
    host = ScriptedHost(answer=Status(grpc.StatusCode.UNAVAILABLE, "going"))
    api = surface(host.address, timeout=5)
    with pytest.raises(sdk.UnavailableError, match="going"):
        api.call("get_team", "id")
    host.server.stop()
    with pytest.raises(sdk.UnavailableError):
        api.call("get_team", "id")
    api.stop()


# ------------------------------------------------------------------ big messages


@each_surface
@pytest.mark.parametrize("size", [5 * 1024 * 1024, 40 * 1024 * 1024])
def test_big_messages_both_ways(
    size: int, surface: type[Surface], connect: Connect, host: ScriptedHost
) -> None:
    """gRPC's own limit is 4 MiB."""
    content = bytes(size)
    host.answer = message_class("GetFileResponse")(data=content).SerializeToString()
    api = connect(surface)
    assert api.call("get_file", "id") == content
    host.answer = b""
    api.call("kv_set", "key", content)
    assert message_class("KVSetRequest").FromString(host.last.data).value == content
    host.seen.clear()


@each_surface
def test_too_big_for_the_channel(
    surface: type[Surface], connect: Connect, host: ScriptedHost
) -> None:
    limits = [("grpc.max_receive_message_length", 1000)]
    host.answer = message_class("GetFileResponse")(data=bytes(2000)).SerializeToString()
    api = connect(surface, channel_options=limits)
    with pytest.raises(sdk.ValidationError, match="GetFile: a message of 20") as caught:
        api.call("get_file", "id")
    assert caught.value.code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert caught.value.status_code == 413
    assert "larger than the 1000 that" in str(caught.value)


# ------------------------------------------------------------------ bad arguments


@each_surface
def test_arguments_of_the_wrong_type_are_not_sent(
    surface: type[Surface], connect: Connect, host: ScriptedHost
) -> None:
    api = connect(surface)
    wrong: list[tuple[str, tuple[Any, ...], str]] = [
        ("delete_team", (5,), "DeleteTeamRequest.team_id: expected str, got int"),
        ("create_user", ("ann",), "CreateUserRequest.user: expected User, got str"),
        ("get_users_by_ids", ("abc",), "GetUsersByIdsRequest.user_ids: expected list"),
        ("create_team", (models.User(),), "CreateTeamRequest.team: expected Team"),
        (
            "create_user",
            (models.User(create_at="now"),),  # type: ignore[arg-type]
            "CreateUserRequest.user.create_at: expected int, got str",
        ),
    ]
    for method, args, message in wrong:
        with pytest.raises(sdk.FieldError) as caught:
            api.call(method, *args)
        assert str(caught.value).startswith(message)
    assert not host.seen


def test_async_surface_is_awaited() -> None:
    """The async half of these tests really drives the async client."""
    api = AsyncSurface("127.0.0.1:1")
    assert isinstance(api.client, AsyncPluginAPIClient)
    api.stop()
