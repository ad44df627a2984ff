#!/usr/bin/env python3
"""Answers the slash command /fresh-plugin."""

from mattermost_plugin import HookName, Plugin, hook, models, run_plugin

TRIGGER = "fresh-plugin"


class FreshPlugin(Plugin):
    @hook(HookName.OnActivate)
    def on_activate(self) -> None:
        self.api.register_command(
            models.Command(
                trigger=TRIGGER,
                display_name="Fresh plugin",
                description="Greets you",
                auto_complete=True,
            )
        )

    @hook(HookName.ExecuteCommand)
    def execute_command(
        self, plugin_context: models.PluginContext, args: models.CommandArgs
    ) -> models.CommandResponse:
        user = self.api.get_user(args.user_id)
        return models.CommandResponse(
            response_type="ephemeral", text=f"Hello, {user.username}!"
        )


if __name__ == "__main__":
    run_plugin(FreshPlugin)
