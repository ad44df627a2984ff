"""Handles no hook but one."""

from mattermost_plugin import HookName, Plugin, hook, run_plugin


class Quiet(Plugin):
    @hook(HookName.OnActivate)
    def on_activate(self) -> None:
        self.logger.info("up", extra={"answer": 42})


if __name__ == "__main__":
    run_plugin(Quiet)
