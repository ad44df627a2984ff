"""Does a plugin under test have the id that it has on a server?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from mattermost_plugin import Plugin
from mattermost_plugin.testing import PluginHarness

SOURCE = """
from mattermost_plugin import Plugin

class Mine(Plugin):
    def __init__(self):
        self.seen = (self.plugin_id, self.plugin_path)
"""


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A plugin class in a folder of its own, with a manifest."""
    (tmp_path / "mine_of_identity.py").write_text(SOURCE)
    (tmp_path / "plugin.json").write_text('{"id": "com.example.mine"}')
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "mine_of_identity", raising=False)
    import mine_of_identity  # type: ignore[import-not-found]

    return mine_of_identity.Mine


def test_it_is_that_of_the_manifest_beside_the_class(mine: Any, tmp_path: Path) -> None:
    with PluginHarness(mine) as harness:
        assert harness.plugin.seen == ("com.example.mine", str(tmp_path))


def test_a_test_can_choose_it(mine: Any, tmp_path: Path) -> None:
    with PluginHarness(mine, plugin_id="com.example.other") as harness:
        assert harness.plugin.seen == ("com.example.other", str(tmp_path))


@pytest.mark.parametrize("content", [None, "{", '{"id": ""}'])
def test_it_is_never_empty(mine: Any, tmp_path: Path, content: str | None) -> None:
    manifest = tmp_path / "plugin.json"
    manifest.unlink() if content is None else manifest.write_text(content)
    with PluginHarness(mine) as harness:
        assert harness.plugin.plugin_id == "plugin.under.test"


def test_a_class_of_no_file() -> None:
    nowhere: Any = type("Nowhere", (Plugin,), {"__module__": "no_such_module"})
    with PluginHarness(nowhere) as harness:
        assert harness.plugin.plugin_id == "plugin.under.test"
        assert harness.plugin.plugin_path == ""
