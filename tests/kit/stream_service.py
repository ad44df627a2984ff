"""A service with all four kinds of calls, served by functions and by coroutines.

The SDK is that of `tests/cases/streams`, generated into a folder of its own. What a download does
is in its `path`: `three` gives three chunks, `endless` never ends, `large` is endless with big
chunks, `fails` raises after one chunk, `waits` waits after one until `probe.go` is set, `wrong`
gives something else, `nothing` forgets to give anything. A chunk `stop` ends an upload or an echo.
"""

from __future__ import annotations

import asyncio
import importlib
import itertools
import subprocess
import sys
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

from plugwright_runtime.errors import NotFoundError
from plugwright_runtime.loops.pool import HandlerPool
from plugwright_runtime.rpc.servicer import handlers
from plugwright_runtime.testing import BackgroundServer

from kit.places import CASES

CASE = CASES / "streams"


def generate() -> Any:
    """The SDK, imported as `streams_sdk`."""
    if "streams_sdk" not in sys.modules:
        folder = tempfile.mkdtemp(prefix="kept-")
        command = [sys.executable, "-m", "plugwright", "generate", f"-I{CASE}"]
        command += ["--package", "streams_sdk", "--out", folder]
        subprocess.run([*command, str(CASE / "streams.proto")], check=True)
        sys.path.insert(0, folder)
    return importlib.import_module("streams_sdk")


class Probe:
    """What a test sees of a servicer, and how it lets one go on."""

    def __init__(self) -> None:
        self.started = threading.Event()
        self.ended = threading.Event()
        self.completed = threading.Event()
        self.waiting = threading.Event()
        self.go = threading.Event()
        self.made = 0
        self.seen: list[bytes] = []
        self.failure: BaseException | None = None
        self.thread = ""

    def __enter__(self) -> Probe:
        self.started.set()
        return self

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        self.failure = error
        self.thread = threading.current_thread().name
        self.ended.set()


def servicers(sdk: Any, probe: Probe) -> dict[str, Any]:
    """The same service twice."""
    models = sdk.models

    def chunk(request: Any) -> Any:
        probe.made += 1
        if request.path == "wrong":
            return models.UploadResponse()
        size = 2**16 if request.path == "large" else 1
        return models.Chunk(data=b"x" * size)

    def counted(request: Any) -> Iterator[Any]:
        endless = request.path in ("endless", "large")
        yield from (itertools.count() if endless else range(3))

    class Sync(sdk.servicers.FilesServicer):  # type: ignore[misc, name-defined]
        def size(self, request: Any, context: Any) -> Any:
            return models.UploadResponse(size=len(request.path))

        def download(self, request: Any, context: Any) -> Any:
            return None if request.path == "nothing" else self._download(request)

        def _download(self, request: Any) -> Iterator[Any]:
            with probe:
                for _ in counted(request):
                    yield chunk(request)
                    if request.path == "fails":
                        raise NotFoundError("no more", id="files.gone")
                    if request.path == "waits":
                        probe.waiting.set()
                        probe.go.wait(10)

        def upload(self, requests: Any, context: Any) -> Any:
            size = 0
            with probe:
                for request in requests:
                    size += 1
                    probe.seen.append(request.data)
                    if request.data == b"stop":
                        break
                probe.completed.set()
            return models.UploadResponse(size=size)

        def echo(self, requests: Any, context: Any) -> Iterator[Any]:
            with probe:
                for request in requests:
                    probe.seen.append(request.data)
                    yield request
                    if request.data == b"stop":
                        return
                    if request.data == b"wait":
                        probe.go.wait(10)
                probe.completed.set()

    class Async(sdk.servicers.FilesServicer):  # type: ignore[misc, name-defined]
        async def size(self, request: Any, context: Any) -> Any:
            return models.UploadResponse(size=len(request.path))

        async def download(self, request: Any, context: Any) -> Any:
            return None if request.path == "nothing" else self._download(request)

        async def _download(self, request: Any) -> AsyncIterator[Any]:
            with probe:
                for _ in counted(request):
                    yield chunk(request)
                    if request.path == "fails":
                        raise NotFoundError("no more", id="files.gone")
                    if request.path == "waits":
                        await asyncio.Event().wait()

        async def upload(self, requests: Any, context: Any) -> Any:
            size = 0
            with probe:
                async for request in requests:
                    size += 1
                    probe.seen.append(request.data)
                    if request.data == b"stop":
                        break
                probe.completed.set()
            return models.UploadResponse(size=size)

        async def echo(self, requests: Any, context: Any) -> AsyncIterator[Any]:
            with probe:
                async for request in requests:
                    probe.seen.append(request.data)
                    yield request
                    if request.data == b"stop":
                        return
                    if request.data == b"wait":
                        await asyncio.Event().wait()
                probe.completed.set()

    return {"sync": Sync, "async": Async}


class Served:
    """A running server of one of the two."""

    def __init__(self, sdk: Any, flavour: str) -> None:
        self.sdk = sdk
        self.probe = Probe()
        self.pool = HandlerPool(threads=4)
        servicer = servicers(sdk, self.probe)[flavour]()
        self.server = BackgroundServer(lambda place: [handlers(servicer, self.pool, place)])
        self.address = self.server.start()

    def stop(self) -> None:
        self.probe.go.set()
        self.server.stop()
        self.pool.shutdown()

    def client(self, **settings: Any) -> Any:
        return self.sdk.clients.FilesClient(self.address, **settings)

    def aio(self, **settings: Any) -> Any:
        return self.sdk.clients.AsyncFilesClient(self.address, **settings)

    def chunks(self, *contents: bytes) -> Iterator[Any]:
        for content in contents:
            yield self.sdk.models.Chunk(data=content)

    async def async_chunks(self, *contents: bytes) -> AsyncIterator[Any]:
        for content in contents:
            yield self.sdk.models.Chunk(data=content)


async def collect(items: Any) -> list[Any]:
    return [item async for item in items]
