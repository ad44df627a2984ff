#!/usr/bin/env python3
"""Welcomes new team members, with coroutines and work in the background."""

import asyncio

from mattermost_plugin import HookName, Plugin, PluginAPIError, hook, models, run_plugin

REMINDER_S = 3600.0


class Welcome(Plugin):
    def __init__(self) -> None:
        self.bot_id = ""
        self.reminder_s = REMINDER_S
        self.reminders: set[asyncio.Task[None]] = set()

    @hook(HookName.OnActivate)
    async def on_activate(self) -> None:
        bot = models.Bot(username="welcome", display_name="Welcome")
        self.bot_id = await self.aio.ensure_bot_user(bot)

    @hook(HookName.OnDeactivate)
    async def on_deactivate(self) -> None:
        for task in self.reminders:
            task.cancel()

    @hook(HookName.UserHasJoinedTeam)
    async def user_has_joined_team(
        self,
        plugin_context: models.PluginContext,
        team_member: models.TeamMember,
        actor: models.User | None,
    ) -> None:
        # Both calls are under way at the same time.
        user, team = await asyncio.gather(
            self.aio.get_user(team_member.user_id),
            self.aio.get_team(team_member.team_id),
        )
        await self.tell(user, f"Welcome to {team.display_name}, {user.username}!")
        task = asyncio.create_task(self.remind(user))
        self.reminders.add(task)
        task.add_done_callback(self.reminders.discard)

    async def remind(self, user: models.User) -> None:
        """Some time later, while other hooks are served."""
        await asyncio.sleep(self.reminder_s)
        try:
            await self.tell(user, "How was your first hour? Write to me if you need help.")
        except PluginAPIError:
            self.logger.exception("no reminder for %s", user.id)

    async def tell(self, user: models.User, text: str) -> None:
        channel = await self.aio.get_direct_channel(user.id, self.bot_id)
        await self.aio.create_post(
            models.Post(user_id=self.bot_id, channel_id=channel.id, message=text)
        )


if __name__ == "__main__":
    run_plugin(Welcome)
