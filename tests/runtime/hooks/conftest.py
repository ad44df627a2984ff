"""A plugin with all hooks, served."""

from __future__ import annotations

import pytest
from kit.mattermost.hooks import HOOKS, hosted, scripted


@pytest.fixture(scope="module", params=[False, True], ids=["def", "async"])
def served(request):
    plugin, script = scripted(HOOKS, coroutines=request.param)
    with hosted(plugin()) as host:
        host.call("OnConfigurationChange")  # which comes before OnActivate in any case
        yield host, script


@pytest.fixture
def everything(served):
    """A host and the script of a plugin with all hooks; nothing was called or logged yet.

    Once for a plugin of functions, once for one of coroutines.
    """
    host, script = served
    script.seen.clear()
    host.records.clear()
    return host, script
