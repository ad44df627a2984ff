"""A provider with sessions, and a request to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from kit.openrun.sessions import Sessions, events, gates
from openrun_plugin.extras.testing import AppSession, ProviderHost


@pytest.fixture(scope="module")
def running() -> Iterator[ProviderHost]:
    with ProviderHost(Sessions) as host:
        yield host


@pytest.fixture
def host(running: ProviderHost) -> ProviderHost:
    events.clear()
    gates.clear()
    return running


@pytest.fixture
def app(host: ProviderHost) -> AppSession:
    return host.session()
