"""A coroutine is assigned where its result is meant."""

from mattermost_plugin import AsyncPluginAPIClient


async def use(api: AsyncPluginAPIClient) -> None:
    value: bytes = api.kv_get("key")  # error
    print(value)
