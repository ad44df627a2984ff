"""A Mattermost server that answers as a test says, and clients of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from kit.mattermost.host import ScriptedHost, Surface


@pytest.fixture(scope="module")
def running() -> Iterator[ScriptedHost]:
    host = ScriptedHost()
    yield host
    host.server.stop()


@pytest.fixture
def host(running: ScriptedHost) -> ScriptedHost:
    running.answer = b""
    running.seen.clear()
    return running


@pytest.fixture
def connect(host: ScriptedHost) -> Iterator[Callable[..., Surface]]:
    """`connect(surface, **settings)`: a client of `host`, closed after the test."""
    made: list[Surface] = []

    def connect(surface: type[Surface], address: str | None = None, **settings: Any) -> Surface:
        made.append(surface(address or host.address, **settings))
        return made[-1]

    yield connect
    for surface in made:
        surface.stop()
