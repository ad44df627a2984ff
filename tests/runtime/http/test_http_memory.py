"""Does a plugin process stay small while 100 MiB go through it, either way?"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from kit.http.host import Host, connected, head, run
from kit.places import importing
from plugwright_runtime.http import CHUNK_BYTES, RequestFrame

MIB = 1 << 20
SIZE = 100 * MIB
ALLOWED_KIB = 8 * 1024
"""Growth of the peak: the flow-control windows of HTTP/2 and the buffers of the two codecs, no
more.
"""


@asynccontextmanager
async def plugin_process(name: str) -> AsyncGenerator[Host]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "kit.http.apps",
        name,
        env={**os.environ, "PYTHONPATH": importing(kit=True)},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        port = int(await asyncio.wait_for(process.stdout.readline(), 20))
        async with connected(port) as host:
            yield host
        process.stdin.close()
        assert await asyncio.wait_for(process.wait(), 10) == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def upload(host: Host, size: int) -> int:
    """The number of bytes that the application counted."""
    call = host.open()
    await call.send(RequestFrame(head("POST", "/count", content_length=size)))
    chunk = bytes(CHUNK_BYTES)
    for _ in range(size // CHUNK_BYTES):
        await call.send(RequestFrame(None, chunk))
    await call.send(RequestFrame(complete=True))
    return int((await call.answer()).body)


async def download(host: Host, size: int) -> int:
    call = host.open()
    await call.send(RequestFrame(head(url=f"/zeros?size={size}"), complete=True))
    received = 0
    while (frame := await call.read()) is not None:
        received += len(frame.chunk)
    return received


async def peak(host: Host) -> int:
    return int((await host.fetch(url="/peak")).body)


@pytest.mark.parametrize("name", ["async", "sync", "starlette", "flask"])
def test_peak_memory(name: str) -> None:
    async def scenario() -> None:
        async with plugin_process(name) as host:
            assert await upload(host, MIB) == MIB
            assert await download(host, MIB) == MIB
            before, started = await peak(host), time.monotonic()
            assert await upload(host, SIZE) == SIZE
            after_upload, uploaded = await peak(host), time.monotonic()
            assert await download(host, SIZE) == SIZE
            after_download, downloaded = await peak(host), time.monotonic()
        print(
            f"{name}: 100 MiB up in {uploaded - started:.2f} s, +{after_upload - before} KiB; "
            f"down in {downloaded - uploaded:.2f} s, +{after_download - after_upload} KiB; "
            f"peak {after_download // 1024} MiB"
        )
        assert after_download - before < ALLOWED_KIB

    run(scenario, 60)


def test_peak_memory_of_fifty_uploads() -> None:
    async def scenario() -> None:
        async with plugin_process("starlette") as host:
            await upload(host, MIB)
            before = await peak(host)
            counts = await asyncio.gather(*(upload(host, 4 * MIB) for _ in range(50)))
            assert counts == [4 * MIB] * 50
            growth = await peak(host) - before
        print(f"50 x 4 MiB up at once: +{growth} KiB")
        assert growth < 64 * 1024

    run(scenario, 60)
