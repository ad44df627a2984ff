"""A call is made, and never awaited."""

from mattermost_plugin import AsyncPluginAPIClient


async def use(api: AsyncPluginAPIClient) -> None:
    api.kv_delete("key")  # error
