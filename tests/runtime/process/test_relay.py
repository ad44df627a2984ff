"""Do the limits of a relay hold, and does it tell of what it refuses without flooding the log?"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from plugwright_runtime.process import relay

Dial = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


@contextlib.asynccontextmanager
async def relayed(folder: Path, connect: relay.Connect, most: int = 2) -> AsyncIterator[Dial]:
    """A relay of at most so many connections; what is yielded makes one."""
    path = str(folder / f"{os.urandom(4).hex()}.sock")
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(path)
    listening.listen()
    listening.setblocking(False)
    running = relay.Relay(listening, None, connect, max_connections=most)
    try:
        yield lambda: asyncio.open_unix_connection(path)
    finally:
        await running.close()


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(100):
        writer.write(data)
    writer.close()


async def answer(
    connection: tuple[asyncio.StreamReader, asyncio.StreamWriter], said: bytes = b"hello"
) -> bytes:
    """What comes back; nothing if the relay hangs up."""
    reader, writer = connection
    with contextlib.suppress(ConnectionError):
        writer.write(said)
        return await asyncio.wait_for(reader.read(100), 30)
    return b""


def test_a_connection_beyond_the_limit_is_refused_until_one_ends(short_path: Path) -> None:
    async def scenario() -> None:
        far = str(short_path / "far.sock")
        server = await asyncio.start_unix_server(echo, far)

        def connect(factory: relay.Factory) -> Awaitable[object]:
            return asyncio.get_running_loop().create_unix_connection(factory, far)

        async with relayed(short_path, connect) as dial:
            taken = [await dial(), await dial()]
            assert [await answer(one) for one in taken] == [b"hello", b"hello"]
            assert await answer(await dial()) == b""
            taken[0][1].close()
            while not (late := await answer(await dial())):
                await asyncio.sleep(0.01)
            assert late == b"hello"
            assert await answer(taken[1], b"again") == b"again"
        server.close()

    asyncio.run(asyncio.wait_for(scenario(), 60))


def test_a_flood_of_refused_connections_is_told_once(
    short_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        async def nobody(factory: relay.Factory) -> None:
            raise ConnectionRefusedError("nobody is there")

        async with relayed(short_path, nobody) as dial:
            for _ in range(20):
                assert await answer(await dial()) == b""

    def told() -> list[str]:
        return [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]

    monkeypatch.setattr(relay, "COMPLAINT_SECONDS", 3600.0)
    asyncio.run(asyncio.wait_for(scenario(), 60))
    assert told() == ["connection refused: nobody is there"]
    caplog.clear()
    monkeypatch.setattr(relay, "COMPLAINT_SECONDS", 0.0)
    asyncio.run(asyncio.wait_for(scenario(), 60))
    assert len(told()) == 20
