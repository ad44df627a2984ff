"""The result of a coroutine is used without await."""

from mattermost_plugin import AsyncPluginAPIClient


async def use(api: AsyncPluginAPIClient) -> None:
    user = api.get_user("u")
    print(user.username)  # error
