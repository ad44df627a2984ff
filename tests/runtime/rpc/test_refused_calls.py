"""What does a caller get whom the plugin has no thread for? A refusal: try again later."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from typing import Any

import grpc
import pytest
from kit import stream_service
from kit.mattermost import hooks
from mattermost_plugin import HookName
from plugwright_runtime.errors import UnavailableError
from plugwright_runtime.loops.crossing import Overloaded
from plugwright_runtime.rpc.servicer import handlers
from plugwright_runtime.testing import BackgroundServer

FULL = "the plugin's threads are blocked: too many calls wait"


class Full(Executor):
    """Has no thread for anybody, and says so at once or after a while."""

    def __init__(self, at_once: bool) -> None:
        self._at_once = at_once

    def submit(self, function: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        if self._at_once:
            raise Overloaded(FULL)
        refused: Future[Any] = Future()
        refused.set_exception(Overloaded(FULL))
        return refused


executors = pytest.mark.parametrize("at_once", [True, False], ids=["at once", "later"])


@contextmanager
def running(server: BackgroundServer) -> Iterator[str]:
    try:
        yield server.start()
    finally:
        server.stop()


CALLS: dict[str, Callable[[Any], Any]] = {
    "size": lambda client: client.size(path="path"),
    "upload": lambda client: client.upload(iter([])),
    "download": lambda client: list(client.download(path="path")),
    "echo": lambda client: list(client.echo(iter([]))),
}


@executors
@pytest.mark.parametrize("kind", CALLS)
def test_a_service_without_a_thread_is_exhausted(at_once: bool, kind: str) -> None:
    sdk = stream_service.generate()
    servicer = stream_service.servicers(sdk, stream_service.Probe())["sync"]()
    server = BackgroundServer(lambda place: [handlers(servicer, Full(at_once), place)])
    with (
        running(server) as address,
        sdk.clients.FilesClient(address, timeout=30) as client,
        pytest.raises(UnavailableError, match=FULL) as caught,
    ):
        CALLS[kind](client)
    assert caught.value.code is grpc.StatusCode.RESOURCE_EXHAUSTED


@executors
def test_a_hook_without_a_thread_is_exhausted(at_once: bool) -> None:
    plugin, _ = hooks.scripted([HookName.UserHasBeenCreated], coroutines=False)
    with hooks.hosted(plugin(), executor=Full(at_once)) as host:
        code, text = host.failure("UserHasBeenCreated")
    assert code is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert FULL in text
