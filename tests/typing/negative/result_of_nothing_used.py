"""The result of a call that has none is used."""

from mattermost_plugin import PluginAPIClient


def use(api: PluginAPIClient) -> None:
    count: int = api.kv_delete("key")  # error
    print(count)
