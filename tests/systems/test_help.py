"""What does a user of an SDK read who asks Python for help?"""

from __future__ import annotations

import importlib
import pydoc
from types import ModuleType

import mattermost_plugin
import pytest
from mattermost_plugin import PluginAPIClient, hook, models
from plugwright_runtime import errors


def shown(asked: object) -> str:
    return pydoc.plain(pydoc.render_doc(asked))


@pytest.fixture(params=["mattermost_plugin", "clapshot_organizer", "openrun_plugin"])
def sdk(request: pytest.FixtureRequest) -> ModuleType:
    return importlib.import_module(request.param)


def test_help_of_an_sdk_is_a_screenful_that_has_every_name(sdk: ModuleType) -> None:
    for name in sdk.__all__:
        getattr(sdk, name)  # what is loaded already makes it no longer
    text = shown(sdk)
    assert len(text.splitlines()) <= 45
    words = text.replace(",", " ").split()
    assert set(sdk.__all__) <= set(words)


def test_help_of_an_sdk_begins_with_what_to_begin_with() -> None:
    lines = [line.strip() for line in shown(mattermost_plugin).splitlines()]
    first = lines.index("DESCRIPTION")
    assert first < 8
    assert lines[first + 3].startswith("- To write a plugin: HookName, Plugin,")
    assert "- To call the host: AsyncPluginAPIClient, PluginAPIClient" in lines[first : first + 10]


def test_help_of_all_models_names_the_modules_they_are_in() -> None:
    text = shown(models)
    assert len(text.splitlines()) <= 40
    assert "    api_channel_post\n" in text


def in_a_line(thing: object) -> str:
    """On one line; Python 3.15 breaks what is long, and shows annotations without quotes."""
    return " ".join(shown(thing).replace("'", "").replace("|", " ").split())


def test_help_of_a_name_is_whole() -> None:
    text = in_a_line(PluginAPIClient.get_user)
    assert "-> models.User" in text
    assert "Errors: NotFoundError" in text
    assert "self, user_id: str, *, timeout: float" in in_a_line(PluginAPIClient)
    assert "`on_error`: what a modifying or" in shown(hook)
    assert "One message in a channel" in shown(models.Post)


def test_help_of_a_module_tells_all_that_it_hands_on() -> None:
    assert "class NotFoundError" in shown(errors)


def test_names_are_there_for_all_else(sdk: ModuleType) -> None:
    assert set(sdk.__all__) <= set(dir(sdk))
    found: dict[str, object] = {}
    exec(f"from {sdk.__name__} import *", found)
    assert set(sdk.__all__) <= found.keys()
