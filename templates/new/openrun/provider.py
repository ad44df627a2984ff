#!/usr/bin/env python3
"""Functions for OpenRun apps: load("fresh_plugin.ex", "fresh_plugin")."""

from typing import ClassVar

from openrun_plugin import Module, Provider, function, run_provider


class FreshModule(Module, name="fresh_plugin"):
    @function(is_read=True)
    def greet(self, name: str, *, times: int = 1) -> list[str]:
        """A greeting, `times` over."""
        return [f"Hello, {name}!"] * times


class FreshPlugin(Provider):
    version = "0.1.0"
    modules: ClassVar = [FreshModule]


if __name__ == "__main__":
    run_provider(FreshPlugin)
