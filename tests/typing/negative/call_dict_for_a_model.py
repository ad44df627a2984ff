"""A dict is passed where a model is needed."""

from mattermost_plugin import PluginAPIClient


def use(api: PluginAPIClient) -> None:
    api.create_post({"message": "hi"})  # error
