"""Puts the SDK, and the tables and values of its own tests, on the path of these tests; and
serves a plugin with all hooks to them.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
for folder in (ROOT / "generated" / "mattermost", ROOT / "tests" / "sdk"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


@pytest.fixture(scope="module", params=[False, True], ids=["def", "async"])
def served(request):
    from hook_host import HOOKS, hosted, scripted

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
