"""An async client is used with a plain `with`."""

from mattermost_plugin import AsyncPluginAPIClient


async def use(api: AsyncPluginAPIClient) -> None:
    with api:  # error
        await api.get_server_version()
