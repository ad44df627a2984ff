#!/usr/bin/env python3
"""Fresh plugin."""

from fresh_sdk import HookName, Plugin, hook, run_plugin


class FreshPlugin(Plugin):
    @hook(HookName.FreshHook)
    def fresh_handler(self) -> None:
        return None


if __name__ == "__main__":
    run_plugin(FreshPlugin)
