"""A call of the sync client is awaited."""

from mattermost_plugin import PluginAPIClient


async def use(api: PluginAPIClient) -> None:
    await api.get_user("u")  # error
