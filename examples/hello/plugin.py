#!/usr/bin/env python3
"""Answers the slash command /hello."""

from mattermost_plugin import HookName, NotFoundError, Plugin, hook, models, run_plugin


class Hello(Plugin):
    @hook(HookName.OnActivate)
    def on_activate(self) -> None:
        self.api.register_command(
            models.Command(
                trigger="hello",
                display_name="Hello",
                description="Says hello",
                auto_complete=True,
                auto_complete_hint="[user name]",
            )
        )
        self.logger.info("say /hello")

    @hook(HookName.ExecuteCommand)
    def execute_command(
        self, plugin_context: models.PluginContext, args: models.CommandArgs
    ) -> models.CommandResponse:
        _, _, name = args.command.partition(" ")
        try:
            user = (
                self.api.get_user_by_username(name.strip())
                if name.strip()
                else self.api.get_user(args.user_id)
            )
        except NotFoundError:
            return models.CommandResponse(
                response_type="ephemeral", text=f"There is no {name.strip()} here."
            )
        return models.CommandResponse(
            response_type="in_channel",
            text=f"Hello, {user.first_name or user.username}!",
        )


if __name__ == "__main__":
    run_plugin(Hello)
