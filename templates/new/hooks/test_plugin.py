"""The plugin without its host."""

from plugin import FreshPlugin


def test_its_hooks() -> None:
    assert FreshPlugin.implemented_hooks() == ["FreshHook"]
