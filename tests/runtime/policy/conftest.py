"""A Mattermost server, and a client of it that is to be guarded."""

from __future__ import annotations

from collections.abc import Iterator

import mattermost_plugin as sdk
import pytest
from kit.mattermost.host import ScriptedHost


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
def api(host: ScriptedHost) -> Iterator[sdk.PluginAPIClient]:
    with sdk.PluginAPIClient(host.address) as client:
        yield client
