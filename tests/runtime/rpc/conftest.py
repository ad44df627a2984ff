"""Puts the generated Mattermost SDK on the path of the tests here, and a server beside it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "generated" / "mattermost"))

from sdk_host import ScriptedHost, Surface


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
