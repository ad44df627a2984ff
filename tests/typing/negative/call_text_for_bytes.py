"""Text is passed where bytes are needed."""

from mattermost_plugin import PluginAPIClient


def use(api: PluginAPIClient) -> None:
    api.kv_set("key", "value")  # error
